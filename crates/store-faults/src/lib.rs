//! A disk for SQLite that forgets what was not synced.
//!
//! [`FaultDisk`] is a virtual file system in memory. Every write is kept apart until its file is synced. At a crash
//! (a chosen number of operations from now) each unsynced write survives or not, whole or torn at a sector, as a seed
//! says; writes that come later may survive where earlier ones did not, which is what a real disk's cache may do. From
//! the crash on, every operation fails, until [`FaultDisk::reboot`]. The disk can also be full.
//!
//! It owns no policy of the store's: it is a test tool. Nothing that ships depends on it.
//!
//! Simplifications: a file's creation lasts for sure once the file is synced, a deletion lasts at once, a torn write is
//! torn at sectors of 512 bytes and spoils no byte beside it (which is what SQLite assumes under Unix).
//!
//! Follows: SQLite's VFS interface, version 2 of the I/O methods (shared memory for WAL), <https://sqlite.org/c3ref/io_methods.html>.

mod disk;
mod locks;
mod vfs;

pub use disk::FaultDisk;
