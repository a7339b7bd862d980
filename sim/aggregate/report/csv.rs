//! The tables for those who compute themselves: `counts.csv`, a row per count; `chunks.csv`, a row
//! per time rows were counted; `transactions.csv`, a row per transaction of the rebuild; and
//! `samples.csv`, a row per request, where there are some.

use crate::aggregate::{Outcome, Run};
use crate::sheet::Csv;

/// All of them.
pub(super) fn files(run: &Run) -> Vec<Csv<'_>> {
    let own = || run.outcomes.iter();
    let mut files = vec![
        Csv {
            file: "counts.csv",
            header: &["strategy", "workload", "seed", "count", "counted", "direct"],
            rows: Box::new(own().flat_map(counts)),
        },
        Csv {
            file: "chunks.csv",
            header: &[
                "strategy",
                "workload",
                "seed",
                "at_ns",
                "rows",
                "refused",
                "row_bytes",
                "written_bytes",
                "carried_bytes",
            ],
            rows: Box::new(own().flat_map(chunks)),
        },
        Csv {
            file: "transactions.csv",
            header: &["strategy", "workload", "seed", "at_ns", "held_ns", "bytes"],
            rows: Box::new(own().flat_map(transactions)),
        },
    ];
    let all = || run.outcomes.iter().chain(&run.counterfactuals);
    if all().any(|outcome| !outcome.requests.is_empty()) {
        files.push(Csv {
            file: "samples.csv",
            header: &[
                "strategy",
                "workload",
                "seed",
                "kind",
                "intended_ns",
                "acquired_ns",
                "finished_ns",
                "latency_ns",
                "failed",
            ],
            rows: Box::new(all().flat_map(samples)),
        });
    }
    files
}

/// `fields` behind the strategy, the workload and the seed.
fn row(outcome: &Outcome, fields: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut row = vec![
        outcome.strategy.clone(),
        outcome.workload.clone(),
        outcome.seed.to_string(),
    ];
    row.extend(fields);
    row
}

fn counts(outcome: &Outcome) -> impl Iterator<Item = Vec<String>> + '_ {
    let counts = outcome.counts.into_iter();
    let pairs = counts.flat_map(|of| {
        [
            ("views", of.views),
            ("worst page", of.worst_path),
            ("pages", of.paths),
            ("sessions", of.sessions),
        ]
    });
    pairs.map(|(name, pair)| {
        let numbers = [pair.counted, pair.direct].map(|number| number.to_string());
        row(outcome, [name.to_owned()].into_iter().chain(numbers))
    })
}

fn chunks(outcome: &Outcome) -> impl Iterator<Item = Vec<String>> + '_ {
    outcome.chunks.iter().map(|chunk| {
        let row_bytes = chunk
            .row_bytes
            .map_or_else(String::new, |bytes| bytes.to_string());
        let before = [chunk.at_ns, chunk.rows, chunk.refused].map(|number| number.to_string());
        let after = [chunk.written_bytes, chunk.carried_bytes].map(|number| number.to_string());
        row(outcome, before.into_iter().chain([row_bytes]).chain(after))
    })
}

fn transactions(outcome: &Outcome) -> impl Iterator<Item = Vec<String>> + '_ {
    outcome.transactions.iter().map(|one| {
        let numbers = [one.at_ns, one.held_ns, one.bytes];
        row(outcome, numbers.map(|number| number.to_string()))
    })
}

fn samples(outcome: &Outcome) -> impl Iterator<Item = Vec<String>> + '_ {
    outcome.requests.iter().map(|request| {
        let numbers = [
            request.intended_ns,
            request.acquired_ns,
            request.finished_ns,
            request.latency_ns(),
        ];
        let fields = [request.kind.name().to_owned()].into_iter();
        let fields = fields.chain(numbers.map(|number| number.to_string()));
        row(outcome, fields.chain([request.failed.to_string()]))
    })
}
