//! Whether a database of one's own is sound, and its schema what it was.

use std::collections::BTreeSet;

use super::schema::declarations;
use super::soundness::pragma;
use super::workload::Own;
use crate::identifier::quoted;
use crate::oracle::Evidence;
use crate::outcome::{Ending, Oracle};

/// Files above which `integrity_check` is left to the tables a backfill writes to, bytes.
const WHOLE_CHECK_BYTES: u64 = 256 << 20;
/// What SQLite calls a damaged file.
const DAMAGE: rusqlite::ErrorCode = rusqlite::ErrorCode::DatabaseCorrupt;

impl Own {
    /// SQLite's own check, but for what it said of the file before.
    pub(super) fn integrity(&self, evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
        let whole = self.file.len_bytes() <= WHOLE_CHECK_BYTES;
        let checks = if whole {
            vec!["integrity_check".to_owned()]
        } else {
            let tables = [self.task.rows.table.as_str(), "_async_migrations"];
            let check = |table: &str| format!("integrity_check({})", quoted(table));
            tables.map(check).to_vec()
        };
        let (mut complaints, mut left_out) = (Vec::new(), Vec::new());
        for check in &checks {
            match pragma(evidence.connection, check) {
                Ok(found) => complaints.extend(found),
                Err(error) if error.sqlite_error_code() == Some(DAMAGE) => {
                    complaints.push(error.to_string());
                }
                // A collation or function of its application is missing.
                Err(error) => left_out.push(format!("{check}: {error}")),
            }
        }
        if !complaints.is_empty() {
            let before: BTreeSet<String> = checks
                .iter()
                .filter_map(|check| pragma(evidence.before, check).ok())
                .flatten()
                .collect();
            complaints.retain(|complaint| !before.contains(complaint));
        }
        let detail = match (complaints.first(), left_out.first()) {
            (Some(first), _) => format!("{} complaints, the first: {first}", complaints.len()),
            (None, Some(first)) => format!("not checked: {first}"),
            (None, None) => format!("ok: {}", checks.join(", ")),
        };
        Ok(oracle("integrity", complaints.is_empty(), detail))
    }
}

/// Tables, indexes, triggers and views are those there were. What a backfill that did not finish
/// keeps for a later run may be there.
pub(super) fn schema(evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
    let unfinished = *evidence.ending != Ending::Done;
    let listed = |connection| -> rusqlite::Result<Vec<_>> {
        let mut all = declarations(connection)?;
        all.retain(|(_, name, _)| !(unfinished && name.starts_with("_backfill_scratch_")));
        Ok(all)
    };
    let (then, now) = (listed(evidence.before)?, listed(evidence.connection)?);
    let gone = then.iter().find(|one| !now.contains(one));
    let new = now.iter().find(|one| !then.contains(one));
    let detail = match (gone, new) {
        (None, None) => format!(
            "all {} tables, indexes, triggers and views are as before",
            then.len()
        ),
        (Some((kind, name, _)), _) => format!("{kind} `{name}` is not what it was"),
        (None, Some((kind, name, _))) => format!("{kind} `{name}` is new"),
    };
    Ok(oracle("schema", then == now, detail))
}

/// An oracle with its verdict.
pub(super) fn oracle(name: &str, passed: bool, detail: String) -> Oracle {
    Oracle {
        name: name.to_owned(),
        passed,
        detail,
    }
}
