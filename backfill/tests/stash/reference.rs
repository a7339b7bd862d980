//! A plain model of a stash: lists, searched from the start for every question, millisecond by
//! millisecond.

use std::collections::BTreeMap;
use std::time::Duration;

use backfill::stash::{Amount, Full, PutError, Settings};

use crate::bench::add;

/// What is stored, in the order in which it was.
#[derive(Clone, Copy)]
struct Stored {
    key: usize,
    owner: u8,
    bytes: u64,
    is_spilt: bool,
    until_ms: u64,
}

/// Who waits, the first first.
#[derive(Clone, Copy)]
struct Waiter {
    actor: usize,
    owner: u8,
    bytes: u64,
    since_ms: u64,
}

pub(crate) struct Reference {
    settings: Settings,
    pub(crate) now_ms: u64,
    stored: Vec<Stored>,
    line: Vec<Waiter>,
    /// What those who waited have been told, and not heard.
    pub(crate) told: BTreeMap<usize, Result<usize, PutError>>,
    next_key: usize,
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap()
}

/// Whether `all` and one more of `bytes` are within `percent` of `limit`.
fn admits(limit: Amount, percent: u8, all: impl Iterator<Item = u64>, bytes: u64) -> bool {
    let sum = add(all.fold(Amount::default(), add), bytes);
    let share = |whole: u64| whole * u64::from(percent) / 100;
    sum.payloads <= share(limit.payloads) && sum.bytes <= share(limit.bytes)
}

impl Reference {
    pub(crate) const fn new(settings: Settings) -> Self {
        Self {
            settings,
            now_ms: 0,
            stored: Vec::new(),
            line: Vec::new(),
            told: BTreeMap::new(),
            next_key: 0,
        }
    }

    /// Bytes in the main tier, in the overflow and in line.
    pub(crate) fn bytes(&self) -> (u64, u64, u64) {
        let tier = |is_spilt| {
            let there = self.stored.iter().filter(|one| one.is_spilt == is_spilt);
            there.map(|one| one.bytes).sum()
        };
        let waiting = self.line.iter().map(|waiter| waiter.bytes).sum();
        (tier(false), tier(true), waiting)
    }

    pub(crate) fn pass_to(&mut self, ms: u64) {
        while self.now_ms < ms {
            self.now_ms += 1;
            self.settle();
        }
    }

    /// The first who can be served or whose time is up is next, until there is none.
    fn settle(&mut self) {
        self.stored.retain(|one| one.until_ms > self.now_ms);
        let wait_ms = ms(self.settings.wait);
        loop {
            let act = |(at, waiter): (usize, &Waiter)| {
                let found = self.place(waiter.owner, waiter.bytes, &self.line[..at]);
                let is_late = waiter.since_ms + wait_ms <= self.now_ms;
                (found.is_ok() || is_late).then_some((at, found.ok()))
            };
            let Some((at, found)) = self.line.iter().enumerate().find_map(act) else {
                return;
            };
            let waiter = self.line.remove(at);
            let told = match found {
                Some(is_spilt) => Ok(self.store(waiter.owner, waiter.bytes, is_spilt)),
                None => Err(PutError::TimedOut {
                    bytes: waiter.bytes,
                    waited: Duration::from_millis(self.now_ms - waiter.since_ms),
                }),
            };
            self.told.insert(waiter.actor, told);
        }
    }

    fn is_within_share(&self, owner: u8, bytes: u64) -> bool {
        let Settings {
            capacity,
            overflow,
            owner_percent,
            ..
        } = self.settings;
        let all = Amount {
            payloads: capacity.payloads + overflow.payloads,
            bytes: capacity.bytes + overflow.bytes,
        };
        let own = self.stored.iter().filter(|one| one.owner == owner);
        owner_percent == 100 || admits(all, owner_percent, own.map(|one| one.bytes), bytes)
    }

    /// Where it goes if it comes after `ahead`: whether into the overflow.
    fn place(&self, owner: u8, bytes: u64, ahead: &[Waiter]) -> Result<bool, Full> {
        if !self.is_within_share(owner, bytes) {
            return Err(Full::Share);
        }
        let fits = |is_spilt: &bool| {
            let limit = if *is_spilt {
                self.settings.overflow
            } else {
                self.settings.capacity
            };
            let there = self.stored.iter().filter(|one| one.is_spilt == *is_spilt);
            admits(limit, 100, there.map(|one| one.bytes), bytes)
        };
        let is_spilt = [false, true].into_iter().find(fits).ok_or(Full::Tiers)?;
        let is_aside = |waiter: &Waiter| {
            let own = |other: &&Waiter| other.owner == waiter.owner;
            let first = ahead.iter().find(own).unwrap();
            !self.is_within_share(first.owner, first.bytes)
        };
        let passes = |waiter: &Waiter| waiter.owner == owner || !is_aside(waiter);
        if ahead.iter().any(passes) {
            return Err(Full::OthersFirst);
        }
        Ok(is_spilt)
    }

    fn store(&mut self, owner: u8, bytes: u64, is_spilt: bool) -> usize {
        let key = self.next_key;
        self.next_key += 1;
        self.stored.push(Stored {
            key,
            owner,
            bytes,
            is_spilt,
            until_ms: self.now_ms + ms(self.settings.ttl),
        });
        key
    }

    pub(crate) fn put(&mut self, owner: u8, bytes: u64) -> Result<usize, PutError> {
        let Settings {
            capacity, overflow, ..
        } = self.settings;
        let percent = u64::from(self.settings.owner_percent);
        let mut largest_bytes = capacity.bytes.max(overflow.bytes);
        if percent < 100 {
            let share = (capacity.bytes + overflow.bytes) * percent / 100;
            largest_bytes = largest_bytes.min(share);
        }
        if bytes > largest_bytes {
            return Err(PutError::TooLarge {
                bytes,
                largest_bytes,
            });
        }
        let place = self.place(owner, bytes, &self.line);
        let is_spilt = place.map_err(|why| PutError::Full { bytes, why })?;
        Ok(self.store(owner, bytes, is_spilt))
    }

    /// The same, but may wait; `None` if it does.
    pub(crate) fn enter(
        &mut self,
        actor: usize,
        owner: u8,
        bytes: u64,
    ) -> Option<Result<usize, PutError>> {
        let put = self.put(owner, bytes);
        let wait = self.settings.wait;
        if !matches!(put, Err(PutError::Full { .. })) || wait.is_zero() {
            return Some(put);
        }
        let all = || self.line.iter().map(|waiter| waiter.bytes);
        let own = self.line.iter().filter(|waiter| waiter.owner == owner);
        let own = own.map(|waiter| waiter.bytes);
        let (limit, percent) = (self.settings.waiting, self.settings.owner_percent);
        let why = if percent < 100 && !admits(limit, percent, own, bytes) {
            Full::WaitingShare
        } else if self.line.len() as u64 == limit.payloads {
            Full::Waiters
        } else if !admits(limit, 100, all(), bytes) {
            Full::WaitingBytes
        } else {
            self.line.push(Waiter {
                actor,
                owner,
                bytes,
                since_ms: self.now_ms,
            });
            return None;
        };
        Some(Err(PutError::Full { bytes, why }))
    }

    /// Somebody goes away.
    pub(crate) fn leave(&mut self, actor: usize) {
        self.line.retain(|waiter| waiter.actor != actor);
        if let Some(Ok(key)) = self.told.remove(&actor) {
            self.stored.retain(|one| one.key != key);
        }
        self.settle();
    }

    /// Whether there was something to take.
    pub(crate) fn take(&mut self, key: usize, owner: u8) -> bool {
        let before = self.stored.len();
        let is_it = |one: &Stored| one.key == key && one.owner == owner;
        self.stored.retain(|one| !is_it(one));
        let is_taken = self.stored.len() < before;
        self.settle();
        is_taken
    }

    pub(crate) fn clear(&mut self) {
        self.stored.clear();
        self.settle();
    }
}
