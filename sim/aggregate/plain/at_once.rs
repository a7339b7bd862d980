//! Everything in one transaction: read into memory and stored, or as statements of SQL.

use std::collections::BTreeMap;

use rusqlite::{Connection, params};

use super::{FITS, TOTALS, add_by_path, count_live, create, is_done, rows_after};
use crate::aggregate::kept::{BY_PATH, SEEN};
use crate::aggregate::outcome::Chunk;

/// Reads every row and stores all counts. `None` if that was done before. What one row after the
/// other holds in memory meanwhile, nobody bounds.
pub(in crate::aggregate) fn collect_all(
    connection: &Connection,
) -> rusqlite::Result<Option<Chunk>> {
    if is_done(connection)? {
        return Ok(None);
    }
    create(connection)?;
    let (rows, read, _) = rows_after(connection, (i64::MIN, i64::MAX), u64::MAX)?;
    let mut written = add_by_path(connection, &rows)?;
    let mut sessions: BTreeMap<&str, i64> = BTreeMap::new();
    for row in &rows {
        sessions.entry(&row.session).or_insert(row.id);
    }
    let mut insert = connection.prepare(&format!("INSERT INTO {SEEN} VALUES (?1, ?2)"))?;
    for (session, id) in &sessions {
        insert.execute(params![session, id])?;
        written += session.len() as u64;
    }
    close(connection, (rows.len(), sessions.len()))?;
    Ok(Some(Chunk {
        at_ns: 0,
        rows: read,
        refused: read - rows.len() as u64,
        row_bytes: Some(rows.iter().map(|row| row.bytes).sum()),
        written_bytes: written,
        carried_bytes: 0,
    }))
}

/// The same as two statements, each of which goes through all rows. `None` if that was done before.
pub(in crate::aggregate) fn single_transaction(
    connection: &Connection,
) -> rusqlite::Result<Option<Chunk>> {
    if is_done(connection)? {
        return Ok(None);
    }
    create(connection)?;
    connection.execute_batch(&format!(
        "INSERT INTO {BY_PATH} SELECT path, count(*) FROM page_views NOT INDEXED WHERE {FITS}
         GROUP BY path;
         INSERT INTO {SEEN} SELECT session_id, min(id) FROM page_views WHERE {FITS}
         GROUP BY session_id;"
    ))?;
    let number = |sql: String| {
        let number = connection.query_row(&sql, [], |row| row.get::<_, i64>(0));
        number.map(i64::unsigned_abs)
    };
    let views = number(format!("SELECT sum(rows) FROM {BY_PATH}"))?;
    let sessions = number(format!("SELECT count(*) FROM {SEEN}"))?;
    let weight = |table| format!("SELECT coalesce(sum(octet_length(value)), 0) FROM {table}");
    let paths = number(format!("SELECT count(*) FROM {BY_PATH}"))?;
    let written = number(weight(BY_PATH))? + 8 * paths + number(weight(SEEN))?;
    close(connection, (views as usize, sessions as usize))?;
    Ok(Some(Chunk {
        at_ns: 0,
        rows: views,
        refused: 0,
        row_bytes: None,
        written_bytes: written,
        carried_bytes: 0,
    }))
}

fn close(connection: &Connection, (views, sessions): (usize, usize)) -> rusqlite::Result<()> {
    count_live(connection)?;
    let sql = format!("UPDATE {TOTALS} SET views = ?1, sessions = ?2, cursor = last, done = 1");
    connection
        .execute(&sql, params![views as i64, sessions as i64])
        .map(drop)
}
