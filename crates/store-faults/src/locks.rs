//! Locks and shared memory: what connections of one running system share, and no crash leaves.
//!
//! Safety rests on the same contract as in [`crate::vfs`].

use std::ffi::{c_int, c_void};
use std::sync::atomic::{Ordering, fence};

use rusqlite::ffi;

use crate::disk::lock;
use crate::vfs::{code, handle};

pub(crate) unsafe extern "C" fn lock_file(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let free = handle.with(|state, name| {
        let levels = &mut state.shared.entry(name.to_owned()).or_default().levels;
        let mine = levels.get(&handle.id).copied().unwrap_or(ffi::SQLITE_LOCK_NONE);
        let others = levels.iter().filter(|(id, _)| **id != handle.id).map(|(_, level)| *level);
        let highest = others.max().unwrap_or(ffi::SQLITE_LOCK_NONE);
        let free = match level {
            ffi::SQLITE_LOCK_SHARED => highest < ffi::SQLITE_LOCK_PENDING,
            ffi::SQLITE_LOCK_RESERVED => highest < ffi::SQLITE_LOCK_RESERVED,
            _ => highest == ffi::SQLITE_LOCK_NONE,
        };
        if free {
            levels.insert(handle.id, level.max(mine));
        }
        Ok(free)
    });
    match free {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_BUSY,
        Err(_) => ffi::SQLITE_IOERR_LOCK,
    }
}

pub(crate) unsafe extern "C" fn unlock_file(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let answer = handle.with(|state, name| {
        if let Some(shared) = state.shared.get_mut(name) {
            shared.levels.insert(handle.id, level);
        }
        Ok(())
    });
    code(answer, ffi::SQLITE_IOERR_UNLOCK)
}

pub(crate) unsafe extern "C" fn check_reserved_lock(
    file: *mut ffi::sqlite3_file,
    held: *mut c_int,
) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let answer = handle.with(|state, name| {
        let shared = state.shared.get(name);
        Ok(shared.is_some_and(|s| s.levels.values().any(|l| *l >= ffi::SQLITE_LOCK_RESERVED)))
    });
    let answer = answer.map(|reserved| {
        // SAFETY: a place for one int.
        unsafe { *held = c_int::from(reserved) };
    });
    code(answer, ffi::SQLITE_IOERR_CHECKRESERVEDLOCK)
}

pub(crate) unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    page: c_int,
    size: c_int,
    extend: c_int,
    to: *mut *mut c_void,
) -> c_int {
    // SAFETY: an open file.
    let answer = unsafe { handle(file) }.with(|state, name| {
        let regions = &mut state.shared.entry(name.to_owned()).or_default().regions;
        let page = page as usize;
        while regions.len() <= page && extend != 0 {
            regions.push(vec![0u64; size as usize / size_of::<u64>()].into_boxed_slice());
        }
        Ok(regions.get_mut(page).map_or(std::ptr::null_mut(), |r| r.as_mut_ptr().cast()))
    });
    let answer = answer.map(|region| {
        // SAFETY: a place for one pointer.
        unsafe { *to = region };
    });
    code(answer, ffi::SQLITE_IOERR_SHMMAP)
}

pub(crate) unsafe extern "C" fn shm_lock(
    file: *mut ffi::sqlite3_file,
    first: c_int,
    count: c_int,
    flags: c_int,
) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let id = handle.id;
    let free = handle.with(|state, name| {
        let slots = &mut state.shared.entry(name.to_owned()).or_default().slots;
        let slots = slots.iter_mut().skip(first as usize).take(count as usize);
        let mut slots: Vec<_> = slots.collect();
        if flags & ffi::SQLITE_SHM_UNLOCK != 0 {
            for slot in slots {
                slot.shared.retain(|holder| *holder != id);
                slot.exclusive = slot.exclusive.filter(|holder| *holder != id);
            }
            return Ok(true);
        }
        let exclusive = flags & ffi::SQLITE_SHM_EXCLUSIVE != 0;
        let free = slots.iter().all(|slot| {
            slot.exclusive.is_none_or(|holder| holder == id)
                && (!exclusive || slot.shared.iter().all(|holder| *holder == id))
        });
        if free {
            for slot in &mut slots {
                if exclusive {
                    slot.exclusive = Some(id);
                } else if !slot.shared.contains(&id) {
                    slot.shared.push(id);
                }
            }
        }
        Ok(free)
    });
    match free {
        Ok(true) => ffi::SQLITE_OK,
        Ok(false) => ffi::SQLITE_BUSY,
        Err(_) => ffi::SQLITE_IOERR_SHMLOCK,
    }
}

pub(crate) unsafe extern "C" fn shm_barrier(_: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

pub(crate) unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _delete: c_int) -> c_int {
    // SAFETY: an open file.
    let handle = unsafe { handle(file) };
    let mut state = lock(&handle.state);
    // After a crash the shared memory of this handle is no more.
    let shared = if state.boots == handle.boot { state.shared.get_mut(&handle.name) } else { None };
    for slot in shared.into_iter().flat_map(|shared| &mut shared.slots) {
        slot.shared.retain(|holder| *holder != handle.id);
        slot.exclusive = slot.exclusive.filter(|holder| *holder != handle.id);
    }
    ffi::SQLITE_OK
}
