//! SQLite's own check of a file, made once per content.
//!
//! Beside the images lies `<content>.sound.json` with the verdict. A table that cannot be checked
//! here, because a collation or a function of its application is missing, is left out: it is
//! refused only where the job or a statement needs it.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::error::IntakeError;
use super::file::DatabaseFile;
use super::schema::{Kind, tables};
use crate::identifier::quoted;

/// Digits of the content's hash in the file name; the whole hash is in the file.
const NAME_DIGITS: usize = 16;

/// The verdict as it is kept.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Verdict {
    content: String,
    sqlite: String,
    complaints: Vec<String>,
}

/// Checks `file`, or looks up in the folder `verdicts` what the check said of the same bytes
/// before.
///
/// # Errors
/// [`IntakeError::Damaged`] with the first complaint.
pub fn check(file: &DatabaseFile, verdicts: &Path) -> Result<(), IntakeError> {
    let name = format!("{}.sound.json", &file.content()[..NAME_DIGITS]);
    let place = verdicts.join(name);
    let complaints = match kept(&place, file) {
        Some(complaints) => complaints,
        None => {
            let complaints = complaints(file).map_err(IntakeError::sqlite(file.path()))?;
            keep(&place, file, &complaints);
            complaints
        }
    };
    match complaints.first() {
        None => Ok(()),
        Some(first) => Err(IntakeError::Damaged {
            path: file.path().to_owned(),
            complaints: complaints.len(),
            first: first.clone(),
        }),
    }
}

fn kept(place: &Path, file: &DatabaseFile) -> Option<Vec<String>> {
    let verdict: Verdict = serde_json::from_slice(&fs::read(place).ok()?).ok()?;
    let same = verdict.content == file.content() && verdict.sqlite == rusqlite::version();
    same.then_some(verdict.complaints)
}

/// A verdict that cannot be kept is made again next time.
fn keep(place: &Path, file: &DatabaseFile, complaints: &[String]) {
    let verdict = Verdict {
        content: file.content().to_owned(),
        sqlite: rusqlite::version().to_owned(),
        complaints: complaints.to_vec(),
    };
    let folder = place.parent().map(fs::create_dir_all);
    if let (Some(Ok(())), Ok(json)) = (folder, serde_json::to_vec_pretty(&verdict)) {
        drop(fs::write(place, json));
    }
}

fn complaints(file: &DatabaseFile) -> rusqlite::Result<Vec<String>> {
    let opened = file.connect()?;
    let connection = &opened.connection;
    match pragma(connection, "quick_check") {
        Ok(complaints) => Ok(complaints),
        Err(error) if is_damage(&error) => Ok(vec![error.to_string()]),
        Err(_) => by_table(connection),
    }
}

/// Table by table, those left out that SQLite cannot compile a check of.
fn by_table(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut all = Vec::new();
    for table in tables(connection)? {
        if table.kind != Kind::Table {
            continue;
        }
        match pragma(connection, &format!("quick_check({})", quoted(&table.name))) {
            Ok(complaints) => all.extend(complaints),
            Err(error) if is_damage(&error) => all.push(error.to_string()),
            Err(_) => {}
        }
    }
    Ok(all)
}

/// What `PRAGMA` says, but for "ok".
pub(super) fn pragma(connection: &Connection, check: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(&format!("PRAGMA {check}"))?;
    let lines = statement.query_map([], |row| row.get::<_, String>(0))?;
    let lines: Vec<String> = lines.collect::<Result<_, _>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// Whether SQLite stopped at the file, rather than at something it does not know.
fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
    )
}
