//! A copy of a scenario's database to work on, kept between runs.
//!
//! It is what makes "kill it and start it again" a real question: the second start finds what the
//! first one left, rows, log and ledger.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::LiveError;
use crate::digest::sha256;
use crate::scenario::{Journal, Scenario};
use crate::workload::Workload;

/// Hex digits that tell one copy's data from another's.
const KEY_DIGITS: usize = 12;
/// What SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// The copy for `scenario` in `folder`, made if there is none, or anew if `fresh`; and whether it
/// was made now.
///
/// # Errors
/// If it cannot be written.
pub fn copy(
    scenario: &Scenario,
    workload: &Workload,
    folder: &Path,
    fresh: bool,
) -> Result<(PathBuf, bool), LiveError> {
    let path = folder.join(format!("{}-{}.sqlite", scenario.name, key(scenario)));
    if path.exists() && !fresh {
        return Ok((path, false));
    }
    fs::create_dir_all(folder).map_err(LiveError::io("make the folder", folder))?;
    for end in [""].into_iter().chain(BESIDE) {
        let old = beside(&path, end);
        if old.exists() {
            fs::remove_file(&old).map_err(LiveError::io("remove", &old))?;
        }
    }
    // Under another name until it is whole: a copy that was cut off must not be found.
    let unfinished = folder.join(format!("{}.copying", scenario.name));
    workload
        .write_to(&unfinished)
        .map_err(LiveError::io("write", &unfinished))?;
    set_journal(&unfinished, scenario.model.database.journal)?;
    fs::rename(&unfinished, &path).map_err(LiveError::io("put in place", &path))?;
    Ok((path, true))
}

/// What tells the data of one copy from that of another.
fn key(scenario: &Scenario) -> String {
    let data = match &scenario.file {
        Some(file) => file.content().to_owned(),
        None => format!("{:?}", scenario.model.dataset),
    };
    let text = format!("{data} {:?}", scenario.model.seeds.0.first());
    sha256(text)[..KEY_DIGITS].to_owned()
}

/// The journal mode is kept in the file. Whatever lay beside it is taken in.
fn set_journal(path: &Path, journal: Journal) -> Result<(), LiveError> {
    let mode = match journal {
        Journal::Wal => "wal",
        Journal::Delete => "delete",
    };
    let set = || -> rusqlite::Result<()> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "journal_mode", "delete")?;
        connection.pragma_update(None, "journal_mode", mode)?;
        connection.close().map_err(|(_, error)| error)
    };
    set().map_err(LiveError::sqlite("set up", path))
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
