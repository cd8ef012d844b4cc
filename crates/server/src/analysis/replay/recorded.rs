//! What was: the show's log, proved and folded.

use std::collections::BTreeSet;

use show::entry::{Entry, Rebuild};
use show::names::Hash256;
use show::sentinel::{Change, Order, Policy, Signal};
use show::text::TextRef;
use show::{Event, Input, Show, Slug, State};
use store::{Reader, StoreError, StreamId};
use units::{ActionId, Timestamp};

use super::ReplayError;
use super::clock::Clock;
use super::seen::{Kept, Seen};
use super::stops::Stopped;
use crate::owner::each_entry;

/// A recorded show.
#[derive(Debug)]
pub struct Recorded {
    show: Slug,
    state: State,
    pub(super) clock: Clock,
    pub(super) incidents: Vec<Kept>,
    pub(super) stopped: Stopped,
    pub(super) versions: Vec<String>,
    entries: u64,
    checked: Option<(u64, Hash256)>,
}

impl Recorded {
    /// Which.
    #[must_use]
    pub fn show(&self) -> &Slug {
        &self.show
    }

    /// Whose; empty when it was never planned.
    #[must_use]
    pub fn host(&self) -> &str {
        self.state.plan.as_ref().map_or("", |plan| plan.host.as_str())
    }

    /// When it began.
    #[must_use]
    pub fn started_at(&self) -> Option<Timestamp> {
        self.state.started_at
    }

    /// The policy that it had in the end; nothing when nobody listened.
    #[must_use]
    pub fn policy(&self) -> Option<&Policy> {
        self.state.plan.as_ref()?.policy.as_ref()
    }

    /// The state that the log makes.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Entries of the log.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// The last digest in the log, which the rebuilt state has as well, and the entry it stands behind.
    #[must_use]
    pub fn checked(&self) -> Option<(u64, Hash256)> {
        self.checked
    }
}

fn stream(show: &Slug) -> StreamId {
    StreamId::new(&format!("show/{show}"))
}

/// Reads a show's log, proves its chain, and folds it. Nothing is written.
///
/// # Errors
/// When there is no such show, its chain is broken, or its state is not the one that was live; the error names the entry.
pub fn recorded(reader: &dyn Reader, show: &Slug) -> Result<Recorded, ReplayError> {
    let stream = stream(show);
    if reader.head(&stream)?.is_none() {
        return Err(ReplayError::UnknownShow(show.clone()));
    }
    store::verify(reader, &stream)?;
    // Marks date what was signalled before them too, so they are all known before anything is dated.
    let mut clock = Clock::default();
    each(reader, show, &mut |entry| {
        if let Some(Input::Fact { fact }) = &entry.input {
            clock.note(fact);
        }
        Ok(())
    })?;
    let (mut rebuild, mut seen) = (Rebuild::<Show>::default(), Seen::default());
    let (mut stopped, mut ordered) = (Stopped::default(), BTreeSet::new());
    let mut versions: Vec<String> = Vec::new();
    each(reader, show, &mut |entry| {
        rebuild
            .push(&entry)
            .map_err(|broken| StoreError::Corrupt { what: format!("{stream}: {broken}") })?;
        if let Some(Input::Signal { signal: Signal::Hearing { versions: now, .. } }) = &entry.input
        {
            versions.extend(
                now.iter().filter(|one| !versions.contains(one)).cloned().collect::<Vec<_>>(),
            );
        }
        note(&entry, &mut ordered, &mut stopped);
        if entry.events.iter().any(moves_incidents) {
            seen.look(rebuild.state(), &clock, entry.at);
        }
        Ok(())
    })?;
    let checked = rebuild.checked();
    let (state, entries) = rebuild.finish();
    let (show, incidents) = (show.clone(), seen.all());
    Ok(Recorded { show, state, clock, incidents, stopped, versions, entries, checked })
}

/// Each entry of a show's log.
pub(super) fn each(
    reader: &dyn Reader,
    show: &Slug,
    each: &mut dyn FnMut(Entry<Show>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    each_entry::<Show>(reader, &stream(show), 1, each)
}

/// The words of a reference; none once they are erased, or when they are not those that the log committed to.
pub(super) fn words(reader: &dyn Reader, text: TextRef) -> Result<Option<String>, StoreError> {
    let row = reader.text(text.id)?;
    Ok(row.filter(|row| text.matches(&row.salt, &row.text)).map(|row| row.text))
}

/// Whether an event may change an incident.
pub(super) fn moves_incidents(event: &Event) -> bool {
    use show::desk::Fact::{ActionTaken, ActionUndone};
    match event {
        Event::Sentinel { change } => matches!(change, Change::Opened(_) | Change::Moved(_)),
        Event::Noted { fact, .. } => matches!(fact, ActionTaken(_) | ActionUndone { .. }),
        _ => false,
    }
}

/// What the program did with the stops that the sentinel ordered.
fn note(entry: &Entry<Show>, ordered: &mut BTreeSet<ActionId>, stopped: &mut Stopped) {
    use show::desk::Fact;
    for event in &entry.events {
        match event {
            Event::Sentinel { change: Change::Ordered { order: Order::Stop(act), .. } } => {
                ordered.insert(act.id);
            }
            Event::Noted { fact: Fact::ActionTaken(action), .. }
                if !ordered.contains(&action.id) => {}
            Event::Noted { fact, .. } => stopped.recorded(fact),
            _ => {}
        }
    }
}
