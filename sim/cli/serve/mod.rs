//! `sim serve`: a scenario on the real clock, or the simulated list API.

mod scenario;
mod upstream;

use std::process::ExitCode;

use super::live;

/// What to serve.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(subcommand_help_heading = "Or else")]
pub(super) struct Args {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    scenario: scenario::ScenarioArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Other {
    /// Serve the simulated list API (a scenario of that name is served as `./upstream.toml`)
    Upstream(upstream::UpstreamArgs),
}

/// Serves, and returns the exit code.
#[must_use]
pub(super) fn serve(args: &Args) -> ExitCode {
    match &args.other {
        Some(Other::Upstream(args)) => upstream::serve(args),
        None => scenario::serve(&args.scenario),
    }
}
