//! A small world for scripts: two kinds of stage, a store that keeps what it is given, and a clock that a script moves.
//!
//! One command a line, one answer a line. Times are seconds; `in=`, `opens=`, `closes=`, `from=` and `to=` count from the
//! air point, `back=` counts back from it.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use show::desk::{Action, ActionKind, DelayHow, Fact};
use show::entry::Entry;
use show::moderation::Moderation;
use show::offer::{Selling, Window};
use show::shop::{self, OrderStatus, Reply, Shop};
use show::stage::{Batch, Stage, Step};
use show::text::TextRef;
use show::*;
use units::*;

/// Where script time starts.
pub(crate) const T0: Timestamp = Timestamp::from_ms(1_764_000_000_000);

pub(crate) struct World {
    pub(crate) shows: BTreeMap<Slug, Stage<Show, ()>>,
    pub(crate) shop: Stage<Shop, ()>,
    /// Every record that was stored, by stream, as its bytes.
    pub(crate) log: BTreeMap<String, Vec<Vec<u8>>>,
    pub(crate) now: Timestamp,
    pub(crate) air: AirTime,
    orders: Vec<OrderId>,
    bodies: u32,
}

/// One command's words after the verb, and its `name=value` options.
struct Args<'a> {
    words: Vec<&'a str>,
    options: BTreeMap<&'a str, &'a str>,
}

impl<'a> Args<'a> {
    fn option<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.options.get(name).map(|text| text.parse().ok().expect("a value that fits its option"))
    }
    fn word<T: std::str::FromStr>(&self, i: usize) -> T {
        self.words[i].parse().ok().expect("a word that fits its place")
    }
}

/// As many cases as an everyday run can afford; `PROPTEST_CASES` asks for more.
pub(crate) fn cases(everyday: u32) -> proptest::test_runner::Config {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    proptest::test_runner::Config::with_cases(asked.unwrap_or(everyday))
}

pub(crate) fn yuan(text: &str) -> Money {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let text = text.trim_start_matches('-');
    let price: Money = format!("{text} CNY").parse().expect("a price");
    Money { minor: sign * price.minor, ..price }
}

pub(crate) fn number(name: &str) -> u128 {
    name.bytes().fold(7, |n, c| n * 257 + u128::from(c))
}

pub(crate) fn by() -> Actor {
    Actor::User { id: UserId::from_u128(1) }
}

pub(crate) fn text(secret: &str) -> TextRef {
    TextRef::new(TextId::from_u128(number(secret)), &[9; 32], secret)
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            shows: BTreeMap::new(),
            shop: Stage::new("shop"),
            log: BTreeMap::new(),
            now: T0,
            air: AirTime::ZERO,
            orders: Vec::new(),
            bodies: 0,
        }
    }

    /// Runs a script and gives back its lines with their answers.
    pub(crate) fn run(&mut self, script: &str) -> String {
        let mut out = String::new();
        for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let answer = self.command(line);
            let _ = writeln!(out, "{line} -> {answer}");
        }
        out
    }

    fn command(&mut self, line: &str) -> String {
        let mut parts = line.split_whitespace();
        let verb = parts.next().unwrap_or_default();
        let (options, words): (Vec<&str>, Vec<&str>) = parts.partition(|part| part.contains('='));
        let options = options.iter().filter_map(|option| option.split_once('=')).collect();
        let args = Args { words, options };
        match verb {
            "wait" => self.wait(args.word(0)),
            "stock" => {
                self.sell(shop::Input::StockOpened { sku: args.word(0), stock: args.word(1) })
            }
            "adjust" => {
                let (sku, delta) = (args.word(0), args.word(1));
                self.sell(shop::Input::StockAdjusted { sku, delta, by: by() })
            }
            "buy" => self.buy(&args),
            "pay" => self.order(&args, |order| shop::Input::Settle { order, by: by() }),
            "refund" => self.order(&args, |order| shop::Input::Refund { order, by: by() }),
            "drop" => self.order(&args, |order| shop::Input::CancelBySeller { order, by: by() }),
            "cancel" => {
                let device = DeviceId::from_u128(number(args.words[1]));
                self.order(&args, |order| shop::Input::CancelByBuyer { order, device })
            }
            "capture" => {
                let (payment, amount) = (args.word::<PaymentId>(1), yuan(args.words[2]));
                self.order(&args, |order| shop::Input::Captured { order, payment, amount })
            }
            "left" => {
                let stock = self.shop.state().stock(&args.word(0)).expect("a product");
                format!(
                    "{} of {}, {} reserved, {} sold",
                    stock.left(),
                    stock.stock,
                    stock.reserved,
                    stock.sold
                )
            }
            _ => self.on_show(verb, &args),
        }
    }

    fn on_show(&mut self, verb: &str, args: &Args<'_>) -> String {
        let show: Slug = args.word(0);
        match verb {
            "look" => self.look(&show, &args.word(1)),
            "pinned" => self.pinned(&show),
            "status" => format!("{:?}", self.shows[&show].committed_state().status).to_lowercase(),
            _ => {
                let input = self.input(verb, &show, args);
                self.ask(&show, input)
            }
        }
    }

    fn at(&self, seconds: i64) -> AirTime {
        self.air + Duration::from_s(seconds)
    }

    fn input(&self, verb: &str, show: &Slug, args: &Args<'_>) -> Input {
        let air = self.at(args.option("in").unwrap_or(0));
        let after = |name: &str| args.option(name).map(|s| self.at(s));
        let change = || {
            let window = Window { opens: after("opens"), closes: after("closes") };
            OfferChange {
                price: args.options.get("price").map(|p| yuan(p)),
                limit: args.option("limit"),
                window: (window != Window::default()).then_some(window),
            }
        };
        let id = |i: usize| ActionId::from_u128(number(args.words[i]));
        let fact = |fact| Input::Fact { fact };
        let sku = |i: usize| args.word::<Sku>(i);
        match verb {
            "plan" => {
                let manual = args.words.contains(&"manual");
                let start = if manual { StartMode::Manual } else { StartMode::Auto };
                let (show, host, language) = (show.clone(), args.word(1), "zh".to_owned());
                let (standby, starts_at, delay_s) = (None, None, 8);
                let plan =
                    Plan { show, host, standby, language, delay_s, starts_at, start, policy: None };
                Input::Plan { plan, by: by() }
            }
            "feed" => Input::FeedArrived { host_busy: args.option("busy") },
            "start" => Input::Start { by: by(), host_busy: args.option("busy") },
            "end" => Input::End { by: by() },
            "offer" => {
                let (brand, price) = ("rouge".parse().expect("a slug"), yuan(args.words[2]));
                Input::OfferAdd { sku: sku(1), brand, price, terms: change(), air, by: by() }
            }
            "change" => Input::OfferChange { sku: sku(1), change: change(), air, by: by() },
            "remove" => Input::OfferRemove { sku: sku(1), air, by: by() },
            "pin" => {
                let sku = (args.words[1] != "-").then(|| sku(1));
                Input::Pin { sku, air, by: by() }
            }
            "cut" => fact(Fact::ActionTaken(Action {
                id: id(1),
                kind: ActionKind::Cut,
                by: by(),
                reason: Some(text("reason-marker")),
                from_media: MediaTime::from_ms(air.ms()),
                to_media: None,
                from_air: after("from"),
                to_air: after("to"),
                time_to_air: Duration::from_s(8),
                late: false,
                forced: false,
                at: self.now,
                state: Default::default(),
                undone_at: None,
            })),
            "resume" => fact(Fact::ActionEnded { id: id(1), air }),
            "undo" => fact(Fact::ActionUndone { id: id(1), by: by(), to_air: after("to") }),
            "delay" => {
                let shift = Duration::from_s(args.word(1));
                let how = if shift > Duration::ZERO { DelayHow::Slate } else { DelayHow::Dump };
                let delay = Duration::from_s(8) + shift;
                fact(Fact::DelaySet { delay, from_air: self.air, shift, how })
            }
            "ban" => {
                let act = Moderation::Ban { viewer: ViewerId::from_u128(number(args.words[1])) };
                Input::Moderate { act, by: by(), reason: Some(text("reason-marker")) }
            }
            _ => panic!("no such command: {verb}"),
        }
    }

    pub(crate) fn ask(&mut self, show: &Slug, input: Input) -> String {
        let stream = format!("show/{show}");
        let new = || Stage::new(&stream);
        let stage = self.shows.entry(show.clone()).or_insert_with(new);
        let before = stage.staged_seq();
        if let Step::Refused { rejection, .. } = stage.handle(input, self.now, ()) {
            return refused(&rejection);
        }
        let mut effects = Vec::new();
        while let Some(batch) = stage.take_batch() {
            keep(&mut self.log, &batch);
            effects.extend(stage.committed(batch.ticket).effects);
        }
        let changed = stage.staged_seq() != before;
        for (_, Effect::Shop { input }) in effects {
            self.sell(input);
        }
        if changed { "ok".to_owned() } else { "nothing new".to_owned() }
    }

    pub(crate) fn sell(&mut self, input: shop::Input) -> String {
        let before = self.shop.staged_seq();
        let answer = match self.shop.handle(input, self.now, ()) {
            Step::Refused { rejection, .. } => return refused(&rejection),
            Step::Answered(answer) => Some(answer.reply),
            Step::Staged { .. } | Step::Overflowed { .. } => None,
        };
        let (reply, effects) = self.settle();
        let mut line = match answer.or(reply) {
            Some(Reply::Order(order)) => self.describe(&order),
            Some(Reply::Again(order)) => format!("again {}", self.describe(&order)),
            _ if self.shop.staged_seq() == before => "nothing new".to_owned(),
            _ => "ok".to_owned(),
        };
        line.push_str(&effects);
        line
    }

    fn settle(&mut self) -> (Option<Reply>, String) {
        let (mut reply, mut effects) = (None, String::new());
        while let Some(batch) = self.shop.take_batch() {
            keep(&mut self.log, &batch);
            let released = self.shop.committed(batch.ticket);
            reply = released.answers.into_iter().next_back().map(|a| a.reply).or(reply);
            for (_, effect) in released.effects {
                let _ = match effect {
                    shop::Effect::AskPayment { total, .. } => write!(effects, "; ask {total}"),
                    shop::Effect::Refund { payment, total, .. } => {
                        let kind = payment.as_str().split(':').next().unwrap_or_default();
                        write!(effects, "; pay back {total} by {kind}")
                    }
                    shop::Effect::ReturnPayment { payment, amount } => {
                        write!(effects, "; send back {amount} of {payment}")
                    }
                };
            }
        }
        (reply, effects)
    }

    fn describe(&self, order: &shop::Order) -> String {
        let no = self.orders.iter().position(|id| *id == order.id).map_or(0, |i| i + 1);
        format!("order {no} {} {}", order.status.as_str(), order.total())
    }

    fn order(&mut self, args: &Args<'_>, input: impl FnOnce(OrderId) -> shop::Input) -> String {
        let no: usize = args.word(0);
        let id = self.orders.get(no.wrapping_sub(1)).copied();
        self.sell(input(id.unwrap_or(OrderId::from_u128(0))))
    }

    fn buy(&mut self, args: &Args<'_>) -> String {
        let who = number(args.words[0]);
        self.bodies += 1;
        let key = args.options.get("key").map_or(u128::from(self.bodies), |key| number(key));
        let id = OrderId::from_u128(1000 + u128::from(self.bodies));
        let (show, sku, quantity) = (args.word(1), args.word(2), args.word(3));
        let body = BodyHash(number(args.words[2]) + u128::from(quantity));
        let place = shop::PlaceOrder {
            order: id,
            show,
            sku,
            quantity,
            buyer: BuyerHash(who),
            device: DeviceId::from_u128(who),
            contact: text("contact-marker"),
            price_seen: args.options.get("seen").map(|price| yuan(price)),
            air: self.at(-args.option("back").unwrap_or(0)),
            key: KeyHash(key),
            body,
        };
        let placed = self.shop.state().orders().len();
        let input = shop::Input::Place(place);
        // The number of an order is known only once it is placed, and the answer names it.
        self.orders.push(id);
        let answer = self.sell(input);
        if self.shop.state().orders().len() == placed {
            self.orders.pop();
        }
        answer
    }

    fn wait(&mut self, seconds: i64) -> String {
        self.now = self.now + Duration::from_s(seconds);
        self.air += Duration::from_s(seconds);
        let expired = |world: &Self| {
            let orders = world.shop.state().orders().iter();
            orders.filter(|order| order.status == OrderStatus::Expired).count()
        };
        let before = expired(self);
        while self.shop.wake(self.now) {
            self.settle();
        }
        match expired(self) - before {
            0 => format!("air {}", self.air.ms() / 1000),
            n => format!("air {}; {n} expired", self.air.ms() / 1000),
        }
    }

    fn look(&self, show: &Slug, sku: &Sku) -> String {
        let Some(view) = self.shows[show].committed_state().offer(sku, self.air) else {
            return "not offered".to_owned();
        };
        let secs =
            |air: Option<AirTime>| air.map_or("?".to_owned(), |air| (air.ms() / 1000).to_string());
        let was = view.was.map_or(String::new(), |was| format!(" (was {})", was.amount()));
        let selling = match view.selling {
            Selling::Yes => "sells".to_owned(),
            Selling::NotYet { opens } => format!("opens at {}", secs(opens)),
            Selling::Frozen { until } => format!("frozen until {}", secs(until)),
            Selling::Closed => "closed".to_owned(),
        };
        let closes =
            view.closes.map_or(String::new(), |at| format!(", closes at {}", at.ms() / 1000));
        format!("{}{was}, {selling}{closes}", view.price.amount())
    }

    fn pinned(&self, show: &Slug) -> String {
        let pin = self.shows[show].committed_state().sale.pin_at(self.air);
        pin.and_then(|pin| pin.sku.as_ref()).map_or("nothing".to_owned(), Sku::to_string)
    }

    /// Every byte that was stored.
    pub(crate) fn stored(&self) -> String {
        let bytes: Vec<u8> = self.log.values().flatten().flatten().copied().collect();
        String::from_utf8(bytes).expect("JSON")
    }

    /// The stored entries of a stream, read back from their bytes.
    pub(crate) fn entries<D: Decider>(&self, stream: &str) -> Vec<Entry<D>> {
        let records = self.log.get(stream).into_iter().flatten();
        records.flat_map(|body| show::entry::decode(body).expect("a record")).collect()
    }
}

fn keep<D: Decider>(log: &mut BTreeMap<String, Vec<Vec<u8>>>, batch: &Batch<D>) {
    log.entry(batch.stream.to_string()).or_default().push(batch.body());
}

fn refused(rejection: &Rejection) -> String {
    let json = serde_json::to_value(rejection).expect("json");
    let fields = json.as_object().expect("an object").iter().filter(|(name, _)| *name != "code");
    let secs = |value: &serde_json::Value| value.as_i64().map(|flicks| flicks / FLICKS_PER_S);
    let mut out = format!("refused: {}", rejection.code());
    for (name, value) in fields {
        let _ = match name.as_str() {
            "opens" | "until" => match secs(value) {
                Some(secs) => write!(out, " {name} {secs}"),
                None => write!(out, " {name} ?"),
            },
            "price" => write!(out, " price {}", value["minor"]),
            _ => write!(out, " {name} {value}"),
        };
    }
    out
}
