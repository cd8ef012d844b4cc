//! What viewers say: reading, parsing, the handler.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{End, Shard, failed_handler};
use crate::conn::{Conn, Phase};
use crate::counters::Cause;
use crate::event::Frame;
use crate::ws::{self, CloseCode, Message};

/// Reads of one connection before the others get their turn.
const READS_MAX: usize = 4;

impl Shard {
    /// Reads a turn's worth from a connection.
    pub(super) fn read(&mut self, slot: u32) {
        let Some(mut conn) = self.slots.take(slot) else { return };
        let mut buf = std::mem::take(&mut self.inbuf);
        let mut reads = 0;
        let end = loop {
            if reads == READS_MAX {
                self.again.push_back(slot);
                break None;
            }
            reads += 1;
            match conn.transport.read(&mut buf) {
                Ok(0) => break Some(End::Drop(Cause::Peer)),
                Ok(len) => {
                    if let Err(end) = self.hear(&mut conn, &buf[..len]) {
                        break Some(end);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break None,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    break Some(End::Drop(Cause::Protocol));
                }
                Err(_) => break Some(End::Drop(Cause::Peer)),
            }
        };
        self.inbuf = buf;
        self.slots.put(slot, conn);
        if let Some(end) = end {
            self.ended.push((slot, end));
        }
        self.finish_ended();
    }

    /// Acts on bytes that a viewer sent.
    pub(super) fn hear(&mut self, conn: &mut Conn, mut input: &[u8]) -> Result<(), End> {
        if matches!(conn.phase, Phase::Closing { .. }) {
            return Ok(());
        }
        conn.heard_us = self.io.now_us;
        let shared = Arc::clone(self.hub.shared());
        let per_s = shared.config.inbound_per_s;
        loop {
            let message = conn.reader.next(&mut input).map_err(|code| {
                End::Close(Cause::Protocol, code, "the frame is not acceptable".to_owned())
            })?;
            let pong = match message {
                Some(Message::Text(text)) => {
                    if !conn.inbound.message(per_s, self.io.now_us) {
                        return Err(flood());
                    }
                    self.io.tally.received += 1;
                    let (handler, hub) = (&self.handler, &self.hub);
                    let call = || handler.message(hub, conn.id, &conn.viewer, text);
                    catch_unwind(AssertUnwindSafe(call)).map_err(|_| failed_handler())?;
                    continue;
                }
                Some(Message::Close) => {
                    return Err(End::Close(Cause::Peer, CloseCode::Normal, String::new()));
                }
                Some(Message::Ping(payload)) => Some(Frame::control("pong", ws::pong(payload))),
                Some(Message::Pong) => None,
                // Empty fragments end in no message, so frames are counted here too.
                None => {
                    let total = conn.reader.frames();
                    let calm = conn.inbound.frames(total, per_s, self.io.now_us);
                    return if calm { Ok(()) } else { Err(flood()) };
                }
            };
            if !conn.inbound.frames(conn.reader.frames(), per_s, self.io.now_us) {
                return Err(flood());
            }
            if let Some(pong) = pong {
                conn.send(&pong, &mut self.io).map_err(End::Drop)?;
            }
        }
    }
}

fn flood() -> End {
    let why = "too many messages a second".to_owned();
    End::Close(Cause::Flood, CloseCode::Policy, why)
}
