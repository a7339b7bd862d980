//! What must be true of a cell of a pipeline scenario.
//!
//! * `rows.rs`: whether all rows are those of the reference.
//! * `truth.rs`: whether transmissions are what the history and the live inserts make of them.
//! * `status.rs`: whether the operator was told the truth.

mod rows;
mod status;
mod truth;

use backfill::ledger;
use rusqlite::Connection;

pub(super) use rows::Fingerprint;

use super::history::History;
use super::oracle_names::{LEDGER, SAME_ROWS, TERMINATION};
use super::recorder::Record;
use super::stage::Stage;
use crate::load::Planned;
use crate::outcome::{Ending, Hold, Oracle, Request};
use crate::upstream::Objects;

/// What oracles judge by.
pub(super) struct Evidence<'a> {
    pub(super) connection: &'a Connection,
    pub(super) ending: &'a Ending,
    /// All rows; `None` where the stages have not come to their end.
    pub(super) rows: Option<&'a Fingerprint>,
    /// Those of the reference, `None` in it where it has not come to its end; `None` for the
    /// reference itself.
    pub(super) reference: Option<Option<&'a Fingerprint>>,
    pub(super) objects: &'a Objects,
    pub(super) history: History,
    /// Live inserts as they were planned.
    pub(super) inserts: &'a [Planned],
    /// What became of all requests.
    pub(super) requests: &'a [Request],
    pub(super) record: &'a Record,
    pub(super) holds: &'a [Hold],
}

/// The verdicts, in the order they are shown. Where it did not come to its end, rows are not what
/// they are to be, and no news.
pub(super) fn judge(evidence: &Evidence<'_>) -> rusqlite::Result<Vec<Oracle>> {
    let mut verdicts = vec![termination(evidence)];
    if let Some(rows) = evidence.rows {
        if let Some(reference) = evidence.reference {
            verdicts.push(same_rows(evidence, rows, reference)?);
        }
        verdicts.push(truth::truth(evidence)?);
        verdicts.push(ledger(evidence)?);
    }
    verdicts.push(status::status(evidence));
    Ok(verdicts)
}

fn verdict(name: &str, passed: bool, detail: String) -> Oracle {
    Oracle {
        name: name.to_owned(),
        passed,
        detail,
    }
}

fn termination(evidence: &Evidence<'_>) -> Oracle {
    let why = evidence.ending.unfinished();
    let detail = why.as_ref().map_or_else(
        || "all stages came to their end".to_owned(),
        |why| format!("it {why}"),
    );
    verdict(TERMINATION, why.is_none(), detail)
}

fn same_rows(
    evidence: &Evidence<'_>,
    rows: &Fingerprint,
    reference: Option<&Fingerprint>,
) -> rusqlite::Result<Oracle> {
    let Some(reference) = reference else {
        let detail = "the reference has not come to its end".to_owned();
        return Ok(verdict(SAME_ROWS, false, detail));
    };
    let differs = rows.difference(reference, evidence.connection)?;
    let passed = differs.is_none();
    let detail = differs.unwrap_or_else(|| rows.words());
    Ok(verdict(SAME_ROWS, passed, detail))
}

/// The ledger says of every stage that it is done, and as many rows as were stored.
fn ledger(evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
    let mut words = Vec::new();
    let mut passed = true;
    for stage in Stage::ALL {
        let name = stage.migration();
        let entry = ledger::entry_at::<serde_json::Value>(evidence.connection, name)?;
        let stored = evidence.record.progress[stage as usize].last();
        let (says, rows) = match &entry {
            Some(entry) => (entry.status.word(), entry.rows_processed),
            None => ("nothing", 0),
        };
        let done = entry.is_some_and(|entry| entry.status == ledger::Status::Done);
        passed &= done && stored.is_none_or(|stored| stored.1 == rows);
        words.push(format!("{says} of {}, {rows} rows", stage.name()));
    }
    let detail = format!("the ledger says {}", words.join("; "));
    Ok(verdict(LEDGER, passed, detail))
}
