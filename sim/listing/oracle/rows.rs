//! Whether the table has exactly the objects there were.

use rusqlite::Connection;

use super::{Evidence, MULTISET, verdict};
use crate::listing::stream::Stream;
use crate::outcome::Oracle;

/// What is wrong with the table of a stream.
#[derive(Debug, Default)]
struct Found {
    /// Objects that are there as they should be.
    exact: u64,
    missing: u64,
    /// Rows that differ from their object.
    changed: u64,
    /// Rows that are no object.
    invented: u64,
    /// Objects that went before they were fetched.
    gone: u64,
    /// Rows of objects that came later.
    arrived: u64,
}

/// Every object that was there all the time is in its table, once and as the API shows it; and
/// nothing else is, but what came later.
pub(super) fn multiset(evidence: &Evidence<'_>) -> rusqlite::Result<Oracle> {
    let mut all = Found::default();
    for (number, stream) in evidence.streams.iter().enumerate() {
        let found = compare(evidence, number, stream)?;
        all.exact += found.exact;
        all.missing += found.missing;
        all.changed += found.changed;
        all.invented += found.invented;
        all.gone += found.gone;
        all.arrived += found.arrived;
    }
    let wanted = match evidence.terms.limit {
        // A limited run is held to its limit by another oracle.
        Some(_) => 0,
        None => all.missing,
    };
    let passed = wanted + all.changed + all.invented == 0;
    let mut detail = format!(
        "{} objects are stored as the API has them, {} missing, {} changed, {} invented",
        all.exact, all.missing, all.changed, all.invented
    );
    if all.gone + all.arrived > 0 {
        detail += &format!(
            "; {} were deleted before they were fetched, {} came later",
            all.gone, all.arrived
        );
    }
    Ok(verdict(MULTISET, passed, detail))
}

fn compare(evidence: &Evidence<'_>, number: usize, stream: &Stream) -> rusqlite::Result<Found> {
    let objects = &stream.objects;
    let mut found = Found::default();
    let mut there = vec![false; objects.len() as usize];
    let mut body = String::new();
    each_row(evidence.connection, stream, |id, created, stored| {
        let Some(position) = objects.position_of(id) else {
            if (evidence.arrived)(number, id) {
                found.arrived += 1;
            } else {
                found.invented += 1;
            }
            return;
        };
        body.clear();
        objects.write_body(&mut body, position);
        if created == Some(objects.created(position)) && stored == body {
            found.exact += 1;
        } else {
            found.changed += 1;
        }
        there[position as usize] = true;
    })?;
    for (position, _) in (0..).zip(&there).filter(|(_, there)| !**there) {
        if (evidence.deleted)(number, position) {
            found.gone += 1;
        } else {
            found.missing += 1;
        }
    }
    Ok(found)
}

/// Every row that was not there before, in the order they are stored.
fn each_row(
    connection: &Connection,
    stream: &Stream,
    mut row_is: impl FnMut(&str, Option<i64>, &str),
) -> rusqlite::Result<()> {
    if !connection.table_exists(None, &*stream.name)? {
        return Ok(());
    }
    let sql = format!("SELECT id, created, body FROM {} NOT INDEXED", stream.name);
    let mut rows = connection.prepare(&sql)?;
    let mut rows = rows.query([])?;
    while let Some(row) = rows.next()? {
        let id = row.get_ref(0)?.as_str()?;
        if !id.starts_with(super::super::readers::BEFORE) {
            row_is(id, row.get(1)?, row.get_ref(2)?.as_str()?);
        }
    }
    Ok(())
}
