//! The RTMP port: who may stream, to which show, and what becomes of the stream. One task per connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use media::feed::{Feed, FeedStats};
use media::program::Channel;
use media::rtmp::{Closed, Event, PublishRequest, Session, status};
use show::desk::{self, Fact, FeedEnd, Source};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use units::{Duration, MediaTime, Timestamp};

use crate::app::App;
use crate::clock;
use crate::onair::FeedId;
use crate::shows::{ShowHandle, Shows};
use crate::tasks::{Panicked, caught};

/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;
/// How long a published stream gathers before it is read again.
const REST: Duration = Duration::from_ms(20);
/// How often the studio is told how a feed does.
const STATS_EVERY: Duration = Duration::from_s(1);
/// How long a refused feed is remembered, so that the studio can say why.
const REFUSED_KEPT: Duration = Duration::from_s(120);
const APP: &str = "live";
/// How long an unknown stream key waits for its refusal.
const WRONG_KEY_REST: std::time::Duration = std::time::Duration::from_secs(1);

/// Why the server threw a feed out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dropped {
    /// The host is suspended.
    Suspended,
    /// The stream key is another now.
    KeyRotated,
    /// The show has ended.
    ShowEnded,
    /// The same host streams from somewhere else.
    Replaced,
}

impl Dropped {
    fn says(self) -> &'static str {
        match self {
            Self::Suspended => "this host is suspended; ask the operator of the platform",
            Self::KeyRotated => "the stream key was changed; copy the new one from the studio",
            Self::ShowEnded => "the show has ended",
            Self::Replaced => "another stream with the same key took over",
        }
    }

    fn fact(self) -> FeedEnd {
        match self {
            Self::Suspended => FeedEnd::Suspended,
            Self::KeyRotated => FeedEnd::KeyRotated,
            Self::ShowEnded => FeedEnd::Stopped,
            Self::Replaced => FeedEnd::Replaced,
        }
    }
}

/// What the studio and the desk see of a feed.
#[derive(Clone)]
pub(crate) struct FeedView {
    pub(crate) since: Timestamp,
    pub(crate) stats: FeedStats,
}

/// A refusal that the studio shows.
#[derive(Clone)]
pub(crate) struct RefusedView {
    pub(crate) at: Timestamp,
    pub(crate) code: String,
    pub(crate) message: String,
}

struct Connected {
    id: FeedId,
    kick: mpsc::Sender<Dropped>,
    view: FeedView,
    seat: Seat,
}

/// Where a feed goes.
#[derive(Clone)]
pub(crate) struct Seat {
    pub(crate) show: Arc<ShowHandle>,
    pub(crate) channel: Channel,
}

/// Who streams, by host.
#[derive(Default)]
pub(crate) struct Feeds {
    connected: Mutex<HashMap<String, Connected>>,
    refused: Mutex<HashMap<String, RefusedView>>,
    next: AtomicU64,
}

impl Feeds {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Connected>> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a host's feed does; `None` when there is none.
    pub(crate) fn of_host(&self, host: &str) -> Option<FeedView> {
        self.lock().get(host).map(|connected| connected.view.clone())
    }

    /// Why a host's last feed was refused, for a while.
    pub(crate) fn refusal(&self, host: &str, now: Timestamp) -> Option<RefusedView> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.get(host).filter(|refused| now - refused.at < REFUSED_KEPT).cloned()
    }

    /// Throws a host's feed out. When this returns, nothing of it airs any more: neither of a feed that is connected nor
    /// what one that has left already still has in a delay.
    pub(crate) async fn drop_host(&self, shows: &Shows, host: &str, why: Dropped) {
        let gone = {
            let connected = self.lock();
            connected.get(host).map(|connected| (connected.kick.clone(), connected.seat.clone()))
        };
        let mut seats: Vec<Seat> = shows.seats_of(host);
        if let Some((_, seat)) = &gone
            && !seats
                .iter()
                .any(|known| known.show.slug == seat.show.slug && known.channel == seat.channel)
        {
            seats.push(seat.clone());
        }
        for seat in seats {
            if let Some(onair) = seat.show.onair() {
                onair.drop_feed(seat.channel).await;
            }
        }
        if let Some((kick, _)) = gone {
            // A full queue has been told already.
            let _ = kick.try_send(why);
        }
    }

    /// Ends all feeds of a show that is over.
    pub(crate) fn end_show(&self, show: &ShowHandle) {
        for connected in self.lock().values() {
            if connected.seat.show.slug == show.slug {
                let _ = connected.kick.try_send(Dropped::ShowEnded);
            }
        }
    }

    /// Who streams to a show, and where.
    pub(crate) fn seats_on(&self, show: &ShowHandle) -> Vec<(Channel, FeedId)> {
        let connected = self.lock();
        let here = connected.values().filter(|feed| feed.seat.show.slug == show.slug);
        here.map(|feed| (feed.seat.channel, feed.id)).collect()
    }

    fn sit(
        &self,
        host: &str,
        kick: mpsc::Sender<Dropped>,
        seat: Seat,
        now: Timestamp,
    ) -> (FeedId, Option<mpsc::Sender<Dropped>>) {
        let id = FeedId(self.next.fetch_add(1, Ordering::Relaxed));
        let view = FeedView { since: now, stats: FeedStats::default() };
        let before = self.lock().insert(host.to_owned(), Connected { id, kick, view, seat });
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).remove(host);
        (id, before.map(|before| before.kick))
    }

    fn update(&self, host: &str, id: FeedId, stats: FeedStats) {
        if let Some(connected) = self.lock().get_mut(host).filter(|connected| connected.id == id) {
            connected.view.stats = stats;
        }
    }

    fn leave(&self, host: &str, id: FeedId) {
        let mut connected = self.lock();
        if connected.get(host).is_some_and(|connected| connected.id == id) {
            connected.remove(host);
        }
    }

    fn refuse(&self, host: &str, code: &str, message: &str) {
        let view =
            RefusedView { at: clock::now(), code: code.to_owned(), message: message.to_owned() };
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(host.to_owned(), view);
    }
}

/// Accepts until the task is dropped.
pub(crate) async fn run(app: Arc<App>, listener: Arc<TcpListener>) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "rtmp accept");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        let Ok(entry) = app.rtmp_gate.enter(peer.ip()) else { continue };
        let app = Arc::clone(&app);
        tokio::spawn(async move {
            let _entry = entry;
            let _ = stream.set_nodelay(true);
            match caught(Connection::new(Arc::clone(&app), stream).run()).await {
                Ok(why) => tracing::info!(%peer, ?why, "rtmp connection closed"),
                Err(Panicked) => app.tasks.count("rtmp connection"),
            }
        });
    }
}

/// A feed that was let in.
struct Publishing {
    host: String,
    id: FeedId,
    seat: Seat,
    feed: Feed,
    kicked: mpsc::Receiver<Dropped>,
    told_at: Timestamp,
    announced: bool,
    end: FeedEnd,
}

struct Connection {
    app: Arc<App>,
    stream: TcpStream,
    session: Session,
    publishing: Option<Publishing>,
}

/// Why a connection ended.
#[derive(Debug)]
#[expect(dead_code, reason = "read by Debug in the log")]
enum Ended {
    Closed(Closed),
    Peer,
    Io(std::io::Error),
}

impl Connection {
    fn new(app: Arc<App>, stream: TcpStream) -> Self {
        Self { app, stream, session: Session::new(clock::now()), publishing: None }
    }

    async fn run(mut self) -> Ended {
        let why = self.serve().await;
        if let Some(publishing) = self.publishing.take() {
            self.leave(publishing, &why).await;
        }
        why
    }

    async fn serve(&mut self) -> Ended {
        let mut buffer = vec![0; READ_BYTES];
        let mut rest = None;
        loop {
            let out = self.session.output();
            if !out.is_empty()
                && let Err(error) = self.write(&out).await
            {
                return error;
            }
            while let Some(event) = self.session.event() {
                if let Some(ended) = self.obey(event).await {
                    let out = self.session.output();
                    let _ = self.write(&out).await;
                    return ended;
                }
            }
            let out = self.session.output();
            if !out.is_empty()
                && let Err(error) = self.write(&out).await
            {
                return error;
            }
            let deadline = self.session.deadline();
            tokio::select! {
                read = read_after(rest, &mut self.stream, &mut buffer) => match read {
                    Ok(0) => return Ended::Peer,
                    Ok(n) => {
                        // A fault becomes an event, with the reason on its way to the peer.
                        let now = clock::now();
                        let _ = self.session.receive(&buffer[..n], now);
                        // A stream comes in many small pieces; taken a few at a time they cost less. What fills the
                        // buffer is taken as fast as it comes.
                        rest = (self.publishing.is_some() && n < READ_BYTES).then(|| now + REST);
                    }
                    Err(error) => return Ended::Io(error),
                },
                () = clock::sleep_until(deadline) => self.session.timeout(clock::now()),
                Some(why) = kicked(&mut self.publishing) => {
                    if let Some(publishing) = &mut self.publishing {
                        publishing.end = why.fact();
                    }
                    self.session.stop(status::REJECTED, why.says(), clock::now());
                }
            }
        }
    }

    /// Writes with a bound on how long the peer may take to read it.
    async fn write(&mut self, out: &[u8]) -> Result<(), Ended> {
        let patience = std::time::Duration::from_secs(5);
        match tokio::time::timeout(patience, self.stream.write_all(out)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Ended::Io(error)),
            Err(_) => Err(Ended::Peer),
        }
    }

    async fn obey(&mut self, event: Event) -> Option<Ended> {
        match event {
            Event::Publish(request) => self.publish(request).await,
            Event::Media(tag) => self.media(&tag).await,
            Event::Metadata(_) => {}
            Event::Unpublish => {
                if let Some(publishing) = self.publishing.take() {
                    self.leave(publishing, &Ended::Peer).await;
                }
            }
            Event::Closed(why) => return Some(Ended::Closed(why)),
        }
        None
    }

    async fn publish(&mut self, request: PublishRequest) {
        let refusal = match self.seat(&request).await {
            Ok((host, seat)) => match self.begin(&request, host, seat).await {
                Ok(()) => return,
                Err(why) => why.says().to_owned(),
            },
            Err(refusal) => refusal,
        };
        self.session.refuse_publish(status::BAD_NAME, &refusal, clock::now());
    }

    async fn seat(&self, request: &PublishRequest) -> Result<(String, Seat), String> {
        if request.app.trim_matches('/') != APP {
            return Err(format!("the address ends with /{APP}"));
        }
        let Some(host) = self.app.catalogue.host_of_key(key_of(request)) else {
            // One guess a second on each of a bounded number of connections.
            tokio::time::sleep(WRONG_KEY_REST).await;
            return Err("the stream key is not known; copy it from the studio".to_owned());
        };
        if host.suspended {
            return Err(Dropped::Suspended.says().to_owned());
        }
        let seat = self.app.shows.seat(&host.slug).await;
        let refused = |message: String| {
            self.app.feeds.refuse(&host.slug, "no_show", &message);
            message
        };
        seat.map(|seat| (host.slug.clone(), seat)).map_err(refused)
    }

    /// Whether a host was suspended or their key rotated since they were let in.
    fn revoked(&self, request: &PublishRequest, slug: &str) -> Option<Dropped> {
        match self.app.catalogue.host_of_key(key_of(request)) {
            Some(host) if host.slug != slug => Some(Dropped::KeyRotated),
            Some(host) if host.suspended => Some(Dropped::Suspended),
            Some(_) => None,
            None => Some(Dropped::KeyRotated),
        }
    }

    async fn begin(
        &mut self,
        request: &PublishRequest,
        host: String,
        seat: Seat,
    ) -> Result<(), Dropped> {
        let now = clock::now();
        let (kick, kicked) = mpsc::channel(4);
        let (id, before) = self.app.feeds.sit(&host, kick, seat.clone(), now);
        if let Some(before) = before {
            let _ = before.try_send(Dropped::Replaced);
        }
        let onair = self.app.shows.on_air(&seat.show);
        onair.feed_opened(seat.channel, id).await;
        // Whoever suspends a host writes that down and then throws out who sits. Asked after sitting down, no feed slips
        // between the two.
        if let Some(why) = self.revoked(request, &host) {
            onair.drop_feed(seat.channel).await;
            self.app.feeds.leave(&host, id);
            return Err(why);
        }
        if !self.session.accept_publish(now) {
            onair.feed_closed(seat.channel, id).await;
            self.app.feeds.leave(&host, id);
            return Ok(());
        }
        tracing::info!(host, show = %seat.show.slug, channel = ?seat.channel, "a feed begins");
        self.publishing = Some(Publishing {
            host,
            id,
            seat,
            feed: Feed::new(),
            kicked,
            told_at: now,
            announced: false,
            end: FeedEnd::Lost,
        });
        Ok(())
    }

    async fn media(&mut self, tag: &media::flv::Tag) {
        let Some(publishing) = &mut self.publishing else { return };
        let frame = match publishing.feed.push(tag) {
            Ok(frame) => frame,
            Err(refused) => {
                let message = refused.to_string();
                self.app.feeds.refuse(&publishing.host, refused.code(), &message);
                publishing.end = FeedEnd::Refused;
                self.session.stop(status::REJECTED, &message, clock::now());
                return;
            }
        };
        let Some(frame) = frame else { return };
        let now = clock::now();
        if now - publishing.told_at >= STATS_EVERY {
            publishing.told_at = now;
            self.app.feeds.update(&publishing.host, publishing.id, publishing.feed.stats());
            publishing.announce(now);
        }
        let Some(onair) = publishing.seat.show.onair() else { return };
        if !onair.frame(publishing.seat.channel, publishing.id, frame).await {
            self.session.stop(status::REJECTED, Dropped::ShowEnded.says(), now);
        }
    }

    async fn leave(&self, publishing: Publishing, why: &Ended) {
        let Publishing { host, id, seat, announced, end, .. } = publishing;
        self.app.feeds.leave(&host, id);
        if let Some(onair) = seat.show.onair() {
            onair.feed_closed(seat.channel, id).await;
        }
        if announced {
            let end = if end == FeedEnd::Lost && matches!(why, Ended::Peer) {
                FeedEnd::Stopped
            } else {
                end
            };
            seat.show.fact(Fact::FeedClosed { source: source(seat.channel), why: end });
        }
        tracing::info!(host, show = %seat.show.slug, ?end, "a feed ended");
    }
}

impl Publishing {
    /// Tells the log once what the feed is, when that is known.
    fn announce(&mut self, now: Timestamp) {
        if self.announced {
            return;
        }
        let stats = self.feed.stats();
        let feed = desk::Feed {
            no: u32::try_from(self.id.0).unwrap_or(u32::MAX),
            at: now,
            from_media: MediaTime::ZERO,
            video: stats
                .video
                .map(|video| format!("{} {}x{}", video.codec, video.width, video.height)),
            audio: stats
                .audio
                .map(|audio| format!("{} {}/{}", audio.codec, audio.sample_rate, audio.channels)),
        };
        self.announced = true;
        self.seat.show.fact(Fact::FeedOpened { source: source(self.seat.channel), feed });
    }
}

/// The stream key, without the query that some encoders hang on to it.
fn key_of(request: &PublishRequest) -> &str {
    request.key.expose().split('?').next().unwrap_or_default()
}

fn source(channel: Channel) -> Source {
    match channel {
        Channel::Host => Source::Host,
        Channel::Standby => Source::Standby,
    }
}

/// Reads once a moment has come. Nothing is lost when it is dropped before it is done.
async fn read_after(
    rest: Option<Timestamp>,
    stream: &mut TcpStream,
    buffer: &mut [u8],
) -> std::io::Result<usize> {
    if rest.is_some() {
        clock::sleep_until(rest).await;
    }
    stream.read(buffer).await
}

/// The reason for which the server throws the feed out, when it does.
async fn kicked(publishing: &mut Option<Publishing>) -> Option<Dropped> {
    match publishing {
        Some(publishing) => publishing.kicked.recv().await,
        None => std::future::pending().await,
    }
}
