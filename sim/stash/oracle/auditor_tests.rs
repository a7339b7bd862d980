//! What the auditor finds in events, one rule each.

use backfill::stash::PutError;
use std::time::Duration;

use super::*;

const LIMITS: Limits = Limits {
    main_bytes: 100,
    overflow_bytes: 0,
    waiting_bytes: 200,
    payloads: 10,
    waiters: 10,
    owner_percent: 50,
    ttl_ns: 10_000_000,
    wait_ns: 5_000_000,
};

/// An auditor, and the events it has seen of owners `a` to `z`.
struct Seen(Auditor);

impl Seen {
    fn new() -> Self {
        Self(Auditor::new(LIMITS, 1_000_000))
    }

    fn see(&mut self, at_ns: u64, owner: &str, bytes: u64, what: What) -> bool {
        let owner = Owner::new(owner);
        self.0.see(at_ns, &Event { owner, bytes, what })
    }

    fn waits(&mut self, at_ns: u64, owner: &str, bytes: u64, ticket: u64) {
        self.see(at_ns, owner, bytes, What::Waiting { ticket });
    }

    fn stored(
        &mut self,
        at_ns: u64,
        owner: &str,
        bytes: u64,
        id: u64,
        ticket: Option<u64>,
    ) -> bool {
        let what = What::Stored {
            id: id_of(id),
            tier: Tier::Main,
            ticket,
            waited: Duration::ZERO,
        };
        self.see(at_ns, owner, bytes, what)
    }

    fn gone(&mut self, at_ns: u64, owner: &str, bytes: u64, id: u64, why: Gone) {
        let what = What::Gone {
            id: id_of(id),
            tier: Tier::Main,
            held: Duration::ZERO,
            why,
        };
        self.see(at_ns, owner, bytes, what);
    }

    fn left(&mut self, at_ns: u64, owner: &str, bytes: u64, ticket: u64, why: Left) {
        let waited = Duration::ZERO;
        let what = What::Left {
            ticket,
            waited,
            why,
        };
        self.see(at_ns, owner, bytes, what);
    }

    fn found(&self, oracle: &str) -> u64 {
        self.0.faults.of(oracle).map_or(0, |(times, _)| *times)
    }
}

fn id_of(number: u64) -> Id {
    format!("{number:032x}").parse().unwrap()
}

#[test]
fn who_is_stored_before_somebody_in_line_passes_it_and_who_waits_in_vain_then_starves() {
    let mut seen = Seen::new();
    seen.stored(0, "a", 50, 1, None);
    seen.stored(0, "b", 40, 2, None);
    seen.waits(1, "c", 50, 0);
    assert!(seen.stored(2, "d", 10, 3, None));
    assert_eq!((seen.found(ORDER), seen.0.tally.inversions), (1, 1));
    seen.left(3, "c", 50, 0, Left::TimedOut);
    assert_eq!(seen.0.tally.starved, 1);
    assert_eq!(seen.found(WAKE), 0);
}

#[test]
fn who_stands_aside_for_its_share_is_passed_by_others_and_not_by_its_own() {
    let mut seen = Seen::new();
    seen.stored(0, "a", 50, 1, None);
    seen.waits(1, "a", 30, 0);
    // Within the share by itself, but behind the other one of its owner.
    seen.waits(1, "a", 0, 1);
    assert!(!seen.stored(2, "b", 10, 2, None));
    assert_eq!(seen.found(ORDER) + seen.found(WAKE), 0);
    assert!(seen.stored(3, "a", 0, 3, Some(1)));
    assert_eq!(seen.found(ORDER), 1);
}

#[test]
fn who_fits_is_to_be_served_before_time_passes() {
    let mut seen = Seen::new();
    seen.stored(0, "a", 50, 1, None);
    seen.stored(0, "b", 50, 2, None);
    seen.waits(1, "c", 20, 0);
    seen.gone(2, "a", 50, 1, Gone::Taken);
    assert!(!seen.stored(2, "c", 20, 3, Some(0)), "in the same instant");
    assert_eq!(seen.found(WAKE), 0);
    seen.waits(3, "d", 40, 1);
    seen.gone(4, "b", 50, 2, Gone::Taken);
    seen.0.pass_until(5);
    assert_eq!(seen.found(WAKE), 1);
}

#[test]
fn what_has_expired_is_to_be_gone_within_a_millisecond_of_somebody_waiting_for_it() {
    for (late_ns, found) in [(1_000_000, 0), (1_001_000, 1)] {
        let mut seen = Seen::new();
        seen.stored(0, "a", 50, 1, None);
        seen.stored(0, "b", 50, 2, None);
        seen.waits(9_000_000, "c", 20, 0);
        let at_ns = LIMITS.ttl_ns + late_ns;
        seen.gone(at_ns, "a", 50, 1, Gone::Expired);
        seen.stored(at_ns, "c", 20, 3, Some(0));
        assert_eq!(seen.found(WAKE), found, "{late_ns}");
        assert_eq!(seen.0.tally.expiry_wake_most_ns, late_ns);
    }
}

#[test]
fn nothing_is_above_its_limit_and_nobody_waits_beyond_its_time() {
    let mut seen = Seen::new();
    seen.stored(0, "a", 50, 1, None);
    seen.0.counts = false;
    seen.stored(0, "b", 51, 2, None);
    assert_eq!((seen.found(BYTES), seen.0.tally.held_most), (1, 50));
    let mut seen = Seen::new();
    seen.waits(0, "a", 150, 0);
    seen.waits(0, "b", 50, 1);
    assert_eq!(seen.found(BYTES), 0);
    seen.waits(0, "c", 1, 2);
    assert_eq!(seen.found(BYTES), 1);
    seen.left(5_000_000, "a", 150, 0, Left::TimedOut);
    assert_eq!(seen.found(WAIT), 0);
    seen.left(5_002_000, "b", 50, 1, Left::Cancelled);
    assert_eq!(seen.found(WAIT), 1);
}

#[test]
fn everything_has_one_beginning_and_one_end() {
    let wrong: [fn(&mut Seen); 6] = [
        |seen| assert!(!seen.stored(0, "a", 1, 1, Some(7))),
        |seen| seen.left(0, "a", 1, 7, Left::Dropped),
        |seen| seen.gone(0, "a", 1, 7, Gone::Taken),
        |seen| {
            seen.stored(0, "a", 1, 1, None);
            seen.gone(1, "a", 1, 1, Gone::Expired);
        },
        |seen| assert!(!seen.stored(0, "a", 1, 1, None)),
        |seen| seen.waits(0, "a", 1, 0),
    ];
    for (index, wrong) in wrong.into_iter().enumerate() {
        let mut seen = Seen::new();
        wrong(&mut seen);
        seen.0.close();
        assert_eq!(seen.found(CONSERVATION), 1, "{index}");
    }
    let mut seen = Seen::new();
    seen.see(0, "a", 1, What::Refused(PutError::Cancelled));
    seen.stored(0, "a", 100, 1, None);
    seen.gone(500_000, "a", 100, 1, Gone::Taken);
    seen.0.pass_until(2_000_000);
    seen.0.close();
    assert_eq!(seen.found(CONSERVATION), 0);
    assert_eq!(seen.0.held_mean(), 50, "half of the time that counts");
}
