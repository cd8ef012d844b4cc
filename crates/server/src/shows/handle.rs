//! One show: the way to its owner, and what everybody reads of it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use show::desk::{self, Fact, Source};
use show::sentinel::Stake;
use show::{Input, Show, Slug, StartMode, State, Status};
use store::TextRow;
use tokio::sync::{mpsc, watch};
use units::{AirTime, Timestamp};

use super::unseen::{Change, Unseen};
use super::{Orders, Run};
use crate::clock;
use crate::errors::{ApiResult, Code};
use crate::hearing::Heard;
use crate::onair::{Deps, OnAir, Shelf};
use crate::owner::Owner;
use crate::rooms::{Room, Rooms};
use crate::shop::Shop;
use crate::tasks::Often;

/// How long a caller waits for a state that is on its way.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(2);

/// How long the last window of a program stays: players load its playlist again within a target duration or two, and must
/// find its end there.
const LAST_WINDOW: std::time::Duration = std::time::Duration::from_secs(30);

/// One show.
pub(crate) struct ShowHandle {
    pub(crate) slug: Slug,
    pub(crate) room: Arc<Room>,
    owner: OnceLock<Owner<Show>>,
    orders: OnceLock<Orders>,
    /// What the host said, for the desk.
    pub(crate) heard: Heard,
    state: watch::Sender<Arc<State>>,
    run: RwLock<Run>,
    onair: Mutex<Option<OnAir>>,
    aired: Mutex<Option<Arc<Shelf>>>,
    /// What the host has changed and viewers have not seen.
    unseen: Mutex<Unseen>,
    /// When its program panicked.
    fell: Mutex<Often>,
}

impl ShowHandle {
    pub(super) fn new(slug: Slug, room: Arc<Room>, run: Run, state: State) -> Self {
        Self {
            slug,
            room,
            owner: OnceLock::new(),
            orders: OnceLock::new(),
            heard: Heard::default(),
            state: watch::Sender::new(Arc::new(state)),
            run: RwLock::new(run),
            onair: Mutex::default(),
            aired: Mutex::default(),
            unseen: Mutex::default(),
            fell: Mutex::default(),
        }
    }

    pub(super) fn set_owner(&self, owner: Owner<Show>) {
        let _ = self.owner.set(owner);
    }

    pub(super) fn set_orders(&self, orders: Orders) {
        let _ = self.orders.set(orders);
    }

    /// The task that carries out what the sentinel orders.
    pub(crate) fn orders(&self) -> Option<&Orders> {
        self.orders.get()
    }

    /// The state as it was decided last; what is promised has been synced as well by the time that a caller hears of it.
    pub(crate) fn state(&self) -> Arc<State> {
        Arc::clone(&self.state.borrow())
    }

    pub(super) fn set_state(&self, state: &State) {
        let run = Run {
            status: state.status,
            started_at: state.started_at,
            ended_at: state.ended_at,
            heard: state.sentinel.sentences > 0,
        };
        *self.run.write().unwrap_or_else(PoisonError::into_inner) = run;
        self.state.send_replace(Arc::new(state.clone()));
    }

    /// Waits for a state that is on its way, a moment at most.
    pub(crate) async fn until(&self, fits: impl FnMut(&Arc<State>) -> bool) {
        let mut states = self.state.subscribe();
        let _ = tokio::time::timeout(PATIENCE, states.wait_for(fits)).await;
    }

    pub(crate) fn run(&self) -> Run {
        *self.run.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn status(&self) -> Status {
        self.run().status
    }

    /// The host's slug; a show without a plan has none, and nobody asks for it then.
    pub(crate) fn host(&self) -> Slug {
        self.state
            .borrow()
            .plan
            .as_ref()
            .map_or_else(|| self.slug.clone(), |plan| plan.host.clone())
    }

    pub(crate) fn standby(&self) -> Option<Slug> {
        self.state.borrow().plan.as_ref().and_then(|plan| plan.standby.clone())
    }

    pub(super) fn starts_at(&self) -> Option<Timestamp> {
        self.state.borrow().plan.as_ref().and_then(|plan| plan.starts_at)
    }

    pub(super) fn start_mode(&self) -> StartMode {
        self.state.borrow().plan.as_ref().map_or(StartMode::Manual, |plan| plan.start)
    }

    /// Asks the show's owner; the answer is synced.
    pub(crate) async fn ask(&self, input: Input, texts: Vec<TextRow>) -> ApiResult<()> {
        self.owner.get().ok_or(Code::UnknownShow)?.ask(input, texts).await
    }

    /// Decides at once: the answer waits until it is in force, not until it is synced.
    pub(crate) async fn decide(&self, input: Input) -> ApiResult<()> {
        self.owner.get().ok_or(Code::UnknownShow)?.decide(input).await
    }

    /// Reports to the show's owner what has happened already.
    pub(crate) fn tell(&self, input: Input) {
        self.tell_with(input, Vec::new());
    }

    /// The same with the personal texts that it refers to.
    pub(crate) fn tell_with(&self, input: Input, texts: Vec<TextRow>) {
        if let Some(owner) = self.owner.get() {
            owner.tell(input, texts);
        }
    }

    pub(crate) fn fact(&self, fact: Fact) {
        self.tell(Input::Fact { fact });
    }

    /// The program, while there is one.
    pub(crate) fn onair(&self) -> Option<OnAir> {
        self.onair.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn on_air_or_start(
        self: &Arc<Self>,
        deps: &Deps,
        fallen: &mpsc::Sender<Arc<Self>>,
    ) -> OnAir {
        let mut onair = self.onair.lock().unwrap_or_else(PoisonError::into_inner);
        let start = || {
            let show = Arc::downgrade(self);
            let tell = move |fact| {
                if let Some(show) = show.upgrade() {
                    show.fact(fact);
                }
            };
            let (show, hearing) = (Arc::downgrade(self), deps.hearing.clone());
            let hear = move || Some(hearing.open(&show.upgrade()?));
            let (show, fallen) = (Arc::downgrade(self), fallen.clone());
            let fell = move || {
                if let Some(show) = show.upgrade() {
                    // A full queue leaves it down.
                    let _ = fallen.try_send(show);
                }
            };
            OnAir::start(&self.slug, deps, (Arc::new(tell), Arc::new(hear)), fell)
        };
        onair.get_or_insert_with(start).clone()
    }

    /// What hangs on this moment.
    pub(crate) fn stake(&self, rooms: &Rooms, shop: &Shop) -> Stake {
        let pin = self.state().sale.pin_at(self.air_clock().newest).and_then(|pin| pin.sku.clone());
        let orders = shop.sales(&self.slug).per_min(clock::now());
        Stake {
            viewers: u32::try_from(rooms.audience(&self.slug)).unwrap_or(u32::MAX),
            sku: pin,
            orders: orders.last().copied().unwrap_or(0),
        }
    }

    /// What of the offers somebody whose picture is at `air` has yet to see, in order.
    pub(crate) fn unseen_after(&self, air: AirTime) -> Vec<Change> {
        self.unseen.lock().unwrap_or_else(PoisonError::into_inner).after(air)
    }

    pub(super) fn with_unseen(&self, change: impl FnOnce(&mut Unseen)) {
        change(&mut self.unseen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether putting the program on air again can help; asked once for each panic.
    pub(super) fn revivable(&self) -> bool {
        !self.fell.lock().unwrap_or_else(PoisonError::into_inner).too_often()
    }

    /// Tells the log that nothing airs any more, and waits until what was told before has been heard: the new program
    /// begins with every action that was in force.
    pub(super) async fn record_fall(&self, air: AirTime) {
        let nothing = desk::OnAir { video: Source::Slate, audio: Source::Silence, air, why: None };
        let _ = self.decide(Input::Fact { fact: Fact::OnAirChanged(nothing) }).await;
    }

    pub(super) fn drop_on_air(&self) {
        self.onair.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// The program is over. Its last window stays for a while, for those who watch it.
    pub(super) fn end_on_air(self: &Arc<Self>) {
        let over = self.onair.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.set_aired(over.map(|onair| onair.program));
        let show = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(LAST_WINDOW).await;
            if let Some(show) = show.upgrade() {
                show.set_aired(None);
            }
        });
    }

    fn set_aired(&self, shelf: Option<Arc<Shelf>>) {
        *self.aired.lock().unwrap_or_else(PoisonError::into_inner) = shelf;
    }

    /// The last window of a program that ended a moment ago.
    pub(crate) fn aired(&self) -> Option<Arc<Shelf>> {
        self.aired.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) async fn stop(&self) {
        if let Some(owner) = self.owner.get() {
            owner.stop().await;
        }
    }
}
