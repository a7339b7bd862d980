//! Writes the shop: one SQLite file, in one transaction, in one order.
//!
//! Orders and their events are written as time went, so that both lie in the file as they would
//! have grown, and the text keys of orders in no order. Items are written sorted by their key: a
//! WITHOUT ROWID table filled out of order would be written many times over. The file is written
//! under another name and takes its own when it is complete; a build that fails leaves nothing.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, Statement};

use super::draw::Draws;
use super::error::SampleError;
use super::event::{Event, Log};
use super::order::{OPENED_UNIX_S, Orders, sku};
use super::progress::Progress;
use super::scale::{Rows, Scale};
use super::schema::{INDEXES, TABLES};
use super::text::Text;

/// SQLite's cache while building, KiB: room for the index of text keys, which is filled at random
/// places, up to 4 GiB of shop. No size changes a byte of the file.
const CACHE_KIB: u64 = 192 * 1024;

/// Rows from one word of progress to the next.
const TOLD_EVERY: u64 = 10_000;

/// Events that one statement inserts: AUTOINCREMENT has SQLite look its counter up and store it
/// with every statement.
const EVENTS_AT_ONCE: usize = 8;

const EVENT_COLUMNS: usize = 4;

const COUNTRIES: [&str; 8] = ["DE", "FR", "PL", "NL", "IT", "ES", "AT", "DK"];

const CATEGORIES: [&str; 6] = ["garden", "kitchen", "lamps", "paper", "tools", "toys"];

/// Settings for a file that nobody else sees and that may be lost.
fn pragmas() -> String {
    format!(
        "PRAGMA page_size = 4096;
         PRAGMA encoding = 'UTF-8';
         PRAGMA auto_vacuum = NONE;
         PRAGMA journal_mode = OFF;
         PRAGMA synchronous = OFF;
         PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA foreign_keys = OFF;
         PRAGMA cache_size = -{CACHE_KIB};"
    )
}

/// Writes a shop of about `mib` MiB and `seed` to `path`, which must not exist.
///
/// # Errors
/// If there is something at `path` already, or the file cannot be written.
pub fn shop(
    path: &Path,
    mib: u64,
    seed: u64,
    progress: &dyn Fn(Progress),
) -> Result<Rows, SampleError> {
    let partial = partial(path)?;
    for taken in [path, &partial] {
        // A link that leads nowhere is somebody's, too.
        if taken.symlink_metadata().is_ok() {
            let path = taken.to_owned();
            return Err(SampleError::Exists { path });
        }
    }
    let orders = Orders::new(Scale::of(mib), seed);
    let writer = Writer {
        path: &partial,
        bytes: mib << 20,
        seed,
        rows: orders.rows(),
        orders,
        text: Text::new(seed),
        progress,
    };
    let written = writer.file().and_then(|()| {
        fs::rename(&partial, path).map_err(SampleError::io("put in its place", path))
    });
    if written.is_err() {
        // It may never have been made.
        drop(fs::remove_file(&partial));
    }
    written.map(|()| writer.rows)
}

/// The name a file has until it is complete.
fn partial(path: &Path) -> Result<PathBuf, SampleError> {
    let Some(name) = path.file_name() else {
        let path = path.to_owned();
        return Err(SampleError::NoName { path });
    };
    let mut name = name.to_owned();
    name.push(".partial");
    Ok(path.with_file_name(name))
}

/// What the steps of a build share.
struct Writer<'a> {
    path: &'a Path,
    bytes: u64,
    seed: u64,
    rows: Rows,
    orders: Orders,
    text: Text,
    progress: &'a dyn Fn(Progress),
}

impl Writer<'_> {
    fn file(&self) -> Result<(), SampleError> {
        // SQLite would say no more than that it cannot open it.
        let made = fs::File::create_new(self.path);
        made.map_err(SampleError::io("create", self.path))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(self.path, flags).map_err(self.sql("open"))?;
        self.run(&db, "set up", &pragmas())?;
        self.run(&db, "begin", "BEGIN EXCLUSIVE")?;
        self.run(&db, "create the tables", TABLES)?;
        self.customers(&db).map_err(self.sql("insert customers"))?;
        self.products(&db).map_err(self.sql("insert products"))?;
        self.orders(&db).map_err(self.sql("insert orders"))?;
        self.items(&db).map_err(self.sql("insert order items"))?;
        for (index, done) in INDEXES.iter().zip(1..) {
            self.run(&db, "create an index", index)?;
            self.tell("indexes", done, INDEXES.len() as u64);
        }
        self.run(&db, "commit", "COMMIT")?;
        // As an application of today keeps it. Closing takes the log in, so one file is left.
        self.run(&db, "set the mode of", "PRAGMA journal_mode = WAL")?;
        db.close().map_err(|(_, source)| self.sql("close")(source))
    }

    fn sql(&self, what: &'static str) -> impl FnOnce(rusqlite::Error) -> SampleError {
        SampleError::sql(what, self.path, self.bytes)
    }

    fn run(&self, db: &Connection, what: &'static str, sql: &str) -> Result<(), SampleError> {
        db.execute_batch(sql).map_err(self.sql(what))
    }

    fn tell(&self, step: &'static str, done: u64, total: u64) {
        if done.is_multiple_of(TOLD_EVERY) || done == total {
            (self.progress)(Progress { step, done, total });
        }
    }

    fn customers(&self, db: &Connection) -> rusqlite::Result<()> {
        let draws = Draws::new(self.seed, "shop customers");
        let mut insert = db.prepare("INSERT INTO customers VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let (mut email, mut name) = (String::new(), String::new());
        for id in 1..=self.rows.customers {
            email.clear();
            name.clear();
            // Writing to a String cannot fail.
            let _ = write!(email, "{:08x}.{id}@shop.example", draws.unique(id) >> 32);
            let _ = write!(name, "{} {id}", self.text.slice(draws.of(id, 1), 12));
            let country = COUNTRIES[draws.skewed(id, 2, COUNTRIES.len() as u64) as usize];
            let created_at = OPENED_UNIX_S - draws.below(id, 3, 365 * 86_400);
            let row = (
                sql_integer(id),
                &email,
                &name,
                country,
                sql_integer(created_at),
            );
            insert.execute(row)?;
            self.tell("customers", id, self.rows.customers);
        }
        Ok(())
    }

    fn products(&self, db: &Connection) -> rusqlite::Result<()> {
        let draws = Draws::new(self.seed, "shop products");
        let mut insert = db.prepare("INSERT INTO products VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut name = String::new();
        for nth in 0..self.rows.products {
            sku(nth, &mut name);
            let category = draws.below(nth, 1, CATEGORIES.len() as u64) as usize;
            insert.execute((
                &name,
                self.text.slice(draws.of(nth, 2), 24),
                CATEGORIES[category],
                sql_integer(self.orders.price_cents(nth)),
                self.text.slice(draws.of(nth, 3), 600),
            ))?;
            self.tell("products", nth + 1, self.rows.products);
        }
        Ok(())
    }

    /// Orders and events, as time went.
    fn orders(&self, db: &Connection) -> rusqlite::Result<()> {
        let mut insert = db.prepare("INSERT INTO orders VALUES (?1, ?2, ?3, ?4, ?5, NULL)")?;
        let (mut log, mut id) = (Log::default(), String::new());
        let mut events = Events::new(self, db)?;
        for nth in 0..self.rows.orders {
            let placed_at = self.orders.placed_at(nth);
            while let Some(event) = log.next_before(placed_at) {
                events.push(event)?;
            }
            self.orders.id(nth, &mut id);
            let status = self.orders.events(nth).last().map(|last| last.kind.word());
            let (draw, bytes) = self.orders.note(nth);
            insert.execute((
                &id,
                sql_integer(self.orders.customer_id(nth)),
                sql_integer(placed_at),
                status,
                self.text.slice(draw, bytes),
            ))?;
            log.expect(&self.orders, nth);
            self.tell("orders", nth + 1, self.rows.orders);
        }
        while let Some(event) = log.next_before(u64::MAX) {
            events.push(event)?;
        }
        events.flush()
    }

    fn items(&self, db: &Connection) -> rusqlite::Result<()> {
        let mut insert = db.prepare("INSERT INTO order_items VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let (mut id, mut name, mut done) = (String::new(), String::new(), 0);
        for nth in self.orders.by_key() {
            self.orders.id(nth, &mut id);
            for line in 1..=self.orders.items(nth) {
                let item = self.orders.item(nth, line);
                sku(item.product, &mut name);
                insert.execute((
                    &id,
                    sql_integer(line),
                    &name,
                    sql_integer(item.quantity),
                    sql_integer(item.unit_cents),
                ))?;
                done += 1;
                self.tell("order items", done, self.rows.order_items);
            }
        }
        Ok(())
    }
}

/// Events on their way into the log, a few at a time.
struct Events<'a, 'db> {
    writer: &'a Writer<'a>,
    one: Statement<'db>,
    several: Statement<'db>,
    draws: Draws,
    waiting: Vec<Event>,
    id: String,
    payload: String,
    done: u64,
}

impl<'a, 'db> Events<'a, 'db> {
    fn new(writer: &'a Writer<'a>, db: &'db Connection) -> rusqlite::Result<Self> {
        let sql = |rows: usize| {
            let rows = vec!["(?, ?, ?, ?)"; rows].join(", ");
            format!("INSERT INTO order_events(order_id, at, kind, payload) VALUES {rows}")
        };
        Ok(Self {
            writer,
            one: db.prepare(&sql(1))?,
            several: db.prepare(&sql(EVENTS_AT_ONCE))?,
            draws: Draws::new(writer.seed, "shop events"),
            waiting: Vec::with_capacity(EVENTS_AT_ONCE),
            id: String::new(),
            payload: String::new(),
            done: 0,
        })
    }

    fn push(&mut self, event: Event) -> rusqlite::Result<()> {
        self.waiting.push(event);
        if self.waiting.len() < EVENTS_AT_ONCE {
            return Ok(());
        }
        for at in 0..EVENTS_AT_ONCE {
            let (event, from) = (self.waiting[at], at * EVENT_COLUMNS);
            self.compose(event);
            bind(&mut self.several, from, event, &self.id, &self.payload)?;
        }
        self.several.raw_execute()?;
        self.waiting.clear();
        Ok(())
    }

    /// Writes those that still wait.
    fn flush(&mut self) -> rusqlite::Result<()> {
        for event in std::mem::take(&mut self.waiting) {
            self.compose(event);
            bind(&mut self.one, 0, event, &self.id, &self.payload)?;
            self.one.raw_execute()?;
        }
        Ok(())
    }

    /// Fills in the texts of the next row.
    fn compose(&mut self, event: Event) {
        self.writer.orders.id(event.order, &mut self.id);
        let draws = self.draws;
        let text = self.writer.text.slice(
            draws.of(self.done, 1),
            40 + draws.below(self.done, 2, 100) as usize,
        );
        self.payload.clear();
        // Writing to a String cannot fail.
        let _ = write!(
            self.payload,
            "{{\"by\":\"worker-{}\",\"ref\":\"{:016x}\",\"text\":\"{text}\"}}",
            draws.below(self.done, 3, 12),
            draws.unique(self.done),
        );
        self.done += 1;
    }
}

/// Binds one row of the log behind the first `from` parameters.
fn bind(
    insert: &mut Statement<'_>,
    from: usize,
    event: Event,
    order_id: &str,
    payload: &str,
) -> rusqlite::Result<()> {
    insert.raw_bind_parameter(from + 1, order_id)?;
    insert.raw_bind_parameter(from + 2, sql_integer(event.at_unix_s))?;
    insert.raw_bind_parameter(from + 3, event.kind.word())?;
    insert.raw_bind_parameter(from + 4, payload)
}

/// Counts and moments of a shop are far below SQLite's largest integer.
fn sql_integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
