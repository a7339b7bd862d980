//! The pacers side by side, at a fiftieth of the size of `pacing`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use backfill_sim::measure::{Cell, Comparison};
use backfill_sim::scenario;
use library::run;

fn comparison() -> Comparison {
    let small = [
        "dataset.transmissions=1420",
        "dataset.observations=30000",
        "disk.page_cache_mib=8",
        "disk.profile=cloud-volume",
    ];
    let scenario = scenario::load("pacing", &small.map(str::to_owned)).unwrap();
    Comparison::of(&run(&scenario, 2, false))
}

/// Whoever asks the readers serves them best, by far and in time; every pacer does the work, and
/// every p95 is explained by the log of holds.
#[test]
fn the_pacer_that_asks_the_readers_serves_them_best() {
    let comparison = comparison();
    let cells: Vec<(&str, &Cell)> = comparison
        .strategies
        .iter()
        .map(|strategy| (strategy.name.as_str(), &strategy.cells[0]))
        .collect();
    let p95 = |cell: &Cell| cell.backfill.unwrap().p95_ns;
    let took = |cell: &Cell| cell.duration_ns.unwrap();
    let (_, slo) = *cells
        .iter()
        .find(|(name, _)| *name == "reader-slo-3x")
        .unwrap();
    let (_, single) = cells[0];
    for &(name, cell) in &cells {
        assert!(cell.correct, "{name}: {:?}", cell.oracles);
        let off = cell.predicted_p95_ns.unwrap() as f64 / p95(cell) as f64;
        assert!(
            (0.85..=1.15).contains(&off),
            "{name} is forecast {off} times"
        );
        if name != "reader-slo-3x" {
            assert!(
                5 * p95(slo) < p95(cell),
                "{name}: {} {}",
                p95(slo),
                p95(cell)
            );
        }
    }
    // Readers take their share of the connection, a third here, meanwhile and not afterwards.
    assert!(
        took(slo) * 5 < took(single) * 8,
        "{} {}",
        took(slo),
        took(single)
    );
}

/// The servo on elapsed time takes waiting for work and makes smaller and smaller chunks.
#[test]
fn a_servo_on_elapsed_time_works_in_smaller_pieces_than_one_on_hold() {
    let comparison = comparison();
    let chunks = |wanted: &str| {
        let found = comparison.strategies.iter().find(|one| one.name == wanted);
        found.unwrap().cells[0].chunks
    };
    assert!(chunks("elapsed-time-50ms") > chunks("chunk-time-50ms"));
}
