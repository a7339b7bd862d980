//! The store in the server's memory that requests read beside the database, behind a readers-writer
//! lock.
//!
//! The lock is tokio's own `RwLock`, on modelled time. It is first come, first served, as Go's
//! `RWMutex` is to writers: one that waits for a scan to end keeps out every reader that comes
//! after it. So recomputers, which only read, keep readers waiting as soon as anything is inserted.
//! No lock is held while SQL runs, so that waits for it and waits for the database can be told
//! apart.

use std::sync::Arc;
use std::time::Duration;

use backfill::{Instant, Runtime as _};
use tokio::sync::RwLock;
use tokio::task::JoinSet;

use crate::machine::SimRuntime;
use crate::outcome::RequestKind;
use crate::recorder::Recorder;
use crate::scenario::{self, FedBy};

/// The store; clones share it.
#[derive(Clone)]
pub struct Cache {
    /// How many packets ingest has added to it.
    packets: Arc<RwLock<u64>>,
    settings: scenario::Cache,
    runtime: SimRuntime,
    recorder: Recorder,
}

impl Cache {
    /// A store as `settings` describe it, on `runtime`.
    #[must_use]
    pub fn new(settings: scenario::Cache, runtime: SimRuntime, recorder: Recorder) -> Self {
        Self {
            packets: Arc::default(),
            settings,
            runtime,
            recorder,
        }
    }

    /// What the handler of a request does with the store before it asks the database. A packet's
    /// detail page is made from the database alone.
    pub async fn before_sql(&self, kind: RequestKind) {
        match kind {
            RequestKind::Stats | RequestKind::PacketList | RequestKind::Health => {
                let asked_at = self.runtime.now();
                let packets = self.packets.read().await;
                self.waited("reader", asked_at);
                drop(packets);
            }
            RequestKind::PacketDetail | RequestKind::Own(_) => {}
            RequestKind::InsertObservation
            | RequestKind::InsertTransmission
            | RequestKind::InsertLateObservation
            | RequestKind::DeleteTransmission => {
                if self.settings.fed_by == FedBy::Arrival {
                    self.add().await;
                }
            }
        }
    }

    /// What it does once the database has stored what was asked for.
    pub async fn after_sql(&self, kind: RequestKind) {
        if !kind.is_read() && self.settings.fed_by == FedBy::Database {
            self.add().await;
        }
    }

    /// Adds a packet.
    async fn add(&self) {
        let asked_at = self.runtime.now();
        let mut packets = self.packets.write().await;
        self.waited("writer", asked_at);
        let insert = Duration::from_micros(self.settings.insert_us);
        self.runtime.compute(insert).await;
        *packets += 1;
    }

    /// Starts the recomputers; they end when what is returned is dropped.
    #[must_use]
    pub fn recomputers(&self) -> JoinSet<()> {
        let mut all = JoinSet::new();
        for number in 0..self.settings.recomputers {
            all.spawn(self.clone().recompute(number));
        }
        all
    }

    /// Scans the store every so often, for as long as it is let.
    async fn recompute(self, number: u32) {
        let every = Duration::from_millis(self.settings.recompute_every_ms);
        let scan = Duration::from_millis(self.settings.recompute_ms);
        let mut due = Instant::default() + every;
        loop {
            self.runtime.sleep_until(due).await;
            let asked_at = self.runtime.now();
            let packets = self.packets.read().await;
            self.waited("recomputer", asked_at);
            self.runtime.compute(scan).await;
            let now = self.runtime.now();
            self.recorder.event(
                now,
                format_args!("recomputer {number} scanned {} packets", *packets),
            );
            drop(packets);
            // A tick that was missed is left out, as Go's tickers do it.
            while due <= now {
                due = due + every;
            }
        }
    }

    fn waited(&self, user: &'static str, asked_at: Instant) {
        self.recorder.cache_wait(user, asked_at, self.runtime.now());
    }
}
