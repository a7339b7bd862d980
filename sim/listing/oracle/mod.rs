//! What must be true of a cell of a listing scenario.
//!
//! Each oracle looks at something else than the strategy's own word: the table against the objects
//! the API was made from, the ledger against the table, requests as they left the client.
//!
//! * [`Auditor`]: after every transaction, whether the ledger claims what is not stored.
//! * `rows.rs`: whether the table has exactly the objects there were.
//! * `calls.rs`: whether requests kept to the limit, and whether pages were fetched again.
//! * `ledger.rs`: what a later run would find.

mod auditor;
mod calls;
mod ledger;
mod rows;

use rusqlite::Connection;

pub(super) use auditor::Auditor;

use super::oracle_names;
use super::outcome::Call;
use super::stream::Stream;
use crate::outcome::{Ending, Oracle};

/// What oracles judge by.
pub(super) struct Evidence<'a> {
    pub(super) connection: &'a Connection,
    pub(super) streams: &'a [Stream],
    /// Objects of a stream that went while the cell ran, by position.
    pub(super) deleted: &'a dyn Fn(usize, u32) -> bool,
    /// Whether an object that no stream had at the start came later.
    pub(super) arrived: &'a dyn Fn(usize, &str) -> bool,
    pub(super) ending: &'a Ending,
    pub(super) calls: &'a [Call],
    pub(super) terms: Terms,
}

/// The terms a backfill works under.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// What the client may ask, requests per 1000 s.
    pub(super) requests_per_ks: u64,
    /// At once after a quiet time.
    pub(super) burst: u64,
    /// Objects on a page.
    pub(super) page: u32,
    /// Pages that may be under way or held.
    pub(super) pages_held: u64,
    /// Objects to store at the most.
    pub(super) limit: Option<u64>,
    /// How often it was killed.
    pub(super) crashes: u64,
    /// Whether anything else went wrong on purpose.
    pub(super) faults: bool,
}

/// The verdicts, in the order they are shown.
pub(super) fn judge(evidence: &Evidence<'_>, auditor: &Auditor) -> rusqlite::Result<Vec<Oracle>> {
    Ok(vec![
        termination(evidence.ending),
        rows::multiset(evidence)?,
        auditor.verdict(),
        calls::rate(evidence),
        calls::refetched(evidence),
        ledger::limit(evidence)?,
        ledger::ledger(evidence)?,
    ])
}

fn termination(ending: &Ending) -> Oracle {
    let passed = *ending == Ending::Done;
    let detail = if passed {
        "the backfill came to its end".to_owned()
    } else {
        format!("the backfill ended {ending:?}")
    };
    verdict(crate::outcome::TERMINATION, passed, detail)
}

fn verdict(name: &str, passed: bool, detail: String) -> Oracle {
    Oracle {
        name: name.to_owned(),
        passed,
        detail,
    }
}

/// The names of the oracles, for those who look for one.
pub(super) use oracle_names::{LIMIT, MULTISET, RATE, REFETCHED, STATE};
