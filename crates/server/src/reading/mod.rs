//! Reading the room of a live show: a thread of its own labels what viewers write and counts what they take back, and tells
//! the show's owner when the room turns.
//!
//! Messages wait in a bounded queue; in a flood that outruns it some are lost, whatever they say, so shares stay unbiased. A
//! reader that panics or hangs is replaced and said to be out, and chat goes on. Texts stay in memory, the few that show a
//! turn; the log has counts and ids.

mod reader;
mod shown;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use listen::Language;
use show::Status;
use show::sentinel::room::{Channel, Counts, Prior};
use show::sentinel::{Learnt, ROOM_RULE, Response, Sentinel};
use units::{MessageId, Timestamp, ViewerId};

pub use self::reader::hits;
use self::reader::{RoomReader, Teller};
pub(crate) use self::shown::{Now, Shown, State};
use crate::app::App;
use crate::clock;
use crate::shows::ShowHandle;
use crate::watch::Watch;

/// Earlier shows of a host that say what is usual.
pub(crate) const PRIOR_SHOWS: usize = 20;
/// Hours of the day to both sides that count as the same hour.
const SAME_HOUR: i64 = 2;
const HOUR_MS: i64 = 3_600_000;

/// What reaches a reader.
pub(crate) enum Heard {
    /// Somebody wrote this, and others see it.
    Said { at: Timestamp, id: MessageId, viewer: ViewerId, text: String },
    /// Somebody took something back.
    TookBack { at: Timestamp, channel: Channel, who: u128 },
    /// This was taken out of the room.
    Gone(MessageId),
    /// All of theirs was.
    GoneOf(ViewerId),
}

/// The reader of one show's room. Reading ends when it is dropped.
pub(crate) struct Reading {
    watch: Watch<Heard>,
    shown: Arc<Shown>,
}

impl Reading {
    /// Somebody wrote this. Never waits.
    pub(crate) fn said(&self, id: MessageId, viewer: ViewerId, text: &str) {
        let text = text.to_owned();
        self.watch.push(Heard::Said { at: clock::now(), id, viewer, text });
    }

    /// Somebody took something back. Never waits.
    pub(crate) fn took_back(&self, channel: Channel, who: u128) {
        self.watch.push(Heard::TookBack { at: clock::now(), channel, who });
    }

    /// What was taken out of the room is no evidence to show.
    pub(crate) fn gone(&self, id: MessageId) {
        self.watch.push(Heard::Gone(id));
    }

    /// The same for everything of a viewer.
    pub(crate) fn gone_of(&self, viewer: ViewerId) {
        self.watch.push(Heard::GoneOf(viewer));
    }

    /// What a desk sees of it.
    pub(crate) fn shown(&self) -> &Shown {
        &self.shown
    }
}

/// Begins to read the rooms of shows that went live, and ends with them; called once a second.
pub(crate) fn keep(app: &Arc<App>, show: &Arc<ShowHandle>) {
    let live = show.status() == Status::Live;
    let open = show.room.reading().is_some();
    if live == open {
        return;
    }
    if !live {
        return show.room.set_reading(None);
    }
    let state = show.state();
    let Some(plan) = &state.plan else { return };
    let Some(policy) = &plan.policy else { return };
    if policy.response(ROOM_RULE, Response::Advise) == Response::Off {
        return;
    }
    let shown = Arc::new(Shown::default());
    let code = plan.language.split('-').next().unwrap_or_default().to_lowercase();
    let language = code.parse::<Language>();
    let told = Teller::new(show, &app.rooms, &app.shop, &shown);
    let (prior, rate) = (prior(app, show), app.config.room.alarms_per_1000h);
    let start = move || {
        let language = language.map_err(|error| error.to_string())?;
        RoomReader::open(language, rate, &prior, clock::now())
    };
    let watch = Watch::start(start, Arc::new(told));
    show.room.set_reading(Some(Arc::new(Reading { watch, shown })));
}

/// What is usual of the host at this hour of the day: what their last shows learnt, and this one before a restart.
fn prior(app: &App, show: &Arc<ShowHandle>) -> Prior {
    let (host, now) = (show.host(), clock::now());
    let mut known: Vec<(Timestamp, Arc<show::State>)> = app
        .shows
        .all()
        .iter()
        .filter(|other| other.slug == show.slug || other.status() == Status::Ended)
        .filter(|other| other.host() == host)
        .filter_map(|other| Some((other.run().started_at?, other.state())))
        .filter(|(at, _)| same_hour(*at, now))
        .collect();
    known.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    summed(known.iter().take(PRIOR_SHOWS).map(|(_, state)| &state.sentinel))
}

pub(crate) fn same_hour(a: Timestamp, b: Timestamp) -> bool {
    let apart = (a.ms() - b.ms()).div_euclid(HOUR_MS).rem_euclid(24);
    apart.min(24 - apart) <= SAME_HOUR
}

pub(crate) fn summed<'a>(shows: impl Iterator<Item = &'a Sentinel>) -> Prior {
    let mut prior = Prior::default();
    for sentinel in shows {
        for (sum, learnt) in prior.counts.iter_mut().zip(&sentinel.usual) {
            sum.hits += f64::from(learnt.hits);
            sum.of += f64::from(learnt.of);
        }
    }
    prior
}

fn learnt(counts: &Counts) -> Learnt {
    Learnt { hits: counts.hits.round() as u32, of: counts.of.round() as u32 }
}
