//! Whether the rows of a database that was filled for real are right, by other SQL than the job's.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error::LiveError;
use crate::workload::Workload;

/// Every maximum anew, in one pass over what was observed; the column starts at 0.
const WRONG: &str =
    "SELECT count(*) FILTER (WHERE t.last_seen IS NOT max(coalesce(m.newest, 0), 0)),
       count(*)
  FROM transmissions AS t LEFT JOIN (
    SELECT transmission_id, max(timestamp) AS newest FROM observations NOT INDEXED
    GROUP BY transmission_id) AS m ON m.transmission_id = t.id";

/// How many rows are wrong, of how many; `None` for a database of one's own, of which nobody knows
/// what is right.
///
/// # Errors
/// If it cannot be read.
pub fn wrong_rows(path: &Path, workload: &Workload) -> Result<Option<(u64, u64)>, LiveError> {
    if matches!(workload, Workload::Own(_)) {
        return Ok(None);
    }
    let count = || -> rusqlite::Result<(u64, u64)> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.query_row(WRONG, [], |row| {
            let (wrong, rows): (i64, i64) = (row.get(0)?, row.get(1)?);
            Ok((wrong.unsigned_abs(), rows.unsigned_abs()))
        })
    };
    count().map(Some).map_err(LiveError::sqlite("check", path))
}
