//! A SQLite file and what lies beside it, as bytes nobody writes to.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::IntakeError;
use super::header::Header;
use crate::disk::{Image, Volume, map_image};
use crate::seed::{Purpose, stream};

/// What SQLite keeps beside a database: the write-ahead log, and the rollback journal of a
/// transaction that was under way.
const BESIDE: [&str; 2] = ["-wal", "-journal"];
/// The page cache of a volume on which nothing is measured.
const UNMETERED_CACHE_BYTES: u64 = 1 << 20;
/// The name of a file on such a volume.
const NAME: &str = "main.db";

/// A SQLite file that was looked at and found usable.
#[derive(Clone, Debug)]
pub struct DatabaseFile {
    path: PathBuf,
    /// The same without links: SQLite looks beside the file itself, not beside a link to it.
    target: PathBuf,
    image: Image,
    /// What lies beside it, by the end of its name.
    beside: Vec<(&'static str, Image)>,
    header: Header,
    content: String,
}

/// A connection to a file on a volume on which nothing is measured.
#[derive(Debug)]
pub struct Opened {
    /// The connection; dropped before its volume.
    pub connection: Connection,
    /// The volume.
    pub volume: Volume,
}

impl DatabaseFile {
    /// Looks at the file at `path`, and maps it. Neither it nor its folder is changed.
    ///
    /// # Errors
    /// If it is missing, no SQLite file, of a newer format, or shorter than it says.
    pub fn open(path: &Path) -> Result<Self, IntakeError> {
        let target = fs::canonicalize(path).map_err(IntakeError::io(path))?;
        let found = fs::metadata(&target).map_err(IntakeError::io(path))?;
        let owned = || path.to_owned();
        if !found.is_file() {
            return Err(IntakeError::NotAFile { path: owned() });
        }
        if found.len() == 0 {
            return Err(IntakeError::Empty { path: owned() });
        }
        let image = map_image(path).map_err(IntakeError::io(path))?;
        let header = Header::read(path, image.bytes())?;
        let beside = beside(&target)?;
        if beside.is_empty() {
            // With a log or a journal beside it, only SQLite knows how long it should be.
            header.check_len(path, image.bytes().len() as u64)?;
        }
        let content = content(&image, &beside);
        Ok(Self {
            path: path.to_owned(),
            target,
            image,
            beside,
            header,
            content,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is, without links.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Whether its journal is a write-ahead log.
    #[must_use]
    pub const fn write_ahead(&self) -> bool {
        self.header.write_ahead
    }

    /// Its length, bytes, without what lies beside it.
    #[must_use]
    pub fn len_bytes(&self) -> u64 {
        self.image.bytes().len() as u64
    }

    /// BLAKE3, hex, of the file and of what lies beside it, as it was when it was opened.
    #[must_use]
    pub fn content(&self) -> &str {
        &self.content
    }

    /// Puts it on `volume`, with what lies beside it.
    pub fn mount(&self, volume: &Volume, name: &str) {
        volume.mount(name, self.image.clone());
        for (end, image) in &self.beside {
            volume.mount(&format!("{name}{end}"), image.clone());
        }
    }

    /// Writes it to a real file at `path`, with what lies beside it.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn write_to(&self, path: &Path) -> std::io::Result<()> {
        fs::write(path, self.image.bytes())?;
        for (end, image) in &self.beside {
            let mut name = path.as_os_str().to_owned();
            name.push(end);
            fs::write(PathBuf::from(name), image.bytes())?;
        }
        Ok(())
    }

    /// Opens it on a volume of its own on which nothing is measured, with foreign keys as SQLite
    /// has them unless told: not enforced.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn connect(&self) -> rusqlite::Result<Opened> {
        let random = stream(0, Purpose::Database, "own");
        let volume = Volume::new(UNMETERED_CACHE_BYTES, None, random)?;
        self.mount(&volume, NAME);
        let connection = volume.open(NAME)?;
        connection.execute_batch("PRAGMA foreign_keys = OFF")?;
        Ok(Opened { connection, volume })
    }

    /// The version of SQLite that wrote it last.
    #[must_use]
    pub fn written_by(&self) -> String {
        self.header.written_by()
    }

    /// Whether the file, and what lies beside it, are still what they were when it was opened.
    ///
    /// # Errors
    /// [`IntakeError::Changed`] if not; or if it cannot be read any more.
    pub fn check_unchanged(&self) -> Result<(), IntakeError> {
        let changed = || IntakeError::Changed {
            path: self.path.clone(),
        };
        // A map of a file that was cut off must not be read, so the length is asked first.
        let found = fs::metadata(&self.path).map_err(IntakeError::io(&self.path))?;
        if found.len() != self.len_bytes() {
            return Err(changed());
        }
        let now = map_image(&self.path).map_err(IntakeError::io(&self.path))?;
        if content(&now, &beside(&self.target)?) != self.content {
            return Err(changed());
        }
        Ok(())
    }
}

/// What lies beside the file at `path` and is not empty. It is read, not mapped: whoever uses the
/// database cuts it off at any moment.
fn beside(path: &Path) -> Result<Vec<(&'static str, Image)>, IntakeError> {
    let mut found = Vec::new();
    for end in BESIDE {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        let place = PathBuf::from(name);
        match fs::read(&place) {
            Ok(bytes) if !bytes.is_empty() => found.push((end, Image::of(bytes))),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(IntakeError::io(&place)(error)),
        }
    }
    Ok(found)
}

/// BLAKE3, hex: the hash of the file, and behind it the name and the hash of what lies beside it.
fn content(image: &Image, beside: &[(&'static str, Image)]) -> String {
    let hash = |image: &Image| {
        let mut hasher = blake3::Hasher::new();
        hasher.update_rayon(image.bytes());
        hasher.finalize()
    };
    let mut all = blake3::Hasher::new();
    all.update(hash(image).as_bytes());
    for (end, image) in beside {
        all.update(end.as_bytes());
        all.update(hash(image).as_bytes());
    }
    all.finalize().to_hex().to_string()
}
