//! What `sim serve` and `sim apply` have in common: a backfill on the real clock, and Ctrl-C.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use backfill::chunked::{Backfill, Ending, Progress, Report};
use backfill::ledger::{self, Migration};
use backfill::{Runtime as _, TokioRuntime};
use indicatif::{ProgressBar, ProgressStyle};
use miette::miette;
use tokio_util::sync::CancellationToken;

use super::exit;
use crate::job::Task;
use crate::live::{Observed, Store};
use crate::measure::unit;
use crate::scenario::{Scenario, Strategy, StrategyKind};
use crate::spelling;
use crate::strategy;

/// How long to wait for what.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Patience {
    /// How long readers are listened to before the backfill starts, s: what a pacer that is to keep
    /// them as they were goes by
    #[arg(long, value_name = "S", default_value_t = 5)]
    listen_s: u64,
    /// How long another run must be silent before it is taken for dead, s
    #[arg(long, value_name = "S", default_value_t = ledger::STALE_AFTER.as_secs(),
          value_parser = clap::value_parser!(u64).range(2..=3_600))]
    stale_after_s: u64,
}

impl Patience {
    /// Listens to the readers, unless told to stop.
    pub(super) async fn listen(self, runtime: TokioRuntime, stop: &CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = runtime.sleep(Duration::from_secs(self.listen_s)) => {}
        }
    }
}

/// The strategy to run for real: the one asked for, or the one of `[apply]`, or the first in
/// chunks. It must be one in chunks.
pub(super) fn chosen(
    scenario: &Scenario,
    asked: Option<&str>,
) -> Result<(String, Strategy), miette::Report> {
    let model = &scenario.model;
    let of_job = model.apply.as_ref().map(|apply| apply.strategy.as_str());
    let in_chunks = |strategy: &Strategy| strategy.kind == StrategyKind::Chunked;
    let found = match asked.or(of_job) {
        Some(name) => model.strategies.get_key_value(name).ok_or_else(|| {
            let names: Vec<&str> = model.strategies.keys().map(String::as_str).collect();
            let help = spelling::did_you_mean(name, &names, "strategies");
            miette!(help = help, "there is no strategy `{name}`")
        })?,
        None => model
            .strategies
            .iter()
            .find(|(_, strategy)| in_chunks(strategy))
            .ok_or_else(|| {
                let help = "add a strategy with `kind = \"chunked\"`";
                miette!(help = help, "no strategy of the scenario works in chunks")
            })?,
    };
    let (name, strategy) = found;
    if !in_chunks(strategy) {
        let help = "choose one with `kind = \"chunked\"`: the others are there to be compared with";
        return Err(miette!(help = help, "`{name}` is not run for real"));
    }
    Ok((name.clone(), strategy.clone()))
}

/// A runtime on the real clock.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, miette::Report> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(miette::Report::from_err)
}

/// Told by the first Ctrl-C; the second ends the process at once.
pub(super) struct Stop {
    /// For what runs for real.
    pub(super) token: CancellationToken,
    /// For what is simulated.
    pub(super) flag: &'static AtomicBool,
}

/// Listens for Ctrl-C.
pub(super) fn interrupts() -> Result<Stop, miette::Report> {
    static FLAG: AtomicBool = AtomicBool::new(false);
    let token = CancellationToken::new();
    let told = token.clone();
    ctrlc::set_handler(move || {
        if FLAG.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(exit::INTERRUPTED));
        }
        eprintln!("stopping where it can go on later (again to stop at once)");
        told.cancel();
    })
    .map_err(miette::Report::from_err)?;
    Ok(Stop { token, flag: &FLAG })
}

/// `strategy` on `store`, with its progress on standard error; where another process is at work it
/// follows that one.
pub(super) fn backfill(
    strategy: &Strategy,
    task: &Task,
    store: &Store,
    (patience, stop): (Patience, &CancellationToken),
) -> Result<Backfill<TokioRuntime>, miette::Report> {
    let pacer =
        strategy::pacer(&strategy.pacing(), &store.signal).map_err(miette::Report::from_err)?;
    let databases = (store.backfill.clone(), store.apart.clone());
    let backfill =
        strategy::backfill(strategy, task, databases, pacer).map_err(miette::Report::from_err)?;
    let (told, followed) = (
        Line::new(*store.shared.runtime()),
        Line::new(*store.shared.runtime()),
    );
    Ok(backfill
        .observed(move |progress| told.tell(progress, None))
        .following(move |migration| followed.follow(migration))
        .stale_after(Duration::from_secs(patience.stale_after_s))
        .cancelled_by(stop.clone()))
}

/// Progress on standard error: a bar on a terminal, a line every few seconds elsewhere.
struct Line {
    bar: Option<ProgressBar>,
    runtime: TokioRuntime,
    said_at_s: std::cell::Cell<Option<u64>>,
}

/// Seconds from one line to the next where there is no terminal.
const LINE_EVERY_S: u64 = 5;

impl Line {
    fn new(runtime: TokioRuntime) -> Self {
        let terminal = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let style = ProgressStyle::with_template("{bar:40} {percent} %  {msg}");
        Self {
            bar: terminal.then(|| {
                let plain = style.unwrap_or_else(|_| ProgressStyle::default_bar());
                ProgressBar::new(0).with_style(plain)
            }),
            runtime,
            said_at_s: std::cell::Cell::new(None),
        }
    }

    /// `eta_s` is known of a run that is followed.
    fn tell(&self, progress: Progress, eta_s: Option<f64>) {
        let Progress { processed, total } = progress;
        let eta = eta_s.map_or(String::new(), |eta_s| format!(", {eta_s:.0} s to go"));
        let message = format!("{processed} of {total} rows{eta}");
        match &self.bar {
            Some(bar) => {
                bar.set_length(total);
                bar.set_position(processed);
                bar.set_message(message);
            }
            None => self.seldom(&message, processed == total),
        }
    }

    fn follow(&self, migration: &Migration) {
        if self.said_at_s.get().is_none() {
            eprintln!(
                "another process is at it (run {}, last heard of at {}): following",
                migration.runs,
                migration.updated_at.as_deref().unwrap_or("an unknown time")
            );
        }
        let progress = Progress {
            processed: migration.rows_processed,
            total: migration.rows_total,
        };
        self.tell(progress, migration.eta_sec);
        let now_s = self.runtime.now().as_nanos() / 1_000_000_000;
        self.said_at_s.set(self.said_at_s.get().or(Some(now_s)));
    }

    fn seldom(&self, message: &str, last: bool) {
        let now_s = self.runtime.now().as_nanos() / 1_000_000_000;
        let due = self
            .said_at_s
            .get()
            .is_none_or(|at| now_s >= at + LINE_EVERY_S);
        if due || last {
            eprintln!("progress  {message}");
            self.said_at_s.set(Some(now_s));
        }
    }
}

/// How it ended, in a line, and what readers lived through.
pub(super) fn summary(report: &Report, observed: &Observed) -> String {
    let Report {
        ending,
        progress,
        chunks,
        ..
    } = report;
    let ended = match ending {
        Ending::Done => "done",
        Ending::AlreadyDone => "done by another run",
        Ending::Cancelled => "cancelled",
    };
    let p95 = observed.p95_ns().map_or("none".to_owned(), unit::duration);
    format!(
        "backfill  {ended}: {} of {} rows, {chunks} chunks of this run\nreaders   p95 {p95} of {} \
         reads, {} failed",
        progress.processed,
        progress.total,
        observed.count(),
        observed.failed()
    )
}
