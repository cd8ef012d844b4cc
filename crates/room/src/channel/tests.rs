use proptest::prelude::*;

use super::*;
use crate::queue::{Queue, QueueLimits};

const CROWD: Load = Load { audience: 1_000, pressure_permille: 0, congested: false };

fn open() -> Channel {
    Channel::new(7, ChannelLimits::default())
}

fn chat(author: u128, id: u128) -> Event {
    Event::chat(author, id, format!(r#"{{"id":{id}}}"#))
}

fn seqs(frames: &[Arc<Frame>]) -> Vec<u64> {
    frames.iter().map(|frame| frame.seq).collect()
}

/// Numbers that the step lets out at once.
fn out(step: &Step) -> Vec<u64> {
    match step {
        Step::Flush(batch) => seqs(&batch.frames),
        Step::Nothing | Step::At(_) => Vec::new(),
    }
}

/// A channel under a load that holds its window open, right after a flush at `now_us`.
fn busy() -> (Channel, i64) {
    let (mut channel, mut now_us) = (open(), 0);
    loop {
        now_us += 10_000;
        let (_, step) = channel.publish(&Event::state("{}"), CROWD, now_us);
        if matches!(step, Step::Flush(_)) && channel.window.width_us(0) == 100_000 {
            return (channel, now_us);
        }
        if let Some(due_us) = channel.deadline_us.filter(|due_us| *due_us <= now_us) {
            channel.flush_due(CROWD, due_us);
        }
    }
}

#[test]
fn events_are_encoded_once_with_number_and_epoch() {
    let mut channel = open();
    let (_, step) = channel.publish(&Event::state(r#"{"type":"x"}"#), CROWD, 0);
    let Step::Flush(batch) = step else { panic!("{step:?}") };
    assert_eq!(&batch.bytes[2..], br#"{"seq":1,"epoch":7,"type":"x"}"#);
    let (_, step) = channel.publish(&Event::state("{ }"), CROWD, 1_000_000);
    let Step::Flush(batch) = step else { panic!("{step:?}") };
    assert_eq!(&batch.bytes[2..], br#"{"seq":2,"epoch":7 }"#);
    for body in ["", "[]", "{", "x}"] {
        let published = channel.publish(&Event::state(body), CROWD, 2_000_000).0;
        assert_eq!(published, Published::Malformed, "{body}");
    }
}

#[test]
fn a_quiet_channel_sends_at_once() {
    let mut channel = open();
    for n in 0..10 {
        let (_, step) = channel.publish(&chat(1, n), CROWD, n as i64 * 1_000_000);
        assert_eq!(out(&step).len(), 1);
    }
}

#[test]
fn a_busy_channel_gathers_for_the_window() {
    let (mut channel, now_us) = busy();
    let first = channel.seq() + 1;
    let (_, step) = channel.publish(&chat(1, 1), CROWD, now_us + 1_000);
    let Step::At(due_us) = step else { panic!("{step:?}") };
    assert_eq!(due_us, now_us + 100_000);
    let (_, step) = channel.publish(&chat(1, 2), CROWD, now_us + 2_000);
    assert!(matches!(step, Step::Nothing));
    assert!(matches!(channel.flush_due(CROWD, due_us - 1), Step::Nothing));
    assert_eq!(out(&channel.flush_due(CROWD, due_us)), [first, first + 1]);
    assert!(matches!(channel.flush_due(CROWD, due_us), Step::Nothing));
}

#[test]
fn urgent_events_take_along_what_waits_in_order() {
    let (mut channel, now_us) = busy();
    let first = channel.seq() + 1;
    channel.publish(&chat(1, 1), CROWD, now_us + 1_000);
    let (_, step) = channel.publish(&Event::urgent("{}"), CROWD, now_us + 2_000);
    assert_eq!(out(&step), [first, first + 1]);
}

#[test]
fn a_rush_of_stock_keeps_the_window_and_only_the_latest_value() {
    let (mut channel, now_us) = busy();
    let stock = Event::urgent("{}").keyed("stock:a");
    let flushes = (0..1_000)
        .filter(|n| !out(&channel.publish(&stock, CROWD, now_us + 10 * n).1).is_empty())
        .count();
    assert!(flushes <= 21, "{flushes}");
    assert_eq!(channel.pending.len(), 1);
    assert_eq!(channel.join(None).1.iter().filter(|frame| frame.key.is_some()).count(), 1);
}

#[test]
fn congestion_holds_everything_within_bounds() {
    let mut channel = open();
    let load = Load { congested: true, ..CROWD };
    channel.set_chat_budget_per_s(0);
    for n in 0..1_000 {
        let event = if n % 10 == 0 { Event::urgent("{}") } else { chat(1, n) };
        assert!(out(&channel.publish(&event, load, 0).1).is_empty());
    }
    assert_eq!(channel.pending.len(), 256);
    assert_eq!(channel.take_shed(), 744);
    let urgent = channel.pending.iter().filter(|frame| frame.kind == Kind::Urgent).count();
    assert_eq!(urgent, 100, "chat is shed first");
    let due_us = channel.deadline_us.expect("a flush is planned");
    assert!(matches!(channel.flush_due(load, due_us), Step::At(_)));
    assert_eq!(out(&channel.flush_due(CROWD, due_us + 200_000)).len(), 256);
}

#[test]
fn resuming_gets_exactly_what_was_missed() {
    let mut channel = open();
    for n in 1..=10 {
        channel.publish(&chat(1, n), CROWD, n as i64 * 1_000_000);
    }
    let check = |seq, epoch, resumed, expected: std::ops::Range<u64>| {
        let (joined, frames) = channel.join(Some(Resume { epoch, seq }));
        assert_eq!(seqs(&frames), expected.collect::<Vec<_>>(), "from {seq}");
        assert_eq!((joined.resumed, joined.missed), (resumed, frames.len()), "from {seq}");
        assert_eq!(joined.seq, frames.first().map_or(10, |frame| frame.seq - 1));
    };
    check(7, 7, true, 8..11);
    check(10, 7, true, 11..11);
    check(0, 7, true, 1..11);
    check(7, 8, false, 1..11); // another epoch
    check(11, 7, false, 1..11); // from the future
}

#[test]
fn resuming_too_late_gets_the_history() {
    let mut channel = open();
    for n in 1..=300 {
        channel.publish(&chat(1, n), CROWD, n as i64 * 1_000_000);
    }
    let (joined, frames) = channel.join(Some(Resume { epoch: 7, seq: 99 }));
    assert_eq!((joined.resumed, frames.len(), joined.seq), (false, 200, 100));
    assert!(channel.join(Some(Resume { epoch: 7, seq: 100 })).0.resumed);
    let long = Event::state(format!(r#"{{"x":"{}"}}"#, "x".repeat(16_000)));
    for n in 0..50 {
        channel.publish(&long, CROWD, 400_000_000 + n * 1_000_000);
    }
    assert!(channel.history_bytes <= 256 * 1024, "{}", channel.history_bytes);
}

#[test]
fn what_waits_for_the_window_is_not_history_yet() {
    let (mut channel, now_us) = busy();
    channel.publish(&chat(1, 1), CROWD, now_us + 1_000);
    let pending = channel.seq();
    let (joined, frames) = channel.join(None);
    assert!(!seqs(&frames).contains(&pending));
    let (again, _) = channel.join(Some(Resume { epoch: 7, seq: joined.seq }));
    assert!(again.resumed);
    assert_eq!(out(&channel.flush_due(CROWD, now_us + 200_000)), [pending]);
}

#[test]
fn purges_leave_nothing_behind_and_mutes_let_nothing_in() {
    let (mut channel, now_us) = busy();
    channel.publish(&chat(1, 11), CROWD, now_us + 200_000);
    channel.publish(&chat(1, 12), CROWD, now_us + 201_000);
    channel.publish(&chat(2, 21), CROWD, now_us + 202_000);
    assert!(channel.mute(1));
    let (_, purged) = channel.purge(What::Author(1));
    assert_eq!(purged.ids, [11, 12]);
    assert_eq!(channel.publish(&chat(1, 13), CROWD, now_us + 203_000).0, Published::Muted);
    channel.unmute(1);
    channel.publish(&chat(1, 14), CROWD, now_us + 204_000);
    let Step::Flush(batch) = channel.flush_due(CROWD, now_us + 400_000) else { panic!() };
    assert_eq!(batch.frames.iter().filter_map(|frame| frame.id).collect::<Vec<_>>(), [21, 14]);
    let (_, purged) = channel.purge(What::Ids([21].into()));
    assert_eq!(purged.ids, [21]);
}

/// One step of a room whose viewers take bytes at their own pace.
#[derive(Clone, Debug)]
enum Op {
    Say {
        author: u128,
        urgent: bool,
    },
    Purge {
        author: u128,
    },
    Pass {
        us: i64,
    },
    /// The batch that waits longest for this viewer is offered to them.
    Offer {
        viewer: usize,
    },
    /// The viewer's socket takes this many bytes.
    Take {
        viewer: usize,
        bytes: usize,
    },
}

const VIEWERS: usize = 3;

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => (0..3_u128, prop::bool::weighted(0.1)).prop_map(|(author, urgent)| Op::Say { author, urgent }),
        1 => (0..3_u128).prop_map(|author| Op::Purge { author }),
        2 => (0..200_000_i64).prop_map(|us| Op::Pass { us }),
        6 => (0..VIEWERS).prop_map(|viewer| Op::Offer { viewer }),
        4 => (0..VIEWERS, 1..200_usize).prop_map(|(viewer, bytes)| Op::Take { viewer, bytes }),
    ];
    prop::collection::vec(op, 1..200)
}

#[derive(Default)]
struct Watcher {
    inbox: VecDeque<Arc<Batch>>,
    queue: Queue,
    /// Bytes that the socket would take.
    credit: usize,
    wire: Vec<u8>,
}

impl Watcher {
    fn offer(&mut self, limits: &QueueLimits) {
        let Some(batch) = self.inbox.pop_front() else { return };
        if self.queue.is_empty() {
            let taken = batch.bytes.len().min(self.credit);
            self.write(&batch.bytes[..taken]);
            if taken < batch.bytes.len() {
                self.queue.take_rest(&batch.frames, taken);
            }
        } else {
            for frame in &batch.frames {
                self.queue.push(frame, limits).expect("the test stays within the bounds");
            }
        }
    }

    fn drain(&mut self) {
        let mut out = Vec::new();
        self.queue.gather(&mut out, self.credit);
        self.write(&out);
        self.queue.advance(out.len(), &mut Vec::new());
    }

    fn write(&mut self, bytes: &[u8]) {
        self.credit -= bytes.len();
        self.wire.extend_from_slice(bytes);
    }

    /// Where on the wire each number begins.
    fn begins(&self) -> Vec<(usize, u64)> {
        let (mut at, mut found) = (0, Vec::new());
        while at + 2 <= self.wire.len() {
            let len = usize::from(self.wire[at + 1]);
            let text = &self.wire[at + 2..self.wire.len().min(at + 2 + len)];
            let digits: String = String::from_utf8_lossy(text)
                .chars()
                .skip(7)
                .take_while(char::is_ascii_digit)
                .collect();
            if let (Ok(seq), true) = (digits.parse(), at + 2 + len <= self.wire.len()) {
                found.push((at, seq));
            }
            at += 2 + len;
        }
        found
    }
}

proptest! {
    /// C-1: after a purge, no message of its author begins on any wire; and whatever the
    /// interleaving, numbers only rise and frames are whole.
    #[test]
    fn nothing_is_delivered_after_its_mute(ops in ops()) {
        let (mut channel, mut now_us) = (open(), 0);
        let mut watchers: [Watcher; VIEWERS] = Default::default();
        let limits = QueueLimits::default();
        let mut authors = vec![u128::MAX];
        let mut purges = Vec::new();
        for op in ops {
            let step = match op {
                Op::Say { author, urgent } => {
                    authors.push(author);
                    let kind = if urgent { Kind::Urgent } else { Kind::State };
                    channel.publish(&Event { kind, ..chat(author, 0) }, CROWD, now_us).1
                }
                Op::Purge { author } => {
                    let (purge, _) = channel.purge(What::Author(author));
                    for watcher in &mut watchers {
                        for batch in &mut watcher.inbox {
                            *batch = Arc::clone(batch).without(&purge);
                        }
                        watcher.queue.purge(&purge);
                    }
                    purges.push((author, channel.seq(), watchers.each_ref().map(|w| w.wire.len())));
                    Step::Nothing
                }
                Op::Pass { us } => {
                    now_us += us;
                    channel.flush_due(CROWD, now_us)
                }
                Op::Offer { viewer } => {
                    watchers[viewer].offer(&limits);
                    Step::Nothing
                }
                Op::Take { viewer, bytes } => {
                    watchers[viewer].credit += bytes;
                    watchers[viewer].drain();
                    Step::Nothing
                }
            };
            if let Step::Flush(batch) = step {
                watchers.iter_mut().for_each(|watcher| watcher.inbox.push_back(Arc::clone(&batch)));
            }
        }
        for (at, watcher) in watchers.iter().enumerate() {
            let begins = watcher.begins();
            prop_assert!(begins.is_sorted_by(|a, b| a.1 < b.1), "{begins:?}");
            for (author, upto, lens) in &purges {
                let late = begins.iter().find(|(begin, seq)| {
                    *begin >= lens[at] && seq <= upto && authors[*seq as usize] == *author
                });
                prop_assert_eq!(late, None);
            }
        }
    }
}
