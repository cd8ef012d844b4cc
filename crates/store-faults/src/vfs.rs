//! The disk behind SQLite's function pointers.
//!
//! Safety rests on SQLite's own contract: it hands back the same `sqlite3_file` that `open` filled, passes buffers of
//! the length it says, uses no file after its close, and calls a file's methods from one thread at a time.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use rusqlite::ffi;

use crate::disk::{Fault, State, lock};
use crate::locks;

const MAX_PATH: c_int = 1024;
const SECTOR: c_int = 512;

/// What `szOsFile` bytes of SQLite's hold: its own header, then ours.
#[repr(C)]
struct File {
    base: ffi::sqlite3_file,
    handle: *mut Handle,
}

/// One open file of one connection.
pub(crate) struct Handle {
    pub(crate) state: Arc<Mutex<State>>,
    pub(crate) name: String,
    pub(crate) id: u64,
    pub(crate) boot: u64,
    delete_on_close: bool,
}

/// Registers a disk under a new name. The registration is never taken back: it holds the disk weakly and is small.
pub(crate) fn register(state: &Arc<Mutex<State>>) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let name = format!("faults-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let z_name = CString::new(name.clone()).unwrap_or_default().into_raw();
    let disk = Box::into_raw(Box::new(Arc::downgrade(state)));
    let vfs = Box::new(ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: size_of::<File>() as c_int,
        mxPathname: MAX_PATH,
        pNext: std::ptr::null_mut(),
        zName: z_name,
        pAppData: disk.cast(),
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
        xGetLastError: None,
        xCurrentTimeInt64: Some(current_time_int64),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    });
    // SAFETY: the struct is whole and leaked, so it lives for as long as SQLite may use it.
    let code = unsafe { ffi::sqlite3_vfs_register(Box::leak(vfs), 0) };
    assert_eq!(code, ffi::SQLITE_OK, "SQLite takes a virtual file system");
    name
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(locks::lock_file),
    xUnlock: Some(locks::unlock_file),
    xCheckReservedLock: Some(locks::check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(locks::shm_map),
    xShmLock: Some(locks::shm_lock),
    xShmBarrier: Some(locks::shm_barrier),
    xShmUnmap: Some(locks::shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

pub(crate) fn code(answer: Result<(), Fault>, off: c_int) -> c_int {
    match answer {
        Ok(()) => ffi::SQLITE_OK,
        Err(Fault::Off) => off,
        Err(Fault::Full) => ffi::SQLITE_FULL,
        Err(Fault::Absent) => ffi::SQLITE_CANTOPEN,
    }
}

/// The disk of a registration, if it is still there.
///
/// # Safety
/// `vfs` is one that `register` made.
unsafe fn disk(vfs: *mut ffi::sqlite3_vfs) -> Option<Arc<Mutex<State>>> {
    // SAFETY: `pAppData` of ours is a leaked box of this type.
    unsafe { (*(*vfs).pAppData.cast::<Weak<Mutex<State>>>()).upgrade() }
}

/// # Safety
/// `name` is null or a C string.
unsafe fn text(name: *const c_char) -> Option<String> {
    if name.is_null() {
        return None;
    }
    // SAFETY: by contract of the caller.
    Some(unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned())
}

/// # Safety
/// `file` was filled by `open` and is not closed.
pub(crate) unsafe fn handle<'a>(file: *mut ffi::sqlite3_file) -> &'a Handle {
    // SAFETY: `open` put a box there that `close` alone takes back.
    unsafe { &*(*file.cast::<File>()).handle }
}

impl Handle {
    pub(crate) fn with<T>(
        &self,
        run: impl FnOnce(&mut State, &str) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut state = lock(&self.state);
        state.step(self.boot)?;
        run(&mut state, &self.name)
    }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let file = file.cast::<File>();
    // SAFETY: SQLite gives `szOsFile` bytes; a null method table tells it not to close what did not open.
    unsafe { (*file).base.pMethods = std::ptr::null() };
    // SAFETY: `vfs` is ours, `name` is SQLite's.
    let (Some(state), name) = (unsafe { disk(vfs) }, unsafe { text(name) }) else {
        return ffi::SQLITE_CANTOPEN;
    };
    let opened = {
        let mut state = lock(&state);
        let boot = state.boots;
        state.handles += 1;
        let id = state.handles;
        let name = name.unwrap_or_else(|| format!("temporary-{id}"));
        let create = flags & ffi::SQLITE_OPEN_CREATE != 0;
        state.step(boot).and_then(|()| state.open(&name, create)).map(|()| (name, id, boot))
    };
    let (name, id, boot) = match opened {
        Ok(opened) => opened,
        Err(_) => return ffi::SQLITE_CANTOPEN,
    };
    let delete_on_close = flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0;
    let handle = Box::new(Handle { state, name, id, boot, delete_on_close });
    // SAFETY: as above; `out_flags` is null or a place for one int.
    unsafe {
        (*file).handle = Box::into_raw(handle);
        (*file).base.pMethods = &METHODS;
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `open` put the box there, and SQLite closes once.
    let handle = unsafe { Box::from_raw((*file.cast::<File>()).handle) };
    let mut state = lock(&handle.state);
    if state.boots == handle.boot {
        if let Some(shared) = state.shared.get_mut(&handle.name) {
            shared.levels.remove(&handle.id);
        }
        if handle.delete_on_close {
            let _ = state.delete(&handle.name);
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    to: *mut c_void,
    size: c_int,
    at: i64,
) -> c_int {
    // SAFETY: SQLite's buffer has `size` bytes.
    let to = unsafe { std::slice::from_raw_parts_mut(to.cast::<u8>(), size as usize) };
    // SAFETY: an open file.
    match unsafe { handle(file) }.with(|state, name| state.read(name, at as usize, to)) {
        Ok(there) if there == size as usize => ffi::SQLITE_OK,
        Ok(_) => ffi::SQLITE_IOERR_SHORT_READ,
        Err(_) => ffi::SQLITE_IOERR_READ,
    }
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    from: *const c_void,
    size: c_int,
    at: i64,
) -> c_int {
    // SAFETY: SQLite's buffer has `size` bytes.
    let from = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), size as usize) };
    // SAFETY: an open file.
    let answer = unsafe { handle(file) }.with(|state, name| state.write(name, at as usize, from));
    code(answer, ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: an open file.
    let answer = unsafe { handle(file) }.with(|state, name| state.truncate(name, size as usize));
    code(answer, ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: an open file.
    code(unsafe { handle(file) }.with(State::sync), ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: an open file.
    let answer = unsafe { handle(file) }.with(State::len).map(|len| {
        // SAFETY: a place for one number.
        unsafe { *size = len as i64 };
    });
    code(answer, ffi::SQLITE_IOERR_FSTAT)
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    SECTOR
}

/// What SQLite assumes of a disk under Unix: a write spoils no byte beside it. The model keeps to that.
unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE
}

unsafe extern "C" fn delete(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _sync_dir: c_int,
) -> c_int {
    // SAFETY: `vfs` is ours, `name` is SQLite's.
    let (Some(state), Some(name)) = (unsafe { disk(vfs) }, unsafe { text(name) }) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    let mut state = lock(&state);
    let boot = state.boots;
    match state.step(boot).and_then(|()| state.delete(&name)) {
        Ok(()) => ffi::SQLITE_OK,
        Err(Fault::Absent) => ffi::SQLITE_IOERR_DELETE_NOENT,
        Err(_) => ffi::SQLITE_IOERR_DELETE,
    }
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _flags: c_int,
    found: *mut c_int,
) -> c_int {
    // SAFETY: `vfs` is ours, `name` is SQLite's.
    let (Some(state), Some(name)) = (unsafe { disk(vfs) }, unsafe { text(name) }) else {
        return ffi::SQLITE_IOERR_ACCESS;
    };
    let mut state = lock(&state);
    let boot = state.boots;
    if state.step(boot).is_err() {
        return ffi::SQLITE_IOERR_ACCESS;
    }
    // SAFETY: a place for one int.
    unsafe { *found = c_int::from(state.exists(&name)) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    size: c_int,
    to: *mut c_char,
) -> c_int {
    // SAFETY: `name` is a C string.
    let bytes = unsafe { CStr::from_ptr(name) }.to_bytes_with_nul();
    if bytes.len() > size as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: SQLite gives `size` bytes, and the text with its end fits.
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr().cast(), to, bytes.len()) };
    ffi::SQLITE_OK
}

/// The system's own file system, for what is not a file.
fn system() -> *mut ffi::sqlite3_vfs {
    // SAFETY: a null name asks for the default.
    unsafe { ffi::sqlite3_vfs_find(std::ptr::null()) }
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, size: c_int, to: *mut c_char) -> c_int {
    let system = system();
    // SAFETY: the default file system is whole, and SQLite gives `size` bytes.
    unsafe { (*system).xRandomness.map_or(0, |call| call(system, size, to)) }
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, micros: c_int) -> c_int {
    let system = system();
    // SAFETY: the default file system is whole.
    unsafe { (*system).xSleep.map_or(0, |call| call(system, micros)) }
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, to: *mut f64) -> c_int {
    let system = system();
    // SAFETY: the default file system is whole, and `to` is a place for one number.
    unsafe { (*system).xCurrentTime.map_or(ffi::SQLITE_ERROR, |call| call(system, to)) }
}

unsafe extern "C" fn current_time_int64(_: *mut ffi::sqlite3_vfs, to: *mut i64) -> c_int {
    let system = system();
    // SAFETY: the default file system is whole, and `to` is a place for one number.
    unsafe { (*system).xCurrentTimeInt64.map_or(ffi::SQLITE_ERROR, |call| call(system, to)) }
}
