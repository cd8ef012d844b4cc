//! A diversified plan and what it costs, from the last analysis of exposure. Figures as in `plan.json` and `frontier.json`.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use insight::exposure::report::Exposure;
use insight::plan::{Constraints, Exposed, FrontierFile, Measured, Options, PlanFile, report};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::analysis::{Have, JobView};
use crate::app::App;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Params};
use crate::people::Caller;

/// Bytes of limits at most.
const CONSTRAINTS_MAX: usize = 256 << 10;

/// A plan with its frontier.
pub(crate) struct Planned {
    plan: PlanFile,
    frontier: FrontierFile,
}

/// A plan under way or done.
#[derive(Serialize, ToSchema)]
pub(crate) struct PlanView {
    #[serde(flatten)]
    job: JobView,
    /// The last plan, as in `plan.json`; null before the first, and where the caller has it.
    #[schema(value_type = Option<Object>)]
    plan: Option<Value>,
    /// What less risk costs, as in `frontier.json`.
    #[schema(value_type = Option<Object>)]
    frontier: Option<Value>,
}

/// What a plan must keep to.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    /// TOML; the guide to `plan` has every key.
    constraints: String,
}

fn view(job: JobView, planned: Option<&Planned>) -> ApiResult<PlanView> {
    let json = |value: Result<Value, serde_json::Error>| value.map_err(|_| Code::Internal);
    let plan = planned.map(|it| json(serde_json::to_value(&it.plan))).transpose()?;
    let frontier = planned.map(|it| json(serde_json::to_value(&it.frontier))).transpose()?;
    Ok(PlanView { job, plan, frontier })
}

/// Where the plan stands, and the last one.
#[utoipa::path(get, path = "/plan", tag = "plan", params(Have),
    responses((status = 200, body = PlanView), (status = "default", body = ErrorBody)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(have): Params<Have>,
) -> ApiResult<Json<PlanView>> {
    caller.operator()?;
    let (job, planned) = app.plan.view();
    let planned = have.else_send(&job, planned);
    Ok(Json(view(job, planned.as_deref())?))
}

/// Plan within these limits, from the last analysis of exposure.
#[utoipa::path(post, path = "/plan", tag = "plan", request_body = Limits,
    responses((status = 202, body = PlanView), (status = "default", body = ErrorBody)))]
pub(crate) async fn compute(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(ask): Body<Limits>,
) -> ApiResult<Response> {
    caller.operator()?;
    if ask.constraints.len() > CONSTRAINTS_MAX {
        return Err(Code::TooLarge.into());
    }
    let constraints = Constraints::parse(&ask.constraints)
        .map_err(|error| ApiError::about(Code::InvalidField, error.to_string()))?;
    let exposure = app.exposure.view().1.ok_or(Code::NoAnalysis)?;
    let job = app.plan.start("plan", clock::now(), move |watch| {
        let exposed = Exposed {
            measured: Measured::from(&exposure.report),
            curves: exposure.curves.clone(),
            scenarios: exposure.scenarios.clone(),
        };
        let (plan, frontier) = report(&exposed, &constraints, &Options::default(), watch)?;
        Ok(Planned { plan, frontier })
    })?;
    Ok((StatusCode::ACCEPTED, Json(view(job, None)?)).into_response())
}

/// Stop it; the last plan stays.
#[utoipa::path(delete, path = "/plan", tag = "plan",
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(crate) async fn stop(State(app): State<Arc<App>>, caller: Caller) -> ApiResult<StatusCode> {
    caller.operator()?;
    app.plan.stop();
    Ok(StatusCode::NO_CONTENT)
}

/// Limits to begin with: a smaller shortfall, rest as the law has it, and every host of the last analysis by name.
#[utoipa::path(get, path = "/plan/constraints", tag = "plan",
    responses((status = 200, body = Limits), (status = "default", body = ErrorBody)))]
pub(crate) async fn constraints(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> ApiResult<Json<Limits>> {
    caller.operator()?;
    let exposure = app.exposure.view().1.ok_or(Code::NoAnalysis)?;
    Ok(Json(Limits { constraints: example(&exposure) }))
}

fn example(exposure: &Exposure) -> String {
    let active = exposure.report.hosts.iter().filter(|host| host.active).count();
    // Few hosts cannot share all sales within a tight cap, nor lower what hangs on them.
    let (part, share) = match active {
        0 | 1 => ("1.0 ", "1.0"),
        2 => ("0.95", "0.7"),
        _ => ("0.85", "0.5"),
    };
    let mut out = format!(
        "# Hours are hours on air a week. Amounts are in the currency of the exposure, over its horizon.\n\n\
         [es]\npart_of_now = {part}    # the shortfall of the plan, as a part of what today's hours run\n\n\
         [rest]\ndaily_hours = 11.0\nweekly_hours = 24.0\non_air_hours_per_day = 6.0\n\n\
         [default]\nshare_max = {share}       # of all sales, for one host\n",
    );
    for host in exposure.report.hosts.iter().filter(|host| host.active).take(50) {
        let hours = host.hours_per_week;
        let name = toml::Value::String(host.host.clone());
        let _ = write!(
            out,
            "\n[host.{name}]\n# {hours:.1} hours a week now\nhours_max = {:.1}\n",
            (2.0 * hours).clamp(1.0, 42.0)
        );
    }
    out
}
