//! Runs one strategy: the rebuild under test, or what others would do.

use std::num::NonZeroU64;
use std::time::Duration;

use backfill::Runtime as _;
use backfill::aggregate::{self, Rebuild};
use backfill::chunked::ReaderSignal;
use backfill::database::Database;
use rusqlite::Connection;

use super::kept;
use super::outcome::Chunk;
use super::plain::{Chain, Cursor, Uniques, collect_all, single_transaction};
use super::recorder::Recorder;
use super::scenario::{Strategy, StrategyKind};
use crate::machine::SimRuntime;
use crate::strategy::{chain, pacer};

/// One process that counts.
#[derive(Clone)]
pub(super) struct Rebuilder {
    pub(super) strategy: Strategy,
    pub(super) database: Database<SimRuntime>,
    pub(super) signal: ReaderSignal,
    pub(super) recorder: Recorder,
    /// Views that were stored before.
    pub(super) total: u64,
}

impl Rebuilder {
    /// Counts until everything is counted, from wherever an earlier run was.
    pub(super) async fn run(self) -> Result<(), String> {
        match self.strategy.kind {
            StrategyKind::Chunked | StrategyKind::ReadsEarly => self.chunked().await,
            StrategyKind::CollectAll => self.at_once(collect_all).await,
            StrategyKind::SingleTransaction => self.at_once(single_transaction).await,
            StrategyKind::CarriedSet | StrategyKind::TruncatedSet => {
                let uniques = Uniques::Carried(self.strategy.carried());
                self.chained(uniques, Cursor::Within, true).await
            }
            StrategyKind::CursorApart => self.chained(Uniques::Stored, Cursor::Apart, true).await,
            StrategyKind::DoubleStart => {
                self.chained(Uniques::Stored, Cursor::InMemory, true).await
            }
            StrategyKind::LiveLost => self.chained(Uniques::Stored, Cursor::Within, false).await,
        }
    }

    async fn chunked(self) -> Result<(), String> {
        let aggregate = kept::aggregate().map_err(|error| chain(&error))?;
        let pacer = pacer(&self.strategy.pacing(), &self.signal).map_err(|error| chain(&error))?;
        let bytes = NonZeroU64::new(self.strategy.chunk_bytes()).ok_or("chunks of no bytes")?;
        let (runtime, chunks) = (self.database.runtime().clone(), self.recorder.clone());
        let progress = self.recorder;
        let rebuild = Rebuild::new(&aggregate)
            .chunk_bytes(bytes)
            .watched(move |chunk| chunks.chunk(chunk.into()))
            .on(self.database, pacer)
            .following(|_| ())
            .observed(move |done| progress.progress(runtime.now(), done.processed, done.total));
        let ended = rebuild.run().await;
        ended.map(drop).map_err(|error| chain(&error))
    }

    async fn at_once(
        self,
        count: fn(&Connection) -> rusqlite::Result<Option<Chunk>>,
    ) -> Result<(), String> {
        let counted = self.database.write(count).await;
        let counted = counted.map_err(|error| chain(&error))?;
        if let Some(chunk) = counted {
            let now = self.database.runtime().now();
            let at_ns = now.as_nanos();
            self.recorder.chunk(Chunk { at_ns, ..chunk });
            self.recorder.progress(now, chunk.rows, chunk.rows);
        }
        Ok(())
    }

    async fn chained(
        self,
        uniques: Uniques,
        cursor: Cursor,
        counts_live: bool,
    ) -> Result<(), String> {
        let links = Chain {
            rows: self.strategy.rows.unwrap_or(1),
            pause: Duration::from_millis(self.strategy.pause_ms.unwrap_or(0)),
            uniques,
            cursor,
            counts_live,
        };
        let ended = links.run(self.database, self.recorder, self.total).await;
        ended.map_err(|error| chain(&error))
    }
}

impl From<&aggregate::Chunk> for Chunk {
    fn from(chunk: &aggregate::Chunk) -> Self {
        Self {
            at_ns: chunk.at.as_nanos(),
            rows: chunk.rows,
            refused: chunk.refused,
            row_bytes: Some(chunk.bytes_read),
            written_bytes: chunk.bytes_written,
            carried_bytes: chunk.carried_bytes,
        }
    }
}
