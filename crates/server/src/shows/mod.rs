//! The shows of this server: each with its owner, its room and, while a feed or an audience needs it, its program.

pub(crate) mod cases;
mod handle;
mod ledger;
mod orders;
mod restart;
mod terms;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod unseen;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use media::program::Channel;
use serde::{Deserialize, Serialize};
use show::sentinel::Policy;
use show::{Actor, Input, Slug, StartMode, Status};
use store::{Store, StreamId, Table};
use tokio::sync::mpsc;
use units::Timestamp;

pub(crate) use self::handle::ShowHandle;
pub(crate) use self::orders::{Orders, record};
pub(crate) use self::restart::Journal;
use self::terms::Terms;
use crate::bootstrap::Start;
use crate::catalogue::{Catalogue, ShowPlan};
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code};
use crate::ingest::Seat;
use crate::onair::{self, Deps, FeedId, OnAir};
use crate::owner::{Owner, rebuild};
use crate::rooms::Rooms;
use crate::shop::Shop;

/// Questions that wait for one show's owner.
const QUEUE_MAX: usize = 1024;
/// Programs that panicked and wait to be put on air again; one more stays down.
const FALLEN_MAX: usize = 64;
/// Where a show stands, beside its plan, so that lists need not read every log.
pub(crate) const STATUS: Table<Run> = Table::new("show_status");

/// Where a show stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Run {
    pub(crate) status: Status,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) ended_at: Option<Timestamp>,
    /// Somebody listened to what was said in it.
    #[serde(default)]
    pub(crate) heard: bool,
}

/// All shows.
pub(crate) struct Shows {
    handles: RwLock<HashMap<Slug, Arc<ShowHandle>>>,
    store: Arc<dyn Store>,
    catalogue: Arc<Catalogue>,
    rooms: Arc<Rooms>,
    terms: Terms,
    deps: Deps,
    /// What is done about what a host says, in shows that do not say it themselves; absent: nobody listens.
    policy: Option<Policy>,
    /// Set while facts wait that no restart would know of.
    journal: Arc<restart::Journal>,
    /// Shows whose program panicked, on their way to [`Self::revive`].
    fallen: Arc<mpsc::Sender<Arc<ShowHandle>>>,
    fallen_next: tokio::sync::Mutex<mpsc::Receiver<Arc<ShowHandle>>>,
    /// One host is on air in one show at a time: starts are decided one after the other.
    starting: tokio::sync::Mutex<()>,
}

impl Shows {
    /// Rebuilds every planned and live show from its log; blocks on the disk.
    pub(crate) fn load(
        store: &Arc<dyn Store>,
        catalogue: &Arc<Catalogue>,
        rooms: &Arc<Rooms>,
        shop: &Arc<Shop>,
        deps: Deps,
        policy: Option<Policy>,
        journal: Arc<restart::Journal>,
    ) -> anyhow::Result<Self> {
        let (fallen, fallen_next) = mpsc::channel(FALLEN_MAX);
        let shows = Self {
            handles: RwLock::default(),
            store: Arc::clone(store),
            catalogue: Arc::clone(catalogue),
            rooms: Arc::clone(rooms),
            terms: Terms::start(Arc::clone(shop), &deps.tasks),
            deps,
            fallen: Arc::new(fallen),
            fallen_next: tokio::sync::Mutex::new(fallen_next),
            policy,
            journal,
            starting: tokio::sync::Mutex::default(),
        };
        for plan in catalogue.shows.all() {
            let run = STATUS.get(&**store, &plan.slug)?.map_or_else(Run::default, |doc| doc.value);
            let slug = Slug::new(&plan.slug)?;
            shows.open(&slug, run)?;
        }
        Ok(shows)
    }

    fn open(&self, slug: &Slug, run: Run) -> anyhow::Result<Arc<ShowHandle>> {
        let stream = StreamId::new(&format!("show/{slug}"));
        let log = rebuild::<show::Show>(&*self.store, &stream)?;
        let room = self.rooms.open(slug);
        let inputs = log.state().shop_inputs();
        let handle = Arc::new(ShowHandle::new(slug.clone(), room, run, log.state().clone()));
        handle.set_orders(Orders::start(&handle, &self.deps.tasks));
        let ledger = ledger::ShowLedger::new(
            &handle,
            &self.rooms,
            &self.catalogue,
            &self.terms,
            &self.journal,
        );
        // Without an owner nothing that is done to the program is recorded any more; the next run must know.
        let journal = Arc::clone(&self.journal);
        let fell = move || journal.wait_for(1);
        let owner = Owner::start(
            stream.as_str(),
            log,
            Arc::clone(&self.store),
            QUEUE_MAX,
            ledger,
            &self.deps.tasks,
            fell,
        );
        handle.set_owner(owner);
        for input in inputs {
            self.terms.tell(input);
        }
        self.handles
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(slug.clone(), Arc::clone(&handle));
        Ok(handle)
    }

    pub(crate) fn get(&self, slug: &str) -> ApiResult<Arc<ShowHandle>> {
        let unknown = || ApiError::about(Code::UnknownShow, slug);
        let slug = Slug::new(slug).map_err(|_| unknown())?;
        self.handles
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&slug)
            .cloned()
            .ok_or_else(unknown)
    }

    pub(crate) fn all(&self) -> Vec<Arc<ShowHandle>> {
        self.handles.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Plans a show, or changes its plan.
    pub(crate) async fn plan(&self, plan: &ShowPlan, by: Actor) -> ApiResult<Arc<ShowHandle>> {
        let slug = crate::catalogue::slug("slug", &plan.slug)?;
        let handle = match self.get(&plan.slug) {
            Ok(handle) => handle,
            Err(_) => self.open(&slug, Run::default()).map_err(|error| {
                tracing::error!(%error, "open a show");
                Code::Internal
            })?,
        };
        let plan = domain_plan(plan, self.policy.as_ref())?;
        let packs = plan.policy.as_ref().map_or(&[][..], |policy| &policy.rules);
        if let Some(pack) = self.deps.hearing.unknown_pack(packs) {
            let says = format!("policy.rules: there is no pack \"{pack}\"");
            return Err(ApiError::about(Code::InvalidField, says));
        }
        handle.ask(Input::Plan { plan, by }, Vec::new()).await?;
        self.settle().await;
        Ok(handle)
    }

    /// Waits until the shop knows the terms of every show.
    pub(crate) async fn settle(&self) {
        self.terms.settle().await;
    }

    /// The program of a show, started when it is not there yet.
    pub(crate) fn on_air(&self, handle: &Arc<ShowHandle>) -> OnAir {
        handle.on_air_or_start(&self.deps, &self.fallen)
    }

    /// Starts a show by a person's hand.
    pub(crate) async fn start(&self, handle: &Arc<ShowHandle>, by: Actor) -> ApiResult<()> {
        let _turn = self.starting.lock().await;
        let host_busy = self.live_show_of(handle.host().as_str(), &handle.slug);
        handle.ask(Input::Start { by, host_busy }, Vec::new()).await?;
        self.go_live(handle).await;
        Ok(())
    }

    /// Ends a show: what waits in its delay does not air.
    pub(crate) async fn end(&self, handle: &Arc<ShowHandle>, by: Actor) -> ApiResult<()> {
        handle.ask(Input::End { by }, Vec::new()).await?;
        if let Some(onair) = handle.onair() {
            onair.end().await;
        }
        handle.end_on_air();
        self.settle().await;
        Ok(())
    }

    fn live_show_of(&self, host: &str, except: &Slug) -> Option<Slug> {
        let live = self
            .all()
            .into_iter()
            .filter(|handle| handle.status() == Status::Live && handle.slug != *except);
        live.into_iter()
            .find(|handle| handle.host().as_str() == host)
            .map(|handle| handle.slug.clone())
    }

    /// Begins to air what is live.
    async fn go_live(&self, handle: &Arc<ShowHandle>) {
        let onair = self.on_air(handle);
        onair.go_live(restart::go_live(&handle.state(), &self.journal)).await;
    }

    /// Puts every show that was live back on air, after a restart.
    pub(crate) async fn resume(&self) {
        for handle in self.all() {
            if handle.status() == Status::Live {
                self.go_live(&handle).await;
            }
        }
    }

    /// Puts programs that panicked on air again, as a restart of the server does. `seats` says who streams to a show.
    pub(crate) async fn revive(&self, seats: impl Fn(&ShowHandle) -> Vec<(Channel, FeedId)>) {
        let mut fallen = self.fallen_next.lock().await;
        while let Some(handle) = fallen.recv().await {
            let dead = handle.air_clock();
            if !handle.revivable() {
                tracing::error!(show = %handle.slug, "the program panics again and again");
                continue;
            }
            handle.drop_on_air();
            if handle.status() == Status::Ended {
                self.deps.tasks.set_up(onair::KIND, handle.slug.as_str());
                continue;
            }
            handle.record_fall(dead.now).await;
            let onair = self.on_air(&handle);
            for (channel, feed) in seats(&handle) {
                onair.feed_opened(channel, feed).await;
            }
            if handle.status() == Status::Live {
                self.go_live(&handle).await;
            }
            self.deps.tasks.set_up(onair::KIND, handle.slug.as_str());
        }
    }

    /// Where a host's feed goes: their live show, then a live show in which they stand by, then their next planned show
    /// (which it starts, unless that one is started by hand), then a planned show in which they stand by.
    pub(crate) async fn seat(&self, host: &str) -> Result<Seat, String> {
        let _turn = self.starting.lock().await;
        let mut shows = self.all();
        shows.sort_by_key(|show| (show.starts_at().map_or(i64::MAX, |at| at.0), show.slug.clone()));
        let seat = |show: &Arc<ShowHandle>, channel| Seat { show: Arc::clone(show), channel };
        let is = |show: &Arc<ShowHandle>, status| show.status() == status;
        let presents = |show: &Arc<ShowHandle>| show.host().as_str() == host;
        let stands_by =
            |show: &Arc<ShowHandle>| show.standby().is_some_and(|standby| standby.as_str() == host);
        if let Some(show) = shows.iter().find(|show| is(show, Status::Live) && presents(show)) {
            return Ok(seat(show, Channel::Host));
        }
        if let Some(show) = shows.iter().find(|show| is(show, Status::Live) && stands_by(show)) {
            return Ok(seat(show, Channel::Standby));
        }
        if let Some(show) = shows.iter().find(|show| is(show, Status::Planned) && presents(show)) {
            if show.start_mode() == StartMode::Auto {
                show.tell(Input::FeedArrived { host_busy: None });
                show.until(|state| state.status != Status::Planned).await;
                self.go_live(show).await;
            }
            return Ok(seat(show, Channel::Host));
        }
        if let Some(show) = shows.iter().find(|show| is(show, Status::Planned) && stands_by(show)) {
            return Ok(seat(show, Channel::Standby));
        }
        Err("no show is live or planned for this host; plan one first".to_owned())
    }

    /// Every place on a program that is a host's by plan.
    pub(crate) fn seats_of(&self, host: &str) -> Vec<Seat> {
        let mut seats = Vec::new();
        for show in self.all() {
            if show.host().as_str() == host {
                seats.push(Seat { show: Arc::clone(&show), channel: Channel::Host });
            }
            if show.standby().is_some_and(|standby| standby.as_str() == host) {
                seats.push(Seat { show, channel: Channel::Standby });
            }
        }
        seats
    }

    /// Writes the last digest of every show and ends its owner.
    pub(crate) async fn stop(&self) {
        for handle in self.all() {
            if let Some(onair) = handle.onair() {
                onair.pause().await;
            }
            handle.stop().await;
        }
        self.settle().await;
    }
}

/// The plan as the log keeps it; `policy` is the server's, absent when it does not listen.
fn domain_plan(plan: &ShowPlan, policy: Option<&Policy>) -> ApiResult<show::Plan> {
    let slug = |text: &str| crate::catalogue::slug("slug", text);
    Ok(show::Plan {
        show: slug(&plan.slug)?,
        host: slug(&plan.host)?,
        standby: plan.standby.as_deref().map(slug).transpose()?,
        language: plan.language.clone(),
        delay_s: plan.delay_s,
        starts_at: plan.starts_at,
        start: match plan.start {
            Start::Auto => StartMode::Auto,
            Start::Manual => StartMode::Manual,
        },
        policy: policy.map(|default| plan.policy.as_ref().unwrap_or(default).clone()),
    })
}

/// Now, by the program's clock and the preview's.
pub(crate) struct AirClock {
    /// What viewers who keep up see now.
    pub(crate) now: units::AirTime,
    /// When what the host does now airs.
    pub(crate) newest: units::AirTime,
}

impl ShowHandle {
    /// The program's clock; zero before the first air.
    pub(crate) fn air_clock(&self) -> AirClock {
        let at = clock::now();
        let view = self.onair().map(|onair| onair.view());
        let now = view.as_ref().and_then(|view| view.air_at(at)).unwrap_or_default();
        let newest = view.as_ref().and_then(|view| view.newest_air_at(at)).unwrap_or(now);
        AirClock { now, newest: newest.max(now) }
    }
}
