use proptest::prelude::*;

use super::*;

/// A client frame with a mask that is not all zero.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x11, 0x22, 0x33, 0x44];
    let mut bytes = vec![first];
    match payload.len() {
        len @ 0..126 => bytes.push(0x80 | len as u8),
        len @ 126..0x1_0000 => {
            bytes.push(0xFE);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(0xFF);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    bytes.extend(mask);
    bytes.extend(payload.iter().enumerate().map(|(at, byte)| byte ^ mask[at & 3]));
    bytes
}

/// What the reader makes of `bytes` when they come in pieces of `step`.
fn read(bytes: &[u8], step: usize) -> Vec<String> {
    let (mut reader, mut said) = (Reader::default(), Vec::new());
    for mut piece in bytes.chunks(step) {
        loop {
            match reader.next(&mut piece) {
                Ok(None) => break,
                Ok(Some(message)) => said.push(format!("{message:?}")),
                Err(code) => {
                    said.push(format!("{}", code.code()));
                    return said;
                }
            }
        }
    }
    said
}

fn check(bytes: &[u8], expected: &[&str]) {
    for step in [1, 2, 3, 7, bytes.len().max(1)] {
        assert_eq!(read(bytes, step), expected, "in pieces of {step}");
    }
}

#[test]
fn messages_and_fragments() {
    check(&frame(0x81, b"hi"), &[r#"Text("hi")"#]);
    check(&frame(0x81, b""), &[r#"Text("")"#]);
    check(&[frame(0x81, b"a"), frame(0x81, b"b")].concat(), &[r#"Text("a")"#, r#"Text("b")"#]);
    let long = "ä".repeat(MESSAGE_MAX_BYTES / 2);
    check(&frame(0x81, long.as_bytes()), &[&format!("Text({long:?})")]);
    // A character is split between fragments, and a ping comes between them.
    let split = [frame(0x01, b"\xC3"), frame(0x89, b"p"), frame(0x00, b""), frame(0x80, b"\xA4")];
    check(&split.concat(), &["Ping([112])", r#"Text("ä")"#]);
    check(&frame(0x8A, b"x"), &["Pong"]);
}

#[test]
fn violations_have_their_codes() {
    check(&[0x81, 0x02, b'h', b'i'], &["1002"]); // not masked
    for first in [0xC1, 0xA1, 0x91, 0x83, 0x8B, 0x80, 0x00, 0x09, 0x08] {
        check(&frame(first, b"hi"), &["1002"]); // reserved bits, opcodes, stray or split frames
    }
    check(&frame(0x82, b"hi"), &["1003"]);
    check(&[frame(0x01, b"a"), frame(0x81, b"b")].concat(), &["1002"]);
    check(&frame(0x81, b"\xFF"), &["1007"]);
    check(&frame(0x89, &[0; 126]), &["1002"]);
    check(&frame(0x81, &[b'x'; MESSAGE_MAX_BYTES + 1]), &["1009"]);
    let halves = frame(0x01, &[b'x'; MESSAGE_MAX_BYTES / 2 + 1]);
    check(
        &[halves.clone(), [0x00].into_iter().chain(halves[1..].to_vec()).collect()].concat(),
        &["1009"],
    );
}

#[test]
fn hostile_lengths_are_refused_from_the_header() {
    check(&[0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], &["1002"]); // 2^63
    check(&[0x81, 0xFF, 0x7F, 255, 255, 255, 255, 255, 255, 255, 1, 2, 3, 4], &["1009"]);
    check(&[0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4], &["1002"]); // not minimal
    check(&[0x81, 0xFE, 0, 5, 1, 2, 3, 4], &["1002"]);
}

#[test]
fn close_frames() {
    check(&[frame(0x88, b""), frame(0x81, b"late")].concat(), &["Close"]);
    check(&frame(0x88, b"\x03\xE8bye"), &["Close"]);
    check(&frame(0x88, b"\x03"), &["1002"]);
    check(&frame(0x88, b"\x03\xED"), &["1002"]); // 1005 is never on the wire
    check(&frame(0x88, b"\x03\xE8\xFF"), &["1007"]);
}

#[test]
fn server_frames() {
    assert_eq!(&text(&[b"a", b"b"])[..], b"\x81\x02ab");
    assert_eq!(&text(&[&[0; 126]])[..4], b"\x81\x7E\x00\x7E");
    assert_eq!(&text(&[&[0; 65_536]])[..10], b"\x81\x7F\0\0\0\0\0\x01\0\0");
    assert_eq!(&close(CloseCode::Policy, "no")[..], b"\x88\x04\x03\xF0no");
    assert_eq!(close(CloseCode::Policy, &"ä".repeat(100)).len(), 2 + 2 + 122);
}

#[test]
fn accept_key_of_the_rfc() {
    assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

proptest! {
    /// No input panics, and how it is cut changes nothing.
    #[test]
    fn any_bytes_in_any_pieces(bytes in proptest::collection::vec(any::<u8>(), 0..300), step in 1..20_usize) {
        prop_assert_eq!(read(&bytes, step), read(&bytes, usize::MAX));
    }

    #[test]
    fn what_is_masked_is_read(texts in proptest::collection::vec(".{0,200}", 1..5), step in 1..50_usize) {
        let bytes: Vec<u8> = texts.iter().flat_map(|text| frame(0x81, text.as_bytes())).collect();
        let expected: Vec<_> = texts.iter().map(|text| format!("Text({text:?})")).collect();
        prop_assert_eq!(read(&bytes, step), expected);
    }
}
