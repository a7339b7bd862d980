//! Watches a stash event by event: keeps books of its own, and compares.
//!
//! What an event says of amounts, times and places in line is not believed where it can be known
//! otherwise: sums are added up here, deadlines and expiries are computed from when things began,
//! and the order is that in which puts were made.

use std::collections::{BTreeMap, BTreeSet};

use backfill::stash::{Event, Gone, Id, Left, Owner, Tier, What};

use super::faults::Faults;
use super::sum::Sum;
use crate::stash::oracle_names::{BYTES, CONSERVATION, ORDER, WAIT, WAKE};
use crate::stash::outcome::{Limits, Moment};

/// The clock counts microseconds.
const MICROSECOND_NS: u64 = 1_000;
/// How late an expiry may be noticed while somebody waits for it, ns.
const EXPIRY_GRACE_NS: u64 = 1_000_000;

/// Watches a stash.
#[derive(Debug)]
pub(in crate::stash) struct Auditor {
    limits: Limits,
    now_ns: u64,
    main: Sum,
    overflow: Sum,
    waiting: Sum,
    owners: BTreeMap<Owner, Sum>,
    held: BTreeMap<Id, Held>,
    /// In the order in which their puts were made.
    line: Vec<Waits>,
    /// Tickets of those in line who were passed.
    passed: BTreeSet<u64>,
    /// When what has expired in this instant was due, ns: the latest.
    expired_ns: Option<u64>,
    /// Bytes held, added up over time, bytes × ns.
    area: u128,
    /// Until then they are, ns.
    area_until_ns: u64,
    /// Whether figures are counted: not when the stash is filled to see whether it can be.
    pub(in crate::stash) counts: bool,
    pub(super) faults: Faults,
    pub(in crate::stash) tally: Tally,
}

/// Figures that are counted on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::stash) struct Tally {
    pub(in crate::stash) inversions: u64,
    pub(in crate::stash) starved: u64,
    pub(in crate::stash) held_most: u64,
    pub(in crate::stash) with_waiting_most: u64,
    pub(in crate::stash) woken_by_expiry: u64,
    pub(in crate::stash) expiry_wake_most_ns: u64,
    pub(in crate::stash) expired: u64,
    /// Results that were ever in line.
    pub(in crate::stash) waited: u64,
}

#[derive(Debug)]
struct Held {
    owner: Owner,
    bytes: u64,
    tier: Tier,
    until_ns: u64,
}

#[derive(Debug)]
struct Waits {
    ticket: u64,
    owner: Owner,
    bytes: u64,
    since_ns: u64,
}

impl Auditor {
    /// Watches a stash with `limits`; the mean of what is held is that until `mean_until_ns`.
    pub(in crate::stash) fn new(limits: Limits, mean_until_ns: u64) -> Self {
        Self {
            limits,
            now_ns: 0,
            main: Sum::default(),
            overflow: Sum::default(),
            waiting: Sum::default(),
            owners: BTreeMap::new(),
            held: BTreeMap::new(),
            line: Vec::new(),
            passed: BTreeSet::new(),
            expired_ns: None,
            area: 0,
            area_until_ns: mean_until_ns,
            counts: true,
            faults: Faults::default(),
            tally: Tally::default(),
        }
    }

    /// `event` happened at `at_ns`. Says whether it passed somebody who was before it.
    pub(in crate::stash) fn see(&mut self, at_ns: u64, event: &Event) -> bool {
        self.pass_until(at_ns);
        let passed = match event.what {
            What::Waiting { ticket } => {
                self.enters(ticket, event);
                false
            }
            What::Stored {
                id, tier, ticket, ..
            } => self.stores(id, tier, ticket, event),
            What::Refused(_) => false,
            What::Left { ticket, why, .. } => {
                self.leaves(ticket, why, event);
                false
            }
            What::Gone { id, why, .. } => {
                self.goes(id, why, event);
                false
            }
        };
        self.bound();
        passed
    }

    /// Time has passed until `at_ns`: in the instant before, everything was done that could be.
    pub(in crate::stash) fn pass_until(&mut self, at_ns: u64) {
        if at_ns <= self.now_ns {
            return;
        }
        if let Some(waits) = self.first_to_serve(Sum::default()) {
            let said = format!(
                "{} B fitted at {} ns, and were not served then",
                waits.bytes, self.now_ns
            );
            self.faults.add(WAKE, said);
        }
        // What had to be gone by now, in main or, if that is none, in neither.
        let mut due = Sum::default();
        if !self.line.is_empty() {
            for held in self.held.values() {
                if held.tier == Tier::Main && held.until_ns + EXPIRY_GRACE_NS < at_ns {
                    due.add(held.bytes);
                }
            }
        }
        if due.payloads > 0
            && let Some(waits) = self.first_to_serve(due)
        {
            let said = format!(
                "{} B would have fitted before {at_ns} ns without what had expired, and were not \
                 served",
                waits.bytes
            );
            self.faults.add(WAKE, said);
        }
        let counted = |ns: u64| ns.min(self.area_until_ns);
        let held = u128::from(self.main.bytes + self.overflow.bytes);
        self.area += held * u128::from(counted(at_ns) - counted(self.now_ns));
        self.expired_ns = None;
        self.now_ns = at_ns;
    }

    /// The mean of the bytes held.
    pub(in crate::stash) fn held_mean(&self) -> u64 {
        let mean = self.area / u128::from(self.area_until_ns.max(1));
        u64::try_from(mean).unwrap_or(u64::MAX)
    }

    /// What is held now.
    pub(in crate::stash) const fn moment(&self) -> Moment {
        Moment {
            at_ns: self.now_ns,
            held_bytes: self.main.bytes + self.overflow.bytes,
            waiting_bytes: self.waiting.bytes,
            waiters: self.waiting.payloads,
        }
    }

    /// Whether a result that was fetched in vain had expired or was taken away before.
    pub(in crate::stash) fn holds(&self, id: Id) -> bool {
        self.held.contains_key(&id)
    }

    /// Everything is over.
    pub(super) fn close(&mut self) {
        if let Some(waits) = self.line.first() {
            let said = format!("{} B wait for ever", waits.bytes);
            self.faults.add(CONSERVATION, said);
        }
        if let Some(held) = self.held.values().next() {
            let said = format!("{} B of {} are held for ever", held.bytes, held.owner);
            self.faults.add(CONSERVATION, said);
        }
    }

    fn enters(&mut self, ticket: u64, event: &Event) {
        self.tally.waited += 1;
        self.waiting.add(event.bytes);
        self.line.push(Waits {
            ticket,
            owner: event.owner.clone(),
            bytes: event.bytes,
            since_ns: self.now_ns,
        });
    }

    fn stores(&mut self, id: Id, tier: Tier, ticket: Option<u64>, event: &Event) -> bool {
        let place = match ticket {
            Some(ticket) => self.line.iter().position(|one| one.ticket == ticket),
            None => Some(self.line.len()),
        };
        let Some(place) = place else {
            self.faults
                .add(CONSERVATION, format!("{id} was stored from nowhere"));
            return false;
        };
        let standing = self.standing(place);
        let before = standing.filter(|(one, aside)| !aside || one.owner == event.owner);
        let before: Vec<u64> = before.map(|(one, _)| one.ticket).collect();
        let passes = !before.is_empty();
        if passes {
            self.tally.inversions += 1;
            let said = format!(
                "{} B were stored at {} ns before {} who had come before",
                event.bytes,
                self.now_ns,
                before.len()
            );
            self.faults.add(ORDER, said);
        }
        self.passed.extend(before);
        if ticket.is_some() {
            self.steps_out(place);
            if let Some(due_ns) = self.expired_ns {
                self.tally.woken_by_expiry += 1;
                let late_ns = self.now_ns.saturating_sub(due_ns);
                let most = &mut self.tally.expiry_wake_most_ns;
                *most = (*most).max(late_ns);
            }
        }
        self.sum_of(tier).add(event.bytes);
        self.owners
            .entry(event.owner.clone())
            .or_default()
            .add(event.bytes);
        let held = Held {
            owner: event.owner.clone(),
            bytes: event.bytes,
            tier,
            until_ns: self.now_ns + self.limits.ttl_ns,
        };
        if self.held.insert(id, held).is_some() {
            self.faults
                .add(CONSERVATION, format!("{id} was given twice"));
        }
        passes
    }

    fn leaves(&mut self, ticket: u64, why: Left, event: &Event) {
        let Some(place) = self.line.iter().position(|one| one.ticket == ticket) else {
            let said = format!("{} B left without having been in line", event.bytes);
            self.faults.add(CONSERVATION, said);
            return;
        };
        self.steps_out(place);
        if why == Left::TimedOut && self.passed.contains(&ticket) {
            self.tally.starved += 1;
        }
    }

    fn steps_out(&mut self, place: usize) {
        let waits = self.line.remove(place);
        self.waiting.remove(waits.bytes);
        let waited_ns = self.now_ns - waits.since_ns;
        if waited_ns > self.limits.wait_ns + MICROSECOND_NS {
            let said = format!("{} B waited for {waited_ns} ns", waits.bytes);
            self.faults.add(WAIT, said);
        }
    }

    fn goes(&mut self, id: Id, why: Gone, event: &Event) {
        let Some(held) = self.held.remove(&id) else {
            let said = format!("{id}, which was not held, is said to be gone");
            self.faults.add(CONSERVATION, said);
            return;
        };
        if held.bytes != event.bytes || held.owner != event.owner {
            self.faults
                .add(CONSERVATION, format!("{id} is not what it was"));
        }
        self.sum_of(held.tier).remove(held.bytes);
        if let Some(own) = self.owners.get_mut(&held.owner) {
            own.remove(held.bytes);
        }
        if why == Gone::Expired {
            self.tally.expired += 1;
            self.expired_ns = self.expired_ns.max(Some(held.until_ns));
            if self.now_ns < held.until_ns {
                self.faults
                    .add(CONSERVATION, format!("{id} expired before its time"));
            }
        }
    }

    const fn sum_of(&mut self, tier: Tier) -> &mut Sum {
        match tier {
            Tier::Main => &mut self.main,
            Tier::Overflow => &mut self.overflow,
        }
    }

    /// Whether its own owner's share alone holds somebody up.
    fn has_its_share(&self, waits: &Waits) -> bool {
        let limits = &self.limits;
        let tiers = if limits.overflow_bytes > 0 { 2 } else { 1 };
        let share = |whole: u64| {
            let part = u128::from(whole) * u128::from(limits.owner_percent) / 100;
            u64::try_from(part).unwrap_or(u64::MAX)
        };
        let own = self.owners.get(&waits.owner).copied().unwrap_or_default();
        !own.with(waits.bytes).within(
            share(tiers * limits.payloads),
            share(limits.main_bytes + limits.overflow_bytes),
        )
    }

    /// Who would have to be served next, and could be if `freed` were not in the first tier.
    fn first_to_serve(&self, freed: Sum) -> Option<&Waits> {
        let limits = &self.limits;
        let mut all = self.standing(self.line.len());
        let (waits, _) = all.find(|(_, aside)| !aside)?;
        let main = self.main.without(freed).with(waits.bytes);
        let overflow = self.overflow.with(waits.bytes);
        let fits = main.within(limits.payloads, limits.main_bytes)
            || overflow.within(limits.payloads, limits.overflow_bytes);
        fits.then_some(waits)
    }

    /// The first `count` of the line, each with whether it stands aside: its own owner's share
    /// holds it up, or somebody of the same owner for whom it does.
    fn standing(&self, count: usize) -> impl Iterator<Item = (&Waits, bool)> {
        let mut aside: BTreeSet<&Owner> = BTreeSet::new();
        self.line[..count].iter().map(move |waits| {
            let stands = aside.contains(&waits.owner) || self.has_its_share(waits);
            if stands {
                aside.insert(&waits.owner);
            }
            (waits, stands)
        })
    }

    /// Nothing is above its limit.
    fn bound(&mut self) {
        let limits = &self.limits;
        for (what, sum, payloads, bytes) in [
            ("held", self.main, limits.payloads, limits.main_bytes),
            (
                "held in the overflow",
                self.overflow,
                limits.payloads,
                limits.overflow_bytes,
            ),
            (
                "in line",
                self.waiting,
                limits.waiters,
                limits.waiting_bytes,
            ),
        ] {
            if !sum.within(payloads, bytes) {
                let said = format!("{} payloads, {} B, are {what}", sum.payloads, sum.bytes);
                self.faults.add(BYTES, said);
            }
        }
        if !self.counts {
            return;
        }
        let held = self.main.bytes + self.overflow.bytes;
        let tally = &mut self.tally;
        tally.held_most = tally.held_most.max(held);
        tally.with_waiting_most = tally.with_waiting_most.max(held + self.waiting.bytes);
    }
}

#[cfg(test)]
#[path = "auditor_tests.rs"]
mod tests;
