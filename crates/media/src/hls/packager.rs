//! From frames on air to published parts.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use units::{AirTime, Duration, Timestamp};

use super::cut::{Cut, Cutter, Opening, Stats};
use super::note::{Note, Notes};
use super::playlist::{self, Variant};
use super::subtitles::{self, Cue, Cues};
use super::vod;
use super::window::{Init, Part, Segment, Snapshot, Window};
use super::{Config, Mark};
use crate::fmp4::{self, Fragment};
use crate::frame::{AirAudio, AirVideo, AudioConfig, VideoConfig};

/// Finished segments that wait to be recorded; above it the oldest is dropped and counted.
const MAX_FINISHED: usize = 16;

/// A complete segment for the recording.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Media sequence number.
    pub msn: u64,
    /// The parts; the file is their chain.
    pub bytes: Vec<Bytes>,
    /// The init segment it needs.
    pub init: Init,
    /// Where it starts in the program.
    pub start: AirTime,
    /// How much of the program it covers.
    pub duration: Duration,
    /// What is before it does not connect with it.
    pub discontinuity: bool,
    /// UTC of its start.
    pub program_date_time: Timestamp,
    /// What plays it.
    pub stream: vod::Stream,
    /// Its captions.
    pub captions: Option<Bytes>,
    /// Their language.
    pub language: Option<String>,
}

impl Finished {
    /// Its line in the index of the recording.
    #[must_use]
    pub fn entry(&self) -> vod::Entry {
        vod::Entry {
            msn: self.msn,
            init: self.init.number,
            air: self.start,
            duration: self.duration,
            discontinuity: self.discontinuity,
            at: self.program_date_time,
            bytes: self.bytes.iter().map(|part| part.len() as u64).sum(),
            gap: false,
            stream: Some(self.stream.clone()),
            captions: self.language.clone(),
        }
    }
}

/// An init segment that newer segments may use again.
#[derive(Debug)]
struct KnownInit {
    init: Init,
    video: Arc<VideoConfig>,
    audio: Option<Arc<AudioConfig>>,
}

/// Turns the program into HLS. One owner; readers hold the snapshots.
#[derive(Debug)]
pub struct Packager {
    config: Config,
    cutter: Cutter,
    window: Window,
    notes: Notes,
    cues: Cues,
    inits: Vec<KnownInit>,
    mark: Mark,
    /// The first segment of a later run does not connect with the last one of the run before.
    resumed: bool,
    epoch: Timestamp,
    next_epoch: Option<Timestamp>,
    fragments: u32,
    /// What the newest segment needs.
    stream: vod::Stream,
    variant: Variant,
    total_bytes: u64,
    total_span: Duration,
    finished: VecDeque<Finished>,
    ended: bool,
    snapshot: Arc<Snapshot>,
}

impl Packager {
    /// Starts with nothing published.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let epoch = config.epoch;
        let snapshot = Snapshot {
            epoch,
            advance_parts: advance_parts(config.part_target),
            ..Default::default()
        };
        Self {
            cutter: Cutter::new(&config),
            window: Window::default(),
            notes: Notes::default(),
            cues: Cues::default(),
            inits: Vec::new(),
            mark: config.resume.unwrap_or_default(),
            resumed: config.resume.is_some(),
            epoch,
            next_epoch: None,
            fragments: 0,
            stream: vod::Stream::default(),
            variant: Variant::default(),
            total_bytes: 0,
            total_span: Duration::ZERO,
            finished: VecDeque::new(),
            ended: false,
            snapshot: Arc::new(snapshot),
            config,
        }
    }

    /// Takes a picture. True when there is a new snapshot.
    pub fn push_video(&mut self, picture: AirVideo) -> bool {
        self.cutter.push_video(picture);
        self.advance()
    }

    /// Takes an access unit. True when there is a new snapshot.
    pub fn push_audio(&mut self, sound: AirAudio) -> bool {
        self.cutter.push_audio(sound);
        self.advance()
    }

    /// The program is over: publishes what waits and ends the playlist.
    pub fn finish(&mut self) {
        if self.ended {
            return;
        }
        self.cutter.end();
        self.advance();
        self.cutter.drop_rest();
        self.close_segment();
        self.ended = true;
        self.publish();
    }

    /// What is published now.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot)
    }

    /// The next finished segment for the recording, oldest first. At most 16 wait.
    pub fn finished(&mut self) -> Option<Finished> {
        self.finished.pop_front()
    }

    /// What the next run must go on from. Segments in progress count as published.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// UTC of AirTime 0 for the newest segment.
    #[must_use]
    pub fn epoch(&self) -> Timestamp {
        self.epoch
    }

    /// Ties the program to UTC anew, from the next discontinuity on: within a run of segments dates go on
    /// with the media.
    pub fn set_epoch(&mut self, epoch: Timestamp) {
        self.next_epoch = Some(epoch);
    }

    /// Adds a pin or a cut to the playlist, or its end when the id is known.
    pub fn note(&mut self, note: Note) {
        let epoch = self.epoch;
        self.notes.add(note, |air| date(epoch, air));
        self.publish();
    }

    /// Ends a note.
    pub fn end_note(&mut self, id: &str, at: AirTime) {
        let epoch = self.epoch;
        self.notes.end(id, at, |air| date(epoch, air));
        self.publish();
    }

    /// Ends the pin on screen without a new one.
    pub fn unpin(&mut self, at: AirTime) {
        let epoch = self.epoch;
        self.notes.end_pins(at, |air| date(epoch, air));
        self.publish();
    }

    /// Adds a caption; `false` when its whole time lies in segments that are closed.
    pub fn caption(&mut self, cue: Cue) -> bool {
        let open = self.window.open.as_ref().map(|open| open.start);
        let begins = open.or_else(|| self.window.end()).unwrap_or_default();
        let in_time = cue.end > begins && cue.start < cue.end;
        if in_time {
            self.cues.add(cue);
        }
        in_time
    }

    /// Takes back captions that touch an interval, as far as no file holds them yet.
    pub fn withdraw_captions(&mut self, from: AirTime, to: Option<AirTime>) {
        self.cues.withdraw(from, to);
    }

    /// What did not go by the rules.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.cutter.stats
    }

    fn advance(&mut self) -> bool {
        let mut changed = false;
        while let Some(cut) = self.cutter.next() {
            self.add(cut);
            changed = true;
        }
        if changed {
            self.publish();
        }
        changed
    }

    fn add(&mut self, cut: Cut) {
        if let Some(opening) = &cut.segment {
            self.close_segment();
            self.open_segment(opening, cut.start);
        }
        if self.window.open.is_none() {
            self.cutter.stats.unusable_parts += 1;
            return;
        }
        self.fragments = self.fragments.wrapping_add(1);
        let bytes = fmp4::fragment(Fragment {
            sequence: self.fragments,
            audio_timescale: self.config.audio_timescale,
            start: cut.start,
            video: &cut.video,
            audio: &cut.audio,
        });
        let independent =
            cut.video.first().is_some_and(|picture| picture.key && picture.air == cut.start);
        let part = Part { bytes, duration: cut.end - cut.start, independent };
        self.total_bytes += part.bytes.len() as u64;
        self.total_span += part.duration;
        self.window.add(part, cut.video.len() as u32);
        if cut.last {
            self.close_segment();
        }
    }

    fn open_segment(&mut self, opening: &Opening, start: AirTime) {
        let Some(init) = self.init_for(&opening.video, opening.audio.as_ref()) else { return };
        let discontinuity = opening.discontinuity || std::mem::take(&mut self.resumed);
        if discontinuity {
            self.mark.discontinuities += 1;
            self.epoch = self.next_epoch.take().unwrap_or(self.epoch);
        }
        self.stream = vod::Stream {
            codecs: codecs(&opening.video, opening.audio.as_deref()),
            width: opening.video.width,
            height: opening.video.height,
        };
        self.window.open = Some(Segment {
            msn: self.mark.next_msn,
            parts: Vec::new(),
            start,
            duration: Duration::ZERO,
            init,
            discontinuity,
            discontinuities: self.mark.discontinuities,
            date: date(self.epoch, start),
            captions: None,
            pictures: 0,
        });
        self.mark.next_msn += 1;
    }

    /// The number of the init segment for these configurations: one that is still kept, or a new one.
    fn init_for(
        &mut self,
        video: &Arc<VideoConfig>,
        audio: Option<&Arc<AudioConfig>>,
    ) -> Option<u32> {
        let fits = |known: &&KnownInit| known.video == *video && known.audio.as_ref() == audio;
        if let Some(known) = self.inits.iter().find(fits) {
            return Some(known.init.number);
        }
        let audio = audio.cloned();
        let bytes = fmp4::init(video, audio.as_deref(), self.config.audio_timescale).ok()?;
        let init = Init { number: self.mark.next_init, bytes };
        self.mark.next_init += 1;
        let number = init.number;
        self.inits.push(KnownInit { init, video: Arc::clone(video), audio });
        Some(number)
    }

    fn close_segment(&mut self) {
        let captions = self.config.captions.is_some().then_some(&mut self.cues);
        let Some(segment) = self.window.close(captions) else { return };
        let bits = segment.bytes() as u64 * 8;
        self.variant.peak = self.variant.peak.max(rate(bits, segment.duration));
        let measured = playlist::frame_rate(segment.pictures, segment.duration);
        self.variant.rate_milli = measured.or(self.variant.rate_milli);
        if self.config.record {
            self.hand_out(&segment);
        }
        self.window.evict(&self.config);
        let used =
            |init: &Init| self.window.segments.iter().any(|segment| segment.init == init.number);
        self.inits.retain(|known| used(&known.init));
    }

    fn hand_out(&mut self, segment: &Segment) {
        let Some(known) = self.inits.iter().find(|known| known.init.number == segment.init) else {
            return;
        };
        if self.finished.len() >= MAX_FINISHED {
            self.finished.pop_front();
            self.cutter.stats.unrecorded_segments += 1;
        }
        self.finished.push_back(Finished {
            msn: segment.msn,
            bytes: segment.parts.iter().map(|part| part.bytes.clone()).collect(),
            init: known.init.clone(),
            start: segment.start,
            duration: segment.duration,
            discontinuity: segment.discontinuity,
            program_date_time: segment.date,
            stream: self.stream.clone(),
            captions: segment.captions.clone(),
            language: self.config.captions.as_ref().map(|captions| captions.language.clone()),
        });
    }

    /// Publishes a new snapshot.
    fn publish(&mut self) {
        let mut snapshot = Snapshot {
            version: self.snapshot.version + 1,
            ended: self.ended,
            epoch: self.epoch,
            playlist: None,
            multivariant: self.snapshot.multivariant.clone(),
            captions: None,
            segments: self.window.segments.iter().cloned().collect(),
            open: self.window.open.clone().map(Arc::new),
            inits: self.inits.iter().map(|known| known.init.clone()).collect(),
            advance_parts: self.snapshot.advance_parts,
        };
        debug_assert!(immutable(&self.snapshot, &snapshot), "H-2: a published part never changes");
        if snapshot.latest().is_some() {
            let first = self.window.first_listed(&self.config);
            if let Some(oldest) = self.window.segments.get(first) {
                self.notes.forget_before(oldest.start);
            }
            let text = playlist::live(&snapshot, first, &self.notes, &self.config);
            snapshot.playlist = Some(text.into());
            if self.config.captions.is_some() && !snapshot.segments.is_empty() {
                let same = self.snapshot.segments.last().map(|segment| segment.msn)
                    == snapshot.segments.last().map(|segment| segment.msn);
                // The captions' playlist changes with each segment, not with each part.
                snapshot.captions = match &self.snapshot.captions {
                    Some(known) if same && !self.ended => Some(known.clone()),
                    _ => Some(subtitles::live(&snapshot, first).into()),
                };
            }
            snapshot.multivariant = Some(self.multivariant());
        }
        self.snapshot = Arc::new(snapshot);
    }

    fn multivariant(&mut self) -> Bytes {
        let average = rate(self.total_bytes * 8, self.total_span);
        let (peak, rate_milli) = (self.variant.peak.max(average), self.variant.rate_milli);
        let stream = &self.stream;
        let variant = Variant {
            peak,
            average,
            codecs: stream.codecs.clone(),
            width: stream.width,
            height: stream.height,
            rate_milli,
        };
        playlist::multivariant(&variant, self.config.captions.as_ref(), &playlist::LIVE).into()
    }
}

/// Parts beyond the newest that a request may ask for (RFC 8216bis §6.2.5.2, Advance Part Limit).
fn advance_parts(part_target: Duration) -> u32 {
    let ms = part_target.ms().max(1).unsigned_abs();
    if ms >= 1000 { 3 } else { u32::try_from(3000_u64.div_ceil(ms)).unwrap_or(3) }
}

fn date(epoch: Timestamp, air: AirTime) -> Timestamp {
    Timestamp(epoch.0.saturating_add(air.since_start().micros()))
}

fn rate(bits: u64, span: Duration) -> u64 {
    let micros = span.micros().max(1).unsigned_abs();
    u64::try_from(u128::from(bits) * 1_000_000 / u128::from(micros)).unwrap_or(u64::MAX)
}

/// RFC 6381 names of both tracks.
fn codecs(video: &VideoConfig, audio: Option<&AudioConfig>) -> String {
    match audio {
        None => video.codec.clone(),
        Some(audio) => {
            let object_type = audio.asc.first().map_or(2, |byte| byte >> 3);
            format!("{},mp4a.40.{object_type}", video.codec)
        }
    }
}

/// Every part that both snapshots hold is the same.
fn immutable(old: &Snapshot, new: &Snapshot) -> bool {
    let all = |snapshot: &Snapshot| {
        snapshot.segments.iter().chain(&snapshot.open).cloned().collect::<Vec<_>>()
    };
    let (old, new) = (all(old), all(new));
    old.iter().all(|before| {
        let Some(after) = new.iter().find(|after| after.msn == before.msn) else { return true };
        before.parts.len() <= after.parts.len()
            && before
                .parts
                .iter()
                .zip(&after.parts)
                .all(|(a, b)| a.bytes.as_ptr() == b.bytes.as_ptr())
    })
}
