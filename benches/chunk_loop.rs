//! The chunked backfill of 10 000 rows on threads and a real file, without pauses: what the loop,
//! the ledger and a commit per chunk cost.
//!
//! `cargo bench --bench chunk_loop`
//!
//! The rows are taken back between two runs, outside the time measured. Times are of one row.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use backfill::TokioRuntime;
use backfill::chunked::{Backfill, Ending, Fixed};
use backfill::database::{Connections, Database};
use backfill_sim::dataset::ensure;
use backfill_sim::job;
use backfill_sim::scenario::Dataset;
use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::runtime::Runtime;

const ROWS: u64 = 10_000;
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

fn chunk_loop(c: &mut Criterion) {
    let (_dir, file) = copy();
    let aside = open(&file);
    let runtime = Runtime::new().expect("a runtime");
    let database = runtime.block_on(async {
        Database::new(
            TokioRuntime::new(),
            Connections::Shared(vec![open(&file)]),
            BUSY_TIMEOUT,
            (),
        )
    });
    let mut group = c.benchmark_group("chunk_loop");
    group.sample_size(20).throughput(Throughput::Elements(ROWS));
    for rows in [100, 1_000] {
        group.bench_function(BenchmarkId::from_parameter(rows), |b| {
            b.iter_batched(
                || take_back(&aside),
                |()| runtime.block_on(backfill(&database, rows)),
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// A copy of a dataset with [`ROWS`] rows to fill, and its folder.
fn copy() -> (TempDir, PathBuf) {
    let spec = Dataset {
        transmissions: ROWS,
        observations: 20 * ROWS,
        payload_bytes: 200,
        ..Dataset::default()
    };
    let images = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/images");
    let image = ensure(&spec, 1, &images, &|_| {}).expect("an image");
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let file = dir.path().join("main.db");
    fs::copy(&image.path, &file).expect("room for a copy");
    (dir, file)
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
            "UPDATE transmissions SET last_seen = 0; DROP TABLE IF EXISTS _async_migrations;
             PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .expect("nobody else uses the database");
}

async fn backfill(database: &Database<TokioRuntime>, rows: u64) {
    let job = job::last_seen().in_place().expect("a job that is right");
    let pacer = Fixed::new(rows, Duration::ZERO).expect("a chunk size within bounds");
    let report = Backfill::new(database.clone(), job, pacer)
        .run()
        .await
        .expect("nobody else uses the database");
    assert_eq!(report.ending, Ending::Done);
    assert_eq!(report.chunks, ROWS.div_ceil(rows));
}

criterion_group!(benches, chunk_loop);
criterion_main!(benches);
