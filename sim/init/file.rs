//! Opens a database where nothing of it can change.
//!
//! The file is mapped for reading and mounted on a simulated volume: what SQLite writes there, and
//! what it creates beside it, exists in memory alone. A write-ahead log or a journal beside the
//! file is mounted beside it, so that SQLite finds the rows that it would find.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::InitError;
use crate::disk::{Image, Volume, map_image};
use crate::seed::{Purpose, stream};

/// The name of the database on the volume.
const MOUNTED: &str = "database";

/// What lies beside a database that was not closed.
const BESIDE: [&str; 2] = ["-wal", "-journal"];

/// What every database begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Where the header says which version is needed to write the file; 2 is a write-ahead log.
const WRITE_VERSION: usize = 18;

/// The length of the header, bytes.
const HEADER: usize = 100;

/// The page cache of the volume, bytes. Nothing is timed; it only has to be some.
const PAGE_CACHE: u64 = 16 << 20;

/// An open database. The fields are dropped in this order.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// Whether it is in WAL mode.
    pub(super) write_ahead: bool,
    /// The file, without links.
    pub(super) path: PathBuf,
    _volume: Volume,
}

/// Opens the database at `path`, with what lies beside it.
pub(super) fn open(path: &Path) -> Result<Opened, InitError> {
    let unreadable = |source| InitError::Unreadable {
        path: path.to_owned(),
        source,
    };
    // SQLite looks beside the file itself, not beside a link to it.
    let found = fs::canonicalize(path).map_err(unreadable)?;
    let image = database(&found, path)?;
    let write_ahead = image.bytes()[WRITE_VERSION] == 2;
    let sql = || InitError::sql(path);
    let volume = Volume::new(PAGE_CACHE, None, stream(1, Purpose::Database, "init"));
    let volume = volume.map_err(sql())?;
    volume.mount(MOUNTED, image);
    for suffix in BESIDE {
        let mut name = found.clone().into_os_string();
        name.push(suffix);
        if let Some(image) = beside(Path::new(&name)).map_err(unreadable)? {
            volume.mount(&format!("{MOUNTED}{suffix}"), image);
        }
    }
    Ok(Opened {
        connection: volume.open(MOUNTED).map_err(sql())?,
        write_ahead,
        path: found,
        _volume: volume,
    })
}

/// The bytes of the database `found`, which was asked for as `path`, if it is one.
fn database(found: &Path, path: &Path) -> Result<Image, InitError> {
    let unreadable = |source| InitError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let refused = |reason, help| InitError::NotADatabase {
        path: path.to_owned(),
        reason,
        help,
    };
    let file = fs::metadata(found).map_err(unreadable)?;
    if !file.is_file() {
        return Err(refused("is no file", "name the database file itself"));
    }
    if file.len() == 0 {
        return Err(refused(
            "is empty",
            "name a database with rows; if it is in use, its rows may be elsewhere",
        ));
    }
    let image = map_image(found).map_err(unreadable)?;
    if image.bytes().len() < HEADER || !image.bytes().starts_with(MAGIC) {
        return Err(refused(
            "is encrypted or not a SQLite database",
            "name a plain SQLite database; decrypt a copy of it first if need be",
        ));
    }
    Ok(image)
}

/// What lies at `path`; `None` if there is nothing in it.
fn beside(path: &Path) -> io::Result<Option<Image>> {
    match fs::metadata(path) {
        Ok(file) if file.len() > 0 => map_image(path).map(Some),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
