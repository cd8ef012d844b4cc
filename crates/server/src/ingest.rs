//! The RTMP port: who may stream, to which show, and what becomes of the stream. One task per connection, which waits for
//! its peer until a stream is published and from then on looks in each turn what has come.

mod feeds;

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

use media::feed::Feed;
use media::program::Channel;
use media::rtmp::{Closed, Event, PublishRequest, Session, status};
use show::desk::{self, Fact, FeedEnd, Source};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use units::{Duration, MediaTime, Timestamp};

pub(crate) use self::feeds::{Dropped, Feeds, Seat};
use crate::app::App;
use crate::clock;
use crate::onair::{FeedId, Turns};
use crate::tasks::{Panicked, caught};

/// Bytes read at once.
const READ_BYTES: usize = 64 * 1024;
/// How long a peer may take to read what it is told.
const WRITE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);
/// How often the studio is told how a feed does.
const STATS_EVERY: Duration = Duration::from_s(1);
const APP: &str = "live";
/// How long an unknown stream key waits for its refusal.
const WRONG_KEY_REST: std::time::Duration = std::time::Duration::from_secs(1);

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
        let _ = stream.set_nodelay(true);
        Arc::clone(&app.threads).spawn(|turns| async move {
            let _entry = entry;
            match caught(Connection::new(Arc::clone(&app), stream, turns).run()).await {
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

/// The socket.
enum Peer {
    /// Bytes wake the task up.
    Heard(TcpStream),
    /// The task looks in each turn what there is: a stream comes in many small pieces, and being woken up for one costs
    /// more than what is done with it.
    Polled(std::net::TcpStream),
}

struct Connection {
    app: Arc<App>,
    turns: Arc<Turns>,
    /// `None` when it broke.
    peer: Option<Peer>,
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
    fn new(app: Arc<App>, stream: TcpStream, turns: Arc<Turns>) -> Self {
        let peer = Some(Peer::Heard(stream));
        Self { app, turns, peer, session: Session::new(clock::now()), publishing: None }
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
        // What fills the buffer is taken as fast as it comes.
        let mut more = false;
        loop {
            if let Err(ended) = self.answer().await {
                return ended;
            }
            while let Some(event) = self.session.event() {
                if let Some(ended) = self.obey(event).await {
                    let _ = self.answer().await;
                    return ended;
                }
            }
            if let Err(ended) = self.answer().await {
                return ended;
            }
            let deadline = self.session.deadline();
            let turns = &self.turns;
            let Some(peer) = &mut self.peer else { return Ended::Peer };
            let read = tokio::select! {
                read = peer.read(&mut buffer, turns, deadline, more) => read,
                Some(why) = kicked(&mut self.publishing) => {
                    if let Some(publishing) = &mut self.publishing {
                        publishing.end = why.fact();
                    }
                    self.session.stop(status::REJECTED, why.says(), clock::now());
                    continue;
                }
            };
            let now = clock::now();
            more = false;
            match read {
                Ok(Some(0)) => return Ended::Peer,
                Ok(Some(n)) => {
                    // A fault becomes an event, with the reason on its way to the peer.
                    let _ = self.session.receive(&buffer[..n], now);
                    more = n == READ_BYTES;
                }
                Ok(None) => {}
                Err(error) => return Ended::Io(error),
            }
            self.session.timeout(now);
        }
    }

    /// Writes what the session has to say, with a bound on how long the peer may take to read it.
    async fn answer(&mut self) -> Result<(), Ended> {
        let out = self.session.output();
        let Some(peer) = self.peer.as_mut().filter(|_| !out.is_empty()) else { return Ok(()) };
        match tokio::time::timeout(WRITE_PATIENCE, peer.write(&out, &self.turns)).await {
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
        self.peer = self.peer.take().and_then(Peer::polled);
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

impl Peer {
    /// Takes the socket out of the runtime's hands, so that nothing wakes up for it any more.
    fn polled(self) -> Option<Self> {
        match self {
            Self::Heard(stream) => stream.into_std().ok().map(Self::Polled),
            polled @ Self::Polled(_) => Some(polled),
        }
    }

    /// Reads once; `None` when nothing came by the deadline, or by the next turn. A peer that is polled is read `at_once`
    /// when there was more than a read takes. Nothing is lost when this is dropped before it is done.
    async fn read(
        &mut self,
        buffer: &mut [u8],
        turns: &Turns,
        deadline: Option<Timestamp>,
        at_once: bool,
    ) -> std::io::Result<Option<usize>> {
        match self {
            Self::Heard(stream) => tokio::select! {
                read = stream.read(buffer) => read.map(Some),
                () = clock::sleep_until(deadline) => Ok(None),
            },
            Self::Polled(stream) => {
                if at_once {
                    tokio::task::yield_now().await;
                } else {
                    turns.feed().await;
                }
                match stream.read(buffer) {
                    Err(error) if passing(&error) => Ok(None),
                    read => read.map(Some),
                }
            }
        }
    }

    async fn write(&mut self, mut out: &[u8], turns: &Turns) -> std::io::Result<()> {
        let stream = match self {
            Self::Heard(stream) => return stream.write_all(out).await,
            Self::Polled(stream) => stream,
        };
        while !out.is_empty() {
            match stream.write(out) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => out = &out[n..],
                Err(error) if passing(&error) => turns.feed().await,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Whether a socket only has nothing to give or no room now.
fn passing(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}

/// The reason for which the server throws the feed out, when it does.
async fn kicked(publishing: &mut Option<Publishing>) -> Option<Dropped> {
    match publishing {
        Some(publishing) => publishing.kicked.recv().await,
        None => std::future::pending().await,
    }
}
