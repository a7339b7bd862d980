//! The machine the database runs on: a volume, processors, a device, and modelled time.
//!
//! [`SimRuntime`] is the [`Runtime`] of the simulation. It runs SQL in place, in an instant of the
//! host's time, and then lets the modelled time pass that the counted work costs: first on the
//! processors, then on the device. The connection, its open transaction and the locks a commit
//! gives back are held meanwhile.

use std::borrow::BorrowMut;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backfill::runtime::{Runtime, interrupted};
use backfill::time::Instant;
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::disk::{DeviceProfile, Volume, Work};
use crate::spent::{self, Spent};
use crate::station::Station;

/// Modelled time has microseconds; what is less waits for the next charge.
const MICROSECOND_NS: u64 = 1_000;

/// What a database runs on.
#[derive(Debug)]
pub struct Machine {
    volume: Volume,
    profile: DeviceProfile,
    processors: Resource,
    device: Resource,
    /// What the wall clock says when modelled time is 0, ms since 1970.
    epoch_unix_ms: i64,
}

/// A station, and the fraction of a microsecond it has not charged yet.
#[derive(Debug)]
struct Resource {
    station: Station,
    owed_ns: AtomicU64,
}

impl Machine {
    /// A machine with `volume`, at prices from `profile`. SQLite's clock starts at
    /// `epoch_unix_ms`, in ms since 1970.
    #[must_use]
    pub fn new(volume: Volume, profile: DeviceProfile, epoch_unix_ms: i64) -> Arc<Self> {
        Arc::new(Self {
            processors: Resource::new(profile.cpus),
            device: Resource::new(profile.queue_depth),
            volume,
            profile,
            epoch_unix_ms,
        })
    }

    /// Its disk.
    #[must_use]
    pub const fn volume(&self) -> &Volume {
        &self.volume
    }

    /// What SQLite's clock says at `now`, ms since 1970.
    #[must_use]
    pub fn unix_ms(&self, now: Instant) -> i64 {
        let since_start = i64::try_from(now.as_nanos() / 1_000_000).unwrap_or(i64::MAX);
        self.epoch_unix_ms.saturating_add(since_start)
    }

    /// Lets the time pass that `work` takes.
    async fn charge(&self, clock: Clock, work: Work) {
        let cpu_ns = work.cpu_ns(&self.profile);
        let device_ns = work.device_ns(&self.profile);
        let asked = clock.now();
        self.processors.charge(clock, cpu_ns).await;
        let computed = clock.now();
        self.device.charge(clock, device_ns).await;
        let took_ns = |from: Instant, to: Instant| to.as_nanos() - from.as_nanos();
        spent::note(Spent {
            cpu_ns: took_ns(asked, computed),
            device_ns: took_ns(computed, clock.now()),
            bytes: work.own_bytes(),
        });
    }
}

impl Resource {
    fn new(servers: u32) -> Self {
        Self {
            station: Station::new(servers),
            owed_ns: AtomicU64::new(0),
        }
    }

    async fn charge(&self, clock: Clock, ns: u64) {
        // One thread runs a cell, so nobody comes between the two accesses.
        let all = self.owed_ns.load(Ordering::Relaxed) + ns;
        self.owed_ns.store(all % MICROSECOND_NS, Ordering::Relaxed);
        self.station.serve(clock, all - all % MICROSECOND_NS).await;
    }
}

/// The runtime of the simulation: a host's clock, and its machine.
#[derive(Clone, Debug)]
pub struct SimRuntime {
    clock: Clock,
    machine: Arc<Machine>,
}

impl SimRuntime {
    /// A runtime on `machine`, for the host whose clock is `clock`.
    #[must_use]
    pub const fn new(clock: Clock, machine: Arc<Machine>) -> Self {
        Self { clock, machine }
    }

    /// The host's clock.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        self.clock
    }

    /// Uses a processor for `time`, shared with whatever else runs.
    pub async fn compute(&self, time: Duration) {
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.machine.processors.charge(self.clock, ns).await;
    }

    /// Runs `work` now, and says what has to be charged for it.
    fn step<T>(&self, work: impl FnOnce() -> T) -> (T, crate::disk::Step) {
        let unix_ms = self.machine.unix_ms(self.clock.now());
        self.machine.volume.step(unix_ms, work)
    }
}

impl Runtime for SimRuntime {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    async fn sleep_until(&self, at: Instant) {
        self.clock.sleep_until(at).await;
    }

    async fn run_sql<C, T>(
        &self,
        mut connection: C,
        interrupt: CancellationToken,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> (C, rusqlite::Result<T>)
    where
        C: BorrowMut<Connection> + Send + 'static,
        T: Send + 'static,
    {
        if interrupt.is_cancelled() {
            return (connection, Err(interrupted()));
        }
        let (result, step) = self.step(|| work(connection.borrow_mut()));
        tokio::select! {
            biased;
            () = interrupt.cancelled() => {}
            () = self.machine.charge(self.clock, step.work) => return (connection, result),
        }
        // The work has run to its end, but its modelled time has not: SQLite would have stopped
        // here, and rolled back.
        drop((result, step));
        let ((), step) = self.step(|| {
            let connection: &Connection = connection.borrow_mut();
            if !connection.is_autocommit()
                && let Err(error) = connection.execute_batch("ROLLBACK")
            {
                tracing::warn!(%error, "an interrupted transaction could not be rolled back");
            }
        });
        self.machine.charge(self.clock, step.work).await;
        (connection, Err(interrupted()))
    }
}
