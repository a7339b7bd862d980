//! What readers live through, told to a pacer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::database::{Access, Observer, Usage};
use crate::time::Instant;

/// Latencies kept from before a backfill; the 95th percentile of so many is steady enough.
const KEPT: usize = 4_096;
/// Latencies a 95th percentile needs to mean anything: the two slowest of 40 lie above it.
pub(super) const ENOUGH: usize = 40;

/// A running record of reader latencies; clones share it.
///
/// Feed it from where reads are answered, or let a [`crate::database::Database`] feed it with what
/// its readers wait and take: it is an [`Observer`]. Writers' uses, observed too, tell it whether
/// anybody polls for the lock.
#[derive(Clone, Debug, Default)]
pub struct ReaderSignal {
    record: Arc<Mutex<Record>>,
    /// Whose reads are observed; all if `None`.
    user: Option<&'static str>,
}

#[derive(Debug, Default)]
struct Record {
    /// The last latencies, oldest first; of them, so many have come since the last look.
    latencies: VecDeque<Duration>,
    fresh: usize,
    newest_at: Option<Instant>,
    /// Whether somebody found the database locked.
    polled: bool,
}

impl ReaderSignal {
    /// A record that observes only reads under the name `user`
    /// ([`crate::database::Database::named`]). A backfill that reads on the same database has to
    /// have another name: it must not take its own reads for readers.
    #[must_use]
    pub fn of_user(user: &'static str) -> Self {
        Self {
            user: Some(user),
            ..Self::default()
        }
    }

    /// A read was answered at `at`, `latency` after it was asked for.
    pub fn record(&self, at: Instant, latency: Duration) {
        let mut record = self.lock();
        if record.latencies.len() == KEPT {
            record.latencies.pop_front();
        }
        record.latencies.push_back(latency);
        record.fresh = (record.fresh + 1).min(KEPT);
        record.newest_at = Some(at);
    }

    /// Somebody found the database locked, and asks for it again and again.
    pub fn record_poll(&self) {
        self.lock().polled = true;
    }

    /// Whether anybody has polled for the lock so far.
    pub(super) fn polled(&self) -> bool {
        self.lock().polled
    }

    /// When the last read was answered.
    pub(super) fn newest_at(&self) -> Option<Instant> {
        self.lock().newest_at
    }

    /// How many latencies have come since the last look.
    pub(super) fn fresh(&self) -> usize {
        self.lock().fresh
    }

    /// The 95th percentile of everything kept; `None` if that is too little.
    pub(super) fn p95_kept(&self) -> Option<Duration> {
        let record = self.lock();
        p95(record.latencies.iter().copied())
    }

    /// Looks at what has come since the last look: its 95th percentile; `None` if that is too
    /// little.
    pub(super) fn p95_fresh(&self) -> Option<Duration> {
        let mut record = self.lock();
        let fresh = std::mem::take(&mut record.fresh);
        let old = record.latencies.len() - fresh;
        p95(record.latencies.iter().skip(old).copied())
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for ReaderSignal {
    fn observe(&self, usage: &Usage) {
        let listened_to = self.user.is_none_or(|user| user == usage.user);
        if usage.access == Access::Read && listened_to {
            self.record(usage.released_at, usage.released_at - usage.queued_at);
        }
    }

    fn busy(&self, _user: &'static str, _at: Instant) {
        self.record_poll();
    }
}

/// The nearest-rank 95th percentile of at least [`ENOUGH`] latencies.
fn p95(latencies: impl Iterator<Item = Duration>) -> Option<Duration> {
    let mut sorted: Vec<Duration> = latencies.collect();
    if sorted.len() < ENOUGH {
        return None;
    }
    sorted.sort_unstable();
    let rank = (sorted.len() * 95).div_ceil(100);
    sorted.get(rank - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(signal: &ReaderSignal, latencies_ms: std::ops::RangeInclusive<u64>) {
        for ms in latencies_ms {
            signal.record(Instant::from_nanos(ms), Duration::from_millis(ms));
        }
    }

    #[test]
    fn a_percentile_is_of_what_came_since_the_last_look() {
        let signal = ReaderSignal::default();
        record(&signal, 1..=100);
        assert_eq!(signal.p95_fresh(), Some(Duration::from_millis(95)));
        record(&signal, 1_001..=1_040);
        assert_eq!(signal.fresh(), 40);
        assert_eq!(signal.p95_fresh(), Some(Duration::from_millis(1_038)));
        assert_eq!(signal.p95_kept(), Some(Duration::from_millis(1_033)));
        assert_eq!(signal.newest_at(), Some(Instant::from_nanos(1_040)));
    }

    #[test]
    fn too_little_is_no_percentile() {
        let signal = ReaderSignal::default();
        record(&signal, 1..=39);
        assert_eq!(signal.p95_kept(), None);
        assert_eq!(signal.p95_fresh(), None);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let signal = ReaderSignal::default();
        record(&signal, 1..=10_000);
        assert_eq!(signal.fresh(), KEPT);
        assert_eq!(signal.p95_fresh(), Some(Duration::from_millis(9_796)));
    }
}
