//! The doors to the rooms: a request becomes a WebSocket, and its socket goes to the threads of the fan-out.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use room::{ChannelId, Viewer};

use super::public::{counted_device_of, device_of};
use crate::app::App;
use crate::clock;
use crate::desk::DeskMessage;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::Path;
use crate::http::listener::{Socket, take_socket};
use crate::people::{Caller, User};
use crate::rooms::{MODERATOR, NO_TICKET, Stands, Ticket, VIEWER};

/// The room of a show: a WebSocket with JSON messages (`docs/room.md`).
#[utoipa::path(get, path = "/shows/{slug}/room", tag = "room",
    responses((status = 101, description = "a WebSocket"), (status = "default", body = ErrorBody)))]
pub(crate) async fn room(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let handle = app.shows.get(&slug)?;
    let moderates = caller.user.as_ref().is_some_and(|user| user.produces());
    let (device, cookie) = counted_device_of(&app, &caller)?;
    let ticket = moderates.then(|| right(&app, &caller, |_, user| user.produces()));
    let viewer = Viewer {
        id: device.viewer.as_u128(),
        device: device.id.as_u128(),
        role: if moderates { VIEWER | MODERATOR } else { VIEWER },
        ticket: ticket.as_ref().map_or(NO_TICKET, |ticket| ticket.no),
    };
    Ok((cookie, upgrade(app, request, handle.room.channel(), viewer, ticket)?).into_response())
}

/// How a show does, four times a second: a WebSocket with JSON messages, for producers.
#[utoipa::path(get, path = "/shows/{slug}/desk", tag = "program",
    responses((status = 101, description = "a WebSocket; each message is this", body = DeskMessage), (status = "default", body = ErrorBody)))]
pub(crate) async fn desk(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    request: Request,
) -> ApiResult<Response> {
    let handle = app.shows.get(&slug)?;
    caller.crew_of(handle.host().as_str())?;
    let (device, _) = device_of(&app, &caller);
    let channel = app.rooms.open_desk(&handle.slug);
    let ticket = right(&app, &caller, move |app, user| {
        app.shows.get(&slug).is_ok_and(|show| user.is_crew_of(show.host().as_str()))
    });
    let (id, device) = (device.viewer.as_u128(), device.id.as_u128());
    let viewer = Viewer { id, device, role: VIEWER, ticket: ticket.no };
    upgrade(app, request, channel, viewer, Some(ticket))
}

/// The right of somebody who is signed in, which stands for as long as that is so and `may` says so of them.
fn right(
    app: &Arc<App>,
    caller: &Caller,
    may: impl Fn(&App, &User) -> bool + Send + Sync + 'static,
) -> Ticket {
    // The rooms hold the right and the app holds the rooms.
    let (weak, credential) = (Arc::downgrade(app), caller.credential.clone());
    let stands: Stands = Box::new(move || {
        let (Some(app), Some(credential)) = (weak.upgrade(), &credential) else { return false };
        app.people.holder(credential, clock::now()).is_some_and(|user| may(&app, &user))
    });
    app.rooms.rights.issue(stands)
}

/// Checks the handshake (RFC 6455, 4.2.1) and answers it; the socket moves over once the answer is written.
fn upgrade(
    app: Arc<App>,
    mut request: Request,
    channel: ChannelId,
    viewer: Viewer,
    ticket: Option<Ticket>,
) -> ApiResult<Response> {
    let headers = request.headers();
    let says = |name, word: &str| list_has(headers, &name, word);
    let refused = |what: &str| {
        ApiError::about(Code::BadRequest, format!("not a WebSocket handshake: {what}"))
    };
    if !says(UPGRADE, "websocket") || !says(CONNECTION, "upgrade") {
        return Err(refused("Upgrade: websocket is missing"));
    }
    if headers.get(SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(refused("Sec-WebSocket-Version is not 13"));
    }
    if !crate::http::origin_fits(&app, request.headers()) {
        return Err(Code::CsrfRejected.into());
    }
    let key = request
        .headers()
        .get(SEC_WEBSOCKET_KEY)
        .and_then(|key| key.to_str().ok())
        .ok_or_else(|| refused("Sec-WebSocket-Key is missing"))?;
    let accept = HeaderValue::from_str(&room::ws::accept_key(key))
        .map_err(|_| refused("Sec-WebSocket-Key"))?;
    let place = crate::http::place_of(request.extensions());
    let upgrading = hyper::upgrade::on(&mut request);
    let kept: room::Kept = Box::new((place, ticket));
    tokio::spawn(async move {
        let Ok(upgraded) = upgrading.await else { return };
        let Some((socket, read)) = take_socket(upgraded) else { return };
        let socket = match socket {
            Socket::Plain(stream) => stream.into_std().map(room::Socket::Plain),
            Socket::Tls(stream, session) => {
                stream.into_std().map(|stream| room::Socket::Tls(stream, session))
            }
        };
        match socket {
            Ok(socket) => {
                if let Err(error) = app.rooms.hub().adopt(socket, read, channel, viewer, kept) {
                    tracing::debug!(%error, "a viewer was not taken");
                }
            }
            Err(error) => tracing::debug!(%error, "a viewer's socket"),
        }
    });
    let headers = [
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, HeaderValue::from_static("websocket")),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

fn list_has(headers: &HeaderMap, name: &axum::http::HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| part.trim().eq_ignore_ascii_case(word))
}
