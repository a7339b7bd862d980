//! `sim init`: from somebody's own database to a first scenario.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::run::quoted;
use super::{exit, print, show};
use crate::init::{self, Draft, InitError, Wishes};

/// For which database, and what is known of the job.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The database: any SQLite file; it is read and never changed
    file: PathBuf,
    /// Where the scenario goes; it must not exist [default: FILE's stem with .toml, here]
    #[arg(long, value_name = "SCENARIO")]
    out: Option<PathBuf>,
    /// The table to backfill [default: the one with a column that is NULL in most rows]
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// What to put there, as after SET in an UPDATE: `total = (SELECT …)`
    #[arg(long, value_name = "SQL", requires = "table")]
    set: Option<String>,
    /// Which rows, as after WHERE: `total IS NULL`
    #[arg(long, value_name = "SQL", requires = "table")]
    eligible: Option<String>,
    /// The key to go by [default: the first that a backfill accepts]
    #[arg(long, value_name = "COLUMN", requires = "table")]
    key: Option<String>,
}

/// Writes the scenario, and says what was guessed and what comes next.
pub(super) fn init(args: &Args) -> ExitCode {
    let wishes = Wishes {
        table: args.table.clone(),
        set: args.set.clone(),
        eligible: args.eligible.clone(),
        key: args.key.clone(),
    };
    match init::init(&args.file, args.out.as_deref(), &wishes) {
        Ok((scenario, draft)) => {
            if draft.set_missing {
                eprintln!("{}", missing(&scenario, &draft));
            }
            print(&report(&scenario))
        }
        Err(error) => {
            let code = match error {
                InitError::Unwritable { .. } => exit::INTERNAL,
                _ => exit::INVALID,
            };
            show(error);
            ExitCode::from(code)
        }
    }
}

/// What only the user can say.
fn missing(scenario: &Path, draft: &Draft) -> String {
    let what = match &draft.column {
        Some(column) => format!("what goes into `{column}` of `{}`", draft.table),
        None => format!("what is to change in `{}`", draft.table),
    };
    format!(
        "fill in `set` of [job] in {}: {what}, as it would stand after SET in an UPDATE",
        scenario.display()
    )
}

fn report(scenario: &Path) -> String {
    let name = quoted(&scenario.display().to_string());
    format!("scenario  {name}\nnext      cargo sim check {name}\n          cargo sim run {name}\n")
}
