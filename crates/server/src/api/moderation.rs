//! Moderation: each call takes effect before it is recorded.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use show::moderation::Moderation;
use show::{Actor, Input};
use units::{MessageId, ViewerId};
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;
use crate::errors::{ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Path};
use crate::people::Caller;
use crate::shows::ShowHandle;

/// A decision about the room.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ModerationAsk {
    /// Takes a message away.
    Delete {
        #[schema(value_type = String)]
        id: MessageId,
    },
    /// Keeps a viewer from speaking for a while.
    TimeOut {
        #[schema(value_type = String)]
        viewer: ViewerId,
        seconds: u32,
    },
    /// Keeps a viewer from speaking for good.
    Ban {
        #[schema(value_type = String)]
        viewer: ViewerId,
    },
    /// Lets a viewer speak again.
    Unban {
        #[schema(value_type = String)]
        viewer: ViewerId,
    },
    /// Seconds between two messages of one viewer; 0 lifts it.
    Slow { seconds: u32 },
    /// Messages wait for a moderator.
    Hold { on: bool },
    /// Nobody may speak.
    Lock { on: bool },
    /// Lets a message through that waits.
    Approve {
        #[schema(value_type = String)]
        id: MessageId,
    },
    /// Drops a message that waits.
    Reject {
        #[schema(value_type = String)]
        id: MessageId,
    },
}

impl From<ModerationAsk> for Moderation {
    fn from(ask: ModerationAsk) -> Self {
        match ask {
            ModerationAsk::Delete { id } => Self::Delete { ids: vec![id] },
            ModerationAsk::TimeOut { viewer, seconds } => Self::TimeOut { viewer, seconds },
            ModerationAsk::Ban { viewer } => Self::Ban { viewer },
            ModerationAsk::Unban { viewer } => Self::Unban { viewer },
            ModerationAsk::Slow { seconds } => Self::Slow { seconds },
            ModerationAsk::Hold { on } => Self::Hold { on },
            ModerationAsk::Lock { on } => Self::Lock { on },
            ModerationAsk::Approve { id } => Self::Approve { id },
            ModerationAsk::Reject { id } => Self::Reject { id },
        }
    }
}

/// How the room is moderated.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoomSettings {
    slow_s: u32,
    hold: bool,
    locked: bool,
    bans: Vec<SilencedView>,
    pending: Vec<PendingView>,
}

/// Somebody who may not speak.
#[derive(Serialize, ToSchema)]
pub(crate) struct SilencedView {
    #[schema(value_type = String)]
    viewer: ViewerId,
    /// Null: for good.
    until: Option<String>,
}

/// A message that waits for a moderator.
#[derive(Serialize, ToSchema)]
pub(crate) struct PendingView {
    #[schema(value_type = String)]
    id: MessageId,
    #[schema(value_type = String)]
    viewer: ViewerId,
    nick: String,
    text: String,
}

fn view(handle: &ShowHandle) -> RoomSettings {
    let state = handle.state();
    let now = clock::now();
    let silenced = state
        .room
        .silenced
        .iter()
        .filter(|(_, silence)| silence.until.is_none_or(|until| now < until));
    let silenced = silenced.map(|(viewer, silence)| SilencedView {
        viewer: *viewer,
        until: crate::app::text(silence.until),
    });
    let pending = handle.room.held().into_iter();
    RoomSettings {
        slow_s: state.room.settings.slow_s,
        hold: state.room.settings.hold,
        locked: state.room.settings.locked,
        bans: silenced.collect(),
        pending: pending
            .map(|held| PendingView {
                id: held.id,
                viewer: held.viewer,
                nick: held.nick,
                text: held.text,
            })
            .collect(),
    }
}

/// How the room is moderated.
#[utoipa::path(get, path = "/shows/{slug}/moderation", tag = "room",
    responses((status = 200, body = RoomSettings), (status = "default", body = ErrorBody)))]
pub(crate) async fn settings(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<RoomSettings>> {
    caller.producer()?;
    Ok(Json(view(&*app.shows.get(&slug)?)))
}

/// Decide about the room. It holds from the answer on, and nothing of a silenced viewer appears after it.
#[utoipa::path(post, path = "/shows/{slug}/moderation", tag = "room", request_body = ModerationAsk,
    responses((status = 200, body = RoomSettings), (status = "default", body = ErrorBody)))]
pub(crate) async fn moderate(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Body(ask): Body<ModerationAsk>,
) -> ApiResult<Json<RoomSettings>> {
    let by = Actor::User { id: caller.producer()?.id };
    let handle = app.shows.get(&slug)?;
    if let ModerationAsk::Approve { id } | ModerationAsk::Reject { id } = &ask
        && !handle.room.held().iter().any(|held| held.id == *id)
    {
        return Err(Code::UnknownMessage.into());
    }
    // Staged decisions hold at once; the answer waits for that, not for the disk.
    handle.decide(Input::Moderate { act: ask.into(), by, reason: None }).await?;
    Ok(Json(view(&handle)))
}
