//! What is pooled and how, and who counts as the quickest.

use super::*;
use crate::listing::measure::synthetic::{SECOND, oracle, run_of, took};

fn seeded(mut outcome: Outcome, seed: u64) -> Outcome {
    outcome.seed = seed;
    outcome
}

/// Two seeds: 4 s and 16 s, with 3 and 5 of 100 wasted.
fn run() -> Run {
    let other = |seed| {
        let mut outcome = seeded(took("uniform", "fixed-50", 100, 32 * SECOND, 0), seed);
        outcome.role = Some(Role::Baseline);
        outcome
    };
    run_of(vec![
        seeded(took("uniform", "adaptive", 100, 4 * SECOND, 3), 1),
        seeded(took("uniform", "adaptive", 100, 16 * SECOND, 5), 2),
        other(1),
        other(2),
    ])
}

#[test]
fn ratios_have_geometric_means_and_bounds_their_worst() {
    let comparison = Comparison::of(&run());
    let adaptive = comparison.shapes[0].strategy("adaptive").unwrap();
    let pooled = &adaptive.pooled;
    assert_eq!(pooled.makespan_ns, Some(8 * SECOND));
    assert!((pooled.times_floor.unwrap() - 2.0).abs() < 1e-12);
    assert_eq!((pooled.wasted, pooled.wasted_share), (5, Some(0.05)));
    assert_eq!(pooled.requests, Some(100));
    let other = comparison.shapes[0].strategy("fixed-50").unwrap();
    assert!((adaptive.quicker_than(other).unwrap() - 4.0).abs() < 1e-12);
    assert_eq!(comparison.shapes[0].ranked()[0].name, "adaptive");
}

#[test]
fn without_one_seed_there_is_no_mean_and_the_worst_seed_stands_for_all() {
    let mut run = run();
    run.outcomes[1].oracles.push(oracle("exact-ids", false));
    let comparison = Comparison::of(&run);
    let adaptive = comparison.shapes[0].strategy("adaptive").unwrap();
    assert_eq!(adaptive.pooled.makespan_ns, None);
    assert!(matches!(
        adaptive.worst(),
        Some((2, Standing::Incorrect { .. }))
    ));
    let other = comparison.shapes[0].strategy("fixed-50").unwrap();
    assert_eq!(adaptive.quicker_than(other), None);
    assert_eq!(comparison.shapes[0].ranked().len(), 1, "the other one");
}

/// Few pages are held against the quickest of the same shape and seed that is not a control
/// and right.
#[test]
fn the_quickest_is_genuine_and_right() {
    let quick = |name: &str, role, took_ns| {
        let mut outcome = took("one-object", name, 1, took_ns, 0);
        outcome.role = Some(role);
        outcome
    };
    let mut wrong = quick("wrong", Role::Baseline, 2);
    wrong.oracles.push(oracle("exact-ids", false));
    let mut run = run_of(vec![
        quick("adaptive", Role::Candidate, 109),
        quick("fixed-50", Role::Baseline, 100),
        quick("cheat", Role::Control, 1),
        wrong,
        seeded(quick("adaptive", Role::Candidate, 900), 2),
        took("other", "fixed-50", 1, 3, 0),
    ]);
    let meets = |run: &Run| {
        let comparison = Comparison::of(run);
        let adaptive = comparison.shapes[0].strategy("adaptive").unwrap();
        adaptive
            .cells
            .iter()
            .all(|(_, standing)| *standing == Standing::Meets)
    };
    assert!(meets(&run), "1.09 times 100, and alone with seed 2");
    run.outcomes[0].backfill = run.outcomes[0].backfill.map(|mut window| {
        window.end_ns = 111;
        window
    });
    assert!(!meets(&run));
}

#[test]
fn shapes_and_strategies_keep_the_order_of_the_run() {
    let mut run = run();
    run.outcomes.push(took("sparse", "fixed-50", 20, SECOND, 0));
    let comparison = Comparison::of(&run);
    let shapes: Vec<&str> = comparison
        .shapes
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(shapes, ["uniform", "sparse"]);
    let names: Vec<&str> = comparison.strategies().iter().map(|one| one.0).collect();
    assert_eq!(names[..2], ["adaptive", "fixed-50"]);
    assert!(comparison.shapes[0].large(&comparison.objective));
    assert!(!comparison.shapes[1].large(&comparison.objective));
    assert_eq!(comparison.shapes[1].pages(), (20, 20));
}
