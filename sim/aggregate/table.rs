//! The table of views, as it is before a run: made once, in memory, for all cells of a workload and
//! a seed.

use rusqlite::types::Value;
use rusqlite::{Connection, params};

use super::views::{View, Views, page_type, path_text, session_text};
use crate::disk::Image;

/// Only added to. A session may be anything, as in a table without types; a view is read by its
/// page.
const SCHEMA: &str = "CREATE TABLE page_views(
  id INTEGER PRIMARY KEY, path TEXT NOT NULL, page_type TEXT NOT NULL, session_id NOT NULL,
  timestamp_ms INTEGER NOT NULL)";
/// Made when all rows are there, which is much quicker.
const INDEX: &str = "CREATE INDEX page_views_by_path ON page_views(path, timestamp_ms)";
/// Makes a view; nothing the second time.
const INSERT: &str =
    "INSERT INTO page_views VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT(id) DO NOTHING";

/// The file with the stored views.
pub(super) fn image(views: &Views) -> rusqlite::Result<Image> {
    let mut connection = Connection::open_in_memory()?;
    connection.execute_batch(&format!("PRAGMA page_size = 4096; {SCHEMA}; BEGIN"))?;
    for view in views.stored() {
        insert(&connection, view)?;
    }
    connection.execute_batch(&format!("COMMIT; {INDEX}"))?;
    let bytes = connection.serialize("main")?.to_vec();
    Ok(Image::of(bytes))
}

/// Stores `view`; how many rows that makes.
pub(super) fn insert(connection: &Connection, view: View) -> rusqlite::Result<usize> {
    let session = session_text(view.session);
    let session = if view.poisoned {
        Value::Blob(session.into_bytes())
    } else {
        Value::Text(session)
    };
    let (path, page_type) = (path_text(view.path), page_type(view.path));
    let mut insert = connection.prepare_cached(INSERT)?;
    insert.execute(params![
        view.id,
        path,
        page_type,
        session,
        view.timestamp_ms
    ])
}
