//! The oracle of a database of one's own: it believes a chunked run that is right, whatever was
//! written between its chunks, and none that is wrong in a single row.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod warehouse;

use std::time::Duration;

use backfill::Instant;
use backfill::ledger;
use backfill_sim::disk::Volume;
use backfill_sim::load::{Effect, Performs as _, Planned};
use backfill_sim::oracle::{Evidence, judge};
use backfill_sim::outcome::{Chunk, Ending, VALUES};
use backfill_sim::own::Own;
use backfill_sim::recorder::Record;
use backfill_sim::scenario::Scenario;
use backfill_sim::seed::{Purpose, stream};
use backfill_sim::workload::Workload;
use rusqlite::Connection;
use warehouse::{SCENARIO, Warehouse};

/// A write to the very column that is filled, beside those of the scenario.
const RESIZE: &str = "[[writers.statement]]
name = \"resize\"
sql = \"UPDATE parcels SET size = 'live' || ?2 WHERE code = ?1\"
params = [{ column = \"parcels.code\" }, { from = 1, to = 9 }]
rate_per_s = 20.0

[disk]";

/// A parcel in the first half of the keys, and one in the second.
const EARLY: &str = "P-00741";
const LATE: &str = "P-99638";

/// A cell made by hand.
struct Cell {
    scenario: Scenario,
    workload: Workload,
    volume: Volume,
    connection: Connection,
    record: Record,
    requests: Vec<Planned>,
    at: Instant,
    /// Whether chunks are announced.
    announces: bool,
}

impl Cell {
    fn new(warehouse: &Warehouse) -> Self {
        warehouse.write(&SCENARIO.replacen("[disk]", RESIZE, 1));
        let scenario = warehouse.load(&[]).unwrap();
        let (seed, own) = Own::of(&scenario).unwrap().remove(0);
        let workload = Workload::Own(own);
        let random = stream(seed, Purpose::Database, "test");
        let volume = Volume::new(1 << 20, None, random).unwrap();
        workload.mount(&volume, "main.db");
        let connection = volume.open("main.db").unwrap();
        workload.set_up(&connection).unwrap();
        ledger::ensure(&connection).unwrap();
        let plan = workload.plan(&scenario.model, seed, Duration::from_secs(40));
        let writes = plan.requests().iter().filter(|one| !one.kind.is_read());
        Self {
            requests: writes.copied().rev().collect(),
            scenario,
            workload,
            volume,
            connection,
            record: Record::default(),
            at: Instant::default(),
            announces: false,
        }
    }

    /// So many of the planned writes.
    fn live(&mut self, writes: usize) {
        for _ in 0..writes {
            let request = self.requests.pop().unwrap();
            let effect = self.in_time(|cell| {
                cell.workload
                    .perform(&cell.connection, &request, cell.at)
                    .unwrap()
            });
            assert_ne!(effect, Effect::Nothing);
            self.record.effects.push(effect);
        }
    }

    /// What a chunk does to the rows for which `which` holds.
    fn fill(&mut self, which: &str) {
        let job = self.scenario.model.job.clone().unwrap();
        let (set, eligible) = (job.set.unwrap(), job.eligible.unwrap());
        let sql = format!("UPDATE parcels SET {set} WHERE ({eligible}) AND {which}");
        let rows = self.in_time(|cell| cell.connection.execute(&sql, []).unwrap());
        if self.announces {
            let before = self.record.chunks.last().map_or(0, |chunk| chunk.processed);
            self.record.chunks.push(Chunk {
                at_ns: self.at.as_nanos(),
                processed: before + rows as u64,
                total: 600,
            });
        }
    }

    fn run(&mut self, sql: &str) {
        self.in_time(|cell| cell.connection.execute_batch(sql).unwrap());
    }

    /// A moment later.
    fn in_time<T>(&mut self, work: impl FnOnce(&Self) -> T) -> T {
        self.at = self.at + Duration::from_millis(1_700);
        let unix_ms = Own::START_UNIX_S * 1_000 + (self.at.as_nanos() / 1_000_000).cast_signed();
        let this = &*self;
        this.volume.step(unix_ms, || work(this)).0
    }

    /// The oracles about data that fail.
    fn failed(&self, ending: &Ending) -> Vec<String> {
        self.workload.mount(&self.volume, "before.db");
        let before = self.volume.open("before.db").unwrap();
        let evidence = Evidence {
            connection: &self.connection,
            before: &before,
            task: self.workload.task(),
            rows: self.workload.rows(),
            source_rows: self.workload.source_rows(),
            rows_done: 0,
            changes_per_row: 1,
            record: &self.record,
            strategy: Some(&self.scenario.model.strategies["fixed"]),
            ending,
        };
        let oracles = judge(&self.workload, &evidence).unwrap();
        let about_data = ["integrity", "schema", "untouched", VALUES];
        assert_eq!(
            oracles
                .iter()
                .filter(|one| about_data.contains(&one.name.as_str()))
                .count(),
            4
        );
        let failed = oracles.into_iter().filter(|oracle| !oracle.passed);
        let failed = failed.filter(|oracle| about_data.contains(&oracle.name.as_str()));
        failed
            .map(|oracle| format!("{}: {}", oracle.name, oracle.detail))
            .collect()
    }
}

/// Two chunks with live writes before, between and after them, and a mistake after the first and
/// after the second.
fn filled(first: &str, second: &str) -> Vec<String> {
    let warehouse = Warehouse::new();
    let mut cell = Cell::new(&warehouse);
    cell.live(40);
    cell.fill("code <= 'P-50000'");
    cell.run(first);
    cell.live(120);
    cell.fill("code > 'P-50000'");
    cell.run(second);
    cell.live(40);
    cell.failed(&Ending::Done)
}

#[test]
fn what_is_right_is_believed_whatever_was_written_in_between() {
    assert_eq!(filled("", ""), [""; 0]);
}

#[test]
fn a_single_row_that_is_wrong_is_found() {
    let later = "UPDATE parcels SET touched_at = NULL"; // what triggers fill is not compared
    assert_eq!(filled(later, ""), [""; 0]);
    let of = |column: &str, value: &str| {
        format!("UPDATE parcels SET {column} = {value} WHERE code = '{LATE}'")
    };
    for (mistake, oracle) in [
        (of("size", "NULL"), "values: "),
        (of("size", "'large7'"), "values: "),
        (of("size", "CAST(size AS BLOB)"), "values: "),
        (of("weight_g", "weight_g + 10000"), "values: "),
        (of("code", "'P-99999'"), "values: "),
        (
            format!("DELETE FROM parcels WHERE code = '{EARLY}'"),
            "values: ",
        ),
        (
            "INSERT INTO parcels(code, weight_g) VALUES ('new', 1)".to_owned(),
            "values: ",
        ),
        ("DELETE FROM scans WHERE id = 1".to_owned(), "untouched: "),
        (
            "UPDATE scans SET at = at + 1 WHERE id = 600".to_owned(),
            "untouched: ",
        ),
        ("CREATE INDEX more ON scans(at)".to_owned(), "schema: "),
        ("DROP TRIGGER noted".to_owned(), "schema: "),
    ] {
        // The trigger would add a row of its own to `moves`.
        let quiet = mistake.replace(
            "UPDATE parcels SET size",
            "DELETE FROM moves WHERE rowid = \
            (SELECT max(rowid) FROM moves); UPDATE parcels SET size",
        );
        let failed = filled("", &quiet);
        assert!(
            failed.iter().any(|one| one.starts_with(oracle)),
            "{mistake}: {failed:?}"
        );
    }
}

/// Thirty chunks with ten live writes before each, and a mistake in the end.
fn among_live_writes(announces: bool, mistake: &str) -> Vec<String> {
    let warehouse = Warehouse::new();
    let mut cell = Cell::new(&warehouse);
    cell.announces = announces;
    for chunk in 0..30 {
        cell.live(10);
        let keys = 3_333 * chunk..3_333 * (chunk + 1);
        let which = format!(
            "code >= 'P-{:05}' AND code < 'P-{:05}'",
            keys.start, keys.end
        );
        cell.fill(&which);
    }
    cell.live(60);
    cell.run(mistake);
    assert_eq!(cell.record.effects.len(), 360);
    cell.failed(&Ending::Done)
}

/// What the announcements say is tried first, and is not needed.
#[test]
fn rows_filled_between_hundreds_of_live_writes_are_told_from_wrong_ones() {
    for announces in [true, false] {
        assert_eq!(among_live_writes(announces, ""), [""; 0], "{announces}");
        let mistake = format!("UPDATE parcels SET weight_g = -1 WHERE code = '{LATE}'");
        let failed = among_live_writes(announces, &mistake);
        assert!(
            failed.len() == 1 && failed[0].starts_with("values") && failed[0].contains(LATE),
            "{failed:?}"
        );
    }
}

/// The last row is skipped, and the announcements leave it out.
#[test]
fn announcements_do_not_explain_what_was_left_out() {
    let warehouse = Warehouse::new();
    let mut cell = Cell::new(&warehouse);
    let last = "SELECT max(code) FROM parcels WHERE size IS NULL";
    let last = |cell: &Cell| -> String {
        cell.connection
            .query_row(last, [], |row| row.get(0))
            .unwrap()
    };
    let skipped = last(&cell);
    cell.announces = true;
    cell.fill("code <= 'P-50000'");
    cell.live(40);
    cell.fill(&format!("code > 'P-50000' AND code < '{skipped}'"));
    assert_eq!(last(&cell), skipped);
    let failed = cell.failed(&Ending::Done);
    assert!(
        failed.iter().any(|one| one.contains(&skipped)),
        "{failed:?}"
    );
}

/// A row skipped, and a value computed from what was true before a live write that it takes back.
#[test]
fn a_skipped_row_and_a_lowered_write_are_found() {
    let warehouse = Warehouse::new();
    let mut cell = Cell::new(&warehouse);
    cell.fill(&format!("code <> '{LATE}'"));
    let failed = cell.failed(&Ending::Done);
    assert!(
        failed[0].contains(LATE) && failed[0].starts_with("values"),
        "{failed:?}"
    );

    let mut cell = Cell::new(&warehouse);
    cell.fill("true");
    assert_eq!(cell.failed(&Ending::Done), [""; 0]);
    cell.run("INSERT INTO moves VALUES ('a', 'b', 'c')");
    let failed = cell.failed(&Ending::Done);
    assert!(
        failed[0].starts_with("untouched: `moves` has 601 rows"),
        "{failed:?}"
    );

    let mut cell = Cell::new(&warehouse);
    cell.fill("true");
    cell.live(60);
    let sql = "SELECT code FROM parcels WHERE size LIKE 'live%' ORDER BY code LIMIT 1";
    let code: String = cell
        .connection
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    assert_eq!(cell.failed(&Ending::Done), [""; 0]);
    cell.run(&format!(
        "UPDATE parcels SET size = 'small1' WHERE code = '{code}'"
    ));
    let failed = cell.failed(&Ending::Done);
    let found = failed
        .iter()
        .any(|one| one.starts_with("values") && one.contains(&code));
    assert!(found, "{failed:?}");
}

#[test]
fn rows_still_to_be_done_are_right_only_where_a_run_did_not_finish() {
    let warehouse = Warehouse::new();
    let mut cell = Cell::new(&warehouse);
    cell.live(40);
    cell.fill("code <= 'P-50000'");
    cell.live(40);
    assert_eq!(cell.failed(&Ending::Cancelled), [""; 0]);
    let done = cell.failed(&Ending::Done);
    assert!(done.iter().any(|one| one.starts_with("values")), "{done:?}");
    cell.run(&format!(
        "UPDATE parcels SET weight_g = -1 WHERE code = '{LATE}'"
    ));
    let failed = cell.failed(&Ending::Cancelled);
    assert!(failed.iter().any(|one| one.contains(LATE)), "{failed:?}");
}
