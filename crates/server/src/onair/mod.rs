//! A show on air: one task that owns the program, feeds it, obeys the desk, and publishes what airs.
//!
//! Safety: act, then record. The task acts in memory and answers at once; what happened goes to the show's owner as facts,
//! whatever the store does. It knows no order, no product and no viewer.

mod captions;
mod clips;
mod driver;
mod live;
mod preview;
mod record;
pub(crate) mod seal;
mod shelf;
mod turns;

use std::sync::Arc;

use listen::{Hypothesis, Language};
use media::frame::Frame;
use media::hls::Note;
use media::program::{Applied, Channel, DelayChange, Refusal, Slates, Status, Wish};
use show::Slug;
use show::desk::Fact;
use store::Objects;
use tokio::sync::{mpsc, oneshot, watch};
use units::{ActionId, AirTime, Duration, MediaTime, Timestamp};

pub(crate) use self::live::{kind as action_kind, to_air, why_word};
pub(crate) use self::record::{INDEX, State as Recording, recording_key};
pub(crate) use self::shelf::Shelf;
pub(crate) use self::turns::{Threads, Turns};
use crate::clock;
use crate::config;
use crate::errors::{ApiError, ApiResult, Code};
use crate::hearing::{Ear, Hearing};
use crate::secrets::Secrets;
use crate::tasks::Tasks;

/// What kind of task a program is.
pub(crate) const KIND: &str = "program";
/// Frames on their way from a feed to the program; a feed that is faster waits, and its TCP window closes.
const FRAMES_MAX: usize = 512;
/// Orders of the desk that wait; there are never more than people at it.
const ORDERS_MAX: usize = 256;

/// Names one connection of a source, so that frames of one that was dropped are known by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FeedId(pub(crate) u64);

/// What the desk and the server ask of the task.
enum Order {
    GoLive(Box<GoLive>),
    Opened {
        channel: Channel,
        feed: FeedId,
    },
    Drop {
        channel: Channel,
        done: oneshot::Sender<()>,
    },
    Act {
        id: ActionId,
        wish: Wish,
        done: oneshot::Sender<Result<Applied, Refusal>>,
    },
    Change {
        id: ActionId,
        from: MediaTime,
        to: Option<MediaTime>,
        done: oneshot::Sender<Result<Applied, Refusal>>,
    },
    Undo {
        id: ActionId,
        done: oneshot::Sender<Result<Applied, Refusal>>,
    },
    SetDelay {
        delay: Duration,
        done: oneshot::Sender<Result<DelayChange, Refusal>>,
    },
    Note(Note),
    Unpin(AirTime),
    Caption(Caption),
    End {
        over: bool,
        done: oneshot::Sender<()>,
    },
    #[cfg(test)]
    Panic,
}

/// What comes from a feed, in order.
enum FromFeed {
    Frame(Channel, FeedId, Frame),
    Closed(Channel, FeedId),
}

/// A finished sentence of the host, in channel time.
pub(crate) struct Caption {
    pub(crate) sentence: Hypothesis,
    pub(crate) language: Language,
}

/// With what a show goes on air.
pub(crate) struct GoLive {
    pub(crate) started: Timestamp,
    pub(crate) delay: Duration,
    /// Where an earlier run of the server stopped.
    pub(crate) resume: Option<Resume>,
    /// Stays on the slate until a person resumes.
    pub(crate) held: bool,
    /// The language of its captions, when it has any.
    pub(crate) captions: Option<String>,
}

/// Where an earlier run stopped.
pub(crate) struct Resume {
    pub(crate) program: media::program::Mark,
    pub(crate) hls: media::hls::Mark,
}

/// What everybody else reads of the task, a few times a second.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) at: Timestamp,
    pub(crate) status: Option<Status>,
    /// The moment of the program that airs at `at`.
    pub(crate) air: Option<AirTime>,
    /// When the newest moment of the preview airs.
    pub(crate) newest_air: Option<AirTime>,
    /// UTC of AirTime 0 as the playlist counts it.
    pub(crate) epoch: Option<Timestamp>,
    pub(crate) recording: record::State,
}

impl View {
    /// The moment of the program that airs at `now`.
    pub(crate) fn air_at(&self, now: Timestamp) -> Option<AirTime> {
        self.air.map(|air| air + (now - self.at))
    }

    /// When what the host does at `now` airs.
    pub(crate) fn newest_air_at(&self, now: Timestamp) -> Option<AirTime> {
        self.newest_air.map(|air| air + (now - self.at))
    }
}

/// What the task needs of the server.
#[derive(Clone)]
pub(crate) struct Deps {
    pub(crate) program: config::Program,
    pub(crate) record: config::Record,
    pub(crate) slates: Slates,
    pub(crate) objects: Arc<dyn Objects>,
    pub(crate) secrets: Secrets,
    pub(crate) tasks: Arc<Tasks>,
    pub(crate) threads: Arc<Threads>,
    pub(crate) hearing: Hearing,
    /// Programs have captions.
    pub(crate) captions: bool,
}

/// Begins to hear the show.
pub(crate) type Hear = Arc<dyn Fn() -> Option<Ear> + Send + Sync>;

/// Where facts go.
pub(crate) type Tell = Arc<dyn Fn(Fact) + Send + Sync>;

/// The way to the task.
#[derive(Clone)]
pub(crate) struct OnAir {
    orders: mpsc::Sender<Order>,
    frames: mpsc::Sender<FromFeed>,
    view: watch::Receiver<Arc<View>>,
    pub(crate) program: Arc<Shelf>,
    pub(crate) host: Arc<Shelf>,
    pub(crate) standby: Arc<Shelf>,
}

impl OnAir {
    /// Starts the task of a show. It airs nothing before [`Self::go_live`].
    /// After a panic nothing airs, and `fell` is called.
    pub(crate) fn start(
        show: &Slug,
        deps: &Deps,
        (tell, hear): (Tell, Hear),
        fell: impl FnOnce() + Send + 'static,
    ) -> Self {
        let (orders, orders_rx) = mpsc::channel(ORDERS_MAX);
        let (frames, frames_rx) = mpsc::channel(FRAMES_MAX);
        let first = View {
            at: clock::now(),
            status: None,
            air: None,
            newest_air: None,
            epoch: None,
            recording: record::State::Off,
        };
        let (view_tx, view) = watch::channel(Arc::new(first));
        let [program, host, standby] = std::array::from_fn(|_| Arc::new(Shelf::default()));
        let shelves = driver::Shelves {
            program: Arc::clone(&program),
            host: Arc::clone(&host),
            standby: Arc::clone(&standby),
        };
        let driver =
            driver::Driver::new(show.clone(), deps.clone(), (tell, hear), view_tx, shelves);
        deps.threads.spawn(|turns| {
            let program = driver.run(turns, orders_rx, frames_rx);
            deps.tasks.watched(KIND, show.as_str(), program, fell)
        });
        Self { orders, frames, view, program, host, standby }
    }

    /// Begins to air; nothing happens when it does already.
    pub(crate) async fn go_live(&self, live: GoLive) {
        let _ = self.orders.send(Order::GoLive(Box::new(live))).await;
    }

    pub(crate) async fn feed_opened(&self, channel: Channel, feed: FeedId) {
        let _ = self.orders.send(Order::Opened { channel, feed }).await;
    }

    /// Hands over a frame; waits while the task is behind. `false` when the show is over.
    pub(crate) async fn frame(&self, channel: Channel, feed: FeedId, frame: Frame) -> bool {
        self.frames.send(FromFeed::Frame(channel, feed, frame)).await.is_ok()
    }

    pub(crate) async fn feed_closed(&self, channel: Channel, feed: FeedId) {
        let _ = self.frames.send(FromFeed::Closed(channel, feed)).await;
    }

    /// Throws a source out; when this returns, nothing of it airs any more.
    pub(crate) async fn drop_feed(&self, channel: Channel) {
        let (done, wait) = oneshot::channel();
        if self.orders.send(Order::Drop { channel, done }).await.is_ok() {
            let _ = wait.await;
        }
    }

    pub(crate) async fn act(&self, id: ActionId, wish: Wish) -> ApiResult<Applied> {
        self.ask(|done| Order::Act { id, wish, done }).await
    }

    /// Gives an action another interval.
    pub(crate) async fn change(
        &self,
        id: ActionId,
        from: MediaTime,
        to: Option<MediaTime>,
    ) -> ApiResult<Applied> {
        self.ask(|done| Order::Change { id, from, to, done }).await
    }

    pub(crate) async fn undo(&self, id: ActionId) -> ApiResult<Applied> {
        self.ask(|done| Order::Undo { id, done }).await
    }

    pub(crate) async fn set_delay(&self, delay: Duration) -> ApiResult<DelayChange> {
        self.ask(|done| Order::SetDelay { delay, done }).await
    }

    /// Writes something into the playlist.
    pub(crate) fn note(&self, note: Note) {
        let _ = self.orders.try_send(Order::Note(note));
    }

    /// Ends the pin in the playlist.
    pub(crate) fn unpin(&self, at: AirTime) {
        let _ = self.orders.try_send(Order::Unpin(at));
    }

    /// Shows words when they air, unless they are stopped by then.
    pub(crate) fn caption(&self, caption: Caption) {
        let _ = self.orders.try_send(Order::Caption(caption));
    }

    #[cfg(test)]
    pub(crate) async fn panic(&self) {
        let _ = self.orders.send(Order::Panic).await;
    }

    /// Ends the show: what waits in the delay does not air; the recording is complete when this returns.
    pub(crate) async fn end(&self) {
        self.stop(true).await;
    }

    /// The server stops: the recording is written, and the show goes on when the server is back.
    pub(crate) async fn pause(&self) {
        self.stop(false).await;
    }

    async fn stop(&self, over: bool) {
        let (done, wait) = oneshot::channel();
        if self.orders.send(Order::End { over, done }).await.is_ok() {
            let _ = wait.await;
        }
    }

    pub(crate) fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.borrow())
    }

    async fn ask<T>(
        &self,
        order: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> Order,
    ) -> ApiResult<T> {
        let (done, answer) = oneshot::channel();
        self.orders.send(order(done)).await.map_err(|_| Code::NoProgram)?;
        answer.await.map_err(|_| ApiError::from(Code::NoProgram))?.map_err(ApiError::from)
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::AlreadyAired { .. } => Code::AlreadyAired,
            Refusal::EmptyInterval { .. } => Code::EmptyInterval,
            Refusal::TooFarAhead { .. } => Code::TooFarAhead,
            Refusal::NotReady(_) => Code::StandbyNotReady,
            Refusal::UndoExpired { .. } => Code::UndoExpired,
            Refusal::NoUndo { .. } => Code::NotUndoable,
            Refusal::NothingToResume => Code::NothingToResume,
            Refusal::NothingWaits => Code::NothingWaits,
            Refusal::InPanic => Code::InPanic,
            Refusal::TooMany { .. } => Code::TooManyActions,
            Refusal::DelayOutOfRange { .. } => Code::BadDelay,
            _ => Code::UnknownAction,
        };
        let detail = match refusal {
            Refusal::AlreadyAired { by } | Refusal::UndoExpired { by } => {
                serde_json::json!({"ms": by.ms()})
            }
            Refusal::NotReady(why) => serde_json::to_value(why).unwrap_or_default(),
            _ => return Self::about(code, refusal.to_string()),
        };
        Self::about(code, refusal.to_string()).with(detail)
    }
}
