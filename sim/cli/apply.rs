//! `sim apply`: the job of a scenario, in the database itself.
//!
//! Without `--yes` it only says what it would do. With it: the simulation says what to expect, a
//! backup is made, and the backfill runs with the strategy that was rehearsed. The scenario's
//! readers go on meanwhile, so that what they live through can be compared with what was predicted;
//! its writers do not: their statements are made up.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use backfill::chunked::{Ending, Report};
use backfill::database::DatabaseError;
use backfill::ledger::{self, Migration};
use backfill::runner::Runner;
use miette::miette;
use tokio_util::sync::CancellationToken;

use super::progress::Display;
use super::run::{home, processors, quoted};
use super::{aligned, exit, live, print, show};
use crate::execution::{self, Settings, execute};
use crate::live::{Backup, Held, LiveError, Observed, Prediction, Store, Traffic};
use crate::measure::unit;
use crate::scenario::{self, Role, Scenario, Strategy};
use crate::strategy;
use crate::workload::Workload;

/// What to do, where.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The database
    pub file: PathBuf,
    /// The scenario that describes the job: the path of a .toml file
    pub job: PathBuf,
    /// The strategy [default: that of `[apply]`, or the first in chunks]
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,
    /// Does it; without, it only says what it would do
    #[arg(long)]
    pub yes: bool,
    /// Where the backup is, or is to be made
    #[arg(long, value_name = "FILE", conflicts_with = "no_backup")]
    pub backup: Option<PathBuf>,
    /// Changes a database of which there is no backup
    #[arg(long)]
    pub no_backup: bool,
    /// Does not simulate it before
    #[arg(long)]
    pub no_rehearsal: bool,
    #[command(flatten)]
    patience: live::Patience,
}

/// Everything that is known before anything is done.
struct Intent {
    scenario: Scenario,
    name: String,
    strategy: Strategy,
}

/// Does it, or says what it would do; returns the exit code.
#[must_use]
pub(super) fn apply(args: &Args) -> ExitCode {
    let held = match args.yes.then(|| Held::take(&args.file)).transpose() {
        Ok(held) => held,
        Err(error) => {
            show(miette::Report::from_err(error));
            return ExitCode::from(exit::INVALID);
        }
    };
    if let Some(rows) = held.as_ref().and_then(|held| held.done(&args.job)) {
        return print(&format!("done already: {rows} rows\n"));
    }
    let intent = match args.intent() {
        Ok(intent) => intent,
        Err(error) => {
            show(error);
            return ExitCode::from(exit::INVALID);
        }
    };
    if !args.yes {
        return print(&args.would_do(&intent));
    }
    if args.backup.is_none() && !args.no_backup {
        let help = "add `--backup FILE`: it is made if it is not there; or `--no-backup`, if you \
                    have one elsewhere or need none";
        show(miette!(
            help = help,
            "{} would be changed, and there is no backup of it",
            args.file.display()
        ));
        return ExitCode::from(exit::INVALID);
    }
    let code = args.run(&intent, held).unwrap_or_else(|error| {
        show(error);
        exit::INTERNAL
    });
    ExitCode::from(code)
}

impl Args {
    fn intent(&self) -> Result<Intent, miette::Report> {
        let file = toml::Value::from(self.file.display().to_string());
        let overrides = [format!("database.file={file}")];
        let scenario = scenario::load(&self.job.display().to_string(), &overrides)?;
        let (name, strategy) = live::chosen(&scenario, self.strategy.as_deref())?;
        Ok(Intent {
            scenario,
            name,
            strategy,
        })
    }

    /// What would be done, and how to have it done.
    fn would_do(&self, intent: &Intent) -> String {
        let Some(job) = &intent.scenario.model.job else {
            return String::new();
        };
        let what = match (&job.set, &job.column, &job.source, &job.value) {
            (Some(set), ..) => set.clone(),
            (None, Some(column), Some(source), Some(value)) => {
                format!("{column} = the largest {value} of {source}")
            }
            _ => String::new(),
        };
        let which = job.eligible.clone().unwrap_or_else(|| "all".to_owned());
        let pairs = [
            ("file", self.file.display().to_string()),
            ("table", format!("{}, by {}", job.table, job.key)),
            ("rows", which),
            ("set", what),
            ("strategy", intent.name.clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value));
        let quote = |path: &Path| quoted(&path.display().to_string());
        let (file, job) = (quote(&self.file), quote(&self.job));
        let backup = quoted(&format!("{}.backup", self.file.display()));
        format!(
            "{}\nNothing was changed. To do it:\n  cargo sim apply {file} {job} --yes --backup {backup}\n",
            aligned(&pairs)
        )
    }

    fn run(&self, intent: &Intent, held: Option<Held>) -> Result<u8, miette::Report> {
        let home = home(&self.job.display().to_string());
        let images = home.join("target").join("images");
        let workload = {
            let display = Display::start();
            execution::workload(&intent.scenario, &images, &display)
                .map_err(miette::Report::from_err)?
        };
        // With a write-ahead log nobody waits for it, and the rehearsal needs it.
        let held = held.filter(Held::is_in_nobodys_way);
        let runtime = live::runtime()?;
        let stop = live::interrupts()?;
        let earlier = runtime.block_on(self.look(intent, &workload))?;
        let update = workload.task().update.as_str();
        let prediction = self.prediction(
            intent,
            (&images, update),
            (earlier.as_ref(), held.is_some()),
            &stop,
        )?;
        drop(held);
        if stop.token.is_cancelled() {
            eprintln!("nothing was changed");
            return Ok(exit::INTERRUPTED);
        }
        if let Some(path) = &self.backup {
            let begun = earlier.as_ref().is_some_and(|it| it.rows_processed > 0);
            if begun && !path.exists() {
                let help = "name the backup from before it was begun, or say `--no-backup`";
                return Err(miette!(
                    help = help,
                    "{} is half done: a backup of it now would be none",
                    self.file.display()
                ));
            }
            let backup = Backup::ensure(&self.file, path, workload.task())
                .map_err(miette::Report::from_err)?;
            let made = match backup {
                Backup::Made(_) => "made now",
                Backup::Found(_) => "there already",
            };
            eprintln!("backup    {} ({made})", backup.path().display());
        }
        let (report, after, observed) =
            runtime.block_on(self.fill(intent, &workload, &stop.token))?;
        eprintln!("{}", live::summary(&report, &observed.during));
        if report.ending == Ending::Cancelled {
            eprintln!("the same command goes on from here");
            return Ok(exit::INTERRUPTED);
        }
        print(&compared(prediction.as_ref(), &after, &observed));
        drop(std::fs::remove_file(Prediction::place(&self.job)));
        Ok(exit::PASS)
    }

    /// Opens the database as it will be used, and makes sure that it can be written to; what its
    /// ledger says of an earlier run.
    async fn look(
        &self,
        intent: &Intent,
        workload: &Workload,
    ) -> Result<Option<Migration>, miette::Report> {
        let store = self.store(intent)?;
        let name = workload.task().name.clone();
        let looked = store.backfill.write(move |connection| {
            if !connection.table_exists(None, "_async_migrations")? {
                return Ok(None);
            }
            let all = ledger::migrations(connection)?;
            Ok(all.into_iter().find(|migration| migration.name == name))
        });
        looked.await.map_err(|error| match error {
            DatabaseError::Busy { waited, .. } => miette::Report::from_err(LiveError::Locked {
                path: self.file.clone(),
                waited_ms: u64::try_from(waited.as_millis()).unwrap_or(u64::MAX),
            }),
            error @ DatabaseError::Sqlite(_) => miette::Report::from_err(error),
        })
    }

    fn store(&self, intent: &Intent) -> Result<Store, miette::Report> {
        let settings = &intent.scenario.model.database;
        Store::open(&self.file, settings, &intent.strategy).map_err(miette::Report::from_err)
    }

    /// What the simulation says: what it said before the first run, or says now.
    fn prediction(
        &self,
        intent: &Intent,
        (images, update): (&Path, &str),
        (earlier, held): (Option<&Migration>, bool),
        stop: &live::Stop,
    ) -> Result<Option<Prediction>, miette::Report> {
        let place = Prediction::place(&self.job);
        if earlier.is_some() {
            return Ok(Prediction::kept(&place, update, &intent.name));
        }
        if self.no_rehearsal {
            return Ok(None);
        }
        eprintln!("rehearsal {} in the simulation", intent.name);
        let mut scenario = intent.scenario.clone();
        scenario.model.seeds.0.truncate(1);
        scenario.model.must_fail.0.clear();
        scenario
            .model
            .strategies
            .retain(|name, _| *name == intent.name);
        for strategy in scenario.model.strategies.values_mut() {
            strategy.role = Role::Candidate;
        }
        let settings = Settings {
            jobs: processors(),
            check: false,
            witness: None,
            images: images.to_owned(),
            command: String::new(),
            held,
        };
        let display = Display::start();
        let run =
            execute(&scenario, &settings, &display, stop.flag).map_err(miette::Report::from_err)?;
        let prediction = Prediction::of(&run, update, &intent.name);
        if let Some(prediction) = &prediction {
            prediction.keep(&place).map_err(miette::Report::from_err)?;
        }
        Ok(prediction)
    }

    /// Listens to the readers for a while, then fills the rows; what the ledger says afterwards.
    async fn fill(
        &self,
        intent: &Intent,
        workload: &Workload,
        stop: &CancellationToken,
    ) -> Result<(Report, Migration, Lived), miette::Report> {
        let store = self.store(intent)?;
        let lived = Lived::default();
        let readers = CancellationToken::new();
        let before = self.readers(intent, (workload, &store), &lived.before, &readers);
        self.patience.listen(*store.shared.runtime(), stop).await;
        readers.cancel();
        drop(before.await);
        let during = self.readers(intent, (workload, &store), &lived.during, stop);
        let backfill = {
            let paced = (self.patience, stop);
            live::backfill(&intent.strategy, workload.task(), &store, paced)?
        };
        let handle = Runner::new(store.backfill.clone()).start(backfill);
        let ended = handle
            .ended()
            .await
            .ok_or_else(|| miette!("the runtime ended before the backfill did"))?;
        stop.cancel();
        drop(during.await);
        let report = match &*ended {
            Ok(report) => *report,
            Err(error) => return Err(miette!("{}", strategy::chain(error))),
        };
        let name = workload.task().name.clone();
        let all = store.shared.read(ledger::migrations).await;
        let all = all.map_err(miette::Report::from_err)?;
        let after = all.into_iter().find(|migration| migration.name == name);
        let after = after.ok_or_else(|| miette!("the ledger has lost its entry of `{name}`"))?;
        Ok((report, after, lived))
    }

    /// The scenario's readers, until `stop`.
    fn readers(
        &self,
        intent: &Intent,
        (workload, store): (&Workload, &Store),
        observed: &Observed,
        stop: &CancellationToken,
    ) -> tokio::task::JoinHandle<()> {
        let model = &intent.scenario.model;
        let seed = model.seeds.0.first().copied().unwrap_or(1);
        let length = Duration::from_secs_f64(model.phases.horizon_s);
        let traffic = Traffic {
            database: store.shared.clone(),
            workload: workload.clone(),
            writes: false,
            observed: observed.clone(),
        };
        let (model, workload) = (model.clone(), workload.clone());
        let plans = move |nth: u64| workload.plan(&model, seed.wrapping_add(nth << 16), length);
        tokio::spawn(traffic.run(plans, stop.child_token()))
    }
}

/// What readers lived through.
#[derive(Default)]
struct Lived {
    before: Observed,
    during: Observed,
}

/// Predicted beside actual.
fn compared(prediction: Option<&Prediction>, after: &Migration, lived: &Lived) -> String {
    let predicted = |figure: fn(&Prediction) -> Option<u64>| time(prediction.and_then(figure));
    let elapsed_ns = (after.elapsed_sec * 1e9) as u64;
    let runs = match after.runs {
        1 => String::new(),
        runs => format!(", over {runs} runs"),
    };
    let reads = |observed: &Observed| format!(" ({} reads)", observed.count());
    let rows = [
        (
            "duration",
            predicted(|it| it.duration_ns),
            format!("{}{runs}", unit::duration(elapsed_ns)),
        ),
        (
            "reader p95",
            predicted(|it| it.reader_p95_ns),
            time(lived.during.p95_ns()) + &reads(&lived.during),
        ),
        (
            "without it",
            predicted(|it| it.no_backfill_p95_ns),
            time(lived.before.p95_ns()) + &reads(&lived.before),
        ),
    ];
    let mut text = format!("{:<12}{:>14}   actual\n", "", "predicted");
    for (what, predicted, actual) in rows {
        text.push_str(&format!("{what:<12}{predicted:>14}   {actual}\n"));
    }
    if let Some(prediction) = prediction {
        text.push_str(&format!(
            "Predicted for a {} device (`disk.profile`), with the scenario's readers and writers; \
             what readers lived through is that of the last run.\n",
            prediction.device
        ));
    }
    text
}

/// A time for people, or that there is none.
fn time(ns: Option<u64>) -> String {
    ns.map_or_else(|| "no figure".to_owned(), unit::duration)
}
