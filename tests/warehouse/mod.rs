//! A small database of somebody else's, with everything in it that could get in the way: text keys
//! without rowids, a generated column, triggers that note the time, STRICT, a view, pages of 1 KiB,
//! and rows that are only in the write-ahead log.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use backfill_sim::scenario::{self, Scenario};
use rusqlite::Connection;
use tempfile::TempDir;

/// Parcels there are, the last of them in the write-ahead log only.
pub(crate) const PARCELS: i64 = 600;
const IN_LOG: i64 = 50;

const SCHEMA: &str = "
    CREATE TABLE parcels(code TEXT PRIMARY KEY, weight_g INTEGER NOT NULL, size TEXT,
      touched_at TEXT,
      label TEXT GENERATED ALWAYS AS (code || ':' || coalesce(size, '?')) VIRTUAL) WITHOUT ROWID;
    CREATE INDEX by_size ON parcels(size);
    CREATE TABLE scans(id INTEGER PRIMARY KEY, parcel TEXT NOT NULL, at INTEGER NOT NULL) STRICT;
    CREATE INDEX by_parcel ON scans(parcel);
    CREATE TABLE moves(parcel TEXT, was TEXT, became TEXT);
    CREATE VIEW heavy AS SELECT * FROM parcels WHERE weight_g > 5000;
    CREATE TRIGGER noted AFTER UPDATE OF size ON parcels BEGIN
      UPDATE parcels SET touched_at = datetime('now') WHERE code = new.code;
      INSERT INTO moves VALUES (new.code, old.size, new.size);
    END;";

/// What is asked of it, and how it is filled.
pub(crate) const SCENARIO: &str = r#"# Do scanners stay served while sizes are filled in?

must_fail = []

[database]
file = "warehouse.sqlite"

[job]
name = "sizes"
table = "parcels"
key = "code"
eligible = "size IS NULL"
set = "size = CASE WHEN weight_g > 5000 THEN 'large' ELSE 'small' END || (SELECT count(*) FROM scans WHERE parcel = code)"

[[readers.query]]
name = "parcel page"
sql = "SELECT * FROM parcels WHERE code = ?1"
params = [{ column = "parcels.code" }]
rate_per_s = 40.0

[[writers.statement]]
name = "scan"
sql = "INSERT INTO scans(parcel, at) VALUES (?1, ?2)"
params = [{ column = "parcels.code" }, { from = 1, to = 9 }]
rate_per_s = 20.0

[[writers.statement]]
name = "weigh"
sql = "UPDATE parcels SET weight_g = ?2 WHERE code = ?1"
params = [{ column = "scans.parcel" }, { from = 1, to = 9999 }]
rate_per_s = 20.0

[disk]
profile = "sd-card"

[phases]
warm_up_s = 1
baseline_s = 4
recovery_s = 1
horizon_s = 300

[strategies.single]
kind = "single-transaction"
role = "baseline"

[strategies.slo]
kind = "chunked"
pacer = "reader-slo"
times_no_backfill = 3.0

[strategies.fixed]
kind = "chunked"
rows = 20
pause_ms = 50
"#;

/// A folder with a scenario and the database it names.
pub(crate) struct Warehouse(pub(crate) TempDir);

impl Warehouse {
    /// With rows that are only in the write-ahead log.
    pub(crate) fn new() -> Self {
        let this = Self(tempfile::tempdir().unwrap());
        let open = Connection::open(this.path("in-use.sqlite")).unwrap();
        open.execute_batch("PRAGMA page_size = 1024; PRAGMA journal_mode = wal")
            .unwrap();
        open.execute_batch(SCHEMA).unwrap();
        insert(&open, 0..PARCELS - IN_LOG);
        // Text that is no UTF-8, as old imports leave it.
        let odd = "UPDATE parcels SET touched_at = CAST(x'ff' AS TEXT) WHERE code = 'P-00000'";
        open.execute_batch(odd).unwrap();
        open.execute_batch("PRAGMA wal_checkpoint(truncate); PRAGMA wal_autocheckpoint = 0")
            .unwrap();
        insert(&open, PARCELS - IN_LOG..PARCELS);
        this.take(&["", "-wal"]);
        drop(open);
        this.clear();
        this.write(SCENARIO);
        this
    }

    /// With a database that `sql` makes.
    pub(crate) fn of(sql: &str, scenario: &str) -> Self {
        let this = Self(tempfile::tempdir().unwrap());
        let made = Connection::open(this.path("warehouse.sqlite")).unwrap();
        made.execute_batch(sql).unwrap();
        drop(made);
        this.write(scenario);
        this
    }

    /// Copies the database in use, as a backup of its folder would.
    pub(crate) fn take(&self, ends: &[&str]) {
        for end in ends {
            let from = self.path(&format!("in-use.sqlite{end}"));
            fs::copy(from, self.path(&format!("warehouse.sqlite{end}"))).unwrap();
        }
    }

    /// Removes the database in use.
    pub(crate) fn clear(&self) {
        for end in ["", "-wal", "-shm", "-journal"] {
            drop(fs::remove_file(self.path(&format!("in-use.sqlite{end}"))));
        }
    }

    pub(crate) fn write(&self, scenario: &str) {
        fs::write(self.path("question.toml"), scenario).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn load(&self, overrides: &[&str]) -> Result<Scenario, String> {
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        let path = self.path("question.toml");
        scenario::load(path.to_str().unwrap(), &overrides).map_err(said)
    }

    /// The names and bytes of all files.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files(self.0.path())
    }
}

/// An error as people see it, in one line.
pub(crate) fn said(error: scenario::ScenarioError) -> String {
    let shown = format!("{:?}", miette::Report::new(error)).replace('│', " ");
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let named = entries.map(|one| (one.file_name().into_string().unwrap(), one.path()));
    named
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect()
}

fn insert(connection: &Connection, numbers: std::ops::Range<i64>) {
    for number in numbers {
        let code = format!("P-{:05}", number * 7919 % 100_000);
        let parcel = "INSERT INTO parcels(code, weight_g) VALUES (?1, ?2)";
        connection
            .execute(parcel, (&code, number * 37 % 9_000))
            .unwrap();
        let scan = "INSERT INTO scans(parcel, at) VALUES (?1, ?2)";
        connection.execute(scan, (&code, number)).unwrap();
    }
}
