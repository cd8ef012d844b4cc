//! Who streams, by host: where each feed goes, how it does, and how it is thrown out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use media::feed::FeedStats;
use media::program::Channel;
use show::desk::FeedEnd;
use tokio::sync::mpsc;
use units::{Duration, Timestamp};

use crate::clock;
use crate::onair::FeedId;
use crate::shows::{ShowHandle, Shows};

/// How long a refused feed is remembered, so that the studio can say why.
const REFUSED_KEPT: Duration = Duration::from_s(120);

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
    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Suspended => "this host is suspended; ask the operator of the platform",
            Self::KeyRotated => "the stream key was changed; copy the new one from the studio",
            Self::ShowEnded => "the show has ended",
            Self::Replaced => "another stream with the same key took over",
        }
    }

    pub(super) fn fact(self) -> FeedEnd {
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

    pub(super) fn sit(
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

    pub(super) fn update(&self, host: &str, id: FeedId, stats: FeedStats) {
        if let Some(connected) = self.lock().get_mut(host).filter(|connected| connected.id == id) {
            connected.view.stats = stats;
        }
    }

    pub(super) fn leave(&self, host: &str, id: FeedId) {
        let mut connected = self.lock();
        if connected.get(host).is_some_and(|connected| connected.id == id) {
            connected.remove(host);
        }
    }

    pub(super) fn refuse(&self, host: &str, code: &str, message: &str) {
        let view =
            RefusedView { at: clock::now(), code: code.to_owned(), message: message.to_owned() };
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(host.to_owned(), view);
    }
}
