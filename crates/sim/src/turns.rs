//! Rooms that turn and rooms that do not, made from real lines, and what reads them: how fast, at how many false alarms.
//!
//! Owns the simulated rooms ([`audience`]), the two simpler readers that the sentinel's is compared with ([`rivals`]) and
//! the measuring ([`measure`]). Lines come in as fingerprints and channels hit; nothing here reads a text or a file.
//! Every figure is of simulated rooms.

pub mod audience;
pub mod measure;
pub mod rivals;

use show::sentinel::room::Hits;

/// A line as the reader sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Its fingerprint.
    pub text: u64,
    /// The channels that it hits.
    pub hits: Hits,
}

/// What the people of one kind of room write.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    /// The name in tables.
    pub name: String,
    /// Ordinary lines by topic, each topic with its share.
    pub topics: Vec<(f64, Vec<Line>)>,
    /// Lines of a real chat in their order, and which part of the messages they are.
    pub chat: (f64, Vec<Line>),
    /// Lines against the host.
    pub hostile: Vec<Line>,
    /// Lines of boycott.
    pub boycott: Vec<Line>,
    /// Those of them with a word of boycott.
    pub boycott_words: Vec<Line>,
    /// What a raid pastes: a few spellings each.
    pub jokes: Vec<Vec<Line>>,
    /// What a giveaway is answered with.
    pub storms: Vec<Line>,
}
