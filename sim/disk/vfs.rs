//! SQLite's file-system calls, translated: the only `unsafe` code of the project.
//!
//! A VFS is registered per volume. SQLite hands the pointers it was given back to every call:
//! the `sqlite3_vfs` itself, and the `sqlite3_file` that `xOpen` filled in. What stands behind
//! both is a [`Shared`], kept alive by the registration and by every open file.
//!
//! Panics cannot cross into C: an `extern "C"` function that panics ends the process, which is what
//! a broken invariant of the disk deserves.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::fs;
use std::io;
use std::path::Path;
use std::ptr;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering, fence};

use memmap2::Mmap;
use rand::Rng as _;
use rusqlite::{Connection, ffi};

use super::file::PAGE;
use super::image::Image;
use super::locks::{Busy, Level, slot_mask};
use super::shared_memory::REGION;
use super::state::{Code, Open, OpenFlags};
use super::volume::Shared;

/// Milliseconds from the Julian epoch, in which SQLite counts, to 1970.
const JULIAN_UNIX_MS: i64 = 210_866_760_000_000;

/// Numbers the registrations of a process: SQLite knows a VFS by its name.
static REGISTERED: AtomicU64 = AtomicU64::new(0);

/// A registered VFS.
#[derive(Debug)]
pub(super) struct Vfs {
    name: CString,
    shared: Arc<Shared>,
    /// Owned; freed in `drop`.
    raw: ptr::NonNull<ffi::sqlite3_vfs>,
}

// SAFETY: `raw` is only read through SQLite, which guards its list of VFSs with a mutex, and what
// it points to is not tied to a thread.
unsafe impl Send for Vfs {}
// SAFETY: `&Vfs` gives access to the name and to `meter`, neither of which touches `*raw`.
unsafe impl Sync for Vfs {}

impl Vfs {
    pub(super) fn register(shared: &Arc<Shared>) -> rusqlite::Result<Self> {
        let number = REGISTERED.fetch_add(1, Ordering::Relaxed);
        let name = CString::new(format!("volume-{number}")).expect("digits are no NUL");
        let raw = Box::into_raw(Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: c_int::try_from(size_of::<OpenFile>()).expect("a small struct"),
            mxPathname: 512,
            pNext: ptr::null_mut(),
            zName: name.as_ptr(),
            pAppData: Arc::as_ptr(shared).cast_mut().cast(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(get_last_error),
            xCurrentTimeInt64: Some(current_time_int64),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        let vfs = Self {
            name,
            shared: Arc::clone(shared),
            raw: ptr::NonNull::new(raw).expect("a box is not null"),
        };
        // SAFETY: `raw` is fully initialised, and lives until `drop` has unregistered it.
        let code = unsafe { ffi::sqlite3_vfs_register(raw, 0) };
        if code == ffi::SQLITE_OK {
            Ok(vfs)
        } else {
            Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
        }
    }

    /// The name to open connections with.
    pub(super) fn name(&self) -> &CStr {
        &self.name
    }

    /// Counts the virtual-machine steps of every statement of `connection`, which must be open on
    /// this VFS.
    pub(super) fn meter(&self, connection: &Connection) -> rusqlite::Result<()> {
        let context = Arc::as_ptr(&self.shared).cast_mut().cast();
        // SAFETY: the handle is that of a live connection; the callback is called only while it is
        // open, and its main file, open as long, keeps `shared` alive.
        let code = unsafe {
            ffi::sqlite3_trace_v2(
                connection.handle(),
                ffi::SQLITE_TRACE_PROFILE,
                Some(count_steps),
                context,
            )
        };
        if code == ffi::SQLITE_OK {
            Ok(())
        } else {
            Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), None))
        }
    }
}

impl Drop for Vfs {
    fn drop(&mut self) {
        // SAFETY: `raw` was registered once and is unregistered once.
        unsafe { ffi::sqlite3_vfs_unregister(self.raw.as_ptr()) };
        if self.shared.lock().in_use() {
            // A connection is still open and uses `raw`, and through it `name` and `shared`: these
            // must stay for good, since nobody tells when it closes.
            let _ = std::mem::take(&mut self.name).into_raw();
            let _ = Arc::into_raw(Arc::clone(&self.shared));
        } else {
            // SAFETY: `raw` came from a box, SQLite has forgotten it, and no file is open on it,
            // so no connection is: a connection's main file is open as long as itself.
            drop(unsafe { Box::from_raw(self.raw.as_ptr()) });
        }
    }
}

/// Maps a file that nobody writes to.
///
/// # Errors
/// If it cannot be opened or mapped.
pub fn map_image(path: &Path) -> io::Result<Image> {
    let file = fs::File::open(path)?;
    // SAFETY: images are written once, renamed into place, and never changed afterwards: by us. If
    // somebody else truncates one while it is mapped, the process ends with SIGBUS; bytes changed
    // under us are caught by the check of its hash before the next run. A database of one's own is
    // nobody's to change meanwhile either: its hash is checked after the run, which is then void.
    let map = unsafe { Mmap::map(&file)? };
    Ok(Image::mapped(map))
}

/// What `xOpen` makes of the space SQLite gives it.
#[repr(C)]
struct OpenFile {
    base: ffi::sqlite3_file,
    /// From `Arc::into_raw`; given back in `xClose`.
    shared: *const Shared,
    open: Open,
    /// Whether this handle has mapped shared memory.
    mapped: bool,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// The volume behind a VFS.
///
/// # Safety
/// `vfs` must come from SQLite in a call on a VFS registered here.
unsafe fn volume<'a>(vfs: *mut ffi::sqlite3_vfs) -> &'a Shared {
    // SAFETY: `pAppData` points to the `Shared` that the registration keeps alive.
    unsafe { &*(*vfs).pAppData.cast::<Shared>() }
}

/// The volume and the handle behind an open file.
///
/// # Safety
/// `file` must come from SQLite, filled by `open` and not yet closed.
unsafe fn opened<'a>(file: *mut ffi::sqlite3_file) -> (&'a Shared, Open) {
    // SAFETY: `file` is the first field of an `OpenFile`, whose `shared` is kept alive until it is
    // closed.
    unsafe {
        let file = file.cast::<OpenFile>();
        (&*(*file).shared, (*file).open)
    }
}

/// A name from SQLite; `None` for a file without one, an empty string for one that is not UTF-8,
/// which no file has.
///
/// # Safety
/// `name` must be null or a C string that lives as long as the call.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: not null, and a C string by contract.
    Some(unsafe { CStr::from_ptr(name) }.to_str().unwrap_or(""))
}

const fn code<T>(result: &Result<T, Busy>) -> c_int {
    match result {
        Ok(_) => ffi::SQLITE_OK,
        Err(Busy) => ffi::SQLITE_BUSY,
    }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes its own VFS, a name or null, and room for an `OpenFile`.
    let (shared, name) = unsafe {
        (*file).pMethods = ptr::null();
        (volume(vfs), text(name))
    };
    let wanted = OpenFlags {
        create: flags & ffi::SQLITE_OPEN_CREATE != 0,
        exclusive: flags & ffi::SQLITE_OPEN_EXCLUSIVE != 0,
        delete_on_close: flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0,
    };
    match shared.lock().open(name, wanted) {
        Err(Code(code)) => code,
        Ok(open) => {
            // SAFETY: `shared` lives in an `Arc` (see `register`); the count taken here is given
            // back by `close`. `file` has room for an `OpenFile`: `szOsFile` says so.
            unsafe {
                Arc::increment_strong_count(shared);
                file.cast::<OpenFile>().write(OpenFile {
                    base: ffi::sqlite3_file { pMethods: &METHODS },
                    shared,
                    open,
                    mapped: false,
                });
            }
            if !out_flags.is_null() {
                // SAFETY: not null, so SQLite wants to know.
                unsafe { *out_flags = flags };
            }
            ffi::SQLITE_OK
        }
    }
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite passes its own VFS and a name.
    let (shared, name) = unsafe { (volume(vfs), text(name)) };
    match shared.lock().delete(name.unwrap_or(""), sync != 0) {
        Ok(()) => ffi::SQLITE_OK,
        Err(Code(code)) => code,
    }
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _flags: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite passes its own VFS, a name, and a place for the answer.
    unsafe {
        let exists = volume(vfs).lock().exists(text(name).unwrap_or(""));
        *out = c_int::from(exists);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite passes a name.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if usize::try_from(room).is_ok_and(|room| bytes.len() <= room) {
        // SAFETY: `out` has `room` bytes, and the name fits.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr().cast(), out, bytes.len()) };
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_CANTOPEN
    }
}

unsafe extern "C" fn randomness(
    vfs: *mut ffi::sqlite3_vfs,
    count: c_int,
    out: *mut c_char,
) -> c_int {
    let Ok(len) = usize::try_from(count) else {
        return 0;
    };
    // SAFETY: SQLite passes its own VFS and `count` bytes to fill.
    let (shared, out) = unsafe {
        (
            volume(vfs),
            slice::from_raw_parts_mut(out.cast::<u8>(), len),
        )
    };
    shared.lock().random.fill_bytes(out);
    count
}

/// SQLite sleeps only between tries for a lock, and nobody else runs meanwhile: real sleep would
/// change nothing but the time a run takes.
unsafe extern "C" fn sleep(_vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time(vfs: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    let mut ms = 0;
    // SAFETY: as `current_time_int64`, and SQLite passes a place for the answer.
    unsafe {
        current_time_int64(vfs, &raw mut ms);
        *out = ms as f64 / 86_400_000.0;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_int64(
    vfs: *mut ffi::sqlite3_vfs,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite passes its own VFS and a place for the answer.
    unsafe { *out = volume(vfs).lock().unix_ms + JULIAN_UNIX_MS };
    ffi::SQLITE_OK
}

unsafe extern "C" fn get_last_error(
    _vfs: *mut ffi::sqlite3_vfs,
    _room: c_int,
    _out: *mut c_char,
) -> c_int {
    0
}

/// Called when a statement has finished: its steps since it was last asked.
unsafe extern "C" fn count_steps(
    _event: c_uint,
    context: *mut c_void,
    statement: *mut c_void,
    _nanoseconds: *mut c_void,
) -> c_int {
    // SAFETY: `context` is the `Shared` that `meter` passed, alive while the connection is open;
    // for a profile event SQLite passes the statement.
    unsafe {
        let steps = ffi::sqlite3_stmt_status(statement.cast(), ffi::SQLITE_STMTSTATUS_VM_STEP, 1);
        let shared = &*context.cast::<Shared>();
        // The counter is unsigned in SQLite and only returned as an int.
        shared.lock().work.vm_steps += u64::from(steps.cast_unsigned());
    }
    0
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file that `open` filled, once.
    unsafe {
        shm_unmap(file, 0);
        let (shared, open) = opened(file);
        shared.lock().close(open);
        drop(Arc::from_raw((*file.cast::<OpenFile>()).shared));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    into: *mut c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let (Ok(len), Ok(offset)) = (usize::try_from(amount), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_READ;
    };
    // SAFETY: an open file, and `amount` bytes to fill.
    let ((shared, open), into) = unsafe {
        (
            opened(file),
            slice::from_raw_parts_mut(into.cast::<u8>(), len),
        )
    };
    if shared.lock().read(open, offset, into) {
        ffi::SQLITE_OK
    } else {
        ffi::SQLITE_IOERR_SHORT_READ
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    amount: c_int,
    offset: ffi::sqlite3_int64,
) -> c_int {
    let (Ok(len), Ok(offset)) = (usize::try_from(amount), u64::try_from(offset)) else {
        return ffi::SQLITE_IOERR_WRITE;
    };
    // SAFETY: an open file, and `amount` bytes to take.
    let ((shared, open), from) =
        unsafe { (opened(file), slice::from_raw_parts(from.cast::<u8>(), len)) };
    match shared.lock().write(open, offset, from) {
        Ok(()) => ffi::SQLITE_OK,
        Err(Code(code)) => code,
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: ffi::sqlite3_int64) -> c_int {
    let Ok(len) = u64::try_from(len) else {
        return ffi::SQLITE_IOERR_TRUNCATE;
    };
    // SAFETY: an open file.
    let (shared, open) = unsafe { opened(file) };
    shared.lock().truncate(open, len);
    ffi::SQLITE_OK
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: an open file.
    let (shared, open) = unsafe { opened(file) };
    shared.lock().sync(open);
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_size(
    file: *mut ffi::sqlite3_file,
    out: *mut ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: an open file, and a place for the answer.
    unsafe {
        let (shared, open) = opened(file);
        *out = i64::try_from(shared.lock().len(open)).unwrap_or(i64::MAX);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    let (shared, open) = unsafe { opened(file) };
    match Level::from_sqlite(level) {
        Some(level) => code(&shared.lock().lock(open, level)),
        None => ffi::SQLITE_IOERR_LOCK,
    }
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    let (shared, open) = unsafe { opened(file) };
    match Level::from_sqlite(level) {
        Some(level) => {
            shared.lock().unlock(open, level);
            ffi::SQLITE_OK
        }
        None => ffi::SQLITE_IOERR_UNLOCK,
    }
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: an open file, and a place for the answer.
    unsafe {
        let (shared, open) = opened(file);
        *out = c_int::from(shared.lock().reserved(open));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(
    _file: *mut ffi::sqlite3_file,
    _operation: c_int,
    _argument: *mut c_void,
) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_file: *mut ffi::sqlite3_file) -> c_int {
    c_int::try_from(PAGE).expect("4096")
}

/// What a common disk guarantees, and no more: with SEQUENTIAL or ATOMIC, SQLite would leave out
/// syncs whose cost is the point.
unsafe extern "C" fn device_characteristics(_file: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    index: c_int,
    size: c_int,
    extend: c_int,
    out: *mut *mut c_void,
) -> c_int {
    if usize::try_from(size) != Ok(REGION) {
        return ffi::SQLITE_IOERR_SHMMAP;
    }
    let Ok(index) = usize::try_from(index) else {
        return ffi::SQLITE_IOERR_SHMMAP;
    };
    // SAFETY: an open file.
    let (shared, open) = unsafe { opened(file) };
    let mut state = shared.lock();
    let memory = &mut state.file_mut(open).shared_memory;
    // SAFETY: an open file; only this connection's thread looks at `mapped`.
    unsafe {
        let file = file.cast::<OpenFile>();
        if !(*file).mapped {
            (*file).mapped = true;
            memory.join();
        }
    }
    let region = memory.region(index, extend != 0);
    // SAFETY: a place for the answer. The region is made of atomics, so it may be written through
    // this pointer, and it stays where it is until the last handle unmaps.
    unsafe { *out = region.map_or(ptr::null_mut(), |region| region.as_ptr().cast_mut().cast()) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    offset: c_int,
    n: c_int,
    flags: c_int,
) -> c_int {
    let Some(mask) = slot_mask(offset, n) else {
        return ffi::SQLITE_IOERR_SHMLOCK;
    };
    // SAFETY: an open file.
    let (shared, open) = unsafe { opened(file) };
    let mut state = shared.lock();
    if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
        state.unlock_slots(open, mask);
        return ffi::SQLITE_OK;
    }
    code(&state.lock_slots(open, mask, flags & ffi::SQLITE_SHM_EXCLUSIVE != 0))
}

unsafe extern "C" fn shm_barrier(_file: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _delete: c_int) -> c_int {
    // SAFETY: an open file; only this connection's thread looks at `mapped`.
    let ((shared, open), mapped) = unsafe {
        let mapped = &mut (*file.cast::<OpenFile>()).mapped;
        (opened(file), std::mem::take(mapped))
    };
    if mapped {
        let mut state = shared.lock();
        state.unlock_slots(open, u8::MAX);
        state.file_mut(open).shared_memory.leave();
    }
    ffi::SQLITE_OK
}
