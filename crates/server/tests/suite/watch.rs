//! What a page that is loaded in the middle of a show begins with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use media::flv;
use serde_json::{Value, json};

use crate::client::Http;
use crate::hosts::Encoder;
use crate::server::{Server, crew};
use crate::sockets::Listener;
use crate::wait;

/// Pictures and sound, streamed as they were taken until this is dropped.
pub(crate) struct Streaming(Arc<AtomicBool>, Option<JoinHandle<()>>);

static SHOW: &[u8] = include_bytes!("../../../../samples/evening.flv");

impl Streaming {
    fn start(server: &Server) -> Self {
        let tags = flv::read(&Bytes::from_static(SHOW)).unwrap();
        let mut encoder = Encoder::connect(server.ready.rtmp, "anna-secret-key").unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let (begin, mut rest) = (Instant::now(), tags.as_slice());
            while !stop.load(Ordering::SeqCst) && !rest.is_empty() {
                let now = begin.elapsed().as_millis();
                let due = rest.iter().take_while(|tag| u128::from(tag.timestamp_ms) <= now).count();
                let (send, later) = rest.split_at(due);
                encoder.send(send);
                rest = later;
                std::thread::sleep(Duration::from_millis(10));
            }
        });
        Self(over, Some(thread))
    }
}

impl Drop for Streaming {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        let _ = self.1.take().map(JoinHandle::join);
    }
}

/// A program that runs, and what is in its delay.
pub(crate) fn on_air(server: &Server) -> Streaming {
    let streaming = Streaming::start(server);
    let http = server.anonymous();
    wait::until("the program", || (watch(&http)["air"]["now_ms"].as_i64() > Some(0)).then_some(()));
    streaming
}

fn offer<'a>(offers: &'a Value, sku: &str) -> Option<&'a Value> {
    offers.as_array().unwrap().iter().find(|offer| offer["sku"] == sku)
}

fn watch(http: &Http) -> Value {
    http.get("shows/evening/watch").expect(200)
}

/// A price, a new offer, one that is taken away and a pin are the host's doing: a page that is loaded while they are in
/// the delay shows what its picture shows, and knows what comes.
#[test]
fn a_reload_is_not_ahead_of_its_picture() {
    let server = Server::start(&crew().replace("delay_s = 8", "delay_s = 3"), |_| {});
    let (pat, http) = (server.pat(), server.anonymous());
    let _streaming = on_air(&server);
    let before = watch(&http);
    let old = offer(&before["offers"], "LIP-01").unwrap()["price"].clone();
    assert_eq!(before["later"], json!([]));

    let price = json!({"minor": 100, "currency": old["currency"]});
    pat.patch("shows/evening/offers/LIP-01", &json!({"price": price})).expect(200);
    pat.post("shows/evening/offers", &json!({"sku": "INK-02"})).expect(201);
    pat.post("shows/evening/pin", &json!({"sku": "LIP-01"})).expect(200);
    let now = watch(&http);
    assert_eq!(offer(&now["offers"], "LIP-01").unwrap()["price"], old, "{now}");
    assert_eq!(offer(&now["offers"], "INK-02"), None, "{now}");
    assert_eq!(now["pin"], Value::Null);
    let air = now["air"]["now_ms"].as_i64().unwrap();
    let later = now["later"].as_array().unwrap();
    assert!(later.iter().all(|change| change["air_ms"].as_i64().unwrap() > air), "{now}");
    let coming = |sku: &str| later.iter().find(|change| change["offer"]["sku"] == sku).unwrap();
    assert_eq!(coming("LIP-01")["offer"]["price"], price);
    assert_eq!(coming("LIP-01")["offer"]["was"], old);
    assert_eq!(coming("INK-02")["offer"]["left"], 3);
    let pin = later.iter().find(|change| !change["pin"].is_null()).unwrap();
    assert_eq!((&pin["pin"]["sku"], &pin["pin"]["air_ms"]), (&json!("LIP-01"), &pin["air_ms"]));

    // When the picture is there, so is the page.
    let then = wait::until("the picture", || {
        let then = watch(&http);
        (then["later"] == json!([])).then_some(then)
    });
    assert_eq!(offer(&then["offers"], "LIP-01").unwrap()["price"], price);
    assert!(offer(&then["offers"], "INK-02").is_some());
    assert_eq!(then["pin"]["sku"], "LIP-01");
    pat.delete("shows/evening/offers/INK-02").expect(200);
    assert!(offer(&watch(&http)["offers"], "INK-02").is_some(), "it is on screen still");
    wait::until("it to be gone", || {
        offer(&watch(&http)["offers"], "INK-02").is_none().then_some(())
    });
}

#[test]
fn a_cut_on_the_page_is_the_one_in_the_room() {
    let server = Server::start(&crew().replace("delay_s = 8", "delay_s = 3"), |_| {});
    let (pat, http) = (server.pat(), server.anonymous());
    let _streaming = on_air(&server);
    let mut room = Listener::open(server.ready.http, "shows/evening/room", &[]).unwrap().hello();
    let cut = pat.post("shows/evening/actions", &json!({"kind": "cut"})).expect(201);
    let told = room.wait("the cut", |message| message["type"] == "cut");
    let listed = wait::until("the cut", || watch(&http)["cuts"].get(0).cloned());
    assert_eq!((&told["id"], &listed["id"]), (&cut["id"], &cut["id"]));
}
