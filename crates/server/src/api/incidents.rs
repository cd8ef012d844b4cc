//! Incidents of a show: what was said and judged, and what a producer makes of it. The host sees the same at the same time.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use show::decider::Decider;
use show::sentinel::{self, Decide, Hearing, IncidentState, Left, Mode, Policy, Severity, Verdict};
use show::text::TextRef;
use show::{Actor, Input, Show};
use units::{ActionId, Duration, IncidentId, MediaTime, MessageId};
use utoipa::ToSchema;

use super::reading::{TurnView, turn_view};
use crate::app::App;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Path};
use crate::people::Caller;
use crate::shows::ShowHandle;
use crate::{clock, mint};

/// How much a clip holds before and after the words.
const CLIP_MARGIN: Duration = Duration::from_ms(700);

/// What is done about what the host says.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyView {
    /// `advise` or `act`.
    #[schema(value_type = String)]
    mode: Mode,
    /// Rule packs that judge.
    rules: Vec<String>,
    /// `off`, `advise`, `mute`, `cover` or `hand_over` for a rule, a pack (`core/*`) or everything (`*`).
    #[schema(value_type = BTreeMap<String, String>)]
    on: BTreeMap<String, sentinel::Response>,
}

impl From<&Policy> for PolicyView {
    fn from(policy: &Policy) -> Self {
        Self { mode: policy.mode, rules: policy.rules.clone(), on: policy.on.clone() }
    }
}

/// What hung on the moment.
#[derive(Serialize, ToSchema)]
pub(crate) struct StakeView {
    viewers: u32,
    /// The offer on screen.
    sku: Option<String>,
    /// Orders in the minute before.
    orders: u32,
}

/// The action of an incident.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActView {
    #[schema(value_type = String)]
    id: ActionId,
    /// `mute`, `cover` or `hand_over`.
    #[schema(value_type = String)]
    kind: sentinel::Response,
    from_media_ms: i64,
    /// Null: until a person ends it.
    to_media_ms: Option<i64>,
    /// A part of the words had aired when it was taken.
    late: bool,
    /// How long it was to air then.
    time_to_air_ms: Option<i64>,
}

/// An incident.
#[derive(Serialize, ToSchema)]
pub(crate) struct IncidentView {
    #[schema(value_type = String)]
    id: IncidentId,
    at: String,
    /// The gravest rule that the words break.
    rule: String,
    /// Other rules that they break.
    also: Vec<String>,
    /// `notice`, `serious` or `grave`.
    #[schema(value_type = String)]
    severity: Severity,
    /// 0 to 1.
    score: f64,
    from_media_ms: i64,
    to_media_ms: i64,
    /// The words; null once they are erased.
    pub(super) text: Option<String>,
    /// The viewer's message that they answer.
    pub(super) answers: Option<String>,
    stake: StakeView,
    /// What the policy wants done.
    #[schema(value_type = String)]
    response: sentinel::Response,
    act: Option<ActView>,
    /// Why the machine left it to people: `bound`, `aired` or `refused`.
    #[schema(value_type = Option<String>)]
    left: Option<Left>,
    /// `open`, `confirmed`, `dismissed` or `withdrawn`.
    #[schema(value_type = String)]
    state: IncidentState,
    /// Who decided.
    pub(super) by: Option<String>,
    /// `right`, `wrong` or `late`.
    #[schema(value_type = Option<String>)]
    verdict: Option<Verdict>,
    /// How the room turned, where it did: after the words, or without any (rule `room/turn`).
    room: Option<TurnView>,
    /// The incident that leads the case, when it is another one.
    #[schema(value_type = Option<String>)]
    of: Option<IncidentId>,
}

/// A show's incidents.
#[derive(Serialize, ToSchema)]
pub(crate) struct IncidentsView {
    /// Null: nobody listens.
    policy: Option<PolicyView>,
    /// `ok`, `late`, `out`, `no_model`, `language`, `full` or `off`; null: nobody listens.
    #[schema(value_type = Option<String>)]
    hearing: Option<Hearing>,
    /// Sentences that were finished.
    sentences: u64,
    /// Of these, how many were not understood.
    not_heard: u64,
    /// Newest first.
    incidents: Vec<IncidentView>,
}

/// Finds the texts that an incident refers to, while they are kept.
pub(crate) struct Words<'a> {
    /// Of what was said.
    pub(crate) said: &'a dyn Fn(TextRef) -> Option<String>,
    /// Of what viewers wrote.
    pub(crate) wrote: &'a dyn Fn(MessageId) -> Option<String>,
}

/// An incident as the crew sees it.
pub(crate) fn incident_view(
    app: &App,
    incident: &sentinel::Incident,
    words: &Words<'_>,
) -> IncidentView {
    let act = incident.act.map(|act| ActView {
        id: act.id,
        kind: act.response,
        from_media_ms: act.from.ms(),
        to_media_ms: act.to.map(MediaTime::ms),
        late: act.late,
        time_to_air_ms: act.time_to_air.map(Duration::ms),
    });
    IncidentView {
        id: incident.id,
        at: incident.at.rfc3339(),
        rule: incident.rule.clone(),
        also: incident.also.clone(),
        severity: incident.severity,
        score: f64::from(incident.score) / 1000.0,
        from_media_ms: incident.from.ms(),
        to_media_ms: incident.to.ms(),
        text: incident.text.and_then(words.said),
        answers: incident.answers.and_then(words.said),
        stake: StakeView {
            viewers: incident.stake.viewers,
            sku: incident.stake.sku.as_ref().map(ToString::to_string),
            orders: incident.stake.orders,
        },
        response: incident.response,
        act,
        left: incident.left,
        state: incident.state,
        by: incident.by.as_ref().map(|by| app.people.name_of(by)),
        verdict: incident.verdict,
        room: incident.room.as_ref().map(|turn| turn_view(turn, words)),
        of: incident.of,
    }
}

/// The show's incidents, newest first, for its crew.
#[utoipa::path(get, path = "/shows/{slug}/incidents", tag = "incidents",
    responses((status = 200, body = IncidentsView), (status = "default", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<IncidentsView>> {
    let handle = app.shows.get(&slug)?;
    caller.crew_of(handle.host().as_str())?;
    let reader = Arc::clone(&app);
    let view = tokio::task::spawn_blocking(move || {
        let state = handle.state();
        let stored = |text: TextRef| {
            // Memory holds what is on its way to the store.
            let row = reader.store.text(text.id).ok().flatten();
            row.map(|row| row.text).or_else(|| handle.heard.text(text.id))
        };
        let wrote = |id: MessageId| {
            let line = reader.store.chat_line(id).ok().flatten();
            line.map(|line| line.row.text).or_else(|| handle.room.shown(id))
        };
        let words = Words { said: &stored, wrote: &wrote };
        let sentinel = &state.sentinel;
        let policy = state.plan.as_ref().and_then(|plan| plan.policy.as_ref());
        IncidentsView {
            policy: policy.map(PolicyView::from),
            hearing: sentinel.hearing,
            sentences: sentinel.sentences,
            not_heard: sentinel.not_heard,
            incidents: sentinel
                .incidents
                .iter()
                .rev()
                .map(|incident| incident_view(&reader, incident, &words))
                .collect(),
        }
    });
    Ok(Json(view.await.map_err(|_| Code::Internal)?))
}

/// What a producer does about an incident.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideAsk {
    /// `confirm`, `widen`, `dismiss` or `judge`.
    #[serde(rename = "do")]
    what: DecideWord,
    /// With `widen`: from when, in milliseconds of the host's media time; one second more than now when absent.
    from_media_ms: Option<i64>,
    /// With `widen`: until when; two seconds more than now when absent.
    to_media_ms: Option<i64>,
    /// With `judge`: `right`, `wrong` or `late`.
    #[schema(value_type = Option<String>)]
    verdict: Option<Verdict>,
}

/// What a producer does.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DecideWord {
    /// Stands behind the stop, or takes the proposed one.
    Confirm,
    /// Stops more.
    Widen,
    /// Lets it air.
    Dismiss,
    /// Says afterwards how the rule did.
    Judge,
}

/// Decide about an incident. The answer is what the program really applied.
#[utoipa::path(post, path = "/shows/{slug}/incidents/{id}", tag = "incidents", request_body = DecideAsk,
    responses((status = 200, body = IncidentView), (status = "default", body = ErrorBody)))]
pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
    Body(ask): Body<DecideAsk>,
) -> ApiResult<Json<IncidentView>> {
    let by = Actor::User { id: caller.producer()?.id };
    let handle = app.shows.get(&slug)?;
    let id: IncidentId = id.parse().map_err(|_| Code::UnknownIncident)?;
    let decide = match ask.what {
        DecideWord::Confirm => Decide::Confirm,
        DecideWord::Widen => Decide::Widen {
            from: ask.from_media_ms.map(MediaTime::from_ms),
            to: ask.to_media_ms.map(MediaTime::from_ms),
        },
        DecideWord::Dismiss => Decide::Dismiss,
        DecideWord::Judge => Decide::Judge {
            verdict: ask.verdict.ok_or_else(|| {
                ApiError::about(Code::InvalidField, "verdict: right, wrong or late")
            })?,
        },
    };
    let input = Input::Incident { id, decide, action: ActionId(mint::uuid()), by };
    // A decision is a fact to its owner, which nobody hears a refusal of: it is asked for here.
    Show::decide(&handle.state(), &input, clock::now())?;
    handle.decide(input).await?;
    if let Some(orders) = handle.orders() {
        orders.settle().await;
    }
    // What the program made of a new stop is on its way to the owner.
    let told = |state: &Arc<show::State>| {
        let act = state.sentinel.incident(id).and_then(|incident| incident.act);
        act.is_none_or(|act| act.time_to_air.is_some())
    };
    handle.until(told).await;
    let state = handle.state();
    let incident = state.sentinel.incident(id).ok_or(Code::UnknownIncident)?;
    let said = |text: TextRef| handle.heard.text(text.id);
    let wrote = |id| handle.room.shown(id);
    Ok(Json(incident_view(&app, incident, &Words { said: &said, wrote: &wrote })))
}

/// The words of an incident as sound, for a minute and a half; what was stopped only until it would have aired. Afterwards
/// there is the sealed clip.
#[utoipa::path(get, path = "/shows/{slug}/incidents/{id}/clip.wav", tag = "incidents",
    responses((status = 200, description = "16 kHz mono", content_type = "audio/wav", body = Vec<u8>),
        (status = "default", body = ErrorBody)))]
pub(crate) async fn clip(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> ApiResult<Response> {
    let handle = app.shows.get(&slug)?;
    caller.crew_of(handle.host().as_str())?;
    let id: IncidentId = id.parse().map_err(|_| Code::UnknownIncident)?;
    let state = handle.state();
    let incident = state.sentinel.incident(id).ok_or(Code::UnknownIncident)?;
    // What was stopped and would have aired is sealed: opening it is the record's business, and logged.
    let stands = matches!(incident.state, IncidentState::Open | IncidentState::Confirmed);
    let aired = handle.onair().and_then(|onair| Some(onair.view().status.as_ref()?.air_point));
    if stands && incident.act.is_some() && aired.is_none_or(|aired| incident.to <= aired) {
        return Err(Code::ClipGone.into());
    }
    let (from, to) = (incident.from - CLIP_MARGIN, incident.to + CLIP_MARGIN);
    let sound = handle.heard.clip(from, to).ok_or(Code::ClipGone)?;
    Ok(([(CONTENT_TYPE, "audio/wav"), (CACHE_CONTROL, "private, no-store")], sound).into_response())
}

/// A sentence of the host.
#[derive(Serialize, ToSchema)]
pub(crate) struct LineView {
    from_media_ms: i64,
    to_media_ms: i64,
    text: String,
    /// `false`: there was speech, and it was not understood.
    heard: bool,
    /// It is finished.
    last: bool,
}

/// What the host said lately: sentences that end after `from`, unfinished ones last.
pub(crate) fn lines(handle: &ShowHandle, from: MediaTime) -> Vec<LineView> {
    let view = |line: crate::hearing::Line| LineView {
        from_media_ms: line.from.ms(),
        to_media_ms: line.to.ms(),
        text: line.text,
        heard: line.heard,
        last: line.last,
    };
    handle.heard.lines(from).into_iter().map(view).collect()
}

/// What the host said in the last quarter of an hour or so, for the crew. Kept in memory only.
#[utoipa::path(get, path = "/shows/{slug}/transcript", tag = "incidents",
    responses((status = 200, body = [LineView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn transcript(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<Vec<LineView>>> {
    let handle = app.shows.get(&slug)?;
    caller.crew_of(handle.host().as_str())?;
    Ok(Json(lines(&handle, MediaTime(i64::MIN))))
}
