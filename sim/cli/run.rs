//! `sim run`: one scenario, or a part of it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::ValueEnum;

use super::seeds::SeedList;
use super::{aligned, exit, show};
use crate::scenario::{self, Scenario, Seeds};

/// What to run, and how to show it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Scenario: a name from `sim list` or the path of a .toml file
    pub scenario: String,
    /// Runs this seed instead of the scenario's
    #[arg(long, value_name = "N", conflicts_with = "seeds",
          value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: Option<u64>,
    /// Runs these seeds instead of the scenario's, for example `1,2,9..12`
    #[arg(long, value_name = "LIST")]
    pub seeds: Option<SeedList>,
    /// Runs this strategy only; may be given several times
    #[arg(long = "strategy", value_name = "NAME")]
    pub strategies: Vec<String>,
    /// Changes an option, for example `load.reads_per_s=25`; may be given several times
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub overrides: Vec<String>,
    /// Where the report goes [default: reports/SCENARIO]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Cells to run at the same time [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub jobs: Option<u32>,
    /// Runs every cell twice and compares them event by event
    #[arg(long)]
    pub check: bool,
    /// What is printed to standard output
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// What is printed to standard output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables for people
    Human,
    /// One JSON document for programs
    Json,
}

impl Args {
    /// The scenario with what the command line changes and leaves out.
    ///
    /// # Errors
    ///
    /// When the scenario cannot be loaded or lacks a strategy that was asked for.
    pub fn scenario(&self) -> Result<Scenario, miette::Report> {
        let mut scenario = scenario::load(&self.scenario, &self.overrides)?;
        if let Some(seed) = self.seed {
            scenario.model.seeds = Seeds(vec![seed]);
        } else if let Some(list) = &self.seeds {
            scenario.model.seeds = list.0.clone();
        }
        scenario.keep_strategies(&self.strategies)?;
        Ok(scenario)
    }
}

/// Runs a scenario and returns the exit code.
#[must_use]
pub fn run(args: Args) -> ExitCode {
    match args.scenario() {
        Ok(scenario) => {
            eprint!("{}", aligned(&scenario.options_block()));
            ExitCode::from(exit::PASS)
        }
        Err(error) => {
            show(error);
            ExitCode::from(exit::INVALID)
        }
    }
}
