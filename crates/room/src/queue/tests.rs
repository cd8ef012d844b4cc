use super::*;
use crate::event::{Event, What};

const SMALL: QueueLimits =
    QueueLimits { chat_frames: 4, chat_bytes: 10_000, frames: 6, bytes: 20_000 };

fn chat(seq: u64) -> Arc<Frame> {
    Frame::sequenced(&Event::chat(u128::from(seq % 2), seq.into(), "{}"), 1, seq)
}

fn state(seq: u64) -> Arc<Frame> {
    Frame::sequenced(&Event::state("{}"), 1, seq)
}

fn stock(seq: u64, sku: &str) -> Arc<Frame> {
    Frame::sequenced(&Event::urgent("{}").keyed(sku), 1, seq)
}

fn seqs(queue: &Queue) -> Vec<u64> {
    queue.frames.iter().map(|frame| frame.seq).collect()
}

fn filled(frames: impl IntoIterator<Item = Arc<Frame>>) -> Queue {
    let mut queue = Queue::default();
    for frame in frames {
        queue.push(&frame, &SMALL).expect("fits");
    }
    queue
}

#[test]
fn chat_goes_first_and_the_oldest_before_the_newer() {
    let queue = filled([chat(1), state(2), chat(3), chat(4), state(5), chat(6)]);
    assert_eq!(seqs(&queue), [2, 4, 5, 6]);
}

#[test]
fn a_newer_value_replaces_the_older_of_its_key() {
    let queue = filled([stock(1, "a"), stock(2, "b"), stock(3, "a"), stock(4, "a")]);
    assert_eq!(seqs(&queue), [2, 4]);
}

#[test]
fn a_viewer_whom_state_overwhelms_is_given_up() {
    let mut queue = filled((1..=6).map(state));
    assert_eq!(queue.push(&state(7), &SMALL), Err(Overflow));
    let mut queue = filled((1..=6).map(state));
    assert_eq!(queue.push(&chat(7), &SMALL).map(|drops| drops.chat), Ok(1), "chat never does it");
}

#[test]
fn what_is_partly_written_stays() {
    let mut queue = Queue::default();
    let frames: Vec<_> = (1..=3).map(chat).collect();
    let first = frames[0].bytes.len();
    assert_eq!(queue.take_rest(&frames, first + 1), 1);
    assert_eq!(seqs(&queue), [2, 3]);
    let upto = Purge { what: What::Ids([1, 2, 3].into()), upto_seq: 9 };
    assert_eq!(queue.purge(&upto), 1);
    assert_eq!(seqs(&queue), [2]);
    let mut out = Vec::new();
    queue.gather(&mut out, 1_000);
    assert_eq!(out, frames[1].bytes[1..]);
    assert_eq!(queue.advance(out.len(), &mut Vec::new()), 1);
    assert!(queue.is_empty());
}

#[test]
fn gathering_and_advancing_byte_by_byte_writes_everything_once() {
    let frames: Vec<_> = (1..=4).map(chat).collect();
    let mut queue = filled(frames.iter().cloned());
    let (mut wire, mut out, mut whole) = (Vec::new(), Vec::new(), 0);
    while !queue.is_empty() {
        queue.gather(&mut out, 7);
        let taken = out.len().min(5);
        wire.extend_from_slice(&out[..taken]);
        whole += queue.advance(taken, &mut Vec::new());
    }
    assert_eq!(whole, 4);
    assert_eq!(wire, frames.iter().flat_map(|frame| frame.bytes.to_vec()).collect::<Vec<_>>());
}
