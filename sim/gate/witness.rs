//! What a gate keeps of cells while they run: where their event logs lead, which cell was run
//! twice, and whether their requests add up. Logs are dropped when a cell has ended, so it is now
//! or never.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::trail::Traced;
use crate::outcome::{Oracle, Request};
use crate::workers::Replayable;

/// How far Little's law may be off, as a share.
const LITTLE_OFF: f64 = 0.01;

/// Sees the cells of a run; shared between its threads.
#[derive(Debug, Default)]
pub struct Witness(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// The trails of logs, by their digest.
    traced: BTreeMap<String, Traced>,
    /// The cell that is run twice.
    twice: Option<String>,
    /// Cells with requests, and how many requests they have.
    flows: (u64, u64),
    /// What was wrong with the requests of a cell, of each kind of wrong the first.
    lost: Option<String>,
    unlike_little: Option<String>,
}

impl Witness {
    /// Whether the cell is to be run twice: the first one is.
    pub(crate) fn wants_twice(&self, cell: &str) -> bool {
        let mut seen = self.lock();
        let first = seen.twice.is_none();
        if first {
            seen.twice = Some(cell.to_owned());
        }
        first
    }

    /// Looks at what a cell came to.
    pub(crate) fn saw<O: Replayable>(&self, cell: &str, outcome: &O) {
        let traced = Traced::of(outcome.log());
        let (requests, log) = (outcome.requests(), outcome.log());
        let lost = conserved(requests, log).err();
        let unlike_little = little(requests, log).err();
        let mut seen = self.lock();
        seen.traced.insert(outcome.digest().to_owned(), traced);
        seen.flows.0 += u64::from(!requests.is_empty());
        seen.flows.1 += requests.len() as u64;
        let of_cell = |what: Option<String>| what.map(|what| format!("{cell}: {what}"));
        seen.lost = seen.lost.take().or(of_cell(lost));
        seen.unlike_little = seen.unlike_little.take().or(of_cell(unlike_little));
    }

    /// The trail of the log with this digest.
    #[must_use]
    pub fn traced(&self, digest: &str) -> Option<Traced> {
        self.lock().traced.get(digest).cloned()
    }

    /// What every gate asks of the simulator itself.
    #[must_use]
    pub fn self_checks(&self) -> Vec<Oracle> {
        let seen = self.lock();
        let mut checks = Vec::new();
        let mut add = |name: &str, failed: &Option<String>, detail: String| {
            checks.push(Oracle {
                name: name.to_owned(),
                passed: failed.is_none(),
                detail: failed.clone().unwrap_or(detail),
            });
        };
        // Two runs that differ end the run before it comes here.
        if let Some(cell) = &seen.twice {
            add(
                "deterministic",
                &None,
                format!("{cell} came out the same twice"),
            );
        }
        let (cells, requests) = seen.flows;
        if cells > 0 {
            let of = format!("{requests} requests of {cells} cells");
            add(
                "requests-conserved",
                &seen.lost,
                format!("{of}: answered + failed + unanswered = planned"),
            );
            add(
                "littles-law",
                &seen.unlike_little,
                format!("{of}: L = λ·W within 1 %"),
            );
        }
        checks
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of a request, as the log has it.
struct Ended<'a> {
    at_ns: u64,
    /// Its number, and what it asked for: readers and writers are numbered each for themselves.
    request: (&'a str, &'a str),
    answered: bool,
}

/// The requests that ended, in the order they did: `AT request INDEX KIND … answered`, or `failed:
/// …`.
fn ended(log: &[String]) -> impl Iterator<Item = Ended<'_>> {
    log.iter().filter_map(|line| {
        let mut words = line.split(' ');
        let at_ns = words.next()?.parse().ok()?;
        words.next().filter(|&word| word == "request")?;
        Some(Ended {
            at_ns,
            request: (words.next()?, words.next()?),
            answered: line.ends_with(" answered"),
        })
    })
}

/// Every planned request ended once, as the log has it, or was still unanswered at the end.
fn conserved(requests: &[Request], log: &[String]) -> Result<(), String> {
    let mut once = BTreeSet::new();
    let (mut answered, mut failed) = (0, 0);
    for one in ended(log) {
        if !once.insert(one.request) {
            return Err(format!(
                "request {} {} ended twice",
                one.request.0, one.request.1
            ));
        }
        if one.answered {
            answered += 1;
        } else {
            failed += 1;
        }
    }
    let planned = requests.len();
    let counted = requests.iter().filter(|request| !request.failed).count();
    let whole = answered == counted && answered + failed <= planned;
    whole.then_some(()).ok_or_else(|| {
        format!(
            "{planned} requests were planned, {counted} are said to be answered; the log has \
             {answered} answers and {failed} failures"
        )
    })
}

/// Little's law (Little, "A Proof for the Queuing Formula L = λW", 1961): requests under way, as
/// the log has their ends, on average over time; against arrivals per second times the mean
/// latency, as figures have them.
fn little(requests: &[Request], log: &[String]) -> Result<(), String> {
    let first_ns = requests.iter().map(|request| request.intended_ns).min();
    let last_ns = requests.iter().map(|request| request.finished_ns).max();
    let (Some(first_ns), Some(last_ns)) = (first_ns, last_ns) else {
        return Ok(());
    };
    let arrivals = requests.iter().map(|request| (request.intended_ns, 1));
    let departures = ended(log).map(|one| (one.at_ns, -1));
    let mut steps: Vec<(u64, i64)> = arrivals.chain(departures).collect();
    steps.sort_unstable();
    let (mut under_way, mut area, mut at_ns) = (0_i64, 0.0, first_ns);
    for (next_ns, change) in steps {
        area += under_way as f64 * next_ns.saturating_sub(at_ns) as f64;
        at_ns = at_ns.max(next_ns);
        under_way += change;
    }
    // Those without an end were under way until the last.
    area += under_way as f64 * last_ns.saturating_sub(at_ns) as f64;
    let waited: f64 = requests
        .iter()
        .map(|request| request.latency_ns() as f64)
        .sum();
    let off = (area - waited).abs() > LITTLE_OFF * waited;
    if !off {
        return Ok(());
    }
    let span = last_ns.saturating_sub(first_ns).max(1) as f64;
    Err(format!(
        "{:.4} requests were under way on average, and λ·W is {:.4}",
        area / span,
        waited / span
    ))
}

#[cfg(test)]
#[path = "witness_tests.rs"]
mod tests;
