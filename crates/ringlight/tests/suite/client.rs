//! HTTP and the room, as any client speaks them.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

/// Somebody who asks.
#[derive(Clone)]
pub(crate) struct Http {
    agent: ureq::Agent,
    base: String,
    token: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }

    /// The JSON of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// A refusal of this status and code that has a message and a hint.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code().as_str()), (status, code), "{}", self.text);
        let error = &self.json()["error"];
        assert!(error["message"].is_string() && error["hint"].is_string(), "{error}");
    }
}

impl Http {
    pub(crate) fn new(base: &str, token: Option<&str>) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(20)))
            .build();
        Self { agent: config.into(), base: base.to_owned(), token: token.map(str::to_owned) }
    }

    pub(crate) fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let path = if path.starts_with("/api") || !path.starts_with("/:") {
            path.to_owned()
        } else {
            format!("/api/v1/{}", &path[2..])
        };
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = if body.is_empty() && matches!(method, "GET" | "DELETE") {
            self.agent.run(request.body(()).unwrap())?
        } else {
            self.agent.run(request.body(body).unwrap())?
        };
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string()?;
        Ok(Answer { status, text })
    }

    /// Paths that begin with `/:` mean the API: `/:shows` is `/api/v1/shows`.
    #[track_caller]
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        match self.try_send(method, path, headers, body) {
            Ok(answer) => answer,
            Err(error) => panic!("{method} {path}: {error}"),
        }
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.with_json("POST", path, body)
    }

    #[track_caller]
    pub(crate) fn patch(&self, path: &str, body: &Value) -> Answer {
        self.with_json("PATCH", path, body)
    }

    #[track_caller]
    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], b"")
    }

    #[track_caller]
    fn with_json(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(method, path, &headers, body.to_string().as_bytes())
    }

    /// Orders, as one buyer with a contact of their own.
    pub(crate) fn order(&self, key: &str, sku: &str, quantity: u32, more: Value) -> Answer {
        match self.try_order(key, sku, quantity, more) {
            Ok(answer) => answer,
            Err(error) => panic!("order {key}: {error}"),
        }
    }

    pub(crate) fn try_order(
        &self,
        key: &str,
        sku: &str,
        quantity: u32,
        more: Value,
    ) -> Result<Answer, ureq::Error> {
        let mut body = json!({
            "sku": sku, "quantity": quantity,
            "buyer": {"name": "Li", "contact": format!("{key}@example.invalid")},
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let headers = [("content-type", "application/json"), ("idempotency-key", key)];
        let body = body.to_string();
        self.try_send("POST", "/:shows/evening/orders", &headers, body.as_bytes())
    }
}

/// A viewer in the room of the evening show.
pub(crate) struct Talker {
    socket: WebSocket<TcpStream>,
    /// All that came.
    pub(crate) heard: Vec<Value>,
    pub(crate) id: String,
    /// What keeps the identity over a reconnection.
    pub(crate) cookie: Option<String>,
}

impl Talker {
    pub(crate) fn enter(http: &str, nick: &str) -> Self {
        Self::enter_as(http, json!({"type": "hello", "nick": nick}), &[])
    }

    pub(crate) fn enter_as(http: &str, hello: Value, headers: &[(&'static str, &str)]) -> Self {
        let stream = TcpStream::connect(http).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let url = format!("ws://{http}/api/v1/shows/evening/room");
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let mut handshake = tungstenite::client(request, stream);
        let begin = Instant::now();
        let (socket, response) = loop {
            match handshake {
                Ok(done) => break done,
                Err(tungstenite::HandshakeError::Interrupted(half))
                    if begin.elapsed() < Duration::from_secs(10) =>
                {
                    handshake = half.handshake();
                }
                Err(error) => panic!("the room: {error}"),
            }
        };
        let set = response.headers().get("set-cookie").and_then(|value| value.to_str().ok());
        let cookie = set.and_then(|value| value.split(';').next()).map(str::to_owned);
        let mut talker = Self { socket, heard: Vec::new(), id: String::new(), cookie };
        talker.send(&hello);
        let welcome = talker.wait("welcome", |message| message["type"] == "welcome");
        talker.id = welcome["viewer"]["id"].as_str().unwrap().to_owned();
        talker
    }

    pub(crate) fn send(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).unwrap();
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.send(&json!({"type": "say", "text": text}));
    }

    /// Reads what is there; false once the connection has ended.
    pub(crate) fn listen(&mut self) -> bool {
        loop {
            match self.socket.read() {
                Ok(Message::Text(text)) => self.heard.push(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(_)) => return false,
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return true;
                }
                Err(_) => return false,
            }
        }
    }

    /// The first message that fits, among those that came or will come.
    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        crate::wait::until(what, 10, || {
            self.listen();
            self.heard.iter().find(|message| fits(message)).cloned()
        })
    }

    #[track_caller]
    pub(crate) fn wait_chat(&mut self, text: &str) -> Value {
        self.wait(text, |message| message["type"] == "chat" && message["text"] == text)
    }

    /// The refusal of what was said last; those before are forgotten.
    #[track_caller]
    pub(crate) fn refused(&mut self, code: &str) {
        let refusal = self.wait(code, |message| message["type"] == "refused");
        assert_eq!(refusal["code"], code, "{refusal}");
        assert!(refusal["message"].is_string() && refusal["hint"].is_string(), "{refusal}");
        self.heard.retain(|message| message["type"] != "refused");
    }

    pub(crate) fn has_chat(&self, text: &str) -> bool {
        self.heard.iter().any(|message| message["type"] == "chat" && message["text"] == text)
    }
}

/// The desk of the evening show.
pub(crate) struct Desk(WebSocket<TcpStream>);

impl Desk {
    pub(crate) fn open(http: &str) -> Self {
        let stream = TcpStream::connect(http).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let url = format!("ws://{http}/api/v1/shows/evening/desk");
        let mut request = url.into_client_request().unwrap();
        let bearer = format!("Bearer {}", crate::server::TOKEN).parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        Self(tungstenite::client(request, stream).unwrap().0)
    }

    /// Reads until the desk shows something.
    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        let mut last = Value::Null;
        while begin.elapsed() < Duration::from_secs(20) {
            let Message::Text(text) = self.0.read().unwrap() else { continue };
            last = serde_json::from_str(&text).unwrap();
            if last["type"] == "desk" && fits(&last) {
                return last;
            }
        }
        panic!("waited for {what}; the desk shows {last}");
    }
}
