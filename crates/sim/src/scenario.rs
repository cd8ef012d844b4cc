//! Scenarios: shows that are written down, run through the real core on one thread, and told as a transcript.
//!
//! Owns the form of the file ([`file`], [`form`]), the run ([`play`]) and what a file may expect of it. Real are the program
//! with its delay, packager and actions, both deciders behind their stages and a store, the sentinel with its policy, the
//! reader of the room, and, given by the caller, what judges words ([`Judges`]). Made up are the encoder, what people write
//! and buy, and when something has been heard. The same file, lines, judge and seed give the same bytes.
//!
//! It reads no file and no clock, and knows no model: who runs it brings lines and judge.

mod expect;
pub mod file;
pub mod form;
mod happened;
mod house;
mod lines;
mod play;
mod talk;
mod tell;
mod trade;
pub mod words;

use show::sentinel::room::Hits;
use show::sentinel::{Response, Severity};

pub use self::file::{BadFile, parse};
pub use self::form::Scenario;
pub use self::lines::{LABELS, Lines, TOPICS};
pub use self::play::{Played, play};

/// What judges words, in one language.
pub trait Judges {
    /// Versions of what judges, for the log.
    fn versions(&self) -> Vec<String>;
    /// What a sentence of the host breaks. `message` is what it answers, `before` the sentences before it.
    fn sentence(&mut self, text: &str, message: Option<&str>, before: &[String]) -> Found;
    /// The fingerprint of a message, the same for its copies.
    fn fingerprint(&mut self, text: &str) -> u64;
    /// The channels that a message hits.
    fn hits(&mut self, text: &str) -> Hits;
}

/// What was found in a sentence.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Rules that it breaks.
    pub hits: Vec<Broken>,
    /// A rule that it nearly breaks, when it breaks none.
    pub unsure: Option<Broken>,
}

/// A rule that a sentence breaks, or nearly.
#[derive(Debug, Clone, PartialEq)]
pub struct Broken {
    /// Pack and rule.
    pub rule: String,
    /// How sure, in thousandths.
    pub score: u16,
    /// How grave.
    pub severity: Severity,
    /// What its pack proposes.
    pub proposed: Response,
}
