//! What leaves the program: one gapless track of pictures, one gapless track of sound, and the clock that both follow.
//!
//! A picture is held until the next one fixes its duration, so a splice stretches or cuts short whatever is before it.
//! Sound is a row of access units without a hole: a source's units are put at the nearest place in the row, holes are
//! filled with silence, and units that overlap what has aired are left out. The error is never more than half a unit
//! and does not add up.

use std::collections::VecDeque;
use std::sync::Arc;

use units::{ActionId, AirTime, Duration, Timestamp};

use super::action::{OnAirChange, OnAudio, OnVideo, Output};
use super::slate::Slate;
use crate::codec::aac;
use crate::frame::{AirAudio, AirVideo, AudioConfig, VideoConfig};

/// The shortest picture.
pub(crate) const SHORTEST_PICTURE: Duration = Duration::from_ms(1);
/// The slate stays this far behind, so that a splice leaves no sliver of it and a key frame that is just due finds its place.
const SLIVER: Duration = Duration::from_ms(10);
/// The longest picture that airs whole before the slate, though the splice comes sooner.
const WHOLE: Duration = Duration::from_ms(100);
/// What a picture is expected to last at least and at most, when its successor is not known.
const USUAL: (Duration, Duration) = (Duration::from_ms(5), Duration::from_s(1));

/// The end of the chain: what is put here airs.
pub(crate) struct Air {
    out: VecDeque<Output>,
    /// When AirTime zero was; `None` before the first air.
    epoch: Option<Timestamp>,
    video: OnVideo,
    audio: OnAudio,
    /// Where the last change was, and what was on before it.
    changed: (AirTime, OnVideo, OnAudio),
    held: Option<AirVideo>,
    /// The earliest moment at which another picture can begin.
    free: AirTime,
    /// Where the last picture is expected to end.
    picture_end: AirTime,
    usual: Duration,
    config: Option<Arc<VideoConfig>>,
    reel: Option<Reel>,
    sound_end: AirTime,
    sound: Arc<AudioConfig>,
}

/// The slate while it runs.
struct Reel {
    slate: Slate,
    next: AirTime,
    index: usize,
}

impl Air {
    pub(crate) fn new(sound: Arc<AudioConfig>) -> Self {
        Self {
            out: VecDeque::new(),
            epoch: None,
            video: OnVideo::Slate,
            audio: OnAudio::Silence,
            changed: (AirTime::ZERO, OnVideo::Slate, OnAudio::Silence),
            held: None,
            free: AirTime::ZERO,
            picture_end: AirTime::ZERO,
            usual: USUAL.0,
            config: None,
            reel: None,
            sound_end: AirTime::ZERO,
            sound,
        }
    }

    /// Goes on air: `air` airs at `at`, with this sound.
    pub(crate) fn begin(&mut self, air: AirTime, at: Timestamp, sound: Arc<AudioConfig>) {
        self.epoch = Some(at - air.since_start());
        (self.free, self.picture_end, self.sound_end) = (air, air, air);
        self.sound = sound;
    }

    pub(crate) fn is_on(&self) -> bool {
        self.epoch.is_some()
    }

    /// Ties the clock to a source's.
    pub(crate) fn follow(&mut self, epoch: Timestamp) {
        self.epoch = Some(epoch);
    }

    /// What airs at a moment.
    pub(crate) fn at(&self, now: Timestamp) -> Option<AirTime> {
        self.epoch.map(|epoch| AirTime::from_start(now - epoch))
    }

    /// When a moment of the program airs; the start of time before the first air.
    pub(crate) fn wall(&self, air: AirTime) -> Timestamp {
        self.epoch.unwrap_or_default() + air.since_start()
    }

    pub(crate) fn on(&self) -> (OnVideo, OnAudio) {
        (self.video, self.audio)
    }

    pub(crate) fn free(&self) -> AirTime {
        self.free
    }

    pub(crate) fn picture_end(&self) -> AirTime {
        self.picture_end
    }

    pub(crate) fn sound_end(&self) -> AirTime {
        self.sound_end
    }

    pub(crate) fn usual(&self) -> Duration {
        self.usual
    }

    pub(crate) fn sound(&self) -> &Arc<AudioConfig> {
        &self.sound
    }

    pub(crate) fn push(&mut self, output: Output) {
        self.out.push_back(output);
    }

    pub(crate) fn pop(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Says what is on from `air` on, if that is new. The two tracks change within an access unit of each other; what is
    /// said never goes back.
    pub(crate) fn announce(
        &mut self,
        air: AirTime,
        video: Option<OnVideo>,
        audio: Option<OnAudio>,
        action: Option<ActionId>,
    ) {
        let (video, audio) = (video.unwrap_or(self.video), audio.unwrap_or(self.audio));
        if (video, audio) == (self.video, self.audio) {
            return;
        }
        let air = air.max(self.changed.0);
        if matches!(self.out.back(), Some(Output::OnAir(last)) if last.air == air) {
            self.out.pop_back();
            (_, self.video, self.audio) = self.changed;
        }
        self.changed = (air, self.video, self.audio);
        if (video, audio) != (self.video, self.audio) {
            (self.video, self.audio) = (video, audio);
            let at = self.wall(air);
            self.push(Output::OnAir(OnAirChange { air, at, video, audio, action }));
        }
    }

    /// Whether a picture of this configuration goes on from the last one.
    pub(crate) fn decodes_with(&self, config: &Arc<VideoConfig>) -> bool {
        self.config.as_ref().is_some_and(|last| Arc::ptr_eq(last, config) || last == config)
    }

    /// Puts a picture of a source on air at `picture.air`, or as soon as the one before it allows. `shown` is when it is presented.
    pub(crate) fn put_picture(&mut self, mut picture: AirVideo, shown: AirTime) {
        self.fill_pictures(picture.air);
        self.reel = None;
        picture.air = picture.air.max(self.free);
        picture.cts = shown - picture.air;
        self.hold(picture);
    }

    fn hold(&mut self, picture: AirVideo) {
        self.let_go(picture.air);
        self.free = picture.air + SHORTEST_PICTURE;
        self.picture_end = picture.air + self.usual;
        self.config = Some(picture.config.clone());
        self.held = Some(picture);
    }

    /// Airs the held picture until `end`, which must not lie before it.
    pub(crate) fn let_go(&mut self, end: AirTime) {
        let Some(mut held) = self.held.take() else { return };
        held.duration = end - held.air;
        self.usual = held.duration.clamp(USUAL.0, USUAL.1);
        (self.free, self.picture_end) = (end, end);
        self.out.push_back(Output::Video(held));
    }

    /// Airs the held picture until the one that is known to follow, which is far away.
    pub(crate) fn let_go_early(&mut self, end: AirTime) {
        let usual = self.usual;
        self.let_go(end.max(self.free));
        self.usual = usual;
    }

    /// The slate begins at `air`, or as soon as the picture before it allows: that one airs whole, because players
    /// that count in frames stumble over a shorter one.
    pub(crate) fn start_slate(&mut self, slate: &Slate, air: AirTime) -> AirTime {
        let whole = self.held.as_ref().map(|held| held.air + self.usual.min(WHOLE));
        let next = air.max(whole.unwrap_or(self.free)).max(self.free);
        self.reel = Some(Reel { slate: slate.clone(), next, index: 0 });
        next
    }

    /// Airs the pictures of the slate that begin clearly before `until`.
    pub(crate) fn fill_pictures(&mut self, until: AirTime) {
        while let Some(reel) = &mut self.reel
            && reel.next + SLIVER <= until
        {
            let picture = reel.slate.picture(reel.index);
            let frame = &picture.frame;
            let next = AirVideo {
                air: reel.next,
                duration: picture.duration,
                cts: picture.cts,
                key: frame.key,
                data: frame.data.clone(),
                config: frame.config.clone(),
                discontinuity: reel.index == 0,
            };
            reel.next += picture.duration;
            reel.index += 1;
            self.hold(next);
        }
    }

    /// Where the slate's next picture would end, once one is on.
    pub(crate) fn slate_picture_end(&self) -> Option<AirTime> {
        let reel = self.reel.as_ref().filter(|reel| reel.index > 0)?;
        Some(reel.next + reel.slate.picture(reel.index).duration)
    }

    /// When the next picture of the slate airs.
    pub(crate) fn next_slate(&self) -> Option<AirTime> {
        self.reel.as_ref().map(|reel| reel.next + SLIVER)
    }

    /// Airs silence that begins up to `until`.
    pub(crate) fn fill_sound(&mut self, until: AirTime) {
        while self.sound_end <= until {
            self.put_silence();
        }
    }

    /// Puts a source's access unit at the nearest place and says which; `None` when that has aired already.
    /// No data is silence.
    pub(crate) fn put_sound(
        &mut self,
        air: AirTime,
        data: Option<bytes::Bytes>,
        config: &Arc<AudioConfig>,
    ) -> Option<AirTime> {
        let half = Duration(config.frame_duration().0 / 2);
        if air < self.sound_end - half {
            return None;
        }
        if *config != self.sound {
            self.sound = config.clone();
        }
        while air >= self.sound_end + half {
            self.put_silence();
        }
        let start = self.sound_end;
        match data {
            Some(data) => self.put_unit(data),
            None => self.put_silence(),
        }
        Some(start)
    }

    fn put_silence(&mut self) {
        self.put_unit(aac::silence(self.sound.channels));
    }

    fn put_unit(&mut self, data: bytes::Bytes) {
        let (air, duration) = (self.sound_end, self.sound.frame_duration());
        self.sound_end += duration;
        let config = self.sound.clone();
        self.out.push_back(Output::Audio(AirAudio { air, duration, data, config }));
    }

    /// Airs the held picture; nothing follows.
    pub(crate) fn finish(&mut self) {
        self.let_go(self.picture_end);
        self.reel = None;
    }
}
