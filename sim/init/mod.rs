//! A first scenario for somebody's own database, guessed from its schema.
//!
//! A map: `schema` says what is in the database, `name` how that is written in SQL, `job` guesses
//! what is to be backfilled, `traffic` who reads meanwhile, `place` where all of it lies, `draft`
//! writes it down. Start at [`init`].
//!
//! A guess is explained where it stands. What cannot be guessed, the value of a new column, is left
//! empty for the scenario's check to ask for: a placeholder that runs would answer a question that
//! nobody has.

mod draft;
mod error;
mod job;
mod keywords;
mod name;
mod place;
mod schema;
mod traffic;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

pub use draft::Draft;
pub use error::InitError;

use crate::own::{DatabaseFile, IntakeError};

/// What is known of the job; the rest is guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The table to backfill.
    pub table: Option<String>,
    /// What to put there, as it would stand after `SET`.
    pub set: Option<String>,
    /// Which rows, as it would stand after `WHERE`.
    pub eligible: Option<String>,
    /// Its key: columns as SQL names them, with commas between.
    pub key: Option<String>,
}

/// A scenario for the database `file`, as it would stand in `scenario`. Writes nothing.
///
/// # Errors
/// If the file cannot be read, or has no table that a backfill could walk along.
pub fn draft(file: &Path, scenario: &Path, wishes: &Wishes) -> Result<Draft, InitError> {
    let database = DatabaseFile::open(file)?;
    let unreadable = IntakeError::schema(&database);
    let seen = place::seen_from(database.target(), scenario)?;
    let opened = database.connect().map_err(&unreadable)?;
    let tables = schema::tables(&opened.connection).map_err(&unreadable)?;
    let job = job::choose(&opened.connection, file, &tables, wishes)?;
    let readers =
        traffic::readers(&opened.connection, &tables, &job).map_err(InitError::sql(file))?;
    Ok(draft::write(&draft::Parts {
        file: &seen,
        scenario,
        write_ahead: database.write_ahead(),
        job: &job,
        readers: &readers,
    }))
}

/// Writes the [`draft`] to `scenario`, by default the stem of `file` with `.toml` behind it in the
/// current directory; where it is, and what it says.
///
/// # Errors
/// As [`draft`], and if there is something at that place already or it cannot be written.
pub fn init(
    file: &Path,
    scenario: Option<&Path>,
    wishes: &Wishes,
) -> Result<(PathBuf, Draft), InitError> {
    let scenario = match scenario {
        Some(scenario) => scenario.to_owned(),
        None => place::default_of(file)?,
    };
    // A link that leads nowhere is somebody's, too.
    if scenario.symlink_metadata().is_ok() {
        return Err(InitError::Exists { path: scenario });
    }
    let draft = draft(file, &scenario, wishes)?;
    let unwritable = |source| InitError::Unwritable {
        path: scenario.clone(),
        source,
    };
    fs::File::create_new(&scenario)
        .and_then(|mut file| file.write_all(draft.text.as_bytes()))
        .map_err(unwritable)?;
    Ok((scenario, draft))
}
