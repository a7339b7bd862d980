//! A volume: the disk of one cell, as the rest of the simulator sees it.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_chacha::ChaCha8Rng;
use rusqlite::{Connection, OpenFlags};

use super::file::PAGE;
use super::image::Image;
use super::state::{Open, State};
use super::vfs::Vfs;
use super::work::Work;

/// A disk with files for SQLite, a page cache, and counters. One per cell; cells share nothing but
/// the image.
#[derive(Debug)]
pub struct Volume {
    shared: Arc<Shared>,
    vfs: Vfs,
}

/// What the volume and its open files share.
#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
}

impl Shared {
    /// A cell runs on one thread, so this never waits.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Volume {
    /// An empty volume whose page cache holds `page_cache_bytes`, on which files may grow by
    /// `free_bytes` (without a limit if `None`). SQLite's `xRandomness` draws from `random`.
    ///
    /// # Errors
    /// If SQLite refuses another file system.
    pub fn new(
        page_cache_bytes: u64,
        free_bytes: Option<u64>,
        random: ChaCha8Rng,
    ) -> rusqlite::Result<Self> {
        let pages = usize::try_from(page_cache_bytes / PAGE as u64).unwrap_or(usize::MAX);
        let shared = Arc::new(Shared {
            state: Mutex::new(State::new(pages, free_bytes, random)),
        });
        let vfs = Vfs::register(&shared)?;
        Ok(Self { shared, vfs })
    }

    /// Puts a file there that starts as `image`.
    pub fn mount(&self, name: &str, image: Image) {
        self.shared.lock().mount(name, image);
    }

    /// Opens the database `name`, creating it if it is not there. What its statements cost is
    /// counted; SQLite's own busy handler is off.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn open(&self, name: &str) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection =
            Connection::open_with_flags_and_vfs(Path::new(name), flags, self.vfs.name())?;
        connection.busy_timeout(std::time::Duration::ZERO)?;
        self.vfs.meter(&connection)?;
        Ok(connection)
    }

    /// Whether every write to it fails from now on, with an I/O error.
    pub fn fail_writes(&self, fails: bool) {
        self.shared.lock().fails_writes = fails;
    }

    /// All work done so far.
    #[must_use]
    pub fn work(&self) -> Work {
        self.shared.lock().work
    }

    /// Runs one step of SQL at `unix_ms`; its result, and what it cost.
    ///
    /// Work done since the last step (a rollback in a destructor, say) is charged to this one, so
    /// that none is free.
    pub fn step<T>(&self, unix_ms: i64, work: impl FnOnce() -> T) -> (T, Step) {
        {
            let mut state = self.shared.lock();
            state.unix_ms = unix_ms;
            state.in_step = true;
        }
        let result = work();
        let mut state = self.shared.lock();
        state.in_step = false;
        let done = state.work - state.charged;
        state.charged = state.work;
        let shadow = Shadow {
            shared: Arc::clone(&self.shared),
            cast_by: std::mem::take(&mut state.shadows),
        };
        (result, Step { work: done, shadow })
    }
}

/// What a step of SQL cost, and the locks that stay visible while it takes its time.
#[derive(Debug)]
pub struct Step {
    /// The work to be charged.
    pub work: Work,
    /// Drop it when the modelled time of the step is over.
    pub shadow: Shadow,
}

/// Locks a step has given back, and others do not yet get: gone when dropped.
#[derive(Debug)]
pub struct Shadow {
    shared: Arc<Shared>,
    cast_by: Vec<Open>,
}

impl Drop for Shadow {
    fn drop(&mut self) {
        if self.cast_by.is_empty() {
            return;
        }
        let mut state = self.shared.lock();
        for open in self.cast_by.drain(..) {
            state.clear_shadow(open);
        }
    }
}
