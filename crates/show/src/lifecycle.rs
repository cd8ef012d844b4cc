//! A show from plan to end: the decider behind the stream `show/{slug}`.
//!
//! A show is planned, live or ended, and never goes back. It starts by a person or by its host's feed; a feed that is
//! lost leaves it live; only a person ends it. Which show a feed starts, and that a host is on air in one
//! show at a time, the shell finds out (it sees all shows) and says in the input.

mod event;

pub use event::{Effect, Event, Input, Plan, StartMode, Status};

use serde::{Deserialize, Serialize};
use units::{AirTime, Timestamp};

use crate::decider::{Decider, Decision, Weight};
use crate::desk::{ActionState, Desk, Fact};
use crate::digest;
use crate::moderation::{Gate, Room};
use crate::names::{Actor, Hash256, Sku, Slug};
use crate::offer::{Selling, Terms};
use crate::rejection::Rejection;
use crate::sale::{OfferView, Pin, Sale};
use crate::sentinel::{self, Sentinel, Signal};
use crate::shop;

/// The longest delay, in seconds.
pub const DELAY_MAX_S: u32 = 60;
/// The longest language tag, in bytes.
pub const LANGUAGE_MAX_BYTES: usize = 35;

/// The decider of one show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Show;

/// What is known of a show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The plan; absent before there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// Where it stands.
    pub status: Status,
    /// When it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// Offers, pins and freezes.
    pub sale: Sale,
    /// Who may speak.
    pub room: Room,
    /// What the program did.
    pub desk: Desk,
    /// What was signalled, and what came of it.
    #[serde(default, skip_serializing_if = "Sentinel::is_empty")]
    pub sentinel: Sentinel,
}

impl State {
    /// The gate of this show's room.
    #[must_use]
    pub fn gate(&self) -> Gate {
        Gate::of(&self.room, self.status == Status::Ended)
    }

    /// An offer as a viewer at `air` meets it; nothing sells once the show has ended.
    #[must_use]
    pub fn offer(&self, sku: &Sku, air: AirTime) -> Option<OfferView> {
        let view = self.sale.view(sku, air)?;
        Some(match self.status {
            Status::Ended => OfferView { selling: Selling::Closed, ..view },
            _ => view,
        })
    }

    /// Everything that the shop must know of this show. The shell gives it to the shop when it starts, in case it stopped
    /// between a commit and its effects; what the shop knows already changes nothing there.
    #[must_use]
    pub fn shop_inputs(&self) -> Vec<shop::Input> {
        shop_changes(&Self::default(), self)
    }

    fn planned(&self) -> Result<&Plan, Rejection> {
        self.plan.as_ref().ok_or(Rejection::NotPlanned)
    }

    fn open(&self) -> Result<&Plan, Rejection> {
        let plan = self.planned()?;
        if self.status == Status::Ended { Err(Rejection::ShowEnded) } else { Ok(plan) }
    }
}

impl Decider for Show {
    const NAME: &'static str = "show";
    type State = State;
    type Input = Input;
    type Event = Event;
    type Effect = Effect;
    type Reply = ();
    type Memory = ();

    fn decide(state: &State, input: &Input, at: Timestamp) -> Result<Decision<Self>, Rejection> {
        let events = judge(state, input, at)?;
        let effects = if events.iter().any(touches_shop) {
            let mut after = state.clone();
            events.iter().for_each(|event| Self::evolve(&mut after, event));
            let inputs = shop_changes(state, &after).into_iter();
            inputs.map(|input| Effect::Shop { input }).collect()
        } else {
            Vec::new()
        };
        Ok(Decision { events, effects, reply: () })
    }

    fn evolve(state: &mut State, event: &Event) {
        match event {
            Event::Planned { plan } => state.plan = Some(plan.clone()),
            Event::Started { at, .. } => {
                state.status = Status::Live;
                state.started_at = Some(*at);
            }
            Event::Ended { at, .. } => {
                state.status = Status::Ended;
                state.ended_at = Some(*at);
            }
            Event::OfferSet { sku, terms } => state.sale.set_terms(sku, terms),
            Event::Pinned { pin } => state.sale.pin(pin),
            Event::Moderated { moderated, at } => state.room.apply(moderated, *at),
            Event::SealOpened { .. } => {}
            Event::Noted { fact, at } => note(state, fact, *at),
            Event::Sentinel { change } => state.sentinel.apply(change),
        }
    }

    fn digest(state: &State) -> Hash256 {
        digest::of_json("ringlight.show.v1", state)
    }

    fn weight(input: &Input) -> Weight {
        match input {
            Input::Fact {
                fact: Fact::RoomCounted(_) | Fact::RoomRead(_) | Fact::ProgramMark(_),
            } => Weight::Count,
            Input::Signal { signal: Signal::Sentence { .. } | Signal::Usual { .. } } => {
                Weight::Count
            }
            Input::Fact { .. }
            | Input::Moderate { .. }
            | Input::FeedArrived { .. }
            | Input::Signal { .. }
            | Input::Incident { .. } => Weight::Fact,
            _ => Weight::Ask,
        }
    }

    fn is_milestone(event: &Event) -> bool {
        matches!(event, Event::Planned { .. } | Event::Started { .. } | Event::Ended { .. })
    }

    fn overflow(lost: u64) -> Option<Input> {
        Some(Input::Fact { fact: Fact::JournalOverflow { lost } })
    }
}

fn judge(state: &State, input: &Input, at: Timestamp) -> Result<Vec<Event>, Rejection> {
    match input {
        Input::Plan { plan, .. } => judge_plan(state, plan),
        Input::FeedArrived { host_busy } => Ok(feed_starts(state, host_busy.as_ref(), at)),
        Input::Start { by, host_busy } => judge_start(state, by, host_busy.as_ref(), at),
        Input::End { by } => match (state.planned()?, state.status) {
            (_, Status::Ended) => Err(Rejection::AlreadyEnded),
            _ => Ok(vec![Event::Ended { by: by.clone(), at }]),
        },
        Input::OfferAdd { sku, brand, price, terms, air, .. } => {
            state.open()?;
            let terms = state.sale.added(sku, brand, *price, terms, *air)?;
            Ok(vec![Event::OfferSet { sku: sku.clone(), terms }])
        }
        Input::OfferChange { sku, change, air, .. } => {
            state.open()?;
            let terms = state.sale.changed(sku, change, *air)?;
            let same = state.sale.offered(sku)? == &terms;
            let event = (!same).then(|| Event::OfferSet { sku: sku.clone(), terms });
            Ok(event.into_iter().collect())
        }
        Input::OfferRemove { sku, air, .. } => judge_remove(state, sku, *air),
        Input::Pin { sku, air, .. } => {
            state.open()?;
            if let Some(sku) = sku {
                state.sale.offered(sku)?;
            }
            Ok(vec![Event::Pinned { pin: Pin { sku: sku.clone(), air: *air } }])
        }
        Input::Moderate { act, .. } => {
            let moderated = state.room.judge(act, at);
            Ok(moderated.map(|moderated| Event::Moderated { moderated, at }).into_iter().collect())
        }
        Input::SealOpen { id, .. } => {
            let seal = state.desk.seals.get(id).ok_or(Rejection::UnknownSeal)?;
            if seal.expires_at <= at {
                return Err(Rejection::SealExpired);
            }
            Ok(vec![Event::SealOpened { id: *id }])
        }
        Input::Fact { fact } => {
            let new = !state.desk.knows(fact);
            Ok(new.then(|| Event::Noted { fact: fact.clone(), at }).into_iter().collect())
        }
        Input::Signal { signal } => Ok(changes(sentinel::judge(state, signal, at))),
        Input::Incident { id, decide, action, by } => {
            sentinel::person(state, *id, decide, *action, by).map(changes)
        }
    }
}

fn changes(changes: Vec<sentinel::Change>) -> Vec<Event> {
    changes.into_iter().map(|change| Event::Sentinel { change }).collect()
}

fn judge_plan(state: &State, plan: &Plan) -> Result<Vec<Event>, Rejection> {
    let fixed = |field: &str| Err(Rejection::PlanFixed { field: field.to_owned() });
    if plan.delay_s > DELAY_MAX_S {
        return Err(Rejection::BadDelay { most_s: DELAY_MAX_S });
    }
    let tag = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    if plan.language.len() > LANGUAGE_MAX_BYTES || !plan.language.bytes().all(tag) {
        return Err(Rejection::BadSetting { field: "language".to_owned() });
    }
    if plan.standby.as_ref() == Some(&plan.host) {
        return Err(Rejection::BadSetting { field: "standby".to_owned() });
    }
    if plan.policy.as_ref().is_some_and(|policy| policy.flaw().is_some()) {
        return Err(Rejection::BadSetting { field: "policy".to_owned() });
    }
    let Some(old) = &state.plan else { return Ok(vec![Event::Planned { plan: plan.clone() }]) };
    if old == plan {
        return Ok(Vec::new());
    }
    if old.show != plan.show {
        return fixed("slug");
    }
    match state.status {
        Status::Planned => {}
        Status::Ended => return Err(Rejection::ShowEnded),
        Status::Live if old.host != plan.host => return fixed("host"),
        Status::Live if old.starts_at != plan.starts_at => return fixed("starts_at"),
        Status::Live if old.start != plan.start => return fixed("start"),
        Status::Live => {}
    }
    Ok(vec![Event::Planned { plan: plan.clone() }])
}

fn feed_starts(state: &State, host_busy: Option<&Slug>, at: Timestamp) -> Vec<Event> {
    match &state.plan {
        Some(plan)
            if state.status == Status::Planned
                && plan.start == StartMode::Auto
                && host_busy.is_none() =>
        {
            vec![Event::Started { by: Actor::Host { host: plan.host.clone() }, at }]
        }
        _ => Vec::new(),
    }
}

fn judge_start(
    state: &State,
    by: &Actor,
    host_busy: Option<&Slug>,
    at: Timestamp,
) -> Result<Vec<Event>, Rejection> {
    state.planned()?;
    match state.status {
        Status::Live => Err(Rejection::AlreadyLive),
        Status::Ended => Err(Rejection::ShowEnded),
        Status::Planned => match host_busy {
            Some(show) => Err(Rejection::HostBusy { show: show.clone() }),
            None => Ok(vec![Event::Started { by: by.clone(), at }]),
        },
    }
}

fn judge_remove(state: &State, sku: &Sku, air: AirTime) -> Result<Vec<Event>, Rejection> {
    state.open()?;
    let terms = Terms { removed: Some(air), ..state.sale.offered(sku)?.clone() };
    let mut events = vec![Event::OfferSet { sku: sku.clone(), terms }];
    events.extend(state.sale.unpinned(sku, air).into_iter().map(|pin| Event::Pinned { pin }));
    Ok(events)
}

fn note(state: &mut State, fact: &Fact, at: Timestamp) {
    state.desk.apply(fact, at);
    state.sentinel.note(fact);
    let sale = &mut state.sale;
    match fact {
        Fact::ActionTaken(action) if action.kind.freezes() => {
            if let Some(from) = action.from_air {
                sale.freeze(action.id, from, action.to_air);
            }
        }
        Fact::ActionMoved { id, from_air, to_air, .. } => {
            let action = state.desk.action(*id).filter(|a| a.state == ActionState::Active);
            match (action, from_air) {
                (Some(action), Some(from)) if action.kind.freezes() => {
                    sale.freeze(*id, *from, *to_air);
                }
                (Some(_), _) => sale.unfreeze(*id),
                (None, _) => {}
            }
        }
        Fact::ActionEnded { id, air } => sale.thaw(*id, *air),
        Fact::ActionUndone { id, to_air: Some(air), .. } => sale.thaw(*id, *air),
        Fact::ActionUndone { id, to_air: None, .. } => sale.unfreeze(*id),
        Fact::DelaySet { from_air, shift, .. } => sale.restamp(*from_air, *shift),
        Fact::RoomCounted(second) => state.room.count(second),
        _ => {}
    }
}

fn touches_shop(event: &Event) -> bool {
    match event {
        Event::Planned { .. } | Event::Ended { .. } | Event::OfferSet { .. } => true,
        Event::Noted { fact, .. } => !matches!(
            fact,
            Fact::RoomCounted(_) | Fact::RoomRead(_) | Fact::ProgramMark(_) | Fact::OnAirChanged(_)
        ),
        _ => false,
    }
}

/// What the shop must hear when a show goes from `before` to `after`.
fn shop_changes(before: &State, after: &State) -> Vec<shop::Input> {
    let Some(plan) = &after.plan else { return Vec::new() };
    let show = &plan.show;
    let mut inputs = Vec::new();
    let spans = after.sale.spans();
    let host = before.plan.as_ref().map(|plan| &plan.host);
    if host != Some(&plan.host) || before.sale.spans() != spans {
        inputs.push(shop::Input::SaleSet { show: show.clone(), host: plan.host.clone(), spans });
    }
    for (sku, listed) in &after.sale.offers {
        if before.sale.offers.get(sku) != Some(listed) {
            let (show, sku, terms) = (show.clone(), sku.clone(), listed.terms.clone());
            inputs.push(shop::Input::OfferSet { show, sku, terms });
        }
    }
    if after.status == Status::Ended && before.status != Status::Ended {
        inputs.push(shop::Input::ShowEnded { show: show.clone() });
    }
    inputs
}
