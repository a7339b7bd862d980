//! Whether the history has every version since it is kept, each once, and no other.
//!
//! A version is what a row is from a checkpoint on. At the checkpoint where a history begins it may
//! have what rows were before that have changed since; these are checked, too.

use std::collections::BTreeMap;

use backfill::persistence::Row;

use super::rows::columns;
use super::{Evidence, verdict};
use crate::outcome::Oracle;
use crate::processing::items::Items;
use crate::processing::oracle_names::HISTORY;
use crate::processing::replay::Replay;
use crate::processing::tables::{ACCOUNT, MOVE};

/// What a row is from a checkpoint on, by its id.
type Versions = BTreeMap<(i64, u64), Option<Row>>;

pub(super) fn history(evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
    let Some(from) = evidence.items.history_from() else {
        let stored = count(evidence, "accounts")? + count(evidence, "moves")?;
        let detail = format!("none was to be kept, and {stored} versions are");
        return Ok(verdict(HISTORY, stored == 0, detail));
    };
    let (model, items, roll_backs) = (evidence.model, evidence.items, evidence.roll_backs);
    let mut tables = Replay::of(model, items, from, roll_backs);
    let before = tables.accounts.clone();
    let (mut accounts, mut moves) = (Versions::new(), Versions::new());
    for number in from + 1..=items.count() {
        let item = items.item(number, roll_backs);
        for (account, row) in tables.fold(items, &item) {
            accounts.insert((account, number), row);
        }
        moves.insert((number.cast_signed(), number), Some(Items::moved(&item)));
    }
    let wrong = differs(evidence, "accounts", &ACCOUNT, &accounts, from, |id| {
        before.get(&id).cloned()
    })?;
    let wrong = match wrong {
        None => differs(evidence, "moves", &MOVE, &moves, from, |_| None)?,
        wrong => wrong,
    };
    let detail = wrong.clone().unwrap_or_else(|| {
        format!(
            "{} versions are kept, each once",
            accounts.len() + moves.len()
        )
    });
    Ok(verdict(HISTORY, wrong.is_none(), detail))
}

fn count(evidence: &Evidence<'_>, table: &str) -> rusqlite::Result<u64> {
    let sql = format!("SELECT count(*) FROM _history_{table}");
    let count = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    evidence
        .connection
        .query_row(&sql, [], count)
        .map(i64::unsigned_abs)
}

/// What is wrong with the history of `table`, whose rows were `before` where it begins.
fn differs(
    evidence: &Evidence<'_>,
    table: &str,
    names: &[&str],
    expected: &Versions,
    from: u64,
    before: impl Fn(i64) -> Option<Row>,
) -> rusqlite::Result<Option<String>> {
    let sql = format!(
        "SELECT id, _checkpoint, _gone, {} FROM _history_{table} ORDER BY id, _checkpoint",
        names.join(", ")
    );
    let mut select = evidence.connection.prepare(&sql)?;
    let mut rows = select.query([])?;
    let mut wanted = expected.iter();
    while let Some(row) = rows.next()? {
        let (id, checkpoint): (i64, i64) = (row.get(0)?, row.get(1)?);
        let checkpoint = checkpoint.unsigned_abs();
        let gone: bool = row.get(2)?;
        let version = if gone {
            None
        } else {
            Some(columns(row, 3, names.len())?)
        };
        if checkpoint <= from {
            let was = before(id);
            if version != was {
                let said = format!("{table} {id} was {version:?} before, and not {was:?}");
                return Ok(Some(said));
            }
            continue;
        }
        let next = wanted.next();
        if next != Some((&(id, checkpoint), &version)) {
            let said = format!(
                "{table} has version {checkpoint} of {id}, {version:?}, where there is to be {next:?}"
            );
            return Ok(Some(said));
        }
    }
    Ok(wanted
        .next()
        .map(|next| format!("{table} lacks version {next:?}")))
}
