//! Listing scenarios, through the library: the same every time, within the limit, nothing lost, and
//! each control caught by the oracle that is meant for it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use std::collections::BTreeMap;

use backfill_sim::listing::measure::{Comparison, Judgement};
use backfill_sim::listing::scenario::{Scenario, StrategyKind};
use backfill_sim::listing::{Call, CallKind, Outcome, Run, control, report};
use backfill_sim::measure::Verdict;
use backfill_sim::outcome::{Ending, Oracle};
use backfill_sim::scenario::{self, Loaded, Role, Seeds};
use library::run;

const SECOND_NS: u64 = 1_000_000_000;

/// The scenario `name` with something changed; `strategies`, or all if none is named.
fn load(name: &str, strategies: &[&str], overrides: &[&str]) -> Scenario {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    let Loaded::Listing(mut scenario) = scenario::load_any(name, &overrides).unwrap() else {
        panic!("{name} is no listing scenario");
    };
    let strategies: Vec<String> = strategies.iter().map(ToString::to_string).collect();
    scenario.keep_strategies(&strategies).unwrap();
    *scenario
}

/// Two shapes of 100 pages, with readers.
fn small() -> Scenario {
    let shapes = "shapes=['uniform', 'recent-2-percent']";
    load(
        "density-small",
        &[],
        &[shapes, "load.reads_per_s=5", "must_fail=[]"],
    )
}

/// Only what is ours, of whatever the controls do not matter for.
fn adaptive(name: &str, overrides: &[&str]) -> Outcome {
    let overrides = [&["must_fail=[]"], overrides].concat();
    let run = run(&load(name, &["adaptive"], &overrides), 2, false);
    let [outcome] = <[Outcome; 1]>::try_from(run.outcomes).unwrap();
    assert_eq!(failed(&outcome), [""; 0], "{:?}", outcome.oracles);
    outcome
}

fn failed(outcome: &Outcome) -> Vec<&str> {
    let failed = outcome.oracles.iter().filter(|oracle| !oracle.passed);
    failed.map(|oracle| oracle.name.as_str()).collect()
}

fn all(run: &Run) -> impl Iterator<Item = &Outcome> {
    run.outcomes.iter().chain(&run.counterfactuals)
}

/// Digests of seed 1, one a line: scenario, shape, strategy and digest.
const DIGESTS: &str = include_str!("listing.digests");

/// A change of these lines is a change of every result: it has to be meant.
#[test]
fn the_digests_of_seed_1_are_those_checked_in() {
    let ours = |name, overrides: &[&str]| {
        let overrides = [&["must_fail=[]"], overrides].concat();
        load(name, &["adaptive"], &overrides)
    };
    let scenarios = [
        small(),
        ours(
            "flaky-network",
            &[
                "upstream.objects=20_000",
                "partition.after_s=3",
                "partition.for_s=2",
            ],
        ),
        ours("resume", &["upstream.objects=600"]),
        ours(
            "streams",
            &["streams.small=5", "streams.large_objects=2_000"],
        ),
    ];
    let mut found = String::new();
    for scenario in scenarios {
        for one in all(&run(&scenario, 2, false)) {
            let (shape, strategy, digest) = (&one.shape, &one.strategy, &one.digest);
            found += &format!("{} {shape} {strategy} {digest}\n", scenario.name);
        }
    }
    assert_eq!(found, DIGESTS, "SQLite {}", rusqlite::version());
}

/// One job or two, once or checked: the same report, byte for byte.
#[test]
fn the_number_of_jobs_does_not_show_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let mut scenario = small();
    scenario.model.must_fail = load("density-small", &[], &[]).model.must_fail;
    let written = [1, 2].map(|jobs| {
        let out = folder.path().join(jobs.to_string());
        let run = run(&scenario, jobs, jobs == 2);
        assert_eq!(run.controls.len(), StrategyKind::CHEATS.len());
        let written = report::write(&run, &out).unwrap();
        let names = written.files.into_iter().map(|file| file.name);
        names
            .map(|name| {
                let bytes = std::fs::read(out.join(&name)).unwrap();
                (name, bytes)
            })
            .collect::<BTreeMap<_, _>>()
    });
    assert!(written[0].len() >= 12, "{} files", written[0].len());
    assert!(written[0].keys().eq(written[1].keys()));
    for (name, bytes) in &written[0] {
        assert!(*bytes == written[1][name], "{name} differs");
    }
}

#[test]
fn strategies_of_a_shape_and_a_seed_meet_the_same_objects_and_seeds_differ() {
    let mut scenario = small();
    scenario.model.seeds = Seeds(vec![1, 2]);
    let run = run(&scenario, 2, false);
    let mut plans: BTreeMap<(&str, u64), Vec<&str>> = BTreeMap::new();
    for one in all(&run) {
        let of = plans.entry((&one.shape, one.seed)).or_default();
        of.push(&one.plan_hash);
    }
    assert_eq!(plans.len(), 4, "two shapes with two seeds");
    let mut distinct: Vec<&str> = Vec::new();
    for (of, hashes) in plans {
        assert_eq!(hashes.len(), 10, "nine strategies, and none");
        assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{of:?}");
        assert!(!distinct.contains(&hashes[0]), "{of:?}");
        distinct.push(hashes[0]);
    }
}

/// Requests sent in the fullest second of any that is half open.
fn fullest_second(calls: &[Call]) -> usize {
    let sent: Vec<u64> = calls.iter().map(|call| call.sent_ns).collect();
    assert!(sent.is_sorted());
    let until = |from: u64| sent.partition_point(|&at| at < from + SECOND_NS);
    let counts = sent.iter().enumerate().map(|(nth, &at)| until(at) - nth);
    counts.max().unwrap_or(0)
}

/// Half of everything is refused for a while, then all of it: retries stay within the limit, and
/// the pace is found again.
#[test]
fn a_storm_of_refusals_keeps_to_the_limit_and_is_over_within_a_minute() {
    let overrides = ["upstream.objects=200_000", "must_fail=[]"];
    let scenario = load("rate-limits", &["adaptive", "fixed-500"], &overrides);
    let client = &scenario.model.client;
    let rate = client.rate_per_s.unwrap() as usize;
    let run = run(&scenario, 2, false);
    assert_eq!(run.outcomes.len(), 2);
    for outcome in &run.outcomes {
        let name = &outcome.strategy;
        assert_eq!(failed(outcome), [""; 0], "{name}: {:?}", outcome.oracles);
        let most = fullest_second(&outcome.calls);
        assert!(most <= rate + client.burst as usize, "{name}: {most}");
        let [half, whole] = &outcome.disturbances[..] else {
            panic!("two storms: {:?}", outcome.disturbances);
        };
        for storm in [half, whole] {
            let mut refused = outcome.calls.iter();
            let refused = refused
                .any(|call| call.kind == CallKind::Limited && storm.window.contains(call.sent_ns));
            assert!(refused, "{name}: {storm:?}");
        }
        let found_ns = whole.window.end_ns + 60 * SECOND_NS;
        let seconds = 10;
        let within = found_ns - seconds * SECOND_NS..found_ns;
        let sent = outcome
            .calls
            .iter()
            .filter(|call| within.contains(&call.sent_ns));
        let new = sent.filter(|call| call.kind == CallKind::New).count() as u64;
        let limit = rate as u64 * seconds;
        assert!(100 * new >= 95 * limit, "{name}: {new} of {limit} pages");
    }
}

/// Killed after every page it stores: each run forgets no more than what it had under way or not
/// stored, and every object is there once.
#[test]
fn a_crash_at_every_page_loses_nothing_and_repeats_what_was_under_way() {
    // At a thousand a second it is the slots that bound what is under way, and not the rate.
    let fast = [
        "upstream.rate_per_s=1000",
        "upstream.burst=1000",
        "client.burst=100",
    ];
    for overrides in [&[][..], &["client.order=oldest-first"], &fast] {
        let outcome = adaptive("resume", overrides);
        assert_eq!(outcome.ending, Ending::Done);
        let page = 100;
        let crashes = outcome.counters["crashes"];
        assert!(crashes >= outcome.task.pages, "{crashes} crashes");
        let held = (outcome.task.slots + 1) * page;
        let runs = crashes as u32 + 1;
        for run in 1..=runs {
            let calls = outcome.calls.iter().filter(|call| call.run == run);
            let brought: u64 = calls.clone().map(|call| u64::from(call.items)).sum();
            let under_way = calls
                .filter(|call| call.kind == CallKind::Abandoned)
                .count() as u64;
            let stored = stored_by(&outcome, run);
            assert!(brought >= stored, "{overrides:?}, run {run}");
            let forgotten = brought - stored + under_way * page;
            assert!(
                forgotten <= held,
                "{overrides:?}, run {run}: {forgotten} objects"
            );
            assert!(run == runs || stored > 0, "{overrides:?}: run {run} stores");
        }
        let stored: u64 = (1..=runs).map(|run| stored_by(&outcome, run)).sum();
        assert_eq!(stored, outcome.task.objects, "{overrides:?}: each once");
    }
}

/// Objects that a run stored.
fn stored_by(outcome: &Outcome, run: u32) -> u64 {
    let first_ns = |run: u32| {
        let mut calls = outcome.calls.iter();
        calls.find(|call| call.run == run).map(|call| call.sent_ns)
    };
    let from_ns = first_ns(run).unwrap_or(u64::MAX);
    let until_ns = first_ns(run + 1).unwrap_or(u64::MAX);
    let stores = outcome.stores.iter();
    let own = stores.filter(|store| (from_ns..until_ns).contains(&store.at_ns));
    own.map(|store| u64::from(store.items)).sum()
}

/// Two large streams and a hundred small ones under one limit: everybody's turn comes once in a
/// round, and neither of the large ones lives at the other's cost.
#[test]
fn no_stream_starves() {
    let outcome = adaptive("streams", &[]);
    let streams = 102;
    let calls = |stream: u32| {
        let calls = outcome
            .calls
            .iter()
            .filter(move |call| call.stream == stream);
        calls.map(|call| call.sent_ns).collect::<Vec<u64>>()
    };
    // A call of each, and what the answer to the last one takes.
    let task = &outcome.task;
    let round_ns = streams * 1_000 * SECOND_NS / task.requests_per_ks + 2 * task.latency_ns;
    let window = outcome.backfill.unwrap();
    for stream in 0..streams as u32 {
        let sent = calls(stream);
        let since = [&[window.start_ns], &sent[..]].concat();
        let waits = since.windows(2).map(|two| two[1] - two[0]);
        let longest_ns = waits.max().unwrap();
        assert!(longest_ns <= round_ns, "{stream} waits {longest_ns} ns");
        if stream >= 2 {
            assert_eq!(sent.len(), 1, "a small one is one page");
        }
    }
    let half_ns = window.start_ns + window.duration_ns() / 2;
    let by_half = |stream| calls(stream).partition_point(|&sent_ns| sent_ns < half_ns);
    let (one, other) = (by_half(0), by_half(1));
    let pages = 1_000;
    assert!(one.min(other) * 100 >= 45 * pages, "{one} and {other}");
}

fn judge(run: &Run) -> Judgement {
    Judgement::of(run, &Comparison::of(run))
}

/// A world with the built-in controls beside it, and next to nothing in it.
fn beside_one_object(overrides: &[&str]) -> Scenario {
    let one = ["shapes=['one-object']"];
    load("density-small", &["adaptive"], &[&one, overrides].concat())
}

#[test]
fn each_control_is_caught_by_its_own_oracle_whatever_the_database_and_the_seed() {
    for overrides in [
        &[][..],
        &["seeds=[7]"],
        &["database.journal=delete", "database.synchronous=full"],
        &["database.connections=split", "disk.profile=sd-card"],
    ] {
        let judgement = judge(&run(&beside_one_object(overrides), 2, false));
        assert_ne!(judgement.verdict, Verdict::Fail);
        assert_eq!(
            judgement.controls.line(),
            "controls: 7/7 caught: state-first by state, retry-outside by rate, \
             boundary-dropped by multiset, cursor-trusted by multiset, refetching-split by \
             refetched, probe-discarded by refetched, limit-completes by limit",
            "{overrides:?}"
        );
    }
}

/// Who leaves something out says at the same time that it is there: `state` sees that, too.
#[test]
fn each_control_has_one_mistake() {
    let run = run(&beside_one_object(&[]), 2, true);
    let found: Vec<(&str, Vec<&str>)> = run
        .controls
        .iter()
        .map(|outcome| (outcome.strategy.as_str(), failed(outcome)))
        .collect();
    let expected = [
        ("state-first", vec!["state"]),
        ("retry-outside", vec!["rate"]),
        ("boundary-dropped", vec!["multiset", "state"]),
        ("cursor-trusted", vec!["multiset", "state"]),
        ("refetching-split", vec!["refetched"]),
        ("probe-discarded", vec!["refetched"]),
        ("limit-completes", vec!["state", "limit"]),
    ];
    assert_eq!(found, expected);
}

/// The worlds accuse nobody falsely: what is ours passes in each of them.
#[test]
fn an_honest_strategy_passes_in_the_world_of_every_control() {
    for kind in StrategyKind::CHEATS {
        let mut world = control::world(&beside_one_object(&[]), kind);
        world.model.must_fail.0.clear();
        let honest = world.model.strategies.get_mut(kind.name()).unwrap();
        honest.kind = StrategyKind::Adaptive;
        honest.role = Role::Candidate;
        let outcome = run(&world, 1, false).outcomes.remove(0);
        assert_eq!(failed(&outcome), [""; 0], "{}", kind.name());
        assert_eq!(outcome.ending, Ending::Done);
    }
}

/// An oracle that sees nothing lets its control slip, and the run fails; so it does when another
/// oracle happens to fail.
#[test]
fn a_blind_oracle_fails_the_run() {
    let seeing = run(&beside_one_object(&[]), 2, false);
    for (blind, caught, slipped) in [
        ("state", 6, "state-first NOT CAUGHT"),
        ("rate", 6, "retry-outside NOT CAUGHT"),
        (
            "multiset",
            5,
            "boundary-dropped NOT by multiset, its own oracle, but by state",
        ),
        ("refetched", 5, "refetching-split NOT CAUGHT"),
        (
            "limit",
            6,
            "limit-completes NOT by limit, its own oracle, but by state",
        ),
    ] {
        let mut run = seeing.clone();
        for outcome in run.controls.iter_mut().chain(&mut run.outcomes) {
            let own = |oracle: &&mut Oracle| oracle.name == blind;
            let all = outcome.oracles.iter_mut().filter(own);
            all.for_each(|oracle| oracle.passed = true);
        }
        let judgement = judge(&run);
        assert_eq!(judgement.verdict, Verdict::Fail, "{blind}");
        let line = judgement.controls.line();
        let begins = format!("controls: {caught}/7 caught: {slipped}, ");
        assert!(line.starts_with(&begins), "{line}");
    }
}

/// What is not looked at after every transaction is said not to be: no sample goes by in silence.
#[test]
fn what_the_state_oracle_leaves_out_is_said() {
    let overrides = ["upstream.objects=150_000", "must_fail=[]"];
    let scenario = load("rate-limits", &["sequential", "recursive-2"], &overrides);
    let run = run(&scenario, 2, false);
    let said = |outcome: &Outcome| {
        let mut oracles = outcome.oracles.iter();
        let state = oracles.find(|oracle| oracle.name == "state").unwrap();
        state.detail.clone()
    };
    let [small, large] = [&run.outcomes[0], &run.outcomes[1]];
    assert!(large.counters["state_bytes_most"] > 16_384);
    let edges = "where there are more than 20000 objects, only the first and the last";
    let seldom = "a state above 16384 bytes is looked at after one in 50 transactions only";
    assert!(said(large).contains(edges) && said(large).contains(seldom));
    assert!(said(small).contains(edges) && !said(small).contains(seldom));
    let few = said(&adaptive("resume", &["upstream.objects=600"]));
    assert!(!few.contains(';'), "{few}");
}
