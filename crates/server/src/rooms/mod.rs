//! Rooms of shows: what viewers say, what the show tells them, and what moderation takes away.
//!
//! The fan-out is the `room` crate; here is what its messages mean. A decision about a viewer takes effect before it
//! is recorded and answered, so nothing of theirs is delivered after it (C-1).

mod chat_log;
mod handler;
mod pulse;
mod rights;
mod wire;

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};

use room::ws::CloseCode;
use room::{ChannelId, ChannelLimits, Event, Hub, HubConfig};
use serde_json::{Value, json};
use show::moderation::{Gate, Second};
use show::{Sku, Slug};
use store::{Store, StoreError};
use units::{AirTime, MessageId, Timestamp, ViewerId};

pub(crate) use self::chat_log::ChatLog;
use self::handler::Door;
pub(crate) use self::handler::{MODERATOR, VIEWER};
pub(crate) use self::pulse::{Minute, Trade};
use self::pulse::{Minutes, Pulse, Tally, bump};
use self::rights::Rights;
pub(crate) use self::rights::{NO_TICKET, Stands, Ticket};
use crate::clock;
use crate::config;
use crate::reading::Reading;
use crate::secrets::Secrets;
use crate::tasks::Tasks;

/// Messages that wait for a moderator in one room; a further one is refused.
const HELD_MAX: usize = 200;
/// Rooms and desks at most. Every show that was ever planned has a room, so this is what ends first in a long life.
const CHANNELS_MAX: usize = 50_000;
/// What a socket is told whose right has ended.
const RIGHT_ENDED: &str = "you may no longer listen here";
/// Messages that a host may be answering.
const SAID_KEPT: usize = 80;
/// Messages that incidents show: five of each that a desk has before it, and more.
const SHOWN_MAX: usize = 256;
/// Messages and viewers taken out that are remembered for them.
const GONE_MAX: usize = 512;
/// Chat lines a second that reach a room; above it a sample does, and everybody sees their own.
const CHAT_PER_S: u32 = 100;

/// All rooms.
pub(crate) struct Rooms {
    me: Weak<Self>,
    hub: OnceLock<Hub>,
    rooms: RwLock<HashMap<ChannelId, Arc<Room>>>,
    /// Channels of desks.
    desks: RwLock<HashSet<ChannelId>>,
    /// By what right sockets of the crew are open.
    pub(crate) rights: Arc<Rights>,
    settings: config::Room,
    secrets: Secrets,
    chat_log: ChatLog,
    /// Numbers of one run of the server belong together.
    epoch: u64,
}

/// One show's room.
pub(crate) struct Room {
    pub(crate) slug: Slug,
    channel: ChannelId,
    /// Who may speak, as the show's owner decided last.
    gate: RwLock<Arc<Gate>>,
    held: Mutex<Vec<Held>>,
    pulse: Mutex<Pulse>,
    tally: Tally,
    /// When each viewer spoke last, for slow mode and the rate limit.
    spoke: Mutex<HashMap<ViewerId, handler::Spoke>>,
    /// What was said last, for finding out which message the host answers.
    said: Mutex<VecDeque<Said>>,
    /// What the welcome says beside the gate: status and pin.
    scene: RwLock<Scene>,
    /// Products offered here, for news of stock.
    offers: RwLock<Vec<Sku>>,
    /// Who reads what viewers write, while the show is live and somebody wants it.
    reading: RwLock<Option<Arc<Reading>>>,
    /// Messages that an incident shows, the latest ones.
    shown: Mutex<ShownTexts>,
    minutes: Mutex<Minutes>,
}

/// A message that a host may be answering.
struct Said {
    id: MessageId,
    viewer: ViewerId,
    text: String,
}

/// What incidents show.
#[derive(Default)]
struct ShownTexts {
    said: VecDeque<Said>,
    /// What was taken out lately: a text that is on its way here may be of it.
    gone: VecDeque<Gone>,
}

/// What was taken out of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// One message.
    Message(MessageId),
    /// All of a viewer's.
    Viewer(ViewerId),
}

/// A message that waits for a moderator.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) id: MessageId,
    pub(crate) viewer: ViewerId,
    pub(crate) nick: String,
    pub(crate) text: String,
}

/// What a viewer who comes in is told of the show.
#[derive(Clone, Default)]
pub(crate) struct Scene {
    pub(crate) status: &'static str,
    pub(crate) pin: Option<(Option<Sku>, AirTime)>,
}

impl Rooms {
    /// Starts the threads that own the sockets.
    pub(crate) fn start(
        settings: &config::Room,
        secrets: &Secrets,
        store: &Arc<dyn Store>,
        tasks: &Arc<Tasks>,
    ) -> anyhow::Result<Arc<Self>> {
        let rooms = Arc::new_cyclic(|me| Self {
            me: me.clone(),
            hub: OnceLock::new(),
            rooms: RwLock::default(),
            desks: RwLock::default(),
            rights: Arc::default(),
            settings: settings.clone(),
            secrets: secrets.clone(),
            chat_log: ChatLog::start(Arc::clone(store), settings.chat_days, tasks),
            epoch: clock::now().0.unsigned_abs(),
        });
        let mut config = HubConfig::new(clock::now_us);
        config.shards = settings.shards;
        config.max_connections = settings.viewers_max;
        config.max_channels = CHANNELS_MAX;
        let hub = Hub::start(config, Arc::new(Door::new(&rooms)))?;
        let _ = rooms.hub.set(hub);
        Ok(rooms)
    }

    /// The fan-out. Set before anything can ask for it.
    pub(crate) fn hub(&self) -> &Hub {
        self.hub.get().expect("the hub is set before the rooms are handed out")
    }

    fn channel_of(&self, slug: &Slug) -> ChannelId {
        ChannelId(self.secrets.hash128("room", slug.as_str().as_bytes()))
    }

    /// The room of a show, opened when it is not yet.
    pub(crate) fn open(&self, slug: &Slug) -> Arc<Room> {
        let channel = self.channel_of(slug);
        if let Some(room) = self.by_channel(channel) {
            return room;
        }
        let mut rooms = self.rooms.write().unwrap_or_else(PoisonError::into_inner);
        let room = rooms.entry(channel).or_insert_with(|| {
            let limits = ChannelLimits {
                history_events: self.settings.history,
                chat_budget_per_s: CHAT_PER_S,
                ..ChannelLimits::default()
            };
            if let Err(error) = self.hub().open_channel(channel, self.epoch, limits) {
                tracing::warn!(show = %slug, %error, "room");
            }
            Arc::new(Room::new(slug.clone(), channel))
        });
        Arc::clone(room)
    }

    fn desk_channel_of(&self, slug: &Slug) -> ChannelId {
        ChannelId(self.secrets.hash128("desk", slug.as_str().as_bytes()))
    }

    /// Where producers of a show listen; opened when it is not yet.
    pub(crate) fn open_desk(&self, slug: &Slug) -> ChannelId {
        let channel = self.desk_channel_of(slug);
        let mut desks = self.desks.write().unwrap_or_else(PoisonError::into_inner);
        if desks.insert(channel) {
            let limits = ChannelLimits { history_events: 1, ..ChannelLimits::default() };
            if let Err(error) = self.hub().open_channel(channel, self.epoch, limits) {
                tracing::warn!(show = %slug, %error, "desk");
            }
        }
        channel
    }

    /// Whether somebody sits at a show's desk.
    pub(crate) fn desk_is_watched(&self, slug: &Slug) -> bool {
        self.hub().audience(self.desk_channel_of(slug)) > 0
    }

    /// Tells a show's desk how the show does.
    pub(crate) fn tell_desk(&self, slug: &Slug, message: Value) {
        self.hub().publish(
            self.desk_channel_of(slug),
            &Event::state(wire::stamped(message)).keyed("desk"),
        );
    }

    /// Closes the sockets whose right has ended: a desk's, or a moderator's in a room. A moderator comes back as a viewer.
    pub(crate) fn close_without_right(&self) {
        for conn in self.rights.fallen() {
            self.hub().disconnect(conn, CloseCode::Policy, RIGHT_ENDED);
        }
    }

    fn is_desk(&self, channel: ChannelId) -> bool {
        self.desks.read().unwrap_or_else(PoisonError::into_inner).contains(&channel)
    }

    fn by_channel(&self, channel: ChannelId) -> Option<Arc<Room>> {
        self.rooms.read().unwrap_or_else(PoisonError::into_inner).get(&channel).cloned()
    }

    /// Viewers in a room.
    pub(crate) fn audience(&self, slug: &Slug) -> usize {
        self.hub().audience(self.channel_of(slug))
    }

    /// Tells everybody in a room.
    pub(crate) fn tell(&self, slug: &Slug, message: Value) {
        self.hub().publish(self.channel_of(slug), &Event::state(wire::stamped(message)));
    }

    /// Tells everybody what only the latest of its kind matters of.
    pub(crate) fn tell_latest(&self, slug: &Slug, key: &str, message: Value) {
        self.hub().publish(self.channel_of(slug), &Event::state(wire::stamped(message)).keyed(key));
    }

    /// Tells everybody at once, past the window.
    pub(crate) fn tell_now(&self, slug: &Slug, key: &str, message: Value) {
        self.hub()
            .publish(self.channel_of(slug), &Event::urgent(wire::stamped(message)).keyed(key));
    }

    /// Somebody ordered in a show, or took something back.
    pub(crate) fn traded(&self, show: &Slug, what: Trade, who: u128) {
        if let Some(room) = self.by_channel(self.channel_of(show)) {
            room.traded(what, who);
        }
    }

    /// Stock of a product, to every room that offers it.
    pub(crate) fn stock(&self, sku: &Sku, left: u64) {
        let message = if left == 0 {
            json!({"type": "sold_out", "sku": sku})
        } else {
            json!({"type": "stock", "sku": sku, "left": left})
        };
        for room in self.offering(sku) {
            self.tell_now(&room.slug, &format!("stock:{sku}"), message.clone());
        }
    }

    /// The same without haste: it leaves with the next window, and a later count replaces it.
    pub(crate) fn stock_later(&self, sku: &Sku, left: u64) {
        for room in self.offering(sku) {
            self.tell_latest(
                &room.slug,
                &format!("stock:{sku}"),
                json!({"type": "stock", "sku": sku, "left": left}),
            );
        }
    }

    fn offering(&self, sku: &Sku) -> Vec<Arc<Room>> {
        let rooms = self.rooms.read().unwrap_or_else(PoisonError::into_inner);
        rooms.values().filter(|room| room.offers(sku)).cloned().collect()
    }

    /// Takes a message out of the room: from the history, from what waits, and from screens.
    pub(crate) fn delete(&self, room: &Room, id: MessageId) {
        self.hub().delete(room.channel, &[id.as_u128()]);
        room.held.lock().unwrap_or_else(PoisonError::into_inner).retain(|held| held.id != id);
        room.unsay(Gone::Message(id));
        self.chat_log.delete(id);
        self.tell(&room.slug, json!({"type": "deleted", "ids": [id]}));
    }

    /// Takes everything of a viewer out of the room and keeps them from speaking, for good or until a moment.
    pub(crate) fn silence(&self, room: &Room, viewer: ViewerId, until: Option<Timestamp>) {
        let purged = self.hub().mute(room.channel, viewer.as_u128());
        if let Some(until) = until {
            self.end_time_out(room, viewer, until);
        }
        self.forget(room, viewer, &purged);
    }

    /// Drops what waits of a viewer, and tells everybody what was taken out of the room.
    fn forget(&self, room: &Room, viewer: ViewerId, purged: &room::Purged) {
        room.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|held| held.viewer != viewer);
        room.unsay(Gone::Viewer(viewer));
        if !purged.ids.is_empty() {
            let ids: Vec<MessageId> =
                purged.ids.iter().map(|id| MessageId::from_u128(*id)).collect();
            for id in &ids {
                self.chat_log.delete(*id);
            }
            self.tell(&room.slug, json!({"type": "deleted", "ids": ids}));
        }
    }

    /// Takes all that a viewer has said out of every room, and erases it from the disk. They may go on speaking.
    pub(crate) async fn erase(&self, viewer: ViewerId) -> Result<(), StoreError> {
        let rooms: Vec<Arc<Room>> = {
            let rooms = self.rooms.read().unwrap_or_else(PoisonError::into_inner);
            rooms.values().cloned().collect()
        };
        for room in rooms {
            let purged = self.hub().purge(room.channel, viewer.as_u128());
            self.forget(&room, viewer, &purged);
        }
        self.chat_log.erase(viewer).await
    }

    /// Lifts a time-out when it ends, unless something else keeps the viewer from speaking by then.
    fn end_time_out(&self, room: &Room, viewer: ViewerId, until: Timestamp) {
        let (hub, slug, channel) = (self.hub().clone(), room.slug.clone(), room.channel);
        let rooms = self.me.clone();
        tokio::spawn(async move {
            clock::sleep_until(Some(until)).await;
            let Some(room) = rooms.upgrade().map(|rooms| rooms.open(&slug)) else { return };
            if !room.gate().silences(viewer, clock::now()) {
                hub.unmute(channel, viewer.as_u128());
            }
        });
    }

    /// Lets a viewer speak again.
    pub(crate) fn unsilence(&self, room: &Room, viewer: ViewerId) {
        self.hub().unmute(room.channel, viewer.as_u128());
    }

    /// Airs a message that a moderator let through.
    pub(crate) fn release(&self, room: &Room, held: &Held) {
        self.publish_chat(room, held.viewer, &held.nick, held.id, &held.text);
        if let Some(reading) = room.reading() {
            reading.said(held.id, held.viewer, &held.text);
        }
    }

    fn publish_chat(
        &self,
        room: &Room,
        viewer: ViewerId,
        nick: &str,
        id: MessageId,
        text: &str,
    ) -> room::Published {
        let body = wire::chat(id, viewer, nick, text, false);
        let published =
            self.hub().publish(room.channel, &Event::chat(viewer.as_u128(), id.as_u128(), body));
        self.after_chat(room, &published, viewer, nick, id, text);
        published
    }

    fn after_chat(
        &self,
        room: &Room,
        published: &room::Published,
        viewer: ViewerId,
        nick: &str,
        id: MessageId,
        text: &str,
    ) {
        if matches!(published, room::Published::Sequenced(_) | room::Published::Sampled) {
            bump(&room.tally.said);
            room.pulse.lock().unwrap_or_else(PoisonError::into_inner).count(clock::now());
            let mut said = room.said.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() >= SAID_KEPT {
                said.pop_front();
            }
            said.push_back(Said { id, viewer, text: text.to_owned() });
            drop(said);
            self.chat_log.add(&room.slug, id, viewer, nick, text);
        }
    }
}

impl Room {
    fn new(slug: Slug, channel: ChannelId) -> Self {
        Self {
            slug,
            channel,
            gate: RwLock::default(),
            held: Mutex::default(),
            pulse: Mutex::default(),
            tally: Tally::default(),
            spoke: Mutex::default(),
            said: Mutex::default(),
            scene: RwLock::new(Scene { status: "planned", pin: None }),
            offers: RwLock::default(),
            reading: RwLock::default(),
            shown: Mutex::default(),
            minutes: Mutex::default(),
        }
    }

    pub(crate) fn channel(&self) -> ChannelId {
        self.channel
    }

    /// What viewers said last, the newest last.
    pub(crate) fn said(&self) -> Vec<String> {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().map(|said| said.text.clone()).collect()
    }

    /// What was taken out of the room is nothing that a host answers, and nothing that an incident shows.
    fn unsay(&self, gone: Gone) {
        let is = |said: &Said| match gone {
            Gone::Message(id) => said.id == id,
            Gone::Viewer(viewer) => said.viewer == viewer,
        };
        self.said.lock().unwrap_or_else(PoisonError::into_inner).retain(|said| !is(said));
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.said.retain(|said| !is(said));
        if shown.gone.len() >= GONE_MAX {
            shown.gone.pop_front();
        }
        shown.gone.push_back(gone);
        drop(shown);
        if let Some(reading) = self.reading() {
            reading.gone(gone);
        }
    }

    pub(crate) fn reading(&self) -> Option<Arc<Reading>> {
        self.reading.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_reading(&self, reading: Option<Arc<Reading>>) {
        *self.reading.write().unwrap_or_else(PoisonError::into_inner) = reading;
    }

    /// Keeps a message that an incident shows, unless it has been taken out meanwhile.
    pub(crate) fn keep_shown(&self, id: MessageId, viewer: ViewerId, text: &str) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = [Gone::Message(id), Gone::Viewer(viewer)];
        let known = shown.said.iter().any(|known| known.id == id);
        if known || gone.iter().any(|gone| shown.gone.contains(gone)) {
            return;
        }
        if shown.said.len() >= SHOWN_MAX {
            shown.said.pop_front();
        }
        shown.said.push_back(Said { id, viewer, text: text.to_owned() });
    }

    /// A message that an incident shows, while it is remembered.
    pub(crate) fn shown(&self, id: MessageId) -> Option<String> {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.said.iter().find(|said| said.id == id).map(|said| said.text.clone())
    }

    /// The show is over: what its incidents show is on the disk, for as long as chat is.
    pub(crate) fn forget_shown(&self) {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = ShownTexts::default();
    }

    /// Counts an order, or what somebody took back, for the curves and for whoever reads the room.
    pub(crate) fn traded(&self, what: Trade, who: u128) {
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        minutes.count(clock::now(), what);
        drop(minutes);
        if let (Some(reading), Some(channel)) = (self.reading(), what.channel()) {
            reading.took_back(channel, who);
        }
    }

    /// Orders and what was taken back in the last ten minutes, the oldest first.
    pub(crate) fn minutes(&self, now: Timestamp) -> Vec<Minute> {
        self.minutes.lock().unwrap_or_else(PoisonError::into_inner).last(now)
    }

    pub(crate) fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_gate(&self, gate: Gate) {
        *self.gate.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(gate);
    }

    pub(crate) fn set_scene(&self, scene: Scene) {
        *self.scene.write().unwrap_or_else(PoisonError::into_inner) = scene;
    }

    pub(crate) fn scene(&self) -> Scene {
        self.scene.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_offers(&self, offers: Vec<Sku>) {
        *self.offers.write().unwrap_or_else(PoisonError::into_inner) = offers;
    }

    fn offers(&self, sku: &Sku) -> bool {
        self.offers.read().unwrap_or_else(PoisonError::into_inner).contains(sku)
    }

    /// What happened since this was last asked.
    pub(crate) fn take_second(&self) -> Second {
        self.tally.take()
    }

    /// Messages a second over the last minute, oldest first.
    pub(crate) fn pulse(&self, now: Timestamp) -> Vec<u32> {
        self.pulse.lock().unwrap_or_else(PoisonError::into_inner).curve(now)
    }

    pub(crate) fn held(&self) -> Vec<Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes a held message out of the queue.
    pub(crate) fn take_held(&self, id: MessageId) -> Option<Held> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let place = held.iter().position(|held| held.id == id)?;
        Some(held.remove(place))
    }

    /// Queues a message for the moderators; `false` when the queue is full.
    fn hold(&self, message: Held) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = held.len() < HELD_MAX;
        if fits {
            held.push(message);
        }
        fits
    }
}
