//! Whether the tables at the end are those of a plain replay.

use backfill::persistence::Row;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _};

use super::{Evidence, verdict};
use crate::outcome::Oracle;
use crate::processing::items::Items;
use crate::processing::oracle_names::ROWS;
use crate::processing::tables::{ACCOUNT, MOVE};

/// One account, as it is stored.
pub(super) fn account(connection: &Connection, id: i64) -> rusqlite::Result<Option<Row>> {
    let sql = format!(
        "SELECT id, {} FROM accounts WHERE id = ?1",
        ACCOUNT.join(", ")
    );
    let mut select = connection.prepare_cached(&sql)?;
    let found = select.query_row([id], |row| columns(row, 1, ACCOUNT.len()));
    found.optional()
}

/// So many columns of a row from `first` on.
pub(super) fn columns(
    row: &rusqlite::Row<'_>,
    first: usize,
    count: usize,
) -> rusqlite::Result<Row> {
    let values: rusqlite::Result<Vec<Value>> = (first..first + count)
        .map(|column| row.get(column))
        .collect();
    values.map(Row::new)
}

pub(super) fn rows(evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
    let checks = [
        accounts(evidence)?,
        moves(evidence)?,
        positions(evidence)?,
        letters(evidence)?,
    ];
    let wrong = checks.into_iter().flatten().next();
    let detail = wrong.clone().unwrap_or_else(|| {
        format!(
            "{} accounts, {} moves, {} positions and {} dead letters are those of a replay",
            evidence.replay.accounts.len(),
            evidence.items.count(),
            evidence.replay.positions.len(),
            evidence.replay.refused.len()
        )
    });
    Ok(verdict(ROWS, wrong.is_none(), detail))
}

/// What is wrong with the accounts.
fn accounts(evidence: &Evidence<'_>) -> rusqlite::Result<Option<String>> {
    let sql = format!(
        "SELECT id, {} FROM accounts ORDER BY id",
        ACCOUNT.join(", ")
    );
    let mut select = evidence.connection.prepare(&sql)?;
    let mut stored = select.query([])?;
    let mut expected = evidence.replay.accounts.iter();
    loop {
        let row = stored.next()?;
        let row: Option<(i64, Row)> = match row {
            Some(row) => Some((row.get(0)?, columns(row, 1, ACCOUNT.len())?)),
            None => None,
        };
        match (row, expected.next()) {
            (None, None) => return Ok(None),
            (Some((id, row)), Some((wanted, as_row))) if id == *wanted && row == *as_row => {}
            (stored, wanted) => {
                return Ok(Some(format!("{stored:?} is stored, and not {wanted:?}")));
            }
        }
    }
}

/// What is wrong with the moves: one for each item, in their order.
fn moves(evidence: &Evidence<'_>) -> rusqlite::Result<Option<String>> {
    let sql = format!("SELECT id, {} FROM moves ORDER BY id", MOVE.join(", "));
    let mut select = evidence.connection.prepare(&sql)?;
    let mut stored = select.query([])?;
    for number in 1..=evidence.items.count() {
        let Some(row) = stored.next()? else {
            return Ok(Some(format!("there is no move {number}")));
        };
        let (id, row): (i64, Row) = (row.get(0)?, columns(row, 1, MOVE.len())?);
        let item = evidence.items.item(number, evidence.roll_backs);
        let expected = Items::moved(&item);
        if id != number.cast_signed() || row != expected {
            return Ok(Some(format!(
                "move {id} is {row:?}, and not {expected:?} of {number}"
            )));
        }
    }
    let more = stored.next()?.is_some();
    Ok(more.then(|| "there are more moves than items".to_owned()))
}

/// What is wrong with the positions of the sources.
fn positions(evidence: &Evidence<'_>) -> rusqlite::Result<Option<String>> {
    let mut select = evidence.connection.prepare(
        "SELECT source, position, max(checkpoint) FROM _store_positions
         GROUP BY source ORDER BY source",
    )?;
    let position = |row: &rusqlite::Row<'_>| row.get::<_, i64>(1).map(i64::unsigned_abs);
    let stored = select.query_map([], |row| Ok((row.get(0)?, position(row)?)))?;
    let stored: Vec<(String, u64)> = stored.collect::<rusqlite::Result<_>>()?;
    let known = evidence.replay.positions.iter();
    let expected: Vec<(String, u64)> = known
        .map(|(source, position)| (format!("source-{source}"), *position))
        .collect();
    Ok((stored != expected).then(|| format!("positions are {stored:?}, and not {expected:?}")))
}

/// What is wrong with the dead letters: one for each row that its table refused.
fn letters(evidence: &Evidence<'_>) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT id FROM _dead_letters WHERE tbl = 'accounts' ORDER BY id";
    let mut select = evidence.connection.prepare(sql)?;
    let stored = select.query_map([], |row| row.get(0))?;
    let stored: Vec<i64> = stored.collect::<rusqlite::Result<_>>()?;
    let expected: Vec<i64> = evidence.replay.refused.iter().copied().collect();
    let wrong = stored != expected;
    Ok(wrong.then(|| format!("dead letters are of {stored:?}, and not of {expected:?}")))
}
