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
use crate::desk::INCIDENTS_MAX;
use crate::rooms::Gone;
use crate::shows::ShowHandle;
use crate::watch::Watch;

/// Earlier shows of a host that say what is usual.
pub(crate) const PRIOR_SHOWS: usize = 20;
/// How far to both sides counts as the same hour of the day.
const SAME_HOUR_MS: i64 = 2 * 3_600_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// What reaches a reader.
pub(crate) enum Heard {
    /// Somebody wrote this, and others see it.
    Said { at: Timestamp, id: MessageId, viewer: ViewerId, text: String },
    /// Somebody took something back.
    TookBack { at: Timestamp, channel: Channel, who: u128 },
    /// This was taken out of the room.
    Gone(Gone),
}

/// The reader of one show's room. Reading ends when it is dropped.
pub(crate) struct Reading {
    /// None in a language that no label knows.
    watch: Option<Watch<Heard>>,
    language: String,
    shown: Arc<Shown>,
}

impl Reading {
    fn push(&self, heard: Heard) {
        if let Some(watch) = &self.watch {
            watch.push(heard);
        }
    }

    /// Somebody wrote this. Never waits.
    pub(crate) fn said(&self, id: MessageId, viewer: ViewerId, text: &str) {
        let text = text.to_owned();
        self.push(Heard::Said { at: clock::now(), id, viewer, text });
    }

    /// Somebody took something back. Never waits.
    pub(crate) fn took_back(&self, channel: Channel, who: u128) {
        self.push(Heard::TookBack { at: clock::now(), channel, who });
    }

    /// What was taken out of the room is no evidence to show.
    pub(crate) fn gone(&self, gone: Gone) {
        self.push(Heard::Gone(gone));
    }

    /// What a desk sees of it.
    pub(crate) fn shown(&self) -> &Shown {
        &self.shown
    }
}

/// In which language the room of a show is to be read now, if it is.
fn wanted(show: &ShowHandle) -> Option<String> {
    let state = show.state();
    let plan = state.plan.as_ref().filter(|_| state.status == Status::Live)?;
    let response = plan.policy.as_ref()?.response(ROOM_RULE, Response::Advise);
    (response != Response::Off).then(|| plan.language.clone())
}

/// Begins to read the room of a show that went live, ends with it, and begins anew when its plan says something else or a
/// reader was given up; called once a second.
pub(crate) fn keep(app: &Arc<App>, show: &Arc<ShowHandle>) {
    let (wanted, open) = (wanted(show), show.room.reading());
    let given_up = |open: &Reading| open.watch.as_ref().is_some_and(Watch::given_up);
    let stands = open.as_ref().is_some_and(|open| !given_up(open));
    if stands && wanted.as_ref() == open.as_ref().map(|open| &open.language) {
        return;
    }
    let Some(plan_language) = wanted else {
        if open.is_some() {
            show.room.set_reading(None);
            show.room.forget_shown();
        }
        return;
    };
    let shown = Arc::new(Shown::default());
    let code = plan_language.split('-').next().unwrap_or_default().to_lowercase();
    let watch = match code.parse::<Language>() {
        Ok(language) => Some(begin(app, show, language, &shown)),
        Err(_) => {
            shown.is(State::Language);
            None
        }
    };
    let reading = Reading { watch, language: plan_language, shown };
    show.room.set_reading(Some(Arc::new(reading)));
}

fn begin(
    app: &Arc<App>,
    show: &Arc<ShowHandle>,
    language: Language,
    shown: &Arc<Shown>,
) -> Watch<Heard> {
    remember(app, show);
    let told = Teller::new(show, &app.rooms, &app.shop, shown);
    let (app, of) = (Arc::downgrade(app), Arc::downgrade(show));
    let start = move || {
        let (Some(app), Some(show)) = (app.upgrade(), of.upgrade()) else {
            return Err("the server stops".to_owned());
        };
        let before = show.state().sentinel.usual.clone();
        let rate = app.config.room.alarms_per_1000h;
        RoomReader::open(language, rate, &prior(&app, &show), before, clock::now())
    };
    Watch::start(start, Arc::new(told))
}

/// The messages of incidents that the desk shows, for a show that goes on after a restart.
fn remember(app: &App, show: &Arc<ShowHandle>) {
    let state = show.state();
    let known = state.sentinel.incidents.iter().rev().take(INCIDENTS_MAX);
    let ids: Vec<MessageId> = known
        .filter_map(|incident| incident.room.as_ref())
        .flat_map(|room| room.messages.clone())
        .collect();
    if ids.is_empty() {
        return;
    }
    let show = Arc::clone(show);
    let store = Arc::clone(&app.store);
    tokio::task::spawn_blocking(move || {
        for id in ids {
            if let Ok(Some(line)) = store.chat_line(id) {
                show.room.keep_shown(id, line.row.viewer, &line.row.text);
            }
        }
    });
}

/// What is usual of the host at this hour of the day: what their last shows learnt, and this one before a restart.
fn prior(app: &App, show: &Arc<ShowHandle>) -> Prior {
    let (host, now) = (show.host(), clock::now());
    let own = |other: &Arc<ShowHandle>| other.slug == show.slug;
    let mut known: Vec<(Timestamp, Arc<show::State>)> = app
        .shows
        .all()
        .iter()
        .filter(|other| own(other) || other.status() == Status::Ended)
        .filter(|other| other.host() == host)
        .filter_map(|other| Some((other, other.run().started_at?)))
        .filter(|(other, at)| own(other) || same_hour(*at, now))
        .map(|(other, at)| (at, other.state()))
        .collect();
    known.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    summed(known.iter().take(PRIOR_SHOWS).map(|(_, state)| &state.sentinel))
}

pub(crate) fn same_hour(a: Timestamp, b: Timestamp) -> bool {
    let apart = (a.ms() - b.ms()).rem_euclid(DAY_MS);
    apart.min(DAY_MS - apart) <= SAME_HOUR_MS
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

/// What was known when a reader began, and what it has learnt since.
fn learnt(before: &[Learnt], counts: &[Counts]) -> Vec<Learnt> {
    let known = before.iter().copied().chain(std::iter::repeat(Learnt::default()));
    let add = |known: u32, more: f64| known.saturating_add(more.round() as u32);
    let sum = |(counts, known): (&Counts, Learnt)| Learnt {
        hits: add(known.hits, counts.hits),
        of: add(known.of, counts.of),
    };
    counts.iter().zip(known).map(sum).collect()
}
