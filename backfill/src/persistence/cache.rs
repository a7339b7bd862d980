//! What is known of rows and outputs, and what of it may be forgotten.
//!
//! What is not in the database yet may never be forgotten. The rest goes, the least recently used
//! first: before all what was written and not asked for since, then what was read, because who has
//! read it once would have to read it again. A written row that is asked for counts as read from
//! then on. Only as much goes as has to: there is no moment at which all is forgotten.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::meter::Charged;
use super::row::Id;
use super::table::TableId;

/// What something is kept under.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Row(TableId, Id),
    /// An effect, and what it is given.
    Output(Arc<str>, Arc<str>),
}

impl Key {
    /// Bytes of text in it.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Row(_, id) => id.bytes(),
            Self::Output(effect, input) => (effect.len() + input.len()) as u64,
        }
    }
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Written at this checkpoint by processing, and not in the database yet.
    Unsaved(Checkpoint),
    /// In the database, and known because processing wrote it.
    Written,
    /// In the database, or not there, and known because processing asked for it.
    Read,
}

/// Which of what is in the database goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    Written,
    Read,
}

#[derive(Debug)]
struct Slot {
    held: Arc<Charged>,
    standing: Standing,
    /// When it was last used: its place in the order of its tier.
    used: u64,
    /// Whether it was asked for since it was last written.
    asked_for: bool,
}

/// What is known.
#[derive(Debug, Default)]
pub(super) struct Cache {
    slots: BTreeMap<Key, Slot>,
    /// The keys of what may go, by when they were last used.
    written: BTreeMap<u64, Key>,
    read: BTreeMap<u64, Key>,
    /// Uses so far.
    uses: u64,
}

impl Cache {
    /// What is known of `key`; that counts as a use.
    pub(super) fn get(&mut self, key: &Key) -> Option<Arc<Charged>> {
        self.uses += 1;
        let slot = self.slots.get_mut(key)?;
        let key = match slot.standing {
            Standing::Unsaved(_) => None,
            Standing::Written => self.written.remove(&slot.used),
            Standing::Read => self.read.remove(&slot.used),
        };
        slot.used = self.uses;
        slot.asked_for = true;
        if let Some(key) = key {
            slot.standing = Standing::Read;
            self.read.insert(slot.used, key);
        }
        Some(Arc::clone(&slot.held))
    }

    /// Whether anything is known of `key`, without using it.
    pub(super) fn knows(&self, key: &Key) -> bool {
        self.slots.contains_key(key)
    }

    /// `key` was looked up in the database. What is known already is newer.
    pub(super) fn load(&mut self, key: Key, held: Arc<Charged>) {
        if self.slots.contains_key(&key) {
            return;
        }
        self.uses += 1;
        self.read.insert(self.uses, key.clone());
        let slot = Slot {
            held,
            standing: Standing::Read,
            used: self.uses,
            asked_for: false,
        };
        self.slots.insert(key, slot);
    }

    /// Processing wrote `key` at `checkpoint`.
    pub(super) fn put(&mut self, key: Key, held: Arc<Charged>, checkpoint: Checkpoint) {
        self.forget(&key);
        self.uses += 1;
        let slot = Slot {
            held,
            standing: Standing::Unsaved(checkpoint),
            used: self.uses,
            asked_for: false,
        };
        self.slots.insert(key, slot);
    }

    /// Everything up to `checkpoint` is in the database; `key` may be, unless written again since.
    pub(super) fn saved(&mut self, key: &Key, checkpoint: Checkpoint) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        if !matches!(slot.standing, Standing::Unsaved(at) if at <= checkpoint) {
            return;
        }
        let (standing, order) = if slot.asked_for {
            (Standing::Read, &mut self.read)
        } else {
            (Standing::Written, &mut self.written)
        };
        slot.standing = standing;
        order.insert(slot.used, key.clone());
    }

    /// The database has something else than what is known of `key`, unless it was written again
    /// after `checkpoint`.
    pub(super) fn refused(&mut self, key: &Key, checkpoint: Checkpoint) {
        let unsaved = |slot: &Slot| match slot.standing {
            Standing::Unsaved(at) => at > checkpoint,
            Standing::Written | Standing::Read => false,
        };
        if !self.slots.get(key).is_some_and(unsaved) {
            self.forget(key);
        }
    }

    /// Forgets what was used least recently in a tier, for as long as `over` says there is too
    /// much; how many that were.
    pub(super) fn evict(&mut self, tier: Tier, mut over: impl FnMut() -> bool) -> u64 {
        let order = match tier {
            Tier::Written => &mut self.written,
            Tier::Read => &mut self.read,
        };
        let mut evicted = 0;
        while over() {
            let Some((_, key)) = order.pop_first() else {
                break;
            };
            self.slots.remove(&key);
            evicted += 1;
        }
        evicted
    }

    /// Forgets everything, whether it is in the database or not.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn forget(&mut self, key: &Key) {
        if let Some(slot) = self.slots.remove(key) {
            match slot.standing {
                Standing::Unsaved(_) => {}
                Standing::Written => drop(self.written.remove(&slot.used)),
                Standing::Read => drop(self.read.remove(&slot.used)),
            }
        }
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;
