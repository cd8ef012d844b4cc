//! A disk for SQLite that forgets what was not synced.
