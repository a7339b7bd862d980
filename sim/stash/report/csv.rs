//! The tables for those who compute themselves: `samples.csv`, a row per request, and
//! `moments.csv`, what was held, with the first seed.

use crate::sheet::Csv;
use crate::stash::{Outcome, Run};

/// All of them.
pub(super) fn files(run: &Run) -> Vec<Csv<'_>> {
    let first = run.outcomes.first().map(|outcome| outcome.seed);
    let of_first = run
        .outcomes
        .iter()
        .filter(move |one| Some(one.seed) == first);
    vec![
        Csv {
            file: "samples.csv",
            header: &[
                "strategy",
                "workload",
                "seed",
                "intended_ns",
                "bytes",
                "fate",
                "put_ns",
                "settled_ns",
                "waited_ns",
                "finished_ns",
                "place_put",
                "place_stored",
                "passed",
            ],
            rows: Box::new(run.outcomes.iter().flat_map(samples)),
        },
        Csv {
            file: "moments.csv",
            header: &[
                "strategy",
                "workload",
                "seed",
                "at_ns",
                "held_bytes",
                "waiting_bytes",
                "waiters",
            ],
            rows: Box::new(of_first.flat_map(moments)),
        },
    ]
}

fn named(outcome: &Outcome) -> Vec<String> {
    let seed = outcome.seed.to_string();
    vec![outcome.strategy.clone(), outcome.workload.clone(), seed]
}

fn samples(outcome: &Outcome) -> impl Iterator<Item = Vec<String>> + '_ {
    let text = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    outcome.requests.iter().map(move |one| {
        let mut row = named(outcome);
        row.extend([
            one.intended_ns.to_string(),
            one.bytes.to_string(),
            one.fate.name().to_owned(),
            text(one.put.map(|(at_ns, _)| at_ns)),
            text(one.settled_ns),
            text(one.waited_ns()),
            text(one.finished_ns),
            text(one.put.map(|(_, place)| place)),
            text(one.stored),
            one.passed.to_string(),
        ]);
        row
    })
}

fn moments(outcome: &Outcome) -> impl Iterator<Item = Vec<String>> + '_ {
    outcome.moments.iter().map(|moment| {
        let mut row = named(outcome);
        let numbers = [
            moment.at_ns,
            moment.held_bytes,
            moment.waiting_bytes,
            moment.waiters,
        ];
        row.extend(numbers.iter().map(u64::to_string));
        row
    })
}
