//! The traps that RTMP servers are known to fall into, one test each. Byte streams are made by hand here, so
//! that the reader is not tested with the writer's own opinion.

mod chunk;
mod real;
mod session;
mod wire;

use bytes::{Bytes, BytesMut};
use units::Timestamp;

use super::amf::{self, Value};
use super::*;

/// Noon of some day; tests count from it.
const START: Timestamp = Timestamp::from_ms(1_700_000_000_000);

/// A chunk with a header of type 0.
fn full(lane: u32, time: u32, length: usize, kind: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = basic(0, lane);
    out.extend_from_slice(&time.min(0xff_ffff).to_be_bytes()[1..]);
    out.extend_from_slice(&(length as u32).to_be_bytes()[1..]);
    out.push(kind);
    out.extend_from_slice(&stream.to_le_bytes());
    if time >= 0xff_ffff {
        out.extend_from_slice(&time.to_be_bytes());
    }
    out.extend_from_slice(payload);
    out
}

/// A chunk with a header of type 1.
fn same_stream(lane: u32, delta: u32, length: usize, kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = basic(1, lane);
    out.extend_from_slice(&delta.to_be_bytes()[1..]);
    out.extend_from_slice(&(length as u32).to_be_bytes()[1..]);
    out.push(kind);
    out.extend_from_slice(payload);
    out
}

/// A chunk with a header of type 2.
fn same_length(lane: u32, delta: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = basic(2, lane);
    out.extend_from_slice(&delta.min(0xff_ffff).to_be_bytes()[1..]);
    if delta >= 0xff_ffff {
        out.extend_from_slice(&delta.to_be_bytes());
    }
    out.extend_from_slice(payload);
    out
}

/// A chunk with a header of type 3.
fn same_all(lane: u32, payload: &[u8]) -> Vec<u8> {
    [&basic(3, lane)[..], payload].concat()
}

fn basic(format: u8, lane: u32) -> Vec<u8> {
    match lane {
        2..64 => vec![format << 6 | lane as u8],
        64..320 => vec![format << 6, (lane - 64) as u8],
        _ => vec![format << 6 | 1, ((lane - 64) % 256) as u8, ((lane - 64) / 256) as u8],
    }
}

fn chunk_size(bytes: u32) -> Vec<u8> {
    full(2, 0, 4, 1, 0, &bytes.to_be_bytes())
}

fn encode(values: &[Value]) -> Bytes {
    let mut out = BytesMut::new();
    values.iter().for_each(|value| amf::encode(value, &mut out));
    out.freeze()
}

/// A command in chunks of 128 bytes.
fn command(stream: u32, values: &[Value]) -> Vec<u8> {
    let body = encode(values);
    let mut pieces = body.chunks(128);
    let mut out = full(3, 0, body.len(), 20, stream, pieces.next().unwrap_or_default());
    for piece in pieces {
        out.extend(same_all(3, piece));
    }
    out
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// C0, C1, C2.
fn hello() -> Vec<u8> {
    let mut out = vec![3];
    out.extend((0..3072u32).map(|i| (i % 251) as u8));
    out
}

fn connect() -> Vec<u8> {
    let list = Value::Array(vec!["hvc1".into(), "av01".into()]);
    let object =
        object([("app", "live".into()), ("flashVer", "test".into()), ("fourCcList", list)]);
    command(0, &["connect".into(), 1.0.into(), object])
}

fn publish(key: &str) -> Vec<u8> {
    let name = command(1, &["publish".into(), 5.0.into(), Value::Null, key.into(), "live".into()]);
    [command(0, &["createStream".into(), 4.0.into(), Value::Null]), name].concat()
}

fn events(session: &mut Session) -> Vec<Event> {
    std::iter::from_fn(|| session.event()).collect()
}

/// A session whose stream is accepted.
fn live() -> Session {
    let mut session = Session::new(START);
    session.receive(&[hello(), connect(), publish("secret")].concat(), START).expect("RTMP");
    assert!(matches!(&events(&mut session)[..], [Event::Publish(_)]));
    assert!(session.accept_publish(START));
    session.output();
    session
}

/// What a live session makes of these bytes, as kind, time and body.
fn media(bytes: &[u8]) -> Vec<(u8, u32, Vec<u8>)> {
    let mut session = live();
    session.receive(bytes, START).expect("RTMP");
    assert_eq!(session.reader_bytes(), 0, "nothing half-filled is left");
    events(&mut session).into_iter().map(tag).collect()
}

fn tag(event: Event) -> (u8, u32, Vec<u8>) {
    let Event::Media(tag) = event else { panic!("{event:?}") };
    (tag.kind.number(), tag.timestamp_ms, tag.body.to_vec())
}
