//! Keeps images: built once, checked on every use, never trusted on sight.
//!
//! Beside `<key>.sqlite` lies `<key>.json` with the key, the length and a hash of its content.
//! Only a file that agrees with all three is handed out; anything else is built again. Builders of
//! all processes take turns with a lock on the folder, write under a name of their own and rename,
//! so that nobody ever sees half an image, and one who waited finds the work done.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

use super::error::DatasetError;
use super::facts::Facts;
use super::image;
use super::progress::{Phase, Progress};
use super::schema;
use crate::scenario::{Dataset, LastSeenIndex};

/// Raise it with every change of the generator that changes a byte; the pinned hash in
/// `tests/dataset.rs` says when that is.
const GENERATOR: u32 = 1;

/// Digits of the key in file names; the whole key is in the side file.
const KEY_DIGITS: usize = 16;

/// Bytes hashed at a time: enough for every core to have work.
const CHUNK_BYTES: usize = 8 << 20;

/// The extension of images under construction.
const BUILDING: &str = "building";

/// The file on which builders take turns.
const LOCK: &str = "builders.lock";

/// An image that has just been built or checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFile {
    /// Where it is. Others may replace it by the same bytes, never change it.
    pub path: PathBuf,
    /// Its length, bytes.
    pub len_bytes: u64,
    /// BLAKE3, hex, over everything that shapes it.
    pub key: String,
    /// BLAKE3, hex, of its content.
    pub content: String,
    /// What is known about the data in it.
    pub facts: Facts,
    /// Whether this call built it, rather than find it.
    pub built: bool,
}

/// The image of `spec` and `seed`: from `cache_dir` if a sound one is there, else built.
/// `progress` is called on the caller's thread.
///
/// # Errors
/// [`DatasetError::Impossible`] when the settings contradict each other;
/// [`DatasetError::Unwritable`] and [`DatasetError::NoSpace`] when the cache folder cannot take the
/// image; otherwise [`DatasetError::Io`] or [`DatasetError::Sql`] with the file and what failed.
pub fn ensure(
    spec: &Dataset,
    seed: u64,
    cache_dir: &Path,
    progress: &dyn Fn(Progress),
) -> Result<ImageFile, DatasetError> {
    let slot = Slot::new(spec, seed, cache_dir, progress)?;
    if let Some(found) = slot.find() {
        return Ok(found);
    }
    fs::create_dir_all(cache_dir).map_err(slot.unwritable())?;
    let _turn = slot.take_turn()?;
    // Whoever had the turn before may have built this very image.
    match slot.find() {
        Some(found) => Ok(found),
        None => slot.build(),
    }
}

/// Everything that shapes an image. Its JSON, with the fields in this order, is what is hashed.
#[derive(Serialize)]
struct Shape<'a> {
    generator: u32,
    spec: Shaping<'a>,
    seed: u64,
    schema: String,
    sqlite: &'static str,
}

/// The settings, of which those that came later are left out where they change nothing: images
/// made before keep their key.
#[derive(Serialize)]
struct Shaping<'a> {
    transmissions: u64,
    observations: u64,
    payload_bytes: u32,
    fanout_exponent: f64,
    clustering: f64,
    orphan_share: f64,
    zero_timestamp_share: f64,
    covering_index: bool,
    last_seen_index: &'a LastSeenIndex,
    #[serde(skip_serializing_if = "Option::is_none")]
    orphans_first: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    negative_timestamp_share: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_stride: Option<u64>,
}

impl<'a> Shaping<'a> {
    fn of(spec: &'a Dataset) -> Self {
        let plain = Dataset::default();
        Self {
            transmissions: spec.transmissions,
            observations: spec.observations,
            payload_bytes: spec.payload_bytes,
            fanout_exponent: spec.fanout_exponent,
            clustering: spec.clustering,
            orphan_share: spec.orphan_share,
            zero_timestamp_share: spec.zero_timestamp_share,
            covering_index: spec.covering_index,
            last_seen_index: &spec.last_seen_index,
            orphans_first: differing(spec.orphans_first, plain.orphans_first),
            negative_timestamp_share: differing(
                spec.negative_timestamp_share,
                plain.negative_timestamp_share,
            ),
            id_stride: differing(spec.id_stride, plain.id_stride),
        }
    }
}

/// `value`, unless it is what it is without being said.
fn differing<T: PartialEq>(value: T, plain: T) -> Option<T> {
    (value != plain).then_some(value)
}

/// The side file.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    key: String,
    len_bytes: u64,
    content: String,
    facts: Facts,
}

/// The place of one image in the cache.
struct Slot<'a> {
    spec: &'a Dataset,
    seed: u64,
    dir: &'a Path,
    progress: &'a dyn Fn(Progress),
    key: String,
}

impl<'a> Slot<'a> {
    fn new(
        spec: &'a Dataset,
        seed: u64,
        dir: &'a Path,
        progress: &'a dyn Fn(Progress),
    ) -> Result<Self, DatasetError> {
        let shape = Shape {
            generator: GENERATOR,
            spec: Shaping::of(spec),
            seed,
            schema: schema::ddl(spec),
            sqlite: rusqlite::version(),
        };
        let json = serde_json::to_vec(&shape)
            .map_err(|error| DatasetError::Impossible(error.to_string()))?;
        Ok(Self {
            spec,
            seed,
            dir,
            progress,
            key: blake3::hash(&json).to_hex().to_string(),
        })
    }

    fn path(&self, extension: &str) -> PathBuf {
        self.dir
            .join(format!("{}.{extension}", &self.key[..KEY_DIGITS]))
    }

    /// The image, if it is there and is what it should be. One that cannot be read is not.
    fn find(&self) -> Option<ImageFile> {
        let side = fs::read(self.path("json")).ok()?;
        let record: Record = serde_json::from_slice(&side).ok()?;
        let path = self.path("sqlite");
        let len_bytes = fs::metadata(&path).ok()?.len();
        if record.key != self.key || record.len_bytes != len_bytes {
            return None;
        }
        let content = self.hash(&path, len_bytes).ok()?;
        (content == record.content).then(|| self.image_file(record, false))
    }

    fn image_file(&self, record: Record, built: bool) -> ImageFile {
        ImageFile {
            path: self.path("sqlite"),
            len_bytes: record.len_bytes,
            key: record.key,
            content: record.content,
            facts: record.facts,
            built,
        }
    }

    /// Waits until no other builder is at work in the folder. On file systems without locks
    /// builders do not wait for each other, which costs work but no image.
    fn take_turn(&self) -> Result<Option<File>, DatasetError> {
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.dir.join(LOCK))
            .map_err(self.unwritable())?;
        if lock.lock().is_err() {
            return Ok(None);
        }
        self.sweep();
        Ok(Some(lock))
    }

    /// Removes what dead builders left. Only who has the turn may, because then no other lives.
    fn sweep(&self) {
        let entries = fs::read_dir(self.dir).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()) {
            if path.extension().is_some_and(|it| it == BUILDING) {
                // One that cannot be removed is in nobody's way.
                drop(fs::remove_file(path));
            }
        }
    }

    fn build(&self) -> Result<ImageFile, DatasetError> {
        let image = Scratch::new(self.dir, &self.key);
        let facts = image::build(self.spec, self.seed, &image.path, self.progress)?;
        let len_bytes = fs::metadata(&image.path)
            .map_err(self.io("measure", &image.path))?
            .len();
        let content = self
            .hash(&image.path, len_bytes)
            .map_err(self.io("read", &image.path))?;
        let record = Record {
            key: self.key.clone(),
            len_bytes,
            content,
            facts,
        };
        self.publish(image, &record)?;
        Ok(self.image_file(record, true))
    }

    /// The image goes first: until its side file follows, nobody trusts it.
    fn publish(&self, image: Scratch, record: &Record) -> Result<(), DatasetError> {
        let side = Scratch::new(self.dir, &self.key);
        let json = serde_json::to_vec_pretty(record)
            .map_err(|error| DatasetError::Impossible(error.to_string()))?;
        fs::write(&side.path, json).map_err(self.io("write", &side.path))?;
        for (scratch, extension) in [(image, "sqlite"), (side, "json")] {
            let path = self.path(extension);
            fs::rename(&scratch.path, &path).map_err(self.io("put in place", &path))?;
        }
        Ok(())
    }

    /// BLAKE3 of the file, hex.
    fn hash(&self, path: &Path, len_bytes: u64) -> io::Result<String> {
        let mut file = File::open(path)?;
        let mut hasher = blake3::Hasher::new();
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut done = 0;
        loop {
            let filled = fill(&mut file, &mut chunk)?;
            if filled == 0 {
                return Ok(hasher.finalize().to_hex().to_string());
            }
            hasher.update_rayon(&chunk[..filled]);
            done += filled as u64;
            (self.progress)(Progress {
                phase: Phase::Verify,
                done,
                total: len_bytes.max(done),
            });
        }
    }

    fn io(&self, what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> DatasetError {
        DatasetError::io(what, path, image::expected_bytes(self.spec))
    }

    fn unwritable(&self) -> impl FnOnce(io::Error) -> DatasetError {
        |source| DatasetError::Unwritable {
            path: self.dir.to_owned(),
            source,
        }
    }
}

/// Reads until `chunk` is full or the file ends; returns the bytes read.
fn fill(file: &mut File, chunk: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < chunk.len() {
        match file.read(&mut chunk[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A file under a name of its own, gone when dropped unless renamed first.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn new(dir: &Path, key: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let (pid, nth) = (process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let name = format!("{}.{pid}-{nth}.{BUILDING}", &key[..KEY_DIGITS]);
        Self {
            path: dir.join(name),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // Already renamed, or somebody will sweep it.
        drop(fs::remove_file(&self.path));
    }
}
