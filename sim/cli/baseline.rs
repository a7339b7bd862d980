//! `sim baseline`: what has changed since a scenario was accepted, and accepting it.
//!
//! Both run the scenario: a report that lies about may be of other code.

use std::fmt::Write as _;
use std::process::ExitCode;

use miette::miette;

use super::gated::{Case, Done, folder, with_baseline};
use super::run::interrupts;
use super::seeds::SeedList;
use super::{exit, print, show};
use crate::gate::{self, Baseline, BaselineError, Move};
use crate::scenario::Seeds;

/// What to do with baselines.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Runs scenarios and shows what is not as it was accepted
    Diff(Diff),
    /// Runs a scenario and makes what it comes to its baseline
    Accept(Accept),
}

#[derive(Debug, clap::Args)]
struct Diff {
    /// Scenarios [default: all that have a baseline]
    #[arg(value_name = "SCENARIO")]
    scenarios: Vec<String>,
    /// Cells to run at the same time [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: Option<u32>,
}

#[derive(Debug, clap::Args)]
struct Accept {
    /// The scenario
    scenario: String,
    /// Why it may be as it is now: kept in the history
    #[arg(long, value_name = "TEXT", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    reason: String,
    /// Runs these seeds, now and in every gate [default: the baseline's, or the scenario's]
    #[arg(long, value_name = "LIST")]
    seeds: Option<SeedList>,
    /// The commit it is accepted with, for the history
    #[arg(long, value_name = "COMMIT", default_value = "")]
    commit: String,
    /// Cells to run at the same time [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    jobs: Option<u32>,
}

/// Why it did not come to an end, and the exit code that says so.
type Failure = (u8, miette::Report);

/// Does what was asked.
pub(super) fn baseline(args: Args) -> ExitCode {
    let done = match args.command {
        Command::Diff(diff) => diff.show(),
        Command::Accept(accept) => accept.accept(),
    };
    match done {
        Ok(text) => print(&text),
        Err((code, error)) => {
            show(error);
            ExitCode::from(code)
        }
    }
}

/// The baseline of `scenario`, if it has one, and the scenario with the seeds to run.
fn prepared(
    scenario: &str,
    seeds: Option<&Seeds>,
    jobs: Option<u32>,
) -> Result<(Option<Baseline>, Case), Failure> {
    let invalid = |error| (exit::INVALID, error);
    let stem = Case::of(scenario, None, jobs).map_err(invalid)?.name;
    let baseline = match Baseline::load(&folder(), &stem) {
        Ok(baseline) => Some(baseline),
        Err(BaselineError::Missing { .. }) => None,
        // One of another form is replaced; its seeds are not known.
        Err(error) => {
            eprintln!("{error}");
            None
        }
    };
    let own = baseline.as_ref().map(|one| Seeds(one.seeds.clone()));
    let case = Case::of(scenario, seeds.or(own.as_ref()), jobs).map_err(invalid)?;
    Ok((baseline, case))
}

fn run(case: &Case) -> Result<Done, Failure> {
    let stop = interrupts().map_err(|error| (exit::INTERNAL, error))?;
    case.run(stop)
}

impl Diff {
    fn show(&self) -> Result<String, Failure> {
        let mut names = self.scenarios.clone();
        if names.is_empty() {
            names = with_baseline(&folder());
        }
        if names.is_empty() {
            let help = gate::accept_command("SCENARIO");
            let error = miette!(help = help, "there is no baseline to compare with");
            return Err((exit::NOTHING_TO_JUDGE, error));
        }
        let mut text = String::new();
        let stop = interrupts().map_err(|error| (exit::INTERNAL, error))?;
        for name in names {
            let (baseline, case) = prepared(&name, None, self.jobs)?;
            let Some(baseline) = baseline else {
                let missing = Baseline::load(&folder(), &case.name);
                let error = missing.err().map_or_else(
                    || miette!("scenario `{name}` has no baseline that can be read"),
                    Into::into,
                );
                return Err((exit::NO_BASELINE, error));
            };
            let done = case.run(stop)?;
            let moves = gate::moves(Some(&baseline), &case.to_accept(&done));
            text.push_str(&said(&case.name, &moves));
        }
        Ok(text)
    }
}

impl Accept {
    fn accept(&self) -> Result<String, Failure> {
        let reason = self.reason.trim();
        if reason.is_empty() {
            let help = "say why the figures may be what they are now";
            return Err((exit::INVALID, miette!(help = help, "the reason is empty")));
        }
        let seeds = self.seeds.as_ref().map(|list| &list.0);
        let (old, case) = prepared(&self.scenario, seeds, self.jobs)?;
        let done = run(&case)?;
        if let Some(wrong) = done.self_checks.iter().find(|check| !check.passed) {
            let error = miette!("{} failed: {}", wrong.name, wrong.detail);
            return Err((exit::FAILED, error));
        }
        match done.shown.code() {
            exit::PASS => {}
            code => {
                let help = format!("see {}/index.html", case.report());
                let error = miette!(help = help, "a run that failed is no baseline");
                return Err((code, error));
            }
        }
        let new = case.to_accept(&done);
        if old.as_ref() == Some(&new) {
            return Ok(format!(
                "{}: nothing has changed, nothing to accept\n",
                case.name
            ));
        }
        let moves = gate::moves(old.as_ref(), &new);
        let folder = folder();
        let unwritten = |error: std::io::Error| {
            let error = miette!("cannot write the baseline to {}: {error}", folder.display());
            (exit::INTERNAL, error)
        };
        let path = new.save(&folder).map_err(unwritten)?;
        let kept = gate::record(&folder, &case.name, &moves, reason, &self.commit);
        kept.map_err(unwritten)?;
        let path = path.display();
        Ok(said(&case.name, &moves) + &format!("accepted: commit {path} and HISTORY.csv\n"))
    }
}

/// The moves of a scenario, one a line.
fn said(scenario: &str, moves: &[Move]) -> String {
    if moves.is_empty() {
        return format!("{scenario}: as it was accepted\n");
    }
    let mut text = format!("{scenario}:\n");
    for Move { metric, old, new } in moves {
        let old = if old.is_empty() { "nothing" } else { old };
        let new = if new.is_empty() { "nothing" } else { new };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {metric}: {old} → {new}");
    }
    text
}
