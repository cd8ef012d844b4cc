//! What happens when a viewer comes, speaks and goes. Runs on the threads that own the sockets, so nothing here waits.

use std::collections::HashMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use room::ws::CloseCode;
use room::{ConnId, Event, Handler, Hub, Published, Viewer};
use serde_json::json;
use show::moderation::Verdict;
use units::{MessageId, Timestamp, ViewerId};

use super::pulse::bump;
use super::wire::{self, Incoming};
use super::{Held, RIGHT_ENDED, Room, Rooms};
use crate::clock;
use crate::errors::{ApiError, Code};
use crate::mint;
use crate::names::clean_text;

/// Role bit of everybody.
pub(crate) const VIEWER: u32 = 1;
/// Role bit of those who moderate.
pub(crate) const MODERATOR: u32 = 2;

const NICK_MAX: usize = 24;
/// Over how long a viewer's messages are counted.
const RATE_WINDOW_MS: i64 = 10_000;
/// Viewers whose last words a room remembers; above it those that were quiet long are forgotten.
const SPOKE_MAX: usize = 50_000;

/// When a viewer spoke.
#[derive(Default)]
pub(super) struct Spoke {
    recent: VecDeque<Timestamp>,
}

/// The handler of the fan-out.
pub(super) struct Door {
    rooms: Weak<Rooms>,
    nicks: Mutex<HashMap<ConnId, String>>,
}

impl Door {
    pub(super) fn new(rooms: &Arc<Rooms>) -> Self {
        Self { rooms: Arc::downgrade(rooms), nicks: Mutex::default() }
    }

    fn nick(&self, conn: ConnId, viewer: &Viewer) -> String {
        let nicks = self.nicks.lock().unwrap_or_else(PoisonError::into_inner);
        nicks.get(&conn).cloned().unwrap_or_else(|| default_nick(ViewerId::from_u128(viewer.id)))
    }

    fn set_nick(&self, conn: ConnId, nick: Option<&str>) {
        if let Some(nick) = nick.and_then(|nick| clean_text(nick, NICK_MAX)) {
            self.nicks.lock().unwrap_or_else(PoisonError::into_inner).insert(conn, nick);
        }
    }

    fn say(
        &self,
        rooms: &Rooms,
        room: &Room,
        hub: &Hub,
        conn: ConnId,
        viewer: &Viewer,
        text: &str,
    ) -> Result<(), ApiError> {
        let longest = rooms.settings.text_max;
        let text = match clean_text(text, longest) {
            Some(text) => text,
            None if text.chars().count() > longest => return Err(Code::MessageTooLong.into()),
            None => return Err(Code::MessageEmpty.into()),
        };
        let (id, viewer_id, now) =
            (MessageId(mint::uuid()), ViewerId::from_u128(viewer.id), clock::now());
        let nick = self.nick(conn, viewer);
        let moderator = viewer.role & MODERATOR != 0;
        if !moderator && self.may(rooms, room, viewer_id, now)? == Verdict::Hold {
            let held = Held { id, viewer: viewer_id, nick: nick.clone(), text: text.clone() };
            if !room.hold(held) {
                return Err(Code::Busy.into());
            }
            bump(&room.tally.held);
            hub.send(conn, &Event::state(json!({"type": "held", "id": id}).to_string()));
            let pending = json!({"type": "pending", "id": id, "viewer": viewer_id, "nick": nick, "text": text});
            hub.send_role(
                room.channel(),
                MODERATOR,
                &Event::chat(viewer.id, id.as_u128(), wire::stamped(pending)),
            );
            return Ok(());
        }
        let body = wire::chat(id, viewer_id, &nick, &text, moderator);
        let event = Event::chat(viewer.id, id.as_u128(), body);
        let published = hub.say(conn, &event);
        match published {
            Published::Muted => return Err(Code::Banned.into()),
            // A flood thins out what others see, never what the speaker sees of themselves.
            Published::Sequenced(_) | Published::Sampled => {}
            _ => return Err(Code::Internal.into()),
        }
        rooms.after_chat(room, &published, viewer_id, &nick, id, &text);
        // A room is its viewers.
        if let Some(reading) = room.reading().filter(|_| !moderator) {
            reading.said(id, viewer_id, &text);
        }
        Ok(())
    }

    /// Whether the viewer may speak now, by the show's gate and by the rate limit.
    fn may(
        &self,
        rooms: &Rooms,
        room: &Room,
        viewer: ViewerId,
        now: Timestamp,
    ) -> Result<Verdict, ApiError> {
        let mut spoke = room.spoke.lock().unwrap_or_else(PoisonError::into_inner);
        if spoke.len() >= SPOKE_MAX {
            spoke.retain(|_, spoke| {
                spoke.recent.back().is_some_and(|last| (now - *last).ms() < RATE_WINDOW_MS)
            });
        }
        let own = spoke.entry(viewer).or_default();
        let verdict = room.gate().check(viewer, own.recent.back().copied(), now);
        if let Verdict::Refuse(rejection) = verdict {
            return Err(rejection.into());
        }
        while own.recent.front().is_some_and(|first| (now - *first).ms() >= RATE_WINDOW_MS) {
            if own.recent.len() == 1 {
                break;
            }
            own.recent.pop_front();
        }
        let in_window = own.recent.iter().filter(|at| (now - **at).ms() < RATE_WINDOW_MS).count();
        if in_window >= rooms.settings.messages_per_10s as usize {
            let oldest = own.recent.front().map_or(0, |first| RATE_WINDOW_MS - (now - *first).ms());
            return Err(ApiError::from(Code::TooManyRequests).retry_after_ms(oldest));
        }
        own.recent.push_back(now);
        Ok(verdict)
    }
}

impl Handler for Door {
    fn opened(&self, hub: &Hub, conn: ConnId, viewer: &Viewer) {
        let Some(rooms) = self.rooms.upgrade() else { return };
        if !rooms.rights.opened(viewer.ticket, conn) {
            return hub.disconnect(conn, CloseCode::Policy, RIGHT_ENDED);
        }
        // The desk only listens, so it need not say hello.
        if rooms.is_desk(conn.channel) {
            let _ = hub.subscribe(conn, None, |_| wire::stamped(json!({"type": "welcome"})));
        }
    }

    fn message(&self, hub: &Hub, conn: ConnId, viewer: &Viewer, text: &str) {
        let Some(rooms) = self.rooms.upgrade() else { return };
        let Some(room) = rooms.by_channel(conn.channel) else { return };
        let done = match serde_json::from_str::<Incoming>(text) {
            Ok(Incoming::Hello { nick, resume }) => {
                self.set_nick(conn, nick.as_deref());
                let nick = self.nick(conn, viewer);
                let moderator = viewer.role & MODERATOR != 0;
                let _ = hub.subscribe(conn, resume, |joined| {
                    welcome(&rooms, &room, viewer, &nick, joined, resume.is_some())
                });
                if moderator {
                    for held in room.held() {
                        let pending = json!({"type": "pending", "id": held.id, "viewer": held.viewer, "nick": held.nick, "text": held.text});
                        hub.send(conn, &Event::state(wire::stamped(pending)));
                    }
                }
                self.tell_viewers(hub, conn);
                Ok(())
            }
            Ok(Incoming::Say { text }) => self.say(&rooms, &room, hub, conn, viewer, &text),
            Ok(Incoming::Nick { nick }) => {
                self.set_nick(conn, Some(&nick));
                Ok(())
            }
            Ok(Incoming::Ping) => {
                hub.send(conn, &Event::state(wire::stamped(json!({"type": "pong"}))));
                Ok(())
            }
            Err(error) => Err(ApiError::about(Code::BadJson, error.to_string())),
        };
        if let Err(refusal) = done {
            bump(&room.tally.refused);
            hub.send(conn, &Event::state(refusal.room_message()));
        }
    }

    fn closed(&self, hub: &Hub, conn: ConnId, _: &Viewer) {
        self.nicks.lock().unwrap_or_else(PoisonError::into_inner).remove(&conn);
        self.tell_viewers(hub, conn);
    }
}

impl Door {
    fn tell_viewers(&self, hub: &Hub, conn: ConnId) {
        if self.rooms.upgrade().is_none_or(|rooms| rooms.is_desk(conn.channel)) {
            return;
        }
        let count = hub.audience(conn.channel);
        let message = wire::stamped(json!({"type": "viewers", "count": count}));
        hub.publish(conn.channel, &Event::state(message).keyed("viewers"));
    }
}

fn welcome(
    rooms: &Rooms,
    room: &Room,
    viewer: &Viewer,
    nick: &str,
    joined: &room::Joined,
    came_back: bool,
) -> String {
    let (gate, scene) = (room.gate(), room.scene());
    let pin = scene.pin.map(|(sku, air)| json!({"sku": sku, "air_ms": air.ms()}));
    wire::stamped(json!({
        "type": "welcome",
        "seq": joined.seq,
        "epoch": joined.epoch,
        "resumed": joined.resumed,
        "missed": came_back.then_some(joined.missed),
        "viewer": {"id": ViewerId::from_u128(viewer.id), "nick": nick},
        "state": {
            "status": scene.status,
            "pin": pin,
            "viewers": rooms.hub().audience(room.channel()) + 1,
            "slow_s": gate.settings().slow_s,
            "hold": gate.settings().hold,
            "locked": gate.settings().locked,
        },
    }))
}

/// What the room calls somebody who gave no name.
fn default_nick(viewer: ViewerId) -> String {
    format!("Viewer {:04}", viewer.as_u128() % 10_000)
}
