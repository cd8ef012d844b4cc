//! A program on air, with its packager and with what the log has been told of its actions.

use std::collections::HashMap;

use media::frame::AirAudio;
use media::hls::{Config, Note, NoteKind, Packager};
use media::program::{Applied, Kind, OnAirChange, OnAudio, OnVideo, Program, Status, Why};
use show::desk::{self, ActionKind, Fact, Source};
use units::{ActionId, AirTime, Duration, MediaTime, Timestamp};

use super::Deps;
use super::captions::Captions;

/// An estimate of when an action airs is told again when it is off by more.
const MOVED: Duration = Duration::from_ms(100);

/// What the log knows of an action.
pub(super) struct Told {
    pub(super) kind: ActionKind,
    pub(super) from_air: Option<AirTime>,
    pub(super) to: Option<MediaTime>,
}

/// What runs once the show is live.
pub(super) struct Live {
    pub(super) program: Program,
    pub(super) packager: Option<Packager>,
    pub(super) resume: Option<media::hls::Mark>,
    pub(super) started: Timestamp,
    pub(super) told: HashMap<ActionId, Told>,
    pub(super) sound: Option<String>,
    pub(super) captions: Captions,
}

impl Live {
    /// The packager, which begins with the first thing that airs.
    pub(super) fn packager(
        &mut self,
        deps: &Deps,
        first: AirTime,
        now: Timestamp,
    ) -> &mut Packager {
        let (program, resume) = (&self.program, &mut self.resume);
        self.packager.get_or_insert_with(|| {
            let air_now = program.air_now(now).unwrap_or(first);
            let epoch = now - air_now.since_start();
            let rate = program.mark().map_or(48_000, |mark| mark.sound.sample_rate);
            Packager::new(Config {
                resume: resume.take(),
                record: deps.record.program,
                captions: self.captions.rendition(),
                ..Config::live(epoch, rate)
            })
        })
    }

    /// The program took or moved an action.
    pub(super) fn applied(&mut self, action: &Applied) {
        self.told.insert(action.id, told(action));
        // Words that are stopped now must not be read either.
        if let (Some(packager), Some(from)) = (&mut self.packager, action.from_air)
            && action.kind != Kind::Resume
        {
            packager.withdraw_captions(from, to_air(action));
        }
    }

    /// Hands the packager the captions of what airs next.
    pub(super) fn caption(&mut self, status: &Status) {
        let Some(packager) = &mut self.packager else { return };
        let program = &self.program;
        for cue in self.captions.due(status, |moment| program.air_of(moment)) {
            packager.caption(cue);
        }
    }

    /// Writes into the playlist that a part was stopped, when viewers notice it.
    pub(super) fn note_cut(&mut self, id: ActionId, air: AirTime, end: Option<AirTime>) -> bool {
        let how = match self.told.get(&id).map(|told| told.kind) {
            Some(ActionKind::Mute) => "mute",
            Some(ActionKind::Cover) => "cover",
            Some(ActionKind::Cut | ActionKind::Dump | ActionKind::Panic) => "cut",
            _ => return false,
        };
        let Some(packager) = &mut self.packager else { return false };
        packager.note(Note {
            id: id.to_string(),
            start: air,
            end,
            kind: NoteKind::Cut { how: how.to_owned() },
        });
        true
    }

    /// The fact that an action's place on the program is another than was told.
    pub(super) fn moved(&mut self, action: &Applied) -> Option<Fact> {
        let told = self.told.entry(action.id).or_insert_with(|| self::told(action));
        let near = |a: Option<AirTime>, b: Option<AirTime>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < MOVED,
            (a, b) => a == b,
        };
        if near(told.from_air, action.from_air) && told.to == action.to {
            return None;
        }
        (told.from_air, told.to) = (action.from_air, action.to);
        Some(Fact::ActionMoved {
            id: action.id,
            from_air: action.from_air,
            to_air: to_air(action),
            to_media: action.to,
            from_media: None,
        })
    }
}

fn told(action: &Applied) -> Told {
    Told { kind: kind(action.kind), from_air: action.from_air, to: action.to }
}

/// Where on the program an action ends, as far as is known.
pub(crate) fn to_air(action: &Applied) -> Option<AirTime> {
    let lasts = action.ends_at? - action.airs_at;
    action.from_air.map(|from| from + lasts)
}

/// The domain's word for what the program did.
pub(crate) fn kind(kind: Kind) -> ActionKind {
    match kind {
        Kind::Mute => ActionKind::Mute,
        Kind::Cover => ActionKind::Cover,
        Kind::Cut => ActionKind::Cut,
        Kind::HandOver => ActionKind::HandOver,
        Kind::Dump => ActionKind::Dump,
        Kind::Panic => ActionKind::Panic,
        Kind::Resume => ActionKind::Resume,
    }
}

pub(super) fn on_air(change: &OnAirChange) -> desk::OnAir {
    let video = match change.video {
        OnVideo::Host => Source::Host,
        OnVideo::Standby => Source::Standby,
        OnVideo::Slate => Source::Slate,
    };
    let audio = match change.audio {
        OnAudio::Host => Source::Host,
        OnAudio::Standby => Source::Standby,
        OnAudio::Silence => Source::Silence,
    };
    desk::OnAir { video, audio, air: change.air, why: None }
}

/// The program's sound as the mark keeps it: its AudioSpecificConfig in hex.
pub(super) fn sound_text(sound: &AirAudio) -> String {
    crate::secrets::hex(&sound.config.asc)
}

/// In one word why something else than the host is on air.
pub(crate) fn why_word(why: &Why) -> String {
    serde_json::to_value(why)
        .ok()
        .and_then(|value| value.get("code")?.as_str().map(str::to_owned))
        .unwrap_or_default()
}
