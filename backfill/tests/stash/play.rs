//! A stash and its model, side by side, on a clock that only the play moves.

use backfill::Runtime as _;
use backfill::stash::{Id, Owner, PutError, Settings, Stash};
use tokio_util::sync::CancellationToken;

use crate::auditor::Auditor;
use crate::bench::sized;
use crate::clock::{Actor, Clock, at};
use crate::reference::Reference;

/// What is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Put {
        owner: u8,
        bytes: u64,
    },
    Wait {
        owner: u8,
        bytes: u64,
    },
    /// One of those who are woken goes on.
    Poll(usize),
    /// All of them do, until none is.
    PollAll,
    Take(usize),
    TakeOfAnother(usize),
    Cancel(usize),
    Drop(usize),
    Pass(u64),
    Clear,
}

/// Somebody who waits, or is about to.
struct Producer {
    actor: Actor<Result<Id, PutError>>,
    owner: u8,
    bytes: u64,
    cancel: CancellationToken,
}

/// What somebody can fetch.
struct Known {
    key: usize,
    owner: u8,
    id: Id,
}

pub(crate) struct Play {
    clock: Clock,
    auditor: Auditor,
    stash: Stash<Clock>,
    reference: Reference,
    producers: Vec<Producer>,
    known: Vec<Known>,
}

fn owner(number: u8) -> Owner {
    Owner::new(&format!("owner {number}"))
}

impl Play {
    pub(crate) fn new(settings: Settings) -> Self {
        let (clock, auditor) = (Clock::default(), Auditor::new(settings));
        let stash = Stash::new(clock.clone(), settings, [7; 32], auditor.clone());
        Self {
            clock,
            auditor,
            stash: stash.unwrap(),
            reference: Reference::new(settings),
            producers: Vec::new(),
            known: Vec::new(),
        }
    }

    pub(crate) fn act(&mut self, op: Op) {
        match op {
            Op::Put { owner: of, bytes } => {
                let expected = self.reference.put(of, bytes);
                let found = self.stash.put(&owner(of), sized(bytes));
                self.compare(of, found, expected);
            }
            Op::Wait { owner, bytes } => self.come(owner, bytes),
            Op::Poll(choice) => {
                let ready = self.ready();
                if let Some(at) = ready.get(choice % ready.len().max(1)) {
                    self.poll(*at);
                }
            }
            Op::PollAll => self.poll_all(),
            Op::Take(choice) => self.take(choice, 0),
            Op::TakeOfAnother(choice) => self.take(choice, 1),
            Op::Cancel(choice) => {
                if let Some(at) = self.one(choice) {
                    self.producers[at].cancel.cancel();
                }
            }
            Op::Drop(choice) => {
                if let Some(at) = self.one(choice) {
                    self.producers[at].actor.drop_work();
                    self.reference.leave(at);
                }
            }
            Op::Pass(ms) => self.pass(ms),
            Op::Clear => {
                self.stash.clear();
                self.reference.clear();
            }
        }
        // When time has come to an instant, those who have slept until then have yet to be polled.
        if !matches!(op, Op::Pass(_)) {
            self.check_told();
        }
        self.check_held();
    }

    /// Whoever is still there is given up, and what is stored fetched.
    pub(crate) fn close(mut self) {
        while let Some(at) = self.one(0) {
            self.act(Op::Drop(at));
        }
        for choice in 0..self.known.len() {
            self.act(Op::Take(choice));
        }
        assert_eq!(self.auditor.stats(), backfill::stash::Stats::default());
    }

    /// One of those who are at work.
    fn one(&self, choice: usize) -> Option<usize> {
        let at_work = |&at: &usize| self.producers[at].actor.is_at_work();
        let all: Vec<usize> = (0..self.producers.len()).filter(at_work).collect();
        all.get(choice % all.len().max(1)).copied()
    }

    fn ready(&self) -> Vec<usize> {
        let ready = |&at: &usize| self.producers[at].actor.is_ready();
        (0..self.producers.len()).filter(ready).collect()
    }

    fn come(&mut self, of: u8, bytes: u64) {
        let cancel = CancellationToken::new();
        let (stash, token) = (self.stash.clone(), cancel.clone());
        let put = async move { stash.put_wait(&owner(of), sized(bytes), token).await };
        self.producers.push(Producer {
            actor: Actor::new(put),
            owner: of,
            bytes,
            cancel,
        });
    }

    fn poll(&mut self, at: usize) {
        let producer = &mut self.producers[at];
        let expected = if producer.cancel.is_cancelled() {
            self.reference.leave(at);
            Some(Err(PutError::Cancelled))
        } else if producer.actor.is_begun {
            self.reference.told.remove(&at)
        } else {
            self.reference.enter(at, producer.owner, producer.bytes)
        };
        producer.actor.poll();
        let of = producer.owner;
        match (producer.actor.result, expected) {
            (Some(found), Some(expected)) => self.compare(of, found, expected),
            (found, expected) => assert!(found.is_none() && expected.is_none(), "{found:?}"),
        }
    }

    fn poll_all(&mut self) {
        while let Some(&at) = self.ready().first() {
            self.poll(at);
        }
        let lost = self.auditor.audit().servable(self.clock.now());
        assert_eq!(lost, None, "a wake-up is lost");
    }

    fn compare(&mut self, of: u8, found: Result<Id, PutError>, expected: Result<usize, PutError>) {
        match (found, expected) {
            (Ok(id), Ok(key)) => self.known.push(Known { key, owner: of, id }),
            (found, expected) => assert_eq!(found.err(), expected.err()),
        }
    }

    /// Its owner takes it, or the owner `beside` it.
    fn take(&mut self, choice: usize, beside: u8) {
        let Some(known) = self.known.get(choice % self.known.len().max(1)) else {
            return;
        };
        let by = known.owner + beside;
        let expected = self.reference.take(known.key, by);
        let found = self.stash.take(known.id, &owner(by));
        assert_eq!(found.is_some(), expected, "{}", known.id);
    }

    fn pass(&mut self, ms: u64) {
        let until_ms = self.reference.now_ms + ms;
        loop {
            self.poll_all();
            let next = self.clock.next();
            let next = next.filter(|&next| next <= at(until_ms));
            let next = next.unwrap_or(at(until_ms));
            self.clock.set(next);
            self.reference.pass_to(next.as_nanos() / 1_000_000);
            if next == at(until_ms) {
                return;
            }
            // Time has come to an instant for which somebody has slept.
            assert!(!self.ready().is_empty());
        }
    }

    /// To be asked before the stash is, which would make up for what it has missed.
    fn check_told(&self) {
        for (&actor, told) in &self.reference.told {
            let is_ready = self.producers[actor].actor.is_ready();
            assert!(is_ready, "{actor} is not woken for {told:?}");
        }
    }

    fn check_held(&self) {
        let stats = self.stash.stats();
        assert_eq!(stats, self.auditor.stats());
        let found = (stats.main.bytes, stats.overflow.bytes, stats.waiting.bytes);
        assert_eq!(found, self.reference.bytes());
    }
}
