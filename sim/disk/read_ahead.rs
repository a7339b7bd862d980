//! What the operating system reads ahead of a file, and so what a miss costs.
//!
//! A kernel that sees pages of a file read one after another fetches the next ones before they are
//! asked for, and a reader that leaves a few of them out finds the others there. Linux does so for
//! 128 KiB (`read_ahead_kb`), whoever else reads from the file meanwhile (`mm/readahead.c` looks
//! for a stream in the cache itself).
//!
//! Not modelled: pages that were left out were read nevertheless, and would be there for others.

/// How many interleaved sequential reads are recognised: one for each of a few files' worth of
/// B-trees that a statement walks at the same time.
const RUNS: usize = 4;

/// Pages read ahead: 128 KiB.
const WINDOW: u32 = 32;

/// Pages read one after another before any are read ahead.
const BEGUN: u32 = 2;

/// What a miss costs the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fetch {
    /// A page at a random place.
    Random,
    /// So many pages in sequence: the page, and those before it that nobody asked for.
    Sequential(u64),
}

/// The last runs of misses of one file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ReadAhead {
    runs: [Run; RUNS],
    next: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Run {
    last: u32,
    pages: u32,
}

impl ReadAhead {
    /// A miss on `page`.
    pub(super) fn miss(&mut self, page: u32) -> Fetch {
        for run in &mut self.runs {
            if let Some(pages) = run.reaches(page) {
                run.last = page;
                run.pages = run.pages.saturating_add(1);
                return Fetch::Sequential(u64::from(pages));
            }
        }
        self.runs[self.next] = Run {
            last: page,
            pages: 1,
        };
        self.next = (self.next + 1) % RUNS;
        Fetch::Random
    }
}

impl Run {
    /// How many pages from its last one to `page`, if the run covers it.
    fn reaches(self, page: u32) -> Option<u32> {
        let ahead = page.checked_sub(self.last).filter(|&pages| pages > 0)?;
        let covered = if self.pages < BEGUN { 1 } else { WINDOW };
        (self.pages > 0 && ahead <= covered).then_some(ahead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetched(misses: &[u32]) -> Vec<Option<u64>> {
        let mut ahead = ReadAhead::default();
        let fetch = |&page: &u32| match ahead.miss(page) {
            Fetch::Random => None,
            Fetch::Sequential(pages) => Some(pages),
        };
        misses.iter().map(fetch).collect()
    }

    #[test]
    fn interleaved_runs_are_recognised() {
        assert_eq!(
            fetched(&[10, 500, 11, 501, 12, 502, 7]),
            [None, None, Some(1), Some(1), Some(1), Some(1), None]
        );
    }

    #[test]
    fn a_run_that_has_begun_may_leave_pages_out_and_pays_for_them() {
        assert_eq!(
            fetched(&[10, 11, 14, 46, 79]),
            [None, Some(1), Some(3), Some(32), None]
        );
    }

    #[test]
    fn pages_that_lie_near_each_other_by_chance_are_no_run() {
        assert_eq!(fetched(&[1, 3, 8, 5, 20]), [None; 5]);
    }
}
