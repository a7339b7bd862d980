//! What happened in each modelled second; a second without requests has no latency, which is a gap
//! in a chart and an empty field in a file, and never a zero.

use super::forecast::is_backfill;
use super::percentile::{Latencies, Quantile};
use super::subject::Subject;
use crate::outcome::{Outcome, Request};

const SECOND_NS: u64 = 1_000_000_000;

/// A cell in steps of equal length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// Whose latency it shows.
    pub subject: Subject,
    /// The length of a step, seconds.
    pub step_s: u64,
    /// From the start of the cell to its end; the last step may be cut off.
    pub bins: Vec<Bin>,
}

/// One step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// Requests meant to arrive in it, writes included.
    pub arrived: u64,
    /// Requests of the subject answered in it.
    pub answered: u64,
    /// Latency of those meant to arrive in it; `None` when there were none.
    pub latency: Option<Spread>,
    /// Chunks announced in it.
    pub chunks: u64,
    /// Rows written by the end of it; `None` before the first chunk.
    pub processed: Option<u64>,
    /// Rows there are to write, as last announced.
    pub total: Option<u64>,
    /// How long the backfill had a connection during it, nanoseconds.
    pub held_ns: u64,
}

/// Latency of the requests of one step, nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    /// Median.
    pub p50_ns: u64,
    /// 95th percentile.
    pub p95_ns: u64,
    /// The worst.
    pub max_ns: u64,
}

impl Timeline {
    /// `outcome` as `subject` lives through it, in steps of `step_s` seconds; 0 is taken for 1.
    #[must_use]
    pub fn of(outcome: &Outcome, subject: Subject, step_s: u64) -> Self {
        let step_s = step_s.max(1);
        let step_ns = step_s * SECOND_NS;
        let mut bins = vec![Bin::default(); (outcome.end_ns / step_ns + 1) as usize];
        count_requests(&mut bins, &outcome.requests, subject, step_ns);
        add_progress(&mut bins, outcome, step_ns);
        add_holds(&mut bins, outcome, step_ns);
        Self {
            subject,
            step_s,
            bins,
        }
    }

    /// `outcome` in at most `bins` steps of a whole number of seconds.
    #[must_use]
    pub fn at_most(outcome: &Outcome, subject: Subject, bins: u64) -> Self {
        let seconds = outcome.end_ns / SECOND_NS + 1;
        Self::of(outcome, subject, seconds.div_ceil(bins.max(1)))
    }
}

fn count_requests(bins: &mut [Bin], requests: &[Request], subject: Subject, step_ns: u64) {
    let mut arrived: Vec<Vec<&Request>> = vec![Vec::new(); bins.len()];
    for request in requests {
        let index = (request.intended_ns / step_ns) as usize;
        let Some(bin) = bins.get_mut(index) else {
            continue;
        };
        bin.arrived += 1;
        if subject.sends(request.kind) {
            arrived[index].push(request);
            let done = (request.finished_ns / step_ns) as usize;
            if let Some(bin) = bins.get_mut(done).filter(|_| !request.failed) {
                bin.answered += 1;
            }
        }
    }
    for (bin, arrived) in bins.iter_mut().zip(&arrived) {
        bin.latency = spread(&Latencies::of(arrived.iter().copied()));
    }
}

fn spread(latencies: &Latencies) -> Option<Spread> {
    Some(Spread {
        p50_ns: latencies.at(Quantile::P50)?,
        p95_ns: latencies.at(Quantile::P95)?,
        max_ns: *latencies.as_slice().last()?,
    })
}

fn add_progress(bins: &mut [Bin], outcome: &Outcome, step_ns: u64) {
    let mut chunks = outcome.chunks.iter().peekable();
    let (mut processed, mut total) = (None, None);
    for (index, bin) in bins.iter_mut().enumerate() {
        let end_ns = (index as u64 + 1) * step_ns;
        while let Some(chunk) = chunks.next_if(|chunk| chunk.at_ns < end_ns) {
            bin.chunks += 1;
            processed = Some(chunk.processed);
            total = Some(chunk.total);
        }
        bin.processed = processed;
        bin.total = total;
    }
}

fn add_holds(bins: &mut [Bin], outcome: &Outcome, step_ns: u64) {
    for hold in outcome.holds.iter().filter(|hold| is_backfill(hold)) {
        let mut from_ns = hold.acquired_ns;
        while from_ns < hold.released_ns {
            let index = from_ns / step_ns;
            let until_ns = hold.released_ns.min((index + 1) * step_ns);
            if let Some(bin) = bins.get_mut(index as usize) {
                bin.held_ns += until_ns - from_ns;
            }
            from_ns = until_ns;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::synthetic;
    use crate::outcome::{Chunk, Hold, RequestKind};

    fn outcome() -> Outcome {
        let mut outcome = synthetic::idle("a", 1);
        outcome.end_ns = 4_500_000_000;
        let read = |intended_ns, finished_ns, failed| Request {
            service: crate::outcome::Service::default(),
            kind: RequestKind::Stats,
            intended_ns,
            acquired_ns: intended_ns,
            finished_ns,
            failed,
        };
        outcome.requests = vec![
            read(100, 300, false),
            read(200, 3_000_000_000, false),
            read(3_000_000_000, 4_000_000_000, true),
        ];
        outcome.holds = vec![Hold {
            line: crate::outcome::Line::default(),
            user: "backfill",
            write: true,
            queued_ns: 0,
            acquired_ns: 500_000_000,
            released_ns: 2_250_000_000,
            busy_retries: 0,
            rows_changed: 0,
        }];
        outcome.chunks = vec![Chunk {
            at_ns: 2_000_000_000,
            processed: 40,
            total: 100,
        }];
        outcome
    }

    #[test]
    fn a_second_without_reads_is_a_gap() {
        let timeline = Timeline::of(&outcome(), Subject::Readers, 1);
        assert_eq!(timeline.bins.len(), 5);
        assert_eq!(timeline.bins[1].latency, None);
        assert_eq!(timeline.bins[1].arrived, 0);
        let first = timeline.bins[0].latency.unwrap();
        assert_eq!(
            (first.p50_ns, first.p95_ns, first.max_ns),
            (200, 2_999_999_800, 2_999_999_800)
        );
    }

    #[test]
    fn a_failed_read_was_not_answered_but_has_its_latency() {
        let timeline = Timeline::of(&outcome(), Subject::Readers, 1);
        let answered: Vec<u64> = timeline.bins.iter().map(|bin| bin.answered).collect();
        assert_eq!(answered, [1, 0, 0, 1, 0]);
        assert_eq!(
            timeline.bins[3].latency.map(|reads| reads.max_ns),
            Some(1_000_000_000)
        );
    }

    #[test]
    fn holds_are_divided_among_the_seconds_they_span() {
        let timeline = Timeline::of(&outcome(), Subject::Readers, 1);
        let held: Vec<u64> = timeline
            .bins
            .iter()
            .map(|bin| bin.held_ns / 1_000_000)
            .collect();
        assert_eq!(held, [500, 1_000, 250, 0, 0]);
    }

    #[test]
    fn progress_is_unknown_before_the_first_chunk_and_kept_after_it() {
        let timeline = Timeline::of(&outcome(), Subject::Readers, 1);
        let processed: Vec<Option<u64>> = timeline.bins.iter().map(|bin| bin.processed).collect();
        assert_eq!(processed, [None, None, Some(40), Some(40), Some(40)]);
        assert_eq!(timeline.bins[2].chunks, 1);
    }

    #[test]
    fn a_long_cell_is_coarser_not_shorter() {
        let timeline = Timeline::at_most(&outcome(), Subject::Readers, 2);
        assert_eq!((timeline.step_s, timeline.bins.len()), (3, 2));
    }
}
