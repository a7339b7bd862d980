//! Three who share a stash, in every order in which they can be polled, be cancelled and go away,
//! and in which payloads can be fetched and time can pass between.
//!
//! After every step what the stash says is held against its rules, by the auditor. Whenever all who
//! were woken have been polled, nobody waits who could be served. In the end all have gone, and
//! what is stored is what somebody knows the id of.

use std::collections::BTreeSet;
use std::time::Duration;

use backfill::stash::{Id, Owner, PutError, Settings, Stash};
use backfill::{Instant, Runtime as _};
use tokio_util::sync::CancellationToken;

use crate::auditor::Auditor;
use crate::bench::{ann, bob, bytes, hundred, sized};
use crate::clock::{Actor, Clock};
use crate::explorer::{Chooser, explore};

/// What can happen once, at any moment, from outside.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    /// Somebody is cancelled.
    Cancel(usize),
    /// Somebody's future is dropped.
    Drop(usize),
    /// Somebody is polled though nothing has woken it.
    Poke(usize),
    /// A payload that was there from the start is fetched.
    Take(usize),
    /// Somebody comes who does not wait.
    Put(u64),
    Clear,
}

/// Who is there, and what can happen.
struct Setup {
    settings: Settings,
    /// There from the start.
    held: Vec<(Owner, u64)>,
    /// Those who wait for room; a `true` fetches what it has put as soon as it can.
    producers: Vec<(Owner, u64, bool)>,
    steps: Vec<Step>,
}

struct World {
    clock: Clock,
    auditor: Auditor,
    stash: Stash<Clock>,
    held: Vec<(Owner, Id)>,
    actors: Vec<Actor<Result<Option<Id>, PutError>>>,
    cancels: Vec<CancellationToken>,
    steps: Vec<Step>,
    ttl: Duration,
    /// Ids that somebody knows and has not used.
    known: BTreeSet<Id>,
}

/// One of the things that can happen next.
#[derive(Clone, Copy)]
enum Next {
    Poll(usize),
    Step(usize),
    Pass,
}

impl World {
    fn new(setup: &Setup) -> Self {
        let (clock, auditor) = (Clock::default(), Auditor::new(setup.settings));
        let stash = Stash::new(clock.clone(), setup.settings, [7; 32], auditor.clone()).unwrap();
        let put =
            |(owner, size): &(Owner, u64)| (owner.clone(), stash.put(owner, sized(*size)).unwrap());
        let held: Vec<(Owner, Id)> = setup.held.iter().map(put).collect();
        let token = |_: &_| CancellationToken::new();
        let cancels: Vec<CancellationToken> = setup.producers.iter().map(token).collect();
        let actor = |((owner, size, takes), cancel): (&(Owner, u64, bool), &CancellationToken)| {
            let (stash, owner, cancel) = (stash.clone(), owner.clone(), cancel.clone());
            let (size, takes) = (*size, *takes);
            Actor::new(async move {
                let id = stash.put_wait(&owner, sized(size), cancel).await?;
                if takes {
                    // Unless it was not polled for so long that what it stored has expired.
                    drop(stash.take(id, &owner));
                }
                Ok((!takes).then_some(id))
            })
        };
        Self {
            actors: setup.producers.iter().zip(&cancels).map(actor).collect(),
            known: held.iter().map(|(_, id)| *id).collect(),
            steps: setup.steps.clone(),
            ttl: setup.settings.ttl,
            clock,
            auditor,
            stash,
            held,
            cancels,
        }
    }

    fn options(&self) -> Vec<Next> {
        let ready = |&at: &usize| self.actors[at].is_ready();
        let polls = (0..self.actors.len()).filter(ready).map(Next::Poll);
        let steps = (0..self.steps.len()).map(Next::Step);
        let pass = self.clock.next().map(|_| Next::Pass);
        polls.chain(steps).chain(pass).collect()
    }

    fn poll(&mut self, at: usize) {
        self.actors[at].poll();
        if let Some(Ok(Some(id))) = self.actors[at].result {
            self.known.insert(id);
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Cancel(at) => self.cancels[at].cancel(),
            Step::Drop(at) => self.actors[at].drop_work(),
            Step::Poke(at) => self.poll(at),
            Step::Take(at) => {
                let (owner, id) = &self.held[at];
                let is_fresh = self.clock.now() < Instant::default() + self.ttl;
                let taken = self.stash.take(*id, owner);
                assert_eq!(taken.is_some(), self.known.remove(id) && is_fresh);
            }
            Step::Put(size) => {
                let put = self.stash.put(&Owner::new("eve"), sized(size));
                self.known.extend(put.ok());
            }
            Step::Clear => {
                self.stash.clear();
                self.known.clear();
            }
        }
    }

    /// Whatever has gone by itself is known no more.
    fn forget_expired(&mut self) {
        let audit = self.auditor.audit();
        self.known.retain(|id| audit.holds(*id));
    }

    fn play(mut self, chooser: &mut Chooser) {
        loop {
            let options = self.options();
            if options.is_empty() {
                break;
            }
            match options[chooser.choose(options.len())] {
                Next::Poll(at) => self.poll(at),
                Next::Step(at) => {
                    let step = self.steps.remove(at);
                    self.step(step);
                }
                Next::Pass => self.clock.set(self.clock.next().unwrap()),
            }
            self.forget_expired();
            if !self.actors.iter().any(Actor::is_ready) {
                self.check_quiet();
            }
        }
        let finished = |actor: &Actor<_>| !actor.is_at_work();
        assert!(self.actors.iter().all(finished), "somebody sleeps for ever");
        let stats = self.stash.stats();
        assert_eq!(stats, self.auditor.stats());
        assert_eq!(stats.waiting.payloads, 0);
        self.forget_expired();
        let held = usize::try_from(stats.held().payloads).unwrap();
        assert_eq!(held, self.known.len(), "something is stored for nobody");
    }

    /// All who were woken have been polled.
    fn check_quiet(&self) {
        let audit = self.auditor.audit();
        let lost = audit.servable(self.clock.now());
        assert_eq!(lost, None, "a wake-up is lost");
        let waits = |actor: &&Actor<_>| actor.is_begun && actor.is_at_work();
        let waiting = self.actors.iter().filter(waits).count();
        assert_eq!(audit.stats().waiting.payloads, waiting as u64);
    }
}

/// Asserts that there are at least `least` orders: fewer mean that something can not happen any
/// more that could.
fn assert_all(setup: &Setup, least: u64) {
    let orders = explore(|chooser| World::new(setup).play(chooser));
    println!("{orders} orders");
    assert!(orders >= least, "{orders} orders");
}

fn settings(wait_ms: u64, ttl_ms: u64) -> Settings {
    Settings {
        wait: Duration::from_millis(wait_ms),
        ttl: Duration::from_millis(ttl_ms),
        ..hundred()
    }
}

#[test]
fn two_wait_one_fetches_and_the_first_is_cancelled() {
    let setup = Setup {
        settings: settings(500, 10_000),
        held: vec![(ann(), 100)],
        producers: vec![(ann(), 60, false), (bob(), 30, false)],
        steps: vec![Step::Take(0), Step::Cancel(0), Step::Poke(0), Step::Put(10)],
    };
    assert_all(&setup, 22_000);
}

#[test]
fn two_wait_one_fetches_and_the_first_is_dropped() {
    let setup = Setup {
        settings: settings(500, 10_000),
        held: vec![(ann(), 70), (ann(), 30)],
        producers: vec![(ann(), 80, false), (bob(), 30, true)],
        steps: vec![Step::Take(1), Step::Drop(0), Step::Poke(1)],
    };
    assert_all(&setup, 1_500);
}

#[test]
fn three_wait_for_what_one_fetches_and_the_middle_one_is_dropped() {
    let setup = Setup {
        settings: settings(500, 10_000),
        held: vec![(ann(), 100)],
        producers: vec![(ann(), 60, true), (bob(), 50, true), (ann(), 40, false)],
        steps: vec![Step::Take(0), Step::Drop(1), Step::Cancel(2)],
    };
    assert_all(&setup, 100_000);
}

#[test]
fn somebody_expires_while_one_is_cancelled_and_another_dropped() {
    let setup = Setup {
        settings: settings(30, 20),
        held: vec![(ann(), 40), (ann(), 60)],
        producers: vec![(ann(), 80, false), (bob(), 30, false), (ann(), 20, true)],
        steps: vec![Step::Take(0), Step::Cancel(0), Step::Drop(1)],
    };
    assert_all(&setup, 150_000);
}

#[test]
fn newcomers_come_between_those_who_wait() {
    let setup = Setup {
        settings: settings(500, 10_000),
        held: vec![(ann(), 60), (ann(), 30)],
        producers: vec![(ann(), 50, false), (bob(), 40, false)],
        steps: vec![Step::Put(10), Step::Take(0), Step::Cancel(1)],
    };
    assert_all(&setup, 4_300);
}

#[test]
fn one_waits_for_its_share_and_the_others_do_not() {
    let setup = Setup {
        settings: Settings {
            owner_percent: 50,
            ..settings(500, 10_000)
        },
        held: vec![(ann(), 50), (bob(), 30)],
        producers: vec![(ann(), 30, false), (ann(), 10, false), (bob(), 20, true)],
        steps: vec![Step::Take(0), Step::Drop(0), Step::Take(1)],
    };
    assert_all(&setup, 17_000);
}

#[test]
fn all_is_cleared_while_two_wait_for_two_tiers() {
    let setup = Setup {
        settings: Settings {
            overflow: bytes(50),
            ..settings(500, 10_000)
        },
        held: vec![(ann(), 70), (ann(), 40)],
        producers: vec![(ann(), 80, false), (bob(), 50, false)],
        steps: vec![Step::Clear, Step::Cancel(0), Step::Drop(1)],
    };
    assert_all(&setup, 1_800);
}
