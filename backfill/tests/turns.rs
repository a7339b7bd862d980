//! One backfill of a name runs at a time, whoever starts it, and one that dies is taken over.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod fixture;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::chunked::{
    Backfill, BackfillError, ChunkCost, Ending, Fixed, Job, Pace, Pacer, Report, Work,
};
use backfill::database::{Connections, Database};
use backfill::ledger::{self, Migration, Status};
use backfill::runner::Runner;
use backfill::{Runtime, TokioRuntime};
use fixture::stepping::{Stepping, Then};
use fixture::{Store, backfill, in_time, last_seen_job};
use rusqlite::Connection;

const LONG: Duration = Duration::from_secs(86_400);

/// The job in chunks of `rows`, as production runs it.
fn plain<R: Runtime>(database: &Database<R>, rows: u64, pause: Duration) -> Backfill<R> {
    let pacer = Fixed::new(rows, pause).unwrap();
    Backfill::new(database.clone(), last_seen_job(), pacer)
}

fn shown(connection: &Connection) -> Migration {
    ledger::migrations(connection).unwrap().remove(0)
}

/// Waits until the ledger says what `wanted` wants.
async fn until(store: &Store, wanted: impl Fn(&Migration) -> bool) -> Migration {
    let connection = store.connection();
    loop {
        let there = store.entry("last_seen").is_some();
        if let Some(found) = there.then(|| shown(&connection)).filter(&wanted) {
            return found;
        }
        tokio::task::yield_now().await;
    }
}

/// Runs two chunks of five and hangs: a run that is alive, or dead, as the clock says.
async fn silent(
    store: &Store,
) -> (
    Stepping,
    tokio::task::JoinHandle<Result<Report, BackfillError>>,
) {
    let runtime = Stepping::at(6, Then::Hang);
    let run = plain(&store.database_on(runtime.clone()), 5, Duration::ZERO).run();
    let task = tokio::spawn(run);
    in_time(runtime.reached()).await;
    (runtime, task)
}

#[tokio::test]
async fn a_second_run_does_nothing_while_the_first_is_at_work() {
    let store = Store::observed(20);
    let (_runtime, first) = silent(&store).await;
    let before = store.entry("last_seen");
    let second = plain(&store.database(), 5, Duration::ZERO).run().await;
    match second.unwrap_err() {
        BackfillError::Held { run: 1, .. } => {}
        other => panic!("{other}"),
    }
    assert_eq!(store.entry("last_seen"), before);
    first.abort();
}

#[tokio::test]
async fn a_second_run_follows_the_first_to_its_end() {
    let store = Store::observed(20);
    let database = store.database();
    let first = tokio::spawn(plain(&database, 10, Duration::from_millis(300)).run());
    until(&store, |migration| migration.rows_processed == 10).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&seen);
    let second = plain(&store.database(), 10, Duration::ZERO)
        .following(move |migration| tell.lock().unwrap().push(migration.rows_processed));
    let report = in_time(second.run()).await.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::AlreadyDone, 0));
    assert_eq!(report.progress.processed, 20);
    assert_eq!(in_time(first).await.unwrap().unwrap().ending, Ending::Done);
    assert_eq!(seen.lock().unwrap().first(), Some(&10));
    assert_eq!(store.last_seen(), store.expected());
}

#[tokio::test]
async fn a_follower_takes_over_from_the_dead_and_the_dead_store_nothing_more() {
    let store = Store::observed(20);
    let runtime = Stepping::at(usize::MAX, Then::GoOn);
    let first = plain(&store.database_on(runtime), 5, Duration::from_millis(400))
        // It lives, but says so by its chunks only: too seldom for the second.
        .noting_every(LONG);
    let first = tokio::spawn(first.run());
    until(&store, |migration| migration.rows_processed == 5).await;
    let second = plain(&store.database(), 5, Duration::ZERO)
        .stale_after(Duration::from_millis(50))
        .following(|_| {});
    let report = in_time(second.run()).await.unwrap();
    assert_eq!(report.ending, Ending::Done);
    let error = in_time(first).await.unwrap().unwrap_err();
    assert!(matches!(error, BackfillError::TurnOver { .. }), "{error}");
    let migration = shown(&store.connection());
    assert_eq!((migration.status, migration.runs), (Status::Done, 2));
    assert_eq!(migration.rows_processed, 20);
    assert_eq!(store.last_seen(), store.expected());
}

#[tokio::test]
async fn a_follower_ends_when_the_run_it_follows_is_cancelled_or_fails() {
    for (end, cancelled) in [("cancelled", true), ("failed", false)] {
        let store = Store::observed(20);
        let (_runtime, first) = silent(&store).await;
        let seen = Arc::new(Mutex::new(0));
        let (tell, end) = (Arc::clone(&seen), end.to_owned());
        let outside = store.connection();
        let second = plain(&store.database(), 5, Duration::ZERO).following(move |_| {
            *tell.lock().unwrap() += 1;
            let sql = "UPDATE _async_migrations SET status = ?1, error = 'disk full'";
            outside.execute(sql, [&end]).unwrap();
        });
        let ended = in_time(second.run()).await;
        if cancelled {
            assert_eq!(ended.unwrap().ending, Ending::Cancelled);
        } else {
            let error = ended.unwrap_err().to_string();
            assert!(error.contains("disk full"), "{error}");
        }
        assert_eq!(*seen.lock().unwrap(), 1);
        first.abort();
    }
}

#[tokio::test]
async fn a_run_that_pauses_long_says_that_it_is_alive() {
    let store = Store::observed(20);
    let run = plain(&store.database(), 5, LONG).noting_every(Duration::from_millis(20));
    let run = tokio::spawn(run.run());
    let first = until(&store, |migration| migration.rows_processed == 5).await;
    let alive = |migration: &Migration| migration.updated_at > first.updated_at;
    let later = in_time(until(&store, alive)).await;
    assert_eq!((later.rows_processed, later.stale), (5, false));
    assert!(later.elapsed_sec > 0.0);
    run.abort();
}

#[tokio::test]
async fn a_note_that_cannot_be_made_stops_nothing() {
    let store = Store::observed(10);
    let sleeps = Arc::new(Mutex::new((0, store.connection())));
    let counted = Arc::clone(&sleeps);
    // While it pauses, somebody else has the lock, for longer than its notes wait for it.
    let runtime = Stepping::on_sleep(move |_| {
        let (sleeps, outside) = &mut *counted.lock().unwrap();
        *sleeps += 1;
        match *sleeps {
            1 => outside.execute_batch("BEGIN IMMEDIATE").unwrap(),
            12 => outside.execute_batch("ROLLBACK").unwrap(),
            _ => {}
        }
    });
    let shared = Connections::Shared(vec![store.connection()]);
    let database = Database::new(runtime, shared, Duration::from_millis(3), ());
    let run =
        plain(&database, 5, Duration::from_millis(400)).noting_every(Duration::from_millis(20));
    let report = in_time(run.run()).await.unwrap();
    assert_eq!((report.ending, report.chunks), (Ending::Done, 2));
    assert!(sleeps.lock().unwrap().0 >= 12, "the lock was given back");
    assert_eq!(store.last_seen(), store.expected());
}

/// Panics before its third chunk.
struct Faulty(u32);

impl Pacer for Faulty {
    fn pace(&mut self, _next: Work, _last: Option<&ChunkCost>) -> Pace {
        self.0 += 1;
        assert!(self.0 < 3, "no third chunk");
        Pace::of(5.try_into().unwrap())
    }
}

#[tokio::test]
async fn a_panic_is_the_backfills_failure_and_can_be_resumed() {
    let store = Store::observed(20);
    let database = store.database();
    let error = Backfill::new(database.clone(), last_seen_job(), Faulty(0))
        .run()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no third chunk"), "{error}");
    let failed = shown(&store.connection());
    assert_eq!((failed.status, failed.rows_processed), (Status::Failed, 10));
    assert_eq!(failed.error.unwrap(), "panicked: no third chunk");
    let resumed = plain(&database, 5, Duration::ZERO).run().await.unwrap();
    assert_eq!((resumed.ending, resumed.chunks), (Ending::Done, 2));
    assert_eq!(shown(&store.connection()).error, None);
    assert_eq!(store.last_seen(), store.expected());
}

#[tokio::test]
async fn another_job_of_the_same_name_is_refused_even_when_the_first_is_done() {
    let store = Store::observed(5);
    backfill(&store.database(), 5).run().await.unwrap();
    let other = Job::new("last_seen", "transmissions", "id", "true", "last_seen = 7").unwrap();
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let error = Backfill::new(store.database(), other, pacer).run().await;
    let chain = fixture::chain(&error.unwrap_err());
    assert!(chain.contains("did something else"), "{chain}");
    assert_eq!(store.last_seen(), store.expected());
}

#[tokio::test]
async fn a_runner_starts_a_name_once_and_one_name_after_the_other() {
    let store = Store::observed(20);
    let database = store.database();
    let runner = Runner::new(database.clone());
    let first = runner.start(plain(&database, 5, LONG));
    until(&store, |migration| migration.rows_processed == 5).await;
    let again = runner.start(plain(&database, 5, LONG));
    let other = Job::new(
        "other",
        "transmissions",
        "id",
        "id > 3",
        "hash = upper(hash)",
    )
    .unwrap();
    let pacer = Fixed::new(50, Duration::ZERO).unwrap();
    let other = runner.start(Backfill::new(database.clone(), other, pacer));
    let connection = store.connection();
    let statuses = || -> Vec<(String, Status)> {
        let all = ledger::migrations(&connection).unwrap();
        all.into_iter().map(|m| (m.name, m.status)).collect()
    };
    while statuses().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(statuses()[1], ("other".to_owned(), Status::Pending));
    assert_eq!(runner.under_way().len(), 2);
    assert_eq!(again.progress().unwrap().processed, 5);
    // Either handle stops the one run.
    again.cancel();
    let ended = in_time(first.ended()).await.unwrap();
    assert_eq!(ended.as_ref().as_ref().unwrap().ending, Ending::Cancelled);
    let ended = in_time(other.ended()).await.unwrap();
    assert_eq!(ended.as_ref().as_ref().unwrap().ending, Ending::Done);
    assert_eq!(runner.under_way().len(), 0);
    let resumed = runner.start(plain(&database, 5, Duration::ZERO));
    let ended = in_time(resumed.ended()).await.unwrap();
    assert_eq!(ended.as_ref().as_ref().unwrap().chunks, 3);
    assert_eq!(store.last_seen(), store.expected());
}

#[tokio::test]
async fn one_who_is_cancelled_while_waiting_for_a_turn_writes_no_row() {
    let store = Store::observed(20);
    let database: Database<TokioRuntime> = store.database();
    let runner = Runner::new(database.clone());
    let first = runner.start(plain(&database, 5, LONG));
    let job = Job::new("second", "transmissions", "id", "true", "last_seen = 7").unwrap();
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let second = runner.start(Backfill::new(database, job, pacer));
    until(&store, |migration| migration.rows_processed == 5).await;
    second.cancel();
    let ended = in_time(second.ended()).await.unwrap();
    assert_eq!(ended.as_ref().as_ref().unwrap().ending, Ending::Cancelled);
    assert_eq!(
        store.number("SELECT count(*) FROM transmissions WHERE last_seen = 7"),
        0
    );
    first.cancel();
    in_time(first.ended()).await.unwrap();
}

#[tokio::test]
async fn a_run_by_another_key_is_refused() {
    let store = Store::observed(20);
    let (_runtime, first) = silent(&store).await;
    first.abort();
    let other = Job::new(
        "last_seen",
        "transmissions",
        "hash",
        "EXISTS (SELECT 1 FROM observations AS o WHERE o.transmission_id = transmissions.id)",
        "last_seen = max(last_seen, (SELECT max(o.timestamp) FROM observations AS o
                                     WHERE o.transmission_id = transmissions.id))",
    );
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let run = Backfill::new(store.database(), other.unwrap(), pacer).stale_after(Duration::ZERO);
    let chain = fixture::chain(&run.run().await.unwrap_err());
    assert!(chain.contains("ORDER BY \"hash\""), "{chain}");
}

#[tokio::test]
async fn a_run_whose_entry_was_deleted_stores_nothing_beside_the_next_first_one() {
    let store = Store::observed(20);
    let first = plain(&store.database(), 5, Duration::from_millis(300)).noting_every(LONG);
    let first = tokio::spawn(first.run());
    until(&store, |migration| migration.rows_processed == 5).await;
    store.sql("DELETE FROM _async_migrations");
    let second = plain(&store.database(), 20, Duration::ZERO).run().await;
    assert_eq!(second.unwrap().ending, Ending::Done);
    let error = in_time(first).await.unwrap().unwrap_err();
    assert!(matches!(error, BackfillError::TurnOver { .. }), "{error}");
    assert_eq!(shown(&store.connection()).runs, 1);
}

#[tokio::test]
async fn one_that_waits_and_cannot_start_has_failed() {
    let store = Store::observed(20);
    let database = store.database();
    let runner = Runner::new(database.clone());
    let first = runner.start(plain(&database, 5, LONG));
    until(&store, |migration| migration.rows_processed == 5).await;
    let bad = Job::new("bad", "transmissions", "id", "true", "no_such_column = 1").unwrap();
    let pacer = Fixed::new(5, Duration::ZERO).unwrap();
    let bad = runner.start(Backfill::new(database, bad, pacer));
    first.cancel();
    let ended = in_time(bad.ended()).await.unwrap();
    assert!(ended.is_err());
    let all = ledger::migrations(&store.connection()).unwrap();
    assert_eq!((&*all[0].name, all[0].status), ("bad", Status::Failed));
}

#[tokio::test]
async fn a_follower_that_panics_frees_its_name() {
    let store = Store::observed(20);
    let (_runtime, first) = silent(&store).await;
    let database = store.database();
    let runner = Runner::new(database.clone());
    let second = plain(&database, 5, Duration::ZERO).following(|_| panic!("no"));
    let ended = in_time(runner.start(second).ended()).await.unwrap();
    assert!(matches!(&*ended, Err(BackfillError::Panicked { .. })));
    assert!(runner.under_way().is_empty());
    first.abort();
}
