//! Orders: one tap to place, one key to retry, and what sellers do with them.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{FromRequestParts, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use show::shop::{Input, Order, PlaceOrder};
use show::{Actor, BodyHash, BuyerHash, KeyHash, Sku};
use store::{OrderQuery, StoredOrder, TextRow};
use units::{Money, OrderId};
use utoipa::{IntoParams, ToSchema};

use super::money::MoneyView;
use super::public::device_of;
use crate::app::{App, clamp_air, text};
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Params, Path, Piece, Pieces};
use crate::mint;
use crate::names::clean_text;
use crate::people::{Caller, Role};
use crate::texts;

const KEY_HEADER: &str = "idempotency-key";
const KEY_MAX: usize = 255;
const NAME_MAX: usize = 100;
const CONTACT_MAX: usize = 300;
const PAGE_MAX: usize = 200;
const MINE_MAX: usize = 100;

/// Who buys.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Buyer {
    name: String,
    /// Where the seller reaches the buyer: an address, a telephone number, an e-mail.
    contact: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrderAsk {
    sku: String,
    quantity: u32,
    buyer: Buyer,
    /// The unit price on the buyer's screen; when it is another, the order is refused.
    #[schema(value_type = Option<MoneyView>)]
    price_seen: Option<Money>,
    /// The AirTime that the buyer watches; the server clamps it to what can be true.
    air_ms: Option<i64>,
}

/// An order.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderView {
    #[schema(value_type = String)]
    id: OrderId,
    show: String,
    host: String,
    brand: String,
    sku: String,
    title: String,
    quantity: u32,
    #[schema(value_type = MoneyView)]
    price: Money,
    #[schema(value_type = MoneyView)]
    total: Money,
    /// `reserved`, `paid`, `cancelled_by_buyer`, `cancelled_by_seller`, `refunded` or `expired`.
    status: String,
    air_ms: i64,
    at: String,
    expires_at: Option<String>,
    /// Only for the device that placed it, and for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    buyer: Option<Buyer>,
}

/// The idempotency key as it was sent; the other headers stay where they are.
pub(crate) struct Key(Option<HeaderValue>);

impl FromRequestParts<Arc<App>> for Key {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.get(KEY_HEADER).cloned()))
    }
}

fn total(price: Money, quantity: u32) -> Money {
    price.times(quantity).unwrap_or(price)
}

fn view(app: &App, order: &Order, buyer: Option<Buyer>) -> OrderView {
    let title = app
        .catalogue
        .products
        .get(order.sku.as_str())
        .map_or_else(String::new, |product| product.title.clone());
    OrderView {
        id: order.id,
        show: order.show.to_string(),
        host: order.host.to_string(),
        brand: order.brand.to_string(),
        sku: order.sku.to_string(),
        title,
        quantity: order.quantity,
        price: order.price,
        total: total(order.price, order.quantity),
        status: order.status.as_str().to_owned(),
        air_ms: order.air.ms(),
        at: order.at.rfc3339(),
        expires_at: Some(order.expires_at.rfc3339()),
        buyer,
    }
}

fn row_view(stored: &StoredOrder, buyer: Option<Buyer>) -> OrderView {
    let row = &stored.row;
    OrderView {
        id: row.id,
        show: row.show.clone(),
        host: row.host.clone(),
        brand: row.brand.clone(),
        sku: row.sku.clone(),
        title: row.title.clone(),
        quantity: row.quantity,
        price: row.unit_price,
        total: total(row.unit_price, row.quantity),
        status: row.status.clone(),
        air_ms: row.air_ms,
        at: row.created_at.rfc3339(),
        expires_at: text(row.expires_at),
        buyer,
    }
}

/// Place an order. The same `Idempotency-Key` with the same body gets the original answer; the answer comes when the
/// order is synced to the disk.
#[utoipa::path(post, path = "/shows/{slug}/orders", tag = "orders", request_body = OrderAsk,
    params(("Idempotency-Key" = String, Header, description = "fresh for each order, the same for a retry")),
    responses((status = 201, body = OrderView), (status = "default", body = ErrorBody)))]
pub(crate) async fn place(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Key(key): Key,
    Body(ask): Body<OrderAsk>,
) -> ApiResult<Response> {
    let key = key.as_ref().map(HeaderValue::as_bytes);
    let key = key.filter(|key| (1..=KEY_MAX).contains(&key.len())).ok_or(Code::KeyMissing)?;
    let handle = app.shows.get(&slug)?;
    let (device, cookie) = device_of(&app, &caller);
    let invalid = |field: &str, max: usize| {
        ApiError::about(Code::InvalidField, format!("buyer.{field}: 1 to {max} characters"))
    };
    let buyer = Buyer {
        name: clean_text(&ask.buyer.name, NAME_MAX).ok_or_else(|| invalid("name", NAME_MAX))?,
        contact: clean_text(&ask.buyer.contact, CONTACT_MAX)
            .ok_or_else(|| invalid("contact", CONTACT_MAX))?,
    };
    // Who buys is known by their contact, so that a fresh browser does not lift the limit per buyer.
    let known_as = buyer.contact.to_lowercase().split_whitespace().collect::<String>();
    let buyer_hash = app.secrets.hash128("buyer", known_as.as_bytes());
    let now = clock::now();
    let wait = |ms| ApiError::from(Code::TooManyRequests).retry_after_ms(ms);
    app.order_rate.take(&buyer_hash, now).map_err(wait)?;
    let seen = ask.price_seen.map_or_else(String::new, |price| price.to_string());
    let body = format!("{}\0{}\0{}\0{}\0{seen}", ask.sku, ask.quantity, buyer.name, buyer.contact);
    let contact = serde_json::to_string(&buyer).unwrap_or_default();
    let (reference, row) = texts::text("contact", &contact);
    let order = PlaceOrder {
        order: OrderId(mint::uuid()),
        show: handle.slug.clone(),
        sku: Sku::new(&ask.sku).map_err(|_| ApiError::about(Code::UnknownOffer, &ask.sku))?,
        quantity: ask.quantity,
        buyer: BuyerHash(buyer_hash),
        device: device.id,
        contact: reference,
        price_seen: ask.price_seen,
        air: clamp_air(ask.air_ms, handle.air_clock().now),
        key: KeyHash(app.secrets.hash128("order key", key)),
        body: BodyHash(app.secrets.hash128("order body", body.as_bytes())),
    };
    let placed = app.shop.place(order, row).await;
    let counted = if placed.is_ok() { &app.metrics.orders } else { &app.metrics.orders_refused };
    counted.add(1);
    let order = placed?;
    let buyer = (order.device == device.id).then_some(buyer);
    Ok((StatusCode::CREATED, cookie, Json(view(&app, &order, buyer))).into_response())
}

/// The orders of this device in a show, newest first.
#[utoipa::path(get, path = "/shows/{slug}/orders/mine", tag = "orders",
    responses((status = 200, body = [OrderView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn mine(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<Vec<OrderView>>> {
    let handle = app.shows.get(&slug)?;
    let Some(device) = caller.device else { return Ok(Json(Vec::new())) };
    let query = OrderQuery {
        show: Some(handle.slug.to_string()),
        device: Some(device.id),
        newest_first: true,
        limit: MINE_MAX,
        ..OrderQuery::default()
    };
    read(&app, query, true).await.map(|page| Json(page.orders))
}

/// Cancel an order that is not paid, from the device that placed it.
#[utoipa::path(post, path = "/shows/{slug}/orders/{id}/cancel", tag = "orders",
    responses((status = 200, body = OrderView), (status = "default", body = ErrorBody)))]
pub(crate) async fn cancel(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((_show, id)): Path<(String, String)>,
) -> ApiResult<Json<OrderView>> {
    let id: OrderId = id.parse().map_err(|_| Code::UnknownOrder)?;
    let device = caller.device.ok_or(Code::UnknownOrder)?.id;
    let order = app.shop.cancel_by_buyer(id, device).await?;
    Ok(Json(view(&app, &order, None)))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrderFilter {
    show: Option<String>,
    status: Option<String>,
    brand: Option<String>,
    /// `next` of the page before.
    after: Option<u64>,
    /// 200 at most.
    limit: Option<usize>,
}

/// A page of orders, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrderList {
    orders: Vec<OrderView>,
    /// Where the next page goes on; null on the last one.
    next: Option<u64>,
}

impl OrderFilter {
    /// What the caller may see of it: brand managers see their own brand.
    fn query(self, caller: &Caller) -> ApiResult<(OrderQuery, bool)> {
        let user = caller.with_role(&[Role::Operator, Role::Producer, Role::BrandManager])?;
        let all = user.has(Role::Operator) || user.has(Role::Producer);
        let brand = if all { self.brand } else { Some(user.brand.clone().ok_or(Code::Forbidden)?) };
        let query = OrderQuery {
            show: self.show.filter(|text| !text.is_empty()),
            status: self.status.filter(|text| !text.is_empty()),
            brand: brand.filter(|text| !text.is_empty() || !all),
            device: None,
            after: self.after,
            newest_first: true,
            limit: self.limit.unwrap_or(50).clamp(1, PAGE_MAX),
        };
        Ok((query, user.has(Role::Operator)))
    }
}

/// Orders, newest first.
#[utoipa::path(get, path = "/orders", tag = "orders", params(OrderFilter),
    responses((status = 200, body = OrderList), (status = "default", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(filter): Params<OrderFilter>,
) -> ApiResult<Json<OrderList>> {
    let (query, contacts) = filter.query(&caller)?;
    read(&app, query, contacts).await.map(Json)
}

async fn read(app: &Arc<App>, query: OrderQuery, contacts: bool) -> ApiResult<OrderList> {
    let app = Arc::clone(app);
    let page = tokio::task::spawn_blocking(move || {
        let page = app.store.orders(&query)?;
        let orders = page
            .rows
            .iter()
            .map(|stored| row_view(stored, contacts.then(|| buyer_of(&app, stored)).flatten()));
        Ok::<_, store::StoreError>(OrderList { orders: orders.collect(), next: page.next })
    });
    Ok(page.await.map_err(|_| Code::Internal)??)
}

fn buyer_of(app: &App, stored: &StoredOrder) -> Option<Buyer> {
    let text: TextRow = app.store.text(stored.row.contact?).ok()??;
    serde_json::from_str(&text.text).ok()
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusAsk {
    to: SellerStatus,
}

/// What a seller may make of an order.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SellerStatus {
    Paid,
    Cancelled,
    Refunded,
}

/// Mark an order as paid, cancel it, or refund it.
#[utoipa::path(post, path = "/orders/{id}/status", tag = "orders", request_body = StatusAsk,
    responses((status = 200, body = OrderView), (status = "default", body = ErrorBody)))]
pub(crate) async fn set_status(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(ask): Body<StatusAsk>,
) -> ApiResult<Json<OrderView>> {
    let by = Actor::User { id: caller.operator()?.id };
    let order: OrderId = id.parse().map_err(|_| Code::UnknownOrder)?;
    let input = match ask.to {
        SellerStatus::Paid => Input::Settle { order, by },
        SellerStatus::Cancelled => Input::CancelBySeller { order, by },
        SellerStatus::Refunded => Input::Refund { order, by },
    };
    let order = app.shop.change(input).await?;
    Ok(Json(view(&app, &order, None)))
}

const CSV_HEADER: [&str; 18] = [
    "order_id",
    "at",
    "show",
    "host",
    "brand",
    "sku",
    "title",
    "quantity",
    "unit_price",
    "amount",
    "currency",
    "status",
    "air_ms",
    "buyer",
    "buyer_name",
    "buyer_contact",
    "updated_at",
    "expires_at",
];

/// All orders as CSV, oldest first, one row per order line. `buyer` is a keyed hash that tells buyers apart; name and contact
/// are filled for operators only. A text that a spreadsheet would take for a formula begins with an apostrophe.
#[utoipa::path(get, path = "/orders.csv", tag = "orders", params(OrderFilter),
    responses((status = 200, content_type = "text/csv", body = String), (status = "default", body = ErrorBody)))]
pub(crate) async fn csv(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(filter): Params<OrderFilter>,
) -> ApiResult<Response> {
    let (query, contacts) = filter.query(&caller)?;
    let query = OrderQuery { after: None, newest_first: false, limit: 0, ..query };
    let (send, receive) = tokio::sync::mpsc::channel::<Piece>(4);
    tokio::task::spawn_blocking(move || write_csv(&app, &query, contacts, &send));
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"orders.csv\""),
    ];
    Ok((headers, HttpBody::new(Pieces::new(receive))).into_response())
}

fn write_csv(
    app: &App,
    query: &OrderQuery,
    contacts: bool,
    send: &tokio::sync::mpsc::Sender<Piece>,
) {
    let line = |fields: &[String]| {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let _ = writer.write_record(fields);
        Ok(Bytes::from(writer.into_inner().unwrap_or_default()))
    };
    if send.blocking_send(line(&CSV_HEADER.map(str::to_owned))).is_err() {
        return;
    }
    let read = store::each_order(&*app.store, query, &mut |stored| {
        let buyer = contacts.then(|| buyer_of(app, stored)).flatten();
        match send.blocking_send(line(&csv_row(stored, buyer))) {
            Ok(()) => std::ops::ControlFlow::Continue(()),
            Err(_) => std::ops::ControlFlow::Break(()),
        }
    });
    if let Err(error) = read {
        tracing::error!(%error, "orders.csv");
        let _ = send.blocking_send(Err(std::io::Error::other("the store broke off")));
    }
}

fn csv_row(stored: &StoredOrder, buyer: Option<Buyer>) -> [String; 18] {
    let row = &stored.row;
    let (name, contact) = buyer.map_or_else(Default::default, |buyer| (buyer.name, buyer.contact));
    [
        row.id.to_string(),
        row.created_at.rfc3339(),
        row.show.clone(),
        row.host.clone(),
        row.brand.clone(),
        plain(&row.sku),
        plain(&row.title),
        row.quantity.to_string(),
        row.unit_price.amount(),
        total(row.unit_price, row.quantity).amount(),
        row.unit_price.currency.to_string(),
        row.status.clone(),
        row.air_ms.to_string(),
        row.buyer.clone(),
        plain(&name),
        plain(&contact),
        row.updated_at.rfc3339(),
        text(row.expires_at).unwrap_or_default(),
    ]
}

/// Text that no spreadsheet takes for a formula; some take the wide forms of East Asian keyboards as well.
pub(super) fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}
