//! The room's messages as JSON (`docs/room.md`).

use serde::Deserialize;
use serde_json::{Value, json};
use units::{MessageId, ViewerId};

use crate::clock;

/// What a viewer sends.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Incoming {
    /// First of all.
    Hello { nick: Option<String>, resume: Option<room::Resume> },
    /// Speaks.
    Say { text: String },
    /// Changes the nickname.
    Nick { nick: String },
    /// Asks whether anybody is there.
    Ping,
}

/// The message with the time in it, as text.
pub(super) fn stamped(mut message: Value) -> String {
    if let Some(object) = message.as_object_mut() {
        object.insert("at".to_owned(), Value::from(clock::now().rfc3339()));
    }
    message.to_string()
}

/// A chat message.
pub(super) fn chat(id: MessageId, viewer: ViewerId, nick: &str, text: &str, team: bool) -> String {
    let role = team.then_some("team");
    stamped(
        json!({"type": "chat", "id": id, "viewer": viewer, "nick": nick, "text": text, "role": role}),
    )
}
