//! Who uses the database over which connections, and who hears of it.

use std::time::Duration;

use backfill::chunked::ReaderSignal;
use backfill::database::{Connections, Database, HandOff, Observer as _, Usage};
use rusqlite::Connection;

use super::budget::Budget;
use crate::machine::SimRuntime;
use crate::outcome::{BACKFILL, BACKFILL_APART, READER, WRITER};
use crate::recorder::Recorder;

/// The connections of a cell, before anybody uses them.
pub(super) struct Pools {
    /// What everybody uses.
    pub(super) shared: Connections,
    /// What the backfill uses instead, where it competes with the live writer.
    pub(super) backfill: Option<Connections>,
    /// A connection of the strategy's own for reads.
    pub(super) apart: Option<Connection>,
    /// How they are handed over.
    pub(super) hand_off: HandOff,
}

/// The same, ready for use.
pub(super) struct Databases {
    /// For traffic and operator.
    pub(super) shared: Database<SimRuntime>,
    /// For the backfill.
    pub(super) backfill: Database<SimRuntime>,
    /// For what it reads apart.
    pub(super) apart: Option<Database<SimRuntime>>,
    /// What readers live through.
    pub(super) readers: ReaderSignal,
    /// What the backfill may store.
    pub(super) budget: Budget,
}

impl Pools {
    /// Hands the connections to whom they are for; `recorder` hears of every use.
    pub(super) fn open(
        self,
        runtime: &SimRuntime,
        busy_timeout: Duration,
        recorder: &Recorder,
    ) -> Databases {
        let (readers, budget) = (ReaderSignal::default(), Budget::default());
        let observer = {
            let (recorder, readers) = (recorder.clone(), readers.clone());
            let budget = budget.clone();
            move |usage: &Usage| {
                recorder.observe(usage);
                if budget.spend(usage) {
                    recorder.cancelled(usage.released_at);
                }
                if usage.user == READER || usage.user == WRITER {
                    readers.observe(usage);
                }
            }
        };
        let open = |pool| {
            Database::new(runtime.clone(), pool, busy_timeout, observer.clone())
                .handing_over(self.hand_off)
        };
        let shared = open(self.shared);
        let own = self.backfill.map(&open);
        let apart = self
            .apart
            .map(|connection| open(Connections::Shared(vec![connection])));
        Databases {
            backfill: own.as_ref().unwrap_or(&shared).named(BACKFILL),
            apart: apart.map(|apart| apart.named(BACKFILL_APART)),
            shared,
            readers,
            budget,
        }
    }
}
