//! What the crate understands of the two codecs it carries: H.264 (ISO/IEC 14496-10 and -15) and AAC-LC
//! (ISO/IEC 14496-3). Reads headers only; decodes no picture and no sound.

pub mod aac;
pub(crate) mod bits;
pub mod h264;
pub(crate) mod sps;
