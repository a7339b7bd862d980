//! The forecast against a queue that is simulated step by step.

use super::*;
use crate::measure::synthetic::{self, MS, SECOND, Script};
use crate::scenario::{Phases, Role};

/// Simulates `chunks` holds of `hold_ns` and compares the measured p95 with the forecast.
fn measured_and_forecast(chunks: u64, hold_ns: u64, pause_ns: u64) -> (f64, Forecast) {
    let phases = Phases {
        recovery_s: 120.0,
        ..Phases::default()
    };
    let script = Script {
        name: "s",
        role: Role::Candidate,
        chunks,
        hold_ns,
        pause_ns,
        correct: true,
    };
    let outcome = synthetic::simulate(&phases, Some(script), 7, 0);
    let quiet = synthetic::simulate(&phases, None, 7, outcome.end_ns);
    let measured = reads_in(&outcome, outcome.backfill.unwrap())
        .at(Quantile::P95)
        .unwrap();
    (measured as f64, forecast(&outcome, &quiet).unwrap())
}

#[track_caller]
fn assert_within(chunks: u64, hold_ns: u64, pause_ns: u64, overlapping: bool) {
    let (measured, forecast) = measured_and_forecast(chunks, hold_ns, pause_ns);
    let off = forecast.p95_ns as f64 / measured - 1.0;
    assert!(
        off.abs() < 0.15,
        "{:.1} % off: {forecast:?}, measured {measured}",
        off * 100.0
    );
    assert_eq!(forecast.overlapping, overlapping, "{forecast:?}");
}

#[test]
fn chunks_with_room_between_them_are_forecast() {
    assert_within(400, 300 * MS, 900 * MS, false);
}

#[test]
fn chunks_that_overtake_their_own_backlog_are_forecast() {
    assert_within(100, 3_000 * MS, 100 * MS, true);
}

#[test]
fn a_single_transaction_is_one_excursion_cut_off_at_its_end() {
    assert_within(1, 700 * SECOND, 0, true);
}

/// Fewer than 5 % of the reads meet a hold: the p95 is that of ordinary traffic.
#[test]
fn holds_that_hardly_anybody_meets_leave_the_p95_alone() {
    assert_within(60, 20 * MS, 10_000 * MS, false);
}

/// `w95 = B · (1 − 0.05 (1 − ρ) / φ)` for holds of equal length with room between them.
#[test]
fn within_its_bound_the_answer_is_the_closed_formula() {
    let window = Window {
        start_ns: 0,
        end_ns: 100 * SECOND,
    };
    let holds: Vec<Excursion> = (0..50)
        .map(|index| Excursion {
            queued_ns: index * 2 * SECOND,
            waited_ns: 0,
            held_ns: SECOND,
        })
        .collect();
    let rho = 0.2;
    let work = Work::new(&holds, window, 1.0 - rho);
    let duty = 0.5;
    let wait = 1e9 * (1.0 - TAIL * (1.0 - rho) / duty);
    let share = work.time_above(wait as u64) / window.duration_ns() as f64;
    assert!((share - TAIL).abs() < 1e-6, "{share}");
    assert!(!work.overlapping);
}

fn hold(user: &'static str, acquired_ns: u64, released_ns: u64) -> Hold {
    Hold {
        line: crate::outcome::Line::default(),
        user,
        write: true,
        queued_ns: acquired_ns,
        acquired_ns,
        released_ns,
        busy_retries: 0,
        rows_changed: 0,
    }
}

/// No pause and first come, first served: a reader waits for the chunk it meets, not for all.
#[test]
fn chunks_without_a_pause_are_forecast() {
    assert_within(2_000, 40 * MS, 0, true);
}

#[test]
fn without_holds_or_with_a_full_connection_there_is_no_forecast() {
    let mut outcome = synthetic::idle("a", 1);
    let quiet = synthetic::idle("no-backfill", 1);
    assert_eq!(forecast(&outcome, &quiet), None);
    outcome.backfill = Some(Window {
        start_ns: 0,
        end_ns: 100,
    });
    assert_eq!(forecast(&outcome, &quiet), None);
    outcome.holds = vec![hold("backfill", 0, 10), hold("reader", 10, 200)];
    assert_eq!(
        forecast(&outcome, &quiet),
        None,
        "the reader asks for 1.9 connections"
    );
}
