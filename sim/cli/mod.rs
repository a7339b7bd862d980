//! The command line: what can be asked of the simulator, and how it answers.
//!
//! Data goes to standard output, everything else to standard error, and the exit code
//! ([`exit`]) says how it went. A command parses, calls the library and prints.

mod apply;
mod baseline;
mod check;
pub mod exit;
mod gate;
pub mod gated;
mod init;
mod list;
mod live;
mod progress;
pub mod run;
mod sample;
mod schema;
pub mod seeds;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Runs real backfill code against a modelled clock, disk and network, and says what readers
/// would notice.
#[derive(Debug, Parser)]
#[command(name = "sim", version, about, arg_required_else_help = true)]
#[command(after_long_help = "Examples:
  sim list
  sim check scenarios/cold-load.toml
  sim check cold-load --set disk.profile=nvme
  sim run smoke --seeds 1..4 --strategy single-transaction
  sim run density-small --shape recent-burst
  sim gate smoke
  sim baseline accept smoke --reason 'chunks are cut at the hour'

Exit codes: 0 good; 1 internal or I/O; 2 usage or invalid scenario; 3 failed; 4 nothing to judge;
5 baseline missing or of another run; 6 not deterministic; 130 interrupted.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the scenarios with their questions and the size of a run
    List,
    /// Check scenarios and print them with every default filled in
    Check(check::Args),
    /// Run a scenario
    Run(run::Args),
    /// Run a scenario on the real clock and a real file, with its status page on 127.0.0.1, or
    /// serve the simulated list API
    Serve(serve::Args),
    /// Do the job of a scenario in the database itself
    Apply(apply::Args),
    /// Write a first scenario for a database of your own
    Init(init::Args),
    /// Write a sample database to try things on
    Sample(sample::Args),
    /// Hold scenarios to their gates and their baselines
    Gate(gate::Args),
    /// Look at what has changed since a scenario was accepted, or accept it
    Baseline(baseline::Args),
    /// Print the JSON Schema of scenario files
    Schema,
}

/// Does what the command line asks for. Wrong usage ends the process with [`exit::INVALID`].
#[must_use]
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::List => list::list(),
        Command::Check(args) => check::check(&args),
        Command::Run(args) => run::run(args),
        Command::Serve(args) => serve::serve(&args),
        Command::Apply(args) => apply::apply(&args),
        Command::Init(args) => init::init(&args),
        Command::Sample(args) => sample::sample(&args),
        Command::Gate(args) => gate::gate(&args),
        Command::Baseline(args) => baseline::baseline(args),
        Command::Schema => schema::schema(),
    }
}

/// Shows an error on standard error, with its place and the way out; in colour on a terminal,
/// unless `NO_COLOR` is set.
pub(crate) fn show(error: impl Into<miette::Report>) {
    eprintln!("{:?}", error.into());
}

/// Writes data to standard output. A reader that went away, as `sim schema | head` does, is no
/// error of ours; anything else is.
pub(crate) fn print(text: &str) -> ExitCode {
    use std::io::Write as _;
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("cannot write to standard output: {error}");
            ExitCode::from(exit::INTERNAL)
        }
        _ => ExitCode::from(exit::PASS),
    }
}

/// Pairs of names and values, one a line, the values under each other.
#[must_use]
pub fn aligned(pairs: &[(String, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.chars().count()).max();
    let width = width.unwrap_or(0);
    pairs
        .iter()
        .map(|(name, value)| format!("{name:<width$} = {value}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn values_stand_under_each_other() {
        let pairs = [
            ("a".to_owned(), "1".to_owned()),
            ("bcd".to_owned(), "2".to_owned()),
        ];
        assert_eq!(aligned(&pairs), "a   = 1\nbcd = 2\n");
        assert_eq!(aligned(&[]), "");
    }
}
