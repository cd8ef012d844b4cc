//! Sealed clips: what was stopped. Opening one takes a reason, and is in the show's log before a byte of it is sent.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use show::desk::ActionKind;
use show::{Actor, Input};
use units::SealId;
use utoipa::ToSchema;

use crate::app::App;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, Path, Piece, Pieces};
use crate::names::clean_text;
use crate::onair::seal;
use crate::people::Caller;
use crate::texts::text;

const REASON_MAX: usize = 500;
const REASON_MIN: usize = 5;

/// A sealed clip.
#[derive(Serialize, ToSchema)]
pub(crate) struct SealView {
    #[schema(value_type = String)]
    id: SealId,
    #[schema(value_type = String)]
    kind: ActionKind,
    from_media_ms: i64,
    to_media_ms: i64,
    expires_at: String,
    bytes: u64,
    /// Nothing of it was lost on its way to the disk.
    complete: bool,
}

/// The sealed clips of a show, newest first.
#[utoipa::path(get, path = "/shows/{slug}/sealed", tag = "sealed",
    responses((status = 200, body = [SealView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<Vec<SealView>>> {
    caller.operator()?;
    let handle = app.shows.get(&slug)?;
    let state = handle.state();
    let reader = Arc::clone(&app);
    let view = move |(id, clip): (&SealId, &show::desk::Seal)| SealView {
        id: *id,
        kind: clip.kind,
        from_media_ms: clip.from_media.ms(),
        to_media_ms: clip.to_media.ms(),
        expires_at: clip.expires_at.rfc3339(),
        bytes: seal::size(&*reader.objects, *id),
        complete: clip.complete,
    };
    let views =
        tokio::task::spawn_blocking(move || state.desk.seals.iter().rev().map(view).collect());
    Ok(Json(views.await.map_err(|_| Code::Internal)?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenAsk {
    /// Why it must be looked into; kept with the log.
    reason: String,
}

/// Open a sealed clip. The reason is logged first.
#[utoipa::path(post, path = "/sealed/{id}/open", tag = "sealed", request_body = OpenAsk,
    responses((status = 200, content_type = "video/x-flv", body = Vec<u8>), (status = "default", body = ErrorBody)))]
pub(crate) async fn open(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Body(ask): Body<OpenAsk>,
) -> ApiResult<Response> {
    let by = Actor::User { id: caller.operator()?.id };
    let id: SealId = id.parse().map_err(|_| Code::UnknownSeal)?;
    let reason =
        clean_text(&ask.reason, REASON_MAX).filter(|reason| reason.chars().count() >= REASON_MIN);
    let reason =
        reason.ok_or_else(|| ApiError::about(Code::InvalidField, "reason: 5 to 500 characters"))?;
    let show = app
        .shows
        .all()
        .into_iter()
        .find(|show| show.state().desk.seals.contains_key(&id))
        .ok_or(Code::UnknownSeal)?;
    // Housekeeping comes by the hour; what has expired is closed to the second.
    let expired = |clip: &show::desk::Seal| clip.expires_at <= clock::now();
    if show.state().desk.seals.get(&id).is_some_and(expired) {
        return Err(Code::SealExpired.into());
    }
    let (reference, row) = text("reason", &reason);
    show.ask(Input::SealOpen { id, by, reason: reference }, vec![row]).await?;
    let reader = Arc::clone(&app);
    let clip =
        tokio::task::spawn_blocking(move || seal::open(&*reader.objects, &reader.secrets, id));
    let mut clip = clip.await.map_err(|_| Code::Internal)??.ok_or(Code::SealExpired)?;
    let (send, pieces) = tokio::sync::mpsc::channel::<Piece>(2);
    tokio::task::spawn_blocking(move || {
        while let Some(piece) = clip.piece(&*app.objects).transpose() {
            let last = piece.is_err();
            let piece = piece.map(Bytes::from).map_err(std::io::Error::other);
            if send.blocking_send(piece).is_err() || last {
                return;
            }
        }
    });
    let file = format!("attachment; filename=\"sealed-{id}.flv\"");
    let headers = [(CONTENT_TYPE, "video/x-flv".to_owned()), (CONTENT_DISPOSITION, file)];
    Ok((headers, HttpBody::new(Pieces::new(pieces))).into_response())
}
