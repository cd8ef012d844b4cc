//! A peer of the RTMP session. The first byte says how far the honest part goes and how the rest is cut.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use media::rtmp::amf::{Value, encode};
use media::rtmp::{
    Event, MAX_HALF_FILLED_BYTES, MAX_HELD_BYTES, MAX_OUTPUT_BYTES, Publisher, Session, StreamKey,
};
use units::{Duration, Timestamp};

/// A chunk of type 0 that holds a whole command.
fn command(values: &[Value]) -> Vec<u8> {
    let mut body = BytesMut::new();
    values.iter().for_each(|value| encode(value, &mut body));
    let mut out = vec![3, 0, 0, 0, 0, 0, body.len() as u8, 20, 1, 0, 0, 0];
    out.extend_from_slice(&body);
    out
}

fuzz_target!(|data: &[u8]| {
    let Some((&plan, data)) = data.split_first() else { return };
    let mut now = Timestamp(0);
    let mut session = Session::new(now);
    if plan & 1 != 0 {
        let hello: Vec<u8> = std::iter::once(3).chain(std::iter::repeat_n(7, 3072)).collect();
        session.receive(&hello, now).expect("a handshake");
    }
    if plan & 3 == 3 {
        let app = Value::Object(vec![("app".into(), "live".into())]);
        let connect = command(&["connect".into(), 1.0.into(), app]);
        let publish = command(&["publish".into(), 2.0.into(), Value::Null, "key".into()]);
        session.receive(&[connect, publish].concat(), now).expect("commands");
    }
    let mut publisher = Publisher::new("live", StreamKey::new("key"), "rtmp://localhost/live");
    for piece in data.chunks(usize::from(plan >> 3) * 16 + 1) {
        now = now + Duration::from_ms(50);
        let fault = session.receive(piece, now).is_err();
        let _ = publisher.receive(piece);
        while let Some(event) = session.event() {
            if matches!(event, Event::Publish(_)) && plan & 4 == 0 {
                session.accept_publish(now);
            }
        }
        session.output();
        publisher.output();
        session.timeout(now);
        let most = MAX_HALF_FILLED_BYTES + MAX_HELD_BYTES + MAX_OUTPUT_BYTES;
        assert!(session.buffered_bytes() <= most);
        if fault {
            assert_eq!(session.deadline(), None);
            break;
        }
    }
});
