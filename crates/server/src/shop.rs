//! The shop's owner: stock and orders of all shows, one writer, one answer per key.
//!
//! The domain decides (`show::shop`); here are its rows in the tables, the numbers that pages show, and the calls
//! that the API makes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use show::entry::{Entry, Rebuild};
use show::shop::{
    Config, Effect, Event, Input, Order, OrderStatus, PlaceOrder, Placed, Reply, Shop as Decider,
    State, Stock,
};
use show::stage::EffectKey;
use show::{Actor, Sku, Slug};
use store::{DocChange, OrderChange, OrderRow, StockChange, Store, StreamId, TextRow};
use units::{DeviceId, OrderId, Timestamp, UserId};

use crate::catalogue::Catalogue;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code};
use crate::owner::{Ledger, Owner, Rows, rebuild};
use crate::rooms::{Rooms, Trade};
use crate::secrets::hex;
use crate::tasks::Tasks;

/// The stream's name.
pub(crate) const STREAM: &str = "shop";
/// Stock counts of one product go to a room this often at most; "sold out" does not wait.
const STOCK_NEWS_EVERY_MS: i64 = 200;
/// Steps of the sales curve.
const PULSE_STEPS: usize = 60;
/// Seconds in a step.
const PULSE_STEP_S: i64 = 5;

/// The way to the shop.
pub(crate) struct Shop {
    owner: Owner<Decider>,
    shelf: Arc<Shelf>,
}

/// What pages read without asking the owner.
#[derive(Default)]
struct Shelf {
    stock: RwLock<HashMap<Sku, Stock>>,
    sales: Mutex<HashMap<Slug, Sales>>,
}

/// How a show sells.
#[derive(Clone, Default)]
pub(crate) struct Sales {
    /// Orders that stand: reserved or paid.
    pub(crate) orders: u64,
    /// What they are worth, by currency.
    pub(crate) revenue: HashMap<String, i64>,
    /// Orders per step, the step's number first.
    steps: std::collections::VecDeque<(i64, u32)>,
}

impl Sales {
    fn count(&mut self, placed: &Placed) {
        self.orders += 1;
        let worth = placed.price.times(placed.quantity).map_or(0, |money| money.minor);
        *self.revenue.entry(placed.price.currency.to_string()).or_default() += worth;
        let step = placed.at.ms() / 1000 / PULSE_STEP_S;
        match self.steps.back_mut() {
            Some((last, count)) if *last == step => *count += 1,
            _ => self.steps.push_back((step, 1)),
        }
        if self.steps.len() > PULSE_STEPS {
            self.steps.pop_front();
        }
    }

    /// Orders per minute over the last five minutes, oldest first.
    pub(crate) fn per_min(&self, now: Timestamp) -> Vec<u32> {
        let current = now.ms() / 1000 / PULSE_STEP_S;
        let first = current - PULSE_STEPS as i64 + 1;
        let mut curve = vec![0; PULSE_STEPS];
        for (step, count) in &self.steps {
            if let Some(slot) = usize::try_from(step - first).ok().and_then(|i| curve.get_mut(i)) {
                *slot = count * (60 / PULSE_STEP_S as u32);
            }
        }
        curve
    }
}

impl Shop {
    /// Rebuilds the shop from its log and starts its owner; blocks on the disk.
    pub(crate) fn start(
        store: &Arc<dyn Store>,
        catalogue: &Arc<Catalogue>,
        rooms: &Arc<Rooms>,
        queue_max: usize,
        tasks: &Arc<Tasks>,
    ) -> anyhow::Result<Self> {
        let log: Rebuild<Decider> = rebuild(&**store, &StreamId::new(STREAM))?;
        let shelf = Arc::new(Shelf::default());
        let mut sales = HashMap::<Slug, Sales>::new();
        for order in log.state().orders() {
            if matches!(order.status, OrderStatus::Reserved | OrderStatus::Paid) {
                let sales = sales.entry(order.show.clone()).or_default();
                sales.orders += 1;
                *sales.revenue.entry(order.price.currency.to_string()).or_default() +=
                    order.total().minor;
            }
        }
        *shelf.sales.lock().unwrap_or_else(PoisonError::into_inner) = sales;
        *shelf.stock.write().unwrap_or_else(PoisonError::into_inner) =
            log.state().products().map(|(sku, stock)| (sku.clone(), *stock)).collect();
        let ledger = ShopLedger {
            catalogue: Arc::clone(catalogue),
            rooms: Arc::clone(rooms),
            shelf: Arc::clone(&shelf),
            told: HashMap::new(),
        };
        let owner = Owner::start(STREAM, log, Arc::clone(store), queue_max, ledger, tasks, || {});
        Ok(Self { owner, shelf })
    }

    /// Stock of a product as it is synced; zero when it has none.
    pub(crate) fn stock(&self, sku: &str) -> Stock {
        let Ok(sku) = Sku::new(sku) else { return Stock::default() };
        self.shelf
            .stock
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&sku)
            .copied()
            .unwrap_or_default()
    }

    pub(crate) fn sales(&self, show: &Slug) -> Sales {
        self.shelf
            .sales
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(show)
            .cloned()
            .unwrap_or_default()
    }

    /// Settings, from the configuration.
    pub(crate) async fn set_config(&self, reservation_minutes: u32) -> ApiResult<()> {
        let config = Config { expires_after_s: reservation_minutes * 60, provider: false };
        self.owner.ask(Input::ConfigSet { config }, Vec::new()).await.map(drop)
    }

    /// Opening stock: applied once.
    pub(crate) async fn open_stock(&self, sku: &str, stock: u32) -> ApiResult<()> {
        let input = Input::StockOpened { sku: self::sku(sku)?, stock: u64::from(stock) };
        self.owner.ask(input, Vec::new()).await.map(drop)
    }

    /// The same with the row of its product, in one batch.
    pub(crate) async fn open_stock_with(
        &self,
        sku: &str,
        stock: u32,
        product: DocChange,
    ) -> ApiResult<()> {
        let input = Input::StockOpened { sku: self::sku(sku)?, stock: u64::from(stock) };
        self.owner.ask_with(input, Rows { docs: vec![product], ..Rows::default() }).await.map(drop)
    }

    /// Whether stock was ever opened.
    pub(crate) fn has_stock(&self, sku: &str) -> bool {
        let stock = self.shelf.stock.read().unwrap_or_else(PoisonError::into_inner);
        Sku::new(sku).is_ok_and(|sku| stock.contains_key(&sku))
    }

    pub(crate) async fn adjust_stock(&self, sku: &str, delta: i64, by: UserId) -> ApiResult<()> {
        let input =
            Input::StockAdjusted { sku: self::sku(sku)?, delta, by: Actor::User { id: by } };
        self.owner.ask(input, Vec::new()).await.map(drop)
    }

    /// Tells the shop on what terms a show sells.
    pub(crate) async fn set_terms(&self, input: Input) -> ApiResult<()> {
        self.owner.ask(input, Vec::new()).await.map(drop)
    }

    /// Places an order, or finds the one that this key placed; `contact` is the text that it refers to.
    pub(crate) async fn place(&self, order: PlaceOrder, contact: TextRow) -> ApiResult<Order> {
        match self.owner.ask(Input::Place(order), vec![contact]).await? {
            Reply::Order(order) | Reply::Again(order) => Ok(*order),
            Reply::Done => Err(Code::Internal.into()),
        }
    }

    pub(crate) async fn cancel_by_buyer(
        &self,
        order: OrderId,
        device: DeviceId,
    ) -> ApiResult<Order> {
        self.change(Input::CancelByBuyer { order, device }).await
    }

    /// Settles, cancels or refunds by a person's hand.
    pub(crate) async fn change(&self, input: Input) -> ApiResult<Order> {
        match self.owner.ask(input, Vec::new()).await? {
            Reply::Order(order) | Reply::Again(order) => Ok(*order),
            Reply::Done => Err(Code::Internal.into()),
        }
    }

    pub(crate) async fn stop(&self) {
        self.owner.stop().await;
    }
}

fn sku(text: &str) -> ApiResult<Sku> {
    Sku::new(text).map_err(|error| ApiError::about(Code::InvalidField, format!("sku: {error}")))
}

struct ShopLedger {
    catalogue: Arc<Catalogue>,
    rooms: Arc<Rooms>,
    shelf: Arc<Shelf>,
    /// When a product's stock last went to the rooms.
    told: HashMap<Sku, Timestamp>,
}

impl ShopLedger {
    fn order_row(&self, placed: &Placed) -> OrderRow {
        let title = self
            .catalogue
            .products
            .get(placed.sku.as_str())
            .map_or_else(String::new, |product| product.title.clone());
        OrderRow {
            id: placed.order,
            show: placed.show.to_string(),
            host: placed.host.to_string(),
            brand: placed.brand.to_string(),
            sku: placed.sku.to_string(),
            title,
            quantity: placed.quantity,
            unit_price: placed.price,
            status: OrderStatus::Reserved.as_str().to_owned(),
            buyer: hex(&placed.buyer.0.to_be_bytes()),
            device: placed.device,
            contact: Some(placed.contact.id),
            air_ms: placed.air.ms(),
            key_hash: placed.key.0,
            created_at: placed.at,
            updated_at: placed.at,
            expires_at: Some(placed.expires_at),
        }
    }

    fn tell_stock(&mut self, sku: &Sku, stock: Stock) {
        let (now, left) = (clock::now(), stock.left());
        let quiet = self.told.get(sku).is_none_or(|last| (now - *last).ms() >= STOCK_NEWS_EVERY_MS);
        if left == 0 || quiet {
            self.told.insert(sku.clone(), now);
            self.rooms.stock(sku, left);
        } else {
            self.rooms.stock_later(sku, left);
        }
    }
}

/// What a buyer took back; a reservation that ran out, or that the seller gave up, is nothing of the kind.
fn taken_back(event: &Event) -> Option<Trade> {
    match event {
        Event::Released { to: OrderStatus::CancelledByBuyer, .. } => Some(Trade::Cancelled),
        Event::Refunded { .. } => Some(Trade::Refunded),
        _ => None,
    }
}

fn add(sku: &Sku, stock: i64, reserved: i64, sold: i64) -> StockChange {
    StockChange::Add { sku: sku.to_string(), stock, reserved, sold }
}

fn status(id: OrderId, status: OrderStatus, updated_at: Timestamp) -> OrderChange {
    OrderChange::Status { id, status: status.as_str().to_owned(), updated_at, expires_at: None }
}

impl Ledger<Decider> for ShopLedger {
    fn rows(&mut self, state: &State, entries: &[Entry<Decider>], batch: &mut store::Batch) {
        for event in entries.iter().flat_map(|entry| &entry.events) {
            match event {
                Event::Placed(placed) => {
                    batch.orders.push(OrderChange::Insert(Box::new(self.order_row(placed))));
                    batch.stock.push(add(&placed.sku, 0, i64::from(placed.quantity), 0));
                }
                Event::Paid { order: id, at, .. } => {
                    batch.orders.push(status(*id, OrderStatus::Paid, *at));
                    if let Some(order) = state.order(*id) {
                        let n = i64::from(order.quantity);
                        batch.stock.push(add(&order.sku, 0, -n, n));
                    }
                }
                Event::Released { order: id, to, at } => {
                    batch.orders.push(status(*id, *to, *at));
                    if let Some(order) = state.order(*id) {
                        batch.stock.push(add(&order.sku, 0, -i64::from(order.quantity), 0));
                    }
                }
                Event::Refunded { order, at } => {
                    batch.orders.push(status(*order, OrderStatus::Refunded, *at))
                }
                Event::StockOpened { sku, stock } => {
                    let stock = i64::try_from(*stock).unwrap_or(i64::MAX);
                    batch.stock.push(StockChange::Open { sku: sku.to_string(), stock });
                }
                Event::StockAdjusted { sku, delta } => batch.stock.push(add(sku, *delta, 0, 0)),
                Event::PaymentReturned { .. }
                | Event::ConfigSet { .. }
                | Event::SaleSet { .. }
                | Event::OfferSet { .. }
                | Event::ShowEnded { .. } => {}
            }
        }
    }

    fn staged(&mut self, _: &State, _: &[Event]) {}

    fn committed(&mut self, state: &State, entries: &[Entry<Decider>]) {
        let mut touched = std::collections::BTreeSet::new();
        {
            let mut sales = self.shelf.sales.lock().unwrap_or_else(PoisonError::into_inner);
            for event in entries.iter().flat_map(|entry| &entry.events) {
                match event {
                    Event::Placed(placed) => {
                        sales.entry(placed.show.clone()).or_default().count(placed);
                        let who = placed.device.as_u128();
                        self.rooms.traded(&placed.show, Trade::Ordered, who);
                        touched.insert(placed.sku.clone());
                    }
                    Event::Paid { order, .. } => {
                        touched.extend(state.order(*order).map(|order| order.sku.clone()))
                    }
                    Event::Released { order, .. } | Event::Refunded { order, .. } => {
                        if let Some(order) = state.order(*order) {
                            if let Some(what) = taken_back(event) {
                                self.rooms.traded(&order.show, what, order.device.as_u128());
                            }
                            touched.insert(order.sku.clone());
                            let sales = sales.entry(order.show.clone()).or_default();
                            sales.orders = sales.orders.saturating_sub(1);
                            *sales.revenue.entry(order.price.currency.to_string()).or_default() -=
                                order.total().minor;
                        }
                    }
                    Event::StockOpened { sku, .. } | Event::StockAdjusted { sku, .. } => {
                        touched.insert(sku.clone());
                    }
                    _ => {}
                }
            }
        }
        for sku in touched {
            let Some(stock) = state.stock(&sku) else { continue };
            self.shelf
                .stock
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(sku.clone(), stock);
            self.tell_stock(&sku, stock);
        }
    }

    fn outbox(&self, effect: &Effect) -> Option<(&'static str, serde_json::Value)> {
        let kind = match effect {
            Effect::AskPayment { .. } => "ask_payment",
            Effect::Refund { .. } => "refund",
            Effect::ReturnPayment { .. } => "return_payment",
        };
        Some((kind, serde_json::to_value(effect).unwrap_or_default()))
    }

    fn effects(&mut self, _: Vec<(EffectKey, Effect)>) {
        crate::payments::wake();
    }
}
