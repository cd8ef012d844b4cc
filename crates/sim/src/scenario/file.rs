//! Reads a scenario file: TOML of version 1. Everything is bounded, unknown keys are refused, and whatever is wrong is named
//! with its line. Each part says where it comes from: a source, or that it is invented.

use std::collections::BTreeSet;
use std::fmt;

use toml::Spanned;
use units::Money;

use super::form::{Begins, FeedIs, Kind, Scenario};
use super::words::{Name, Seconds};

/// Bytes of a file.
pub const FILE_MAX: usize = 256 << 10;
/// Sentences of the host.
const SAY_MAX: usize = 500;
/// Parts of any other kind.
const PARTS_MAX: usize = 32;
/// Texts that a raid pastes.
const TEXTS_MAX: usize = 64;
/// The longest delay, in milliseconds.
const DELAY_MAX_MS: i64 = 60_000;
/// Messages a second of the room, without bursts.
const MESSAGES_MAX: f64 = 200.0;
/// The longest burst, in milliseconds.
const BURST_MAX_MS: i64 = 600_000;

/// Why a file is no scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadFile {
    /// The line, from one; absent when it is the file as a whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.what),
            None => f.write_str(&self.what),
        }
    }
}

impl std::error::Error for BadFile {}

/// A file that is checked, with the lines of its bytes.
struct Checker<'a> {
    text: &'a str,
    file: &'a Scenario,
    sources: BTreeSet<&'a str>,
    sentences: BTreeSet<&'a str>,
}

/// Reads a file.
///
/// # Errors
/// With the line and the reason, when it is no scenario.
pub fn parse(bytes: &[u8]) -> Result<Scenario, BadFile> {
    let whole = |what: String| BadFile { line: None, what };
    if bytes.len() > FILE_MAX {
        return Err(whole(format!("the file is longer than {} KiB", FILE_MAX >> 10)));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| BadFile {
        line: Some(line_of(bytes, error.valid_up_to())),
        what: "this is not UTF-8".to_owned(),
    })?;
    let file: Scenario = toml::from_str(text).map_err(|error| BadFile {
        line: error.span().map(|span| line_of(bytes, span.start)),
        what: error.message().trim().replace('\n', "; "),
    })?;
    let checker = Checker {
        text,
        sources: file.sources.iter().map(|source| source.get_ref().id.0.as_str()).collect(),
        sentences: file
            .say
            .iter()
            .filter_map(|say| say.get_ref().id.as_ref())
            .map(|id| id.0.as_str())
            .collect(),
        file: &file,
    };
    checker.check()?;
    Ok(file)
}

fn line_of(bytes: &[u8], at: usize) -> usize {
    let before = &bytes[..at.min(bytes.len())];
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}

impl Checker<'_> {
    fn bad<T, R>(&self, part: &Spanned<T>, what: impl Into<String>) -> Result<R, BadFile> {
        let line = Some(line_of(self.text.as_bytes(), part.span().start));
        Err(BadFile { line, what: what.into() })
    }

    fn check(&self) -> Result<(), BadFile> {
        let file = self.file;
        if *file.version.get_ref() != 1 {
            return self.bad(&file.version, "this version is not known; write version = 1");
        }
        let language = &file.language;
        if !["zh", "ru", "en"].contains(&language.get_ref().0.as_str()) {
            return self.bad(language, "the language is zh, ru or en");
        }
        if file.length_s.get_ref().0 < 10_000 {
            return self.bad(&file.length_s, "a show lasts at least 10 s");
        }
        if file.delay_s.get_ref().0 > DELAY_MAX_MS || file.delay_s.get_ref().0 % 1000 != 0 {
            return self.bad(&file.delay_s, "the delay is a whole number of seconds, at most 60");
        }
        if let Some(flaw) = file.policy.get_ref().flaw() {
            return self.bad(&file.policy, flaw);
        }
        self.most("sources", &file.sources, PARTS_MAX)?;
        self.most("sentences", &file.say, SAY_MAX)?;
        self.most("events of the feed", &file.feed, PARTS_MAX)?;
        self.most("offers", &file.offers, PARTS_MAX)?;
        if self.sources.len() < file.sources.len() {
            return self.bad(&file.sources[0], "two sources have the same id");
        }
        self.check_say()?;
        self.check_room()?;
        self.check_trade()?;
        self.check_feed()?;
        self.check_expect()
    }

    fn most<T>(&self, what: &str, parts: &[Spanned<T>], most: usize) -> Result<(), BadFile> {
        match parts.get(most) {
            Some(over) => self.bad(over, format!("a scenario has at most {most} {what}")),
            None => Ok(()),
        }
    }

    fn origin<T>(
        &self,
        part: &Spanned<T>,
        kind: &Kind,
        source: Option<&Name>,
        invented: bool,
    ) -> Result<(), BadFile> {
        match source {
            Some(source) if !self.sources.contains(source.0.as_str()) => {
                self.bad(part, format!("no source has the id {:?}", source.0))
            }
            Some(_) if invented => self.bad(part, "a part has a source or is invented, not both"),
            None if !invented && !self.file.invented.contains(kind) => {
                self.bad(part, "say where this comes from: source = \"id\", or invented = true")
            }
            _ => Ok(()),
        }
    }

    fn in_show<T>(&self, part: &Spanned<T>, at: Seconds) -> Result<(), BadFile> {
        if at < *self.file.length_s.get_ref() {
            return Ok(());
        }
        self.bad(part, "this happens after the end of the show")
    }

    fn check_say(&self) -> Result<(), BadFile> {
        let (mut free, mut ids) = (0, BTreeSet::new());
        for part in &self.file.say {
            let say = part.get_ref();
            if say.at_s.0 < free {
                return self.bad(part, "this sentence begins before the one above has ended");
            }
            if say.lasts_s.0 < 100 || say.lasts_s.0 > 60_000 {
                return self.bad(part, "a sentence lasts 0.1 to 60 s");
            }
            if say.hears_s.0 > 60_000 {
                return self.bad(part, "a sentence is heard within 60 s or not understood");
            }
            free = say.at_s.0 + say.lasts_s.0;
            self.in_show(part, Seconds(free + say.hears_s.0))?;
            if let Some(id) = &say.id
                && !ids.insert(id)
            {
                return self.bad(part, format!("another sentence has the id {:?}", id.0));
            }
            self.origin(part, &Kind::Say, say.source.as_ref(), say.invented)?;
        }
        Ok(())
    }

    fn starts<T>(&self, part: &Spanned<T>, begins: Option<Begins>) -> Result<(), BadFile> {
        match begins {
            None => self.bad(part, "say when it begins: at_s, or after and wait_s"),
            Some(Begins::At(at)) => self.in_show(part, at),
            Some(Begins::After(id, _)) if !self.sentences.contains(id.as_str()) => {
                self.bad(part, format!("no sentence has the id {id:?}"))
            }
            Some(Begins::After(..)) => Ok(()),
        }
    }

    fn check_room(&self) -> Result<(), BadFile> {
        let part = &self.file.room;
        let room = part.get_ref();
        if room.viewers > 100_000 || room.talkers == 0 || room.talkers > room.viewers {
            return self.bad(part, "a room has 1 to 100000 viewers, and 1 of them talks at least");
        }
        if room.messages_per_s.0 > MESSAGES_MAX {
            return self.bad(part, format!("messages_per_s is at most {MESSAGES_MAX}"));
        }
        let range = show::sentinel::room::ALARMS_RANGE;
        if !range.contains(&room.alarms_per_1000h) {
            let (least, most) = (range.start(), range.end());
            return self.bad(part, format!("alarms_per_1000h is a number from {least} to {most}"));
        }
        self.origin(part, &Kind::Room, room.source.as_ref(), room.invented)?;
        self.most("turns", &room.turns, PARTS_MAX)?;
        self.most("bursts", &room.bursts, PARTS_MAX)?;
        for part in &room.turns {
            let turn = part.get_ref();
            self.starts(part, turn.begins())?;
            self.label(part, &turn.lines)?;
            self.origin(part, &Kind::Room, turn.source.as_ref(), turn.invented)?;
        }
        for part in &room.bursts {
            let burst = part.get_ref();
            self.in_show(part, burst.at_s)?;
            if burst.lasts_s.0 > BURST_MAX_MS {
                return self.bad(part, format!("a burst lasts at most {} s", BURST_MAX_MS / 1000));
            }
            if burst.texts.is_empty() == burst.lines.is_none() {
                return self.bad(part, "a burst has texts, or lines of a label, not both");
            }
            if burst.texts.len() > TEXTS_MAX || burst.picks == 0 || burst.picks > TEXTS_MAX as u32 {
                return self.bad(part, format!("a burst has 1 to {TEXTS_MAX} texts"));
            }
            if let Some(lines) = &burst.lines {
                self.label(part, lines)?;
            }
            self.origin(part, &Kind::Room, burst.source.as_ref(), burst.invented)?;
        }
        Ok(())
    }

    fn label<T>(&self, part: &Spanned<T>, name: &Name) -> Result<(), BadFile> {
        if super::lines::LABELS.contains(&name.0.as_str()) {
            return Ok(());
        }
        let known = super::lines::LABELS.join(", ");
        self.bad(part, format!("no lines are labelled {:?}; there are {known}", name.0))
    }

    fn check_trade(&self) -> Result<(), BadFile> {
        let mut skus = BTreeSet::new();
        for part in &self.file.offers {
            let offer = part.get_ref();
            if !skus.insert(&offer.sku) {
                return self.bad(part, "this product is offered twice");
            }
            if let Some(at) = offer.pinned_at_s {
                self.in_show(part, at)?;
            }
            self.most("changes of an offer", &offer.changes, PARTS_MAX)?;
            for change in &offer.changes {
                self.in_show(change, change.get_ref().at_s)?;
                let other = |price: Money| price.currency != offer.price.currency;
                if change.get_ref().price.is_some_and(other) {
                    return self.bad(change, "the price has another currency than before");
                }
            }
            self.origin(part, &Kind::Offer, offer.source.as_ref(), offer.invented)?;
        }
        let Some(part) = &self.file.buyers else { return Ok(()) };
        let buyers = part.get_ref();
        if self.file.offers.is_empty() {
            return self.bad(part, "there is nothing to buy: write an [[offer]]");
        }
        self.origin(part, &Kind::Buyers, buyers.source.as_ref(), buyers.invented)?;
        self.most("changes of buyers", &buyers.changes, PARTS_MAX)?;
        for change in &buyers.changes {
            let inner = change.get_ref();
            self.starts(change, inner.begins())?;
            self.origin(change, &Kind::Buyers, inner.source.as_ref(), inner.invented)?;
        }
        Ok(())
    }

    fn check_feed(&self) -> Result<(), BadFile> {
        let (mut last, mut on) = (Seconds(0), true);
        for part in &self.file.feed {
            let feed = part.get_ref();
            self.in_show(part, feed.at_s)?;
            if feed.at_s < last || (feed.is == FeedIs::Back) == on {
                return self.bad(part, "a feed is lost and back in turns, in order of time");
            }
            (last, on) = (feed.at_s, !on);
            self.origin(part, &Kind::Feed, feed.source.as_ref(), feed.invented)?;
        }
        if let Some(part) = &self.file.producer {
            let producer = part.get_ref();
            self.origin(part, &Kind::Producer, producer.source.as_ref(), producer.invented)?;
        }
        Ok(())
    }

    fn check_expect(&self) -> Result<(), BadFile> {
        let part = &self.file.expect;
        let expect = part.get_ref();
        let named = expect.aired.iter().chain(&expect.never_aired);
        for name in named {
            if !self.sentences.contains(name.0.as_str()) {
                return self.bad(part, format!("no sentence has the id {:?}", name.0));
            }
        }
        let channel = |name: &&Name| {
            let known = show::sentinel::room::Channel::ALL;
            !known.iter().any(|channel| channel.name() == name.0)
        };
        if let Some(name) = expect.channels.iter().find(channel) {
            return self.bad(part, format!("no channel of a room is called {:?}", name.0));
        }
        if expect.never_fires && (expect.incidents.is_some_and(|n| n > 0) || expect.rule.is_some())
        {
            return self.bad(part, "never_fires and an incident contradict each other");
        }
        Ok(())
    }
}
