//! Shows: their plan, start and end, what they offer and what is pinned.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use show::offer::Window;
use show::{Actor, Input, OfferChange, Sku, Status};
use units::{AirTime, Duration, Money, Timestamp};
use utoipa::{IntoParams, ToSchema};

use super::money::MoneyView;
use super::offer_view;
use crate::app::{App, text};
use crate::bootstrap::Start;
use crate::catalogue::ShowPlan;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Params, Path};
use crate::people::Caller;
use crate::shows::ShowHandle;

/// Somebody by address and by name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Named {
    slug: String,
    name: String,
}

/// A show as everybody sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShowView {
    slug: String,
    title: String,
    host: Named,
    standby: Option<Named>,
    language: String,
    /// `planned`, `live` or `ended`.
    #[schema(value_type = String)]
    status: Status,
    delay_s: i64,
    starts_at: Option<String>,
    started_at: Option<String>,
    ended_at: Option<String>,
    start: Start,
    viewers: usize,
    /// Something has aired and the playlist plays.
    on_air: bool,
    /// There is a recording to watch.
    recording: bool,
}

/// A show as everybody sees it.
pub(crate) fn show_view(app: &App, handle: &ShowHandle) -> Option<ShowView> {
    let plan = app.catalogue.shows.get(handle.slug.as_str())?;
    let standing = handle.standing();
    let named = |slug: &str| {
        let name =
            app.catalogue.hosts.get(slug).map_or_else(|| slug.to_owned(), |host| host.name.clone());
        Named { slug: slug.to_owned(), name }
    };
    let ended = standing.status == Status::Ended;
    let recording = ended && app.recordings.has(&handle.slug);
    let delay =
        handle.state().desk.delay.map_or(i64::from(plan.delay_s), |delay| delay.ms() / 1000);
    Some(ShowView {
        slug: plan.slug.clone(),
        title: plan.title.clone(),
        host: named(&plan.host),
        standby: plan.standby.as_deref().map(named),
        language: plan.language.clone(),
        status: standing.status,
        delay_s: delay,
        starts_at: text(plan.starts_at),
        started_at: text(standing.started_at),
        ended_at: text(standing.ended_at),
        start: plan.start,
        viewers: app.rooms.audience(&handle.slug),
        on_air: handle.onair().is_some_and(|onair| onair.program.playable().is_some()),
        recording,
    })
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ShowFilter {
    /// `planned`, `live` or `ended`.
    #[param(value_type = Option<String>)]
    status: Option<Status>,
}

/// Shows, the ones that start first coming first.
#[utoipa::path(get, path = "/shows", tag = "shows", params(ShowFilter),
    responses((status = 200, body = [ShowView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Params(filter): Params<ShowFilter>,
) -> Json<Vec<ShowView>> {
    let mut shows = app.shows.all();
    shows.retain(|show| filter.status.is_none_or(|status| show.status() == status));
    let mut views: Vec<ShowView> = shows.iter().filter_map(|show| show_view(&app, show)).collect();
    views.sort_by(|a, b| (&a.starts_at, &a.slug).cmp(&(&b.starts_at, &b.slug)));
    Json(views)
}

/// One show.
#[utoipa::path(get, path = "/shows/{slug}", tag = "shows",
    responses((status = 200, body = ShowView), (status = "default", body = ErrorBody)))]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Path(slug): Path<String>,
) -> ApiResult<Json<ShowView>> {
    let handle = app.shows.get(&slug)?;
    show_view(&app, &handle).map(Json).ok_or_else(|| ApiError::about(Code::UnknownShow, slug))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewShow {
    slug: String,
    title: String,
    host: String,
    standby: Option<String>,
    language: Option<String>,
    delay_s: Option<u32>,
    /// RFC 3339.
    starts_at: Option<String>,
    #[serde(default)]
    start: Start,
    #[serde(default)]
    offers: Vec<String>,
}

fn moment(field: &str, text: &str) -> ApiResult<Timestamp> {
    let invalid = || {
        ApiError::about(
            Code::InvalidField,
            format!("{field}: not RFC 3339, such as 2026-11-22T20:00:00Z"),
        )
    };
    Timestamp::parse_rfc3339(text).ok_or_else(invalid)
}

/// Plan a show.
#[utoipa::path(post, path = "/shows", tag = "shows", request_body = NewShow,
    responses((status = 201, body = ShowView), (status = "default", body = ErrorBody)))]
pub(crate) async fn plan(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(ask): Body<NewShow>,
) -> ApiResult<(StatusCode, Json<ShowView>)> {
    let by = Actor::User { id: caller.producer()?.id };
    let plan = ShowPlan {
        slug: ask.slug,
        title: ask.title,
        host: ask.host,
        standby: ask.standby.filter(|standby| !standby.is_empty()),
        language: ask.language.unwrap_or_else(|| "en".to_owned()),
        delay_s: ask.delay_s.unwrap_or(app.config.program.delay_s),
        starts_at: ask.starts_at.as_deref().map(|text| moment("starts_at", text)).transpose()?,
        start: ask.start,
        created_at: clock::now(),
    };
    let handle = plan_show(&app, plan, &ask.offers, &by).await?;
    Ok((StatusCode::CREATED, Json(show_view(&app, &handle).ok_or(Code::Internal)?)))
}

/// Plans a show with its first offers; used by the bootstrap file as well.
pub(crate) async fn plan_show(
    app: &App,
    plan: ShowPlan,
    offers: &[String],
    by: &Actor,
) -> ApiResult<Arc<ShowHandle>> {
    let plan = app.catalogue.checked_plan(plan)?;
    for sku in offers {
        if app.catalogue.products.get(sku).is_none() {
            return Err(ApiError::about(Code::UnknownProduct, sku));
        }
    }
    let slug = plan.slug.clone();
    let handle = {
        let _turn = app.planning.lock().await;
        let in_log = app.shows.get(&slug).is_ok_and(|show| show.state().plan.is_some());
        let plan = if app.catalogue.shows.get(&slug).is_none() || in_log {
            app.catalogue.shows.insert(&slug, plan).await?
        } else {
            // Planning was broken off between table and log: this goes on where it stopped.
            app.catalogue.shows.update(&slug, Code::UnknownShow, |_| Ok(plan)).await?
        };
        app.shows.plan(&plan, by.clone()).await?
    };
    for sku in offers {
        add(app, &handle, sku, OfferChange::default(), by.clone()).await?;
    }
    app.shows.settle().await;
    Ok(handle)
}

async fn add(
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

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedShow {
    title: Option<String>,
    host: Option<String>,
    /// An empty text means none.
    standby: Option<String>,
    language: Option<String>,
    /// For a planned show; a live one has its own call.
    delay_s: Option<u32>,
    /// RFC 3339; an empty text means open.
    starts_at: Option<String>,
    start: Option<Start>,
}

/// Change a show's plan. Some of it is fixed once the show is live.
#[utoipa::path(patch, path = "/shows/{slug}", tag = "shows", request_body = ChangedShow,
    responses((status = 200, body = ShowView), (status = "default", body = ErrorBody)))]
pub(crate) async fn change(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Body(ask): Body<ChangedShow>,
) -> ApiResult<Json<ShowView>> {
    let by = Actor::User { id: caller.producer()?.id };
    let handle = app.shows.get(&slug)?;
    // Log and table change in the same order, and no change is made of a plan that another is changing.
    let _turn = app.planning.lock().await;
    let old = app.catalogue.shows.get(&slug).ok_or(Code::UnknownShow)?;
    let mut plan = ShowPlan::clone(&old);
    plan.title = ask.title.unwrap_or(plan.title);
    plan.host = ask.host.unwrap_or(plan.host);
    plan.standby = ask
        .standby
        .map_or(plan.standby, |standby| Some(standby).filter(|standby| !standby.is_empty()));
    plan.language = ask.language.unwrap_or(plan.language);
    plan.delay_s = ask.delay_s.unwrap_or(plan.delay_s);
    plan.start = ask.start.unwrap_or(plan.start);
    if let Some(text) = ask.starts_at {
        plan.starts_at = if text.is_empty() { None } else { Some(moment("starts_at", &text)?) };
    }
    let plan = app.catalogue.checked_plan(plan)?;
    // The show's owner judges what may still change; the table follows.
    app.shows.plan(&plan, by).await?;
    app.catalogue.shows.update(&slug, Code::UnknownShow, |_| Ok(plan)).await?;
    // Another host's show is none of the old one's.
    app.rooms.close_without_right();
    Ok(Json(show_view(&app, &handle).ok_or(Code::Internal)?))
}

/// Start a planned show.
#[utoipa::path(post, path = "/shows/{slug}/start", tag = "shows",
    responses((status = 200, body = ShowView), (status = "default", body = ErrorBody)))]
pub(crate) async fn start(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<ShowView>> {
    let handle = app.shows.get(&slug)?;
    let by = Actor::User { id: caller.crew_of(handle.host().as_str())?.id };
    if app.catalogue.hosts.get(handle.host().as_str()).is_some_and(|host| host.suspended) {
        return Err(Code::HostSuspended.into());
    }
    app.shows.start(&handle, by).await?;
    Ok(Json(show_view(&app, &handle).ok_or(Code::Internal)?))
}

/// End a show. What waits in its delay does not air.
#[utoipa::path(post, path = "/shows/{slug}/end", tag = "shows",
    responses((status = 200, body = ShowView), (status = "default", body = ErrorBody)))]
pub(crate) async fn end(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<ShowView>> {
    let handle = app.shows.get(&slug)?;
    let by = Actor::User { id: caller.crew_of(handle.host().as_str())?.id };
    app.shows.end(&handle, by).await?;
    app.feeds.end_show(&handle);
    app.recordings.look(&handle.slug).await;
    Ok(Json(show_view(&app, &handle).ok_or(Code::Internal)?))
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
    let state = handle.state();
    let mut listed: Vec<_> =
        state.sale.offers.iter().filter(|(_, listed)| listed.terms.removed.is_none()).collect();
    listed.sort_by_key(|(_, listed)| listed.no);
    let view = |sku: &Sku| {
        let mut offer = offer_view(&app.catalogue, &state, sku, air);
        if let Some(offer) = offer.as_object_mut() {
            offer.insert("left".to_owned(), app.shop.stock(sku.as_str()).left().into());
        }
        offer
    };
    listed.into_iter().map(|(sku, _)| view(sku)).collect()
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

impl ShowView {
    /// Where it comes in the list of what is next: open dates last.
    pub(crate) fn when(&self) -> (bool, Option<String>, String) {
        (self.starts_at.is_none(), self.starts_at.clone(), self.slug.clone())
    }

    /// It has ended and left a recording.
    pub(crate) fn can_be_watched(&self) -> bool {
        self.recording
    }
}

impl Named {
    pub(crate) fn new(slug: &str, name: &str) -> Self {
        Self { slug: slug.to_owned(), name: name.to_owned() }
    }
}
