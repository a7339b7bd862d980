//! The directory a report is made in before it takes its place.
//!
//! It lies beside the place, on the same file system, so a rename is all that is left to do: the
//! old report moves aside, the new one moves in, the old one goes. Whatever fails before leaves
//! the old report untouched, and dropping the stage removes what was begun. The name carries the
//! process id, so that two runs of one scenario do not write into each other's files.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::ReportError;
use crate::digest::Digest;

/// One file of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Its name in the report's directory.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of it, hex.
    pub sha256: String,
}

/// A report being made.
#[derive(Debug)]
pub struct Stage {
    place: PathBuf,
    directory: PathBuf,
    aside: PathBuf,
    entries: Vec<Entry>,
}

impl Stage {
    /// A new directory beside `place`.
    pub(crate) fn beside(place: &Path) -> Result<Self, ReportError> {
        may_replace(place)?;
        let parent = place
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty());
        let parent = parent.unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(|error| ReportError::at(parent, error))?;
        let sibling = |what: &str| {
            let mut name = OsString::from(".");
            name.push(place.file_name().unwrap_or("report".as_ref()));
            name.push(format!(".{what}-{}", std::process::id()));
            parent.join(name)
        };
        let (directory, aside) = (sibling("new"), sibling("old"));
        // What a killed process of the same id left behind.
        remove_if_there(&directory)?;
        remove_if_there(&aside)?;
        // The path a reader knows is that of the place.
        fs::create_dir(&directory).map_err(|error| ReportError::at(place, error))?;
        Ok(Self {
            place: place.to_owned(),
            directory,
            aside,
            entries: Vec::new(),
        })
    }

    /// Writes the file `name` with `body`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn file(
        &mut self,
        name: &str,
        body: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), ReportError> {
        let path = self.directory.join(name);
        let write = || {
            let mut file = Hashed {
                inner: BufWriter::new(File::create(&path)?),
                digest: Digest::default(),
                bytes: 0,
            };
            body(&mut file)?;
            file.inner.flush()?;
            Ok(Entry {
                name: name.to_owned(),
                bytes: file.bytes,
                sha256: file.digest.hex(),
            })
        };
        // The path a reader knows is the one in the report's place.
        let entry = write().map_err(|error| ReportError::at(&self.place.join(name), error))?;
        self.entries.push(entry);
        Ok(())
    }

    /// The files so far.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Puts the directory in its place.
    pub(crate) fn publish(mut self) -> Result<Vec<Entry>, ReportError> {
        let there = self.place.exists();
        if there {
            rename(&self.place, &self.aside)?;
        }
        if let Err(error) = rename(&self.directory, &self.place) {
            if there {
                rename(&self.aside, &self.place)?;
            }
            return Err(error);
        }
        remove_if_there(&self.aside)?;
        Ok(std::mem::take(&mut self.entries))
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // After `publish` it is gone; on the way out of an error there is nobody to tell.
        let _ = remove_if_there(&self.directory);
    }
}

/// Nothing, an empty directory, or an earlier report: anything else is somebody's own.
fn may_replace(place: &Path) -> Result<(), ReportError> {
    let refused = || ReportError::NotAReport {
        path: place.to_owned(),
    };
    if !place.exists() || place.join("manifest.json").is_file() {
        return Ok(());
    }
    let mut children = fs::read_dir(place).map_err(|error| ReportError::at(place, error))?;
    if children.next().is_some() {
        Err(refused())
    } else {
        Ok(())
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), ReportError> {
    fs::rename(from, to).map_err(|error| ReportError::at(to, error))
}

fn remove_if_there(directory: &Path) -> Result<(), ReportError> {
    match fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(ReportError::at(directory, error))
        }
        _ => Ok(()),
    }
}

struct Hashed {
    inner: BufWriter<File>,
    digest: Digest,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.digest.add(&buffer[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
