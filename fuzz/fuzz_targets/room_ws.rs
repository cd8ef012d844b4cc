//! A viewer's WebSocket frames: what is read does not depend on how the bytes are cut, and no message is too long.
//! The first byte says how they are cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use room::ws::{
    CONTROL_MAX_BYTES, CloseCode, MESSAGE_MAX_BYTES, Message, Reader, close, pong, text,
};

/// Everything that a reader hands out, and the code that it closes with.
fn read(pieces: &mut dyn Iterator<Item = &[u8]>) -> (Vec<String>, Option<CloseCode>) {
    let (mut reader, mut said) = (Reader::default(), Vec::new());
    for mut piece in pieces {
        loop {
            match reader.next(&mut piece) {
                Ok(None) => break,
                Ok(Some(message)) => said.push(heard(&message)),
                Err(code) => return (said, Some(code)),
            }
        }
        assert!(piece.is_empty(), "a reader that wants more has taken everything");
    }
    (said, None)
}

fn heard(message: &Message) -> String {
    match message {
        Message::Text(said) => {
            assert!(said.len() <= MESSAGE_MAX_BYTES);
            assert!(text(&[said.as_bytes()]).ends_with(said.as_bytes()));
        }
        Message::Ping(payload) => {
            assert!(payload.len() <= CONTROL_MAX_BYTES && pong(payload).len() == payload.len() + 2)
        }
        Message::Pong | Message::Close => {}
    }
    format!("{message:?}")
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&plan, bytes)) = bytes.split_first() else { return };
    let whole = read(&mut std::iter::once(bytes));
    let cut = read(&mut bytes.chunks(usize::from(plan) + 1));
    assert_eq!(whole, cut);
    if let Some(code) = whole.1 {
        let reason = String::from_utf8_lossy(bytes);
        assert!(close(code, &reason).len() <= CONTROL_MAX_BYTES + 2);
    }
});
