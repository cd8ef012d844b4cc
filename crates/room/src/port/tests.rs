use std::collections::VecDeque;

use super::*;
use crate::event::{Event, What};

/// A shard that passes the gate before it looks into its inbox must not find purged words there.
#[test]
fn purges_reach_what_the_shard_has_not_taken() {
    let (port, _poll) = Port::new().expect("a poll");
    let channel = ChannelId(1);
    let frame = |author, seq| Frame::sequenced(&Event::chat(author, author, "{}"), 1, seq);
    let conn = ConnId { channel, shard: 0, slot: 0, generation: 0 };
    let batch = Batch::new(vec![frame(5, 1), frame(6, 2)]);
    port.push(Cmd::Batch { channel, batch });
    port.push(Cmd::Batch { channel, batch: Batch::new(vec![frame(5, 3)]) });
    port.push(Cmd::Batch { channel: ChannelId(2), batch: Batch::new(vec![frame(5, 1)]) });
    port.push(Cmd::Send { conn, frame: frame(5, 3) });
    port.push(Cmd::SendRole { channel, role_mask: 1, frame: frame(5, 3) });
    port.push(Cmd::Batch { channel, batch: Batch::new(vec![frame(5, 4)]) });
    port.purge_inbox(channel, &Purge { what: What::Author(5), upto_seq: 3 });
    let mut taken = VecDeque::new();
    port.take(&mut taken);
    let left: Vec<_> = taken
        .iter()
        .map(|cmd| match cmd {
            Cmd::Batch { channel, batch } => {
                (channel.0, batch.frames.iter().map(|frame| frame.seq).collect())
            }
            other => panic!("not purged: {other:?}"),
        })
        .collect();
    // What others said stays, so does another channel, and what came after being let back in.
    assert_eq!(left, [(1, vec![2]), (2, vec![1]), (1, vec![4])]);
    taken.iter().for_each(|_| port.done());
    assert_eq!(port.backlog.load(Ordering::Relaxed), 0);
}
