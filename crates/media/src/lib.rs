//! Media without I/O: RTMP in, the delay, the program and its splices, fragmented MP4 and HLS out.
//!
//! Knows no show, product or user. Reads no clock, socket or random source: bytes and time come in,
//! bytes and deadlines go out. Specifications: Adobe RTMP 1.0, FLV 10.1, ISO/IEC 14496-3/-10/-12/-15, RFC 8216bis.

pub mod codec;
mod delay;
pub mod feed;
pub mod flv;
pub mod fmp4;
pub mod frame;
pub mod hls;
pub mod program;
pub mod rtmp;
