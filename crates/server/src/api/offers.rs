//! What a show offers, and what is pinned.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use show::offer::Window;
use show::sale::Sale;
use show::{Actor, Input, OfferChange, Sku, Status};
use units::{AirTime, Duration, Money};
use utoipa::ToSchema;

use super::money::MoneyView;
use super::offer_view;
use crate::app::App;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Path};
use crate::people::Caller;
use crate::shows::ShowHandle;

/// Offers a product, from what the host does now.
pub(super) async fn add(
    app: &App,
    handle: &ShowHandle,
    sku: &str,
    terms: OfferChange,
    by: Actor,
) -> ApiResult<()> {
    let product = app
        .catalogue
        .products
        .get(sku)
        .ok_or_else(|| ApiError::about(Code::UnknownProduct, sku))?;
    let input = Input::OfferAdd {
        sku: sku_of(sku)?,
        brand: crate::catalogue::slug("brand", &product.brand)?,
        price: terms.price.unwrap_or(product.price),
        terms,
        // A planned show has no clock yet: its offers count from the beginning.
        air: if handle.status() == Status::Planned {
            AirTime::ZERO
        } else {
            handle.air_clock().newest
        },
        by,
    };
    handle.ask(input, Vec::new()).await
}

fn sku_of(text: &str) -> ApiResult<Sku> {
    Sku::new(text).map_err(|_| ApiError::about(Code::UnknownProduct, text))
}

/// An offer as viewers meet it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the JSON of offer_view for OpenAPI")]
pub(crate) struct OfferView {
    sku: String,
    title: Option<String>,
    image: Option<String>,
    brand: Option<String>,
    category: Option<String>,
    price: MoneyView,
    /// The price before, when it was higher.
    was: Option<MoneyView>,
    /// Pieces still to sell.
    left: u64,
    /// Pieces that one buyer may have.
    limit: Option<u32>,
    /// When it opens, in milliseconds of AirTime.
    opens_air_ms: Option<i64>,
    closes_air_ms: Option<i64>,
    selling: bool,
    /// Why it does not sell.
    why: Option<String>,
}

/// Offers of a show with what is left of them, for somebody at `air`.
pub(crate) fn offers_at(app: &App, handle: &ShowHandle, air: AirTime) -> Vec<Value> {
    offers_of(app, &handle.state().sale, handle.status(), air)
}

/// The same of a sale that may not be the show's newest.
pub(crate) fn offers_of(app: &App, sale: &Sale, status: Status, air: AirTime) -> Vec<Value> {
    let mut listed: Vec<_> =
        sale.offers.iter().filter(|(_, listed)| listed.terms.removed.is_none()).collect();
    listed.sort_by_key(|(_, listed)| listed.no);
    listed.into_iter().map(|(sku, _)| stocked(app, sale, status, sku, air)).collect()
}

/// An offer with what is left of it.
pub(crate) fn stocked(app: &App, sale: &Sale, status: Status, sku: &Sku, air: AirTime) -> Value {
    let mut offer = offer_view(&app.catalogue, sale, status == Status::Ended, sku, air);
    if let Some(offer) = offer.as_object_mut() {
        offer.insert("left".to_owned(), app.shop.stock(sku.as_str()).left().into());
    }
    offer
}

/// The offers of a show.
#[utoipa::path(get, path = "/shows/{slug}/offers", tag = "shows",
    responses((status = 200, body = [OfferView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn offers(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
) -> ApiResult<Json<Vec<Value>>> {
    let handle = app.shows.get(&slug)?;
    Ok(Json(offers_at(&app, &handle, handle.air_clock().newest)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OfferTerms {
    /// Only when it is added.
    sku: Option<String>,
    /// The product's price when absent.
    #[schema(value_type = Option<MoneyView>)]
    price: Option<Money>,
    /// Pieces per buyer; 0 lifts the limit.
    limit: Option<u32>,
    /// Seconds from what the host does now until it opens.
    opens_in_s: Option<i64>,
    /// Seconds from what the host does now until it closes.
    closes_in_s: Option<i64>,
}

const WINDOW_MAX_S: i64 = 24 * 3600;

impl OfferTerms {
    /// The change that viewers see at `newest`; what is not said of a window stays as it is.
    fn change(&self, newest: AirTime, old: Option<Window>) -> ApiResult<OfferChange> {
        let at = |seconds: Option<i64>| match seconds {
            Some(s) if !(0..=WINDOW_MAX_S).contains(&s) => Err(ApiError::from(Code::BadWindow)),
            seconds => Ok(seconds.map(|s| newest + Duration::from_s(s))),
        };
        let old = old.unwrap_or_default();
        let window = Window {
            opens: at(self.opens_in_s)?.or(old.opens),
            closes: at(self.closes_in_s)?.or(old.closes),
        };
        let stated = self.opens_in_s.is_some() || self.closes_in_s.is_some();
        Ok(OfferChange { price: self.price, limit: self.limit, window: stated.then_some(window) })
    }
}

/// Offer a product in a show. Viewers see it when they see what the host does now.
#[utoipa::path(post, path = "/shows/{slug}/offers", tag = "shows", request_body = OfferTerms,
    responses((status = 201, body = [OfferView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn add_offer(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Body(ask): Body<OfferTerms>,
) -> ApiResult<(StatusCode, Json<Vec<Value>>)> {
    let handle = app.shows.get(&slug)?;
    let by = Actor::User { id: caller.crew_of(handle.host().as_str())?.id };
    let sku =
        ask.sku.as_deref().ok_or_else(|| ApiError::about(Code::InvalidField, "sku: missing"))?;
    let newest = handle.air_clock().newest;
    add(&app, &handle, sku, ask.change(newest, None)?, by).await?;
    app.shows.settle().await;
    Ok((StatusCode::CREATED, Json(offers_at(&app, &handle, newest))))
}

/// Change an offer. Viewers see it when they see what the host does now.
#[utoipa::path(patch, path = "/shows/{slug}/offers/{sku}", tag = "shows", request_body = OfferTerms,
    responses((status = 200, body = [OfferView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn change_offer(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((slug, sku)): Path<(String, String)>,
    Body(ask): Body<OfferTerms>,
) -> ApiResult<Json<Vec<Value>>> {
    let handle = app.shows.get(&slug)?;
    let by = Actor::User { id: caller.crew_of(handle.host().as_str())?.id };
    let air = handle.air_clock().newest;
    let sku = sku_of(&sku)?;
    let old = handle.state().sale.offers.get(&sku).and_then(|listed| listed.terms.window);
    let change = ask.change(air, old)?;
    handle.ask(Input::OfferChange { sku, change, air, by }, Vec::new()).await?;
    app.shows.settle().await;
    Ok(Json(offers_at(&app, &handle, air)))
}

/// Take an offer out of a show.
#[utoipa::path(delete, path = "/shows/{slug}/offers/{sku}", tag = "shows",
    responses((status = 200, body = [OfferView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn remove_offer(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((slug, sku)): Path<(String, String)>,
) -> ApiResult<Json<Vec<Value>>> {
    let handle = app.shows.get(&slug)?;
    let by = Actor::User { id: caller.crew_of(handle.host().as_str())?.id };
    let air = handle.air_clock().newest;
    handle.ask(Input::OfferRemove { sku: sku_of(&sku)?, air, by }, Vec::new()).await?;
    app.shows.settle().await;
    Ok(Json(offers_at(&app, &handle, air)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PinAsk {
    /// Absent or null: nothing is pinned.
    sku: Option<String>,
}

/// What is pinned, and when viewers see it.
#[derive(Serialize, ToSchema)]
pub(crate) struct PinView {
    sku: Option<String>,
    air_ms: i64,
}

/// Pin an offer to the screen, or nothing. Viewers see it when they see what the host does now.
#[utoipa::path(post, path = "/shows/{slug}/pin", tag = "shows", request_body = PinAsk,
    responses((status = 200, body = PinView), (status = "default", body = ErrorBody)))]
pub(crate) async fn pin(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Body(ask): Body<PinAsk>,
) -> ApiResult<Json<PinView>> {
    let handle = app.shows.get(&slug)?;
    let by = Actor::User { id: caller.crew_of(handle.host().as_str())?.id };
    let air = handle.air_clock().newest;
    let sku = ask.sku.as_deref().map(sku_of).transpose()?;
    handle.ask(Input::Pin { sku, air, by }, Vec::new()).await?;
    Ok(Json(PinView { sku: ask.sku, air_ms: air.ms() }))
}

impl PinView {
    pub(crate) fn of(sku: Option<&Sku>, air: AirTime) -> Self {
        Self { sku: sku.map(ToString::to_string), air_ms: air.ms() }
    }
}
