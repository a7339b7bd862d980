//! What the slowest waited for, by hand.

use super::*;
use crate::measure::synthetic;
use crate::outcome::{RequestKind, Service};

fn hold(user: &'static str, line: Line, write: bool, from_ns: u64, to_ns: u64) -> Hold {
    Hold {
        user,
        line,
        write,
        queued_ns: from_ns,
        acquired_ns: from_ns,
        released_ns: to_ns,
        busy_retries: 0,
        rows_changed: 0,
    }
}

/// Asked for its connection 5 ns late, had it from `acquired_ns` on, used processors for 7 ns and
/// the device for 20, and was answered 3 ns after giving it back.
fn read(intended_ns: u64, acquired_ns: u64, released_ns: u64) -> Request {
    Request {
        kind: RequestKind::Stats,
        intended_ns,
        acquired_ns,
        finished_ns: released_ns + 3,
        failed: false,
        service: Service {
            queued_ns: intended_ns + 5,
            released_ns,
            cpu_ns: 7,
            device_ns: 20,
        },
    }
}

fn tail(requests: Vec<Request>, holds: Vec<Hold>) -> Option<Tail> {
    let mut outcome = synthetic::idle("x", 1);
    (outcome.requests, outcome.holds) = (requests, holds);
    let window = Window {
        start_ns: 0,
        end_ns: 1_000_000,
    };
    Tail::of(&outcome, Subject::Readers, window)
}

fn parts<const N: usize>(parts: [(Part, u64); N]) -> BTreeMap<Part, u64> {
    BTreeMap::from(parts)
}

#[test]
fn a_read_behind_two_others_waited_for_both_and_nothing_is_left_over() {
    let holds = vec![
        hold("backfill", Line::Main, true, 0, 400),
        hold("writer", Line::Main, true, 400, 450),
        hold("reader", Line::Main, false, 460, 487),
        hold("backfill", Line::Main, true, 487, 900),
    ];
    let tail = tail(vec![read(95, 460, 487)], holds).unwrap();
    let wanted = parts([
        (Part::Connection("backfill"), 300),
        (Part::Connection("writer"), 50),
        (Part::Idle, 10),
        (Part::Store, 8),
        (Part::Processor, 7),
        (Part::Device, 20),
    ]);
    assert_eq!(tail.parts, wanted);
    assert_eq!(tail.total_ns, tail.parts.values().sum::<u64>());
    assert_eq!(tail.most(), Some(Part::Connection("backfill")));
    assert!((tail.share(Part::Connection("backfill")) - 300.0 / 395.0).abs() < 1e-12);
}

#[test]
fn users_of_several_connections_share_the_blame_and_other_lines_have_none() {
    let holds = vec![
        hold("backfill", Line::Main, true, 0, 1_000),
        hold("reader", Line::Readers, false, 0, 205),
        hold("operator", Line::Readers, false, 50, 305),
        hold("reader", Line::Readers, false, 205, 300),
    ];
    let tail = tail(vec![read(100, 205, 232)], holds).unwrap();
    assert_eq!(tail.parts.get(&Part::Connection("backfill")), None);
    assert_eq!(tail.parts[&Part::Connection("reader")], 50);
    assert_eq!(tail.parts[&Part::Connection("operator")], 50);
    assert_eq!(tail.parts.get(&Part::Idle), None);
}

#[test]
fn what_is_neither_processor_nor_device_is_the_lock_of_whoever_wrote_elsewhere() {
    let holds = vec![
        hold("backfill", Line::Main, true, 100, 180),
        hold("writer", Line::Main, true, 180, 190),
        hold("reader", Line::Readers, false, 105, 232),
    ];
    let tail = tail(vec![read(100, 105, 232)], holds).unwrap();
    assert_eq!(tail.parts[&Part::Lock("backfill")], 100);
    assert_eq!(tail.total_ns, tail.parts.values().sum::<u64>());
}

#[test]
fn the_slowest_twentieth_is_taken_and_one_at_least() {
    let requests = |count: u64| -> Vec<Request> {
        (0..count)
            .map(|nth| read(1_000 * nth, 1_000 * nth + 5, 1_000 * nth + 32 + nth))
            .collect()
    };
    assert_eq!(tail(Vec::new(), Vec::new()), None);
    let one = tail(requests(3), Vec::new()).unwrap();
    assert_eq!((one.requests, one.from_ns), (1, 37));
    let five = tail(requests(100), Vec::new()).unwrap();
    assert_eq!((five.requests, five.from_ns), (5, 130));
    let pooled = five.pooled(one);
    assert_eq!((pooled.requests, pooled.from_ns), (6, 37));
    assert_eq!(pooled.total_ns, pooled.parts.values().sum::<u64>());
}

#[test]
fn a_read_that_was_never_served_waited_for_the_connection_all_the_time() {
    let lost = Request {
        acquired_ns: 800,
        finished_ns: 800,
        failed: true,
        service: Service::default(),
        ..read(100, 0, 0)
    };
    let holds = vec![hold("backfill", Line::Main, true, 0, 1_000)];
    let tail = tail(vec![lost], holds).unwrap();
    assert_eq!(tail.parts, parts([(Part::Connection("backfill"), 700)]));
}
