//! The ear: sound comes in, jobs for the recogniser go out, sentences with media times come back.
//!
//! Speech is cut into stretches at pauses. When a stretch is over it is recognised once more as a whole, and its
//! sentences are final. While it grows, rolling mode has its last seconds recognised again and again, so that what is
//! said is known long before the sentence ends. Time is the media time of the sound that came in: the ear reads no
//! clock, starts no thread, and the same sound always makes the same jobs.

mod sentence;
mod sound;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use units::{Duration, MediaTime};

use crate::asr::{RATE, Recognised, SAMPLES_MAX};
use crate::ear::sentence::Sentence;
use crate::ear::sound::Sound;
use crate::vad::{Detect, FRAME, Vad};
use crate::{Hypothesis, Language, ListenError, Slack};

const fn ms(ms: usize) -> usize {
    RATE as usize / 1000 * ms
}

/// How much of a growing stretch is recognised again, and how often.
const WINDOW: usize = ms(5_000);
const STEP: usize = ms(1_500);
/// A window begins at a quiet place if there is one so little earlier.
const WINDOW_OUTWARD: usize = ms(1_000);
/// A pause this long ends a stretch that is long enough to be worth a recognition of its own; a long pause ends any.
const PAUSE: usize = ms(480);
const PAUSE_LONG: usize = ms(900);
const STRETCH_MIN: usize = ms(4_500);
/// Speech pauses for this long before a window waits for what comes.
const BREATH: usize = ms(250);
/// Sound that is kept around speech.
const LEAD: usize = ms(300);
const TAIL: usize = ms(300);
/// A stretch that goes on longer is cut at the quietest place of its last seconds.
const STRETCH_MAX: usize = ms(8_000);
const STRETCH_MAX_SEGMENTS: usize = ms(7_500);
const CUT_BACK: usize = ms(2_000);
/// So shortly before the cut no window is worth its time.
const CUT_SOON: usize = ms(1_000);
/// Speech shorter than this is a click or a cough.
const SPEECH_MIN: usize = ms(130) / FRAME;
/// Not being understood is worth saying from here on.
const SPEECH_TOLD: usize = ms(400) / FRAME;
/// A pause that ends a sentence in a text without full stops.
const PAUSE_IN_TEXT: usize = ms(320) / FRAME;
/// Around a sentence, because token times are uncertain; then outward to a quiet place, never inward.
const PAD_BEFORE: usize = ms(300);
const PAD_AFTER: usize = ms(400);
const OUTWARD_BEFORE: usize = ms(600);
const OUTWARD_AFTER: usize = ms(1_000);
/// Below this mean log probability speech counts as not heard.
const LOGPROB_MIN: f32 = -0.7;
/// Fewer tokens have no mean of their own worth judging by.
const TOKENS_JUDGED: usize = 4;
/// A hole in the sound up to this long is silence; a longer one, or a step back, begins anew.
const HOLE_MAX: Duration = Duration::from_ms(2_000);
/// Sound that lies this little off its place is where it should be.
const JITTER: Duration = Duration::from_ms(40);
/// Stretches that wait for the recogniser; above it the oldest counts as not heard.
const WAITING_MAX: usize = 4;
/// Work on sound older than this is dropped: what it would find has aired.
const STALE: usize = ms(10_000);
/// Windows dropped within [`SLOW_SPAN`] that make the machine too slow for rolling mode.
const SLOW_WINDOWS: usize = 4;
const SLOW_SPAN: usize = ms(15_000);
/// How long it stays in segment mode then; each time twice as long, up to sixteen times.
const SLOW_REST: usize = ms(20_000);
const SLOW_DOUBLINGS: u32 = 4;

/// How speech is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Windows roll over a stretch while it grows.
    Rolling,
    /// Each stretch is recognised once, when it is over.
    Segments,
}

/// What an ear is told once.
#[derive(Clone, Copy, Debug)]
pub struct EarOptions {
    /// The mode to be in while the machine is fast enough.
    pub mode: Mode,
    /// The show's language.
    pub language: Language,
}

/// What the desk and the metrics show.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EarState {
    /// How much sound lies behind the newest that is understood or being worked on, while there is work.
    pub behind: Duration,
    /// More than one step behind: listening late.
    pub late: bool,
    /// Windows and stretches that were dropped because newer work had come.
    pub dropped_windows: u64,
    /// Somebody speaks.
    pub speaking: bool,
    /// The mode it is in, which is segment mode while the machine is too slow.
    pub mode: Mode,
}

/// A stretch of the sound: positions in one run.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Span {
    from: usize,
    to: usize,
    run: u64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    /// A growing stretch that began at `stretch`.
    Window { stretch: usize },
    /// A finished stretch; `cut` when it was cut off while somebody spoke on.
    Whole { cut: bool },
}

/// Sound for the recogniser.
#[derive(Clone, PartialEq, Debug)]
pub struct Job {
    /// Mono samples at [`RATE`].
    pub samples: Vec<f32>,
    /// Where they lie.
    pub covered: (MediaTime, MediaTime),
    /// The language to recognise.
    pub language: Language,
    span: Span,
    kind: Kind,
}

/// Speech in progress.
#[derive(Clone, Copy, Debug)]
struct Open {
    from: usize,
    /// Behind the last frame of speech.
    spoken: usize,
    next_window: usize,
}

/// One show's ear.
pub struct Ear {
    options: EarOptions,
    sound: Sound,
    /// Counts the uninterrupted runs of the sound.
    run: u64,
    begun: bool,
    framed: usize,
    open: Option<Open>,
    /// A stretch does not begin before the one before it ended.
    floor: usize,
    waiting: VecDeque<Job>,
    window: Option<Span>,
    window_stretch: usize,
    working: Option<(Span, Kind)>,
    /// Beginnings of sentences that recent windows saw.
    begins: VecDeque<usize>,
    dropped: u64,
    drops: VecDeque<usize>,
    rest_until: Option<usize>,
    rests: u32,
    unheard: Vec<Hypothesis>,
}

impl std::fmt::Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ear").field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Ear {
    /// An ear with the detector that ships.
    #[must_use]
    pub fn new(options: EarOptions) -> Self {
        Self::with(options, Box::new(Vad::default()))
    }

    /// An ear with another detector.
    #[must_use]
    pub fn with(options: EarOptions, detector: Box<dyn Detect + Send>) -> Self {
        Self {
            options,
            sound: Sound::new(detector),
            run: 0,
            begun: false,
            framed: 0,
            open: None,
            floor: 0,
            waiting: VecDeque::new(),
            window: None,
            window_stretch: 0,
            working: None,
            begins: VecDeque::new(),
            dropped: 0,
            drops: VecDeque::new(),
            rest_until: None,
            rests: 0,
            unheard: Vec::new(),
        }
    }

    /// Takes mono samples at [`RATE`], the first of which sounds at `at`. A short hole before them is silence.
    pub fn push(&mut self, at: MediaTime, pcm: &[f32]) {
        let mut pcm = pcm;
        if self.begun {
            let off = at - self.sound.time(self.sound.end());
            if off > HOLE_MAX || off < -HOLE_MAX {
                self.finish();
            } else if off > JITTER {
                let missing = usize::try_from(off.ticks(RATE)).unwrap_or_default();
                self.sound.push(std::iter::repeat_n(0.0, missing));
            } else if off < -JITTER {
                let twice = usize::try_from((-off).ticks(RATE)).unwrap_or_default();
                pcm = pcm.get(twice..).unwrap_or_default();
            }
        }
        if !self.begun {
            self.begin(at);
        }
        // Long sound is taken in steps, so that what a step makes due is not overtaken by the next.
        for piece in pcm.chunks(KEPT_STEP) {
            self.sound.push(piece.iter().copied());
            self.follow();
        }
    }

    /// The source ended, or what comes next does not follow: what was said so far is a finished stretch.
    pub fn flush(&mut self) {
        if self.begun {
            self.finish();
        }
    }

    /// The most useful work now, if there is any: a finished stretch, or the newest window. Older work that it
    /// overtakes is dropped and counted.
    pub fn next_job(&mut self) -> Option<Job> {
        while let Some(oldest) = self.waiting.front() {
            let stale = oldest.span.run == self.run
                && self.sound.end().saturating_sub(oldest.span.to) > STALE;
            if !stale && self.waiting.len() <= WAITING_MAX {
                break;
            }
            let dropped = self.waiting.pop_front()?;
            self.drop_work();
            self.not_heard(&dropped);
        }
        let job = match self.waiting.pop_front() {
            Some(job) => job,
            None => {
                let span = self.window.take()?;
                self.job(span, Kind::Window { stretch: self.window_stretch })
            }
        };
        self.working = Some((job.span, job.kind));
        Some(job)
    }

    /// Takes what came of a job. Rolling hypotheses are not `last`; those of a finished stretch are.
    pub fn take(&mut self, job: Job, result: Result<Recognised, ListenError>) -> Vec<Hypothesis> {
        self.working = None;
        let mut all = std::mem::take(&mut self.unheard);
        match result {
            Ok(recognised) => self.understand(&job, recognised, &mut all),
            Err(_) if matches!(job.kind, Kind::Whole { .. }) => {
                self.not_heard(&job);
                all.append(&mut self.unheard);
            }
            Err(_) => {}
        }
        all
    }

    /// What to show.
    #[must_use]
    pub fn state(&self) -> EarState {
        let end = self.sound.end();
        let waits = self.waiting.iter().map(|job| job.span).chain(self.window);
        let oldest = waits
            .chain(self.working.map(|(span, _)| span))
            .filter(|span| span.run == self.run)
            .map(|span| end.saturating_sub(span.to))
            .max();
        let behind = Duration::from_ticks(oldest.unwrap_or(0) as i64, RATE);
        EarState {
            behind,
            late: oldest.is_some_and(|oldest| oldest > STEP),
            dropped_windows: self.dropped,
            speaking: self.open.is_some(),
            mode: self.mode(),
        }
    }

    fn mode(&self) -> Mode {
        if self.rest_until.is_some() { Mode::Segments } else { self.options.mode }
    }

    fn begin(&mut self, at: MediaTime) {
        self.run += 1;
        self.begun = true;
        self.framed = 0;
        self.floor = 0;
        self.open = None;
        self.window = None;
        self.begins.clear();
        self.drops.clear();
        self.rest_until = self.rest_until.map(|_| SLOW_REST);
        self.sound.begin(at);
    }

    fn finish(&mut self) {
        if let Some(open) = self.open.take() {
            self.close(open, open.spoken + TAIL, false);
        }
        self.begun = false;
    }

    /// Looks at the frames that have become whole.
    fn follow(&mut self) {
        while self.framed < self.sound.framed() {
            let at = self.framed;
            self.framed += FRAME;
            let speech = self.sound.frame(at).is_some_and(|frame| frame.speech);
            match &mut self.open {
                None if speech => {
                    let from = at.saturating_sub(LEAD).max(self.floor);
                    self.open = Some(Open { from, spoken: at + FRAME, next_window: at + STEP });
                }
                None => {}
                Some(open) => {
                    if speech {
                        open.spoken = at + FRAME;
                    }
                    let open = *open;
                    self.grow(open);
                }
            }
        }
        if self.rest_until.is_some_and(|until| self.framed >= until) {
            self.rest_until = None;
        }
    }

    fn grow(&mut self, open: Open) {
        let now = self.framed;
        let most = match self.mode() {
            Mode::Rolling => STRETCH_MAX,
            Mode::Segments => STRETCH_MAX_SEGMENTS,
        };
        let pause = if open.spoken - open.from >= STRETCH_MIN { PAUSE } else { PAUSE_LONG };
        if now - open.spoken >= pause {
            self.open = None;
            self.close(open, open.spoken + TAIL, false);
        } else if now - open.from >= most {
            let cut = self.sound.quietest((now - CUT_BACK).max(open.from + STEP), now);
            self.close(open, cut, true);
            let next_window = cut.max(now.saturating_sub(STEP / 2)) + STEP;
            self.open = Some(Open { from: cut, spoken: open.spoken.max(cut), next_window });
        } else if self.mode() == Mode::Rolling
            && now >= open.next_window
            && now - open.spoken < BREATH
            && now - open.from < most - CUT_SOON
        {
            if let Some(open) = &mut self.open {
                open.next_window = now + STEP;
            }
            if self.window.is_some() {
                self.drop_work();
            }
            let quiet = self.sound.quiet_db();
            let from = now.saturating_sub(WINDOW).max(open.from);
            let from = if from > open.from {
                self.sound.outward(from, WINDOW_OUTWARD, true, quiet).max(open.from)
            } else {
                from
            };
            self.window = Some(Span { from, to: now, run: self.run });
            self.window_stretch = open.from;
        }
    }

    /// A stretch is over: it waits to be recognised as a whole, which makes its window needless.
    fn close(&mut self, open: Open, to: usize, cut: bool) {
        let to = to.min(self.sound.end());
        self.window = None;
        self.floor = to;
        if self.sound.speech_frames(open.from, to) < SPEECH_MIN {
            return;
        }
        let job = self.job(Span { from: open.from, to, run: self.run }, Kind::Whole { cut });
        self.waiting.push_back(job);
        if self.waiting.len() > WAITING_MAX
            && let Some(oldest) = self.waiting.pop_front()
        {
            self.drop_work();
            self.not_heard(&oldest);
        }
    }

    fn job(&self, span: Span, kind: Kind) -> Job {
        let from = span.from.max(span.to.saturating_sub(SAMPLES_MAX));
        Job {
            samples: self.sound.cut(from, span.to),
            covered: (self.sound.time(from), self.sound.time(span.to)),
            language: self.options.language,
            span: Span { from, ..span },
            kind,
        }
    }

    fn drop_work(&mut self) {
        self.dropped += 1;
        let now = self.framed;
        self.drops.push_back(now);
        self.drops.retain(|at| now.saturating_sub(*at) <= SLOW_SPAN);
        if self.drops.len() >= SLOW_WINDOWS && self.rest_until.is_none() {
            self.rest_until = Some(now + (SLOW_REST << self.rests.min(SLOW_DOUBLINGS)));
            self.rests += 1;
            self.drops.clear();
        }
    }

    /// A stretch of speech that nobody will know the words of.
    fn not_heard(&mut self, job: &Job) {
        let speech = self.speech_of(job);
        if job.span.run == self.run && speech < SPEECH_TOLD {
            return;
        }
        let (from, to) = job.covered;
        self.unheard.push(Hypothesis {
            from,
            to,
            slack: Slack::default(),
            covered: job.covered,
            text: String::new(),
            logprob: 0.0,
            heard: false,
            last: true,
        });
    }

    fn speech_of(&self, job: &Job) -> usize {
        if job.span.run == self.run {
            self.sound.speech_frames(job.span.from, job.span.to)
        } else {
            job.samples.len() / FRAME
        }
    }

    fn understand(&mut self, job: &Job, recognised: Recognised, all: &mut Vec<Hypothesis>) {
        let mut tokens = recognised.tokens;
        let looped = sentence::looped(&tokens);
        tokens.truncate(looped.unwrap_or(usize::MAX));
        let mean = sentence::mean(&tokens);
        let begin = job.span.from;
        let place = |at: Duration| begin + usize::try_from(at.ticks(RATE)).unwrap_or_default();
        let here = job.span.run == self.run;
        let sound = &self.sound;
        let mut sentences = sentence::split(&tokens, |from, to| {
            sound.pause(place(from), place(to), PAUSE_IN_TEXT).filter(|_| here)
        });
        let whole = matches!(job.kind, Kind::Whole { .. });
        if sentences.is_empty() {
            if whole {
                self.not_heard(job);
                all.append(&mut self.unheard);
            }
            return;
        }
        if job.kind == (Kind::Whole { cut: true }) && looped.is_none() {
            self.carry(job, &mut sentences, place);
        }
        let n = sentences.len();
        for (nth, sentence) in sentences.into_iter().enumerate() {
            let judged = if sentence.tokens < TOKENS_JUDGED { mean } else { sentence.logprob };
            let (from, to, slack) = self.bounds(job, &sentence, nth + 1 == n);
            all.push(Hypothesis {
                from,
                to,
                slack,
                covered: job.covered,
                text: sentence.text,
                logprob: sentence.logprob,
                heard: looped.is_none() && judged >= LOGPROB_MIN,
                last: whole,
            });
        }
    }

    /// A stretch was cut while somebody spoke on: the sentence at its end belongs to what follows, if that is still
    /// to be recognised.
    fn carry(
        &mut self,
        job: &Job,
        sentences: &mut Vec<Sentence>,
        place: impl Fn(Duration) -> usize,
    ) {
        let [.., before, tail] = sentences.as_slice() else { return };
        let Some(boundary) = before.to.map(&place) else { return };
        if tail.complete && tail.to.map(&place).is_some_and(|to| to + STEP / 3 < job.span.to) {
            return;
        }
        let follows = |from: usize, run: u64| run == job.span.run && from == job.span.to;
        if boundary < self.sound.base() || boundary + SAMPLES_MAX / 4 * 3 < job.span.to {
            return;
        }
        if let Some(open) = self.open.as_mut().filter(|open| follows(open.from, self.run)) {
            open.from = boundary;
            sentences.pop();
        } else if let Some(next) =
            self.waiting.iter_mut().find(|next| follows(next.span.from, next.span.run))
            && next.span.to - boundary < SAMPLES_MAX - RATE as usize
            && next.span.run == self.run
        {
            next.span.from = boundary;
            next.samples = self.sound.cut(boundary, next.span.to);
            next.covered.0 = self.sound.time(boundary);
            sentences.pop();
        }
    }

    /// Where a sentence lies: padded, then outward to quiet places.
    fn bounds(
        &mut self,
        job: &Job,
        sentence: &Sentence,
        newest: bool,
    ) -> (MediaTime, MediaTime, Slack) {
        let place =
            |at: Duration| job.span.from + usize::try_from(at.ticks(RATE)).unwrap_or_default();
        let end = sentence.to.map_or(job.span.to, place).min(job.span.to);
        let here = job.span.run == self.run;
        let begin = match (sentence.from.map(place), job.kind) {
            (Some(from), kind) => {
                if here && matches!(kind, Kind::Window { .. }) {
                    self.begins.push_back(from);
                }
                from.min(end)
            }
            // The window began in the middle of the stretch: the sentence began where an earlier one saw it begin.
            (None, Kind::Window { stretch }) if here && stretch < job.span.from => {
                let limit = job.span.from + PAD_BEFORE;
                let known =
                    self.begins.iter().copied().filter(|at| (stretch..=limit).contains(at)).max();
                known.unwrap_or(stretch).min(job.span.from)
            }
            (None, _) if here => self.sound.onset(job.span.from, end).unwrap_or(job.span.from),
            (None, _) => job.span.from,
        };
        let horizon = self.framed.saturating_sub(STALE * 2);
        self.begins.retain(|at| *at >= horizon);
        let (mut from, mut to) = (begin.saturating_sub(PAD_BEFORE), end + PAD_AFTER);
        if newest && matches!(job.kind, Kind::Window { .. }) {
            // Somebody may still be speaking it.
            to = to.max(job.span.to);
        }
        if here {
            let quiet = self.sound.quiet_db();
            from = self.sound.outward(from, OUTWARD_BEFORE, true, quiet);
            to = self.sound.outward(to, OUTWARD_AFTER, false, quiet);
        }
        let at = |position: usize| {
            let (first, ticks) = (job.covered.0, position as i64 - job.span.from as i64);
            first + Duration::from_ticks(ticks, RATE)
        };
        let slack = |samples: usize| Duration::from_ticks(samples as i64, RATE);
        (
            at(from),
            at(to),
            Slack { from: slack(begin - from.min(begin)), to: slack(to - end.min(to)) },
        )
    }
}

/// Samples that are looked at before more are taken.
const KEPT_STEP: usize = ms(200);
