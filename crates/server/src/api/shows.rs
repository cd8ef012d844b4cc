//! Shows: their plan, start and end.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use show::sentinel::Policy;
use show::{Actor, OfferChange, Status};
use units::Timestamp;
use utoipa::{IntoParams, ToSchema};

use super::incidents::PolicyView;
use super::offers;
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
    let run = handle.run();
    let named = |slug: &str| {
        let name =
            app.catalogue.hosts.get(slug).map_or_else(|| slug.to_owned(), |host| host.name.clone());
        Named { slug: slug.to_owned(), name }
    };
    let ended = run.status == Status::Ended;
    let recording = ended && app.recordings.has(&handle.slug);
    let delay =
        handle.state().desk.delay.map_or(i64::from(plan.delay_s), |delay| delay.ms() / 1000);
    Some(ShowView {
        slug: plan.slug.clone(),
        title: plan.title.clone(),
        host: named(&plan.host),
        standby: plan.standby.as_deref().map(named),
        language: plan.language.clone(),
        status: run.status,
        delay_s: delay,
        starts_at: text(plan.starts_at),
        started_at: text(run.started_at),
        ended_at: text(run.ended_at),
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
    /// `slug` of the last show of the page before.
    after: Option<String>,
    /// 200 at most, and when absent.
    limit: Option<usize>,
}

/// Shows on a page at most.
const SHOWS_MAX: usize = 200;

/// A page of shows, the ones that start first coming first. A page with less than `limit` is the last.
#[utoipa::path(get, path = "/shows", tag = "shows", params(ShowFilter),
    responses((status = 200, body = [ShowView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    Params(filter): Params<ShowFilter>,
) -> ApiResult<Json<Vec<ShowView>>> {
    let mut plans = app.catalogue.shows.all();
    let place = |plan: &ShowPlan| (plan.starts_at, plan.slug.clone());
    plans.sort_by_cached_key(|plan| place(plan));
    if let Some(after) = filter.after.filter(|after| !after.is_empty()) {
        let last = app.catalogue.shows.get(&after);
        let last = place(&*last.ok_or_else(|| ApiError::about(Code::UnknownShow, after))?);
        plans.retain(|plan| place(plan) > last);
    }
    let shows = plans.iter().filter_map(|plan| app.shows.get(&plan.slug).ok());
    let fits = |show: &Arc<ShowHandle>| filter.status.is_none_or(|status| show.status() == status);
    let limit = filter.limit.unwrap_or(SHOWS_MAX).clamp(1, SHOWS_MAX);
    let views = shows.filter(fits).filter_map(|show| show_view(&app, &show)).take(limit);
    Ok(Json(views.collect()))
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
    /// What is done about what the host says; the server's when absent.
    #[schema(value_type = Option<PolicyView>)]
    policy: Option<Policy>,
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
        policy: ask.policy,
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
        offers::add(app, &handle, sku, OfferChange::default(), by.clone()).await?;
    }
    app.shows.settle().await;
    Ok(handle)
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
    /// All of it, or as it was.
    #[schema(value_type = Option<PolicyView>)]
    policy: Option<Policy>,
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
    plan.policy = ask.policy.or(plan.policy);
    if let Some(text) = ask.starts_at {
        plan.starts_at = if text.is_empty() { None } else { Some(moment("starts_at", &text)?) };
    }
    let plan = app.catalogue.checked_plan(plan)?;
    // The owner judges what may still change, so its log comes first and the table never says what the log refused. When the
    // store fails between the two, the caller hears it, and the same call again writes the rest: the log has nothing to
    // add to a plan that it knows.
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
