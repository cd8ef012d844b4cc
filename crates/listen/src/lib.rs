//! What is heard: sound becomes sentences with media times, and sentences become hits of rules.
//!
//! PCM and media times come in, hypotheses and hits come out; the shell's thread drives it. It never sees a show, a
//! product or a user, opens no socket, reads no clock, and starts no thread but to train. Reading model files is its only I/O. Its
//! labels say what a text says (an insult, a complaint, a claim), never what a person feels (L-1).

pub mod asr;
pub mod captions;
pub mod chat;
pub mod ear;
pub mod embed;
mod error;
mod half;
mod heard;
pub mod host;
pub mod judge;
pub mod models;
pub mod pcm;
pub mod rules;
pub mod sets;
pub mod text;
pub mod training;
pub mod vad;
pub mod weights;

pub use error::ListenError;
pub use heard::{Hypothesis, Language, Slack, UnknownLanguage};
