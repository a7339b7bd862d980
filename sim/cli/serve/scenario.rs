//! `sim serve SCENARIO`: a scenario on the real clock and a real file, with its status page.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use backfill::TokioRuntime;
use backfill::chunked::{BackfillError, Ending, Report};
use backfill::ledger;
use backfill::runner::{Ended, Runner};
use backfill::status::{self, Status};
use miette::miette;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::live;
use crate::cli::progress::Display;
use crate::cli::run::home;
use crate::cli::{exit, show};
use crate::execution;
use crate::live::{Observed, Store, Traffic, scratch, wrong_rows};
use crate::operator::OPERATOR;
use crate::scenario::{self, Scenario, Strategy};
use crate::strategy;
use crate::workload::Workload;

/// Which scenario, and how.
#[derive(Debug, clap::Args)]
pub(super) struct ScenarioArgs {
    /// Scenario: a name from `sim list` or the path of a .toml file
    #[arg(required = true)]
    pub scenario: Option<String>,
    /// The strategy to run, one in chunks [default: the first that is]
    #[arg(long, value_name = "NAME")]
    pub strategy: Option<String>,
    /// Changes an option, for example `load.reads_per_s=25`; may be given several times
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub overrides: Vec<String>,
    /// The port of the page on 127.0.0.1; 0 for any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8_787)]
    pub port: u16,
    /// Starts with a new copy of the data, whatever an earlier run has left
    #[arg(long)]
    pub fresh: bool,
    /// Ends when the backfill has ended, instead of going on with the page
    #[arg(long)]
    pub until_done: bool,
    #[command(flatten)]
    patience: live::Patience,
}

/// Serves, and returns the exit code.
#[must_use]
pub(super) fn serve(args: &ScenarioArgs) -> ExitCode {
    let chosen = scenario::load(args.asked(), &args.overrides)
        .map_err(miette::Report::from)
        .and_then(|scenario| {
            let (name, strategy) = live::chosen(&scenario, args.strategy.as_deref())?;
            Ok((scenario, name, strategy))
        });
    let (scenario, name, strategy) = match chosen {
        Ok(chosen) => chosen,
        Err(error) => {
            show(error);
            return ExitCode::from(exit::INVALID);
        }
    };
    let code = args
        .run(&scenario, &name, &strategy)
        .unwrap_or_else(|error| {
            show(error);
            exit::INTERNAL
        });
    ExitCode::from(code)
}

impl ScenarioArgs {
    /// The scenario that is asked for. clap sees to it that one is, unless something else is.
    fn asked(&self) -> &str {
        self.scenario.as_deref().unwrap_or_default()
    }

    fn run(
        &self,
        scenario: &Scenario,
        name: &str,
        strategy: &Strategy,
    ) -> Result<u8, miette::Report> {
        let target = home(self.asked()).join("target");
        let workload = {
            let display = Display::start();
            let images = target.join("images");
            execution::workload(scenario, &images, &display).map_err(miette::Report::from_err)?
        };
        let folder = target.join("serve");
        let (path, made) = scratch::copy(scenario, &workload, &folder, self.fresh)
            .map_err(miette::Report::from_err)?;
        let kept = if made { "a new copy" } else { "kept" };
        eprintln!("file      {} ({kept})", path.display());
        eprintln!("strategy  {name}");
        let session = Session {
            scenario,
            strategy,
            workload,
            path,
            until_done: self.until_done,
            patience: self.patience,
        };
        live::runtime()?.block_on(session.run(self.port))
    }
}

/// A scenario that is being served.
struct Session<'a> {
    scenario: &'a Scenario,
    strategy: &'a Strategy,
    workload: Workload,
    path: PathBuf,
    until_done: bool,
    patience: live::Patience,
}

impl Session<'_> {
    async fn run(self, port: u16) -> Result<u8, miette::Report> {
        let stop = live::interrupts()?.token;
        let settings = &self.scenario.model.database;
        let store =
            Store::open(&self.path, settings, self.strategy).map_err(miette::Report::from_err)?;
        let runs = store
            .shared
            .write(|connection| {
                ledger::ensure(connection)?;
                let all = ledger::migrations(connection)?;
                Ok(all.iter().map(|migration| migration.runs).sum::<u64>())
            })
            .await
            .map_err(miette::Report::from_err)?;
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .map_err(|error| {
                miette!("cannot listen on 127.0.0.1:{port}: {error}; choose another --port")
            })?;
        let address = listener.local_addr().map_err(miette::Report::from_err)?;
        eprintln!("page      http://{address}/");
        let status = Status::new(store.shared.named(OPERATOR)).loopback_only();
        let page = tokio::spawn(status::serve(listener, status.router(), stop.child_token()));
        let observed = Observed::default();
        let traffic = self.traffic(&store, runs, &observed, &stop);
        let ended = self.backfill(&store, &stop).await?;
        let code = self.concluded(&ended, &observed)?;
        if !self.until_done && !stop.is_cancelled() {
            eprintln!("the page stays until Ctrl-C");
            stop.cancelled().await;
        }
        stop.cancel();
        page.abort();
        // What a panic in it would have to say has been said.
        drop(traffic.await);
        Ok(code)
    }

    /// Sends the scenario's requests, from its start on. Every start has requests of its own: those
    /// of the last one have left their rows.
    fn traffic(
        &self,
        store: &Store,
        runs: u64,
        observed: &Observed,
        stop: &CancellationToken,
    ) -> tokio::task::JoinHandle<()> {
        let model = &self.scenario.model;
        let seed = model.seeds.0.first().copied().unwrap_or(1);
        let length = Duration::from_secs_f64(model.phases.horizon_s);
        let traffic = Traffic {
            database: store.shared.clone(),
            workload: self.workload.clone(),
            writes: true,
            observed: observed.clone(),
        };
        let (model, workload) = (model.clone(), self.workload.clone());
        let plans = move |nth: u64| {
            let seed = seed.wrapping_add(runs << 32).wrapping_add(nth << 16);
            workload.plan(&model, seed, length)
        };
        tokio::spawn(traffic.run(plans, stop.child_token()))
    }

    /// Runs the backfill to its end, once there has been traffic for a while.
    async fn backfill(
        &self,
        store: &Store,
        stop: &CancellationToken,
    ) -> Result<Ended, miette::Report> {
        let runtime: TokioRuntime = *store.shared.runtime();
        self.patience.listen(runtime, stop).await;
        let task = self.workload.task();
        let backfill = live::backfill(self.strategy, task, store, (self.patience, stop))?;
        let handle = Runner::new(store.backfill.clone()).start(backfill);
        handle
            .ended()
            .await
            .ok_or_else(|| miette!("the runtime ended before the backfill did"))
    }

    /// Says how it ended, and whether the rows are right; the exit code.
    fn concluded(&self, ended: &Ended, observed: &Observed) -> Result<u8, miette::Report> {
        let report: &Report = match &**ended {
            Ok(report) => report,
            Err(error) => {
                let error: &BackfillError = error;
                eprintln!("{}", strategy::chain(error));
                return Ok(exit::INTERNAL);
            }
        };
        eprintln!("{}", live::summary(report, observed));
        if report.ending == Ending::Cancelled {
            eprintln!("the same command goes on from here");
            return Ok(exit::INTERRUPTED);
        }
        let checked = wrong_rows(&self.path, &self.workload).map_err(miette::Report::from_err)?;
        match checked {
            None => {
                eprintln!(
                    "rows      not checked: nobody knows what is right in a database of one's own"
                );
                Ok(exit::PASS)
            }
            Some((0, rows)) => {
                eprintln!("rows      all {rows} carry the independently computed value");
                Ok(exit::PASS)
            }
            Some((wrong, rows)) => {
                eprintln!("rows      {wrong} of {rows} are WRONG");
                Ok(exit::FAILED)
            }
        }
    }
}
