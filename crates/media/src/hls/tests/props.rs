//! Properties of the packager over programs that are as uneven as the contract of its input allows.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use proptest::prelude::*;
use units::{AirTime, Duration};

use super::source::{Source, audio_config, video_config};
use super::{EPOCH, text};
use crate::fmp4::tests::read;
use crate::fmp4::{AUDIO_TRACK, VIDEO_TRACK};
use crate::frame::AirAudio;
use crate::hls::{Config, Mark, Packager, Segment, Snapshot, TARGET_DURATION};

/// One picture of a made-up program.
#[derive(Clone, Debug)]
struct Step {
    duration: Duration,
    key: bool,
    splice: Option<Splice>,
    /// Rates that the sound goes through during the picture, one access unit each.
    rates: Vec<u32>,
    /// The sound up to here comes this many pictures later.
    lag: usize,
}

#[derive(Clone, Copy, Debug)]
struct Splice {
    size: u16,
    rate: u32,
}

fn step() -> impl Strategy<Value = Step> {
    let ms = prop_oneof![20 => 16_i64..50, 3 => 50_i64..400, 1 => 400_i64..1700];
    let rate = || prop::sample::select(vec![44_100_u32, 48_000]);
    let splice = (prop::sample::select(vec![360_u16, 720]), rate());
    let splice = prop::option::weighted(0.02, splice);
    let rates = prop_oneof![40 => Just(vec![]), 1 => prop::collection::vec(rate(), 1..5)];
    (ms, 0_i64..7000, prop::bool::weighted(0.04), splice, rates, 0_usize..4).prop_map(
        |(ms, flicks, key, splice, rates, lag)| Step {
            duration: Duration::from_ms(ms) + Duration(flicks),
            key: key || splice.is_some(),
            splice: splice.map(|(size, rate)| Splice { size, rate }),
            rates,
            lag,
        },
    )
}

/// All that a careful viewer of every snapshot remembers.
#[derive(Default)]
struct Viewer {
    parts: BTreeMap<(u64, usize), (Bytes, Duration)>,
    inits: HashMap<u32, Bytes>,
    first: u64,
    latest: Option<(u64, u32)>,
    discontinuities: HashMap<u64, u64>,
}

impl Viewer {
    fn look(&mut self, snapshot: &Snapshot, config: &Config) {
        let Some(latest) = snapshot.latest() else { return };
        assert!(Some(latest) >= self.latest, "H-1: the newest part goes on");
        self.latest = Some(latest);
        for init in &snapshot.inits {
            let known = self.inits.entry(init.number).or_insert_with(|| init.bytes.clone());
            assert_eq!(*known, init.bytes, "an init never changes");
        }
        let all: Vec<&Segment> =
            snapshot.segments.iter().chain(&snapshot.open).map(|segment| &**segment).collect();
        for pair in all.windows(2) {
            assert_eq!(pair[0].msn + 1, pair[1].msn, "H-1: no segment is skipped");
        }
        for segment in &all {
            assert!(snapshot.init(segment.init).is_some(), "the init of a kept segment is kept");
            assert!(segment.duration <= TARGET_DURATION);
            let sum = segment.parts.iter().fold(Duration::ZERO, |sum, part| sum + part.duration);
            assert_eq!(sum, segment.duration, "a segment is its parts");
            for (i, part) in segment.parts.iter().enumerate() {
                assert!(part.duration > Duration::ZERO && part.duration <= config.part_target);
                let entry = (part.bytes.clone(), part.duration);
                let known = self.parts.entry((segment.msn, i)).or_insert_with(|| entry.clone());
                assert_eq!(*known, entry, "H-2: a published part never changes");
            }
        }
        self.read(&text(snapshot.playlist()));
    }

    /// Reads the playlist as a player does and checks its arithmetic against every earlier one.
    fn read(&mut self, playlist: &str) {
        let (mut msn, mut discontinuities, mut pending, mut mapped) = (0, 0, false, false);
        for line in playlist.lines() {
            if let Some(value) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
                msn = value.parse().expect("a number");
                assert!(msn >= self.first, "H-1: media sequence never goes back");
                self.first = msn;
            } else if let Some(value) = line.strip_prefix("#EXT-X-DISCONTINUITY-SEQUENCE:") {
                discontinuities = value.parse().expect("a number");
            } else if line == "#EXT-X-DISCONTINUITY" {
                discontinuities += 1;
                pending = true;
            } else if line.starts_with("#EXT-X-MAP") {
                (mapped, pending) = (true, false);
            } else if line.starts_with("#EXT-X-PART:") || line.starts_with("#EXTINF") {
                assert!(mapped && !pending, "media stands behind its init\n{playlist}");
            } else if line.starts_with("seg-") {
                assert_eq!(line, format!("seg-{msn}.m4s"));
                let known = *self.discontinuities.entry(msn).or_insert(discontinuities);
                assert_eq!(known, discontinuities, "discontinuity number of segment {msn}");
                msn += 1;
            }
        }
    }
}

struct Run {
    viewer: Viewer,
    mark: Mark,
    pictures: usize,
    sounds: usize,
    span: Duration,
}

fn run(steps: &[Step], config: &Config, from: AirTime) -> Run {
    let mut packager = Packager::new(config.clone());
    let mut source = Source::new();
    (source.at, source.sound_at) = (from, from);
    let mut viewer = Viewer::default();
    let mut late: Vec<(usize, AirAudio)> = Vec::new();
    let mut sounds = 0;
    for (n, step) in steps.iter().enumerate() {
        if let Some(splice) = step.splice {
            source.video = video_config(splice.size * 16 / 9, splice.size);
            source.audio = audio_config(splice.rate, 2);
        }
        let mut picture = source.picture(step.duration, step.key || n == 0);
        picture.discontinuity = step.splice.is_some();
        packager.push_video(picture);
        viewer.look(&packager.snapshot(), config);
        let mut played = Vec::new();
        for &rate in &step.rates {
            source.audio = audio_config(rate, 2);
            played.extend(source.sounds(source.at.min(source.sound_at + Duration(1))));
        }
        played.extend(source.sounds(source.at));
        for sound in played {
            let due = late.last().map_or(0, |(due, _)| *due).max(n + step.lag);
            late.push((due, sound));
            sounds += 1;
        }
        while late.first().is_some_and(|(due, _)| *due <= n) {
            packager.push_audio(late.remove(0).1);
            viewer.look(&packager.snapshot(), config);
        }
    }
    for (_, sound) in late {
        packager.push_audio(sound);
    }
    packager.finish();
    viewer.look(&packager.snapshot(), config);
    let stats = packager.stats();
    let lost = (stats.backward_pictures, stats.backward_sounds, stats.crowded_sounds);
    assert_eq!((lost, stats.unusable_parts), ((0, 0, 0), 0));
    Run { viewer, mark: packager.mark(), pictures: steps.len(), sounds, span: source.at - from }
}

/// Decode times of each track go on without a hole, and every frame is there once.
fn check_media(run: &Run) {
    let mut next: HashMap<u32, u64> = HashMap::new();
    let (mut pictures, mut sounds, mut span) = (0, 0, Duration::ZERO);
    let mut unit: Option<(u64, u32)> = None;
    for ((msn, _), (bytes, duration)) in &run.viewer.parts {
        span += *duration;
        let (moof, _) = read(bytes);
        for traf in moof.traf {
            let at = traf.tfdt.expect("tfdt").base_media_decode_time;
            let samples: Vec<_> = traf.trun[0].samples.iter().collect();
            let length: u64 = samples.iter().map(|s| u64::from(s.duration.unwrap_or(0))).sum();
            let count = match traf.tfhd.track_id {
                VIDEO_TRACK => &mut pictures,
                _ => &mut sounds,
            };
            *count += samples.len();
            if traf.tfhd.track_id == AUDIO_TRACK {
                for length in samples.iter().filter_map(|sample| sample.duration) {
                    let (_, before) = unit.filter(|(at, _)| at == msn).unwrap_or((*msn, length));
                    assert!(before.abs_diff(length) <= 1, "segment {msn} changes its sound");
                    unit = Some((*msn, length));
                }
            }
            if samples.is_empty() {
                continue;
            }
            if let Some(next) = next.insert(traf.tfhd.track_id, at + length) {
                assert_eq!(next, at, "track {} goes on", traf.tfhd.track_id);
            }
        }
    }
    assert!(next.contains_key(&AUDIO_TRACK));
    assert_eq!(span, run.span, "the parts cover the program");
    assert_eq!(pictures, run.pictures);
    assert_eq!(sounds, run.sounds);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_snapshot_goes_on_from_the_one_before(
        steps in prop::collection::vec(step(), 30..400),
        part_ms in prop::sample::select(vec![200_i64, 333, 500, 1000]),
    ) {
        let mut config = Config::live(EPOCH, 48_000);
        config.part_target = Duration::from_ms(part_ms);
        config.listed = Duration::from_s(18);
        config.kept = Duration::from_s(100_000);
        check_media(&run(&steps, &config, AirTime::ZERO));
    }

    /// H-1 across restarts: what the second run publishes has other names than anything of the first.
    #[test]
    fn a_restart_repeats_no_name(
        first in prop::collection::vec(step(), 10..120),
        second in prop::collection::vec(step(), 10..120),
        cut in 0_usize..10,
    ) {
        let config = Config { kept: Duration::from_s(100_000), ..Config::live(EPOCH, 48_000) };
        let first = &first[..first.len() - cut];
        let before = run(first, &config, AirTime::ZERO);
        let resumed = Config { resume: Some(before.mark), ..config };
        let after = run(&second, &resumed, AirTime::ZERO + before.span);
        let last = before.viewer.parts.keys().last().map(|key| key.0);
        let next = after.viewer.parts.keys().next().map(|key| key.0);
        prop_assert!(next > last);
        prop_assert!(after.viewer.inits.keys().min() > before.viewer.inits.keys().max());
        let last = before.viewer.discontinuities.values().max();
        let next = after.viewer.discontinuities.values().min();
        prop_assert!(next > last, "the restart itself is a discontinuity");
    }

    /// The window evicts without ever losing what it lists.
    #[test]
    fn what_is_listed_is_there(
        steps in prop::collection::vec(step(), 100..600),
        listed_s in 18_i64..31,
        kept_s in 0_i64..5,
    ) {
        let mut config = Config::live(EPOCH, 48_000);
        config.listed = Duration::from_s(listed_s);
        config.kept = Duration::from_s(kept_s);
        let mut packager = Packager::new(config.clone());
        let mut source = Source::new();
        let mut viewer = Viewer::default();
        for step in steps {
            let mut picture = source.picture(step.duration, step.key);
            picture.discontinuity = step.splice.is_some();
            for sound in source.sounds(source.at) {
                packager.push_audio(sound);
            }
            if !packager.push_video(picture) {
                continue;
            }
            let snapshot = packager.snapshot();
            viewer.look(&snapshot, &config);
            for line in text(snapshot.playlist()).lines() {
                if let Some(msn) = line.strip_prefix("seg-").and_then(|l| l.strip_suffix(".m4s")) {
                    let msn = msn.parse().expect("a number");
                    prop_assert!(matches!(snapshot.segment(msn), crate::hls::Lookup::Found(_)));
                }
            }
        }
    }
}
