//! The first 100 bytes of a SQLite file: what can be refused before SQLite opens it.
//!
//! Offsets are those of the file format (<https://www.sqlite.org/fileformat2.html#the_database_header>).

use std::path::Path;

use super::error::IntakeError;

/// What every SQLite file begins with.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// Bytes of the header.
const HEADER_BYTES: usize = 100;
/// The largest file-format version, 2 for a write-ahead log.
const NEWEST_FORMAT: u8 = 2;
/// The largest schema format.
const NEWEST_SCHEMA: u32 = 4;

/// What the header of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// The number of the SQLite that wrote it last, such as 3_045_001; 0 where it is too old.
    pub(super) written_by: u32,
    /// Whether its journal is a write-ahead log.
    pub(super) write_ahead: bool,
    /// How long the file is, bytes, where the header knows.
    len_bytes: Option<u64>,
}

impl Header {
    /// The header of the file at `path`, which begins with `bytes`.
    pub(super) fn read(path: &Path, bytes: &[u8]) -> Result<Self, IntakeError> {
        let path = || path.to_owned();
        if bytes.is_empty() {
            return Err(IntakeError::Empty { path: path() });
        }
        if !bytes.starts_with(MAGIC) || bytes.len() < HEADER_BYTES {
            return Err(IntakeError::NotSqlite { path: path() });
        }
        let formats = bytes[18].max(bytes[19]);
        if formats > NEWEST_FORMAT || word(bytes, 44) > NEWEST_SCHEMA {
            let version = rusqlite::version();
            return Err(IntakeError::Newer {
                path: path(),
                version,
            });
        }
        // 65536 does not fit and is written as 1.
        let page_bytes = match u16::from_be_bytes([bytes[16], bytes[17]]) {
            1 => 65_536,
            other => u64::from(other),
        };
        // The size is believed only where whoever changed the file last kept it.
        let kept = word(bytes, 24) == word(bytes, 92);
        let pages = u64::from(word(bytes, 28));
        Ok(Self {
            written_by: word(bytes, 96),
            write_ahead: bytes[18] == 2,
            len_bytes: (kept && pages > 0).then(|| pages * page_bytes),
        })
    }

    /// Refuses a file of `found_bytes` that is shorter than its header says.
    pub(super) fn check_len(self, path: &Path, found_bytes: u64) -> Result<(), IntakeError> {
        match self.len_bytes {
            Some(expected_bytes) if found_bytes < expected_bytes => Err(IntakeError::CutOff {
                path: path.to_owned(),
                expected_bytes,
                found_bytes,
            }),
            _ => Ok(()),
        }
    }

    /// The SQLite that wrote it last, in words.
    pub(super) fn written_by(self) -> String {
        match self.written_by {
            0 => "before 3.7.0".to_owned(),
            n => format!("{}.{}.{}", n / 1_000_000, n / 1_000 % 1_000, n % 1_000),
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
