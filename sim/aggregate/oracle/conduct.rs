//! How counts were come by: progress, chunks, what is handed from one to the next, and whether a
//! second run leaves them as they are.

use super::{Evidence, verdict};
use crate::aggregate::oracle_names::{AGAIN, CARRIED, CHUNKS, PROGRESS};
use crate::outcome::Oracle;

/// What a cursor takes at the most, bytes: three numbers of 64 bits and what they are called.
const CURSOR_BYTES: u64 = 256;
/// A view weighs less than this, bytes.
const ROW_BYTES: u64 = 256;

pub(super) fn again(evidence: &Evidence<'_>) -> Oracle {
    let [before, after] = evidence.again.unwrap_or([None, None]);
    let passed = before.is_some() && before == after;
    let detail = if passed {
        "a second run left every count as it was".to_owned()
    } else {
        format!("a second run made {after:?} of {before:?}")
    };
    verdict(AGAIN, passed, detail)
}

pub(super) fn progress(evidence: &Evidence<'_>) -> Oracle {
    let until_ns = evidence.window.end_ns;
    let all = evidence.log.chunks.iter();
    let steps: Vec<_> = all.filter(|one| one.at_ns <= until_ns).collect();
    let back = steps
        .windows(2)
        .find(|two| two[1].processed < two[0].processed);
    let over = steps.iter().find(|one| one.processed > one.total);
    let whole = steps.last().is_some_and(|one| one.processed == one.total);
    let detail = match (back, over, steps.last()) {
        (Some(two), ..) => {
            let (from, to) = (two[0].processed, two[1].processed);
            format!("progress went back from {from} to {to}")
        }
        (None, Some(one), _) => format!("{} rows are done of {}", one.processed, one.total),
        (None, None, Some(last)) => {
            format!(
                "in {} steps to {} of {}",
                steps.len(),
                last.processed,
                last.total
            )
        }
        (None, None, None) => "nothing was said of it".to_owned(),
    };
    verdict(PROGRESS, whole && back.is_none() && over.is_none(), detail)
}

/// Chunks have the rows they are to have, unless their bytes end them, and are as many as that
/// makes.
pub(super) fn chunks(evidence: &Evidence<'_>) -> Oracle {
    let (strategy, chunks) = (evidence.strategy, &evidence.record.chunks);
    let bound = strategy.chunk_bytes();
    let heaviest = chunks.iter().filter_map(|chunk| chunk.row_bytes).max();
    let heaviest = heaviest.unwrap_or(0);
    let heavy = chunks
        .iter()
        .any(|one| one.row_bytes > Some(bound) && one.rows > 1);
    let rows: u64 = chunks.iter().map(|chunk| chunk.rows).sum();
    let inner = chunks.split_last().map_or(&[][..], |(_, inner)| inner);
    let full = |of: u64| {
        inner.iter().all(|chunk| {
            let by_bytes = chunk.row_bytes > Some(bound.saturating_sub(ROW_BYTES));
            chunk.rows == of || by_bytes
        })
    };
    let by_rows = |of: u64| inner.iter().all(|chunk| chunk.rows == of);
    let wanted = strategy.fixed_rows();
    let as_many = wanted.is_none_or(|of| {
        let many = chunks.len() as u64;
        full(of) && (!by_rows(of) || many == rows.div_ceil(of))
    });
    let all = evidence.found.is_none() || rows >= evidence.crowd.views.count();
    let of = wanted.map_or_else(String::new, |of| format!(" of {of}"));
    let detail = format!(
        "{rows} rows in {} chunks{of}; the heaviest read {heaviest} bytes, of {bound}",
        chunks.len()
    );
    verdict(CHUNKS, as_many && !heavy && all, detail)
}

pub(super) fn carried(evidence: &Evidence<'_>) -> Oracle {
    let carried = evidence.record.chunks.iter().map(|one| one.carried_bytes);
    let most = carried.max().unwrap_or(0);
    let detail = format!("a chunk is handed {most} bytes at the most, of {CURSOR_BYTES}");
    verdict(CARRIED, most <= CURSOR_BYTES, detail)
}
