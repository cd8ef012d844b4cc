//! A shard that panicked: its viewers are let go, so that they come back, and the thread goes on. A shard that is simply
//! gone would keep taking viewers whom nobody ever writes to.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{READ_BYTES, Shard};
use crate::conn::Phase;
use crate::counters::{Cause, Counters};

/// Panics without one whole turn between them; then nothing can be mended, and the shard counts as dead.
const PANICS_MAX: u32 = 10;

impl Shard {
    /// Runs until the hub stops, through panics too.
    pub(super) fn keep_running(mut self) {
        let mut in_a_row = 0;
        loop {
            let turns = self.turns;
            if catch_unwind(AssertUnwindSafe(|| self.run())).is_ok() {
                return;
            }
            in_a_row = if self.turns > turns + 1 { 1 } else { in_a_row + 1 };
            let counters = &self.hub.shared().counters;
            Counters::add(&counters.shard_panics, 1);
            let mended = catch_unwind(AssertUnwindSafe(|| self.mend()));
            if mended.is_err() || in_a_row >= PANICS_MAX {
                Counters::add(&self.hub.shared().counters.shards_dead, 1);
                return;
            }
        }
    }

    /// Lets every connection go and puts everything else in order.
    fn mend(&mut self) {
        let shared = Arc::clone(self.hub.shared());
        if std::mem::take(&mut self.carrying) {
            shared.ports[self.index].done();
        }
        self.rooms.clear();
        self.again.clear();
        self.ended.clear();
        self.inbuf = vec![0; READ_BYTES];
        for (slot, conn) in self.slots.drain() {
            if let Some(conn) = conn {
                match conn.phase {
                    // The handler has heard of it and the cause is counted.
                    Phase::Closing { .. } => {}
                    phase => {
                        if matches!(phase, Phase::Member(_)) {
                            self.hub.leave(&conn.cell, self.index);
                        }
                        Counters::add(&shared.counters.closed[Cause::ShardFailed as usize], 1);
                        let (handler, hub) = (&self.handler, &self.hub);
                        let (id, viewer) = (conn.id, conn.viewer);
                        drop(conn);
                        let _ = catch_unwind(AssertUnwindSafe(|| handler.closed(hub, id, &viewer)));
                    }
                }
            }
            self.slots.release(slot);
            self.hub.forget_connection();
        }
        // A timer that was taken out and not carried out would leave its channel's window open for good.
        self.hub.flush_all_due((shared.config.clock)());
    }
}
