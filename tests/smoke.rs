//! The smallest scenario, through the library: the same every time, in any order, on any machine.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod library;

use backfill_sim::measure::{Comparison, Judgement, Part, Run, Subject, Tail, Verdict};
use backfill_sim::outcome::{Ending, Outcome};
use backfill_sim::scenario::{self, Scenario};
use library::run;

fn smoke(overrides: &[&str]) -> Scenario {
    let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
    scenario::load("smoke", &overrides).unwrap()
}

fn only<'a>(run: &'a Run, strategy: &'a str) -> &'a Outcome {
    let mut all = run.outcomes_of(strategy);
    let one = all.next().unwrap();
    assert!(all.next().is_none());
    one
}

/// Digests of seed 1, one a line: strategy and digest.
const DIGESTS: &str = include_str!("smoke.digests");

/// A change of these lines is a change of every result: it has to be meant.
#[test]
fn the_digests_of_seed_1_are_those_checked_in() {
    let run = run(&smoke(&[]), 2, false);
    let all = run.outcomes.iter().chain(&run.counterfactuals);
    let found: String = all
        .map(|outcome| format!("{} {}\n", outcome.strategy, outcome.digest))
        .collect();
    assert_eq!(found, DIGESTS, "SQLite {}", rusqlite::version());
}

/// One job or two, once or checked: the same report, byte for byte.
#[test]
fn the_number_of_jobs_does_not_show_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = smoke(&[]);
    let written = [1, 2].map(|jobs| {
        let out = folder.path().join(jobs.to_string());
        let run = run(&scenario, jobs, jobs == 2);
        backfill_sim::report::write(&run, &out).unwrap();
        let mut files: Vec<_> = std::fs::read_dir(&out)
            .unwrap()
            .map(Result::unwrap)
            .collect();
        files.sort_by_key(std::fs::DirEntry::file_name);
        let read =
            |file: &std::fs::DirEntry| (file.file_name(), std::fs::read(file.path()).unwrap());
        files.iter().map(read).collect::<Vec<_>>()
    });
    assert!(written[0].len() >= 9, "{} files", written[0].len());
    for (one, two) in written[0].iter().zip(&written[1]) {
        assert_eq!(one.0, two.0);
        assert!(one.1 == two.1, "{:?} differs", one.0);
    }
    assert_eq!(written[0].len(), written[1].len());
}

/// Every nanosecond of the slowest reads is accounted for by what really happened: on one
/// connection that goes from hand to hand nobody waits while it is free, or for a lock.
#[test]
fn what_the_slowest_reads_waited_for_is_all_there_and_nothing_is_guessed() {
    let run = run(&smoke(&[]), 2, false);
    for outcome in &run.outcomes {
        let window = outcome.backfill.unwrap();
        let tail = Tail::of(outcome, Subject::Readers, window).unwrap();
        let name = &outcome.strategy;
        assert_eq!(tail.parts.values().sum::<u64>(), tail.total_ns, "{name}");
        for (part, ns) in &tail.parts {
            let known = match part {
                Part::Connection(user) => {
                    ["backfill", "reader", "writer", "operator"].contains(user)
                }
                Part::Processor | Part::Device => true,
                // A timer of whole microseconds is late by less than one.
                Part::Store => *ns < 1_000 * tail.requests,
                Part::Idle | Part::Lock(_) => false,
            };
            assert!(known, "{name} {part:?} {ns}");
        }
    }
    let single = only(&run, "single-transaction");
    let tail = Tail::of(single, Subject::Readers, single.backfill.unwrap()).unwrap();
    assert_eq!(tail.most(), Some(Part::Connection("backfill")));
    assert!(tail.share(Part::Connection("backfill")) > 0.5, "{tail:?}");
}

#[test]
fn strategies_of_a_seed_meet_the_same_arrivals_and_seeds_differ() {
    let mut scenario = smoke(&[]);
    scenario.model.seeds = scenario::Seeds(vec![1, 2]);
    let run = run(&scenario, 2, false);
    let plans = |seed| -> Vec<&str> {
        let all = run.outcomes.iter().chain(&run.counterfactuals);
        all.filter(|outcome| outcome.seed == seed)
            .map(|outcome| outcome.plan_hash.as_str())
            .collect()
    };
    let (first, second) = (plans(1), plans(2));
    assert_eq!(first.len(), 5);
    assert!(first.iter().all(|hash| *hash == first[0]));
    assert!(second.iter().all(|hash| *hash == second[0]));
    assert_ne!(first[0], second[0]);
    let rows = |seed| {
        &run.outcomes
            .iter()
            .find(|one| one.seed == seed)
            .unwrap()
            .rows_hash
    };
    assert_ne!(rows(1), rows(2), "the data differ too");
}

/// The counterfactual is what it is compared with: it must not depend on who is compared. With
/// connections of their own requests slow each other down, so those under way at its very end may
/// differ, but none of the window.
#[test]
fn a_longer_counterfactual_begins_with_the_shorter_one() {
    for connections in ["shared", "split"] {
        let keep = |name: &str| {
            let set = format!("database.connections={connections}");
            let mut scenario = smoke(&[&set, "load.reads_per_s=200"]);
            scenario.keep_strategies(&[name.to_owned()]).unwrap();
            let mut run = run(&scenario, 2, false);
            (run.outcomes.remove(0), run.counterfactuals.remove(0))
        };
        let (outcome, short) = keep("single-transaction");
        let (_, long) = keep("fixed-20-20ms");
        assert!(short.requests.len() < long.requests.len());
        let window = outcome.backfill.unwrap();
        let end = short
            .requests
            .partition_point(|request| request.intended_ns <= window.end_ns);
        assert!(end > 1_000 && end < short.requests.len());
        assert_eq!(short.requests[..end], long.requests[..end]);
        let planned = |outcome: &Outcome| outcome.requests.iter().map(|r| r.intended_ns).collect();
        let both: [Vec<u64>; 2] = [planned(&outcome), planned(&short)];
        assert_eq!(
            both[0], both[1],
            "it lasts as long as what it is compared with"
        );
    }
}

#[test]
fn a_single_transaction_dressed_up_as_chunks_is_caught() {
    let run = run(&smoke(&[]), 2, false);
    let dressed = only(&run, "dressed-single-transaction");
    let failed: Vec<&str> = dressed
        .oracles
        .iter()
        .filter(|oracle| !oracle.passed)
        .map(|oracle| oracle.name.as_str())
        .collect();
    assert_eq!(failed, ["bounded-transactions"]);
    let judgement = Judgement::of(&run, &Comparison::of(&run));
    assert_eq!(judgement.verdict, Verdict::Pass);
    for honest in ["single-transaction", "fixed-100-100ms", "fixed-20-20ms"] {
        let outcome = only(&run, honest);
        assert!(outcome.correct(), "{honest}: {:?}", outcome.oracles);
    }
}

/// A third of the way: what was committed stays, a later run goes on from there.
#[test]
fn cancelling_a_third_of_the_way_leaves_commits_and_a_cursor() {
    let strategy = ["fixed-20-20ms".to_owned()];
    let mut whole = smoke(&[]);
    whole.keep_strategies(&strategy).unwrap();
    let whole = run(&whole, 1, false);
    let window = whole.outcomes[0].backfill.unwrap();
    let third_s = window.duration_ns() as f64 / 3e9;
    let mut cancelled = smoke(&[&format!("cancel.after_s={third_s}")]);
    cancelled.keep_strategies(&strategy).unwrap();
    let run = run(&cancelled, 1, false);
    let outcome = &run.outcomes[0];
    assert_eq!(outcome.ending, Ending::Cancelled);
    let stored = outcome.chunks.last().unwrap();
    assert!(
        stored.processed > 0 && stored.processed < stored.total,
        "{stored:?}"
    );
    assert!(outcome.correct(), "{:?}", outcome.oracles);
}

/// At every chunk boundary, and a little after it, inside the next chunk's statements.
#[test]
fn cancelled_anywhere_and_resumed_it_ends_like_an_uninterrupted_run() {
    let quiet = [
        "load.observations_per_s=0",
        "load.transmissions_per_s=0",
        "load.reads_per_s=5",
    ];
    let strategy = ["fixed-100-100ms".to_owned()];
    let mut scenario = smoke(&quiet);
    scenario.keep_strategies(&strategy).unwrap();
    let whole = run(&scenario, 2, false).outcomes.remove(0);
    let start_ns = whole.backfill.unwrap().start_ns;
    assert!(whole.chunks.len() >= 14);
    for (chunk, later_ns) in whole
        .chunks
        .iter()
        .flat_map(|c| [(c, 1_000), (c, 250_000_000)])
    {
        let after_s = (chunk.at_ns - start_ns + later_ns) as f64 / 1e9;
        scenario.model.cancel = Some(scenario::Cancel {
            after_s,
            resume_after_s: Some(1.0),
            how: scenario::Stop::Asked,
        });
        let resumed = run(&scenario, 2, false).outcomes.remove(0);
        assert_eq!(resumed.ending, Ending::Done, "cancelled after {after_s} s");
        assert_eq!(
            resumed.rows_hash, whole.rows_hash,
            "cancelled after {after_s} s"
        );
        assert_eq!(
            resumed.chunks.last().unwrap().processed,
            whole.chunks.last().unwrap().processed
        );
        assert!(
            resumed.correct(),
            "cancelled after {after_s} s: {:?}",
            resumed.oracles
        );
    }
}
