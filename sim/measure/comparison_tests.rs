//! What is pooled, what is paired, and what is left out.

use super::*;
use crate::measure::synthetic::{self, SECOND};

#[test]
fn a_strategy_is_compared_with_the_same_window_without_it() {
    let run = synthetic::run();
    let comparison = Comparison::of(&run);
    let single = comparison.baseline().unwrap();
    assert_eq!(single.cells.len(), 2);
    for cell in &single.cells {
        let (with, without) = (cell.backfill.unwrap(), cell.no_backfill.unwrap());
        assert_eq!(
            with.count, without.count,
            "same arrivals in the same window"
        );
        assert_eq!(cell.ratio, Some(with.p95_ns as f64 / without.p95_ns as f64));
    }
    assert!(single.pooled.ratio.unwrap() > 100.0);
    assert_eq!(single.ratio_to(single, |cell| cell.duration_ns), Some(1.0));
}

/// 50 reads and writes a second of 5 ms each ask for a quarter of the connection.
#[test]
fn a_duration_is_measured_by_the_floor_of_its_own_window() {
    let comparison = Comparison::of(&synthetic::run());
    let [single, chunked] = [0, 1].map(|index| &comparison.strategies[index].cells[0]);
    assert_eq!(single.held_ns, Some(700 * SECOND));
    assert_eq!(chunked.held_ns, Some(15 * 47 * SECOND));
    for cell in [single, chunked] {
        let rho = 1.0 - 700e9 / cell.floor_ns.unwrap() as f64;
        assert!((0.2..0.3).contains(&rho), "{rho}");
        let factor = cell.duration_ns.unwrap() as f64 / cell.floor_ns.unwrap() as f64;
        assert_eq!(cell.duration_floor, Some(factor));
    }
    assert!(single.duration_floor.unwrap() < 0.8, "readers waited");
    assert!(chunked.duration_floor > single.duration_floor);
    let pooled = &comparison.strategies[1].pooled;
    assert_eq!(pooled.held_ns, Some(15 * 47 * SECOND));
    assert!(pooled.duration_floor.is_some());
}

#[test]
fn there_is_no_floor_without_one_connection_or_without_a_single_transaction() {
    let floors = |run: &Run| {
        let comparison = Comparison::of(run);
        let cell = &comparison.strategies[1].cells[0];
        let pooled = &comparison.strategies[1].pooled;
        assert_eq!(cell.duration_floor.is_some(), cell.floor_ns.is_some());
        assert_eq!(pooled.duration_floor.is_some(), cell.floor_ns.is_some());
        assert_eq!(pooled.held_ns, cell.held_ns);
        (cell.floor_ns.is_some(), cell.held_ns.is_some())
    };
    let mut run = synthetic::run();
    assert_eq!(floors(&run), (true, true));
    run.scenario.model.database.connections = Connections::Split;
    assert_eq!(floors(&run), (false, false));
    run.scenario.model.database.connections = Connections::Shared;
    run.scenario.model.strategies["single-transaction"].role = Role::Candidate;
    assert_eq!(floors(&run), (false, true));
}

#[test]
fn a_wrong_cell_has_no_latencies_and_an_unfinished_one_no_duration() {
    let mut run = synthetic::run();
    let dressed = &Comparison::of(&run).strategies[4].cells[0];
    assert_eq!((dressed.correct, dressed.duration_floor), (false, None));
    assert!(dressed.floor_ns.is_some());
    run.outcomes[0].oracles[0].passed = false;
    run.outcomes[1].ending = Ending::OutOfTime;
    let comparison = Comparison::of(&run);
    let cells = &comparison.strategies[0].cells;
    assert_eq!(
        (cells[0].backfill, cells[0].ratio, cells[0].predicted_p95_ns),
        (None, None, None)
    );
    assert_eq!(cells[1].duration_ns, None);
    assert!(cells[1].ran_ns.is_some());
    assert_eq!(comparison.strategies[0].pooled.p95_ns, None);
}
