//! The listing backfill of 10 000 objects without latency: what its loop costs a page beside a loop
//! written by hand; and how fast the simulator runs such a backfill.
//!
//! `cargo bench --bench listing`
//!
//! * `listing_loop`: 100 pages into a table in a file. `by-hand` is one cursor and a transaction a
//!   page, on the thread that asks; the others are the crate's, with a state in every transaction,
//!   turns, cancellation and a second thread for SQL. `sequential-paced` has a transaction a page,
//!   too: times are of 100 pages, so what the loop costs a page is a hundredth of the difference.
//!   `sequential` and `adaptive` store what has come while the transaction before it was under way,
//!   up to ten pages in one, which is what the loop does unless it is told otherwise.
//! * `simulator`: cells of `density-small`, from making their objects to judging them. Elements are
//!   modelled milliseconds: 1 Kelem/s is one modelled second a second.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use backfill::TokioRuntime;
use backfill::chunked::Fixed;
use backfill::database::{Connections, Database};
use backfill::listing::plan::{Adaptive, Capacity, Order, Sequential};
use backfill::listing::{
    Ending, Item, Job, ListApi, ListError, ListParams, Listing, MakePlan, Page, Setting, Sink,
};
use backfill_sim::dataset;
use backfill_sim::execution::{Progress, Settings};
use backfill_sim::listing::{self, Outcome};
use backfill_sim::scenario::{self, Loaded};
use backfill_sim::upstream::{self, Objects, Shape};
use backfill_sim::world::Watch;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rusqlite::{Connection, params};
use tokio::runtime::Runtime;

const OBJECTS: u64 = 10_000;
const PAGE: u32 = 100;
const PAGES: u64 = OBJECTS / PAGE as u64;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A list API in this process that answers at once.
#[derive(Clone)]
struct Here {
    objects: Arc<Objects>,
    /// Newest first.
    items: Arc<[Item]>,
}

impl Here {
    fn new() -> Self {
        let settings = upstream::Settings {
            shape: Shape::Uniform,
            objects: OBJECTS,
            ..upstream::Settings::default()
        };
        let objects = Objects::generate(&settings, "charges", 1).expect("no file to fail");
        let item = |position| Item {
            id: objects.id(position).into(),
            created: Some(objects.created(position)),
            body: objects.body(position).into(),
        };
        Self {
            items: (0..objects.len()).rev().map(item).collect(),
            objects: Arc::new(objects),
        }
    }

    fn page(&self, params: &ListParams) -> Page {
        let until = |second| {
            self.items
                .partition_point(|item| item.created >= Some(second))
        };
        let (mut from, end) = (until(params.created.lt), until(params.created.gte));
        if let Some(after) = &params.starting_after {
            let position = self.objects.position_of(after).expect("one of these");
            from = from.max(self.items.len() - position as usize);
        }
        let last = end.min(from + params.limit as usize);
        Page {
            items: self.items[from..last].to_vec(),
            has_more: last < end,
            took: Some(Duration::ZERO),
        }
    }

    fn first_page(&self) -> ListParams {
        ListParams {
            resource: "charges".into(),
            created: self.objects.range(),
            limit: PAGE,
            starting_after: None,
        }
    }
}

impl ListApi for Here {
    async fn list(&self, params: ListParams) -> Result<Page, ListError> {
        Ok(self.page(&params))
    }
}

fn listing_loop(c: &mut Criterion) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let file = dir.path().join("main.db");
    let (aside, by_hand) = (open(&file), open(&file));
    let runtime = Runtime::new().expect("a runtime");
    let database = runtime.block_on(async {
        let connections = Connections::Shared(vec![open(&file)]);
        Database::new(TokioRuntime::new(), connections, BUSY_TIMEOUT, ())
    });
    let api = Here::new();
    let mut group = c.benchmark_group("listing_loop");
    group
        .sample_size(20)
        .throughput(Throughput::Elements(PAGES));
    group.bench_function("by-hand", |b| {
        b.iter_batched(
            || take_back(&aside),
            |()| runtime.block_on(cursor_loop(&by_hand, &api)),
            BatchSize::PerIteration,
        );
    });
    for (name, plan, rows) in variants() {
        group.bench_function(name, |b| {
            b.iter_batched(
                || take_back(&aside),
                |()| runtime.block_on(backfill(&database, &api, &plan, rows)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// Each with its plan, and the rows of a transaction where they are to be as many.
fn variants() -> [(&'static str, MakePlan, Option<u64>); 3] {
    let sequential: MakePlan = Arc::new(|setting: Setting| {
        Box::new(Sequential::new(Order::NewestFirst, setting.capacity.page))
    });
    let adaptive: MakePlan =
        Arc::new(|setting: Setting| Box::new(Adaptive::new(Order::NewestFirst, setting.capacity)));
    let page = Some(u64::from(PAGE));
    [
        ("sequential-paced", Arc::clone(&sequential), page),
        ("sequential", sequential, None),
        ("adaptive", adaptive, None),
    ]
}

fn open(file: &Path) -> Connection {
    let connection = Connection::open(file).expect("a database");
    connection
        .execute_batch("PRAGMA journal_mode = wal; PRAGMA synchronous = normal")
        .expect("settings SQLite knows");
    connection.busy_timeout(Duration::ZERO).expect("no timeout");
    connection
}

/// Undoes a backfill; what that wrote is not to be checkpointed in the time that is measured.
fn take_back(connection: &Connection) {
    connection
        .execute_batch(
            "DROP TABLE IF EXISTS charges; DROP TABLE IF EXISTS _async_migrations;
             PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .expect("nobody else uses the database");
}

/// What somebody writes in ten minutes: one cursor, page by page.
async fn cursor_loop(connection: &Connection, api: &Here) {
    connection
        .execute_batch(
            "CREATE TABLE charges(id TEXT PRIMARY KEY NOT NULL, created INTEGER, body TEXT NOT NULL)",
        )
        .expect("there is none");
    let mut params = api.first_page();
    loop {
        let page = api.list(params.clone()).await.expect("a page");
        connection.execute_batch("BEGIN").expect("no transaction");
        let mut insert = connection
            .prepare_cached("INSERT INTO charges VALUES (?1, ?2, ?3) ON CONFLICT(id) DO NOTHING")
            .expect("the table");
        for item in &page.items {
            insert
                .execute(params![item.id, item.created, item.body])
                .expect("room");
        }
        connection.execute_batch("COMMIT").expect("nobody reads");
        match page.items.last() {
            Some(last) if page.has_more => params.starting_after = Some(Arc::from(&*last.id)),
            _ => break,
        }
    }
}

async fn backfill(
    database: &Database<TokioRuntime>,
    api: &Here,
    plan: &MakePlan,
    rows: Option<u64>,
) {
    let job = Job {
        name: "list-charges".to_owned(),
        resource: "charges".into(),
        range: api.objects.range(),
        sink: Sink::table("charges"),
        capacity: Capacity {
            slots: 15,
            page: PAGE,
            requests_per_ks: 1_000_000,
            blind: 15,
        },
        plan: Arc::clone(plan),
        limit: None,
    };
    let mut listing = Listing::new(database.clone(), api.clone(), job);
    if let Some(rows) = rows {
        listing = listing.paced(Fixed::new(rows, Duration::ZERO).expect("within bounds"));
    }
    let report = listing.run().await.expect("nobody else is there");
    assert_eq!(report.ending, Ending::Done);
    assert_eq!(report.progress.processed, OBJECTS);
}

/// Nobody watches.
struct Quiet;

impl Progress for Quiet {
    fn dataset(&self, _: u64, _: dataset::Progress) {}
    fn started(&self, _: &str, _: &Arc<Watch>) {}
    fn ended(&self, _: &str, _: &Arc<Watch>) {}
}

fn simulator(c: &mut Criterion) {
    let mut group = c.benchmark_group("simulator");
    group.sample_size(20);
    for strategy in ["sequential", "adaptive"] {
        let scenario = cell(strategy);
        let modelled_ms = simulate(&scenario).end_ns / 1_000_000;
        group.throughput(Throughput::Elements(modelled_ms));
        group.bench_function(BenchmarkId::from_parameter(strategy), |b| {
            b.iter(|| simulate(&scenario));
        });
    }
    group.finish();
}

/// One shape, one strategy, one seed.
fn cell(strategy: &str) -> listing::scenario::Scenario {
    let overrides = ["shapes=['recent-2-percent']", "must_fail=[]"].map(str::to_owned);
    let loaded = scenario::load_any("density-small", &overrides).expect("a scenario of ours");
    let Loaded::Listing(mut scenario) = loaded else {
        panic!("density-small is a listing scenario");
    };
    scenario
        .keep_strategies(&[strategy.to_owned()])
        .expect("one of its strategies");
    *scenario
}

fn simulate(scenario: &listing::scenario::Scenario) -> Outcome {
    let settings = Settings {
        jobs: 1,
        check: false,
        images: PathBuf::new(),
        command: String::new(),
        witness: None,
        held: false,
    };
    let run = listing::execute(scenario, &settings, &Quiet, &AtomicBool::new(false));
    let outcome = run.expect("a world").outcomes.remove(0);
    assert!(outcome.correct(), "{:?}", outcome.oracles);
    outcome
}

criterion_group!(benches, listing_loop, simulator);
criterion_main!(benches);
