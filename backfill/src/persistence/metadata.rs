//! Facts about the sources that nobody processes: how far the world is, how many workers there are.
//!
//! Only the latest of each counts. What has not changed is not written again, what has changed goes
//! with the next batch for free, and alone only where no batch comes along for a while.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::time::Instant;

/// The time from one write of nothing but metadata to the next, unless said.
pub(super) const ALONE_EVERY: Duration = Duration::from_millis(500);

/// What was staged.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    /// As it was staged last.
    staged: BTreeMap<Arc<str>, Arc<str>>,
    /// What of it is not in the database.
    dirty: BTreeMap<Arc<str>, Arc<str>>,
    /// When something was last written without a batch.
    alone_at: Option<Instant>,
}

impl Metadata {
    /// What is in the database.
    pub(super) fn stored(stored: impl IntoIterator<Item = (Arc<str>, Arc<str>)>) -> Self {
        Self {
            staged: stored.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Stages `value`; whether there is anything to write.
    pub(super) fn stage(&mut self, key: Arc<str>, value: Arc<str>) -> bool {
        if self.staged.get(&key) == Some(&value) {
            return false;
        }
        self.staged.insert(Arc::clone(&key), Arc::clone(&value));
        self.dirty.insert(key, value);
        true
    }

    /// What was staged last under `key`.
    pub(super) fn get(&self, key: &str) -> Option<Arc<str>> {
        self.staged.get(key).cloned()
    }

    /// What has to be written; what is staged from now on has to be written after it.
    pub(super) fn take(&mut self) -> BTreeMap<Arc<str>, Arc<str>> {
        std::mem::take(&mut self.dirty)
    }

    pub(super) fn is_dirty(&self) -> bool {
        !self.dirty.is_empty()
    }

    /// When it may be written alone; `None` if there is nothing to write.
    pub(super) fn due_at(&self, now: Instant, every: Duration) -> Option<Instant> {
        let due = self.alone_at.map_or(now, |at| at + every);
        self.is_dirty().then_some(due)
    }

    /// It is written alone, from `at` on.
    pub(super) const fn goes_alone(&mut self, at: Instant) {
        self.alone_at = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_nanos(ms * 1_000_000)
    }

    #[test]
    fn what_has_not_changed_is_not_written_again() {
        let mut metadata = Metadata::stored([("head".into(), "7".into())]);
        assert!(!metadata.stage("head".into(), "7".into()));
        assert!(metadata.stage("head".into(), "8".into()));
        assert_eq!(metadata.take().len(), 1);
        assert!(!metadata.stage("head".into(), "8".into()));
        assert!(!metadata.is_dirty());
    }

    /// Three stagings inside an interval: the first at once, the last at its end.
    #[test]
    fn alone_it_goes_at_once_and_then_every_interval() {
        let every = Duration::from_millis(10);
        let mut metadata = Metadata::default();
        assert_eq!(metadata.due_at(at(100), every), None);
        metadata.stage("head".into(), "1".into());
        assert_eq!(metadata.due_at(at(100), every), Some(at(100)));
        metadata.take();
        metadata.goes_alone(at(100));
        metadata.stage("head".into(), "2".into());
        metadata.stage("head".into(), "3".into());
        assert_eq!(metadata.due_at(at(103), every), Some(at(110)));
        assert_eq!(metadata.take()["head"], "3".into());
    }
}
