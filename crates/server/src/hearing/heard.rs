//! What the host of one show said lately, in memory for the desk and the studio. Nothing here is stored.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use units::{Duration, MediaTime, TextId};

/// Sentences kept: a quarter of an hour of quick speech.
const LINES_MAX: usize = 400;
/// Texts kept beside their references: those of every incident that a desk may show.
const TEXTS_MAX: usize = 512;
/// Sound kept for clips.
const CLIP_KEPT: Duration = Duration::from_s(90);
/// What sound for clips is.
pub(crate) const RATE: u32 = 16_000;

/// A sentence, or as much of one as has been heard.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) from: MediaTime,
    pub(crate) to: MediaTime,
    pub(crate) text: String,
    pub(crate) heard: bool,
    pub(crate) last: bool,
    /// A rule was broken in it.
    pub(crate) broken: bool,
}

/// What was heard of one show.
#[derive(Default)]
pub(crate) struct Heard(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    lines: VecDeque<Line>,
    /// What the newest window holds of sentences that are not finished.
    current: Vec<Line>,
    texts: VecDeque<(TextId, String)>,
    sound: VecDeque<i16>,
    /// The end of `sound`.
    sound_to: MediaTime,
    pace: Pace,
}

/// How hearing keeps up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    /// How far it is behind the feed.
    pub(crate) behind: Duration,
    /// Windows that were too old to be recognised.
    pub(crate) dropped: u64,
    /// Frames of sound that found no room.
    pub(crate) lost: u64,
}

impl Heard {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The show is no longer heard: nothing stays in memory.
    pub(super) fn forget(&self) {
        *self.inner() = Inner::default();
    }

    /// A window was recognised; unfinished sentences of earlier windows are forgotten.
    pub(super) fn window(&self, lines: impl Iterator<Item = Line>) {
        let mut inner = self.inner();
        inner.current.clear();
        for line in lines {
            if line.last {
                if inner.lines.len() >= LINES_MAX {
                    inner.lines.pop_front();
                }
                inner.lines.push_back(line);
            } else {
                inner.current.push(line);
            }
        }
    }

    /// Sentences that end after `from`, in their order; unfinished ones last.
    pub(crate) fn lines(&self, from: MediaTime) -> Vec<Line> {
        let inner = self.inner();
        let finished = inner.lines.iter().filter(|line| line.to > from);
        let covered = inner.lines.back().map_or(MediaTime::ZERO, |line| line.to);
        let current = inner.current.iter().filter(|line| line.to > from && line.from >= covered);
        finished.chain(current).cloned().collect()
    }

    /// The last finished sentences before `at`, the newest last. What broke a rule is left out: it would throw suspicion on
    /// whatever follows.
    pub(super) fn before(&self, at: MediaTime, most: usize) -> Vec<String> {
        let inner = self.inner();
        let before =
            inner.lines.iter().rev().filter(|line| line.heard && !line.broken && line.to <= at);
        let mut texts: Vec<String> = before.take(most).map(|line| line.text.clone()).collect();
        texts.reverse();
        texts
    }

    pub(super) fn keep_text(&self, id: TextId, text: &str) {
        let mut inner = self.inner();
        if inner.texts.len() >= TEXTS_MAX {
            inner.texts.pop_front();
        }
        inner.texts.push_back((id, text.to_owned()));
    }

    /// The words of a reference, while they are remembered.
    pub(crate) fn text(&self, id: TextId) -> Option<String> {
        self.inner().texts.iter().rev().find(|(known, _)| *known == id).map(|(_, t)| t.clone())
    }

    pub(super) fn does(&self, behind: Duration, dropped: u64) {
        let pace = &mut self.inner().pace;
        (pace.behind, pace.dropped) = (behind, dropped);
    }

    pub(super) fn lost(&self, frames: u64) {
        self.inner().pace.lost = frames;
    }

    pub(crate) fn pace(&self) -> Pace {
        self.inner().pace
    }

    /// Sound at [`RATE`], mono, that begins at `from`. A gap begins the memory anew.
    pub(super) fn sound(&self, from: MediaTime, samples: &[f32]) {
        let mut inner = self.inner();
        if (from - inner.sound_to).abs() > Duration::from_ms(200) {
            inner.sound.clear();
        }
        inner.sound.extend(samples.iter().map(|s| (s.clamp(-1.0, 1.0) * 32_767.0) as i16));
        inner.sound_to = from + Duration::from_ticks(samples.len() as i64, RATE);
        let most = usize::try_from(CLIP_KEPT.ticks(RATE)).unwrap_or(0);
        let over = inner.sound.len().saturating_sub(most);
        inner.sound.drain(..over);
    }

    /// A WAV file of these moments, while they are remembered.
    pub(crate) fn clip(&self, from: MediaTime, to: MediaTime) -> Option<Vec<u8>> {
        let inner = self.inner();
        let begins = inner.sound_to - Duration::from_ticks(inner.sound.len() as i64, RATE);
        if from < begins || inner.sound.is_empty() {
            return None;
        }
        let sample = |at: MediaTime| usize::try_from((at - begins).ticks(RATE)).unwrap_or(0);
        let (first, last) = (sample(from), sample(to.min(inner.sound_to)).min(inner.sound.len()));
        let sound: Vec<i16> = inner.sound.range(first.min(last)..last).copied().collect();
        (!sound.is_empty()).then(|| wav(&sound))
    }
}

/// RIFF WAVE, PCM, 16 bit, mono.
fn wav(sound: &[i16]) -> Vec<u8> {
    let bytes = u32::try_from(sound.len() * 2).unwrap_or(u32::MAX);
    let mut out = Vec::with_capacity(44 + sound.len() * 2);
    out.extend(b"RIFF");
    out.extend((36 + bytes).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    out.extend([1u16, 1].iter().flat_map(|n| n.to_le_bytes()));
    out.extend([RATE, RATE * 2].iter().flat_map(|n| n.to_le_bytes()));
    out.extend([2u16, 16].iter().flat_map(|n| n.to_le_bytes()));
    out.extend(b"data");
    out.extend(bytes.to_le_bytes());
    out.extend(sound.iter().flat_map(|sample| sample.to_le_bytes()));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> MediaTime {
        MediaTime::from_ms(ms)
    }

    fn line(from: i64, to: i64, text: &str, last: bool) -> Line {
        Line { from: at(from), to: at(to), text: text.to_owned(), heard: true, last, broken: false }
    }

    #[test]
    fn a_finished_sentence_takes_the_place_of_what_was_heard_of_it_before() {
        let heard = Heard::default();
        heard.window([line(0, 900, "how is it", false)].into_iter());
        assert_eq!(heard.lines(at(0)).len(), 1);
        heard.window([line(0, 2000, "how is it expensive", true)].into_iter());
        heard
            .window([line(100, 1900, "is it", false), line(2100, 3000, "look", false)].into_iter());
        let texts: Vec<_> = heard.lines(at(0)).into_iter().map(|line| line.text).collect();
        assert_eq!(texts, ["how is it expensive", "look"]);
        assert_eq!(heard.before(at(2100), 2), ["how is it expensive"]);
        assert!(heard.before(at(1000), 2).is_empty());
    }

    #[test]
    fn a_clip_holds_its_moments_and_a_gap_forgets() {
        let heard = Heard::default();
        heard.sound(at(0), &vec![0.5; 16_000 * 100]);
        assert_eq!(heard.clip(at(5000), at(6000)), None, "older than what is kept");
        let clip = heard.clip(at(20_000), at(21_000)).expect("kept");
        assert_eq!((clip.len(), &clip[..4]), (44 + 32_000, &b"RIFF"[..]));
        assert_eq!(clip[44..46], (16_383i16).to_le_bytes());
        heard.sound(at(200_000), &[0.0; 1600]);
        assert_eq!(heard.clip(at(20_000), at(21_000)), None);
    }
}
