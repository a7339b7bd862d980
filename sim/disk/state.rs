//! The files of a volume, and the work counted on them.
//!
//! Safe code only: `vfs.rs` translates SQLite's calls into these. Every operation counts what it
//! would cost; none takes time.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use rusqlite::ffi;

use super::file::{File, PAGE, place};
use super::image::Image;
use super::locks::{Busy, HandleId, Level};
use super::page_cache::{PageCache, PageId};
use super::read_ahead::Fetch;
use super::work::Work;

/// An error as SQLite numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Code(pub(super) i32);

/// What a volume is made of.
#[derive(Debug)]
pub(super) struct State {
    files: Vec<File>,
    /// Slots of `files` that hold none.
    free: Vec<u32>,
    names: BTreeMap<String, u32>,
    cache: PageCache,
    /// All work ever done.
    pub(super) work: Work,
    /// The part of it that was taken by a step.
    pub(super) charged: Work,
    /// Where `xRandomness` draws from.
    pub(super) random: ChaCha8Rng,
    /// What `xCurrentTime` says, ms since 1970.
    pub(super) unix_ms: i64,
    /// Bytes files may grow by, all together.
    room: Option<u64>,
    /// Whether every write fails.
    pub(super) fails_writes: bool,
    next_handle: HandleId,
    /// Whether a step of SQL runs: only then do locks given back leave a shadow.
    pub(super) in_step: bool,
    /// The handles that left one in this step.
    pub(super) shadows: Vec<Open>,
}

/// A file that is open, and the handle it is open as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) file: u32,
    pub(super) handle: HandleId,
}

/// How a file is to be opened.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenFlags {
    pub(super) create: bool,
    pub(super) exclusive: bool,
    pub(super) delete_on_close: bool,
}

impl State {
    pub(super) fn new(cached_pages: usize, room: Option<u64>, random: ChaCha8Rng) -> Self {
        Self {
            files: Vec::new(),
            free: Vec::new(),
            names: BTreeMap::new(),
            cache: PageCache::new(cached_pages),
            work: Work::default(),
            charged: Work::default(),
            random,
            unix_ms: 0,
            room,
            fails_writes: false,
            next_handle: 1,
            in_step: false,
            shadows: Vec::new(),
        }
    }

    /// Puts a file there that starts as `image`.
    pub(super) fn mount(&mut self, name: &str, image: Image) {
        let file = self.add(File::from_image(image));
        self.names.insert(name.to_owned(), file);
    }

    fn add(&mut self, file: File) -> u32 {
        match self.free.pop() {
            Some(slot) => {
                self.files[slot as usize] = file;
                slot
            }
            None => {
                self.files.push(file);
                u32::try_from(self.files.len() - 1).expect("fewer than 2^32 files")
            }
        }
    }

    /// Opens a file by name, or one without a name that nobody else sees.
    pub(super) fn open(&mut self, name: Option<&str>, flags: OpenFlags) -> Result<Open, Code> {
        let known = name.and_then(|name| self.names.get(name).copied());
        let slot = match known {
            Some(_) if flags.exclusive && flags.create => return Err(Code(ffi::SQLITE_CANTOPEN)),
            Some(slot) => slot,
            None if flags.create || name.is_none() => {
                let slot = self.add(File::new());
                if let Some(name) = name {
                    self.names.insert(name.to_owned(), slot);
                    self.note_log(name);
                }
                slot
            }
            None => return Err(Code(ffi::SQLITE_CANTOPEN)),
        };
        if flags.delete_on_close
            && let Some(name) = name
        {
            self.names.remove(name);
        }
        let handle = self.next_handle;
        self.next_handle += 1;
        let file = &mut self.files[slot as usize];
        file.handles += 1;
        file.deleted |= name.is_none() || flags.delete_on_close;
        file.locks.open(handle);
        Ok(Open { file: slot, handle })
    }

    /// Where `name` is a write-ahead log, its database is written by copying it back from now on.
    fn note_log(&mut self, name: &str) {
        let database = name.strip_suffix("-wal");
        if let Some(slot) = database.and_then(|name| self.names.get(name)) {
            self.files[*slot as usize].has_log = true;
        }
    }

    pub(super) fn close(&mut self, open: Open) {
        let file = self.file_mut(open);
        file.locks.close(open.handle);
        file.handles -= 1;
        if file.handles == 0 && file.deleted {
            self.purge(open.file);
        }
    }

    fn purge(&mut self, slot: u32) {
        self.cache.remove_from(slot, 0);
        self.files[slot as usize] = File::default();
        self.free.push(slot);
    }

    /// Removes a name; the file goes with the last handle. `sync` also syncs the directory.
    pub(super) fn delete(&mut self, name: &str, sync: bool) -> Result<(), Code> {
        let slot = self
            .names
            .remove(name)
            .ok_or(Code(ffi::SQLITE_IOERR_DELETE_NOENT))?;
        self.work.syncs += u64::from(sync);
        let file = &mut self.files[slot as usize];
        if file.handles == 0 {
            self.purge(slot);
        } else {
            file.deleted = true;
        }
        Ok(())
    }

    /// Whether any file is open.
    pub(super) fn in_use(&self) -> bool {
        self.files.iter().any(|file| file.handles > 0)
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        self.names.contains_key(name)
    }

    pub(super) fn len(&self, open: Open) -> u64 {
        self.file(open).len()
    }

    /// Fills `into`; whether there was enough to fill it.
    pub(super) fn read(&mut self, open: Open, offset: u64, into: &mut [u8]) -> bool {
        let end = self.len(open).min(offset + into.len() as u64);
        if end > offset {
            self.work.bytes += end - offset;
            let (first, _) = place(offset);
            let (last, _) = place(end - 1);
            // Counted before it is copied: the host then fetches the bytes while it waits for the
            // entries of the page cache, both of which are seldom in its own caches.
            for page in first..=last {
                self.work.page_reads += 1;
                self.touch(open, page, true);
            }
        }
        self.file(open).read(offset, into) == into.len()
    }

    /// Makes `page` the newest in the cache; a miss counts as a device read if it `loads`.
    fn touch(&mut self, open: Open, page: u32, loads: bool) {
        let id = PageId {
            file: open.file,
            page,
        };
        if self.cache.hit(id) {
            return;
        }
        if loads {
            match self.file_mut(open).read_ahead.miss(page) {
                Fetch::Sequential(pages) => self.work.sequential_reads += pages,
                Fetch::Random => self.work.random_reads += 1,
            }
        }
        if let Some(evicted) = self.cache.insert(id)
            && self.files[evicted.file as usize].clean(evicted.page)
        {
            self.work.random_writes += 1;
        }
    }

    pub(super) fn write(&mut self, open: Open, offset: u64, from: &[u8]) -> Result<(), Code> {
        if self.fails_writes {
            return Err(Code(ffi::SQLITE_IOERR_WRITE));
        }
        let end = offset + from.len() as u64;
        self.make_room(open, end)?;
        let len = self.file(open).len();
        let (first, start) = place(offset);
        let (last, stop) = place(end.saturating_sub(1));
        for page in first..=last {
            // A page that is only written in part must be there first, unless it is new.
            let whole = (page > first || start == 0) && (page < last || stop == PAGE - 1);
            let old = u64::from(page) * (PAGE as u64) < len;
            self.work.page_writes += 1;
            self.touch(open, page, old && !whole);
        }
        self.work.bytes += end - offset;
        if self.file(open).has_log {
            self.work.copied_back_bytes += end - offset;
        }
        self.file_mut(open).write(offset, from);
        Ok(())
    }

    fn make_room(&self, open: Open, end: u64) -> Result<(), Code> {
        let Some(room) = self.room else { return Ok(()) };
        let more = end.saturating_sub(self.file(open).len());
        let grown: u64 = self.files.iter().map(File::grown).sum();
        if more > 0 && grown + more > room {
            return Err(Code(ffi::SQLITE_FULL));
        }
        Ok(())
    }

    pub(super) fn truncate(&mut self, open: Open, len: u64) {
        self.file_mut(open).truncate(len);
        let (page, start) = place(len);
        self.cache
            .remove_from(open.file, page + u32::from(start > 0));
    }

    /// Brings the file's dirty pages to the device, and its directory entry with the first sync.
    pub(super) fn sync(&mut self, open: Open) {
        let file = self.file_mut(open);
        let (random, sequential) = file.clean_all();
        let entry = std::mem::take(&mut file.unlisted);
        self.work.random_writes += random;
        self.work.sequential_writes += sequential;
        self.work.syncs += 1 + u64::from(entry);
    }

    pub(super) fn lock(&mut self, open: Open, want: Level) -> Result<(), Busy> {
        self.file_mut(open).locks.lock(open.handle, want)
    }

    pub(super) fn unlock(&mut self, open: Open, to: Level) {
        let casts = self.file_mut(open).locks.unlock(open.handle, to);
        self.keep_shadow(open, casts);
    }

    pub(super) fn reserved(&self, open: Open) -> bool {
        self.file(open).locks.reserved()
    }

    pub(super) fn lock_slots(&mut self, open: Open, mask: u8, exclusive: bool) -> Result<(), Busy> {
        let locks = &mut self.file_mut(open).locks;
        locks.lock_slots(open.handle, mask, exclusive)
    }

    pub(super) fn unlock_slots(&mut self, open: Open, mask: u8) {
        let casts = self.file_mut(open).locks.unlock_slots(open.handle, mask);
        self.keep_shadow(open, casts);
    }

    /// Outside a step, what is given back is free at once.
    fn keep_shadow(&mut self, open: Open, casts: bool) {
        if !casts {
            return;
        }
        if self.in_step {
            self.shadows.push(open);
        } else {
            self.clear_shadow(open);
        }
    }

    pub(super) fn clear_shadow(&mut self, open: Open) {
        self.file_mut(open).locks.clear_shadow(open.handle);
    }

    fn file(&self, open: Open) -> &File {
        &self.files[open.file as usize]
    }

    pub(super) fn file_mut(&mut self, open: Open) -> &mut File {
        &mut self.files[open.file as usize]
    }
}
