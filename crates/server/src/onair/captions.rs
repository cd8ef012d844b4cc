//! Captions on their way to air: words wait here until just before their picture, and go on unless they are stopped.

use std::collections::VecDeque;

use listen::captions::cues;
use media::hls::{self, Cue};
use media::program::{Kind, Status};
use units::{ActionId, AirTime, Duration, MediaTime};

use super::Caption;

/// Captions that wait; a minute of delay holds far fewer.
const WAITING_MAX: usize = 128;
/// Stops that are remembered; a program holds no more in force.
const STOPS_MAX: usize = 512;
/// How long before it airs a caption is handed on. Until then any action still takes it away.
const AHEAD: Duration = Duration::from_ms(1500);
/// The names that players list.
const NAMES: [(&str, &str); 3] = [("zh", "中文"), ("ru", "Русский"), ("en", "English")];

/// A program's captions.
pub(super) struct Captions {
    language: Option<String>,
    waiting: Vec<Caption>,
    /// What was stopped lately, also when it is over: words may come late.
    stops: VecDeque<Stop>,
}

/// An interval that does not air.
struct Stop {
    action: ActionId,
    from: MediaTime,
    to: Option<MediaTime>,
}

impl Captions {
    pub(super) fn new(language: Option<String>) -> Self {
        Self { language, waiting: Vec::new(), stops: VecDeque::new() }
    }

    /// What the playlist says of them.
    pub(super) fn rendition(&self) -> Option<hls::Captions> {
        let language = self.language.clone()?;
        let known = NAMES.iter().find(|(code, _)| language.starts_with(code));
        let name = known.map_or_else(|| language.clone(), |(_, name)| (*name).to_owned());
        Some(hls::Captions { language, name })
    }

    /// What waits in the delay was thrown away, and its words with it.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    pub(super) fn add(&mut self, caption: Caption) {
        if self.language.is_none() {
            return;
        }
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.remove(0);
        }
        self.waiting.push(caption);
    }

    /// Captions that air next and are not stopped. A sentence of which a part is stopped has none.
    pub(super) fn due(
        &mut self,
        status: &Status,
        air_of: impl Fn(MediaTime) -> Option<AirTime>,
    ) -> Vec<Cue> {
        if status.held {
            self.waiting.clear();
        }
        // Before the first air nothing has a place on it.
        if air_of(status.air_point).is_none() {
            return Vec::new();
        }
        let horizon = status.air_point + AHEAD;
        let due: Vec<Caption> =
            self.waiting.extract_if(.., |caption| caption.sentence.from <= horizon).collect();
        self.note_stops(status);
        let stopped = |caption: &Caption| {
            let touches = |stop: &Stop| {
                stop.from < caption.sentence.to
                    && stop.to.is_none_or(|to| caption.sentence.from < to)
            };
            self.stops.iter().any(touches)
        };
        let cues = |caption: Caption| {
            let Caption { sentence, language } = caption;
            let made = cues(&sentence, language, |at| air_of(at).unwrap_or_default());
            made.into_iter().map(|cue| Cue {
                start: cue.from,
                end: cue.to,
                text: cue.lines.join("\n"),
            })
        };
        let due = due.into_iter().filter(|caption| !stopped(caption));
        due.flat_map(cues).collect()
    }

    fn note_stops(&mut self, status: &Status) {
        let live = |id| status.actions.iter().any(|action| action.id == id);
        // What is no longer in force and had not come to its end was taken back.
        let over = |stop: &Stop| stop.to.is_some_and(|to| to <= status.air_point);
        self.stops.retain(|stop| !live(stop.action) && over(stop));
        for action in status.actions.iter().filter(|action| action.kind != Kind::Resume) {
            if self.stops.len() >= STOPS_MAX {
                self.stops.pop_front();
            }
            let (action, from, to) = (action.id, action.from, action.to);
            self.stops.push_back(Stop { action, from, to });
        }
    }
}
