//! WebSockets of rooms and desks: who may hold one open, how many, and for how long.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

use crate::client::{Http, raw};
use crate::server::{PASSWORD, Server, crew};
use crate::wait;

/// A socket of a desk or a room, with all that came.
pub(crate) struct Listener {
    socket: WebSocket<TcpStream>,
    pub(crate) heard: Vec<Value>,
    /// The code with which it was closed.
    closed: Option<u16>,
}

impl Listener {
    pub(crate) fn open(
        addr: SocketAddr,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Self, u16> {
        let stream = TcpStream::connect(addr).unwrap();
        let url = format!("ws://{addr}/api/v1/{path}");
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match tungstenite::client(request, stream) {
            Ok((socket, _)) => {
                let patience = Some(Duration::from_millis(20));
                socket.get_ref().set_read_timeout(patience).unwrap();
                Ok(Self { socket, heard: Vec::new(), closed: None })
            }
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
                Err(answer.status().as_u16())
            }
            Err(error) => panic!("{error}"),
        }
    }

    /// With what a browser sends.
    fn signed_in(server: &Server, path: &str, browser: &Http) -> Self {
        let cookie = browser.get_cookie();
        Self::open(server.ready.http, path, &[("cookie", &cookie)]).unwrap()
    }

    pub(crate) fn bearer(server: &Server, path: &str, token: &str) -> Self {
        let bearer = format!("Bearer {token}");
        Self::open(server.ready.http, path, &[("authorization", &bearer)]).unwrap()
    }

    pub(crate) fn send(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).unwrap();
    }

    pub(crate) fn hello(mut self) -> Self {
        self.send(&json!({"type": "hello"}));
        self.wait("a welcome", |message| message["type"] == "welcome");
        self
    }

    fn listen(&mut self) {
        match self.socket.read() {
            Ok(Message::Text(text)) => self.heard.push(serde_json::from_str(&text).unwrap()),
            Ok(Message::Close(frame)) => self.closed = frame.map(|frame| frame.code.into()),
            Ok(_) => {}
            Err(tungstenite::Error::Io(error))
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => assert!(self.closed.is_some(), "{error}"),
        }
    }

    #[track_caller]
    pub(crate) fn wait(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        wait::until(what, || {
            self.listen();
            self.heard.iter().find(|message| fits(message)).cloned()
        })
    }

    #[track_caller]
    fn wait_closed(&mut self) {
        let code = wait::until("the end", || {
            self.listen();
            self.closed
        });
        assert_eq!(code, 1008, "closed because of a rule");
    }

    /// It is served still: something new comes.
    #[track_caller]
    fn wait_alive(&mut self) {
        let known = self.heard.len();
        wait::until("more", || {
            self.listen();
            assert_eq!(self.closed, None);
            (self.heard.len() > known).then_some(())
        });
    }
}

const DESK: &str = "shows/evening/desk";
const ROOM: &str = "shows/evening/room";

#[test]
fn a_desk_closes_when_its_right_ends() {
    let server = Server::start(&crew(), |_| {});
    let (pat, http) = (server.pat(), server.anonymous());
    let mut other = Listener::bearer(&server, DESK, "rl_otto_0123456789abcdef");

    // Each takes something away, and what was opened with it closes before anything more is heard.
    let sign_out = |page: &Http| page.delete("session").expect(204);
    let password = |_: &Http| pat.patch("users/pia", &json!({"password": PASSWORD})).expect(200);
    let role = |_: &Http| pat.patch("users/pia", &json!({"roles": ["host"]})).expect(200);
    let takers: [&dyn Fn(&Http) -> Value; 3] = [&sign_out, &password, &role];
    for take in takers {
        let session = http.sign_in("pia", PASSWORD);
        let mut desk = Listener::signed_in(&server, DESK, &session.browser);
        desk.wait_alive();
        take(&session.page);
        desk.wait_closed();
    }
    pat.patch("users/pia", &json!({"roles": ["producer"]})).expect(200);
    let token = pat.post("users/pia/tokens", &json!({"label": "desk"})).expect(201);
    let mut desk = Listener::bearer(&server, DESK, token["token"].as_str().unwrap());
    let mut bootstrapped = Listener::bearer(&server, DESK, "rl_pia_0123456789abcdef");
    desk.wait_alive();
    pat.delete(&format!("users/pia/tokens/{}", token["id"].as_str().unwrap())).expect(204);
    desk.wait_closed();
    bootstrapped.wait_alive();
    pat.patch("users/pia", &json!({"disabled": true})).expect(200);
    bootstrapped.wait_closed();

    // A host's own desk goes with the show, and with the tie to the host.
    let mut bea = Listener::bearer(&server, "shows/late/desk", "rl_bea_0123456789abcdef");
    let mut anna = Listener::bearer(&server, DESK, "rl_anna_0123456789abcdef");
    bea.wait_alive();
    anna.wait_alive();
    pat.patch("shows/late", &json!({"host": "anna"})).expect(200);
    bea.wait_closed();
    pat.patch("users/anna", &json!({"host": "bea"})).expect(200);
    anna.wait_closed();
    other.wait_alive();
}

#[test]
fn a_moderator_who_is_none_any_more_hears_no_held_words() {
    let server = Server::start(&crew(), |_| {});
    let pat = server.pat();
    let mut pia = Listener::bearer(&server, ROOM, "rl_pia_0123456789abcdef").hello();
    let mut otto = Listener::bearer(&server, ROOM, "rl_otto_0123456789abcdef").hello();
    let mut li = Listener::open(server.ready.http, ROOM, &[]).unwrap().hello();
    pat.post("shows/evening/moderation", &json!({"kind": "hold", "on": true})).expect(200);
    let pending = |text: &'static str| {
        move |message: &Value| message["type"] == "pending" && message["text"] == text
    };
    li.send(&json!({"type": "say", "text": "before"}));
    pia.wait("what waits", pending("before"));
    pat.patch("users/pia", &json!({"roles": ["host"]})).expect(200);
    li.send(&json!({"type": "say", "text": "after"}));
    otto.wait("what waits", pending("after"));
    pia.wait_closed();
    assert!(!pia.heard.iter().any(pending("after")));
    // Everybody may come back as a viewer, and viewers never left.
    let mut pia = Listener::bearer(&server, ROOM, "rl_pia_0123456789abcdef").hello();
    pat.post("shows/evening/moderation", &json!({"kind": "hold", "on": false})).expect(200);
    li.send(&json!({"type": "say", "text": "open"}));
    pia.wait("the chat", |message| message["type"] == "chat" && message["text"] == "open");
    assert!(!pia.heard.iter().any(|message| message["type"] == "pending"));
}

/// A ban takes the right to speak from every socket of the device, those that are open and a moderator's too.
#[test]
fn a_banned_device_is_silent_on_the_sockets_that_it_has() {
    let server = Server::start(&crew(), |_| {});
    let pat = server.pat();
    let cookie = server.anonymous().get("shows/evening/watch").cookie("rl_device").unwrap();
    let bearer = "Bearer rl_pia_0123456789abcdef";
    let open = |headers: &[(&'static str, &str)]| {
        Listener::open(server.ready.http, ROOM, headers).unwrap().hello()
    };
    let mut viewer = open(&[("cookie", &cookie)]);
    let mut moderator = open(&[("cookie", &cookie), ("authorization", bearer)]);
    let id = viewer.heard[0]["viewer"]["id"].clone();
    assert_eq!(moderator.heard[0]["viewer"]["id"], id);
    pat.post("shows/evening/moderation", &json!({"kind": "ban", "viewer": id})).expect(200);
    for socket in [&mut viewer, &mut moderator] {
        socket.send(&json!({"type": "say", "text": "hello?"}));
        socket.wait("a refusal", |message| {
            message["type"] == "refused" && message["code"] == "banned"
        });
    }
}

#[test]
fn one_address_has_so_many_connections() {
    let server = Server::start(&crew(), |config| {
        config.server.http_connections_per_address = 3;
        config.server.rtmp_connections_per_address = 2;
    });
    let addr = server.ready.http;
    let room = || Listener::open(addr, ROOM, &[]).unwrap();
    let rooms = [room().hello(), room().hello(), room()];
    let said = raw(addr, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(said.starts_with("HTTP/1.1 429"), "{said}");
    assert!(said.contains("\"too_many_connections\"") && said.contains("retry-after: 1"), "{said}");
    assert!(said.contains("content-security-policy"), "{said}");
    drop(rooms);
    // What has gone makes room, and the refusals are counted.
    let http = server.anonymous();
    wait::until("a place", || {
        let said = raw(addr, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        said.starts_with("HTTP/1.1 200").then_some(())
    });
    wait::until("the rooms to be empty", || {
        http.get("/metrics").text.contains("ringlight_room_connections 0\n").then_some(())
    });
    let held: Vec<_> = (0..2).map(|_| TcpStream::connect(server.ready.rtmp).unwrap()).collect();
    let more = TcpStream::connect(server.ready.rtmp).unwrap();
    more.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let gone = std::io::Read::read(&mut &more, &mut [0; 1]);
    assert!(matches!(gone, Ok(0)) || gone.is_err_and(|e| e.kind() == ErrorKind::ConnectionReset));
    let metrics = http.get("/metrics").text;
    for port in ["http", "rtmp"] {
        let line =
            format!("ringlight_connections_refused_total{{port=\"{port}\",limit=\"address\"}} ");
        let count = metrics.lines().find_map(|l| l.strip_prefix(&line)).unwrap();
        assert_ne!(count, "0", "{port}");
    }
    drop(held);
}

#[test]
fn a_proxy_has_all_connections_and_who_is_behind_it_has_their_own() {
    let server = Server::start(&crew(), |config| {
        config.server.http_connections_per_address = 2;
        config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    });
    let room = |from: &str| {
        Listener::open(server.ready.http, ROOM, &[("x-forwarded-for", from)]).map(Listener::hello)
    };
    let first = [room("203.0.113.1").unwrap(), room("203.0.113.1").unwrap()];
    assert_eq!(room("203.0.113.1").err(), Some(429));
    let http = server.anonymous().with("x-forwarded-for", "203.0.113.1");
    http.get("front").refused("too_many_connections");
    let _others: Vec<_> = (2..9).map(|n| room(&format!("203.0.113.{n}")).unwrap()).collect();
    drop(first);
    wait::until("a place", || (http.get("front").status == 200).then_some(()));
    let _own: Vec<_> = (0..9).map(|_| room("127.0.0.1").unwrap()).collect();
}

/// What the desk is told is what the description says, before, during and after a show.
#[test]
fn a_desks_message_is_as_described() {
    let server = Server::start(&crew(), |_| {});
    let pat = server.pat();
    let document: Value = serde_json::from_str(&server::openapi()).unwrap();
    let responses = &document["paths"]["/shows/{slug}/desk"]["get"]["responses"];
    let described = responses["101"]["content"]["application/json"]["schema"]["$ref"].as_str();
    assert_eq!(described, Some("#/components/schemas/DeskMessage"));
    let (mut known, mut needed) = (Vec::new(), Vec::new());
    fields(&document, "DeskMessage", &mut known, &mut needed);
    let (mut program, mut of_program) = (Vec::new(), Vec::new());
    fields(&document, "DeskProgram", &mut program, &mut of_program);
    let mut desk = Listener::bearer(&server, DESK, "rl_pia_0123456789abcdef");
    for (step, status, live) in
        [(None, "planned", false), (Some("start"), "live", true), (Some("end"), "ended", false)]
    {
        if let Some(step) = step {
            pat.post(&format!("shows/evening/{step}"), &Value::Null).expect(200);
        }
        let message = desk.wait(status, |message| {
            message["status"] == status && message.get("delay_s").is_some() == live
        });
        let message = message.as_object().unwrap();
        for name in message.keys() {
            let known = known.contains(name) || (live && program.contains(name));
            assert!(known || name == "at" || name == "seq" || name == "epoch", "{status}: {name}");
        }
        let needed = needed.iter().chain(live.then_some(&of_program).into_iter().flatten());
        for name in needed {
            assert!(message.contains_key(name), "{status}: {name} is missing");
        }
    }
}

/// The fields of an object in the description, and those that are always there. A part that may be missing is left out.
fn fields(document: &Value, name: &str, known: &mut Vec<String>, needed: &mut Vec<String>) {
    let schema = &document["components"]["schemas"][name];
    let parts = schema["allOf"].as_array().cloned().unwrap_or_else(|| vec![schema.clone()]);
    for part in parts {
        let properties = part["properties"].as_object().into_iter().flatten();
        known.extend(properties.map(|(name, _)| name.clone()));
        let required = part["required"].as_array().into_iter().flatten();
        needed.extend(required.map(|name| name.as_str().unwrap().to_owned()));
    }
}
