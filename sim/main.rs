//! The command line, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    backfill_sim::cli::main()
}
