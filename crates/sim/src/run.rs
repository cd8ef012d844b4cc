//! One run: everybody takes a turn at each step of virtual time, and after each step everything is checked.

mod ends;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use media::program::{Channel, Kind};
use show::desk::Fact;
use show::shop::{Config, Effect, Input as Sell, Shop};
use show::{Input, OfferChange, Plan, Show, StartMode, Status};
use store::{Batch, OutboxChange, Reader};
use units::{Duration, Timestamp};

use crate::Violation;
use crate::buyers::{Buyers, LIMIT, Window, brand, price, skus, slug};
use crate::check::{Checked, Invariant, holds};
use crate::desk::{Desk, Move, Room, Sight};
use crate::host::{Arrived, Host, Line, Look};
use crate::ledger::{Heard, Ledger};
use crate::onair::{OnAir, producer};
use crate::report::{Failure, Report};
use crate::store::{FaultyStore, Owner, Weather};
use crate::world::{Ids, Rng, STARTED};

/// The shows; the first one is on air.
const SHOWS: [&str; 2] = ["evening", "noon"];
/// The longest step.
const STEP_MAX_MS: i64 = 120;
/// Steps between two looks at the logs.
const REBUILD_EVERY: u64 = 200;
/// Happenings that a failure is shown with.
const RECENT_MAX: usize = 30;
/// Steps in which a run must come to rest.
const REST_MAX: u64 = 10_000;

/// Runs a seed for so many steps and then until everything has come to rest. The same seed and steps give the same run.
#[must_use]
pub fn run(seed: u64, steps: u64) -> Report {
    let mut sim = Sim::new(seed);
    let outcome = sim.run(steps);
    let before = std::mem::take(&mut sim.recent).into();
    Report {
        seed,
        steps: sim.steps,
        span: sim.now - STARTED,
        counts: sim.count(),
        failure: outcome.err().map(|violation| Failure {
            step: sim.steps,
            at: sim.now - STARTED,
            violation,
            before,
        }),
    }
}

/// Whom a question to a show is from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asker {
    /// The desk or the house: nobody waits.
    Desk,
    /// What the program did to an action: until it is synced, a crash loses it.
    Action,
    Moderator,
}

pub(crate) struct Sim {
    pub(crate) now: Timestamp,
    steps: u64,
    rng: Rng,
    ids: Ids,
    store: FaultyStore,
    shows: Vec<Ledger<Show>>,
    shop: Ledger<Shop>,
    pub(crate) onair: Option<OnAir>,
    hosts: [Host; 2],
    connections: u32,
    desk: Desk,
    room: Room,
    buyers: Buyers,
    asked: BTreeMap<(usize, u64), Asker>,
    /// Facts about actions that are not known to be synced.
    unsafe_facts: BTreeSet<u64>,
    /// What the shop must hear of the shows, in order.
    terms: VecDeque<Sell>,
    telling: Option<u64>,
    /// The actors act.
    open: bool,
    crashes_at: VecDeque<u64>,
    crashes: u64,
    counts: BTreeMap<&'static str, u64>,
    recent: VecDeque<String>,
}

impl Sim {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed, 0);
        let weather = Weather::roll(&mut rng);
        let trouble = rng.pick(&[0, 100, 300]);
        let host = |rng: &mut Rng, channel, stream| {
            let at = STARTED + rng.ms(0, 3000);
            Host::new(channel, Rng::new(seed, stream), trouble, None, at)
        };
        let hosts = [host(&mut rng, Channel::Host, 1), host(&mut rng, Channel::Standby, 2)];
        let mut crashes_at = VecDeque::new();
        let mut step = 0;
        while rng.chance(450) {
            step += rng.range(40, 700) as u64;
            crashes_at.push_back(step);
        }
        Self::with(seed, weather, hosts, crashes_at, rng)
    }

    /// A run in which nothing goes wrong by itself and nobody acts.
    pub(crate) fn calm(seed: u64) -> Self {
        let host = |channel, stream, at_ms| {
            let at = STARTED + Duration::from_ms(at_ms);
            Host::new(channel, Rng::new(seed, stream), 0, Some(Look::PLAIN), at)
        };
        let hosts = [host(Channel::Host, 1, 500), host(Channel::Standby, 2, 3000)];
        let mut sim = Self::with(seed, Weather::FAIR, hosts, VecDeque::new(), Rng::new(seed, 0));
        sim.open = false;
        sim
    }

    fn with(
        seed: u64,
        weather: Weather,
        hosts: [Host; 2],
        crashes_at: VecDeque<u64>,
        rng: Rng,
    ) -> Self {
        let store = FaultyStore::new(weather, Rng::new(seed, 3));
        // An empty disk holds no log that could be broken.
        let open = |i| {
            Ledger::open(Owner::Show(i), &stream(i), &store.disk).unwrap_or_else(|_| unreachable!())
        };
        let shows = (0..SHOWS.len()).map(open).collect();
        let shop =
            Ledger::open(Owner::Shop, "shop", &store.disk).unwrap_or_else(|_| unreachable!());
        Self {
            now: STARTED,
            steps: 0,
            rng,
            ids: Ids::default(),
            shows,
            shop,
            store,
            onair: None,
            hosts,
            connections: 0,
            desk: Desk::new(Rng::new(seed, 4), STARTED),
            room: Room::new(Rng::new(seed, 5)),
            buyers: Buyers::new(Rng::new(seed, 6)),
            asked: BTreeMap::new(),
            unsafe_facts: BTreeSet::new(),
            terms: VecDeque::new(),
            telling: None,
            open: true,
            crashes_at,
            crashes: 0,
            counts: BTreeMap::new(),
            recent: VecDeque::new(),
        }
    }

    /// One buyer orders one unit and waits for the answer.
    pub(crate) fn buy(&mut self, sku: &show::Sku, key: u128) -> Result<String, Violation> {
        let air = self.onair.as_ref().map(|onair| onair.air_now(self.now)).unwrap_or_default();
        let order = self.buyers.order(slug(SHOWS[0]), sku, key, air, &mut self.ids);
        let ask = self.buyers.house(&mut self.ids);
        self.shop.ask(Sell::Place(order), ask, self.now)?;
        for _ in 0..REST_MAX {
            if let Some(heard) = self.shop.overheard(ask) {
                return Ok(heard);
            }
            self.shop.step(&mut self.store, &mut self.rng, self.now);
            self.now = self.now + Duration::from_ms(1);
            for report in self.store.step(self.now) {
                if report.owner == Owner::Shop {
                    self.shop.report(report, &self.store, self.now)?;
                }
            }
        }
        Ok("nothing".to_owned())
    }

    /// Remembers what happened, for whoever looks for the cause of a failure.
    pub(crate) fn note(&mut self, what: impl FnOnce() -> String) {
        if self.recent.len() >= RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(format!("  {:>9.3} {}", (self.now - STARTED).secs_f64(), what()));
    }

    fn run(&mut self, steps: u64) -> Checked {
        self.set_up()?;
        while self.steps < steps {
            let passes = Duration::from_ms(self.rng.range(5, STEP_MAX_MS));
            self.step(passes)?;
            if self.crashes_at.front().is_some_and(|at| *at <= self.steps) {
                self.crashes_at.pop_front();
                self.crash()?;
            }
        }
        self.rest()?;
        self.check_end()
    }

    /// Plans both shows and fills the shelves. What the store loses of it is asked again.
    pub(crate) fn set_up(&mut self) -> Checked {
        for (i, name) in SHOWS.iter().enumerate() {
            let host = slug(&format!("host-{i}"));
            let plan = Plan {
                show: slug(name),
                host,
                standby: (i == 0).then(|| slug("bea")),
                language: "zh".to_owned(),
                delay_s: self.rng.pick(&[1, 4, 8]),
                starts_at: None,
                start: StartMode::Auto,
                policy: None,
            };
            self.until_taken(i, &Input::Plan { plan, by: producer() }, |state| {
                state.plan.is_some()
            })?;
            for (place, sku) in skus().into_iter().take(3).enumerate() {
                let terms =
                    OfferChange { limit: (place == 0).then_some(LIMIT), ..OfferChange::default() };
                let (brand, price) = (brand(), price(&mut self.rng));
                let air = units::AirTime::ZERO;
                let listed =
                    |state: &show::State, sku: &show::Sku| state.sale.offers.contains_key(sku);
                let input =
                    Input::OfferAdd { sku: sku.clone(), brand, price, terms, air, by: producer() };
                self.until_taken(i, &input, |state| listed(state, &sku))?;
            }
        }
        let config = Config { expires_after_s: 60, provider: true };
        let stocks = [30, 5, 500];
        let stocks =
            skus().into_iter().zip(stocks).map(|(sku, stock)| Sell::StockOpened { sku, stock });
        self.terms.extend(std::iter::once(Sell::ConfigSet { config }).chain(stocks));
        Ok(())
    }

    /// Asks until it is synced, as a person does.
    fn until_taken(
        &mut self,
        i: usize,
        input: &Input,
        taken: impl Fn(&show::State) -> bool,
    ) -> Checked {
        for n in 0..REST_MAX {
            if taken(self.shows[i].committed()) {
                return Ok(());
            }
            if n % 200 == 0 {
                self.ask_show(i, input.clone(), Asker::Desk)?;
            }
            self.step(Duration::from_ms(20))?;
        }
        holds(Invariant::Answer, false, || format!("{input:?} is never taken"))
    }

    fn ask_show(&mut self, i: usize, input: Input, from: Asker) -> Checked {
        let ask = self.ids.next() as u64;
        self.asked.insert((i, ask), from);
        if from == Asker::Action {
            self.unsafe_facts.insert(ask);
        }
        self.shows[i].ask(input, ask, self.now)
    }

    /// One step of virtual time.
    pub(crate) fn step(&mut self, passes: Duration) -> Checked {
        self.steps += 1;
        self.now = self.now + passes;
        self.stream()?;
        if let Some(onair) = &mut self.onair {
            onair.step(self.now)?;
        }
        if self.open {
            self.act()?;
        }
        self.record()?;
        self.sell()?;
        self.store_and_hear()?;
        self.check_step()
    }

    /// Frames arrive, connections come and go.
    fn stream(&mut self) -> Checked {
        let mut arrived: Vec<Arrived> = Vec::new();
        self.hosts.iter_mut().for_each(|host| host.arrive(self.now, &mut arrived));
        arrived.sort_by_key(|frame| frame.at);
        for frame in arrived {
            let channel = frame.channel;
            let Some(onair) = &mut self.onair else { break };
            if self.hosts[index(channel)].is_on() && !onair.push(frame)? {
                self.add("feeds closed at the limit", 1);
                self.hosts[index(channel)].dropped(self.now);
            }
        }
        for i in 0..self.hosts.len() {
            let line = self.hosts[i].step(self.now, &mut self.connections);
            let channel = self.hosts[i].channel;
            if line != Line::Steady {
                self.note(|| format!("{channel:?} {line:?}"));
            }
            if line == Line::Opened && channel == Channel::Host {
                self.go_live()?;
            }
            match (line, &mut self.onair) {
                (Line::Opened, Some(onair)) => onair.opened(channel, self.now)?,
                (Line::Closed, Some(onair)) => onair.closed(channel, self.now)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn go_live(&mut self) -> Checked {
        if self.shows[0].state().status == Status::Planned {
            self.ask_show(0, Input::FeedArrived { host_busy: None }, Asker::Desk)?;
        }
        let state = self.shows[0].state();
        if self.onair.is_none() && state.status == Status::Live {
            let delay_s = state.plan.as_ref().map_or(8, |plan| plan.delay_s);
            let started = state.started_at.unwrap_or(self.now);
            self.onair = OnAir::start(started, Duration::from_s(i64::from(delay_s)), self.now);
            if let Some(onair) = &mut self.onair
                && self.hosts[1].is_on()
            {
                onair.opened(Channel::Standby, self.now)?;
            }
        }
        Ok(())
    }

    /// The desk and the moderators act.
    fn act(&mut self) -> Checked {
        if let Some(onair) = &self.onair {
            let sight = Sight {
                now: self.now,
                newest: onair.status(self.now).newest,
                newest_air: onair.newest_air(self.now),
            };
            if let Some(next) = self.desk.step(&sight, &mut self.ids) {
                self.carry_out(next)?;
            }
        }
        let ask = self.ids.next() as u64;
        if let Some(input) = self.room.moderate(ask) {
            self.asked.insert((0, ask), Asker::Moderator);
            self.shows[0].ask(input, ask, self.now)?;
        }
        Ok(())
    }

    pub(crate) fn carry_out(&mut self, next: Move) -> Checked {
        let Some(onair) = &mut self.onair else { return Ok(()) };
        match next {
            Move::Act(id, wish) => {
                let answer = onair.act(id, wish, self.now)?;
                self.note(|| format!("{wish:?} gets {answer:?}"));
                self.add(answer.map_or("actions refused", |applied| kind_name(applied.kind)), 1);
            }
            Move::Undo(id) => {
                let answer = onair.undo(id, self.now)?;
                self.note(|| format!("undo of {id:?} gets {answer:?}"));
                self.add(if answer.is_ok() { "undone" } else { "undo refused" }, 1);
            }
            Move::SetDelay(delay) => {
                let set = onair.set_delay(delay, self.now)?;
                self.note(|| format!("delay {delay:?}: {set}"));
                self.add("delay set", 1);
            }
            Move::DropFeed(channel) => {
                onair.drop_feed(channel, self.now)?;
                self.note(|| format!("the feed of {channel:?} is dropped"));
                self.hosts[index(channel)].dropped(self.now);
            }
            Move::Ask(input) => self.ask_show(0, input, Asker::Desk)?,
        }
        Ok(())
    }

    /// What the program did goes to the log.
    fn record(&mut self) -> Checked {
        let facts = self.onair.as_mut().map(OnAir::facts).unwrap_or_default();
        for fact in facts {
            let of_action = matches!(
                fact,
                Fact::ActionTaken(_)
                    | Fact::ActionMoved { .. }
                    | Fact::ActionEnded { .. }
                    | Fact::ActionUndone { .. }
                    | Fact::DelaySet { .. }
            );
            let from = if of_action { Asker::Action } else { Asker::Desk };
            self.ask_show(0, Input::Fact { fact }, from)?;
        }
        Ok(())
    }

    /// Buyers buy, and the shop hears on what terms.
    fn sell(&mut self) -> Checked {
        let air = self.onair.as_ref().map(|onair| onair.air_now(self.now)).unwrap_or_default();
        let windows: Vec<Window<'_>> =
            self.shows.iter().map(|show| Window { show: show.committed(), air }).collect();
        for (ask, input) in self.buyers.step(&windows, self.now, self.open, &mut self.ids) {
            self.shop.ask(input, ask, self.now)?;
        }
        if let (None, Some(input)) = (self.telling, self.terms.front().cloned()) {
            let ask = self.buyers.house(&mut self.ids);
            self.telling = Some(ask);
            self.shop.ask(input, ask, self.now)?;
        }
        Ok(())
    }

    fn store_and_hear(&mut self) -> Checked {
        for show in &mut self.shows {
            show.step(&mut self.store, &mut self.rng, self.now);
        }
        self.shop.step(&mut self.store, &mut self.rng, self.now);
        self.run_outbox()?;
        for report in self.store.step(self.now) {
            if let Err(error) = &report.result {
                self.note(|| format!("batch {:?} of {:?}: {error}", report.ticket, report.owner));
            }
            match report.owner {
                Owner::Show(i) => self.shows[i].report(report, &self.store, self.now)?,
                Owner::Shop => self.shop.report(report, &self.store, self.now)?,
                Owner::Outbox => {}
            }
        }
        for i in 0..self.shows.len() {
            self.hear_show(i)?;
        }
        for (ask, heard) in self.shop.heard() {
            if self.telling == Some(ask) {
                self.telling = None;
                if !matches!(heard, Heard::Lost) {
                    self.terms.pop_front();
                }
            }
            self.buyers.heard(ask, heard, &self.store.disk, &mut self.ids, self.now)?;
        }
        // They are in the outbox; whoever runs that finds them there.
        self.shop.effects();
        Ok(())
    }

    fn hear_show(&mut self, i: usize) -> Checked {
        for (ask, heard) in self.shows[i].heard() {
            let from = self.asked.remove(&(i, ask));
            let lost = matches!(heard, Heard::Lost);
            if from == Some(Asker::Moderator) {
                self.room.heard(ask, lost);
            }
            self.unsafe_facts.remove(&ask);
        }
        for (_, show::Effect::Shop { input }) in self.shows[i].effects() {
            self.terms.push_back(input);
        }
        // The effects of what was stored and reported as lost were never released, so the shop is told everything.
        if std::mem::take(&mut self.shows[i].caught_up) {
            self.terms.extend(self.shows[i].committed().shop_inputs());
        }
        Ok(())
    }

    /// The provider takes effects out of the outbox and acknowledges them, if the store takes that.
    fn run_outbox(&mut self) -> Checked {
        if !self.rng.chance(200) {
            return Ok(());
        }
        for row in self.store.disk.outbox_due(self.now, 5).unwrap_or_default() {
            let Ok(effect) = serde_json::from_slice::<Effect>(&row.body) else {
                return holds(Invariant::S2, false, || format!("{:?} cannot be read", row.key));
            };
            self.buyers.carry_out(&row.key, effect)?;
            let batch = Batch { outbox: vec![OutboxChange::Ack(row.key)], ..Batch::default() };
            self.store.submit(Owner::Outbox, show::stage::Ticket(0), batch, self.now);
        }
        Ok(())
    }

    fn check_step(&mut self) -> Checked {
        Buyers::check(self.shop.state())?;
        Buyers::check(self.shop.committed())?;
        self.room.talk(&self.shows[0].state().gate(), self.now)?;
        if self.steps.is_multiple_of(REBUILD_EVERY) {
            let disk = &self.store.disk;
            self.shows.iter_mut().try_for_each(|show| show.check_rebuild(disk))?;
            self.shop.check_rebuild(disk)?;
        }
        Ok(())
    }

    pub(crate) fn add(&mut self, name: &'static str, n: u64) {
        *self.counts.entry(name).or_default() += n;
    }
}

fn stream(show: usize) -> String {
    format!("show/{}", SHOWS[show])
}

fn index(channel: Channel) -> usize {
    usize::from(channel == Channel::Standby)
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Mute => "mute",
        Kind::Cover => "cover",
        Kind::Cut => "cut",
        Kind::HandOver => "hand over",
        Kind::Dump => "dump",
        Kind::Panic => "panic",
        Kind::Resume => "resume",
    }
}
