//! How connections end: limits in time, goodbyes, what is forgotten.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{End, Shard};
use crate::config::HubConfig;
use crate::conn::{Conn, Phase};
use crate::counters::{Cause, Counters};
use crate::event::Frame;
use crate::port::Port;
use crate::ws::{self, CloseCode};

/// How often limits in time are checked.
pub(super) const TICK_US: i64 = 500_000;
/// How long a peer may take to close after our close frame.
const LINGER_US: i64 = 2_000_000;
/// How long the share of busy time is measured.
const BUSY_US: i64 = 200_000;

impl Shard {
    pub(super) fn finish_ended(&mut self) {
        while let Some((slot, end)) = self.ended.pop() {
            self.finish(slot, end);
        }
    }

    pub(super) fn finish(&mut self, slot: u32, end: End) {
        let Some(conn) = self.slots.take(slot) else { return };
        let (id, viewer) = (conn.id, conn.viewer);
        let closing = matches!(conn.phase, Phase::Closing { .. });
        if !closing {
            let (End::Drop(cause) | End::Close(cause, ..)) = &end;
            Counters::add(&self.hub.counters().closed[*cause as usize], 1);
            self.leave_room(&conn);
        }
        self.slots.put(slot, conn);
        let lingers = match end {
            End::Drop(_) => false,
            End::Close(_, code, reason) => closing || self.say_goodbye(slot, code, &reason),
        };
        if !lingers {
            self.slots.release(slot);
            self.hub.forget_connection();
        }
        if !closing {
            let (handler, hub) = (&self.handler, &self.hub);
            // The connection is gone either way; the next one is not to suffer.
            let _ = catch_unwind(AssertUnwindSafe(|| handler.closed(hub, id, &viewer)));
        }
    }

    /// Sends a close frame; false when nothing can be said any more. The gate is held, because
    /// what waits before it as ciphertext leaves with it.
    pub(super) fn say_goodbye(&mut self, slot: u32, code: CloseCode, reason: &str) -> bool {
        let shared = Arc::clone(self.hub.shared());
        let mut gate = shared.ports[self.index].gate();
        self.apply(&std::mem::take(&mut *gate));
        let until_us = self.io.now_us + LINGER_US;
        let conn = self.slots.get(slot);
        conn.is_some_and(|conn| conn.begin_close((code, reason), until_us, &mut self.io).is_ok())
    }

    pub(super) fn leave_room(&mut self, conn: &Conn) {
        let Phase::Member(at) = conn.phase else { return };
        self.hub.leave(&conn.cell, self.index);
        let Some(members) = self.rooms.get_mut(&conn.id.channel) else { return };
        members.swap_remove(at);
        let moved = members.get(at).copied();
        if members.is_empty() {
            self.rooms.remove(&conn.id.channel);
        }
        if let Some(moved) = moved.and_then(|slot| self.slots.get(slot)) {
            moved.phase = Phase::Member(at);
        }
    }

    /// Twice a second: waiting purges, limits in time, pings; measures how busy the thread is.
    pub(super) fn tick(&mut self, port: &Port) {
        let measured_us = self.io.now_us - self.busy_since_us;
        if measured_us >= BUSY_US {
            let busy_us = (measured_us - self.idle_us).clamp(0, measured_us);
            port.set_busy_permille((busy_us * 1000 / measured_us) as u32);
            (self.busy_since_us, self.idle_us) = (self.io.now_us, 0);
        }
        if self.io.now_us < self.next_tick_us {
            return;
        }
        self.next_tick_us = self.io.now_us + TICK_US;
        let purges = std::mem::take(&mut *port.gate());
        self.apply(&purges);
        let shared = Arc::clone(self.hub.shared());
        for (slot, conn) in self.slots.iter_mut() {
            if let Some(end) = overdue(conn, &shared.config, self.io.now_us) {
                self.ended.push((slot, end));
                continue;
            }
            let ping_us = shared.config.ping_ms * 1000;
            if self.io.now_us - conn.heard_us.max(conn.pinged_us) >= ping_us {
                conn.pinged_us = self.io.now_us;
                if let Err(cause) = conn.send(&Frame::control("ping", ws::ping()), &mut self.io) {
                    self.ended.push((slot, End::Drop(cause)));
                }
            }
        }
        self.finish_ended();
    }

    pub(super) fn stop(&mut self) {
        self.end_where(
            |_| true,
            || End::Close(Cause::Shutdown, CloseCode::GoingAway, "the server stops".to_owned()),
        );
        self.finish_ended();
        self.end_where(|_| true, || End::Drop(Cause::Shutdown));
        self.finish_ended();
        self.io.tally.tell(&self.hub.shared().counters);
    }
}

/// The limit in time that a connection has broken.
fn overdue(conn: &Conn, config: &HubConfig, now_us: i64) -> Option<End> {
    match conn.phase {
        Phase::Closing { until_us } if now_us >= until_us => return Some(End::Drop(Cause::Peer)),
        Phase::Closing { .. } => return None,
        Phase::Greeting if now_us - conn.opened_us >= config.hello_ms * 1000 => {
            let why = "no hello in time".to_owned();
            return Some(End::Close(Cause::HelloTimeout, CloseCode::Policy, why));
        }
        _ => {}
    }
    if now_us - conn.heard_us >= config.silence_ms * 1000 {
        return Some(End::Drop(Cause::PingTimeout));
    }
    let stalled = conn.stalled_since_us().is_some_and(|us| now_us - us >= config.stall_ms * 1000);
    stalled.then_some(End::Drop(Cause::Stalled))
}
