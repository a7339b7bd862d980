//! Whether transmissions are what the history and the live inserts make of them: computed from the
//! API's own objects and the plan, whatever any stage or reference did.

use super::{Evidence, verdict};
use crate::outcome::{Oracle, RequestKind};
use crate::pipeline::history::{Transmission, hash};
use crate::pipeline::oracle_names::TRUTH;

pub(super) fn truth(evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
    let checks = [
        inserted(evidence),
        counted(evidence)?,
        transmissions(evidence)?,
    ];
    let wrong = checks.into_iter().flatten().next();
    let passed = wrong.is_none();
    let detail = wrong.unwrap_or_else(|| {
        format!(
            "all transmissions are what {} objects and {} live inserts make of them",
            evidence.objects.len(),
            evidence.inserts.len()
        )
    });
    Ok(verdict(TRUTH, passed, detail))
}

/// What was not added, or failed: nobody could say then what the rows should be.
fn inserted(evidence: &Evidence<'_>) -> Option<String> {
    let sent = evidence.requests.iter();
    let added = sent.filter(|one| one.kind == RequestKind::InsertObservation && !one.failed);
    let (added, wanted) = (added.count(), evidence.inserts.len());
    (added != wanted).then(|| format!("{added} of {wanted} live inserts were stored"))
}

/// What is wrong with the number of rows.
fn counted(evidence: &Evidence<'_>) -> rusqlite::Result<Option<String>> {
    let objects = u64::from(evidence.objects.len());
    let observations = objects + evidence.inserts.len() as u64;
    for (table, wanted) in [("inbox", objects), ("observations", observations)] {
        let sql = format!("SELECT count(*) FROM {table}");
        let found: i64 = evidence.connection.query_row(&sql, [], |row| row.get(0))?;
        if found.unsigned_abs() != wanted {
            return Ok(Some(format!("{table} has {found} rows, not {wanted}")));
        }
    }
    Ok(None)
}

/// What is wrong with the first transmission that is wrong.
fn transmissions(evidence: &Evidence<'_>) -> rusqlite::Result<Option<String>> {
    let truth = evidence.history.truth(evidence.objects, evidence.inserts);
    let mut expected = (1..).zip(truth).filter_map(|(id, of)| Some((id, of?)));
    let mut select = evidence.connection.prepare(
        "SELECT id, observations, first_seen, last_seen, hash FROM transmissions ORDER BY id",
    )?;
    let mut stored = select.query([])?;
    loop {
        let found = match stored.next()? {
            None => None,
            Some(row) => {
                let of = Transmission {
                    observations: row.get(1)?,
                    first_seen: row.get(2)?,
                    last_seen: row.get(3)?,
                };
                let id: i64 = row.get(0)?;
                // Only processing knows what a transmission is called.
                let name = if of.observations > 0 {
                    hash(id)
                } else {
                    String::new()
                };
                if row.get_ref(4)?.as_str()? != name {
                    return Ok(Some(format!("transmission {id} is not called `{name}`")));
                }
                Some((id, of))
            }
        };
        let wanted: Option<(i64, Transmission)> = expected.next();
        if found != wanted {
            return Ok(Some(format!(
                "a transmission is {found:?}, and not {wanted:?}"
            )));
        }
        if found.is_none() {
            return Ok(None);
        }
    }
}
