//! What a stash holds, and who waits: every change of it, none of which waits for anything.
//!
//! The rules are those in the module's head. Deadlines never decrease along the line, since all may
//! wait equally long; so whoever's time is up stands before all others.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use tokio::sync::oneshot;

use super::entry::{Entry, Payload, Waiter};
use super::error::{Full, PutError};
use super::event::{Event, Gone, Left, Tier, What};
use super::id::{Id, Ids};
use super::owner::Owner;
use super::room::{NoRoom, Room};
use super::settings::Settings;
use super::stats::Stats;
use crate::time::Instant;

pub(super) struct State {
    settings: Settings,
    ids: Ids,
    tiers: Room,
    entries: BTreeMap<Id, Entry>,
    /// When each expires.
    expiries: BTreeSet<(Instant, Id)>,
    line: Room,
    /// By ticket.
    waiters: BTreeMap<u64, Waiter>,
    next_ticket: u64,
    /// Whether somebody waits for more than its own owner's share.
    is_held_up: bool,
    /// Whether anything has changed since the line was last looked at. The line may be long, and
    /// be looked at by each who stands in it.
    has_changed: bool,
    /// What nobody has been told yet.
    pub(super) events: Vec<Event>,
    /// What is to be freed when nobody waits for the state.
    pub(super) freed: Vec<Bytes>,
}

/// What becomes of a payload that may wait.
pub(super) enum Entered {
    Stored(Id),
    Waits(Waits),
}

/// A place in line, as its holder sees it.
pub(super) struct Waits {
    pub(super) ticket: u64,
    pub(super) until: Instant,
    pub(super) told: oneshot::Receiver<Result<Id, PutError>>,
}

impl State {
    pub(super) fn new(settings: Settings, seed: [u8; 32]) -> Self {
        Self {
            settings,
            ids: Ids::new(seed),
            tiers: settings.tiers(),
            entries: BTreeMap::new(),
            expiries: BTreeSet::new(),
            line: settings.line(),
            waiters: BTreeMap::new(),
            next_ticket: 0,
            is_held_up: false,
            has_changed: false,
            events: Vec::new(),
            freed: Vec::new(),
        }
    }

    /// Removes what has expired, and looks at the line.
    pub(super) fn settle(&mut self, now: Instant) {
        while let Some(&(at, id)) = self.expiries.first()
            && at <= now
        {
            let expired = self.remove(id, Gone::Expired, now);
            self.freed.extend(expired);
        }
        let first = self.waiters.first_key_value();
        let is_due = first.is_some_and(|(_, waiter)| waiter.until <= now);
        if self.has_changed || is_due {
            self.look(now);
            self.has_changed = false;
        }
    }

    /// Serves whoever can be, and lets go whose time is up.
    fn look(&mut self, now: Instant) {
        self.is_held_up = false;
        let mut aside = BTreeSet::new();
        let mut next = 0;
        while let Some((&ticket, waiter)) = self.waiters.range(next..).next() {
            next = ticket + 1;
            let owner = &waiter.payload.owner;
            let found = if aside.contains(owner) {
                Err(NoRoom::Share)
            } else {
                self.tiers.find(owner, waiter.payload.len())
            };
            match found {
                Ok(tier) => self.serve(ticket, tier, now),
                Err(_) if waiter.until <= now => self.step_out(ticket, Left::TimedOut, now),
                Err(NoRoom::Share) => {
                    aside.insert(owner.clone());
                }
                Err(NoRoom::Payloads | NoRoom::Bytes) => {
                    self.is_held_up = true;
                    break;
                }
            }
        }
    }

    /// When something expires next.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.expiries.first().map(|&(at, _)| at)
    }

    pub(super) const fn stats(&self) -> Stats {
        Stats {
            main: self.tiers.taken(Tier::Main),
            overflow: self.tiers.taken(Tier::Overflow),
            waiting: self.line.taken(Tier::Main),
        }
    }

    /// Stores `payload`, or refuses it.
    pub(super) fn put(&mut self, payload: Payload, now: Instant) -> Result<Id, PutError> {
        match self.find(&payload) {
            Ok(tier) => Ok(self.store(payload, tier, None, now)),
            Err(error) => Err(self.refuse(payload, error)),
        }
    }

    /// Stores `payload`, or has it wait, or refuses it.
    pub(super) fn enter(&mut self, payload: Payload, now: Instant) -> Result<Entered, PutError> {
        let full = match self.find(&payload) {
            Ok(tier) => return Ok(Entered::Stored(self.store(payload, tier, None, now))),
            Err(error) => error,
        };
        let may_wait = matches!(full, PutError::Full { .. }) && !self.settings.wait.is_zero();
        if !may_wait {
            return Err(self.refuse(payload, full));
        }
        let bytes = payload.len();
        if let Err(full) = self.line.find(&payload.owner, bytes) {
            let why = full.of_line();
            return Err(self.refuse(payload, PutError::Full { bytes, why }));
        }
        Ok(Entered::Waits(self.queue(payload, now)))
    }

    /// Says that `payload` is not stored.
    pub(super) fn refuse(&mut self, payload: Payload, error: PutError) -> PutError {
        self.events.push(payload.event(What::Refused(error)));
        self.freed.push(payload.bytes);
        error
    }

    /// Gives `id` out, if it is `owner`'s.
    pub(super) fn take(&mut self, id: Id, owner: &Owner, now: Instant) -> Option<Bytes> {
        let entry = self.entries.get(&id)?;
        if entry.payload.owner != *owner {
            return None;
        }
        self.remove(id, Gone::Taken, now)
    }

    /// Removes all that is stored.
    pub(super) fn clear(&mut self, now: Instant) {
        while let Some((&id, _)) = self.entries.first_key_value() {
            let cleared = self.remove(id, Gone::Cleared, now);
            self.freed.extend(cleared);
        }
    }

    /// Whoever holds `ticket` goes away. `unseen` is what it was told and has not heard.
    pub(super) fn leave(
        &mut self,
        ticket: u64,
        unseen: Option<Result<Id, PutError>>,
        why: Left,
        now: Instant,
    ) {
        if self.waiters.contains_key(&ticket) {
            self.step_out(ticket, why, now);
        }
        if let Some(Ok(id)) = unseen {
            let withdrawn = self.remove(id, Gone::Withdrawn, now);
            self.freed.extend(withdrawn);
        }
    }

    /// Where a payload that has just come may go without passing anybody.
    fn find(&self, payload: &Payload) -> Result<Tier, PutError> {
        let (owner, bytes) = (&payload.owner, payload.len());
        let largest_bytes = self.tiers.largest_bytes();
        if bytes > largest_bytes {
            return Err(PutError::TooLarge {
                bytes,
                largest_bytes,
            });
        }
        let found = self.tiers.find(owner, bytes);
        let why = match found.map_err(NoRoom::of_tiers) {
            Ok(_) if self.is_held_up || self.line.has(owner) => Full::OthersFirst,
            Ok(tier) => return Ok(tier),
            Err(why) => why,
        };
        Err(PutError::Full { bytes, why })
    }

    fn store(
        &mut self,
        payload: Payload,
        tier: Tier,
        waited: Option<(u64, Instant)>,
        now: Instant,
    ) -> Id {
        let id = self.ids.draw();
        let expires_at = now + self.settings.ttl;
        self.tiers.add(tier, &payload.owner, payload.len());
        self.events.push(payload.event(What::Stored {
            id,
            tier,
            ticket: waited.map(|(ticket, _)| ticket),
            waited: waited.map(|(_, since)| now - since).unwrap_or_default(),
        }));
        self.expiries.insert((expires_at, id));
        let entry = Entry {
            payload,
            tier,
            stored_at: now,
            expires_at,
        };
        self.entries.insert(id, entry);
        id
    }

    /// Removes what is stored under `id`, if anything is.
    fn remove(&mut self, id: Id, why: Gone, now: Instant) -> Option<Bytes> {
        let entry = self.entries.remove(&id)?;
        self.has_changed = true;
        let (payload, tier) = (entry.payload, entry.tier);
        self.expiries.remove(&(entry.expires_at, id));
        self.tiers.remove(tier, &payload.owner, payload.len());
        let held = now - entry.stored_at;
        let what = What::Gone {
            id,
            tier,
            held,
            why,
        };
        self.events.push(payload.event(what));
        Some(payload.bytes)
    }

    fn queue(&mut self, payload: Payload, now: Instant) -> Waits {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.has_changed = true;
        self.line.add(Tier::Main, &payload.owner, payload.len());
        self.events.push(payload.event(What::Waiting { ticket }));
        let (tell, told) = oneshot::channel();
        let until = now + self.settings.wait;
        let waiter = Waiter {
            payload,
            since: now,
            until,
            tell,
        };
        self.waiters.insert(ticket, waiter);
        Waits {
            ticket,
            until,
            told,
        }
    }

    /// Takes whoever holds `ticket` out of the line.
    fn unqueue(&mut self, ticket: u64) -> Waiter {
        let waiter = self.waiters.remove(&ticket);
        let waiter = waiter.expect("only tickets in line are taken out of it");
        self.has_changed = true;
        let payload = &waiter.payload;
        self.line.remove(Tier::Main, &payload.owner, payload.len());
        waiter
    }

    fn serve(&mut self, ticket: u64, tier: Tier, now: Instant) {
        let waiter = self.unqueue(ticket);
        let id = self.store(waiter.payload, tier, Some((ticket, waiter.since)), now);
        // The receiver is kept until its holder has left the line.
        let _ = waiter.tell.send(Ok(id));
    }

    /// Takes whoever holds `ticket` out of the line, and frees its payload.
    fn step_out(&mut self, ticket: u64, why: Left, now: Instant) {
        let Waiter {
            payload,
            since,
            tell,
            ..
        } = self.unqueue(ticket);
        let (bytes, waited) = (payload.len(), now - since);
        let what = What::Left {
            ticket,
            waited,
            why,
        };
        self.events.push(payload.event(what));
        self.freed.push(payload.bytes);
        // Whoever goes away by itself knows it.
        if why == Left::TimedOut {
            let _ = tell.send(Err(PutError::TimedOut { bytes, waited }));
        }
    }
}
