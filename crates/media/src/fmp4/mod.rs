//! Fragmented MP4 (ISO/IEC 14496-12, CMAF 23000-19): init segments and fragments of one video and one sound track.
//!
//! Owns the bytes, not when they are cut: [`crate::hls`] decides that. Both tracks travel in one
//! fragment. Track ids and timescales never change within a program, because readers such as ffmpeg
//! keep those of the first init they saw; for the same reason parameter sets repeat before each IDR.
//!
//! Init segments are written with `mp4-atom`. Fragments are written by hand: the offsets of both
//! runs are known before a byte is written, so a fragment is one allocation of its exact size and cannot
//! fail, where an atom tree would be encoded twice and return errors that no caller can act on.
//! The tests read every fragment back with `mp4-atom`.

mod fragment;
mod init;

pub(crate) use fragment::picture_len;
pub use fragment::{Fragment, fragment};
pub use init::{Error, init};

/// Track id of the pictures.
pub const VIDEO_TRACK: u32 = 1;
/// Track id of the sound.
pub const AUDIO_TRACK: u32 = 2;
/// Ticks a second of the video track.
pub const VIDEO_TIMESCALE: u32 = 90_000;

#[cfg(test)]
pub(crate) mod tests;
