//! A table to pace in tests: what a chunk costs, and when it ends.

use std::time::Duration;

use super::{ChunkCost, Pacer, Work};
use crate::time::Instant;

/// Rows that take the same time each, beside a fixed time per chunk.
pub(super) struct Plant {
    pub(super) row: Duration,
    pub(super) chunk: Duration,
    pub(super) now: Instant,
    pub(super) work: Work,
    last: Option<ChunkCost>,
}

impl Plant {
    pub(super) fn of_row_us(row_us: u64) -> Self {
        Self {
            row: Duration::from_micros(row_us),
            chunk: Duration::ZERO,
            now: Instant::default(),
            work: Work::Write,
            last: None,
        }
    }

    /// Runs so many chunks as `pacer` wants them; their rows.
    pub(super) fn run(&mut self, pacer: &mut impl Pacer, chunks: usize) -> Vec<u64> {
        (0..chunks).map(|_| self.step(pacer).rows).collect()
    }

    /// Runs one chunk; what it cost.
    pub(super) fn step(&mut self, pacer: &mut impl Pacer) -> ChunkCost {
        let pace = pacer.pace(self.work, self.last.as_ref());
        let rows = pace.rows.get();
        let rows_32 = u32::try_from(rows).unwrap_or(u32::MAX);
        let hold = self.chunk + self.row * rows_32;
        self.now = self.now + pace.pause + hold;
        let cost = ChunkCost {
            ended_at: self.now,
            rows,
            wait: Duration::ZERO,
            hold,
            waiting: 0,
            in_order: true,
            busy_retries: 0,
        };
        self.last = Some(cost);
        cost
    }
}
