//! What the entries of a show's log mean to the rest of the server: its row in the tables, its room, its playlist.

use std::sync::{Arc, Weak};

use media::hls::{Note, NoteKind};
use serde_json::json;
use show::entry::Entry;
use show::moderation::Moderated;
use show::sentinel::Change;
use show::stage::EffectKey;
use show::{Effect, Event, Show, State, Status};
use store::Expect;

use super::restart::Journal;
use super::terms::Terms;
use super::{Run, STATUS, ShowHandle, cases};
use crate::api::offer_view;
use crate::catalogue::Catalogue;
use crate::owner::Ledger;
use crate::rooms::{Rooms, Scene};

pub(super) struct ShowLedger {
    handle: Weak<ShowHandle>,
    rooms: Arc<Rooms>,
    catalogue: Arc<Catalogue>,
    terms: Terms,
    journal: Arc<Journal>,
}

impl ShowLedger {
    pub(super) fn new(
        handle: &Arc<ShowHandle>,
        rooms: &Arc<Rooms>,
        catalogue: &Arc<Catalogue>,
        terms: &Terms,
        journal: &Arc<Journal>,
    ) -> Self {
        Self {
            handle: Arc::downgrade(handle),
            rooms: Arc::clone(rooms),
            catalogue: Arc::clone(catalogue),
            terms: terms.clone(),
            journal: Arc::clone(journal),
        }
    }

    /// Moderation acts before it is recorded.
    fn enforce(&self, handle: &ShowHandle, moderated: &Moderated) {
        let room = &handle.room;
        match moderated {
            Moderated::Deleted { ids } => ids.iter().for_each(|id| self.rooms.delete(room, *id)),
            Moderated::Silenced { viewer, until } => self.rooms.silence(room, *viewer, *until),
            Moderated::Unsilenced { viewer } => self.rooms.unsilence(room, *viewer),
            Moderated::Set(settings) => {
                let message = json!({"type": "room", "slow_s": settings.slow_s, "hold": settings.hold, "locked": settings.locked});
                self.rooms.tell(&handle.slug, message);
            }
            Moderated::Reviewed { id, approved } => {
                if let Some(held) = room.take_held(*id)
                    && *approved
                {
                    self.rooms.release(room, &held);
                }
            }
        }
    }

    fn announce(&self, handle: &ShowHandle, state: &State, event: &Event) {
        let slug = &handle.slug;
        match event {
            Event::Started { .. } => {
                self.rooms.tell(slug, json!({"type": "show", "status": "live"}))
            }
            Event::Ended { .. } => {
                self.rooms.tell(slug, json!({"type": "show", "status": "ended"}))
            }
            Event::OfferSet { sku, .. } => {
                let air = handle.air_clock().newest;
                let mut offer = offer_view(&self.catalogue, &state.sale, false, sku, air);
                if let Some(offer) = offer.as_object_mut() {
                    offer.insert("type".to_owned(), "offer".into());
                    offer.insert("left".to_owned(), self.terms.left(sku).into());
                    offer.insert("air_ms".to_owned(), air.ms().into());
                }
                self.rooms.tell_now(slug, &format!("offer:{sku}"), offer);
            }
            Event::Pinned { pin } => {
                self.rooms.tell_now(
                    slug,
                    "pin",
                    json!({"type": "pin", "sku": pin.sku, "air_ms": pin.air.ms()}),
                );
                let Some(onair) = handle.onair() else { return };
                match &pin.sku {
                    Some(sku) => onair.note(Note {
                        id: format!("pin-{}", pin.air.ms()),
                        start: pin.air,
                        end: None,
                        kind: NoteKind::Pin { sku: sku.to_string() },
                    }),
                    None => onair.unpin(pin.air),
                }
            }
            Event::Noted { fact, .. } => self.announce_fact(handle, state, fact),
            _ => {}
        }
    }

    /// What viewers learn of an action: that a part was stopped, when they see it.
    fn announce_fact(&self, handle: &ShowHandle, state: &State, fact: &show::desk::Fact) {
        use show::desk::{ActionKind, Fact};
        let id = match fact {
            Fact::ActionTaken(action) => action.id,
            Fact::ActionMoved { id, .. }
            | Fact::ActionEnded { id, .. }
            | Fact::ActionUndone { id, .. } => *id,
            _ => return,
        };
        let Some(action) = state.desk.action(id) else { return };
        if !matches!(
            action.kind,
            ActionKind::Mute
                | ActionKind::Cover
                | ActionKind::Cut
                | ActionKind::Dump
                | ActionKind::Panic
        ) {
            return;
        }
        let Some(from) = action.from_air else { return };
        let cut = json!({
            "type": "cut",
            "id": id,
            "kind": action.kind,
            "state": action.state,
            "from_air_ms": from.ms(),
            "to_air_ms": action.to_air.map(|to| to.ms()),
            "air_ms": from.ms(),
        });
        self.rooms.tell_latest(&handle.slug, &format!("cut:{id}"), cut);
    }

    fn publish(&self, handle: &ShowHandle, state: &State) {
        handle.room.set_gate(state.gate());
        handle.room.set_offers(
            state
                .sale
                .offers
                .iter()
                .filter(|(_, listed)| listed.terms.removed.is_none())
                .map(|(sku, _)| sku.clone())
                .collect(),
        );
        let status = match state.status {
            Status::Planned => "planned",
            Status::Live => "live",
            Status::Ended => "ended",
        };
        let pin = state.sale.pins.last().map(|pin| (pin.sku.clone(), pin.air));
        handle.room.set_scene(Scene { status, pin });
        handle.set_state(state);
    }
}

/// Remembers what of these events viewers have yet to see. The handle still has the state before them.
fn note_unseen(handle: &ShowHandle, events: &[Event]) {
    use show::desk::Fact;
    for event in events {
        match event {
            Event::OfferSet { sku, terms } => {
                let (before, clock) = (handle.state(), handle.air_clock());
                let before = before.sale.offers.get(sku).map(|listed| &listed.terms);
                handle.with_unseen(|unseen| {
                    unseen.note(sku, before, terms, clock.newest, clock.now);
                });
            }
            Event::Noted { fact: Fact::DelaySet { from_air, shift, .. }, .. } => {
                handle.with_unseen(|unseen| unseen.restamp(*from_air, *shift));
            }
            _ => {}
        }
    }
}

/// How many of these a restart must not lose: what was done to the program or to a viewer.
fn facts(events: &[Event]) -> u64 {
    use show::desk::Fact;
    let counts = |event: &&Event| match event {
        Event::Moderated { .. } => true,
        Event::Noted { fact, .. } => !matches!(
            fact,
            Fact::RoomCounted(_) | Fact::RoomRead(_) | Fact::ProgramMark(_) | Fact::OnAirChanged(_)
        ),
        _ => false,
    };
    events.iter().filter(counts).count() as u64
}

impl Ledger<Show> for ShowLedger {
    fn rows(&mut self, state: &State, entries: &[Entry<Show>], batch: &mut store::Batch) {
        let Some(handle) = self.handle.upgrade() else { return };
        match cases::rows(handle.slug.as_str(), handle.host().as_str(), state, entries) {
            Ok(rows) => batch.docs.extend(rows),
            Err(error) => tracing::error!(%error, show = %handle.slug, "incidents beside the log"),
        }
        let moved = |event: &Event| matches!(event, Event::Started { .. } | Event::Ended { .. });
        if entries.iter().flat_map(|entry| &entry.events).any(moved) {
            let run: Run = handle.run();
            batch.docs.extend(STATUS.change(handle.slug.as_str(), &run, Expect::Any));
        }
    }

    fn staged(&mut self, state: &State, events: &[Event]) {
        let Some(handle) = self.handle.upgrade() else { return };
        self.journal.wait_for(facts(events));
        note_unseen(&handle, events);
        self.publish(&handle, state);
        for event in events {
            match event {
                Event::Moderated { moderated, .. } => self.enforce(&handle, moderated),
                Event::Sentinel { change: Change::Ordered { order, by, .. } } => {
                    if let Some(orders) = handle.orders() {
                        orders.give(*order, by.clone());
                    }
                }
                _ => {}
            }
        }
    }

    fn reverted(&mut self, state: &State) {
        if let Some(handle) = self.handle.upgrade() {
            handle.with_unseen(|unseen| unseen.clear());
            self.publish(&handle, state);
        }
        // Entries that were stored though their commit was reported as lost told the shop nothing.
        for input in state.shop_inputs() {
            self.terms.tell(input);
        }
    }

    fn committed(&mut self, state: &State, entries: &[Entry<Show>]) {
        self.journal.synced(entries.iter().map(|entry| facts(&entry.events)).sum());
        let Some(handle) = self.handle.upgrade() else { return };
        for event in entries.iter().flat_map(|entry| &entry.events) {
            self.announce(&handle, state, event);
        }
    }

    fn outbox(&self, _: &Effect) -> Option<(&'static str, serde_json::Value)> {
        None
    }

    fn effects(&mut self, effects: Vec<(EffectKey, Effect)>) {
        for (_, Effect::Shop { input }) in effects {
            self.terms.tell(input);
        }
    }
}
