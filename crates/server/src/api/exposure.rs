//! How much hangs on whom, for the operator; a brand manager sees what hangs on whom for their own brand. Figures as in
//! `exposure.json`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use insight::calendar::Day;
use insight::exposure::report::{Exposure, Options, report};
use insight::exposure::what_if::Question;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Reader;
use utoipa::{IntoParams, ToSchema};

use crate::analysis::{Have, JobView, dataset};
use crate::app::App;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Params, Path};
use crate::people::{Caller, Role};

/// Scenarios that the server draws at most; more is work for the command.
const SCENARIOS_MAX: u64 = 10_000_000;
const HORIZON_MAX_DAYS: f64 = 3650.0;
const DARK_MAX_DAYS: u32 = 3650;

/// An analysis of exposure.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExposureView {
    #[serde(flatten)]
    job: JobView,
    /// The last report, as in `exposure.json`; null before the first, and where the caller has it.
    #[schema(value_type = Option<Object>)]
    report: Option<Value>,
}

/// What to compute.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExposureAsk {
    /// Days that scenarios look ahead, 1 to 3650; 365 when absent.
    horizon_days: Option<f64>,
    /// The level of VaR and ES, 0.5 to below 1; 0.95 when absent.
    alpha: Option<f64>,
    /// Scenarios, 1000 to 10 million; a million when absent.
    scenarios: Option<u64>,
    /// Seed of the scenarios; 1 when absent.
    seed: Option<u64>,
}

fn view(job: JobView, exposure: Option<&Exposure>) -> ApiResult<ExposureView> {
    let report = exposure.map(|exposure| serde_json::to_value(&exposure.report)).transpose();
    Ok(ExposureView { job, report: report.map_err(|_| Code::Internal)? })
}

/// Where the analysis stands, and the last report.
#[utoipa::path(get, path = "/exposure", tag = "exposure", params(Have),
    responses((status = 200, body = ExposureView), (status = "default", body = ErrorBody)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(have): Params<Have>,
) -> ApiResult<Json<ExposureView>> {
    caller.operator()?;
    let (job, exposure) = app.exposure.view();
    let exposure = have.else_send(&job, exposure);
    Ok(Json(view(job, exposure.as_deref())?))
}

/// Compute it from the orders, shows, follows and incidents of this server.
#[utoipa::path(post, path = "/exposure", tag = "exposure", request_body = ExposureAsk,
    responses((status = 202, body = ExposureView), (status = "default", body = ErrorBody)))]
pub(crate) async fn compute(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(ask): Body<ExposureAsk>,
) -> ApiResult<Response> {
    caller.operator()?;
    let options = options(&ask)?;
    let (store, now) = (Arc::clone(&app.store), clock::now());
    let job = app.exposure.start("exposure", now, move |watch| {
        let data = dataset(&*store as &dyn Reader, now, watch)?;
        Ok(report(&data, &options, watch)?)
    })?;
    Ok((StatusCode::ACCEPTED, Json(view(job, None)?)).into_response())
}

fn options(ask: &ExposureAsk) -> ApiResult<Options> {
    let field = |fits: bool, says: &str| {
        if fits { Ok(()) } else { Err(ApiError::about(Code::InvalidField, says)) }
    };
    let mut options = Options::default();
    if let Some(days) = ask.horizon_days {
        field((1.0..=HORIZON_MAX_DAYS).contains(&days), "horizon_days: 1 to 3650")?;
        options.settings.horizon_days = days;
    }
    if let Some(alpha) = ask.alpha {
        field((0.5..1.0).contains(&alpha), "alpha: 0.5 to below 1")?;
        options.alpha = alpha;
    }
    if let Some(scenarios) = ask.scenarios {
        let fits = (1000..=SCENARIOS_MAX).contains(&scenarios);
        field(fits, "scenarios: 1000 to 10000000")?;
        options.run.scenarios = scenarios;
    }
    options.run.seed = ask.seed.unwrap_or(options.run.seed);
    Ok(options)
}

/// Stop it; the last report stays.
#[utoipa::path(delete, path = "/exposure", tag = "exposure",
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(crate) async fn stop(State(app): State<Arc<App>>, caller: Caller) -> ApiResult<StatusCode> {
    caller.operator()?;
    app.exposure.stop();
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Absence {
    /// Whose.
    host: String,
    /// Days without a show, 1 to 3650.
    days: u32,
    /// The first of them, such as 2026-12-24; the first after the data when absent.
    from: Option<String>,
}

/// What one host's absence would cost, by the last analysis.
#[utoipa::path(get, path = "/exposure/what-if", tag = "exposure", params(Absence),
    responses((status = 200, body = Object, description = "An element of `what_if` in the report"),
        (status = "default", body = ErrorBody)))]
pub(crate) async fn what_if(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(ask): Params<Absence>,
) -> ApiResult<Json<Value>> {
    caller.operator()?;
    if !(1..=DARK_MAX_DAYS).contains(&ask.days) {
        return Err(ApiError::about(Code::InvalidField, "days: 1 to 3650"));
    }
    let exposure = app.exposure.view().1.ok_or(Code::NoAnalysis)?;
    let question = Question { host: ask.host, days: ask.days, from: day(ask.from.as_deref())? };
    let answer = tokio::task::spawn_blocking(move || exposure.what_if(&question));
    let answer = answer
        .await
        .map_err(|_| Code::Internal)?
        .map_err(|error| ApiError::about(Code::InvalidField, error.to_string()))?;
    Ok(Json(serde_json::to_value(answer).map_err(|_| Code::Internal)?))
}

/// A date of a query.
pub(super) fn day(text: Option<&str>) -> ApiResult<Option<Day>> {
    let parse = |text: &str| {
        text.parse().map_err(|_| ApiError::about(Code::InvalidField, "a date such as 2026-12-24"))
    };
    text.filter(|text| !text.is_empty()).map(parse).transpose()
}

/// What hangs on whom for one brand, by the last analysis.
#[utoipa::path(get, path = "/brands/{slug}/exposure", tag = "exposure",
    responses((status = 200, body = Object,
        description = "The brand's part of the report: `brand`, `what_if`, `currency`, `from`, `until`, `assumptions`"),
        (status = "default", body = ErrorBody)))]
pub(crate) async fn of_brand(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<Value>> {
    let user = caller.with_role(&[Role::Operator, Role::BrandManager])?;
    if !user.has(Role::Operator) && user.brand.as_deref() != Some(slug.as_str()) {
        return Err(Code::Forbidden.into());
    }
    app.catalogue.brands.get(&slug).ok_or_else(|| ApiError::about(Code::UnknownBrand, &slug))?;
    let (job, exposure) = app.exposure.view();
    let exposure = exposure.ok_or(Code::NoAnalysis)?;
    let part = move || part_of_brand(&exposure, &slug, job.done_at);
    Ok(Json(tokio::task::spawn_blocking(part).await.map_err(|_| Code::Internal)?))
}

fn part_of_brand(exposure: &Exposure, slug: &str, done_at: Option<String>) -> Value {
    let report = &exposure.report;
    let brand = report.brands.iter().find(|brand| brand.name == slug);
    let losses = exposure.losses_of(slug).into_iter();
    let what_if: Vec<Value> = losses
        .map(|(question, loss)| {
            json!({"host": question.host, "days": question.days, "lost": loss.lost,
                "part_of_gmv": loss.part_of_gmv})
        })
        .collect();
    json!({
        "done_at": done_at,
        "currency": report.currency,
        "from": report.from,
        "until": report.until,
        "brand": brand,
        "what_if": what_if,
        "assumptions": report.assumptions,
    })
}
