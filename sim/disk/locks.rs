//! SQLite's file locks and shared-memory locks, between the handles of one file.
//!
//! The rules are those of SQLite's own lock levels (`os.h`) and WAL lock slots; each handle is a
//! connection, and nobody else exists.
//!
//! One thing is added, because a step of SQL runs in an instant of the host's time and *takes* its
//! modelled time afterwards: a lock that a commit gives back keeps others out until the commit's
//! modelled time is over. Such a lock leaves a shadow, cleared with [`Locks::clear_shadow`].
//! Shadows are cast only by locks that are held for long in real life: RESERVED and above on the
//! file, the WAL's write and checkpoint locks.

use rusqlite::ffi;

/// A handle of a file: one connection's.
pub(super) type HandleId = u32;

/// Lock slots of a WAL index: write, checkpoint, recover, five readers (`wal.h`).
const SLOTS: u8 = ffi::SQLITE_SHM_NLOCK as u8;
/// The slots whose exclusive locks cast shadows: WAL_WRITE_LOCK and WAL_CKPT_LOCK.
const SHADOWED_SLOTS: u8 = 0b11;

/// How much of a file a handle has locked: SQLite's levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Nothing.
    #[default]
    None,
    /// May read.
    Shared,
    /// Will write; others may read.
    Reserved,
    /// Waits for readers to leave; no new ones come in.
    Pending,
    /// May write; nobody else may do anything.
    Exclusive,
}

impl Level {
    pub(super) const fn from_sqlite(level: i32) -> Option<Self> {
        match level {
            ffi::SQLITE_LOCK_NONE => Some(Self::None),
            ffi::SQLITE_LOCK_SHARED => Some(Self::Shared),
            ffi::SQLITE_LOCK_RESERVED => Some(Self::Reserved),
            ffi::SQLITE_LOCK_PENDING => Some(Self::Pending),
            ffi::SQLITE_LOCK_EXCLUSIVE => Some(Self::Exclusive),
            _ => None,
        }
    }
}

/// Somebody else has the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy;

/// What one handle holds.
#[derive(Clone, Copy, Debug, Default)]
struct Held {
    handle: HandleId,
    level: Level,
    /// What others still see, though it was given back.
    level_shadow: Level,
    shared_slots: u8,
    exclusive_slots: u8,
    /// What others still see, though it was given back.
    slots_shadow: u8,
}

/// The locks on one file.
#[derive(Debug, Default)]
pub(super) struct Locks {
    held: Vec<Held>,
}

impl Locks {
    /// A handle that holds nothing yet.
    pub(super) fn open(&mut self, handle: HandleId) {
        self.held.push(Held {
            handle,
            ..Held::default()
        });
    }

    /// Gives back everything a handle holds, shadows too.
    pub(super) fn close(&mut self, handle: HandleId) {
        self.held.retain(|held| held.handle != handle);
    }

    /// Raises the handle's lock to `want`. On the way to Exclusive, Pending is kept when readers
    /// are still there, as SQLite does it.
    pub(super) fn lock(&mut self, handle: HandleId, want: Level) -> Result<(), Busy> {
        if self.mine(handle).level >= want {
            return Ok(());
        }
        let others = self.others_level(handle);
        let blocked_from = match want {
            Level::None => return Ok(()),
            Level::Shared => Level::Pending,
            Level::Reserved | Level::Pending | Level::Exclusive => Level::Reserved,
        };
        if others >= blocked_from {
            return Err(Busy);
        }
        if want == Level::Exclusive && others >= Level::Shared {
            self.mine(handle).level = Level::Pending;
            return Err(Busy);
        }
        self.mine(handle).level = want;
        Ok(())
    }

    /// Lowers the handle's lock to `to`; whether a shadow stays.
    pub(super) fn unlock(&mut self, handle: HandleId, to: Level) -> bool {
        let mine = self.mine(handle);
        let had = mine.level;
        mine.level = had.min(to);
        let casts = had >= Level::Reserved && mine.level < had;
        if casts {
            mine.level_shadow = mine.level_shadow.max(had);
        }
        casts
    }

    /// Whether any handle is at Reserved or above.
    pub(super) fn reserved(&self) -> bool {
        self.held
            .iter()
            .any(|held| held.level.max(held.level_shadow) >= Level::Reserved)
    }

    /// Takes the slots in `mask`, all or none.
    pub(super) fn lock_slots(
        &mut self,
        handle: HandleId,
        mask: u8,
        exclusive: bool,
    ) -> Result<(), Busy> {
        let taken = self
            .held
            .iter()
            .filter(|held| held.handle != handle)
            .fold(0, |all, held| {
                let shared = if exclusive { held.shared_slots } else { 0 };
                all | held.exclusive_slots | held.slots_shadow | shared
            });
        if taken & mask != 0 {
            return Err(Busy);
        }
        let mine = self.mine(handle);
        if exclusive {
            mine.exclusive_slots |= mask;
        } else {
            mine.shared_slots |= mask;
        }
        Ok(())
    }

    /// Gives the slots in `mask` back; whether a shadow stays.
    pub(super) fn unlock_slots(&mut self, handle: HandleId, mask: u8) -> bool {
        let mine = self.mine(handle);
        let shadow = mine.exclusive_slots & mask & SHADOWED_SLOTS;
        mine.exclusive_slots &= !mask;
        mine.shared_slots &= !mask;
        mine.slots_shadow |= shadow;
        shadow != 0
    }

    /// Ends the shadows of a handle: the time of its step is over.
    pub(super) fn clear_shadow(&mut self, handle: HandleId) {
        if let Some(held) = self.held.iter_mut().find(|held| held.handle == handle) {
            held.level_shadow = Level::None;
            held.slots_shadow = 0;
        }
    }

    fn others_level(&self, handle: HandleId) -> Level {
        self.held
            .iter()
            .filter(|held| held.handle != handle)
            .map(|held| held.level.max(held.level_shadow))
            .max()
            .unwrap_or_default()
    }

    fn mine(&mut self, handle: HandleId) -> &mut Held {
        self.held
            .iter_mut()
            .find(|held| held.handle == handle)
            .expect("a handle locks between its open and its close")
    }
}

/// The slots `offset..offset + n` as a mask; `None` if there are no such slots.
pub(super) fn slot_mask(offset: i32, n: i32) -> Option<u8> {
    let offset = u8::try_from(offset).ok()?;
    let n = u8::try_from(n).ok().filter(|&n| n >= 1)?;
    let end = offset.checked_add(n).filter(|&end| end <= SLOTS)?;
    let below = |slot: u8| u8::try_from((1_u16 << slot) - 1).unwrap_or(u8::MAX);
    Some(below(end) & !below(offset))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Locks {
        let mut locks = Locks::default();
        locks.open(1);
        locks.open(2);
        locks
    }

    #[test]
    fn a_reader_keeps_a_commit_waiting_and_the_commit_keeps_new_readers_out() {
        let mut locks = two();
        locks.open(3);
        assert_eq!(locks.lock(1, Level::Shared), Ok(()));
        assert_eq!(locks.lock(2, Level::Shared), Ok(()));
        assert_eq!(locks.lock(1, Level::Reserved), Ok(()));
        assert_eq!(locks.lock(2, Level::Reserved), Err(Busy));
        assert_eq!(locks.lock(1, Level::Exclusive), Err(Busy));
        assert_eq!(locks.lock(3, Level::Shared), Err(Busy));
        locks.unlock(2, Level::None);
        assert_eq!(locks.lock(1, Level::Exclusive), Ok(()));
    }

    #[test]
    fn a_lock_given_back_keeps_others_out_until_its_shadow_ends() {
        let mut locks = two();
        assert_eq!(locks.lock(1, Level::Shared), Ok(()));
        assert_eq!(locks.lock(1, Level::Exclusive), Ok(()));
        assert!(locks.unlock(1, Level::None));
        assert_eq!(locks.lock(2, Level::Shared), Err(Busy));
        assert!(locks.reserved());
        assert_eq!(locks.lock(1, Level::Shared), Ok(()));
        locks.clear_shadow(1);
        assert_eq!(locks.lock(2, Level::Shared), Ok(()));
        assert!(!locks.reserved());
    }

    #[test]
    fn reader_slots_cast_no_shadow() {
        let mut locks = two();
        let (write, reader) = (slot_mask(0, 1).unwrap(), slot_mask(4, 1).unwrap());
        assert_eq!(locks.lock_slots(1, write, true), Ok(()));
        assert_eq!(locks.lock_slots(2, write, true), Err(Busy));
        assert!(locks.unlock_slots(1, write));
        assert_eq!(locks.lock_slots(2, write, true), Err(Busy));
        locks.clear_shadow(1);
        assert_eq!(locks.lock_slots(2, write, true), Ok(()));
        assert_eq!(locks.lock_slots(1, reader, false), Ok(()));
        assert_eq!(locks.lock_slots(2, reader, true), Err(Busy));
        assert!(!locks.unlock_slots(1, reader));
        assert_eq!(locks.lock_slots(2, reader, true), Ok(()));
    }

    #[test]
    fn slot_masks_cover_the_slots_named() {
        assert_eq!(slot_mask(0, 8), Some(0xff));
        assert_eq!(slot_mask(3, 2), Some(0b1_1000));
        assert_eq!(slot_mask(7, 2), None);
        assert_eq!(slot_mask(-1, 1), None);
        assert_eq!(slot_mask(1, 0), None);
    }
}
