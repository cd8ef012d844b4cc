//! A site with one channel, and clients of another make that talk to it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use room::{
    ChannelId, ChannelLimits, ConnId, Event, Handler, Hub, HubConfig, Published, Resume, Socket,
    Viewer, WindowPolicy, ws,
};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection};
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

pub(crate) const CHANNEL: ChannelId = ChannelId(1);
/// After this a wait is a failure.
const PATIENCE: Duration = Duration::from_secs(20);

#[expect(clippy::disallowed_methods, reason = "the test is the shell here and gives the time")]
pub(crate) fn clock() -> i64 {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed().as_micros() as i64
}

/// Asks again and again until `done` or out of patience.
pub(crate) fn until(what: &str, mut done: impl FnMut() -> bool) {
    let start_us = clock();
    while !done() {
        assert!(clock() - start_us < PATIENCE.as_micros() as i64, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

/// `hello` subscribes, `say` publishes as the viewer, `panic` does that.
struct Talk;

impl Handler for Talk {
    fn message(&self, hub: &Hub, conn: ConnId, viewer: &Viewer, text: &str) {
        let said: Value = serde_json::from_str(text).expect("the test says JSON");
        match said["type"].as_str() {
            Some("hello") => {
                let resume: Option<Resume> =
                    serde_json::from_value(said["resume"].clone()).expect("null or a resume point");
                let welcome = |joined: &room::Joined| {
                    let (resumed, missed) = (joined.resumed, joined.missed);
                    json!({"type": "welcome", "resumed": resumed, "missed": missed}).to_string()
                };
                hub.subscribe(conn, resume, welcome).expect("the channel is open");
            }
            Some("say") => {
                hub.say(conn, &chat(viewer.id, said["text"].as_str().expect("a text")));
            }
            other => panic!("not a message: {other:?}"),
        }
    }
}

pub(crate) fn chat(author: u128, text: &str) -> Event {
    let body = json!({"type": "chat", "viewer": author as u64, "text": text});
    Event::chat(author, author, body.to_string())
}

pub(crate) struct Site {
    pub(crate) hub: Hub,
    listener: TcpListener,
    tls: Option<(Arc<ServerConfig>, Arc<ClientConfig>)>,
}

/// A hub and limits for tests: no sampling, whatever else the defaults say.
pub(crate) fn config() -> HubConfig {
    HubConfig { shards: 2, ..HubConfig::new(clock) }
}

pub(crate) fn limits() -> ChannelLimits {
    ChannelLimits { chat_budget_per_s: 0, ..ChannelLimits::default() }
}

/// A window that is always open `max_us` wide.
pub(crate) fn window(max_us: i64) -> ChannelLimits {
    let window = WindowPolicy { max_us, quiet_per_s: 0, busy_per_s: 0, urgent_per_s: 20 };
    ChannelLimits { window, ..limits() }
}

impl Site {
    pub(crate) fn new(config: HubConfig, limits: ChannelLimits) -> Self {
        let hub = Hub::start(config, Arc::new(Talk)).expect("the hub starts");
        hub.open_channel(CHANNEL, 1_000, limits).expect("a channel opens");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        Self { hub, listener, tls: None }
    }

    pub(crate) fn plain() -> Self {
        Self::new(config(), limits())
    }

    pub(crate) fn with_tls(mut self) -> Self {
        let signed = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a key");
        let cert = signed.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(signed.signing_key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .and_then(|config| {
                config.with_no_client_auth().with_single_cert(vec![cert.clone()], key)
            })
            .expect("a server configuration");
        let mut roots = RootCertStore::empty();
        roots.add(cert).expect("a root");
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        self.tls = Some((Arc::new(server), Arc::new(client)));
        self
    }

    /// Connects without saying hello.
    pub(crate) fn connect(&self, viewer: u128, role: u32) -> Client {
        let viewer = Viewer { id: viewer, device: 0, role, ticket: 0 };
        std::thread::scope(|scope| {
            let server = scope.spawn(|| self.upgrade(viewer));
            let addr = self.listener.local_addr().expect("bound");
            let tcp = TcpStream::connect(addr).expect("connects");
            tcp.set_read_timeout(Some(PATIENCE)).expect("a time-out");
            let stream: Box<dyn Duplex> = match &self.tls {
                None => Box::new(tcp),
                Some((_, config)) => {
                    let name = ServerName::try_from("localhost").expect("a name");
                    let session =
                        ClientConnection::new(Arc::clone(config), name).expect("a session");
                    Box::new(rustls::StreamOwned::new(session, tcp))
                }
            };
            let (socket, _) =
                tungstenite::client("ws://localhost/room", stream).expect("the upgrade");
            server.join().expect("the server side");
            Client { socket }
        })
    }

    /// What the HTTP server does: answers the upgrade and hands the connection over.
    fn upgrade(&self, viewer: Viewer) {
        let (tcp, _) = self.listener.accept().expect("a connection");
        let (socket, already_read) = match &self.tls {
            None => {
                let mut tcp = tcp;
                let rest = answer(&mut tcp);
                (Socket::Plain(tcp), rest)
            }
            Some((config, _)) => {
                let session = ServerConnection::new(Arc::clone(config)).expect("a session");
                let mut stream = rustls::StreamOwned::new(session, tcp);
                let rest = answer(&mut stream);
                let (session, tcp) = stream.into_parts();
                (Socket::Tls(tcp, Box::new(session)), rest)
            }
        };
        // A refusal shows itself as a closed connection.
        let _ = self.hub.adopt(socket, already_read, CHANNEL, viewer, Box::new(()));
    }

    /// Connects and says hello; returns the welcome too.
    pub(crate) fn join(&self, viewer: u128, resume: Option<Resume>) -> (Client, Value) {
        let mut client = self.connect(viewer, 0);
        client.tell(&json!({"type": "hello", "resume": resume}));
        let welcome = client.next();
        assert_eq!(welcome["type"], "welcome");
        (client, welcome)
    }

    pub(crate) fn publish(&self, event: &Event) -> u64 {
        match self.hub.publish(CHANNEL, event) {
            Published::Sequenced(seq) => seq,
            other => panic!("not published: {other:?}"),
        }
    }

    pub(crate) fn mark(&self) {
        self.publish(&Event::state(r#"{"type":"mark"}"#));
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.hub.shutdown();
    }
}

fn answer(stream: &mut impl Duplex) -> Bytes {
    let mut request = Vec::new();
    let end = loop {
        let mut buf = [0; 1024];
        let len = stream.read(&mut buf).expect("a request");
        request.extend_from_slice(&buf[..len]);
        if let Some(at) = request.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let head = String::from_utf8_lossy(&request[..end]).into_owned();
    let key = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"))
        .expect("a key")
        .1;
    let accept = ws::accept_key(key);
    write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .and_then(|()| stream.flush())
    .expect("the answer leaves");
    Bytes::from(request.split_off(end))
}

pub(crate) trait Duplex: Read + Write + Send {}
impl<T: Read + Write + Send> Duplex for T {}

pub(crate) struct Client {
    socket: WebSocket<Box<dyn Duplex>>,
}

impl Client {
    pub(crate) fn tell(&mut self, message: &Value) {
        self.socket.send(Message::text(message.to_string())).expect("sent");
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.tell(&json!({"type": "say", "text": text}));
    }

    /// Writes bytes past the client's own framing.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        let stream = self.socket.get_mut();
        stream.write_all(bytes).and_then(|()| stream.flush()).expect("sent");
    }

    /// The next message of the room.
    pub(crate) fn next(&mut self) -> Value {
        self.try_next().expect("a message")
    }

    /// The next message of the room; nothing when the connection has ended.
    pub(crate) fn try_next(&mut self) -> Option<Value> {
        loop {
            match self.socket.read().ok()? {
                Message::Text(text) => return serde_json::from_str(&text).ok(),
                Message::Ping(_) | Message::Pong(_) => {}
                _ => return None,
            }
        }
    }

    /// Everything up to the next `mark`, without it.
    pub(crate) fn until_mark(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| Some(self.next()).filter(|next| next["type"] != "mark")).collect()
    }

    /// Reads until the end; the close code, if one came.
    pub(crate) fn close_code(&mut self) -> Option<u16> {
        let mut code = None;
        loop {
            match self.socket.read() {
                Ok(Message::Close(frame)) => code = frame.map(|frame| frame.code.into()),
                Ok(_) => {}
                Err(_) => return code,
            }
        }
    }
}

pub(crate) fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter_map(|message| message["text"].as_str()).collect()
}

pub(crate) fn seqs(messages: &[Value]) -> Vec<u64> {
    messages.iter().filter_map(|message| message["seq"].as_u64()).collect()
}
