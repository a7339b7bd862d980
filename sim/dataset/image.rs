//! Writes the image: one SQLite file, in one transaction, in one order.
//!
//! Rows are made on one thread and inserted on the caller's. The indexes of the production log grow
//! with the rows, so their pages lie scattered among the table's, as in a file that grew live; the
//! indexes that are a setting are added at the end, as a migration adds them, and lie in one piece.
//! Nothing is durable before the end and
//! nothing has to be: a build that dies leaves a file that nobody trusts. The file ends with the
//! header of a rollback journal, so that whoever opens a copy can choose either journal mode.

use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use rusqlite::{Connection, OpenFlags, Statement};

use super::error::DatasetError;
use super::facts::Facts;
use super::fanout::Fanout;
use super::progress::{Phase, Progress};
use super::rows::{Batch, DIRECTION, Observation, Row, Rows, Transmission};
use super::schema;
use super::text::Texts;
use super::timeline::{Stamp, Timeline, unix_s};
use crate::scenario::Dataset;

/// Bytes of a database page: SQLite's default, and the unit the simulated disk counts in.
const PAGE_BYTES: u32 = 4096;

/// SQLite's cache while building, KiB: room for all indexes of the full scale. More makes the build
/// slower, for the memory has to come from somewhere, and no size changes a byte of the image.
const CACHE_KIB: u32 = 128 * 1024;

/// Batches made ahead of the inserter.
const BATCHES_AHEAD: usize = 8;

/// Settings for a file that nobody else sees and that may be lost.
fn pragmas() -> String {
    format!(
        "PRAGMA page_size = {PAGE_BYTES};
         PRAGMA encoding = 'UTF-8';
         PRAGMA auto_vacuum = NONE;
         PRAGMA journal_mode = OFF;
         PRAGMA synchronous = OFF;
         PRAGMA locking_mode = EXCLUSIVE;
         PRAGMA foreign_keys = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -{CACHE_KIB};"
    )
}

/// About how large the image becomes, bytes: text, and about 350 bytes of other columns, page
/// slack and index entries for each observation; about 1 200 for each transmission.
pub(super) fn expected_bytes(spec: &Dataset) -> u64 {
    let per_observation = u64::from(spec.payload_bytes) + 350;
    (spec.observations.saturating_mul(per_observation))
        .saturating_add(spec.transmissions.saturating_mul(1_200))
}

/// Writes the image of `spec` and `seed` to `path`, which must not exist.
///
/// # Errors
/// [`DatasetError::Impossible`] for settings that contradict each other; [`DatasetError::NoSpace`]
/// and [`DatasetError::Sql`] when the file cannot be written. What was written then stays behind.
pub fn build(
    spec: &Dataset,
    seed: u64,
    path: &Path,
    progress: &dyn Fn(Progress),
) -> Result<Facts, DatasetError> {
    let fanout = Fanout::new(spec, seed)?;
    let timeline = Timeline::new(spec, seed, &fanout);
    let texts = Texts::new(seed, u64::from(spec.payload_bytes) * 2);
    let rows = Rows::new(spec, seed, &fanout, &timeline, &texts);
    let writer = Writer {
        spec,
        path,
        progress,
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags).map_err(writer.sql("create the image"))?;
    writer.run(&db, "set the image up", &pragmas())?;
    writer.run(&db, "begin", "BEGIN EXCLUSIVE")?;
    writer.run(&db, "create the tables", schema::tables())?;
    writer.run(&db, "create an index", schema::grown_indexes())?;
    writer.rows(&db, rows)?;
    writer.added_indexes(&db)?;
    writer.run(&db, "commit", "COMMIT")?;
    db.close()
        .map_err(|(_, source)| writer.sql("close the image")(source))?;
    Ok(facts(spec, &fanout, &timeline))
}

fn facts(spec: &Dataset, fanout: &Fanout, timeline: &Timeline) -> Facts {
    Facts {
        transmissions: spec.transmissions,
        observations: spec.observations,
        orphans: fanout.orphans as u64,
        zero_timestamps: timeline.stamped(Stamp::Zero),
        negative_timestamps: timeline.stamped(Stamp::Negative),
        id_stride: spec.id_stride,
        largest_fanout: u64::from(fanout.counts.iter().copied().max().unwrap_or(0)),
        first_unix_s: unix_s(0),
        last_unix_s: unix_s(timeline.last_us()),
    }
}

/// What the steps of a build share.
struct Writer<'a> {
    spec: &'a Dataset,
    path: &'a Path,
    progress: &'a dyn Fn(Progress),
}

impl Writer<'_> {
    fn sql(&self, what: &'static str) -> impl FnOnce(rusqlite::Error) -> DatasetError {
        DatasetError::sql(what, self.path, expected_bytes(self.spec))
    }

    fn run(&self, db: &Connection, what: &'static str, sql: &str) -> Result<(), DatasetError> {
        db.execute_batch(sql).map_err(self.sql(what))
    }

    fn added_indexes(&self, db: &Connection) -> Result<(), DatasetError> {
        let statements = schema::added_indexes(self.spec);
        for (at, statement) in statements.iter().enumerate() {
            self.run(db, "create an index", statement)?;
            (self.progress)(Progress {
                phase: Phase::Indexes,
                done: at as u64 + 1,
                total: statements.len() as u64,
            });
        }
        Ok(())
    }

    /// Inserts all rows while another thread makes the next ones.
    fn rows(&self, db: &Connection, rows: Rows<'_>) -> Result<(), DatasetError> {
        let (full, made) = sync_channel(BATCHES_AHEAD);
        let (used, empty) = channel();
        thread::scope(|scope| {
            scope.spawn(move || make(rows, &full, &empty));
            let mut insert = Insert::new(db).map_err(self.sql("prepare the inserts"))?;
            let mut done = 0;
            for batch in made {
                insert.batch(&batch).map_err(self.sql("insert rows"))?;
                done += batch.rows.len() as u64;
                (self.progress)(Progress {
                    phase: Phase::Rows,
                    done,
                    total: self.spec.transmissions + self.spec.observations,
                });
                // The maker may have finished and gone; then nobody wants the batch back.
                drop(used.send(batch));
            }
            Ok(())
        })
    }
}

/// Makes batches until all rows are made or nobody takes them any more, filling used ones again.
fn make<'t>(mut rows: Rows<'t>, full: &SyncSender<Batch<'t>>, empty: &Receiver<Batch<'t>>) {
    while let Some(batch) = rows.next_batch(empty.try_recv().unwrap_or_default()) {
        if full.send(batch).is_err() {
            return;
        }
    }
}

/// The prepared inserts.
struct Insert<'db> {
    transmission: Statement<'db>,
    observation: Statement<'db>,
    observations: Statement<'db>,
}

/// Observations that one statement inserts where so many follow each other. AUTOINCREMENT has
/// SQLite look its counter up and store it with every *statement*, a fifth of the build.
const OBSERVATIONS_AT_ONCE: usize = 8;

const OBSERVATION_COLUMNS: usize = 11;

impl<'db> Insert<'db> {
    fn new(db: &'db Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            transmission: db.prepare(
                "INSERT INTO transmissions(id, raw_hex, hash, first_seen, route_type, \
                 payload_type, payload_version, decoded_json, from_pubkey, channel_hash, \
                 created_at) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?4)",
            )?,
            observation: db.prepare(&observations_sql(1))?,
            observations: db.prepare(&observations_sql(OBSERVATIONS_AT_ONCE))?,
        })
    }

    /// Inserts the rows in their order.
    fn batch(&mut self, batch: &Batch<'_>) -> rusqlite::Result<()> {
        let is_observation = |row: &Row<'_>| matches!(row, Row::Observation(_));
        let mut rows = batch.rows.as_slice();
        while let Some(first) = rows.first() {
            let run = rows.iter().take(OBSERVATIONS_AT_ONCE);
            let run = run.take_while(|row| is_observation(row)).count();
            let taken = match first {
                Row::Transmission(row) => {
                    self.transmission(row, &batch.text)?;
                    1
                }
                Row::Observation(_) if run == OBSERVATIONS_AT_ONCE => {
                    observations(&mut self.observations, &rows[..run], &batch.text)?;
                    run
                }
                Row::Observation(_) => {
                    observations(&mut self.observation, &rows[..1], &batch.text)?;
                    1
                }
            };
            rows = &rows[taken..];
        }
        Ok(())
    }

    fn transmission(&mut self, row: &Transmission<'_>, text: &str) -> rusqlite::Result<usize> {
        self.transmission.execute((
            row.id,
            row.raw_hex,
            &text[row.hash.clone()],
            &text[row.first_seen.clone()],
            row.route_type,
            row.payload_type,
            &text[row.decoded_json.clone()],
            row.from_pubkey,
            row.channel_hash.clone().map(|span| &text[span]),
        ))
    }
}

fn observations_sql(rows: usize) -> String {
    let row = format!("({})", ["?"; OBSERVATION_COLUMNS].join(", "));
    format!(
        "INSERT INTO observations VALUES {}",
        vec![row; rows].join(", ")
    )
}

/// Binds each observation of `rows` to its place in `statement` and inserts them.
fn observations(
    statement: &mut Statement<'_>,
    rows: &[Row<'_>],
    text: &str,
) -> rusqlite::Result<()> {
    let mut at = 1;
    for row in rows {
        if let Row::Observation(row) = row {
            bind(statement, at, row, text)?;
            at += OBSERVATION_COLUMNS;
        }
    }
    statement.raw_execute().map(drop)
}

/// Binds the columns of one observation to the parameters from `at` on.
fn bind(
    statement: &mut Statement<'_>,
    at: usize,
    row: &Observation<'_>,
    text: &str,
) -> rusqlite::Result<()> {
    statement.raw_bind_parameter(at, row.id)?;
    statement.raw_bind_parameter(at + 1, row.transmission_id)?;
    statement.raw_bind_parameter(at + 2, row.observer_idx)?;
    statement.raw_bind_parameter(at + 3, DIRECTION)?;
    statement.raw_bind_parameter(at + 4, row.snr)?;
    statement.raw_bind_parameter(at + 5, row.rssi)?;
    statement.raw_bind_parameter(at + 6, row.score)?;
    statement.raw_bind_parameter(at + 7, &text[row.path_json.clone()])?;
    statement.raw_bind_parameter(at + 8, row.timestamp)?;
    statement.raw_bind_parameter(at + 9, row.raw_hex)?;
    let resolved_path = row.resolved_path.clone().map(|span| &text[span]);
    statement.raw_bind_parameter(at + 10, resolved_path)
}
