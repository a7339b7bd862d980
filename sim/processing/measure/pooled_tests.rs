//! What seeds come to together, and who is compared with whom.

use super::*;
use crate::measure::Verdict;
use crate::processing::measure::Comparison;
use crate::processing::measure::synthetic::{SECOND, control, count, oracle, run_of, took};
use crate::processing::outcome::counter::{OBJECTS_MOST, ROW_HITS, ROW_LOADS, ROW_RELOADS};
use crate::processing::{Outcome, Run};
use crate::scenario::Role;
use crate::sheet::Standing;

fn seeded(name: &str, seed: u64, took_ns: u64) -> Outcome {
    Outcome {
        seed,
        ..took(name, took_ns)
    }
}

fn pooled(run: &Run, name: &str) -> Option<Pooled> {
    let comparison = Comparison::of(run);
    let result = comparison
        .strategies
        .into_iter()
        .find(|one| one.name == name);
    result.unwrap().pooled
}

#[test]
fn ratios_are_paired_by_seed_and_have_a_geometric_mean_and_bounds_their_worst() {
    let mut outcomes = vec![
        seeded("store", 1, 2 * SECOND),
        seeded("store", 2, 2 * SECOND),
        seeded("synchronous", 1, 4 * SECOND),
        seeded("synchronous", 2, 16 * SECOND),
    ];
    count(&mut outcomes[0], OBJECTS_MOST, 30);
    count(&mut outcomes[1], OBJECTS_MOST, 50);
    for (index, (hits, loads)) in [(10, 10), (70, 10)].into_iter().enumerate() {
        count(&mut outcomes[index], ROW_HITS, hits);
        count(&mut outcomes[index], ROW_LOADS, loads);
        count(&mut outcomes[index], ROW_RELOADS, index as u64);
    }
    let run = run_of(outcomes);
    let store = pooled(&run, "store").unwrap();
    assert!((store.times_synchronous.unwrap() - 4.0).abs() < 1e-9);
    assert_eq!(store.objects, Some(50));
    assert_eq!(store.rows.hit_share(), Some(0.8));
    assert_eq!(store.reloads, 1);
    assert_eq!(store.times_wipe, None, "nobody wipes");
    assert_eq!(store.reader_p95_ns, None, "nobody reads");
}

#[test]
fn one_seed_without_figures_leaves_none_for_all() {
    let mut run = run_of(vec![seeded("store", 1, SECOND), seeded("store", 2, SECOND)]);
    run.outcomes[1].oracles.push(oracle("rows", false));
    assert_eq!(pooled(&run, "store"), None);
    assert_eq!(Comparison::of(&run).docket().verdict(), Verdict::Incorrect);
}

#[test]
fn nobody_is_compared_with_a_control() {
    let mut cheat = seeded("synchronous", 1, 9 * SECOND);
    cheat.role = Some(Role::Control);
    let run = run_of(vec![seeded("store", 1, SECOND), cheat]);
    assert_eq!(pooled(&run, "store").unwrap().times_synchronous, None);
}

#[test]
fn a_control_is_caught_by_the_oracle_of_its_kind() {
    let mut run = run_of(vec![took("store", SECOND)]);
    run.controls = vec![control("gate-open", "memory")];
    let line = |run: &Run| Comparison::of(run).docket().controls().line();
    assert_eq!(line(&run), "controls: 1/1 caught: gate-open by memory");
    run.controls = vec![control("gate-open", "rows")];
    assert!(line(&run).contains("NOT by memory, its own oracle, but by rows"));
    let verdict = Comparison::of(&run).docket().verdict();
    assert_eq!(verdict, Verdict::Fail);
}

#[test]
fn the_objective_is_asked_of_candidates_only() {
    let mut run = run_of(vec![
        took("store", 2 * SECOND),
        took("synchronous", 3 * SECOND),
    ]);
    run.outcomes[1].role = Some(Role::Baseline);
    run.objective.times_synchronous = Some(1.5);
    assert_eq!(Comparison::of(&run).docket().verdict(), Verdict::Pass);
    run.objective.times_synchronous = Some(1.51);
    let comparison = Comparison::of(&run);
    assert_eq!(comparison.docket().verdict(), Verdict::ObjectiveMissed);
    assert_eq!(comparison.strategies[1].cells[0].1, Standing::Sound);
    run.outcomes.truncate(1);
    let alone = Comparison::of(&run).docket().verdict();
    assert_eq!(alone, Verdict::NoData, "there is nothing to compare with");
}
