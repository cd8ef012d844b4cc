//! Actions on the program: asked here, judged and carried out by the program alone, recorded afterwards.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use media::program::{Applied, DelayHow, Kind, State as Stage, When, Wish};
use serde::{Deserialize, Serialize};
use show::Actor;
use show::desk::{self, ActionState, Fact};
use units::{ActionId, Duration, MediaTime};
use utoipa::ToSchema;

use crate::app::App;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Path};
use crate::names::clean_text;
use crate::people::Caller;
use crate::shows::record;
use crate::texts::text;

const REASON_MAX: usize = 500;
const ACTIONS_SHOWN: usize = 100;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActionAsk {
    /// `mute`, `cut`, `cover`, `hand_over`, `resume`, `dump` or `panic`.
    #[schema(value_type = String, example = "mute")]
    kind: Kind,
    /// Why, in the producer's words.
    reason: Option<String>,
    /// Milliseconds from the newest moment of the preview; negative is in the delay already.
    from_ms: Option<i64>,
    /// The same; absent: until resumed.
    to_ms: Option<i64>,
    /// Milliseconds of the host's media time, instead of `from_ms`.
    from_media_ms: Option<i64>,
    /// Milliseconds of the host's media time, instead of `to_ms`.
    to_media_ms: Option<i64>,
    /// Hand over to a standby that is not ready.
    #[serde(default)]
    force: bool,
}

/// An action as it is really applied.
#[derive(Serialize, ToSchema)]
pub(crate) struct ActionView {
    #[schema(value_type = String)]
    id: ActionId,
    #[schema(value_type = String)]
    kind: Kind,
    /// Its first moment in the host's media time.
    from_media_ms: i64,
    /// Its end; null: until resumed.
    to_media_ms: Option<i64>,
    /// Where on the program it begins.
    from_air_ms: Option<i64>,
    /// When it begins on air.
    airs_at: String,
    /// When it ends on air, if that is known.
    ends_at: Option<String>,
    /// How long it still was until it begins on air.
    time_to_air_ms: i64,
    /// It was asked for from a moment that had aired.
    late: bool,
    /// `planned`, `active`, `over`, `undone` or `shortened`.
    #[schema(value_type = String)]
    state: Stage,
}

impl From<&Applied> for ActionView {
    fn from(action: &Applied) -> Self {
        Self {
            id: action.id,
            kind: action.kind,
            from_media_ms: action.from.ms(),
            to_media_ms: action.to.map(MediaTime::ms),
            from_air_ms: action.from_air.map(|air| air.ms()),
            airs_at: action.airs_at.rfc3339(),
            ends_at: crate::app::text(action.ends_at),
            time_to_air_ms: action.time_to_air.ms().max(0),
            late: action.late,
            state: action.state,
        }
    }
}

fn when(relative_ms: Option<i64>, media_ms: Option<i64>, field: &str) -> ApiResult<Option<When>> {
    match (relative_ms, media_ms) {
        (Some(_), Some(_)) => Err(ApiError::about(
            Code::InvalidField,
            format!("{field}: relative or absolute, not both"),
        )),
        (Some(ms), None) => Ok(Some(When::Preview(Duration::from_ms(ms)))),
        (None, Some(ms)) => Ok(Some(When::Media(MediaTime::from_ms(ms)))),
        (None, None) => Ok(None),
    }
}

/// Act on the program. The answer is the interval that is really applied.
#[utoipa::path(post, path = "/shows/{slug}/actions", tag = "program", request_body = ActionAsk,
    responses((status = 201, body = ActionView), (status = "default", body = ErrorBody)))]
pub(crate) async fn act(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Body(ask): Body<ActionAsk>,
) -> ApiResult<(StatusCode, Json<ActionView>)> {
    let by = Actor::User { id: caller.producer()?.id };
    let handle = app.shows.get(&slug)?;
    let wish = Wish {
        kind: ask.kind,
        from: when(ask.from_ms, ask.from_media_ms, "from")?,
        to: when(ask.to_ms, ask.to_media_ms, "to")?,
        force: ask.force,
    };
    let id = ActionId(crate::mint::uuid());
    let onair = handle.onair().ok_or(Code::NoProgram)?;
    let applied = onair.act(id, wish).await?;
    let reason = ask.reason.and_then(|reason| clean_text(&reason, REASON_MAX));
    let reason = reason.map(|reason| text("reason", &reason));
    record(&handle, &applied, by, reason, ask.force);
    Ok((StatusCode::CREATED, Json(ActionView::from(&applied))))
}

/// Take an action back while it, or some of it, is still in the delay.
#[utoipa::path(delete, path = "/shows/{slug}/actions/{id}", tag = "program",
    responses((status = 200, body = ActionView), (status = "default", body = ErrorBody)))]
pub(crate) async fn undo(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((slug, id)): Path<(String, String)>,
) -> ApiResult<Json<ActionView>> {
    let by = Actor::User { id: caller.producer()?.id };
    let handle = app.shows.get(&slug)?;
    let id: ActionId = id.parse().map_err(|_| Code::UnknownAction)?;
    let onair = handle.onair().ok_or(Code::NoProgram)?;
    let applied = onair.undo(id).await?;
    let to_air = (applied.state == Stage::Shortened).then(|| handle.air_clock().now);
    handle.fact(Fact::ActionUndone { id, by, to_air });
    Ok(Json(ActionView::from(&applied)))
}

/// An action in the show's log.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedAction {
    #[schema(value_type = String)]
    id: ActionId,
    #[schema(value_type = String)]
    kind: desk::ActionKind,
    /// Who, by name.
    actor: String,
    reason: Option<String>,
    at: String,
    from_media_ms: i64,
    to_media_ms: Option<i64>,
    from_air_ms: Option<i64>,
    to_air_ms: Option<i64>,
    time_to_air_ms: i64,
    late: bool,
    forced: bool,
    /// `active`, `ended`, `undone` or `shortened`.
    #[schema(value_type = String)]
    state: ActionState,
    undone_at: Option<String>,
}

/// The show's actions, newest first.
#[utoipa::path(get, path = "/shows/{slug}/actions", tag = "program",
    responses((status = 200, body = [LoggedAction]), (status = "default", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<Vec<LoggedAction>>> {
    let handle = app.shows.get(&slug)?;
    caller.crew_of(handle.host().as_str())?;
    let state = handle.state();
    let actions: Vec<desk::Action> =
        state.desk.actions.iter().rev().take(ACTIONS_SHOWN).cloned().collect();
    let reader = Arc::clone(&app);
    let logged = tokio::task::spawn_blocking(move || {
        actions.into_iter().map(|action| logged(&reader, action)).collect()
    });
    Ok(Json(logged.await.map_err(|_| Code::Internal)?))
}

fn logged(app: &App, action: desk::Action) -> LoggedAction {
    let reason = action
        .reason
        .and_then(|reason| app.store.text(reason.id).ok().flatten())
        .map(|row| row.text);
    LoggedAction {
        id: action.id,
        kind: action.kind,
        actor: app.people.name_of(&action.by),
        reason,
        at: action.at.rfc3339(),
        from_media_ms: action.from_media.ms(),
        to_media_ms: action.to_media.map(MediaTime::ms),
        from_air_ms: action.from_air.map(|air| air.ms()),
        to_air_ms: action.to_air.map(|air| air.ms()),
        time_to_air_ms: action.time_to_air.ms(),
        late: action.late,
        forced: action.forced,
        state: action.state,
        undone_at: crate::app::text(action.undone_at),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DelayAsk {
    /// 0 to 60.
    delay_s: u32,
}

/// A change of the delay.
#[derive(Serialize, ToSchema)]
pub(crate) struct DelayView {
    delay_s: u32,
    /// Where on the program the slate begins.
    effective_air_ms: Option<i64>,
    /// `slate`: nothing is lost while the delay grows; `dump`: what waited is thrown away; `unchanged`.
    how: DelayWord,
}

/// What becomes of the time between two delays.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DelayWord {
    Slate,
    Dump,
    Unchanged,
}

/// Change the delay of a live show. It grows behind the slate and shrinks by a dump.
#[utoipa::path(post, path = "/shows/{slug}/delay", tag = "program", request_body = DelayAsk,
    responses((status = 200, body = DelayView), (status = "default", body = ErrorBody)))]
pub(crate) async fn delay(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Body(ask): Body<DelayAsk>,
) -> ApiResult<Json<DelayView>> {
    caller.producer()?;
    let handle = app.shows.get(&slug)?;
    let onair = handle.onair().ok_or(Code::NoProgram)?;
    let before = onair.view().status.as_ref().map_or(Duration::ZERO, |status| status.delay);
    let change = onair.set_delay(Duration::from_s(i64::from(ask.delay_s))).await?;
    let (how, fact_how) = match change.how {
        DelayHow::Slate => (DelayWord::Slate, Some(desk::DelayHow::Slate)),
        DelayHow::Dump => (DelayWord::Dump, Some(desk::DelayHow::Dump)),
        DelayHow::Unchanged => (DelayWord::Unchanged, None),
    };
    if let Some(how) = fact_how {
        let from_air = change.effective.unwrap_or_default();
        handle.fact(Fact::DelaySet {
            delay: change.delay,
            from_air,
            shift: change.delay - before,
            how,
        });
    }
    Ok(Json(DelayView {
        delay_s: ask.delay_s,
        effective_air_ms: change.effective.map(|air| air.ms()),
        how,
    }))
}
