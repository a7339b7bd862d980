//! The ledger's entries: turns, notes, and what readers are shown.

use super::*;

fn ledger() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    ensure(&db).unwrap();
    db
}

fn cursor(after: i64) -> Cursor {
    Cursor {
        after: Some(Key::Integer(after)),
        scanned: 4,
        ..Cursor::before(Key::Integer(1), Key::Integer(9), Order::Key)
    }
}

fn take(db: &Connection) -> Turn {
    let at = cursor(0);
    let start = Start {
        cursor: Some(&at),
        rows_total: 9,
        job: Some("UPDATE t"),
        ..Start::default()
    };
    Turn::take(db, "job", &start).unwrap()
}

fn shown(db: &Connection) -> Migration {
    migrations(db).unwrap().remove(0)
}

const S: Duration = Duration::from_secs(1);

#[test]
fn an_entry_is_what_was_noted_last() {
    let db = ledger();
    assert_eq!(entry(&db, "job").unwrap(), None);
    let turn = take(&db);
    turn.advance(&db, &cursor(4), (3, 8), S).unwrap();
    let running = entry(&db, "job").unwrap().unwrap();
    assert_eq!(running.status, Status::Running);
    assert_eq!(running.cursor, Some(cursor(4)));
    assert_eq!((running.rows_processed, running.rows_total), (3, 8));
    assert_eq!(running.job.as_deref(), Some("UPDATE t"));
    turn.finish(&db, Status::Failed, 8, Some("disk full"), S)
        .unwrap();
    let failed = entry(&db, "job").unwrap().unwrap();
    assert_eq!(failed.status, Status::Failed);
    assert_eq!(failed.error.as_deref(), Some("disk full"));
}

#[test]
fn an_older_ledger_gets_the_columns_it_lacks() {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(
        "CREATE TABLE _async_migrations(name TEXT PRIMARY KEY, status TEXT NOT NULL,
           started_at TEXT NOT NULL DEFAULT '', ended_at TEXT, error TEXT);
         INSERT INTO _async_migrations(name, status) VALUES ('old', 'pending_async')",
    )
    .unwrap();
    // Readers may come before it has them.
    let old = shown(&db);
    assert_eq!((old.status, old.rows_processed), (Status::Unknown, 0));
    assert!(old.error.unwrap().contains("times"), "'' is no time");
    ensure(&db).unwrap();
    ensure(&db).unwrap();
    let old = entry(&db, "old").unwrap().unwrap();
    assert_eq!(old.status, Status::Unknown);
    assert_eq!(old.cursor, None);
}

#[test]
fn a_ledger_that_is_not_there_is_an_error_for_readers() {
    let db = Connection::open_in_memory().unwrap();
    assert!(migrations(&db).is_err());
    ensure(&db).unwrap();
    assert_eq!(migrations(&db).unwrap(), []);
}

#[test]
fn a_turn_that_is_over_writes_nothing() {
    let db = ledger();
    let first = take(&db);
    let second = take(&db);
    second.advance(&db, &cursor(4), (3, 8), S).unwrap();
    assert!(first.advance(&db, &cursor(9), (9, 9), S).is_err());
    assert!(first.beat(&db, None, S).is_err());
    assert!(first.finish(&db, Status::Done, 9, None, S).is_err());
    let entry = entry(&db, "job").unwrap().unwrap();
    assert_eq!((entry.status, entry.rows_processed), (Status::Running, 3));
    db.execute_batch("DELETE FROM _async_migrations").unwrap();
    assert!(second.advance(&db, &cursor(9), (9, 9), S).is_err());
}

#[test]
fn whoever_was_heard_of_lately_holds_the_turn() {
    let db = ledger();
    assert_eq!(holder(&db, "job", 10 * S).unwrap(), None);
    register(&db, "job").unwrap();
    assert_eq!(holder(&db, "job", 10 * S).unwrap(), None, "it only waits");
    let turn = take(&db);
    let held = |stale_after| holder(&db, "job", stale_after).unwrap().map(|by| by.run);
    assert_eq!((held(10 * S), held(Duration::ZERO)), (Some(1), None));
    let heard = |moment: &str| {
        let sql = format!("UPDATE _async_migrations SET last_update_at = {moment}");
        db.execute_batch(&sql).unwrap();
    };
    heard("datetime('now', '-30 seconds')");
    assert_eq!((held(10 * S), held(60 * S)), (None, Some(1)));
    assert!(shown(&db).stale);
    turn.beat(&db, None, S).unwrap();
    assert_eq!(held(10 * S), Some(1));
    assert!(!shown(&db).stale);
    for moment in ["datetime('now', '+1 hour')", "'yesterday'"] {
        heard(moment);
        assert_eq!(held(10 * S), None, "{moment}");
        assert!(shown(&db).stale, "{moment}");
    }
    turn.finish(&db, Status::Cancelled, 9, None, S).unwrap();
    assert_eq!(held(10 * S), None);
}

#[test]
fn registering_changes_nothing_that_is_there() {
    let db = ledger();
    register(&db, "job").unwrap();
    assert_eq!(shown(&db).status, Status::Pending);
    let turn = take(&db);
    register(&db, "job").unwrap();
    assert_eq!(shown(&db).status, Status::Running);
    turn.finish(&db, Status::Done, 0, None, S).unwrap();
    register(&db, "job").unwrap();
    assert_eq!(shown(&db).status, Status::Done);
}

#[test]
fn rates_count_the_time_somebody_worked_over_all_runs() {
    let db = ledger();
    let first = take(&db);
    first.advance(&db, &cursor(4), (300, 900), 100 * S).unwrap();
    first
        .finish(&db, Status::Cancelled, 900, None, 100 * S)
        .unwrap();
    let stopped = shown(&db);
    assert_eq!((stopped.elapsed_sec, stopped.rate_per_sec), (100.0, 3.0));
    assert_eq!(stopped.eta_sec, None, "it does not run");
    // A day later.
    db.execute_batch("UPDATE _async_migrations SET started_at = datetime('now', '-1 day')")
        .unwrap();
    let at = cursor(4);
    let start = Start {
        cursor: Some(&at),
        rows_processed: 300,
        rows_total: 900,
        job: None,
    };
    let second = Turn::take(&db, "job", &start).unwrap();
    second.advance(&db, &cursor(5), (600, 900), 50 * S).unwrap();
    let resumed = shown(&db);
    assert_eq!((resumed.status, resumed.runs), (Status::Running, 2));
    assert!((150.0..160.0).contains(&resumed.elapsed_sec));
    assert!((3.7..=4.0).contains(&resumed.rate_per_sec));
    assert!((75.0..80.0).contains(&resumed.eta_sec.unwrap()));
    assert_eq!(entry(&db, "job").unwrap().unwrap().job.unwrap(), "UPDATE t");
}

#[test]
fn while_it_reads_its_reading_says_when_it_will_be_done() {
    let db = ledger();
    let turn = take(&db);
    let reading = Reading {
        rows_read: 250,
        rows_to_read: 1_000,
    };
    turn.beat(&db, Some(reading), 100 * S).unwrap();
    let shown_now = shown(&db);
    assert_eq!(shown_now.rows_read, Some(250));
    assert!((300.0..320.0).contains(&shown_now.eta_sec.unwrap()));
    turn.finish(&db, Status::Done, 9, None, S).unwrap();
    assert_eq!(shown(&db).rows_to_read, None);
}

#[test]
fn keys_keep_their_type() {
    let text = serde_json::to_string(&Key::Text("7".to_owned())).unwrap();
    assert_eq!(
        serde_json::from_str::<Key>(&text).unwrap(),
        Key::Text("7".to_owned())
    );
    assert_eq!(serde_json::from_str::<Key>("7").unwrap(), Key::Integer(7));
    let columns = Key::Columns(vec![Key::Text("7".to_owned()), Key::Integer(7)]);
    let text = serde_json::to_string(&columns).unwrap();
    assert_eq!(text, r#"["7",7]"#);
    assert_eq!(serde_json::from_str::<Key>(&text).unwrap(), columns);
}
