//! The tables for those who compute themselves: `writes.csv`, a row per write; `moments.csv`, a row
//! per batch and per write; and `samples.csv`, a row per read, where somebody reads.

use crate::processing::{Outcome, Run};
use crate::sheet::Csv;

/// All of them.
pub(super) fn files(run: &Run) -> Vec<Csv<'_>> {
    let mut files = vec![
        Csv {
            file: "writes.csv",
            header: &[
                "strategy",
                "seed",
                "at_ns",
                "took_ns",
                "last_try_ns",
                "batches",
                "items",
                "rows",
                "history_rows",
                "outputs",
                "retries",
            ],
            rows: Box::new(run.outcomes.iter().flat_map(writes)),
        },
        Csv {
            file: "moments.csv",
            header: &[
                "strategy",
                "seed",
                "at_ns",
                "objects",
                "bytes",
                "unsaved",
                "processed",
                "committed",
            ],
            rows: Box::new(run.outcomes.iter().flat_map(moments)),
        },
    ];
    let read = || run.outcomes.iter().chain(&run.counterfactuals);
    if read().any(|outcome| !outcome.requests.is_empty()) {
        files.push(Csv {
            file: "samples.csv",
            header: &[
                "strategy",
                "seed",
                "kind",
                "intended_ns",
                "acquired_ns",
                "finished_ns",
                "latency_ns",
                "failed",
            ],
            rows: Box::new(read().flat_map(samples)),
        });
    }
    files
}

/// `numbers` behind the strategy and the seed.
fn row(outcome: &Outcome, numbers: &[u64]) -> Vec<String> {
    let mut row = vec![outcome.strategy.clone(), outcome.seed.to_string()];
    row.extend(numbers.iter().map(u64::to_string));
    row
}

fn writes(outcome: &Outcome) -> impl Iterator<Item = Vec<String>> + '_ {
    outcome.writes.iter().map(|write| {
        let numbers = [
            write.at_ns,
            write.took_ns,
            write.last_try_ns,
            write.batches,
            write.items,
            write.rows,
            write.history_rows,
            write.outputs,
            u64::from(write.retries),
        ];
        row(outcome, &numbers)
    })
}

fn moments(outcome: &Outcome) -> impl Iterator<Item = Vec<String>> + '_ {
    outcome.moments.iter().map(|moment| {
        let numbers = [
            moment.at_ns,
            moment.objects,
            moment.bytes,
            moment.unsaved,
            moment.processed,
            moment.committed,
        ];
        row(outcome, &numbers)
    })
}

fn samples(outcome: &Outcome) -> impl Iterator<Item = Vec<String>> + '_ {
    outcome.requests.iter().map(|request| {
        let mut row = vec![
            outcome.strategy.clone(),
            outcome.seed.to_string(),
            request.kind.name().to_owned(),
        ];
        let numbers = [
            request.intended_ns,
            request.acquired_ns,
            request.finished_ns,
            request.latency_ns(),
        ];
        row.extend(numbers.iter().map(u64::to_string));
        row.push(request.failed.to_string());
        row
    })
}
