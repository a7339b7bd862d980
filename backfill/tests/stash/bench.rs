//! A stash on tokio's paused clock, and those who wait for it, each in a task of its own.

use std::time::Duration;

use backfill::stash::{Amount, Id, Owner, PutError, Settings, Stash};
use backfill::{Runtime as _, TokioRuntime};
use bytes::Bytes;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::auditor::Auditor;

pub(crate) struct Bench {
    pub(crate) runtime: TokioRuntime,
    pub(crate) stash: Stash<TokioRuntime>,
    pub(crate) auditor: Auditor,
}

/// So many bytes, in as many payloads as one likes.
pub(crate) const fn bytes(bytes: u64) -> Amount {
    Amount {
        payloads: 1_000,
        bytes,
    }
}

/// One payload of so many bytes more.
pub(crate) const fn add(amount: Amount, bytes: u64) -> Amount {
    Amount {
        payloads: amount.payloads + 1,
        bytes: amount.bytes + bytes,
    }
}

/// 100 B, one owner may hold all of it, and everybody waits for up to 500 ms.
pub(crate) fn hundred() -> Settings {
    Settings {
        capacity: bytes(100),
        waiting: bytes(1_000),
        owner_percent: 100,
        ..Settings::default()
    }
}

/// A payload of so many bytes.
pub(crate) fn sized(bytes: u64) -> Bytes {
    vec![b'x'; usize::try_from(bytes).unwrap()].into()
}

pub(crate) fn ann() -> Owner {
    Owner::new("ann")
}

pub(crate) fn bob() -> Owner {
    Owner::new("bob")
}

/// What became of somebody who waited, and when, ms from the start.
pub(crate) type Waiting = JoinHandle<(Result<Id, PutError>, u64)>;

impl Bench {
    pub(crate) fn new(settings: Settings) -> Self {
        let (runtime, auditor) = (TokioRuntime::new(), Auditor::new(settings));
        let stash = Stash::new(runtime, settings, [7; 32], auditor.clone());
        Self {
            runtime,
            stash: stash.unwrap(),
            auditor,
        }
    }

    /// What is to be there, is: `size` B for ann.
    pub(crate) fn put(&self, size: u64) -> Result<Id, PutError> {
        self.stash.put(&ann(), sized(size))
    }

    pub(crate) fn take(&self, id: Id) -> Option<Bytes> {
        self.stash.take(id, &ann())
    }

    pub(crate) fn ms(&self) -> u64 {
        self.runtime.now().as_nanos() / 1_000_000
    }

    /// Waits until so many ms from the start; everybody else does what they can meanwhile.
    pub(crate) async fn at(&self, ms: u64) {
        let at = backfill::Instant::from_nanos(ms * 1_000_000);
        self.runtime.sleep_until(at).await;
        settle().await;
    }

    /// Somebody who wants to store `size` B of ann's, and has begun to.
    pub(crate) async fn wait(&self, size: u64) -> Waiting {
        self.wait_for(&ann(), size, &CancellationToken::new()).await
    }

    pub(crate) async fn wait_for(
        &self,
        owner: &Owner,
        size: u64,
        cancel: &CancellationToken,
    ) -> Waiting {
        let (stash, runtime) = (self.stash.clone(), self.runtime);
        let (owner, cancel) = (owner.clone(), cancel.clone());
        let waiting = tokio::spawn(async move {
            let result = stash.put_wait(&owner, sized(size), cancel).await;
            (result, runtime.now().as_nanos() / 1_000_000)
        });
        settle().await;
        waiting
    }

    /// Bytes held in both tiers, and bytes waiting, by the stash's own account and the auditor's.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        let stats = self.stash.stats();
        assert_eq!(stats, self.auditor.stats());
        (stats.held().bytes, stats.waiting.bytes)
    }
}

/// Lets everybody else do what they can without the clock moving.
pub(crate) async fn settle() {
    for _ in 0..16 {
        tokio::task::yield_now().await;
    }
}

/// Who was served, and when.
pub(crate) async fn served(waiting: Waiting) -> (Id, u64) {
    let (result, at_ms) = waiting.await.unwrap();
    (result.unwrap(), at_ms)
}

/// Asserts that the time of who wanted `bytes` was up after 500 ms, at `at_ms`.
pub(crate) async fn assert_timed_out(waiting: Waiting, bytes: u64, at_ms: u64) {
    let waited = Duration::from_millis(500);
    let timed_out = Err(PutError::TimedOut { bytes, waited });
    assert_eq!(waiting.await.unwrap(), (timed_out, at_ms));
}
