//! The contention regimes at a fiftieth of their size: who waits for whom is up to SQLite's locks,
//! the pool and tokio's `RwLock`, and comes out in the order that the full size has.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use backfill_sim::measure::{Cell, Chunking, Comparison, Effect, Judgement, Run};
use backfill_sim::outcome::Outcome;
use backfill_sim::scenario::{self, Role, Scenario, Strategy, StrategyKind};
use library::run;

/// The data of every scenario here, divided by 50.
const SMALL: [&str; 7] = [
    "dataset.transmissions=1420",
    "dataset.observations=30000",
    "phases.warm_up_s=5",
    "phases.baseline_s=10",
    "phases.recovery_s=10",
    "phases.horizon_s=600",
    "objective.one_wait_ms=1000",
];

/// A scenario at a fiftieth of its size, with strategies of these (rows, pause in ms) instead of
/// its own, and a single transaction to compare them with.
fn small(name: &str, overrides: &[&str], chunks: &[(u64, u64)]) -> Scenario {
    let overrides: Vec<String> = SMALL
        .iter()
        .chain(overrides)
        .map(ToString::to_string)
        .collect();
    let mut scenario = scenario::load(name, &overrides).unwrap();
    let strategies = &mut scenario.model.strategies;
    let single = strategies["single-transaction"].clone();
    strategies.retain(|name, _| name == "single-transaction");
    for &(rows, pause_ms) in chunks {
        let strategy = Strategy {
            kind: StrategyKind::Chunked,
            role: Role::Candidate,
            rows: Some(rows),
            pause_ms: Some(pause_ms),
            ..single.clone()
        };
        strategies.insert(format!("fixed-{rows}-{pause_ms}ms"), strategy);
    }
    scenario
}

/// Every cell runs twice and must come out the same.
fn twice(scenario: &Scenario) -> (Run, Comparison) {
    let run = run(scenario, 2, true);
    let comparison = Comparison::of(&run);
    for strategy in &comparison.strategies {
        let cell = &strategy.cells[0];
        assert!(cell.correct, "{}: {:?}", strategy.name, cell.oracles);
    }
    (run, comparison)
}

fn cell<'a>(comparison: &'a Comparison, name: &str) -> &'a Cell {
    let mut all = comparison.strategies.iter();
    &all.find(|one| one.name == name).unwrap().cells[0]
}

fn p95_ms(comparison: &Comparison, name: &str) -> u64 {
    cell(comparison, name).backfill.unwrap().p95_ns / 1_000_000
}

/// What the report says about chunking.
fn says(run: &Run, comparison: &Comparison) -> String {
    let judgement = Judgement::of(run, comparison);
    let mut findings = judgement.findings.into_iter().map(|one| one.sentence);
    let about = findings
        .find(|sentence| sentence.starts_with("Chunking "))
        .unwrap();
    about.replace('\u{a0}', " ")
}

/// A device with 140 µs a read makes holds of a fiftieth of the rows as long as those of all rows
/// in memory.
#[test]
fn writers_that_compete_need_gaps_and_not_small_chunks() {
    let small = small(
        "competing-writers",
        &["disk.profile=ssd", "disk.page_cache_mib=8"],
        &[(100, 100), (2, 0), (10, 25)],
    );
    let (run, comparison) = twice(&small);
    let [gap, no_gap, wide] =
        ["fixed-100-100ms", "fixed-2-0ms", "fixed-10-25ms"].map(|name| p95_ms(&comparison, name));
    assert!(no_gap > 2 * gap, "{no_gap} {gap}");
    assert!(wide < gap, "{wide} {gap}");
    let starved = cell(&comparison, "fixed-2-0ms");
    assert!(starved.counters["busy_retries"] > 20, "{starved:?}");
    // Readers have a snapshot.
    let readers = starved.others;
    assert!(readers.ratio().unwrap() < 5.0, "{readers:?}");
    let chunking = Chunking::of(&run, &comparison).unwrap();
    assert_eq!(chunking.effect, Effect::Helps);
    let said = says(&run, &comparison);
    assert!(
        said.starts_with("Chunking helps among competing writers: at p95 writers wait"),
        "{said}"
    );
}

/// What is at stake is SQLite's lock: with one connection for both, they take turns.
#[test]
fn on_one_connection_writers_take_turns() {
    let chunks = [(2, 0)];
    let settings = ["disk.profile=ssd", "disk.page_cache_mib=8"];
    let competing = small("competing-writers", &settings, &chunks);
    let turns = [&settings[..], &["database.connections=split"]].concat();
    let turns = small("competing-writers", &turns, &chunks);
    let [competing, turns] = [competing, turns].map(|one| twice(&one).1);
    let [competing, turns] = [competing, turns].map(|one| p95_ms(&one, "fixed-2-0ms"));
    assert!(10 * turns < competing, "{turns} {competing}");
}

/// An insert that finds the database locked for longer than the busy timeout fails, and counts
/// with the time it waited at least.
#[test]
fn a_write_that_times_out_is_counted() {
    let short = [
        "disk.profile=cloud-volume",
        "disk.page_cache_mib=8",
        "database.busy_timeout_ms=500",
    ];
    let (run, comparison) = twice(&small("competing-writers", &short, &[]));
    let writes = cell(&comparison, "single-transaction").backfill.unwrap();
    assert!(
        writes.failed > 0 && writes.failed < writes.count,
        "{writes:?}"
    );
    assert!(writes.p50_ns >= 500_000_000, "{writes:?}");
    let locked = |line: &&String| line.contains("failed: the database stayed locked for 500ms");
    assert!(run.outcomes[0].log.iter().any(|line| locked(&line)));
}

/// A chunk that fits SQLite's cache locks readers out for its commit alone; a transaction that
/// does not, for all of it.
#[test]
fn on_a_rollback_journal_readers_wait_for_what_outgrows_the_cache() {
    let settings = [
        "disk.profile=cloud-volume",
        "disk.page_cache_mib=8",
        "database.cache_kib=64",
    ];
    let (run, comparison) = twice(&small("rollback-journal", &settings, &[(4, 0)]));
    let [single, chunks] =
        ["single-transaction", "fixed-4-0ms"].map(|name| p95_ms(&comparison, name));
    assert!(single > 10 * chunks, "{single} {chunks}");
    let failed = cell(&comparison, "single-transaction")
        .backfill
        .unwrap()
        .failed;
    assert!(failed > 0);
    let said = says(&run, &comparison);
    assert!(
        said.starts_with("Chunking helps on a rollback journal"),
        "{said}"
    );

    let roomy = [
        "disk.profile=cloud-volume",
        "disk.page_cache_mib=8",
        "database.cache_kib=65536",
    ];
    let (_, roomy) = twice(&small("rollback-journal", &roomy, &[]));
    assert!(10 * p95_ms(&roomy, "single-transaction") < single);
}

/// Whoever has waited longest is overtaken, and the unlucky wait longer than in order.
#[test]
fn a_random_hand_off_overtakes() {
    let settings = ["disk.profile=cloud-volume", "disk.page_cache_mib=8"];
    let at_random = small("random-hand-off", &settings, &[(10, 0)]);
    let in_order = [&settings[..], &["database.hand_off=fifo"]].concat();
    let in_order = small("random-hand-off", &in_order, &[(10, 0)]);
    let [(run, at_random), (_, in_order)] = [at_random, in_order].map(|one| twice(&one));
    assert!(overtaken(&run.outcomes[1]) > 100);
    let stats = |comparison: &Comparison| cell(comparison, "fixed-10-0ms").backfill.unwrap();
    let (random, fifo) = (stats(&at_random), stats(&in_order));
    assert!(random.p95_ns > fifo.p95_ns, "{random:?} {fifo:?}");
    assert!(random.max_ns > fifo.max_ns, "{random:?} {fifo:?}");
    // The forecast knows one queue in order.
    assert!(cell(&in_order, "fixed-10-0ms").predicted_p95_ns.is_some());
    assert_eq!(cell(&at_random, "fixed-10-0ms").predicted_p95_ns, None);
}

/// Requests that came after another and had the connection before it.
fn overtaken(outcome: &Outcome) -> usize {
    let two = outcome.requests.windows(2);
    two.filter(|two| two[1].acquired_ns < two[0].acquired_ns)
        .count()
}

/// Readers wait for the lock whether a backfill runs or not, and chunks change nothing.
#[test]
fn behind_a_readers_writer_lock_the_backfill_is_not_the_culprit() {
    let settings = ["disk.profile=cloud-volume", "disk.page_cache_mib=8"];
    let (run, comparison) = twice(&small("rwlock", &settings, &[(100, 100), (10, 100)]));
    for strategy in &comparison.strategies {
        let cell = &strategy.cells[0];
        assert!(cell.no_backfill.unwrap().p95_ns > 1_000_000_000, "{cell:?}");
        assert!(cell.backfill.unwrap().p95_ns > 1_000_000_000, "{cell:?}");
        assert!(cell.counters["cache_waits"] > 100, "{:?}", cell.counters);
        assert!(cell.counters["cache_wait_ns_max"] > 1_000_000_000);
    }
    let said = says(&run, &comparison);
    assert!(
        said.starts_with("Chunking is neutral on a write-ahead log"),
        "{said}"
    );
    assert!(said.contains("behind a readers-writer lock"), "{said}");
    let judgement = Judgement::of(&run, &comparison);
    assert!(
        judgement.next.starts_with("Look elsewhere"),
        "{}",
        judgement.next
    );

    let nobody = [&settings[..], &["cache.recomputers=0"]].concat();
    let (_, nobody) = twice(&small("rwlock", &nobody, &[]));
    let cell = cell(&nobody, "single-transaction");
    assert!(cell.backfill.unwrap().p95_ns < 100_000_000, "{cell:?}");
}

/// A store that is fed by the database hears nothing while a single transaction keeps inserts
/// waiting: no writer asks for the lock, and recomputers and readers share it.
#[test]
fn a_backfill_that_stops_inserts_hides_the_lock() {
    let settings = ["disk.profile=cloud-volume", "disk.page_cache_mib=8"];
    let by = |fed_by| {
        let settings = [&settings[..], &[fed_by]].concat();
        twice(&small("rwlock", &settings, &[])).1
    };
    let (arrival, database) = (by("cache.fed_by=arrival"), by("cache.fed_by=database"));
    let [arrival, database] = [arrival, database].map(|one| p95_ms(&one, "single-transaction"));
    assert!(10 * database < arrival, "{database} {arrival}");
}
