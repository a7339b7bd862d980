//! `sim run`: one scenario, or a part of it.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use miette::miette;

use super::gated::Gated;
use super::progress::Display;
use super::seeds::SeedList;
use super::{aligned, exit, print, show};
use crate::aggregate;
use crate::execution::{ExecutionError, Settings, execute};
use crate::gate::{self, Judged, Trace};
use crate::listing;
use crate::measure::Verdict;
use crate::pipeline;
use crate::processing;
use crate::report::{Evidence, ReportError, Written, check_place, terminal, write_evidence};
use crate::scenario::{self, Loaded, Scenario, Seeds};
use crate::sheet::{self, Reported};
pub(super) use crate::shell::quoted;
use crate::stash;
use crate::upstream::Shape;

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
    /// Runs this shape of a listing scenario only; may be given several times
    #[arg(long = "shape", value_name = "NAME", hide_possible_values = true)]
    pub shapes: Vec<Shape>,
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
    /// What the run is held to.
    #[arg(skip)]
    pub gated: Gated,
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
    /// When the scenario cannot be loaded or lacks a strategy or a shape that was asked for.
    pub fn scenario(&self) -> Result<Loaded, miette::Report> {
        let mut loaded = scenario::load_any(&self.scenario, &self.overrides)?;
        if let Some(seed) = self.seed {
            *loaded.seeds_mut() = Seeds(vec![seed]);
        } else if let Some(list) = &self.seeds {
            *loaded.seeds_mut() = list.0.clone();
        }
        loaded.keep_strategies(&self.strategies)?;
        match &mut loaded {
            Loaded::Listing(scenario) => scenario.keep_shapes(&self.shapes)?,
            _ if self.shapes.is_empty() => {}
            other => {
                let help = "leave out `--shape`: it is for listing scenarios";
                let name = other.name();
                return Err(miette!(help = help, "scenario `{name}` has no shapes"));
            }
        }
        Ok(loaded)
    }
}

/// Runs a scenario and returns the exit code.
#[must_use]
pub fn run(mut args: Args) -> ExitCode {
    let loaded = match args.scenario() {
        Ok(loaded) => loaded,
        Err(error) => {
            show(error);
            return ExitCode::from(exit::INVALID);
        }
    };
    eprint!("{}", aligned(&loaded.options_block()));
    if let Err(error) = args.hold(&loaded) {
        show(error);
        return ExitCode::from(exit::INVALID);
    }
    let code = args.printed(&loaded).unwrap_or_else(|(code, error)| {
        show(error);
        code
    });
    ExitCode::from(code)
}

/// Why there is no report, and the exit code that says so.
pub(super) type Failure = (u8, miette::Report);

/// What a run is printed as, and how it went.
pub(super) struct Shown {
    text: String,
    verdict: Verdict,
    /// What its gates came to.
    pub(super) gates: Vec<Judged>,
    /// Its `summary.json`.
    pub(super) document: String,
    /// Where its report lies.
    pub(super) directory: PathBuf,
}

impl Shown {
    /// The exit code of what it says of the scenario, without its gates.
    pub(super) const fn code(&self) -> u8 {
        exit_code(self.verdict)
    }
}

impl Args {
    /// Holds the run to what the scenario asks of it without looking back.
    fn hold(&mut self, loaded: &Loaded) -> Result<(), miette::Report> {
        let places = scenario::gate_places(&self.scenario, &self.overrides)?;
        let held = loaded.held(&places);
        self.gated.gates = held.without_baseline();
        self.gated.partial = !self.strategies.is_empty();
        let left = held.gates.len() - self.gated.gates.len();
        if left > 0 {
            let name = loaded.name();
            eprintln!("gates against the baseline: {left}, left to `cargo sim gate {name}`");
        }
        Ok(())
    }

    fn printed(&self, loaded: &Loaded) -> Result<u8, Failure> {
        let shown = self.execute(loaded, interrupts().map_err(internal)?)?;
        let trace = Trace {
            scenario: loaded.name(),
            report: &shown.directory.display().to_string(),
        };
        let text = match self.format {
            Format::Json => shown.document.clone(),
            Format::Human => {
                let open = shown.gates.iter().filter(|gate| !gate.passed());
                let open: String = open.map(|gate| gate::text(gate, trace) + "\n").collect();
                open + &shown.text
            }
        };
        if print(&text) != ExitCode::from(exit::PASS) {
            return Ok(exit::INTERNAL);
        }
        Ok(match shown.code() {
            exit::PASS => exit::of_gates(&shown.gates, false),
            code => code,
        })
    }

    /// Runs the scenario and writes its report.
    pub(super) fn execute(&self, loaded: &Loaded, stop: &AtomicBool) -> Result<Shown, Failure> {
        let home = home(&self.scenario);
        let settings = Settings {
            jobs: self.jobs.map_or_else(processors, |jobs| jobs as usize),
            check: self.check,
            images: home.join("target").join("images"),
            command: self.command(),
            witness: self.gated.witness.clone(),
            held: false,
        };
        // `--out` is seen from where the command is given, the default from the project.
        let out = self
            .out
            .clone()
            .unwrap_or_else(|| home.join("reports").join(loaded.name()));
        // Nobody should wait minutes to be told that the result cannot be kept.
        check_place(&out).map_err(|error| internal(miette::Report::from_err(error)))?;
        match loaded {
            Loaded::Columns(scenario) => self.columns(scenario, &settings, stop, &out),
            Loaded::Listing(scenario) => self.listing(scenario, &settings, stop, &out),
            Loaded::Processing(scenario) => self.processing(scenario, &settings, stop, &out),
            Loaded::Pipeline(scenario) => self.pipeline(scenario, &settings, stop, &out),
            Loaded::Stash(scenario) => self.stash(scenario, &settings, stop, &out),
            Loaded::Aggregate(scenario) => self.aggregate(scenario, &settings, stop, &out),
        }
    }

    fn columns(
        &self,
        scenario: &Scenario,
        settings: &Settings,
        stop: &AtomicBool,
        out: &Path,
    ) -> Result<Shown, Failure> {
        let run = execute(scenario, settings, &Display::start(), stop).map_err(failure)?;
        if run.outcomes.is_empty() {
            return Err(interrupted());
        }
        let mut evidence = Evidence::of(&run);
        evidence.judge(&self.gated.bench());
        let written = write_evidence(&evidence, out);
        let human = |place: &str| terminal(&evidence, place, width());
        shown(written, human, evidence.judgement.verdict, &evidence.gates)
    }

    fn listing(
        &self,
        scenario: &listing::scenario::Scenario,
        settings: &Settings,
        stop: &AtomicBool,
        out: &Path,
    ) -> Result<Shown, Failure> {
        let run = listing::execute(scenario, settings, &Display::start(), stop).map_err(failure)?;
        if run.outcomes.is_empty() {
            return Err(interrupted());
        }
        let mut evidence = listing::report::Evidence::of(&run);
        evidence.judge(&self.gated.bench());
        let written = listing::report::write_evidence(&evidence, out);
        let human = |place: &str| listing::report::terminal(&evidence, place, width());
        shown(written, human, evidence.judgement.verdict, &evidence.gates)
    }

    fn processing(
        &self,
        scenario: &processing::scenario::Scenario,
        settings: &Settings,
        stop: &AtomicBool,
        out: &Path,
    ) -> Result<Shown, Failure> {
        let display = Display::start();
        let run = processing::execute(scenario, settings, &display, stop).map_err(failure)?;
        self.reported(&run, out)
    }

    fn pipeline(
        &self,
        scenario: &pipeline::scenario::Scenario,
        settings: &Settings,
        stop: &AtomicBool,
        out: &Path,
    ) -> Result<Shown, Failure> {
        let display = Display::start();
        let run = pipeline::execute(scenario, settings, &display, stop).map_err(failure)?;
        self.reported(&run, out)
    }

    fn stash(
        &self,
        scenario: &stash::scenario::Scenario,
        settings: &Settings,
        stop: &AtomicBool,
        out: &Path,
    ) -> Result<Shown, Failure> {
        let display = Display::start();
        let run = stash::execute(scenario, settings, &display, stop).map_err(failure)?;
        self.reported(&run, out)
    }

    fn aggregate(
        &self,
        scenario: &aggregate::scenario::Scenario,
        settings: &Settings,
        stop: &AtomicBool,
        out: &Path,
    ) -> Result<Shown, Failure> {
        let display = Display::start();
        let run = aggregate::execute(scenario, settings, &display, stop).map_err(failure)?;
        self.reported(&run, out)
    }

    /// Writes down a run of a family that says on a sheet what is its own.
    fn reported<F: Reported>(&self, run: &sheet::Run<F>, out: &Path) -> Result<Shown, Failure> {
        if run.outcomes.is_empty() {
            return Err(interrupted());
        }
        let mut evidence = sheet::Evidence::of(run);
        evidence.judge(&self.gated.bench());
        let written = sheet::write(&evidence, out);
        let human = |place: &str| sheet::terminal(&evidence, place, width());
        shown(written, human, evidence.judgement.verdict, &evidence.gates)
    }

    /// The command that repeats the run. What cannot change a result is left out.
    fn command(&self) -> String {
        let mut words = vec!["cargo sim run".to_owned(), quoted(&self.scenario)];
        if let Some(seed) = self.seed {
            words.push(format!("--seed {seed}"));
        } else if let Some(SeedList(Seeds(seeds))) = &self.seeds {
            let list: Vec<String> = seeds.iter().map(ToString::to_string).collect();
            words.push(format!("--seeds {}", list.join(",")));
        }
        let named = |flag: &str, value: &str| format!("{flag} {}", quoted(value));
        words.extend(self.strategies.iter().map(|name| named("--strategy", name)));
        let shapes = self.shapes.iter();
        words.extend(shapes.map(|shape| named("--shape", &shape.name())));
        words.extend(self.overrides.iter().map(|change| named("--set", change)));
        words.join(" ")
    }
}

/// What is shown of a report that was written; `human` is given its place.
fn shown(
    written: Result<Written, ReportError>,
    human: impl FnOnce(&str) -> String,
    verdict: Verdict,
    gates: &[Judged],
) -> Result<Shown, Failure> {
    let written = written.map_err(|error| internal(miette::Report::from_err(error)))?;
    Ok(Shown {
        text: human(&written.directory.display().to_string()),
        verdict,
        gates: gates.to_vec(),
        document: summary(&written)?,
        directory: written.directory,
    })
}

/// The summary of a report, for programs.
fn summary(written: &Written) -> Result<String, Failure> {
    std::fs::read_to_string(written.directory.join("summary.json"))
        .map_err(|error| internal(miette::Report::from_err(error)))
}

pub(super) fn internal(error: miette::Report) -> Failure {
    (exit::INTERNAL, error)
}

fn interrupted() -> Failure {
    let error = miette!("interrupted before any cell had ended");
    (exit::INTERRUPTED, error)
}

fn failure(error: ExecutionError) -> Failure {
    let code = match error {
        ExecutionError::NotDeterministic { .. } => exit::NOT_DETERMINISTIC,
        _ => exit::INTERNAL,
    };
    (code, miette::Report::from_err(error))
}

/// The project's folder, where images of gigabytes and reports belong: the nearest that has
/// `scenarios/`, seen from where the command is given, then from the scenario's file. Without one,
/// where the command is given.
pub(super) fn home(scenario: &str) -> PathBuf {
    let of_file = || scenario::folder_above(Path::new(scenario).parent()?);
    scenario::folder()
        .or_else(of_file)
        .and_then(|folder| folder.parent().map(Path::to_path_buf))
        .unwrap_or_default()
}

pub(super) fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Columns of the terminal; `None` if there is none.
fn width() -> Option<u16> {
    std::io::stdout()
        .is_terminal()
        .then(|| console::Term::stdout().size().1)
}

/// Set by the first Ctrl-C; the second ends the process at once.
pub(super) fn interrupts() -> Result<&'static AtomicBool, miette::Report> {
    static STOP: AtomicBool = AtomicBool::new(false);
    ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        eprintln!("stopping; what has ended is kept (again to stop at once)");
    })
    .map_err(miette::Report::from_err)?;
    Ok(&STOP)
}

const fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        // That readers wait too long is an answer; only a gate makes it a failure.
        Verdict::Pass | Verdict::ObjectiveMissed => exit::PASS,
        Verdict::Fail | Verdict::Incorrect | Verdict::Unfinished => exit::FAILED,
        Verdict::NoData => exit::NOTHING_TO_JUDGE,
        Verdict::Incomplete => exit::INTERRUPTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_when_it_is_run_again_has_a_code_of_its_own() {
        let differs = ExecutionError::NotDeterministic {
            cell: "ours seed 1".to_owned(),
            event: 7,
            first: "one".to_owned(),
            second: "another".to_owned(),
        };
        let (code, error) = failure(differs);
        assert_eq!(code, exit::NOT_DETERMINISTIC);
        assert!(error.to_string().contains("event 7 differs"));
    }
}
