//! Incidents of all shows: to be found again, judged afterwards, counted and exported. Hosts see their own, as soon as anyone else.

mod filter;
mod timeline;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use show::sentinel::Incident;
use show::text::TextRef;
use units::{Duration, IncidentId, MediaTime, MessageId, Timestamp};
use utoipa::ToSchema;

use self::filter::{CaseFilter, Found, Which};
use self::timeline::{MomentView, timeline};
use super::incidents::{IncidentView, Words, incident_view};
use super::orders::plain;
use crate::analysis::precision::{Counts, Detector, Judged, Precision};
use crate::app::App;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Params, Path};
use crate::people::Caller;
use crate::shows::cases::{CASES, Case};

/// Incidents on a page when nothing else is asked.
const PAGE: usize = 50;
const PAGE_MAX: usize = 200;
/// Incidents of one export; the newest ones.
const EXPORT_MAX: usize = 10_000;

/// An incident with the show and the host that it belongs to.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseView {
    show: String,
    host: String,
    /// What it counts as: `right`, `wrong`, `late` or `undecided`. A verdict comes first; without one, confirmed is right and dismissed is
    /// wrong.
    judged: Judged,
    #[serde(flatten)]
    incident: IncidentView,
}

/// A page of incidents.
#[derive(Serialize, ToSchema)]
pub(crate) struct CasesView {
    /// Newest first.
    incidents: Vec<CaseView>,
    /// All that match.
    total: usize,
    /// What to ask as `before` for the next page; null on the last one.
    next: Option<String>,
}

/// An incident with what happened in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct CaseFullView {
    #[serde(flatten)]
    case: CaseView,
    /// In order of time.
    timeline: Vec<MomentView>,
}

/// How often one rule is right.
#[derive(Serialize, ToSchema)]
pub(crate) struct RulePrecision {
    rule: String,
    /// `words` or `room`.
    detector: Detector,
    #[serde(flatten)]
    counts: CountsView,
}

/// How often one detector is right.
#[derive(Serialize, ToSchema)]
pub(crate) struct DetectorPrecision {
    /// `words` (rules of packs) or `room` (the reader of the room).
    detector: Detector,
    #[serde(flatten)]
    counts: CountsView,
}

/// Incidents and what people made of them.
#[derive(Serialize, ToSchema)]
pub(crate) struct CountsView {
    incidents: u32,
    /// In an hour of a show that was listened to; null without such hours.
    per_hour: Option<f64>,
    right: u32,
    wrong: u32,
    /// Right, and too late.
    late: u32,
    /// Nobody has said anything of them.
    undecided: u32,
    /// The share of the decided that was right, late or not; null when none is decided.
    precision: Option<f64>,
    /// Its interval at 95 % (Wilson).
    #[schema(min_items = 2, max_items = 2)]
    interval: Option<Vec<f64>>,
}

/// How often the sentinel is right.
#[derive(Serialize, ToSchema)]
pub(crate) struct PrecisionView {
    /// Hours of shows with a policy, which were listened to.
    hours: f64,
    rules: Vec<RulePrecision>,
    detectors: Vec<DetectorPrecision>,
}

/// Incidents, newest first.
#[utoipa::path(get, path = "/incidents", tag = "incidents", operation_id = "cases", params(CaseFilter),
    responses((status = 200, body = CasesView), (status = "default", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(filter): Params<CaseFilter>,
) -> ApiResult<Json<CasesView>> {
    let which = filter.which(&caller)?;
    let limit = filter.limit.unwrap_or(PAGE).clamp(1, PAGE_MAX);
    let view = tokio::task::spawn_blocking(move || -> ApiResult<CasesView> {
        let Found { cases, total, more } = which.find(&*app.store, limit)?;
        let next = cases.last().filter(|_| more).map(|case| case.incident.id.to_string());
        let incidents = cases.iter().map(|case| view(&app, case)).collect();
        Ok(CasesView { incidents, total, next })
    });
    Ok(Json(view.await.map_err(|_| Code::Internal)??))
}

/// One incident with what happened in it, from the show's log.
#[utoipa::path(get, path = "/incidents/{id}", tag = "incidents", operation_id = "case",
    responses((status = 200, body = CaseFullView), (status = "default", body = ErrorBody)))]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> ApiResult<Json<CaseFullView>> {
    caller.signed_in()?;
    let id: IncidentId = id.parse().map_err(|_| Code::UnknownIncident)?;
    let find = move || -> ApiResult<(Arc<App>, Case)> {
        let case = CASES.get(&*app.store, &id.to_string())?.ok_or(Code::UnknownIncident)?;
        Ok((app, case.value))
    };
    let (app, case) = tokio::task::spawn_blocking(find).await.map_err(|_| Code::Internal)??;
    caller.crew_of(&case.host)?;
    let view = tokio::task::spawn_blocking(move || -> ApiResult<CaseFullView> {
        let name = |by: &show::Actor| app.people.name_of(by);
        let timeline = timeline(&*app.store, &case.show, &case.incident, &name)?;
        Ok(CaseFullView { case: view(&app, &case), timeline })
    });
    Ok(Json(view.await.map_err(|_| Code::Internal)??))
}

/// How often rules and detectors are right, and how often they say something.
#[utoipa::path(get, path = "/incidents/precision", tag = "incidents", params(CaseFilter),
    responses((status = 200, body = PrecisionView), (status = "default", body = ErrorBody)))]
pub(crate) async fn precision(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(filter): Params<CaseFilter>,
) -> ApiResult<Json<PrecisionView>> {
    let which = filter.which(&caller)?;
    let view = tokio::task::spawn_blocking(move || -> ApiResult<PrecisionView> {
        let mut precision = Precision::default();
        which.each(&*app.store, &mut |case| precision.add(&case.incident))?;
        Ok(precision_view(&precision, hours(&app, &which)))
    });
    Ok(Json(view.await.map_err(|_| Code::Internal)??))
}

fn precision_view(precision: &Precision, hours: f64) -> PrecisionView {
    let rule = |(rule, counts): (&String, &Counts)| RulePrecision {
        rule: rule.clone(),
        detector: Detector::of(rule),
        counts: counts_view(counts, hours),
    };
    let detector = |(detector, counts): (&Detector, &Counts)| DetectorPrecision {
        detector: *detector,
        counts: counts_view(counts, hours),
    };
    PrecisionView {
        hours,
        rules: precision.rules.iter().map(rule).collect(),
        detectors: precision.detectors.iter().map(detector).collect(),
    }
}

fn counts_view(counts: &Counts, hours: f64) -> CountsView {
    let Counts { incidents, right, wrong, late, undecided } = *counts;
    let per_hour = (hours > 0.0).then(|| f64::from(incidents) / hours);
    let (precision, interval) = (counts.precision(), counts.interval().map(Vec::from));
    CountsView { incidents, per_hour, right, wrong, late, undecided, precision, interval }
}

/// Hours of the shows that are asked for, as far as they had a policy.
fn hours(app: &App, which: &Which) -> f64 {
    let now = clock::now();
    let mut hours = 0.0;
    for show in app.shows.all() {
        let heard = show.state().plan.as_ref().is_some_and(|plan| plan.policy.is_some());
        if !heard || !which.is_of(show.slug.as_str(), show.host().as_str()) {
            continue;
        }
        let run = show.run();
        let Some(start) = run.started_at else { continue };
        let [from, to] = which.span(start, run.ended_at.unwrap_or(now));
        hours += (to - from).max(Duration::from_ms(0)).secs_f64() / 3600.0;
    }
    hours
}

/// An incident as its crew sees it.
fn view(app: &App, case: &Case) -> CaseView {
    let handle = app.shows.get(&case.show).ok();
    // Memory holds what is on its way to the store.
    let said = |text: TextRef| {
        let row = app.store.text(text.id).ok().flatten().map(|row| row.text);
        row.or_else(|| handle.as_ref()?.heard.text(text.id))
    };
    let wrote = |id: MessageId| {
        let line = app.store.chat_line(id).ok().flatten().map(|line| line.row.text);
        line.or_else(|| handle.as_ref()?.room.shown(id))
    };
    let words = Words { said: &said, wrote: &wrote };
    CaseView {
        show: case.show.clone(),
        host: case.host.clone(),
        judged: Judged::of(&case.incident),
        incident: incident_view(app, &case.incident, &words),
    }
}

const CSV_HEADER: [&str; 29] = [
    "incident",
    "at",
    "show",
    "host",
    "rule",
    "also",
    "severity",
    "score",
    "from_media_ms",
    "to_media_ms",
    "words",
    "answers",
    "viewers",
    "sku",
    "orders_per_min",
    "response",
    "did",
    "did_from_media_ms",
    "did_to_media_ms",
    "late",
    "time_to_air_ms",
    "left",
    "state",
    "by",
    "verdict",
    "judged",
    "room_turned_at",
    "room_channels",
    "case",
];

/// The newest 10 000 incidents that match as CSV. A text that a spreadsheet would take for a formula begins with an apostrophe; words
/// that are erased are empty.
#[utoipa::path(get, path = "/incidents.csv", tag = "incidents", operation_id = "cases_csv", params(CaseFilter),
    responses((status = 200, content_type = "text/csv", body = String), (status = "default", body = ErrorBody)))]
pub(crate) async fn csv(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(filter): Params<CaseFilter>,
) -> ApiResult<Response> {
    let which = filter.which(&caller)?;
    let text = tokio::task::spawn_blocking(move || -> ApiResult<Vec<u8>> {
        let found = which.find(&*app.store, EXPORT_MAX)?;
        let mut writer = csv::Writer::from_writer(Vec::new());
        let written = |error: csv::Error| {
            tracing::error!(%error, "incidents.csv");
            ApiError::from(Code::Internal)
        };
        writer.write_record(CSV_HEADER).map_err(written)?;
        for case in &found.cases {
            writer.write_record(csv_row(&app, case)).map_err(written)?;
        }
        writer.into_inner().map_err(|_| Code::Internal.into())
    });
    let text = text.await.map_err(|_| Code::Internal)??;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"incidents.csv\""),
        (CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, text).into_response())
}

/// The word of a value that is one.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    value.as_ref().and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

fn csv_row(app: &App, case: &Case) -> [String; 29] {
    let (incident, view): (&Incident, _) = (&case.incident, view(app, case));
    let act = incident.act;
    let ms = |at: Option<MediaTime>| at.map(|at| at.ms().to_string()).unwrap_or_default();
    let room = incident.room.as_deref();
    let channels = room.map(|room| {
        let names: Vec<&str> = room.shifts.iter().map(|shift| shift.channel.name()).collect();
        names.join(" ")
    });
    let maybe = |text: Option<String>| plain(&text.unwrap_or_default());
    [
        incident.id.to_string(),
        incident.at.rfc3339(),
        case.show.clone(),
        case.host.clone(),
        plain(&incident.rule),
        plain(&incident.also.join(" ")),
        word(&incident.severity),
        format!("{:.3}", f64::from(incident.score) / 1000.0),
        incident.from.ms().to_string(),
        incident.to.ms().to_string(),
        maybe(view.incident.text),
        maybe(view.incident.answers),
        incident.stake.viewers.to_string(),
        maybe(incident.stake.sku.as_ref().map(ToString::to_string)),
        incident.stake.orders.to_string(),
        word(&incident.response),
        act.map(|act| word(&act.response)).unwrap_or_default(),
        ms(act.map(|act| act.from)),
        ms(act.and_then(|act| act.to)),
        act.map(|act| act.late.to_string()).unwrap_or_default(),
        act.and_then(|act| act.time_to_air).map(|left| left.ms().to_string()).unwrap_or_default(),
        incident.left.as_ref().map(word).unwrap_or_default(),
        word(&incident.state),
        maybe(view.incident.by),
        incident.verdict.as_ref().map(word).unwrap_or_default(),
        word(&view.judged),
        room.map(|room| Timestamp::rfc3339(room.at)).unwrap_or_default(),
        channels.unwrap_or_default(),
        incident.of.map(|id| id.to_string()).unwrap_or_default(),
    ]
}
