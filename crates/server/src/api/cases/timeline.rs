//! What happened in an incident, from the show's log: its opening, orders, what the program did, the room, people.

use std::collections::BTreeSet;

use serde::Serialize;
use show::desk::Fact;
use show::entry::Entry;
use show::sentinel::{Change, Incident, IncidentState, Left, Order, Response, Verdict};
use show::{Actor, Event, Show};
use store::{Reader, StoreError, StreamId};
use units::{ActionId, Duration, Timestamp};
use utoipa::ToSchema;

/// Records read at once.
const PAGE: usize = 200;
/// Moments of one incident that are told.
const MOMENTS_MAX: usize = 200;

/// Something that happened in an incident.
#[derive(Debug, Default, PartialEq, Serialize, ToSchema)]
pub(crate) struct MomentView {
    at: String,
    /// `opened`, `ordered`, `changed`, `taken`, `left`, `room`, `taken_back`, `aired`, `confirmed`, `dismissed`, `withdrawn` or
    /// `judged`.
    what: &'static str,
    /// Who did it, where somebody did.
    by: Option<String>,
    /// With `ordered` and `taken`: `mute`, `cover` or `hand_over`.
    #[schema(value_type = Option<String>)]
    kind: Option<Response>,
    /// With `taken`: how long the words were to air.
    time_to_air_ms: Option<i64>,
    /// With `taken` and `taken_back`: a part had aired.
    late: Option<bool>,
    /// With `left`: why the machine left it to people: `bound`, `aired` or `refused`.
    #[schema(value_type = Option<String>)]
    left: Option<Left>,
    /// With `judged`: `right`, `wrong` or `late`.
    #[schema(value_type = Option<String>)]
    verdict: Option<Verdict>,
    /// With `room`: it turned; else it leaned.
    sure: Option<bool>,
}

/// Reads it; blocks on the disk. Entries that do not name the incident or its actions are not parsed.
pub(super) fn timeline(
    reader: &dyn Reader,
    show: &str,
    incident: &Incident,
    name: &dyn Fn(&Actor) -> String,
) -> Result<Vec<MomentView>, StoreError> {
    let stream = StreamId::new(&format!("show/{show}"));
    let mut story = Story::new(incident, name);
    let mut next = 1;
    loop {
        let records = reader.read_log(&stream, next, PAGE)?;
        let Some(last) = records.last() else { return Ok(story.moments) };
        next = last.last_seq + 1;
        // What ended before the incident began does not speak of it.
        for record in records.iter().filter(|record| record.at >= incident.at) {
            if !story.speaks(&record.body) {
                continue;
            }
            for bytes in record.entries()? {
                if !story.speaks(&bytes.body) {
                    continue;
                }
                let entry: Entry<Show> = serde_json::from_slice(&bytes.body).map_err(|error| {
                    StoreError::Corrupt { what: format!("{stream} entry {}: {error}", bytes.seq) }
                })?;
                story.take(&entry);
            }
            if story.moments.len() >= MOMENTS_MAX {
                return Ok(story.moments);
            }
        }
    }
}

struct Story<'a> {
    incident: &'a Incident,
    name: &'a dyn Fn(&Actor) -> String,
    actions: BTreeSet<ActionId>,
    /// The ids that an entry must name.
    needles: Vec<String>,
    before: Option<Incident>,
    moments: Vec<MomentView>,
}

impl<'a> Story<'a> {
    fn new(incident: &'a Incident, name: &'a dyn Fn(&Actor) -> String) -> Self {
        let needles = vec![incident.id.to_string()];
        let (actions, before, moments) = (BTreeSet::new(), None, Vec::new());
        Self { incident, name, actions, needles, before, moments }
    }

    fn speaks(&self, body: &[u8]) -> bool {
        let Ok(body) = std::str::from_utf8(body) else { return true };
        self.needles.iter().any(|needle| body.contains(needle))
    }

    fn tell(&mut self, at: Timestamp, moment: MomentView) {
        if self.moments.len() < MOMENTS_MAX {
            self.moments.push(MomentView { at: at.rfc3339(), ..moment });
        }
    }

    fn take(&mut self, entry: &Entry<Show>) {
        for event in &entry.events {
            match event {
                Event::Sentinel { change } => self.change(change, entry.at),
                Event::Noted { fact, .. } => self.fact(fact, entry.at),
                _ => {}
            }
        }
    }

    fn change(&mut self, change: &Change, at: Timestamp) {
        let id = self.incident.id;
        match change {
            Change::Opened(now) if now.id == id => {
                self.tell(at, MomentView { what: "opened", ..MomentView::default() });
                self.moved(None, now, at);
                self.before = Some(now.clone());
            }
            Change::Moved(now) if now.id == id => {
                let before = self.before.take();
                self.moved(before.as_ref(), now, at);
                self.before = Some(now.clone());
            }
            Change::Ordered { incident, order, by } if *incident == id => {
                self.ordered(order, by, at)
            }
            _ => {}
        }
    }

    /// What is new in an incident.
    fn moved(&mut self, before: Option<&Incident>, now: &Incident, at: Timestamp) {
        let was = |state: IncidentState| before.is_some_and(|before| before.state == state);
        let by = now.by.as_ref().map(self.name);
        let room = |incident: &Incident| incident.room.as_ref().map(|room| room.sure);
        if let Some(sure) = room(now).filter(|_| before.and_then(room) != room(now)) {
            let sure = Some(sure);
            self.tell(at, MomentView { what: "room", sure, ..MomentView::default() });
        }
        if now.left.is_some() && before.is_none_or(|before| before.left != now.left) {
            self.tell(at, MomentView { what: "left", left: now.left, ..MomentView::default() });
        }
        let what = match now.state {
            IncidentState::Open => None,
            IncidentState::Confirmed => Some("confirmed"),
            IncidentState::Dismissed => Some("dismissed"),
            IncidentState::Withdrawn => Some("withdrawn"),
        };
        if let Some(what) = what.filter(|_| !was(now.state)) {
            self.tell(at, MomentView { what, by, ..MomentView::default() });
        }
        if now.verdict.is_some() && before.is_none_or(|before| before.verdict != now.verdict) {
            let verdict = now.verdict;
            self.tell(at, MomentView { what: "judged", verdict, ..MomentView::default() });
        }
    }

    fn ordered(&mut self, order: &Order, by: &Actor, at: Timestamp) {
        let (what, act) = match order {
            Order::Stop(act) => ("ordered", act),
            Order::Change(act) => ("changed", act),
            // What becomes of it is told by the program.
            Order::Undo(_) => return,
        };
        if self.actions.insert(act.id) {
            self.needles.push(act.id.to_string());
        }
        let (by, kind) = (Some((self.name)(by)), Some(act.response));
        self.tell(at, MomentView { what, by, kind, ..MomentView::default() });
    }

    fn fact(&mut self, fact: &Fact, at: Timestamp) {
        match fact {
            Fact::ActionTaken(action) if self.actions.contains(&action.id) => {
                let time_to_air_ms = Some(Duration::ms(action.time_to_air));
                let (by, late) = (Some((self.name)(&action.by)), Some(action.late));
                let moment = MomentView { by, time_to_air_ms, late, ..MomentView::default() };
                self.tell(at, MomentView { what: "taken", ..moment });
            }
            Fact::ActionUndone { id, by, to_air } if self.actions.contains(id) => {
                let (by, late) = (Some((self.name)(by)), Some(to_air.is_some()));
                self.tell(at, MomentView { what: "taken_back", by, late, ..MomentView::default() });
            }
            Fact::ActionEnded { id, .. } if self.actions.contains(id) => {
                self.tell(at, MomentView { what: "aired", ..MomentView::default() });
            }
            _ => {}
        }
    }
}
