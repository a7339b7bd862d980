//! Stores over a database in memory that outlives them, and what is in it.
#![allow(dead_code, reason = "every test file uses its own part of it")]

pub(crate) mod effects;
pub(crate) mod runtime;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use backfill::Instant;
use backfill::database::{Connections, Database};
use backfill::ledger::{self, Entry};
use backfill::listing::RetryPolicy;
use backfill::persistence::{
    Batch, Checkpoint, Ended, Event, Id, Keep, Resumed, Row, Settings, Store, StoreError, Table,
    TableId, Watcher,
};
use rusqlite::Connection;
use rusqlite::types::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use runtime::Driven;

/// The name the store has in the ledger.
pub(crate) const NAME: &str = "derived";

/// Two tables, told apart by numbers and by texts, with something in them.
const TABLES: &str = "
    CREATE TABLE items(id INTEGER PRIMARY KEY, a INTEGER, b TEXT);
    CREATE TABLE notes(id TEXT PRIMARY KEY, c TEXT) WITHOUT ROWID;
    INSERT INTO items VALUES (1, 10, 'is 10'), (2, 20, 'is 20');
    INSERT INTO notes VALUES ('k1', '1');";

/// A database in memory, there as long as this is.
pub(crate) struct Memory {
    name: String,
    keeper: Connection,
}

impl Memory {
    /// One with `items` and `notes`, in a file, so that who reads does not wait for who writes.
    pub(crate) fn in_file(dir: &Path) -> Self {
        let name = dir.join("store.db").to_str().unwrap().to_owned();
        let keeper = Connection::open(&name).unwrap();
        keeper
            .execute_batch(&format!("PRAGMA journal_mode = WAL; {TABLES}"))
            .unwrap();
        Self { name, keeper }
    }

    /// One with `items` and `notes`.
    pub(crate) fn new() -> Self {
        Self::of(TABLES)
    }

    /// One made by `sql`.
    pub(crate) fn of(sql: &str) -> Self {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("file:/driven-{number}?vfs=memdb");
        let keeper = Connection::open(&name).unwrap();
        keeper.execute_batch(sql).unwrap();
        Self { name, keeper }
    }

    /// A connection outside of every [`Database`].
    pub(crate) fn connection(&self) -> Connection {
        let connection = Connection::open(&self.name).unwrap();
        connection
            .execute_batch("PRAGMA busy_timeout = 0; PRAGMA foreign_keys = ON")
            .unwrap();
        connection
    }

    pub(crate) fn sql(&self, sql: &str) {
        self.keeper.execute_batch(sql).unwrap();
    }

    /// The database on one connection; "busy" is told at once.
    pub(crate) fn database(&self, runtime: &Driven) -> Database<Driven> {
        self.database_over(runtime, Connections::Shared(vec![self.connection()]))
    }

    /// The database, one connection for who reads and one for who writes.
    pub(crate) fn split(&self, runtime: &Driven) -> Database<Driven> {
        let connections = Connections::Split {
            readers: vec![self.connection()],
            writers: vec![self.connection()],
        };
        self.database_over(runtime, connections)
    }

    fn database_over(&self, runtime: &Driven, connections: Connections) -> Database<Driven> {
        Database::new(runtime.clone(), connections, Duration::ZERO, ())
    }

    /// What `sql` finds: a line for each row, its columns with a bar between.
    pub(crate) fn lines(&self, sql: &str) -> Vec<String> {
        let mut statement = self.keeper.prepare(sql).unwrap();
        let columns = statement.column_count();
        let line = |row: &rusqlite::Row<'_>| {
            let shown = |at| row.get(at).map(|value| show(&value));
            let all: rusqlite::Result<Vec<String>> = (0..columns).map(shown).collect();
            Ok(all?.join("|"))
        };
        let found = statement.query_map([], line).unwrap();
        found.map(Result::unwrap).collect()
    }

    /// The rows of `items`.
    pub(crate) fn items(&self) -> Vec<String> {
        self.lines("SELECT * FROM items ORDER BY id")
    }

    /// What the rows of `items` were: id, checkpoint, whether gone, columns.
    pub(crate) fn history(&self) -> Vec<String> {
        self.lines("SELECT * FROM _history_items ORDER BY id, _checkpoint")
    }

    pub(crate) fn entry(&self) -> Entry<serde_json::Value> {
        ledger::entry_at(&self.keeper, NAME).unwrap().unwrap()
    }

    /// How far the ledger says the database is.
    pub(crate) fn committed(&self) -> u64 {
        let cursor = self.entry().cursor.unwrap();
        cursor["committed"].as_u64().unwrap()
    }

    /// Opens a store on it, and lets it write.
    pub(crate) async fn open(&self) -> Run {
        self.open_on(Driven::new(), |_| {}).await
    }

    /// The same on `runtime`, set up as `set` says.
    pub(crate) async fn open_on(&self, runtime: Driven, set: impl FnOnce(&mut Settings)) -> Run {
        let run = Run::open(self.database(&runtime), runtime, set).await;
        run.unwrap()
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "NULL".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => text.clone(),
        Value::Blob(blob) => format!("{blob:?}"),
    }
}

/// A store and the one who writes it.
pub(crate) struct Run {
    pub(crate) runtime: Driven,
    pub(crate) store: Store<Driven>,
    pub(crate) resumed: Resumed,
    pub(crate) items: TableId,
    pub(crate) notes: TableId,
    pub(crate) cancel: CancellationToken,
    writer: JoinHandle<Result<Ended, StoreError>>,
}

impl Run {
    /// Opens a store that takes every other for dead.
    pub(crate) async fn open(
        database: Database<Driven>,
        runtime: Driven,
        set: impl FnOnce(&mut Settings),
    ) -> Result<Self, StoreError> {
        let mut settings = Settings::new(NAME, 7);
        let items = settings.table(Table::new("items", "id", &["a", "b"]));
        let notes = settings.table(Table::new("notes", "id", &["c"]));
        settings.stale_after(Duration::ZERO).retry(RetryPolicy {
            base: Duration::from_millis(10),
            cap: Duration::from_millis(100),
            ..RetryPolicy::new(7)
        });
        set(&mut settings);
        let (store, writer, resumed) = Store::open(database, settings).await?;
        let cancel = CancellationToken::new();
        Ok(Self {
            runtime,
            store,
            resumed,
            items,
            notes,
            writer: tokio::spawn(writer.run(cancel.clone())),
            cancel,
        })
    }

    pub(crate) async fn begin(&self, keep: Keep) -> Batch<Driven> {
        self.store.begin(keep).await.unwrap()
    }

    /// A batch of one item at `at` that sets an item.
    pub(crate) async fn set(&self, keep: Keep, at: u64, id: i64, a: i64) {
        let mut batch = self.begin(keep).await;
        batch.item(cp(at)).unwrap();
        batch.set(self.items, id.into(), item(a)).unwrap();
        batch.commit(cp(at)).unwrap();
    }

    /// A batch of one item at `at` that deletes an item.
    pub(crate) async fn delete(&self, keep: Keep, at: u64, id: i64) {
        let mut batch = self.begin(keep).await;
        batch.item(cp(at)).unwrap();
        batch.delete(self.items, id.into()).unwrap();
        batch.commit(cp(at)).unwrap();
    }

    /// An item as processing sees it.
    pub(crate) async fn get(&self, id: i64) -> Option<Row> {
        let mut batch = self.begin(Keep::Latest).await;
        batch.get(self.items, &id.into()).await.unwrap()
    }

    /// How the writer ended.
    pub(crate) async fn ended(&mut self) -> Result<Ended, StoreError> {
        (&mut self.writer).await.unwrap()
    }

    /// Closes the store: everything is written.
    pub(crate) async fn close(mut self) {
        self.store.clone().close().await.unwrap();
        assert_eq!(self.ended().await.unwrap(), Ended::Closed);
    }

    /// The process dies: whatever the writer is at, it does not go on.
    pub(crate) async fn crash(&mut self) {
        self.writer.abort();
        let ended = (&mut self.writer).await;
        assert!(ended.is_err_and(|error| error.is_cancelled()));
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.writer.abort();
    }
}

pub(crate) const fn cp(number: u64) -> Checkpoint {
    Checkpoint::new(number)
}

/// An item whose text says its number.
pub(crate) fn item(a: i64) -> Row {
    Row::new([Value::Integer(a), Value::Text(format!("is {a}"))])
}

/// An item with this text.
pub(crate) fn text(text: &str) -> Row {
    Row::new([Value::Null, Value::Text(text.to_owned())])
}

pub(crate) fn id(number: i64) -> Id {
    number.into()
}

/// Lets everybody else do what they can without the clock moving.
pub(crate) async fn settle() {
    for _ in 0..64 {
        tokio::task::yield_now().await;
    }
}

/// What happened, as text.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// What of it holds `word`.
    pub(crate) fn of(&self, word: &str) -> Vec<String> {
        let seen = self.0.lock().unwrap();
        let holds = |line: &&String| line.contains(word);
        seen.iter().filter(holds).cloned().collect()
    }
}

impl Watcher for Seen {
    fn see(&self, _: Instant, event: &Event<'_>) {
        self.0.lock().unwrap().push(format!("{event:?}"));
    }
}
