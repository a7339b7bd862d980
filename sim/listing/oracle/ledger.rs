//! What a later run would find.

use backfill::ledger::{self, Entry, Status};
use backfill::listing::State;

use super::{Evidence, LIMIT, verdict};
use crate::listing::stream::Stream;
use crate::outcome::{LEDGER, Oracle};

/// Rows of a stream's table that it did not have before.
fn rows(evidence: &Evidence<'_>, stream: &Stream) -> rusqlite::Result<u64> {
    if !evidence.connection.table_exists(None, &*stream.name)? {
        return Ok(0);
    }
    let sql = format!(
        "SELECT count(*) FROM {} WHERE id NOT LIKE '{}%'",
        stream.name,
        super::super::readers::BEFORE
    );
    let count: i64 = evidence.connection.query_row(&sql, [], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

fn entry(evidence: &Evidence<'_>, stream: &Stream) -> rusqlite::Result<Option<Entry<State>>> {
    ledger::entry_at(evidence.connection, &stream.migration())
}

/// A limited run stores as many objects as its limit, or a page more, and leaves the rest to be
/// fetched.
pub(super) fn limit(evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
    let Some(limit) = evidence.terms.limit else {
        return Ok(verdict(LIMIT, true, "there is no limit".to_owned()));
    };
    let mut complaints = Vec::new();
    for stream in evidence.streams {
        let (stored, all) = (rows(evidence, stream)?, u64::from(stream.objects.len()));
        let most = limit + u64::from(evidence.terms.page);
        let name = &stream.name;
        if stored < limit.min(all) || stored > most {
            complaints.push(format!("{name}: {stored} objects, not {limit} to {most}"));
        }
        let complete = entry(evidence, stream)?.is_some_and(|entry| {
            entry.status == Status::Done || entry.cursor.is_some_and(|state| state.is_complete())
        });
        if complete && stored < all {
            complaints.push(format!(
                "{name}: {stored} of {all} objects count as complete"
            ));
        }
    }
    let passed = complaints.is_empty();
    let detail = if passed {
        format!("stopped at {limit} objects, and the rest is left")
    } else {
        complaints.join("; ")
    };
    Ok(verdict(LIMIT, passed, detail))
}

/// A later run finds everything done, and the number of rows there are.
pub(super) fn ledger(evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
    let mut complaints = Vec::new();
    for stream in evidence.streams {
        let name = &stream.name;
        let Some(entry) = entry(evidence, stream)? else {
            complaints.push(format!("{name}: no entry"));
            continue;
        };
        let rows = rows(evidence, stream)?;
        if entry.rows_processed != rows {
            let said = entry.rows_processed;
            complaints.push(format!(
                "{name}: {said} rows are said to be stored, {rows} are"
            ));
        }
        let complete = entry.cursor.is_some_and(|state| state.is_complete());
        if evidence.terms.limit.is_none() && (entry.status != Status::Done || !complete) {
            let status = entry.status.word();
            complaints.push(format!("{name}: {status}, complete {complete}"));
        }
    }
    let passed = complaints.is_empty();
    let detail = if passed {
        format!("{} entries say what is stored", evidence.streams.len())
    } else {
        complaints.join("; ")
    };
    Ok(verdict(LEDGER, passed, detail))
}
