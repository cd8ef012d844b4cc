//! A scenario's room: who writes what, and the real reader of it. Texts are judged as they are in a live show: fingerprint,
//! then labels of what is no copy.

use std::collections::VecDeque;

use show::sentinel::room::{Closed, Message, Prior, Reader};
use units::{Duration, MessageId, Timestamp, ViewerId};

use super::Judges;
use super::form::{Burst, Scenario, Turn};
use super::lines::{Lines, Texts};
use super::words::Seconds;
use crate::turns::audience::{Audience, Storm, Wave};
use crate::turns::{Line, Pool};
use crate::world::{Ids, Rng};

/// Messages with a sign whose text is kept for evidence; the oldest goes first.
const KEPT_MAX: usize = 2048;
/// Viewers who write have numbers from here on.
const VIEWERS_FROM: u128 = 1 << 40;
/// Texts from the beginning, and from the end, that the check of privacy looks for in every record.
const PRIVATE_MAX: usize = 40;
/// Shorter texts may stand in a log by chance.
const PRIVATE_BYTES: usize = 14;

/// What may be written, made before anybody writes.
pub(super) struct Script {
    texts: Texts,
    pool: Pool,
    waves: Vec<Vec<Line>>,
    storms: Vec<Storm>,
}

impl Script {
    pub(super) fn new(file: &Scenario, lines: &Lines, seed: u64) -> Self {
        let language = file.language.get_ref().0.as_str();
        let (mut texts, mut rng) = (Texts::default(), Rng::new(seed, 25));
        let pool = texts.pool(language, lines);
        let room = file.room.get_ref();
        let wave = |turn: &Turn, texts: &mut Texts| -> Vec<Line> {
            let held = lines.held(&turn.lines.0);
            held.iter().flat_map(|text| texts.spelt(language, text)).collect()
        };
        let waves = room.turns.iter().map(|turn| wave(turn.get_ref(), &mut texts)).collect();
        let storm = |burst: &Burst, texts: &mut Texts, rng: &mut Rng| {
            let written: Vec<String> = match &burst.lines {
                Some(label) => texts.picks(lines.held(&label.0), burst.picks, rng),
                None => burst.texts.iter().map(|text| text.0.clone()).collect(),
            };
            let at_s = burst.at_s.0 / 1000;
            Storm {
                at_s,
                until_s: at_s + burst.lasts_s.0 / 1000,
                rate: burst.messages_per_s.0,
                texts: written.iter().map(|text| spellings(texts, language, text)).collect(),
            }
        };
        let storms =
            room.bursts.iter().map(|burst| storm(burst.get_ref(), &mut texts, &mut rng)).collect();
        Self { texts, pool, waves, storms }
    }
}

/// What is pasted has few spellings; a number of a giveaway has one.
fn spellings(texts: &mut Texts, language: &str, text: &str) -> Vec<Line> {
    let count = if text.chars().count() > 3 { 5 } else { 1 };
    let spelt = (0..count).map(|n| super::lines::spelling(language, text, n));
    spelt.map(|text| texts.line(text)).collect()
}

/// What a second brought.
#[derive(Default)]
pub(super) struct Second {
    pub(super) closed: Vec<Closed>,
    pub(super) messages: u64,
}

/// See the module.
pub(super) struct Talk<'a> {
    script: &'a Script,
    audience: Audience<'a>,
    pub(super) reader: Reader,
    kept: VecDeque<(MessageId, String)>,
    /// Texts that must not be found in a log.
    private: Vec<String>,
    rng: Rng,
    talkers: i64,
}

impl<'a> Talk<'a> {
    pub(super) fn new(file: &Scenario, script: &'a Script, seed: u64) -> Self {
        let room = file.room.get_ref();
        let rate = room.messages_per_s.0;
        let mut audience = Audience::scripted(&script.pool, seed, rate, room.talkers);
        script.storms.iter().for_each(|storm| audience.storm(storm.clone()));
        let events = file.buyers.is_some();
        let key = Rng::new(seed, 26).range(0, i64::MAX) as u64;
        Self {
            script,
            audience,
            reader: Reader::new(key, room.alarms_per_1000h, &Prior::default(), events),
            kept: VecDeque::new(),
            private: Vec::new(),
            rng: Rng::new(seed, 27),
            talkers: i64::from(room.talkers),
        }
    }

    /// The room begins to turn.
    pub(super) fn turn(&mut self, n: usize, turn: &Turn, at_s: i64) {
        let lasts_s = turn.lasts_s.map_or(i64::MAX / 4, |lasts: Seconds| lasts.0 / 1000);
        self.audience.wave(Wave {
            at_s,
            until_s: at_s + lasts_s,
            ramp_s: turn.ramp_s.0 / 1000,
            share: turn.share.0,
            lines: self.script.waves.get(n).cloned().unwrap_or_default(),
        });
    }

    /// The second of the show that has just ended, and `asked`, which somebody wrote in it.
    pub(super) fn second(
        &mut self,
        judge: &mut dyn Judges,
        (at_s, now): (i64, Timestamp),
        asked: Option<&str>,
        ids: &mut Ids,
    ) -> Second {
        self.audience.second(at_s);
        let mut second = Second::default();
        let arrived = std::mem::take(&mut self.audience.arrived);
        let begins = now - Duration::from_s(1);
        let count = arrived.len() as i64 + 1;
        let texts = &{ self.script }.texts;
        let said = arrived
            .iter()
            .map(|(viewer, line)| (u128::from(*viewer), texts.text(*line).to_owned()));
        let asks = asked.map(|text| (self.rng.range(0, self.talkers) as u128, text.to_owned()));
        for (n, (viewer, text)) in said.chain(asks).enumerate() {
            let at = begins + Duration::from_ms(1000 * n as i64 / count);
            second.messages += 1;
            second.closed.extend(self.reader.close(at));
            let (id, print) = (MessageId::from_u128(ids.next()), judge.fingerprint(&text));
            if self.private.len() < PRIVATE_MAX && text.len() >= PRIVATE_BYTES {
                self.private.push(text.clone());
            }
            if !self.reader.admit(at, id, print) {
                continue;
            }
            let hits = judge.hits(&text);
            let viewer = ViewerId::from_u128(VIEWERS_FROM + viewer);
            self.reader.count(&Message { id, viewer, text: print, hits });
            if !hits.is_empty() {
                self.keep(id, text);
            }
        }
        self.audience.arrived = arrived;
        second.closed.extend(self.reader.close(now));
        second
    }

    fn keep(&mut self, id: MessageId, text: String) {
        if self.kept.len() >= KEPT_MAX {
            self.kept.pop_front();
        }
        self.kept.push_back((id, text));
    }

    /// The text of a message that shows a turn.
    pub(super) fn shown(&self, id: MessageId) -> Option<&str> {
        self.kept.iter().rev().find(|(known, _)| *known == id).map(|(_, text)| text.as_str())
    }

    /// Texts that must not be found in a log: the first ones, and all that hit a channel lately.
    pub(super) fn private(&self) -> impl Iterator<Item = &str> {
        let kept = self.kept.iter().rev().take(PRIVATE_MAX).map(|(_, text)| text.as_str());
        let long = kept.filter(|text| text.len() >= PRIVATE_BYTES);
        self.private.iter().map(String::as_str).chain(long)
    }
}
