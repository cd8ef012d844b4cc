use super::*;
use crate::flv::{Codec, TagKind};
use units::Duration;

fn later(s: i64) -> Timestamp {
    START + Duration::from_s(s)
}

#[test]
fn a_peer_may_close_or_stall_at_every_byte_of_the_handshake() {
    let hello = hello();
    for end in 0..hello.len() {
        let mut session = Session::new(START);
        session.receive(&hello[..end], START).expect("so far so good");
        assert_eq!(session.deadline(), Some(later(10)));
        session.timeout(later(9));
        assert_eq!(events(&mut session), []);
        session.timeout(later(10));
        assert_eq!(events(&mut session), [Event::Closed(Closed::HandshakeTimeOut)]);
        assert_eq!(session.deadline(), None);
    }
}

#[test]
fn the_handshake_answers_with_the_peers_block() {
    let mut session = Session::new(START);
    let hello = hello();
    session.receive(&hello[..1], START).expect("a version");
    assert_eq!(session.output().len(), 1537);
    for byte in &hello[1..1537] {
        session.receive(&[*byte], START).expect("a block");
    }
    assert_eq!(session.output(), hello[1..1537]);
    assert_eq!(session.buffered_bytes(), 0);
}

#[test]
fn another_protocol_is_turned_away_at_its_first_byte() {
    for greeting in [&b"GET / HTTP/1.1\r\n"[..], &[6], &[22, 3, 1]] {
        let mut session = Session::new(START);
        assert_eq!(session.receive(greeting, START), Err(Fault::Version(greeting[0])));
        assert_eq!(
            events(&mut session),
            [Event::Closed(Closed::Fault(Fault::Version(greeting[0])))]
        );
        assert_eq!(session.output().len(), 0);
    }
}

#[test]
fn a_publish_request_says_who_asks_and_hides_the_key() {
    let mut session = Session::new(START);
    session.receive(&[hello(), connect(), publish("secret")].concat(), START).expect("RTMP");
    let Some(Event::Publish(request)) = session.event() else { panic!("a request") };
    assert_eq!(
        (request.app.as_str(), request.agent.as_str(), request.key.expose()),
        ("live", "test", "secret")
    );
    assert_eq!(request.four_ccs, ["hvc1", "av01"]);
    assert!(!format!("{request:?}").contains("secret"));
}

#[test]
fn publishing_must_follow_within_ten_seconds() {
    let mut session = Session::new(START);
    session.receive(&[hello(), connect()].concat(), later(3)).expect("RTMP");
    assert_eq!(session.deadline(), Some(later(13)));
    session.timeout(later(13));
    assert_eq!(events(&mut session), [Event::Closed(Closed::PublishTimeOut)]);
}

#[test]
fn a_live_stream_is_idle_fifteen_seconds_after_its_last_media() {
    let mut session = live();
    session.receive(&full(6, 0, 1, 9, 1, b"a"), later(5)).expect("RTMP");
    // A ping keeps nothing alive.
    session.receive(&full(2, 0, 6, 4, 0, &[0, 6, 0, 0, 0, 9]), later(15)).expect("RTMP");
    assert_eq!(session.deadline(), Some(later(20)));
    session.timeout(later(20));
    assert_eq!(events(&mut session).pop(), Some(Event::Closed(Closed::Idle)));
}

#[test]
fn a_ping_is_answered_with_its_own_time() {
    let mut session = live();
    session.receive(&full(2, 0, 6, 4, 0, &[0, 6, 1, 2, 3, 4]), START).expect("RTMP");
    assert!(session.output().ends_with(&[0, 7, 1, 2, 3, 4]));
}

#[test]
fn what_comes_is_acknowledged_within_the_peers_window() {
    let mut session = live();
    let mut sent = [hello(), connect(), publish("secret")].concat().len();
    let window = full(2, 0, 4, 5, 0, &1000u32.to_be_bytes());
    let payload = [chunk_size(4096), full(6, 0, 900, 9, 1, &[0; 900])].concat();
    for bytes in [window, payload] {
        session.receive(&bytes, START).expect("RTMP");
        sent += bytes.len();
        assert!(session.output().ends_with(&(sent as u32).to_be_bytes()));
    }
}

#[test]
fn media_that_comes_before_the_answer_waits_for_it() {
    let early = [publish("k"), full(6, 7, 1, 9, 1, b"a"), full(4, 8, 1, 8, 1, b"b")].concat();
    let mut session = Session::new(START);
    session.receive(&[hello(), connect(), early.clone()].concat(), START).expect("RTMP");
    assert_eq!(events(&mut session).len(), 1);
    assert!(session.accept_publish(START));
    let kinds: Vec<u8> = events(&mut session).into_iter().map(|event| tag(event).0).collect();
    assert_eq!(kinds, [9, 8]);
    assert_eq!(session.buffered_bytes(), session.output().len());

    let mut session = Session::new(START);
    session.receive(&[hello(), connect(), early].concat(), START).expect("RTMP");
    session.refuse_publish(status::BAD_NAME, "no", START);
    assert!(!session.accept_publish(START));
    assert_eq!(events(&mut session).len(), 1);

    let mut session = Session::new(START);
    session
        .receive(&[hello(), connect(), publish("k"), chunk_size(1 << 22)].concat(), START)
        .expect("RTMP");
    let large = full(6, 7, MAX_HELD_BYTES + 1, 9, 1, &vec![0; MAX_HELD_BYTES + 1]);
    assert_eq!(session.receive(&large, START), Err(Fault::Early));
}

#[test]
fn a_refusal_says_bad_name_and_then_waits_for_the_peer_to_read_it() {
    let mut session = Session::new(START);
    session.receive(&[hello(), connect(), publish("wrong")].concat(), START).expect("RTMP");
    session.output();
    session.refuse_publish(status::BAD_NAME, "this stream key is not known", START);
    let output = session.output();
    let text = String::from_utf8_lossy(&output);
    for part in ["onStatus", "error", "NetStream.Publish.BadName", "this stream key is not known"] {
        assert!(text.contains(part), "{part}");
    }
    session.receive(&[0xff; 5000], START).expect("thrown away");
    session.timeout(later(1));
    assert!(!events(&mut session).iter().any(|event| matches!(event, Event::Closed(_))));
    session.timeout(later(2));
    assert_eq!(events(&mut session), [Event::Closed(Closed::Stopped)]);
}

#[test]
fn a_codec_that_is_not_taken_stops_a_live_stream_with_the_reason() {
    let mut session = live();
    let body = [&[0x90][..], b"hvc1", &[1; 20]].concat();
    session.receive(&full(6, 0, body.len(), 9, 1, &body), START).expect("RTMP");
    let mut feed = crate::feed::Feed::new();
    let Some(Event::Media(tag)) = session.event() else { panic!("a tag") };
    let refused = feed.push(&tag).expect_err("HEVC");
    assert_eq!(refused, crate::feed::Refused::VideoCodec(Codec::Hevc));
    session.stop(status::REJECTED, &refused.to_string(), START);
    let output = session.output();
    assert!(String::from_utf8_lossy(&output).contains("choose the x264"));
    assert_eq!(session.deadline(), Some(later(2)));
}

#[test]
fn playing_is_refused() {
    let mut session = Session::new(START);
    let play = command(1, &["play".into(), 0.0.into(), Value::Null, "show".into()]);
    session.receive(&[hello(), connect(), play].concat(), START).expect("RTMP");
    let output = session.output();
    assert!(String::from_utf8_lossy(&output).contains("NetStream.Play.Failed"));
    session.timeout(later(2));
    assert_eq!(events(&mut session), [Event::Closed(Closed::Stopped)]);
}

#[test]
fn a_stream_ends_and_another_may_follow_but_not_for_ever() {
    for name in ["FCUnpublish", "deleteStream", "closeStream"] {
        let end = command(1, &[name.into(), 0.0.into(), Value::Null]);
        let mut session = live();
        session
            .receive(&[full(6, 0, 1, 9, 1, b"a"), end.clone(), end.clone()].concat(), START)
            .expect("RTMP");
        assert!(matches!(&events(&mut session)[..], [Event::Media(_), Event::Unpublish]), "{name}");
        session.receive(&publish("again"), later(5)).expect("RTMP");
        assert!(matches!(&events(&mut session)[..], [Event::Publish(_)]));
        let many = [end, publish("k")].concat().repeat(20);
        assert_eq!(session.receive(&many, START), Err(Fault::Order));
    }
}

#[test]
fn commands_out_of_order_are_faults() {
    assert_eq!(live().receive(&connect(), START), Err(Fault::Order));
    assert_eq!(live().receive(&publish("second"), START), Err(Fault::Order));
    let mut session = Session::new(START);
    session.receive(&[hello(), publish("k")].concat(), START).expect("ignored before connect");
    assert_eq!(events(&mut session), []);
}

#[test]
fn a_missing_key_is_a_bad_name() {
    for key in [String::new(), "k".repeat(600)] {
        let mut session = Session::new(START);
        session.receive(&[hello(), connect(), publish(&key)].concat(), START).expect("RTMP");
        assert_eq!(events(&mut session), []);
        let output = session.output();
        assert!(String::from_utf8_lossy(&output).contains("NetStream.Publish.BadName"));
    }
}

#[test]
fn metadata_comes_with_and_without_its_wrapper_and_over_amf3() {
    let object = object([("width", 1280.0.into())]);
    let plain = encode(&["onMetaData".into(), object.clone()]);
    let wrapped = encode(&["@setDataFrame".into(), "onMetaData".into(), object]);
    let amf3 = [&[0][..], &plain].concat();
    for (kind, body) in [(18, plain), (18, wrapped), (15, amf3.into())] {
        let mut session = live();
        session.receive(&full(4, 0, body.len(), kind, 1, &body), START).expect("RTMP");
        let fields = vec![("width".to_owned(), Value::Number(1280.0))];
        assert_eq!(events(&mut session), [Event::Metadata(fields)]);
        assert_eq!(session.buffered_bytes(), 0);
    }
}

#[test]
fn commands_may_come_in_the_amf3_wrapper() {
    let body =
        [&[0][..], &encode(&["deleteStream".into(), 0.0.into(), Value::Null, 1.0.into()])].concat();
    let mut session = live();
    session.receive(&full(3, 0, body.len(), 17, 0, &body), START).expect("RTMP");
    assert_eq!(events(&mut session), [Event::Unpublish]);
}

#[test]
fn an_aggregate_message_is_taken_apart() {
    let mut writer = crate::flv::Writer::new();
    for (kind, timestamp_ms) in [(TagKind::Video, 500), (TagKind::Audio, 510)] {
        writer.tag(&crate::flv::Tag { kind, timestamp_ms, body: Bytes::from_static(&[1]) });
    }
    let body = writer.take().slice(13..);
    assert_eq!(
        media(&full(6, 9000, body.len(), 22, 1, &body)),
        [(9, 9000, vec![1]), (8, 9010, vec![1])]
    );
}

#[test]
fn answers_that_nobody_reads_end_the_session() {
    let ping = full(2, 0, 6, 4, 0, &[0, 6, 1, 2, 3, 4]);
    let mut session = live();
    let result = (0..10_000).try_for_each(|_| session.receive(&ping, START));
    assert_eq!(result, Err(Fault::OutputFull));
    assert!(session.buffered_bytes() < MAX_OUTPUT_BYTES + 1024);
}

#[test]
fn an_amf_string_that_claims_three_gigabytes_is_an_error() {
    let body = [12, 0xb2, 0xd0, 0x5e, 0x00, b'x'];
    assert_eq!(amf::decode(&body), Err(amf::AmfError::Truncated));
    let mut session = live();
    assert_eq!(
        session.receive(&full(3, 0, body.len(), 20, 0, &body), START),
        Err(Fault::Amf(amf::AmfError::Truncated))
    );
    assert_eq!(amf::decode(&[10, 0xff, 0xff, 0xff, 0xff, 5]), Err(amf::AmfError::Truncated));
}

#[test]
fn amf_depth_and_number_are_bounded() {
    let nested = [&[3, 0, 1, b'a'][..]].concat().repeat(5000);
    assert_eq!(amf::decode(&nested), Err(amf::AmfError::TooDeep));
    assert_eq!(amf::decode(&[10, 0, 0, 0, 1].repeat(5000)), Err(amf::AmfError::TooDeep));
    assert_eq!(amf::decode(&[5; 5000]), Err(amf::AmfError::TooMany));
    let mut session = live();
    let long = vec![5; MAX_COMMAND_BYTES + 1];
    let bytes = [chunk_size(1 << 20), full(3, 0, long.len(), 20, 0, &long)].concat();
    assert_eq!(session.receive(&bytes, START), Err(Fault::CommandTooLong(long.len())));
}

#[test]
fn amf_values_go_both_ways() {
    let values = [
        Value::Number(-1.5),
        Value::Boolean(true),
        "主播".into(),
        Value::String("x".repeat(70_000)),
        object([("list", Value::Array(vec![Value::Null, Value::Undefined, Value::Date(1e12)]))]),
    ];
    assert_eq!(amf::decode(&encode(&values)).as_deref(), Ok(&values[..]));
    // An ECMA array with a wrong count and no end.
    let open = [8, 0, 0, 0, 99, 0, 1, b'a', 5];
    assert_eq!(amf::decode(&open), Ok(vec![object([("a", Value::Null)])]));
    assert_eq!(amf::decode(&[0x11, 1]), Err(amf::AmfError::Marker(0x11)));
}
