//! Evidence for the tests of oracles: a strategy that is done, and a record to fill in.

use rusqlite::Connection;

use super::Evidence;
use crate::dataset::Facts;
use crate::job::Task;
use crate::outcome::Ending;
use crate::recorder::Record;
use crate::scenario::{Role, Strategy, StrategyKind};

/// Evidence without its databases.
pub(super) struct EvidenceOf {
    pub(super) strategy: Strategy,
    pub(super) facts: Facts,
    pub(super) task: Task,
    pub(super) record: Record,
    pub(super) ending: Ending,
}

impl EvidenceOf {
    /// A strategy of `kind` that is done and of which nothing was noted.
    pub(super) fn new(kind: StrategyKind, facts: Facts) -> Self {
        Self {
            strategy: strategy(kind),
            facts,
            task: Task::last_seen(),
            record: Record::default(),
            ending: Ending::Done,
        }
    }

    /// With the database as it is and as it was `before`.
    pub(super) fn on<'a>(
        &'a self,
        connection: &'a Connection,
        before: &'a Connection,
    ) -> Evidence<'a> {
        Evidence {
            connection,
            before,
            task: &self.task,
            rows: self.facts.transmissions,
            source_rows: self.facts.observations,
            rows_done: 0,
            changes_per_row: 1,
            record: &self.record,
            strategy: Some(&self.strategy),
            ending: &self.ending,
        }
    }
}

/// Facts of a dataset with so many transmissions and nothing special about it.
pub(super) const fn facts(transmissions: u64) -> Facts {
    Facts {
        transmissions,
        observations: 0,
        orphans: 0,
        zero_timestamps: 0,
        negative_timestamps: 0,
        id_stride: 1,
        largest_fanout: 0,
        first_unix_s: 0,
        last_unix_s: 0,
    }
}

fn strategy(kind: StrategyKind) -> Strategy {
    Strategy {
        kind,
        role: Role::Candidate,
        rows: Some(10),
        pause_ms: None,
        pacer: None,
        shape: None,
        reads: None,
        coefficient: None,
        target_ms: None,
        interval_ms: None,
        p95_ms: None,
        times_no_backfill: None,
    }
}
