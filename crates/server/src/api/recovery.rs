//! What an incident cost a host, and whether they are back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use insight::recovery::Method;
use insight::watch::Unwatched;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use show::sentinel::Severity;
use store::Reader;
use utoipa::{IntoParams, ToSchema};

use super::exposure::day;
use crate::analysis::recovery::recovery;
use crate::analysis::{aside, dataset, standing};
use crate::app::App;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::Params;
use crate::people::Caller;
use crate::shows::cases::CASES;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecoveryOf {
    /// Whom the incident struck.
    host: String,
    /// The first day that counts as struck, such as 2026-09-11.
    start: String,
    /// `sdid` (when absent), `sc`, `sc-exact`, `did` or `bsts`.
    method: Option<String>,
}

/// What it cost and whether the host is back, from this server's orders; the answer is that of `ringlight recovery --json`.
#[utoipa::path(get, path = "/recovery", tag = "recovery", params(RecoveryOf),
    responses((status = 200, body = Object), (status = "default", body = ErrorBody)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(ask): Params<RecoveryOf>,
) -> ApiResult<Json<Value>> {
    caller.operator()?;
    let invalid = |says: String| ApiError::about(Code::InvalidField, says);
    let method = ask.method.filter(|name| !name.is_empty());
    let method: Method = method
        .as_deref()
        .map_or(Ok(Method::Sdid), str::parse)
        .map_err(|error: insight::recovery::NoMethod| invalid(error.to_string()))?;
    let start = day(Some(&ask.start))?.ok_or_else(|| invalid("start: a date".into()))?;
    let turn = Arc::clone(&app.comparing).try_lock_owned().map_err(|_| Code::AnalysisRuns)?;
    let (store, now) = (Arc::clone(&app.store), clock::now());
    let answer = aside("recovery", turn, move || {
        let data = dataset(&*store as &dyn Reader, now, &Unwatched)?;
        Ok(recovery(&data, &ask.host, start, method, standing::day(now))?)
    });
    let answer = answer.await?;
    let answer = answer.map_err(|says| ApiError::about(Code::CannotTell, says.to_string()))?;
    Ok(Json(serde_json::to_value(answer).map_err(|_| Code::Internal)?))
}

/// An incident that a person confirmed.
#[derive(Serialize, ToSchema)]
pub(crate) struct ConfirmedView {
    incident: String,
    host: String,
    show: String,
    rule: String,
    /// `notice`, `serious` or `grave`.
    #[schema(value_type = String)]
    severity: Severity,
    /// The day on which it happened.
    on: String,
}

/// Incidents to look at: those that a person confirmed, the newest first.
#[utoipa::path(get, path = "/recovery/incidents", tag = "recovery",
    responses((status = 200, body = Vec<ConfirmedView>), (status = "default", body = ErrorBody)))]
pub(crate) async fn incidents(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> ApiResult<Json<Vec<ConfirmedView>>> {
    caller.operator()?;
    let store = Arc::clone(&app.store);
    let cases = tokio::task::spawn_blocking(move || CASES.all(&*store as &dyn Reader));
    let mut cases = cases.await.map_err(|_| Code::Internal)??;
    cases.retain(|case| case.value.confirmed());
    cases.sort_by_key(|case| std::cmp::Reverse(case.value.incident.at));
    let view = |case: store::Versioned<crate::shows::cases::Case>| ConfirmedView {
        incident: case.key,
        on: standing::day(case.value.incident.at).to_string(),
        severity: case.value.incident.severity,
        rule: case.value.incident.rule,
        host: case.value.host,
        show: case.value.show,
    };
    Ok(Json(cases.into_iter().map(view).collect()))
}
