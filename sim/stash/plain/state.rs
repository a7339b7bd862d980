//! What a plain stash holds, and who waits.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use backfill::stash::{Event, Full, Gone, Id, Left, Owner, PutError, Tier, What};
use backfill::time::Instant;
use hyper::body::Bytes;
use tokio::sync::oneshot;

use super::habits::Habits;
use crate::stash::outcome::Limits;

/// What a plain stash holds, and who waits.
pub(super) struct State {
    limits: Limits,
    habits: Habits,
    entries: BTreeMap<Id, Entry>,
    held_bytes: u64,
    line: VecDeque<Waiter>,
    waiting_bytes: u64,
    next_ticket: u64,
    next_id: u64,
    /// What nobody has been told yet.
    pub(super) events: Vec<Event>,
}

struct Entry {
    owner: Owner,
    bytes: Bytes,
    stored_at: Instant,
    expires_at: Instant,
}

struct Waiter {
    ticket: u64,
    owner: Owner,
    bytes: Bytes,
    since: Instant,
    tell: oneshot::Sender<Id>,
}

/// What becomes of a payload that may wait.
pub(super) enum Entered {
    Stored(Id),
    Waits(u64, oneshot::Receiver<Id>),
}

impl State {
    pub(super) const fn new(limits: Limits, habits: Habits) -> Self {
        Self {
            limits,
            habits,
            entries: BTreeMap::new(),
            held_bytes: 0,
            line: VecDeque::new(),
            waiting_bytes: 0,
            next_ticket: 0,
            next_id: 0,
            events: Vec::new(),
        }
    }

    /// Bytes it believes to hold.
    pub(super) const fn held_bytes(&self) -> u64 {
        self.held_bytes
    }

    /// When something expires next; entries of one age expire in the order of their ids.
    pub(super) fn next_expiry(&self) -> Option<Instant> {
        self.entries
            .first_key_value()
            .map(|(_, entry)| entry.expires_at)
    }

    /// Stores a payload, or has it wait.
    pub(super) fn enter(
        &mut self,
        owner: &Owner,
        bytes: Bytes,
        cancelled: bool,
        now: Instant,
    ) -> Result<Entered, PutError> {
        let length = bytes.len() as u64;
        if cancelled {
            return Err(self.refuse(owner, length, PutError::Cancelled));
        }
        self.collect(now);
        if self.fits(length) && (self.habits.newcomers_barge || self.line.is_empty()) {
            return Ok(Entered::Stored(self.store(owner, bytes, None, now)));
        }
        let full = |why| PutError::Full { bytes: length, why };
        if self.habits.counts_waiting {
            let limits = self.limits;
            if self.line.len() as u64 >= limits.waiters {
                return Err(self.refuse(owner, length, full(Full::Waiters)));
            }
            if self.waiting_bytes + length > limits.waiting_bytes {
                return Err(self.refuse(owner, length, full(Full::WaitingBytes)));
            }
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting_bytes += length;
        self.tell(owner, length, What::Waiting { ticket });
        let (tell, told) = oneshot::channel();
        self.line.push_back(Waiter {
            ticket,
            owner: owner.clone(),
            bytes,
            since: now,
            tell,
        });
        Ok(Entered::Waits(ticket, told))
    }

    /// Whoever holds `ticket` leaves the line, if it is still there; says why it was not stored.
    pub(super) fn leave(&mut self, ticket: u64, why: Left, now: Instant) -> PutError {
        if self.habits.expires_by_itself {
            self.collect(now);
        }
        let place = self.line.iter().position(|waiter| waiter.ticket == ticket);
        let Some(waiter) = place.and_then(|place| self.line.remove(place)) else {
            return PutError::Cancelled;
        };
        let (bytes, waited) = (waiter.bytes.len() as u64, now - waiter.since);
        self.waiting_bytes -= bytes;
        let what = What::Left {
            ticket,
            waited,
            why,
        };
        self.tell(&waiter.owner, bytes, what);
        if self.habits.leaks_room && why != Left::TimedOut {
            self.held_bytes += bytes;
        }
        if self.habits.departures_wake {
            self.wake(now);
        }
        match why {
            Left::TimedOut => PutError::TimedOut { bytes, waited },
            Left::Cancelled | Left::Dropped => PutError::Cancelled,
        }
    }

    /// Gives `id` out, if it is `owner`'s.
    pub(super) fn take(&mut self, id: Id, owner: &Owner, now: Instant) -> Option<Bytes> {
        self.collect(now);
        let entry = self
            .entries
            .get(&id)
            .filter(|entry| entry.owner == *owner)?;
        if self.habits.gives_twice {
            return Some(entry.bytes.clone());
        }
        let given = self.remove(id, Gone::Taken, now);
        self.wake(now);
        given
    }

    /// Removes what has expired.
    pub(super) fn collect(&mut self, now: Instant) {
        let mut found = false;
        while let Some((&id, entry)) = self.entries.first_key_value()
            && entry.expires_at <= now
        {
            self.remove(id, Gone::Expired, now);
            found = true;
        }
        if found {
            self.wake(now);
        }
    }

    /// Serves from the head of the line on, until one does not fit.
    fn wake(&mut self, now: Instant) {
        while let Some(head) = self.line.front()
            && self.fits(head.bytes.len() as u64)
            && let Some(waiter) = self.line.pop_front()
        {
            self.waiting_bytes -= waiter.bytes.len() as u64;
            let waited = Some((waiter.ticket, waiter.since));
            let id = self.store(&waiter.owner, waiter.bytes, waited, now);
            // Its receiver is there until it has left the line.
            let _ = waiter.tell.send(id);
        }
    }

    fn fits(&self, bytes: u64) -> bool {
        let payloads = self.entries.len() as u64;
        payloads < self.limits.payloads && self.held_bytes + bytes <= self.limits.main_bytes
    }

    fn refuse(&mut self, owner: &Owner, bytes: u64, error: PutError) -> PutError {
        self.tell(owner, bytes, What::Refused(error));
        error
    }

    fn store(
        &mut self,
        owner: &Owner,
        bytes: Bytes,
        waited: Option<(u64, Instant)>,
        now: Instant,
    ) -> Id {
        let id = format!("{:032x}", self.next_id).parse();
        let id: Id = id.expect("these are the digits of an id");
        self.next_id += 1;
        let length = bytes.len() as u64;
        self.held_bytes += length;
        let what = What::Stored {
            id,
            tier: Tier::Main,
            ticket: waited.map(|(ticket, _)| ticket),
            waited: waited.map_or(Duration::ZERO, |(_, since)| now - since),
        };
        self.tell(owner, length, what);
        let entry = Entry {
            owner: owner.clone(),
            bytes,
            stored_at: now,
            expires_at: now + Duration::from_nanos(self.limits.ttl_ns),
        };
        self.entries.insert(id, entry);
        id
    }

    fn remove(&mut self, id: Id, why: Gone, now: Instant) -> Option<Bytes> {
        let entry = self.entries.remove(&id)?;
        let length = entry.bytes.len() as u64;
        self.held_bytes -= length;
        let what = What::Gone {
            id,
            tier: Tier::Main,
            held: now - entry.stored_at,
            why,
        };
        self.tell(&entry.owner, length, what);
        Some(entry.bytes)
    }

    fn tell(&mut self, owner: &Owner, bytes: u64, what: What) {
        self.events.push(Event {
            owner: owner.clone(),
            bytes,
            what,
        });
    }
}
