//! A database of one's own, from the file to the verdict.

mod library;
mod warehouse;

use std::fs;
use std::sync::atomic::AtomicBool;

use backfill_sim::execution::{ExecutionError, Settings, execute};
use backfill_sim::measure::{Comparison, Judgement, Run, Verdict};
use backfill_sim::outcome::{Ending, Outcome, STATUS, VALUES};
use backfill_sim::report;
use backfill_sim::scenario::scenario_hash;
use library::run;
use rusqlite::Connection;
use warehouse::{PARCELS, SCENARIO, Warehouse};

/// Tables of the names that the scenario knows, and nothing else.
const PLAIN: &str = "
    CREATE TABLE parcels(code TEXT PRIMARY KEY NOT NULL, weight_g INT, size TEXT);
    CREATE TABLE scans(parcel, at INT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 400)
    INSERT INTO parcels SELECT 'P' || i, i * 31, NULL FROM n;
    INSERT INTO scans SELECT code, 1 FROM parcels";

fn failed(outcome: &Outcome) -> Vec<String> {
    let failed = outcome.oracles.iter().filter(|oracle| !oracle.passed);
    failed
        .map(|oracle| format!("{}: {}", oracle.name, oracle.detail))
        .collect()
}

/// Every strategy has come to its end, and every cell is right.
#[track_caller]
fn all_right(run: &Run) {
    for outcome in run.outcomes.iter().chain(&run.counterfactuals) {
        let name = &outcome.strategy;
        assert_eq!(failed(outcome), [""; 0], "{name}");
        let ended = [Ending::Done, Ending::NoBackfill].contains(&outcome.ending);
        assert!(ended, "{name}: {:?}", outcome.ending);
        assert!(
            outcome.requests.iter().all(|request| !request.failed),
            "{name}"
        );
    }
}

#[test]
fn it_is_filled_right_the_same_every_time_and_the_file_stays_as_it_is() {
    let warehouse = Warehouse::new();
    let before = warehouse.files();
    let scenario = warehouse.load(&[]).unwrap();
    let run = run(&scenario, 2, true);
    all_right(&run);
    for outcome in &run.outcomes {
        let rows = PARCELS.unsigned_abs();
        assert!(
            outcome.counters["backfill_rows_changed"] >= rows,
            "{}",
            outcome.strategy
        );
    }
    let live = run.outcomes[0].requests.iter();
    let mut names: Vec<&str> = live.map(|request| request.kind.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["parcel page", "scan", "weigh"]);
    assert!(before == warehouse.files(), "the folder was changed");
    let judgement = Judgement::of(&run, &Comparison::of(&run));
    assert_ne!(judgement.verdict, Verdict::Incorrect);
}

#[test]
fn the_report_speaks_of_this_database_and_not_of_packets() {
    let warehouse = Warehouse::new();
    let scenario = warehouse.load(&[]).unwrap();
    let run = run(&scenario, 2, false);
    let out = tempfile::tempdir().unwrap();
    let written = report::write(&run, &out.path().join("report")).unwrap();
    let samples = fs::read_to_string(written.directory.join("samples.csv")).unwrap();
    assert!(samples.contains(",parcel page,") && samples.contains(",weigh,"));
    for file in ["summary.md", "summary.json", "index.html"] {
        let text = fs::read_to_string(written.directory.join(file)).unwrap();
        for word in ["packet", "transmission", "observation", "last_seen"] {
            assert!(
                !text.to_lowercase().contains(word),
                "{file} speaks of {word}"
            );
        }
    }
}

#[test]
fn the_built_in_controls_are_caught_in_their_own_world() {
    let warehouse = Warehouse::new();
    warehouse.write(&SCENARIO.replace("must_fail = []\n", ""));
    let mut scenario = warehouse.load(&[]).unwrap();
    scenario.keep_strategies(&["single".to_owned()]).unwrap();
    let run = run(&scenario, 2, false);
    let judgement = Judgement::of(&run, &Comparison::of(&run));
    assert!(
        judgement
            .controls
            .line()
            .starts_with("controls: 10/10 caught")
    );
}

/// The cheat is caught although triggers change more rows than chunks have.
#[test]
fn a_dressed_single_transaction_is_caught_by_its_size() {
    let warehouse = Warehouse::new();
    let control = "\n[strategies.dressed]\nkind = \"dressed-single-transaction\"\nrole = \"control\"\n\
                   rows = 20\n";
    warehouse.write(&format!("{SCENARIO}{control}"));
    let mut scenario = warehouse.load(&[]).unwrap();
    scenario.keep_strategies(&["dressed".to_owned()]).unwrap();
    let outcome = run(&scenario, 1, false).outcomes.remove(0);
    let failed = failed(&outcome);
    assert!(
        failed.len() == 1 && failed[0].starts_with("bounded-transactions"),
        "{failed:?}"
    );
}

#[test]
fn regimes_and_page_sizes_make_no_difference_to_the_rows() {
    for page_bytes in [512, 4_096, 65_536] {
        let sql = format!(
            "PRAGMA page_size = {page_bytes}; PRAGMA auto_vacuum = incremental;
             CREATE TABLE parcels(code TEXT NOT NULL UNIQUE, weight_g INT, size TEXT);
             CREATE TABLE scans(parcel REFERENCES parcels(code), at INT);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300)
             INSERT INTO parcels SELECT 'P' || i, i * 31, NULL FROM n;
             INSERT INTO scans SELECT code, 1 FROM parcels"
        );
        let warehouse = Warehouse::of(&sql, SCENARIO);
        for regime in ["shared", "split", "competing"] {
            for journal in ["wal", "delete"] {
                let regime = format!("database.connections={regime}");
                let journal = format!("database.journal={journal}");
                let quick = ["disk.profile=nvme", "phases.baseline_s=1"];
                let sets = [&[regime.as_str(), &journal][..], &quick].concat();
                let mut scenario = warehouse.load(&sets).unwrap();
                scenario.keep_strategies(&["fixed".to_owned()]).unwrap();
                all_right(&run(&scenario, 2, false));
            }
        }
    }
}

/// Few rows and many writes: most rows are touched before and after they are filled.
#[test]
fn rows_filled_between_two_writes_are_right_too() {
    let sql = "CREATE TABLE parcels(code TEXT PRIMARY KEY NOT NULL, weight_g INT, size TEXT);
               CREATE TABLE scans(parcel, at INT);
               WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 40)
               INSERT INTO parcels SELECT 'P' || i, i * 31, NULL FROM n;
               INSERT INTO scans SELECT code, 1 FROM parcels";
    let warehouse = Warehouse::of(sql, SCENARIO);
    let sets = ["strategies.fixed.rows=5", "strategies.fixed.pause_ms=400"];
    let mut scenario = warehouse.load(&sets).unwrap();
    scenario.keep_strategies(&["fixed".to_owned()]).unwrap();
    all_right(&run(&scenario, 1, false));
}

/// A crash in the middle of a transaction: SQLite rolls it back, in the simulation.
#[test]
fn a_hot_journal_is_rolled_back_on_the_simulated_disk_only() {
    let warehouse = Warehouse::of("SELECT 1", SCENARIO);
    let open = Connection::open(warehouse.path("in-use.sqlite")).unwrap();
    open.execute_batch(
        "CREATE TABLE parcels(code TEXT PRIMARY KEY NOT NULL, weight_g INT, size TEXT, filler);
         CREATE TABLE scans(parcel, at INT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 400)
         INSERT INTO parcels SELECT 'P' || i, i, NULL, zeroblob(900) FROM n;
         INSERT INTO scans SELECT code, 1 FROM parcels;
         PRAGMA cache_size = 5; BEGIN IMMEDIATE;
         UPDATE parcels SET size = 'torn', filler = zeroblob(800)",
    )
    .unwrap();
    warehouse.take(&["", "-journal"]);
    drop(open);
    warehouse.clear();
    let before = warehouse.files();
    assert!(
        before["warehouse.sqlite"]
            .windows(4)
            .any(|four| four == b"torn")
    );
    let mut scenario = warehouse.load(&[]).unwrap();
    scenario.keep_strategies(&["fixed".to_owned()]).unwrap();
    let run = run(&scenario, 1, false);
    all_right(&run);
    assert_eq!(
        run.outcomes[0].counters["rows_processed"], 400,
        "none was filled"
    );
    assert!(before == warehouse.files(), "the folder was changed");
}

/// The largest value over another table, in every shape.
#[test]
fn a_rollup_is_done_in_all_shapes() {
    let sql = "CREATE TABLE parcels(id INTEGER PRIMARY KEY AUTOINCREMENT, scanned_at INTEGER);
               CREATE TABLE scans(id INTEGER PRIMARY KEY AUTOINCREMENT, parcel INT, at INT);
               CREATE INDEX by_parcel ON scans(parcel);
               WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 500)
               INSERT INTO parcels(id, scanned_at) SELECT i, iif(i % 3, NULL, i) FROM n;
               INSERT INTO scans(parcel, at) SELECT id * 7 % 600, id * 13 % 900 FROM parcels";
    let from = SCENARIO.find("[job]").unwrap();
    let upto = SCENARIO.find("[disk]").unwrap();
    let tables = r#"[job]
name = "scanned"
table = "parcels"
key = "id"
column = "scanned_at"
source = "scans"
source_key = "id"
refers = "parcel"
value = "at"

[[readers.query]]
name = "parcel"
sql = "SELECT * FROM parcels WHERE id = ?1"
params = [{ column = "parcels.id" }]
rate_per_s = 20

[[writers.statement]]
name = "forget"
sql = "UPDATE parcels SET scanned_at = max(coalesce(scanned_at, 0), ?2) WHERE id = ?1"
params = [{ column = "parcels.id" }, { from = 1, to = 2_000 }]
rate_per_s = 10

"#;
    let shapes = "\n[strategies.two-phase]\nkind = \"chunked\"\nshape = \"two-phase\"\nrows = 50\n\
                  pause_ms = 20\n[strategies.storage-order]\nkind = \"chunked\"\n\
                  shape = \"storage-order\"\nrows = 50\npause_ms = 20\n";
    let text = format!("{}{tables}{}{shapes}", &SCENARIO[..from], &SCENARIO[upto..]);
    let warehouse = Warehouse::of(sql, &text);
    let run = run(&warehouse.load(&[]).unwrap(), 2, true);
    all_right(&run);
    assert_eq!(run.outcomes.len(), 5);
}

#[test]
fn what_an_earlier_run_had_left_is_gone_on_with() {
    let warehouse = Warehouse::new();
    let path = warehouse.path("warehouse.sqlite");
    let open = Connection::open(&path).unwrap();
    open.execute_batch(
        "CREATE TABLE _async_migrations(name TEXT PRIMARY KEY, status TEXT NOT NULL,
           started_at TEXT NOT NULL DEFAULT '', ended_at TEXT, error TEXT,
           rows_processed INTEGER NOT NULL DEFAULT 0, rows_total INTEGER NOT NULL DEFAULT 0,
           last_update_at TEXT, cursor TEXT);
         UPDATE parcels SET size = 'left as it is' WHERE code <= 'P-50000';
         UPDATE parcels SET size = NULL WHERE code = 'P-00000';
         INSERT INTO _async_migrations(name, status, rows_processed, rows_total, cursor)
         SELECT 'sizes', 'running', 299, 600, json_object('first', min(code), 'last', max(code),
           'after', 'P-50000', 'scanned', 300, 'keys', 600) FROM parcels",
    )
    .unwrap();
    drop(open);
    let mut scenario = warehouse.load(&[]).unwrap();
    scenario.model.strategies.shift_remove("slo");
    let run = run(&scenario, 2, false);
    all_right(&run);
    let chunked = run.outcomes_of("fixed").next().unwrap();
    assert!(chunked.chunks[0].processed > 299, "it goes on from there");
}

#[test]
fn a_run_that_was_cancelled_is_judged_by_what_it_did() {
    let warehouse = Warehouse::new();
    for more in [&[][..], &["cancel.resume_after_s=0.5"]] {
        let mut scenario = warehouse
            .load(&[&["cancel.after_s=0.4"], more].concat())
            .unwrap();
        scenario.keep_strategies(&["fixed".to_owned()]).unwrap();
        let outcome = run(&scenario, 1, false).outcomes.remove(0);
        assert_eq!(failed(&outcome), [""; 0]);
        let ending = if more.is_empty() {
            Ending::Cancelled
        } else {
            Ending::Done
        };
        assert_eq!(outcome.ending, ending);
    }
}

/// Chunks that are killed, or lose their ledger, among live writes: the rows are judged as always,
/// and nobody is told that all is clear meanwhile.
#[test]
fn whoever_is_killed_or_loses_the_ledger_goes_on_and_the_operator_knows() {
    let warehouse = Warehouse::new();
    for (fault, ending) in [
        (
            "cancel={ after_s = 0.2, how = \"killed\", resume_after_s = 5 }",
            Ending::Done,
        ),
        ("cancel={ after_s = 0.2, how = \"killed\" }", Ending::Killed),
        ("ledger_outage={ after_s = 0.2, for_s = 5 }", Ending::Done),
    ] {
        let mut scenario = warehouse.load(&[fault, "phases.recovery_s=12"]).unwrap();
        let both = ["slo", "fixed"].map(str::to_owned);
        scenario.keep_strategies(&both).unwrap();
        let run = run(&scenario, 2, false);
        for outcome in &run.outcomes {
            let name = format!("{fault}: {}", outcome.strategy);
            assert_eq!(failed(outcome), [""; 0], "{name}");
            assert_eq!(outcome.ending, ending, "{name}");
            let has = |oracle: &str| outcome.oracles.iter().any(|one| one.name == oracle);
            assert!(has(VALUES) && has(STATUS), "{name}");
            let starts = outcome
                .log
                .iter()
                .filter(|line| line.ends_with("backfill starts"));
            assert_eq!(
                starts.count(),
                1 + usize::from(ending == Ending::Done),
                "{name}"
            );
            let mut polls = outcome.log.iter().filter(|line| line.contains(" poll "));
            let last = polls.next_back().unwrap();
            assert_eq!(
                last.contains("migrating"),
                ending == Ending::Killed,
                "{name}: {last}"
            );
        }
        let told = Judgement::of(&run, &Comparison::of(&run)).operator.unwrap();
        assert!(
            told.false_all_clears == 0 && told.polls > told.unanswered,
            "{told:?}"
        );
    }
}

/// A view that has been broken for years is in nobody's way, not even when a table is renamed.
#[test]
fn the_ledger_of_a_file_with_a_broken_view_can_be_lost() {
    let sql = format!("{PLAIN}; CREATE VIEW broken AS SELECT * FROM gone");
    let warehouse = Warehouse::of(&sql, SCENARIO);
    let outage = "ledger_outage={ after_s = 0.2, for_s = 2 }";
    let mut scenario = warehouse.load(&[outage]).unwrap();
    scenario.keep_strategies(&["fixed".to_owned()]).unwrap();
    let run = run(&scenario, 1, false);
    all_right(&run);
    let lines = &run.outcomes[0].log;
    assert!(lines.iter().any(|line| line.contains("ledger lost")));
}

#[test]
fn a_file_that_changes_meanwhile_or_is_damaged_gives_no_result() {
    let warehouse = Warehouse::new();
    let images = tempfile::tempdir().unwrap();
    let settings = Settings {
        jobs: 1,
        check: false,
        images: images.path().to_owned(),
        command: String::new(),
        witness: None,
        held: false,
    };
    let go = |scenario: &_| {
        execute(
            scenario,
            &settings,
            &library::Quiet,
            &AtomicBool::new(false),
        )
    };
    let mut scenario = warehouse.load(&[]).unwrap();
    scenario.keep_strategies(&["single".to_owned()]).unwrap();
    let log = warehouse.path("warehouse.sqlite-wal");
    let kept = fs::read(&log).unwrap();
    fs::write(&log, &kept[..kept.len() - 1]).unwrap();
    let error = go(&scenario).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("make a copy"), "{error}");
    fs::write(&log, kept).unwrap();
    go(&scenario).unwrap();

    let path = warehouse.path("warehouse.sqlite");
    let mut bytes = fs::read(&path).unwrap();
    let half = bytes.len() / 2;
    bytes[half..half + 8_192].fill(0xA5);
    fs::write(&path, bytes).unwrap();
    let mut scenario = warehouse.load(&[]).unwrap();
    scenario.keep_strategies(&["single".to_owned()]).unwrap();
    for _ in 0..2 {
        let error = go(&scenario).map(|_| ()).unwrap_err();
        assert!(matches!(error, ExecutionError::Own(_)), "{error}");
        assert!(error.to_string().contains("damaged"), "{error}");
    }
}

#[test]
fn the_hash_is_that_of_the_content_and_not_of_the_path() {
    let warehouse = Warehouse::new();
    let first = scenario_hash(&warehouse.load(&[]).unwrap());
    for end in ["", "-wal"] {
        let from = warehouse.path(&format!("warehouse.sqlite{end}"));
        fs::copy(from, warehouse.path(&format!("copy.sqlite{end}"))).unwrap();
    }
    let copy = format!(
        "database.file=\"{}\"",
        warehouse.path("copy.sqlite").display()
    );
    assert_eq!(first, scenario_hash(&warehouse.load(&[&copy]).unwrap()));
    fs::remove_file(warehouse.path("copy.sqlite-wal")).unwrap();
    assert_ne!(first, scenario_hash(&warehouse.load(&[&copy]).unwrap()));
    assert_ne!(
        first,
        scenario_hash(&warehouse.load(&["job.name=other"]).unwrap())
    );
}

/// What `sim check` prints is a scenario again.
#[test]
fn a_resolved_scenario_is_the_same_scenario() {
    let warehouse = Warehouse::new();
    let first = warehouse.load(&["readers.query.0.rate_per_s=7"]).unwrap();
    assert!((first.model.readers.query[0].rate_per_s - 7.0).abs() < f64::EPSILON);
    warehouse.write(&first.to_toml());
    let again = warehouse.load(&[]).unwrap();
    assert_eq!(first.model, again.model);
    assert_eq!(scenario_hash(&first), scenario_hash(&again));
    let options = first.options_block();
    let has = |name: &str| options.iter().any(|(path, _)| path == name);
    assert!(has("job.table") && has("database.file") && !has("load.reads_per_s"));
}
