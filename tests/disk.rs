//! SQLite on the simulated disk: its own locks, its own snapshots, its own rows.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use backfill_sim::disk::{Image, Volume};
use backfill_sim::seed::{Purpose, stream};
use proptest::prelude::*;
use rusqlite::{Connection, ErrorCode, types::Value};

fn volume() -> Volume {
    Volume::new(1 << 20, None, stream(1, Purpose::Database, "test")).unwrap()
}

fn open(volume: &Volume, journal: &str) -> Connection {
    let connection = volume.open("main.db").unwrap();
    let mode: String = connection
        .query_row(&format!("PRAGMA journal_mode = {journal}"), [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(mode, journal);
    connection
}

fn count(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))
}

fn is_busy<T: std::fmt::Debug>(result: rusqlite::Result<T>) -> bool {
    result.unwrap_err().sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

fn sound(connection: &Connection) {
    let verdict: String = connection
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
}

#[test]
fn in_wal_mode_a_reader_keeps_its_snapshot_while_a_writer_is_open() {
    let volume = volume();
    let writer = open(&volume, "wal");
    writer
        .execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES (1)")
        .unwrap();
    let reader = open(&volume, "wal");
    writer
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (2)")
        .unwrap();
    assert_eq!(count(&reader).unwrap(), 1);
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader).unwrap(), 1);
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(
        count(&reader).unwrap(),
        1,
        "the snapshot outlives the commit"
    );
    reader.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&reader).unwrap(), 2);
    sound(&reader);
}

#[test]
fn a_second_writer_is_told_busy_in_either_journal_mode() {
    for journal in ["wal", "delete"] {
        let volume = volume();
        let first = open(&volume, journal);
        first.execute_batch("CREATE TABLE t(x)").unwrap();
        let second = open(&volume, journal);
        first.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(
            is_busy(second.execute_batch("BEGIN IMMEDIATE")),
            "{journal}"
        );
        first.execute_batch("COMMIT").unwrap();
        second
            .execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1); COMMIT")
            .unwrap();
        sound(&first);
    }
}

#[test]
fn in_delete_mode_a_commit_and_readers_keep_each_other_out() {
    let volume = volume();
    let writer = open(&volume, "delete");
    writer.execute_batch("CREATE TABLE t(x)").unwrap();
    let reader = open(&volume, "delete");
    let late = open(&volume, "delete");
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(count(&reader).unwrap(), 0);
    writer
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1)")
        .unwrap();
    assert!(
        is_busy(writer.execute_batch("COMMIT")),
        "a reader is in the way"
    );
    assert!(is_busy(count(&late)), "and no new one comes in");
    assert_eq!(count(&reader).unwrap(), 0);
    reader.execute_batch("COMMIT").unwrap();
    writer.execute_batch("COMMIT").unwrap();
    assert_eq!(count(&late).unwrap(), 1);
    sound(&late);
}

/// A commit runs in an instant of the host's time; its modelled time comes after.
#[test]
fn a_commit_keeps_others_out_until_its_modelled_time_is_over() {
    for journal in ["wal", "delete"] {
        let volume = volume();
        let first = open(&volume, journal);
        first.execute_batch("CREATE TABLE t(x)").unwrap();
        let second = open(&volume, journal);
        count(&second).unwrap();
        let (done, step) = volume.step(0, || {
            first.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES (1); COMMIT")
        });
        done.unwrap();
        assert!(
            is_busy(second.execute_batch("BEGIN IMMEDIATE")),
            "{journal}"
        );
        if journal == "delete" {
            assert!(is_busy(count(&second)), "nor may anybody read");
        } else {
            count(&second).unwrap();
        }
        drop(step.shadow);
        second.execute_batch("BEGIN IMMEDIATE; COMMIT").unwrap();
        sound(&second);
    }
}

#[test]
fn a_transaction_that_outgrows_its_cache_is_still_undone() {
    for journal in ["wal", "delete"] {
        let volume = volume();
        let db = open(&volume, journal);
        db.execute_batch(
            "PRAGMA cache_size = 5; CREATE TABLE t(x);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
             INSERT INTO t SELECT hex(randomblob(100)) FROM n;
             BEGIN; UPDATE t SET x = 'gone' || x; DELETE FROM t WHERE rowid % 2; ROLLBACK",
        )
        .unwrap();
        assert_eq!(count(&db).unwrap(), 2000);
        let gone: i64 = db
            .query_row("SELECT count(*) FROM t WHERE x LIKE 'gone%'", [], |row| {
                row.get(0)
            })
            .unwrap();
        assert_eq!(gone, 0);
        sound(&db);
    }
}

#[test]
fn the_same_work_is_counted_the_same() {
    let work = || {
        let volume = volume();
        let db = open(&volume, "wal");
        db.execute_batch(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, x);
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
             INSERT INTO t SELECT i, printf('%0200d', i) FROM n;
             CREATE INDEX by_x ON t(x); UPDATE t SET x = x || 'y' WHERE id % 3 = 0;
             SELECT count(*) FROM t WHERE x > '3'; PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .unwrap();
        volume.work()
    };
    let first = work();
    assert_eq!(first, work());
    assert!(first.vm_steps > 50_000, "{first:?}");
    assert!(
        first.page_reads > 0 && first.page_writes > 0 && first.syncs > 0,
        "{first:?}"
    );
    assert!(
        first.sequential_writes > first.random_writes,
        "a WAL is written in order: {first:?}"
    );
}

#[test]
fn a_full_disk_is_an_error_that_leaves_the_database_sound() {
    let volume = Volume::new(1 << 20, Some(200_000), stream(1, Purpose::Database, "full")).unwrap();
    let db = volume.open("main.db").unwrap();
    db.execute_batch("CREATE TABLE t(x)").unwrap();
    let filled = (0..100).try_for_each(|_| {
        db.execute("INSERT INTO t VALUES (randomblob(20000))", [])
            .map(drop)
    });
    let error = filled.unwrap_err();
    assert_eq!(error.sqlite_error_code(), Some(ErrorCode::DiskFull));
    assert!(count(&db).unwrap() > 0);
    sound(&db);
}

#[test]
fn an_image_is_shared_and_never_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.sqlite");
    Connection::open(&path)
        .unwrap()
        .execute_batch("CREATE TABLE t(x); INSERT INTO t VALUES ('before')")
        .unwrap();
    let before = std::fs::read(&path).unwrap();
    let image: Image = backfill_sim::disk::map_image(&path).unwrap();
    let (one, two) = (volume(), volume());
    for volume in [&one, &two] {
        volume.mount("main.db", image.clone());
    }
    open(&one, "wal")
        .execute_batch("UPDATE t SET x = 'after'")
        .unwrap();
    let seen: String = open(&two, "wal")
        .query_row("SELECT x FROM t", [], |row| row.get(0))
        .unwrap();
    assert_eq!(seen, "before");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

/// Statements that touch all that a VFS is for: growth, shrinking, indexes, rollback, savepoints.
fn statement() -> impl Strategy<Value = String> {
    let id = 1..60_i64;
    let len = 1..9000_usize;
    prop_oneof![
        4 => (id.clone(), len).prop_map(|(id, len)| format!(
            "INSERT OR REPLACE INTO t VALUES ({id}, printf('%0{len}d', {id}), {id} % 7)")),
        2 => id.clone().prop_map(|id| format!("DELETE FROM t WHERE id BETWEEN {id} AND {id} + 5")),
        2 => id.clone().prop_map(|id| format!("UPDATE t SET k = k + 1, x = x || 'z' WHERE id > {id}")),
        1 => Just("BEGIN IMMEDIATE".to_owned()),
        1 => Just("COMMIT".to_owned()),
        1 => Just("ROLLBACK".to_owned()),
        1 => Just("SAVEPOINT s".to_owned()),
        1 => Just("ROLLBACK TO s".to_owned()),
        1 => Just("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()),
        1 => Just("VACUUM".to_owned()),
        1 => Just("PRAGMA incremental_vacuum".to_owned()),
    ]
}

/// What each statement came to, and all rows at the end.
fn history(db: &Connection, statements: &[String]) -> (Vec<bool>, Vec<Vec<Value>>) {
    db.execute_batch(
        "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA cache_size = 6;
         CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT, k INT); CREATE INDEX by_k ON t(k, x)",
    )
    .unwrap();
    let ok = statements
        .iter()
        .map(|sql| db.execute_batch(sql).is_ok())
        .collect();
    if !db.is_autocommit() {
        db.execute_batch("COMMIT").unwrap();
    }
    sound(db);
    let mut all = db.prepare("SELECT id, x, k FROM t ORDER BY id").unwrap();
    let rows = all
        .query_map([], |row| (0..3).map(|at| row.get(at)).collect())
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    (ok, rows)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    /// The same statements leave the same rows as on the stock VFS.
    #[test]
    fn the_same_statements_leave_the_same_rows_as_on_the_stock_vfs(
        wal in any::<bool>(),
        statements in prop::collection::vec(statement(), 1..40),
    ) {
        let journal = if wal { "wal" } else { "delete" };
        let folder = tempfile::tempdir().unwrap();
        let stock = Connection::open(folder.path().join("stock.db")).unwrap();
        stock.pragma_update(None, "journal_mode", journal).unwrap();
        stock.pragma_update(None, "synchronous", "OFF").unwrap();
        let volume = volume();
        let simulated = open(&volume, journal);
        prop_assert_eq!(history(&simulated, &statements), history(&stock, &statements));
    }
}
