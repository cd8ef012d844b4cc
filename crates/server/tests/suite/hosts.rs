//! Hosts whose key is rotated or who are suspended: nothing of them comes in, and nothing of them airs any more.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::flv::{self, Tag};
use media::rtmp::{Publisher, PublisherEvent, StreamKey};
use serde_json::{Value, json};

use crate::server::{Server, crew};
use crate::wait;

/// Pictures and sound to stream, five seconds of them or so.
static FLV: &[u8] = include_bytes!("../../../../slates/landscape.flv");

/// An encoder: connected, or refused with a reason.
pub(crate) struct Encoder {
    socket: TcpStream,
    publisher: Publisher,
}

impl Encoder {
    pub(crate) fn connect(rtmp: SocketAddr, key: &str) -> Result<Self, String> {
        let socket = TcpStream::connect(rtmp).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        let publisher = Publisher::new("live", StreamKey::new(key), &format!("rtmp://{rtmp}/live"));
        let mut encoder = Self { socket, publisher };
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(10) {
            match encoder.turn() {
                Some(PublisherEvent::Ready) => return Ok(encoder),
                Some(PublisherEvent::Refused { description, .. }) => return Err(description),
                None => {}
            }
        }
        panic!("no answer");
    }

    fn turn(&mut self) -> Option<PublisherEvent> {
        let _ = self.socket.write_all(&self.publisher.output());
        let mut buffer = [0; 4096];
        match self.socket.read(&mut buffer) {
            Ok(read) => self.publisher.receive(&buffer[..read]).unwrap(),
            Err(error) => assert!(
                matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::ConnectionReset
                ),
                "{error}"
            ),
        }
        self.publisher.event()
    }

    pub(crate) fn send(&mut self, tags: &[Tag]) {
        for tag in tags {
            self.publisher.send(tag);
            self.socket.write_all(&self.publisher.output()).unwrap();
        }
    }

    /// Waits for the reason with which the server throws it out.
    fn refusal(&mut self) -> String {
        wait::until("a refusal", || match self.turn() {
            Some(PublisherEvent::Refused { description, .. }) => Some(description),
            _ => None,
        })
    }
}

/// Seconds that wait in the delay of the evening show, as the metrics say.
fn in_delay(server: &Server) -> Option<f64> {
    let metrics = server.anonymous().get("/metrics").text;
    let line = metrics
        .lines()
        .find(|line| line.starts_with("ringlight_delay_seconds{show=\"evening\"}"))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

fn receiving(server: &Server) -> bool {
    server.pat().get("hosts").json()[0]["receiving"] == true
}

#[test]
fn keys_and_suspension_decide_who_streams() {
    let server = Server::start(&crew(), |_| {});
    let (pat, rtmp) = (server.pat(), server.ready.rtmp);
    assert!(Encoder::connect(rtmp, "not-a-key").err().unwrap().contains("not known"));

    let mut encoder = Encoder::connect(rtmp, "anna-secret-key").unwrap();
    assert!(receiving(&server));
    assert_eq!(pat.get("shows/evening").json()["status"], "live", "the stream starts the show");
    let key = pat.post("hosts/anna/key", &Value::Null).expect(200)["stream_key"].clone();
    assert!(encoder.refusal().contains("key was changed"));
    assert!(Encoder::connect(rtmp, "anna-secret-key").is_err());

    let mut encoder = Encoder::connect(rtmp, key.as_str().unwrap()).unwrap();
    pat.patch("hosts/anna", &json!({"suspended": true})).expect(200);
    assert!(encoder.refusal().contains("suspended"));
    assert!(Encoder::connect(rtmp, key.as_str().unwrap()).err().unwrap().contains("suspended"));
    wait::until("the feed to be gone", || (!receiving(&server)).then_some(()));
    pat.patch("hosts/anna", &json!({"suspended": false})).expect(200);
    assert!(Encoder::connect(rtmp, key.as_str().unwrap()).is_ok());

    pat.patch("hosts/bea", &json!({"suspended": true})).expect(200);
    pat.post("shows/late/start", &Value::Null).refused("host_suspended");
    pat.patch("hosts/nobody", &json!({"suspended": true})).refused("unknown_host");
}

/// A host who has left already is suspended: what they still have in the delay does not air.
#[test]
fn what_a_host_left_in_the_delay_goes_with_them() {
    let server = Server::start(&crew().replace("delay_s = 8", "delay_s = 60"), |_| {});
    let tags = flv::read(&Bytes::from_static(FLV)).unwrap();
    let mut encoder = Encoder::connect(server.ready.rtmp, "anna-secret-key").unwrap();
    encoder.send(&tags);
    wait::until("something in the delay", || in_delay(&server).filter(|seconds| *seconds > 0.5));
    drop(encoder);
    wait::until("the feed to be gone", || (!receiving(&server)).then_some(()));
    assert!(in_delay(&server).unwrap() > 0.5, "the delay keeps what came");
    server.pat().patch("hosts/anna", &json!({"suspended": true})).expect(200);
    wait::until("an empty delay", || in_delay(&server).filter(|seconds| *seconds == 0.0));
}
