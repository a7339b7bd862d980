//! Holds what a stash says against its rules, event by event, with sums of its own.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use backfill::Instant;
use backfill::stash::{Amount, Event, Gone, Id, Left, Owner, Settings, Stats, Tier, Watcher, What};

use crate::bench::add;

/// Hears of everything; clones hear the same.
#[derive(Clone)]
pub(crate) struct Auditor(Arc<Mutex<Audit>>);

pub(crate) struct Audit {
    settings: Settings,
    waiting: BTreeMap<u64, Kept>,
    stored: BTreeMap<Id, (Kept, Tier)>,
    last_ticket: Option<u64>,
    pub(crate) last_at: Instant,
    pub(crate) events: Vec<Event>,
    /// The most that was ever held and waiting together, bytes.
    pub(crate) most_bytes: u64,
}

/// A payload that waits or is stored, and since when.
#[derive(Clone)]
struct Kept {
    owner: Owner,
    bytes: u64,
    since: Instant,
}

fn sum<'a>(all: impl Iterator<Item = &'a Kept>) -> Amount {
    all.map(|kept| kept.bytes).fold(Amount::default(), add)
}

fn is_within(amount: Amount, limit: Amount) -> bool {
    amount.payloads <= limit.payloads && amount.bytes <= limit.bytes
}

fn share(limits: &[Amount], percent: u8) -> Amount {
    let part = |of: fn(&Amount) -> u64| {
        let whole: u64 = limits.iter().map(of).sum();
        whole * u64::from(percent) / 100
    };
    Amount {
        payloads: part(|limit| limit.payloads),
        bytes: part(|limit| limit.bytes),
    }
}

impl Auditor {
    pub(crate) fn new(settings: Settings) -> Self {
        Self(Arc::new(Mutex::new(Audit {
            settings,
            waiting: BTreeMap::new(),
            stored: BTreeMap::new(),
            last_ticket: None,
            last_at: Instant::default(),
            events: Vec::new(),
            most_bytes: 0,
        })))
    }

    pub(crate) fn audit(&self) -> MutexGuard<'_, Audit> {
        self.0.lock().unwrap()
    }

    /// What there is, as far as the events say.
    pub(crate) fn stats(&self) -> Stats {
        self.audit().stats()
    }

    /// What has happened so far, of which `pick` wants to know.
    pub(crate) fn picked<T>(&self, pick: impl FnMut(&Event) -> Option<T>) -> Vec<T> {
        self.audit().events.iter().filter_map(pick).collect()
    }
}

impl Watcher for Auditor {
    fn see(&self, at: Instant, event: &Event) {
        // Whoever is dropped because a test has failed has things happen, too.
        if !std::thread::panicking() {
            self.audit().see(at, event);
        }
    }
}

impl Audit {
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            main: self.tier(Tier::Main),
            overflow: self.tier(Tier::Overflow),
            waiting: sum(self.waiting.values()),
        }
    }

    /// Whether `id` is stored, as far as the events say.
    pub(crate) fn holds(&self, id: Id) -> bool {
        self.stored.contains_key(&id)
    }

    fn tier(&self, tier: Tier) -> Amount {
        let there = self.stored.values().filter(|stored| stored.1 == tier);
        sum(there.map(|(kept, _)| kept))
    }

    fn limit(&self, tier: Tier) -> Amount {
        match tier {
            Tier::Main => self.settings.capacity,
            Tier::Overflow => self.settings.overflow,
        }
    }

    fn fits(&self, tier: Tier, bytes: u64) -> bool {
        is_within(add(self.tier(tier), bytes), self.limit(tier))
    }

    fn is_over_share(&self, kept: &Kept) -> bool {
        let own = self.stored.values().map(|(kept, _)| kept);
        let own = sum(own.filter(|other| other.owner == kept.owner));
        let tiers = [self.settings.capacity, self.settings.overflow];
        let percent = self.settings.owner_percent;
        percent < 100 && !is_within(add(own, kept.bytes), share(&tiers, percent))
    }

    /// Who is passed if something of `owner` is stored before all whose tickets are not below
    /// `ticket`: the first who is not held up by its own owner's share alone.
    fn passed(&self, owner: &Owner, ticket: u64) -> Option<u64> {
        let aside = |kept: &Kept| {
            let mut own = self.waiting.values();
            let first = own.find(|other| other.owner == kept.owner).unwrap();
            kept.owner != *owner && self.is_over_share(first)
        };
        let mut before = self.waiting.range(..ticket);
        before.find(|(_, kept)| !aside(kept)).map(|(at, _)| *at)
    }

    /// Who could be served at `now` and is not: nobody, whenever all have done what they can.
    pub(crate) fn servable(&self, now: Instant) -> Option<u64> {
        let mut then = Self {
            waiting: self.waiting.clone(),
            stored: self.stored.clone(),
            events: Vec::new(),
            ..*self
        };
        let ttl = self.settings.ttl;
        then.stored.retain(|_, (kept, _)| kept.since + ttl > now);
        let can = |(&ticket, kept): (&u64, &Kept)| {
            let fits = then.fits(Tier::Main, kept.bytes) || then.fits(Tier::Overflow, kept.bytes);
            let passed = then.passed(&kept.owner, ticket);
            (fits && passed.is_none() && !then.is_over_share(kept)).then_some(ticket)
        };
        then.waiting.iter().find_map(can)
    }

    fn see(&mut self, at: Instant, event: &Event) {
        assert!(at >= self.last_at, "time goes back");
        self.last_at = at;
        let kept = Kept {
            owner: event.owner.clone(),
            bytes: event.bytes,
            since: at,
        };
        match event.what {
            What::Waiting { ticket } => self.waits(ticket, kept),
            What::Stored {
                id,
                tier,
                ticket,
                waited,
            } => self.stores(id, tier, ticket, waited, kept),
            What::Left {
                ticket,
                waited,
                why,
            } => {
                let left = self.waiting.remove(&ticket).expect("it waits");
                assert_eq!((left.bytes, at - left.since), (kept.bytes, waited));
                let is_late = waited >= self.settings.wait;
                assert!(why != Left::TimedOut || is_late, "too early: {waited:?}");
            }
            What::Gone {
                id,
                tier,
                held,
                why,
            } => {
                let (gone, lay) = self.stored.remove(&id).expect("it is stored");
                assert_eq!((gone.bytes, lay), (kept.bytes, tier));
                assert_eq!(at - gone.since, held);
                let is_late = held >= self.settings.ttl;
                assert_eq!(is_late, why == Gone::Expired, "{why:?} after {held:?}");
            }
            What::Refused(_) => {}
        }
        let stats = self.stats();
        let bytes = stats.held().bytes + stats.waiting.bytes;
        self.most_bytes = self.most_bytes.max(bytes);
        self.events.push(event.clone());
    }

    fn waits(&mut self, ticket: u64, kept: Kept) {
        assert!(self.last_ticket < Some(ticket), "{ticket} again");
        self.last_ticket = Some(ticket);
        let owner = kept.owner.clone();
        self.waiting.insert(ticket, kept);
        let (limit, percent) = (self.settings.waiting, self.settings.owner_percent);
        assert!(is_within(sum(self.waiting.values()), limit), "the line");
        let own = self.waiting.values().filter(|kept| kept.owner == owner);
        assert!(is_within(sum(own), share(&[limit], percent)), "the share");
    }

    fn stores(&mut self, id: Id, tier: Tier, ticket: Option<u64>, waited: Duration, kept: Kept) {
        let since = match ticket {
            Some(ticket) => {
                let before = &self.waiting[&ticket];
                assert_eq!((before.bytes, &before.owner), (kept.bytes, &kept.owner));
                before.since
            }
            None => kept.since,
        };
        assert_eq!(waited, kept.since - since);
        let passed = self.passed(&kept.owner, ticket.unwrap_or(u64::MAX));
        assert_eq!(passed, None, "{ticket:?} passes somebody");
        if let Some(ticket) = ticket {
            self.waiting.remove(&ticket);
        }
        assert!(!self.is_over_share(&kept), "{} has its share", kept.owner);
        assert!(self.fits(tier, kept.bytes), "{tier:?} is full");
        let spills = tier == Tier::Overflow && self.fits(Tier::Main, kept.bytes);
        assert!(!spills, "the main tier has room");
        let before = self.stored.insert(id, (kept, tier));
        assert!(before.is_none(), "{id} again");
    }
}
