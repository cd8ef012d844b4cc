//! The show, the shop, the store and the program around one scenario: the real ones, with a made-up encoder. What the sentinel
//! orders is carried out before it is recorded, as a server does it.

use std::collections::{BTreeMap, VecDeque};

use media::program::{Applied, Channel, OnAirChange, Refusal};
use show::desk::{self, Fact, FeedEnd, Source};
use show::sentinel::{Change, Order, Signal};
use show::shop::{Config, Input as Sell, Shop};
use show::{Actor, Event, Input, OfferChange, Plan, Show, Sku, Slug, StartMode, Status};
use units::{ActionId, AirTime, Duration, MediaTime, Timestamp};

use super::form::Scenario;
use crate::buyers::{Buyers, brand, slug};
use crate::check::{Checked, Invariant, check_tables, check_terms, holds, no_text};
use crate::host::{Arrived, Host, Line, Look};
use crate::ledger::{Heard, Ledger};
use crate::onair::{OnAir, producer};
use crate::store::{FaultyStore, Owner, Weather};
use crate::world::{Ids, Rng, STARTED};

/// One step of virtual time.
pub(super) const STEP: Duration = Duration::from_ms(100);
/// Steps between two looks at the logs.
const REBUILD_EVERY: u64 = 600;
/// Steps in which a show must be set up and come to rest.
const STEPS_MAX: u64 = 5000;
/// An unpaid order waits this long.
const EXPIRES_AFTER_S: u32 = 1800;
/// Few pictures and few packets of sound, for speed: words are stopped to an eighth of a second here.
const LOOK: Look = Look { frame_ms: 500, gop: 4, b_frames: false, small: true, sample_rate: 8_000 };

/// Something that a listener of the house hears of.
pub(super) enum Happened {
    /// The show decided this.
    Decided(Event),
    /// The program did, or did not, what it was asked for.
    Ordered { order: Order, by: Actor, answer: Result<Applied, Refusal> },
    /// Viewers see or hear something else.
    OnAir(OnAirChange),
}

/// See the module.
pub(super) struct House {
    pub(super) now: Timestamp,
    /// When the show began.
    pub(super) began: Timestamp,
    steps: u64,
    rng: Rng,
    pub(super) ids: Ids,
    store: FaultyStore,
    pub(super) show: Ledger<Show>,
    pub(super) shop: Ledger<Shop>,
    pub(super) onair: Option<OnAir>,
    host: Host,
    connections: u32,
    terms: VecDeque<Sell>,
    telling: Option<u64>,
    /// What happened since it was last looked at.
    pub(super) happened: Vec<Happened>,
    /// What the shop answered since it was last looked at.
    pub(super) answered: Vec<(u64, Heard<Shop>)>,
}

/// The name of the only show.
pub(super) fn name() -> Slug {
    slug("scenario")
}

impl House {
    /// A show that is planned, with its offers on the shelf and its host on air.
    pub(super) fn open(file: &Scenario, seed: u64) -> Result<Self, crate::Violation> {
        let store = FaultyStore::new(Weather::FAIR, Rng::new(seed, 23));
        let far = Timestamp(i64::MAX / 2);
        let mut house = Self {
            now: STARTED,
            began: STARTED,
            steps: 0,
            rng: Rng::new(seed, 22),
            ids: Ids::default(),
            show: Ledger::open(Owner::Show(0), "show/scenario", &store.disk)?,
            shop: Ledger::open(Owner::Shop, "shop", &store.disk)?,
            store,
            onair: None,
            host: Host::new(Channel::Host, Rng::new(seed, 24), 0, Some(LOOK), far),
            connections: 0,
            terms: VecDeque::new(),
            telling: None,
            happened: Vec::new(),
            answered: Vec::new(),
        };
        house.set_up(file)?;
        Ok(house)
    }

    fn set_up(&mut self, file: &Scenario) -> Checked {
        let delay_s = u32::try_from(file.delay_s.get_ref().0 / 1000).unwrap_or_default();
        let plan = Plan {
            show: name(),
            host: slug("host"),
            standby: None,
            language: file.language.get_ref().0.clone(),
            delay_s,
            starts_at: None,
            start: StartMode::Auto,
            policy: Some(file.policy.get_ref().clone()),
        };
        self.ask(Input::Plan { plan, by: producer() })?;
        let config = Config { expires_after_s: EXPIRES_AFTER_S, provider: false };
        self.terms.push_back(Sell::ConfigSet { config });
        for offer in file.offers.iter().map(|offer| offer.get_ref()) {
            let (sku, brand, price) = (offer.sku.clone(), brand(), offer.price);
            let (terms, air) = (OfferChange::default(), AirTime::ZERO);
            self.ask(Input::OfferAdd { sku, brand, price, terms, air, by: producer() })?;
            let (sku, stock) = (offer.sku.clone(), u64::from(offer.stock));
            self.terms.push_back(Sell::StockOpened { sku, stock });
        }
        self.until_idle()?;
        let planned = self.show.committed().plan.is_some();
        let offers = self.show.committed().sale.offers.len() == file.offers.len();
        holds(Invariant::Answer, planned && offers, || "the show is not planned".to_owned())?;
        // Whole seconds make the seconds of the room those of the show.
        self.now = Timestamp::from_ms((self.now.ms() / 1000 + 1) * 1000);
        self.began = self.now;
        self.host.comes(self.now);
        self.stream()?;
        holds(Invariant::Answer, self.onair.is_some(), || "the show never begins".to_owned())
    }

    fn until_idle(&mut self) -> Checked {
        for _ in 0..STEPS_MAX {
            if self.is_idle() {
                return Ok(());
            }
            self.step()?;
        }
        holds(Invariant::Answer, false, || "the store never answers".to_owned())
    }

    fn is_idle(&self) -> bool {
        let told = self.terms.is_empty() && self.telling.is_none();
        self.store.is_idle() && self.show.is_idle() && self.shop.is_idle() && told
    }

    /// Gives the show an input; what its sentinel orders is done at once.
    pub(super) fn ask(&mut self, input: Input) -> Checked {
        let ask = self.ids.next() as u64;
        self.show.ask(input, ask, self.now)?;
        let events = self.show.last_events().to_vec();
        let mut orders = Vec::new();
        for event in &events {
            if let Event::Sentinel { change: Change::Ordered { order, by, .. } } = event {
                orders.push((*order, by.clone()));
            }
        }
        self.happened.extend(events.into_iter().map(Happened::Decided));
        orders.into_iter().try_for_each(|(order, by)| self.carry_out(order, by))
    }

    fn carry_out(&mut self, order: Order, by: Actor) -> Checked {
        let Some(onair) = &mut self.onair else { return Ok(()) };
        let answer = onair.order(order, by.clone(), self.now)?;
        let refused = answer.as_ref().err().cloned();
        self.happened.push(Happened::Ordered { order, by, answer });
        let Some(refusal) = refused else { return Ok(()) };
        let aired = matches!(refusal, Refusal::AlreadyAired { .. });
        let act = match order {
            Order::Stop(act) => act,
            Order::Change(act) if aired => act,
            Order::Change(_) | Order::Undo(_) => return Ok(()),
        };
        let instead = ActionId::from_u128(self.ids.next());
        self.ask(Input::Signal { signal: Signal::NotDone { action: act.id, aired, instead } })
    }

    /// Gives the shop an input; the answer comes with this number.
    pub(super) fn sell(&mut self, input: Sell) -> Result<u64, crate::Violation> {
        let ask = self.ids.next() as u64;
        self.shop.ask(input, ask, self.now)?;
        Ok(ask)
    }

    /// One step of virtual time.
    pub(super) fn step(&mut self) -> Checked {
        self.steps += 1;
        self.now = self.now + STEP;
        self.stream()?;
        if let Some(onair) = &mut self.onair {
            onair.step(self.now)?;
        }
        self.record()?;
        if let (None, Some(input)) = (self.telling, self.terms.front().cloned()) {
            self.telling = Some(self.sell(input)?);
        }
        self.store_and_hear()?;
        Buyers::check(self.shop.state())?;
        if self.steps.is_multiple_of(REBUILD_EVERY) {
            self.show.check_rebuild(&self.store.disk)?;
            self.shop.check_rebuild(&self.store.disk)?;
        }
        Ok(())
    }

    /// Frames arrive, connections come and go.
    fn stream(&mut self) -> Checked {
        let mut arrived: Vec<Arrived> = Vec::new();
        self.host.arrive(self.now, &mut arrived);
        for frame in arrived {
            if let Some(onair) = &mut self.onair {
                onair.push(frame)?;
            }
        }
        if self.host.step(self.now, &mut self.connections) == Line::Opened {
            if self.show.state().status == Status::Planned {
                self.ask(Input::FeedArrived { host_busy: None })?;
                let delay_s = self.show.state().plan.as_ref().map_or(8, |plan| plan.delay_s);
                let delay = Duration::from_s(i64::from(delay_s));
                self.onair = OnAir::start(self.now, delay, self.now);
            }
            if let Some(onair) = &mut self.onair {
                onair.opened(Channel::Host, self.now)?;
            }
            let from_media = MediaTime::from_start(self.now - self.began);
            let feed = desk::Feed {
                no: self.connections,
                at: self.now,
                from_media,
                video: None,
                audio: None,
            };
            self.ask(Input::Fact { fact: Fact::FeedOpened { source: Source::Host, feed } })?;
        }
        Ok(())
    }

    /// The host's connection breaks.
    pub(super) fn lose_feed(&mut self) -> Checked {
        self.host.leaves();
        if let Some(onair) = &mut self.onair {
            onair.closed(Channel::Host, self.now)?;
        }
        let fact = Fact::FeedClosed { source: Source::Host, why: FeedEnd::Lost };
        self.ask(Input::Fact { fact })
    }

    /// The host's encoder connects again.
    pub(super) fn feed_returns(&mut self) {
        self.host.comes(self.now);
    }

    pub(super) fn is_fed(&self) -> bool {
        self.host.is_on()
    }

    /// What the program did goes to the log.
    fn record(&mut self) -> Checked {
        let Some(onair) = &mut self.onair else { return Ok(()) };
        let changes = std::mem::take(&mut onair.changes);
        let facts = onair.facts();
        self.happened.extend(changes.into_iter().map(Happened::OnAir));
        facts.into_iter().try_for_each(|fact| self.ask(Input::Fact { fact }))
    }

    fn store_and_hear(&mut self) -> Checked {
        self.show.step(&mut self.store, &mut self.rng, self.now);
        self.shop.step(&mut self.store, &mut self.rng, self.now);
        for report in self.store.step(self.now) {
            match report.owner {
                Owner::Show(_) => self.show.report(report, &self.store, self.now)?,
                Owner::Shop => self.shop.report(report, &self.store, self.now)?,
                Owner::Outbox => {}
            }
        }
        self.show.heard();
        for (_, show::Effect::Shop { input }) in self.show.effects() {
            self.terms.push_back(input);
        }
        for (ask, heard) in self.shop.heard() {
            if self.telling == Some(ask) {
                self.telling = None;
                self.terms.pop_front();
            } else {
                self.answered.push((ask, heard));
            }
        }
        // Refunds are in the outbox, and nobody pays here.
        self.shop.effects();
        Ok(())
    }

    /// When what the host does now airs.
    pub(super) fn newest_air(&self) -> AirTime {
        self.onair.as_ref().map(|onair| onair.newest_air(self.now)).unwrap_or_default()
    }

    /// What airs now.
    pub(super) fn air_now(&self) -> AirTime {
        self.onair.as_ref().map(|onair| onair.air_now(self.now)).unwrap_or_default()
    }

    /// The host's moment that airs now.
    pub(super) fn air_point(&self) -> MediaTime {
        let status = self.onair.as_ref().map(|onair| onair.status(self.now));
        status.map(|status| status.air_point).unwrap_or_default()
    }

    /// The offer that viewers have on screen now.
    pub(super) fn pinned(&self) -> Option<Sku> {
        let pin = self.show.state().sale.pin_at(self.air_now());
        pin.and_then(|pin| pin.sku.clone())
    }

    /// How much of the host's sound between two moments aired: packets, and of how many that arrived.
    pub(super) fn aired(&self, from: MediaTime, to: MediaTime) -> (u64, u64) {
        self.onair.as_ref().map_or((0, 0), |onair| onair.sound_aired(from, to))
    }

    /// Ends the show and brings everything to rest.
    pub(super) fn end(&mut self) -> Checked {
        self.ask(Input::End { by: producer() })?;
        if let Some(onair) = &mut self.onair {
            onair.finish(self.now)?;
        }
        self.record()?;
        self.onair = None;
        self.host.leaves();
        self.until_idle()?;
        self.show.digest(self.now);
        self.shop.digest(self.now);
        self.until_idle()
    }

    /// Everything that must hold once all is at rest. `texts` were said, written or given as contact.
    pub(super) fn check_end(&mut self, texts: &[&str]) -> Checked {
        self.show.check_log(&self.store.disk)?;
        self.shop.check_log(&self.store.disk)?;
        check_tables(&self.store.disk)?;
        self.show.check_answered()?;
        self.shop.check_answered()?;
        check_terms(self.show.state(), self.shop.state())?;
        no_text(&self.store.disk, texts)
    }

    /// Digests of show and shop, and how many entries led to them.
    pub(super) fn digests(&self) -> [(String, u64); 2] {
        use show::decider::Decider;
        [
            (Show::digest(self.show.state()).to_string(), self.show.seq()),
            (Shop::digest(self.shop.state()).to_string(), self.shop.seq()),
        ]
    }

    /// Units of each product that are left.
    pub(super) fn left(&self) -> BTreeMap<Sku, u64> {
        let products = self.shop.state().products();
        products.map(|(sku, stock)| (sku.clone(), stock.left())).collect()
    }
}
