//! SQLite's reads and writes on the simulated disk, beside its own VFS and a real file: point
//! reads at random, a scan, a batch of inserts, and a commit of one row.
//!
//! `cargo bench --bench vfs`
//!
//! SQLite's own cache is kept to a few pages, so that nearly every page it wants comes from the
//! VFS; the host's page cache holds all of the file. Times are of one element: a row, or a commit.

use std::hint::black_box;

use backfill_sim::disk::Volume;
use backfill_sim::seed::{Purpose, stream};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rusqlite::Connection;
use tempfile::TempDir;

const ROWS: i64 = 20_000;
/// Rows of a batch: point reads, and inserts.
const BATCH: u64 = 1_000;
const PAGE_CACHE_BYTES: u64 = 256 << 20;

/// A database, and what it lies on; the connection goes first.
struct Side {
    name: &'static str,
    connection: Connection,
    _volume: Option<Volume>,
    _dir: Option<TempDir>,
}

impl Side {
    fn stock() -> Self {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let connection = Connection::open(dir.path().join("main.db")).expect("a database");
        fill(&connection).expect("room for the rows");
        Self {
            name: "stock",
            connection,
            _volume: None,
            _dir: Some(dir),
        }
    }

    fn simulated() -> Self {
        let random = stream(1, Purpose::Database, "sqlite");
        let volume = Volume::new(PAGE_CACHE_BYTES, None, random).expect("another VFS");
        let connection = volume.open("main.db").expect("a database");
        fill(&connection).expect("room for the rows");
        Self {
            name: "simulator",
            connection,
            _volume: Some(volume),
            _dir: None,
        }
    }

    fn batch(&self, sql: &str) {
        self.connection.execute_batch(sql).expect("SQL that works");
    }

    /// Runs a statement with one parameter for its first column.
    fn value(&self, sql: &str, parameter: i64) -> i64 {
        let mut statement = self.connection.prepare_cached(sql).expect("SQL that works");
        statement
            .query_row([parameter], |row| row.get(0))
            .expect("a row")
    }
}

fn fill(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = wal; PRAGMA synchronous = normal; PRAGMA cache_size = 10;
         CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER NOT NULL, payload BLOB NOT NULL);
         INSERT INTO t SELECT value, value, zeroblob(1000) FROM
         (WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s LIMIT {ROWS})
          SELECT value FROM s);
         PRAGMA wal_checkpoint(TRUNCATE)"
    ))
}

/// Keys in an order without runs: the multiplier and the number of rows have no common factor.
fn scattered(nth: i64) -> i64 {
    nth * 7_919 % ROWS + 1
}

fn vfs(c: &mut Criterion) {
    for side in [Side::stock(), Side::simulated()] {
        reads(c, &side);
        writes(c, &side);
    }
}

fn reads(c: &mut Criterion, side: &Side) {
    let mut group = c.benchmark_group("random point reads");
    group.throughput(Throughput::Elements(BATCH));
    group.bench_function(side.name, |b| {
        let mut nth = 0;
        b.iter(|| {
            side.batch("BEGIN");
            for _ in 0..BATCH {
                nth += 1;
                black_box(side.value("SELECT n FROM t WHERE id = ?1", scattered(nth)));
            }
            side.batch("COMMIT");
        });
    });
    group.finish();
    let mut group = c.benchmark_group("scan");
    group.throughput(Throughput::Elements(ROWS.unsigned_abs()));
    group.bench_function(side.name, |b| {
        b.iter(|| black_box(side.value("SELECT sum(n) FROM t WHERE n <> ?1", 0)));
    });
    group.finish();
}

fn writes(c: &mut Criterion, side: &Side) {
    let mut group = c.benchmark_group("insert a batch");
    group.throughput(Throughput::Elements(BATCH));
    group.bench_function(side.name, |b| {
        b.iter(|| {
            side.batch("BEGIN IMMEDIATE");
            for _ in 0..BATCH {
                let sql = "INSERT INTO t(n, payload) VALUES (?1, zeroblob(1000)) RETURNING n";
                black_box(side.value(sql, 1));
            }
            side.batch("ROLLBACK");
        });
    });
    group.finish();
    let mut group = c.benchmark_group("commit a row");
    group.throughput(Throughput::Elements(1));
    group.bench_function(side.name, |b| {
        let mut nth = 0;
        b.iter(|| {
            nth += 1;
            let sql = "UPDATE t SET n = n + 1 WHERE id = ?1 RETURNING n";
            black_box(side.value(sql, scattered(nth)));
        });
    });
    group.finish();
}

criterion_group!(benches, vfs);
criterion_main!(benches);
