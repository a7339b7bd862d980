//! `sim list`: which questions there are, and how much work each is.

use std::fmt::Write as _;
use std::process::ExitCode;

use super::{exit, print, show};
use crate::scenario::{self, Scenario};

/// Lists what can be run. A broken scenario is shown as an error, and the others are listed.
pub(super) fn list() -> ExitCode {
    let Some(folder) = scenario::folder() else {
        eprintln!("there is no `scenarios` folder here or above");
        return ExitCode::from(exit::NOTHING_TO_JUDGE);
    };
    let names = match scenario::names(&folder) {
        Ok(names) => names,
        Err(error) => {
            eprintln!("cannot read {}: {error}", folder.display());
            return ExitCode::from(exit::INTERNAL);
        }
    };
    if names.is_empty() {
        eprintln!("there is no scenario in {}", folder.display());
        return ExitCode::from(exit::NOTHING_TO_JUDGE);
    }
    let width = names.iter().map(|name| name.chars().count()).max();
    let width = width.unwrap_or(0);
    let mut text = String::new();
    let mut broken = false;
    for name in names {
        match scenario::load(&name, &[]) {
            Ok(scenario) => {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{name:<width$}  {}", scenario.question);
                let _ = writeln!(text, "{:<width$}  {}", "", cells(&scenario));
            }
            Err(error) => {
                show(error);
                broken = true;
            }
        }
    }
    let printed = print(&text);
    if broken {
        ExitCode::from(exit::INVALID)
    } else {
        printed
    }
}

fn cells(scenario: &Scenario) -> String {
    let strategies = scenario.model.strategies.len();
    let seeds = scenario.model.seeds.0.len();
    let plural =
        |n: usize, one: &str, more: &str| format!("{n} {}", if n == 1 { one } else { more });
    format!(
        "{} = ({} + 1 without backfill) x {}",
        plural(scenario.cells(), "cell", "cells"),
        plural(strategies, "strategy", "strategies"),
        plural(seeds, "seed", "seeds"),
    )
}
