//! One cell of a stash scenario: a world made from (scenario, strategy, workload, seed).
//!
//! A server, and clients on hosts of their own: everything goes through HTTP on the simulated
//! network. One client more comes when all is over.

mod clients;
mod conclusion;
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::keeper;
use super::outcome::Outcome;
use super::plan::Plan;
use super::recorder::Recorder;
use super::scenario::{Model, Strategy, Workload};
use crate::clock::Clock;
use crate::outcome::Ending;
use crate::sheet::execution::{self, Part};
use crate::world::{Watch, WorldError, network};
use clients::Clients;
use server::Setup;

/// The host that has the stash.
const SERVER: &str = "server";
/// Where it listens.
const PORT: u16 = 80;
/// Where results are asked for, before their number.
const ASK: &str = "/ask/";
/// Where a client says that all is over.
const CLOSE: &str = "/close";
/// The header that says who asks.
const OWNER: &str = "x-owner";
/// Hosts with clients.
const HOSTS: usize = 2;

/// What is to be run.
pub(super) type Cell<'a> = execution::Cell<'a, Model, ()>;

/// Runs `cell` to its end, unless `stop` says otherwise.
pub(super) fn run(
    cell: Cell<'_>,
    watch: &Arc<Watch>,
    stop: &AtomicBool,
) -> Result<Outcome, WorldError> {
    let Part::Strategy(name, strategy) = cell.part else {
        unreachable!("nobody else uses a stash, so it is never left out");
    };
    let model = &cell.scenario.model;
    let workload = model.workloads.get(cell.workload);
    let plan = Arc::new(Plan::new(model, workload, cell.seed));
    let recorder = Recorder::new(keeper::limits(model, strategy.kind), &plan);
    let requests = plan.requests.len() as u64;
    watch.total.store(requests, Ordering::Relaxed);
    let ending = cell.simulate(strategy, &plan, &recorder, watch, stop)?;
    let seen = conclusion::Seen {
        name,
        strategy,
        plan: &plan,
        recorder: &recorder,
        ending,
        asked: workload.is_none_or(|one: &Workload| one.asked),
    };
    Ok(conclusion::outcome(&cell, seen))
}

impl Cell<'_> {
    /// Lets modelled time pass until every client is done.
    fn simulate(
        &self,
        strategy: &Strategy,
        plan: &Arc<Plan>,
        recorder: &Recorder,
        watch: &Watch,
        stop: &AtomicBool,
    ) -> Result<Ending, WorldError> {
        let model = &self.scenario.model;
        let mut world = network::builder(&model.network, self.seed).build();
        let setup = Setup {
            kind: strategy.kind,
            limits: keeper::limits(model, strategy.kind),
            fallback: model.stash.fallback,
            seed: self.seed,
            plan: Arc::clone(plan),
            recorder: recorder.clone(),
        };
        world.host(SERVER, move || {
            let setup = setup.clone();
            async move { match server::serve(setup).await? {} }
        });
        for host in 0..=HOSTS {
            let (plan, recorder) = (Arc::clone(plan), recorder.clone());
            world.client(format!("clients-{host}"), async move {
                let clients = Clients {
                    plan,
                    recorder,
                    clock: Clock::start(),
                    http: clients::http(),
                };
                if host == HOSTS {
                    clients.close().await
                } else {
                    clients.run(|number| number % HOSTS == host).await
                }
            });
        }
        let done = network::until_done(world, &model.network, watch, stop, |_, _| {
            let settled = recorder.lock().settled;
            watch.processed.store(settled, Ordering::Relaxed);
        });
        match done {
            Ok(()) => Ok(Ending::Done),
            Err(WorldError::World(error)) => Ok(Ending::Failed(error)),
            Err(error) => Err(error),
        }
    }
}
