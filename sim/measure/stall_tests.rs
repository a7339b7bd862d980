//! Each cause where it is one, and where it is not.

use super::*;
use crate::measure::synthetic::{self, MS};
use crate::outcome::{RequestKind, Window};

/// From one read to the next.
const GAP: u64 = 100 * MS;

/// A cell of `count` reads that take 1 ms each, and nothing else.
fn cell(count: u64) -> Outcome {
    let mut outcome = synthetic::idle("a", 1);
    outcome.backfill = Some(Window {
        start_ns: 0,
        end_ns: count * GAP,
    });
    for index in 0..count {
        outcome.requests.push(Request {
            service: crate::outcome::Service::default(),
            kind: RequestKind::Stats,
            intended_ns: index * GAP,
            acquired_ns: index * GAP,
            finished_ns: index * GAP + MS,
            failed: false,
        });
        outcome.holds.push(hold(READER, index * GAP, MS));
    }
    outcome
}

fn hold(user: &'static str, acquired_ns: u64, length_ns: u64) -> Hold {
    Hold {
        line: crate::outcome::Line::default(),
        user,
        write: user != READER,
        queued_ns: acquired_ns,
        acquired_ns,
        released_ns: acquired_ns + length_ns,
        busy_retries: 0,
        rows_changed: 0,
    }
}

/// Every tenth read takes `service_ns`.
fn tenths_take(outcome: &mut Outcome, service_ns: u64) {
    let requests = outcome.requests.iter_mut().zip(&mut outcome.holds);
    for (request, hold) in requests.step_by(10) {
        request.finished_ns = request.acquired_ns + service_ns;
        hold.released_ns = request.finished_ns;
    }
}

/// Every tenth read waits `wait_ns` while `user` has the connection, or nobody.
fn tenths_wait(outcome: &mut Outcome, wait_ns: u64, user: Option<&'static str>) {
    let requests = outcome.requests.iter_mut().zip(&mut outcome.holds);
    for (request, hold) in requests.step_by(10) {
        request.acquired_ns += wait_ns;
        request.finished_ns += wait_ns;
        hold.acquired_ns += wait_ns;
        hold.released_ns += wait_ns;
    }
    if let Some(user) = user {
        let starts = (0..outcome.requests.len() as u64).step_by(10);
        let holds = starts.map(|index| hold(user, index * GAP, wait_ns));
        outcome.holds.extend(holds);
    }
    outcome.holds.sort_by_key(|hold| hold.acquired_ns);
}

fn stall(outcome: &Outcome, quiet: &Outcome, predicted_p95_ns: u64) -> Stall {
    Stall::of(outcome, quiet, predicted_p95_ns).unwrap()
}

#[test]
fn service_that_is_longer_than_without_a_backfill_is_a_cold_cache() {
    let (mut outcome, mut quiet) = (cell(2_000), cell(2_000));
    tenths_take(&mut outcome, 8 * MS);
    let found = stall(&outcome, &quiet, MS);
    assert_eq!((found.cause, found.p95_ns), (Cause::ColdCache, 8 * MS));
    assert_eq!(found.without_p95_ns, Some(MS));
    assert_eq!(
        (found.spent.reads, found.spent.service_ns),
        (200, 1_600 * MS)
    );
    tenths_take(&mut quiet, 8 * MS);
    assert_eq!(stall(&outcome, &quiet, MS).cause, Cause::Unknown);
}

/// Requests are due at any nanosecond and ask in the next whole microsecond.
#[test]
fn a_request_knows_its_hold_by_the_microsecond() {
    let (mut outcome, quiet) = (cell(2_000), cell(2_000));
    tenths_take(&mut outcome, 8 * MS);
    for request in &mut outcome.requests[1..] {
        request.intended_ns -= 500;
    }
    let found = stall(&outcome, &quiet, MS);
    assert_eq!(
        (found.cause, found.without_p95_ns),
        (Cause::ColdCache, Some(MS + 500))
    );
}

/// The reads that are cold are not the ones that suffer.
#[test]
fn waiting_for_another_read_that_is_longer_than_usual_is_a_cold_cache_too() {
    let (mut outcome, mut quiet) = (cell(2_000), cell(2_000));
    tenths_wait(&mut outcome, 8 * MS, Some("operator"));
    let asked = quiet.requests.iter().step_by(10);
    let twins: Vec<Hold> = asked
        .map(|request| hold("operator", request.acquired_ns, MS))
        .collect();
    assert_eq!(stall(&outcome, &quiet, MS).cause, Cause::Unknown);
    quiet.holds.extend(twins);
    assert_eq!(stall(&outcome, &quiet, 2 * MS).cause, Cause::LongCommit);
    for hold in &mut outcome.holds {
        hold.write = false;
    }
    let found = stall(&outcome, &quiet, 2 * MS);
    assert_eq!(found.cause, Cause::ColdCache);
    assert_eq!(found.without_p95_ns, Some(2 * MS));
    assert_eq!(found.spent.behind_others_ns, 1_600 * MS);
}

#[test]
fn service_beside_another_connection_shares_the_device() {
    let (mut outcome, quiet) = (cell(2_000), cell(2_000));
    tenths_take(&mut outcome, 8 * MS);
    let beside = |at: u64| -> Vec<Hold> {
        let starts = (0..2_000).step_by(10);
        starts
            .map(|index| hold("backfill", index * GAP + at, 10 * MS))
            .collect()
    };
    let alone = outcome.holds.clone();
    outcome.holds.extend(beside(50 * MS));
    outcome.holds.sort_by_key(|hold| hold.acquired_ns);
    assert_eq!(stall(&outcome, &quiet, MS).cause, Cause::ColdCache);
    outcome.holds = alone;
    outcome.holds.extend(beside(0));
    outcome.holds.sort_by_key(|hold| hold.acquired_ns);
    let found = stall(&outcome, &quiet, MS);
    assert_eq!(
        (found.cause, found.without_p95_ns),
        (Cause::SharedDevice, Some(MS))
    );
}

#[test]
fn a_writer_that_holds_far_longer_than_its_twin_has_a_checkpoint_in_its_commit() {
    let (mut outcome, mut quiet) = (cell(2_000), cell(2_000));
    tenths_wait(&mut outcome, 40 * MS, Some("writer"));
    let asked = (0..2_000).step_by(10);
    let twins: Vec<Hold> = asked
        .map(|index| hold("writer", index * GAP, 4 * MS))
        .collect();
    quiet.holds.extend(twins);
    let found = stall(&outcome, &quiet, 5 * MS);
    assert_eq!(
        (found.cause, found.without_p95_ns),
        (Cause::LongCommit, Some(5 * MS))
    );
    for hold in &mut quiet.holds {
        hold.released_ns += 36 * MS;
    }
    assert_eq!(stall(&outcome, &quiet, 5 * MS).cause, Cause::Unknown);
}

#[test]
fn waiting_for_nobody_is_an_idle_connection_and_for_the_backfill_is_known() {
    let (mut outcome, quiet) = (cell(2_000), cell(2_000));
    let mut behind = outcome.clone();
    tenths_wait(&mut outcome, 8 * MS, None);
    let found = stall(&outcome, &quiet, MS);
    assert_eq!(found.cause, Cause::IdleConnection);
    assert_eq!(found.spent.idle_ns / MS, 1_600);
    tenths_wait(&mut behind, 8 * MS, Some("backfill"));
    let found = stall(&behind, &quiet, MS);
    assert_eq!(found.cause, Cause::Unknown);
    assert_eq!(found.spent.behind_backfill_ns, 1_600 * MS);
}

#[test]
fn the_same_share_of_few_reads_may_be_chance() {
    let off = |count| {
        let (mut outcome, quiet) = (cell(count), cell(count));
        tenths_take(&mut outcome, 8 * MS);
        stall(&outcome, &quiet, MS).cause
    };
    assert_eq!(off(20), Cause::FewReads);
    assert_eq!(off(2_000), Cause::ColdCache);
}

#[test]
fn reads_that_go_past_a_hold_make_the_forecast_too_high() {
    let (mut outcome, quiet) = (cell(2_000), cell(2_000));
    let bare = outcome.clone();
    let starts = (0..2_000).step_by(10);
    let holds = starts.map(|index| hold("backfill", index * GAP, 8 * MS));
    outcome.holds.extend(holds);
    outcome.holds.sort_by_key(|hold| hold.acquired_ns);
    let found = stall(&outcome, &quiet, 9 * MS);
    assert_eq!(
        (found.cause, found.without_p95_ns),
        (Cause::Overtaking, Some(9 * MS))
    );
    assert_eq!(stall(&bare, &quiet, 9 * MS).cause, Cause::Unknown);
}

#[test]
fn reads_that_are_quicker_than_without_a_backfill_find_a_warm_cache() {
    let (outcome, mut quiet) = (cell(2_000), cell(2_000));
    assert_eq!(stall(&outcome, &quiet, 8 * MS).cause, Cause::Unknown);
    tenths_take(&mut quiet, 8 * MS);
    let found = stall(&outcome, &quiet, 8 * MS);
    assert_eq!(
        (found.cause, found.without_p95_ns),
        (Cause::WarmCache, Some(8 * MS))
    );
}

/// The queue that reads make without a backfill is in their latencies there, and the backfill finds
/// it again.
#[test]
fn a_queue_that_was_there_before_is_counted_twice() {
    let (mut outcome, mut quiet) = (cell(2_000), cell(2_000));
    tenths_wait(&mut outcome, 8 * MS, Some("writer"));
    assert_eq!(stall(&outcome, &quiet, 17 * MS).cause, Cause::Unknown);
    tenths_wait(&mut quiet, 8 * MS, Some("writer"));
    let found = stall(&outcome, &quiet, 17 * MS);
    assert_eq!(
        (found.cause, found.without_p95_ns),
        (Cause::BusyWithout, Some(17 * MS))
    );
}

/// What they waited for others without a backfill they no longer do.
#[test]
fn reads_that_wait_for_others_less_than_without_a_backfill_are_spared_their_commits() {
    let (outcome, mut quiet) = (cell(2_000), cell(2_000));
    assert_eq!(stall(&outcome, &quiet, 9 * MS).cause, Cause::Unknown);
    tenths_wait(&mut quiet, 8 * MS, Some("writer"));
    let found = stall(&outcome, &quiet, 9 * MS);
    assert_eq!(
        (found.cause, found.without_p95_ns),
        (Cause::SparedCommit, Some(9 * MS))
    );
}
