//! How counts were come by: progress, chunks, what is handed from one to the next, and whether a
//! second run leaves them as they are.

use super::{Evidence, verdict};
use crate::aggregate::kept::Totals;
use crate::aggregate::oracle_names::{AGAIN, CARRIED, CHUNKS, PROGRESS};
use crate::aggregate::outcome::Chunk;
use crate::aggregate::scenario::Strategy;
use crate::outcome::{Chunk as Step, Oracle};

/// What a cursor takes at the most, bytes: three numbers of 64 bits and what they are called.
const CURSOR_BYTES: u64 = 256;
/// A view weighs less than this, bytes.
const ROW_BYTES: u64 = 256;

pub(super) fn again(evidence: &Evidence<'_>) -> Oracle {
    unchanged(evidence.again.unwrap_or([None, None]))
}

fn unchanged([before, after]: [Option<Totals>; 2]) -> Oracle {
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
    steady(all.filter(|one| one.at_ns <= until_ns))
}

fn steady<'a>(steps: impl Iterator<Item = &'a Step>) -> Oracle {
    let steps: Vec<&Step> = steps.collect();
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
            let (done, total) = (last.processed, last.total);
            format!("in {} steps to {done} of {total}", steps.len())
        }
        (None, None, None) => "nothing was said of it".to_owned(),
    };
    verdict(PROGRESS, whole && back.is_none() && over.is_none(), detail)
}

/// Chunks have the rows they are to have, unless their bytes end them, and are as many as that
/// makes.
pub(super) fn chunks(evidence: &Evidence<'_>) -> Oracle {
    let stored = evidence.found.map(|_| evidence.crowd.views.count());
    sized(evidence.strategy, &evidence.record.chunks, stored)
}

/// `stored` are the rows that all chunks together have to have at the least; `None` where they did
/// not come to their end.
fn sized(strategy: &Strategy, chunks: &[Chunk], stored: Option<u64>) -> Oracle {
    let bound = strategy.chunk_bytes();
    let heaviest = chunks.iter().filter_map(|chunk| chunk.row_bytes).max();
    let heaviest = heaviest.unwrap_or(0);
    let light = |one: &Chunk| one.rows == 1 || one.row_bytes <= Some(bound);
    let rows: u64 = chunks.iter().map(|chunk| chunk.rows).sum();
    let inner = chunks.split_last().map_or(&[][..], |(_, inner)| inner);
    let wanted = strategy.fixed_rows();
    let as_many = wanted.is_none_or(|of| {
        let by_rows = |chunk: &Chunk| chunk.rows == of;
        let by_bytes = |one: &Chunk| one.row_bytes > Some(bound.saturating_sub(ROW_BYTES));
        let ended = inner.iter().all(|one| by_rows(one) || by_bytes(one));
        let many = chunks.len() as u64;
        ended && (!inner.iter().all(by_rows) || many == rows.div_ceil(of))
    });
    let all = stored.is_none_or(|stored| rows >= stored);
    let of = wanted.map_or_else(String::new, |of| format!(" of {of}"));
    let detail = format!(
        "{rows} rows in {} chunks{of}; the heaviest read {heaviest} bytes, of {bound}",
        chunks.len()
    );
    let passed = as_many && all && chunks.iter().all(light);
    verdict(CHUNKS, passed, detail)
}

pub(super) fn carried(evidence: &Evidence<'_>) -> Oracle {
    handed(&evidence.record.chunks)
}

fn handed(chunks: &[Chunk]) -> Oracle {
    let most = chunks
        .iter()
        .map(|one| one.carried_bytes)
        .max()
        .unwrap_or(0);
    let detail = format!("a chunk is handed {most} bytes at the most, of {CURSOR_BYTES}");
    verdict(CARRIED, most <= CURSOR_BYTES, detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::scenario::StrategyKind;
    use crate::scenario::Role;

    fn chunk(rows: u64) -> Chunk {
        Chunk {
            at_ns: 0,
            rows,
            refused: 0,
            row_bytes: Some(rows * 100),
            written_bytes: 0,
            carried_bytes: 60,
        }
    }

    /// Whether these chunks are as they are to be, of 10 rows and of so many bytes at the most.
    fn right(rows: &[u64], bytes: u64, stored: u64) -> bool {
        let strategy = Strategy {
            rows: Some(10),
            pause_ms: Some(0),
            chunk_bytes: Some(bytes),
            ..Strategy::of(StrategyKind::Chunked, Role::Candidate)
        };
        let chunks: Vec<Chunk> = rows.iter().map(|&rows| chunk(rows)).collect();
        sized(&strategy, &chunks, Some(stored)).passed
    }

    #[test]
    fn chunks_are_full_but_the_last_and_leave_nothing_out() {
        assert!(right(&[10, 10, 5], 5_000, 25) && right(&[10], 5_000, 10));
        assert!(!right(&[10, 9, 6], 5_000, 25), "not full");
        assert!(!right(&[10, 10, 0], 5_000, 20), "one too many");
        assert!(!right(&[10, 10, 5], 5_000, 26), "a row left out");
    }

    #[test]
    fn bytes_end_a_chunk_and_none_is_heavier_but_of_one_row() {
        assert!(right(&[6, 6, 2], 600, 14));
        assert!(!right(&[7, 7], 600, 14), "too heavy");
        assert!(!right(&[3, 6, 5], 600, 14), "it had room for more");
        assert!(right(&[1, 1], 50, 2), "a row is never divided");
    }

    #[test]
    fn what_is_handed_on_does_not_grow_with_what_was_seen() {
        assert!(handed(&[chunk(1)]).passed);
        let large = Chunk {
            carried_bytes: 39_000,
            ..chunk(1)
        };
        assert!(!handed(&[chunk(1), large]).passed);
    }

    #[test]
    fn progress_goes_on_to_its_end() {
        let passed = |steps: &[(u64, u64)]| {
            let steps: Vec<Step> = steps
                .iter()
                .map(|&(processed, total)| Step {
                    at_ns: 0,
                    processed,
                    total,
                })
                .collect();
            steady(steps.iter()).passed
        };
        assert!(passed(&[(5, 11), (10, 10)]));
        assert!(!passed(&[(5, 10), (4, 10), (10, 10)]), "back");
        assert!(!passed(&[(5, 10), (11, 10), (11, 11)]), "too far");
        assert!(!passed(&[(5, 10)]) && !passed(&[]), "not to the end");
    }

    #[test]
    fn a_second_run_changes_nothing_and_there_is_something_to_change() {
        let of = |views| {
            Some(Totals {
                views,
                paths: 1,
                sessions: 1,
            })
        };
        assert!(unchanged([of(5), of(5)]).passed);
        assert!(!unchanged([of(5), of(10)]).passed);
        assert!(!unchanged([None, None]).passed);
    }
}
