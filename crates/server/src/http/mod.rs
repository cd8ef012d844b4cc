//! HTTP: the port, who asks, what every answer carries, and the pages.

pub(crate) mod body;
mod finish;
pub(crate) mod limits;
pub(crate) mod listener;
pub(crate) mod pages;
mod patient;
pub(crate) mod places;
pub(crate) mod proxy;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, HOST, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::get};

use self::finish::Finish;
use self::listener::Connection;
use self::places::Place;
use self::proxy::Peer;
use crate::app::App;
use crate::errors::{ApiError, Code};
use crate::tasks::{Panicked, caught};

/// Bytes of a JSON body at most.
const BODY_MAX: usize = 64 * 1024;
/// Bytes of an uploaded file at most.
pub(crate) const FILE_MAX: usize = 16 * 1024 * 1024;
/// A call that is not answered by then is given up. Longer than any blocking playlist request waits.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=()";

/// Everything that the HTTP port answers.
pub(crate) fn router(app: &Arc<App>) -> Router {
    let (api, description) = crate::api::routes();
    let description = Bytes::copy_from_slice(description.as_bytes());
    let api = api.route("/openapi.json", get(move || openapi(description.clone())));
    Router::new()
        .nest("/api/v1", api)
        .nest("/live", crate::hls::routes())
        .route("/metrics", get(crate::metrics::metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(crate::metrics::ready))
        .fallback(pages::page)
        .method_not_allowed_fallback(|| async { ApiError::from(Code::MethodNotAllowed) })
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(app), around))
        .with_state(Arc::clone(app))
}

async fn openapi(description: Bytes) -> impl IntoResponse {
    ([(axum::http::header::CONTENT_TYPE, "application/json")], description)
}

/// Around every request: refuses oversize bodies before a byte of them is read, bounds its time, adds the headers of safety.
///
/// A call that changes something runs to its end even when its client has gone: what was begun in the store, the
/// program or the room must not be left half done.
async fn around(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    app.metrics.requests.add(1);
    let https = is_https(&app, request.extensions(), request.headers());
    let claimed = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if claimed.is_some_and(|bytes| bytes > FILE_MAX as u64) {
        return guarded(https, ApiError::from(Code::TooLarge).into_response());
    }
    // A proxy's own connections do not count, but what each of the people behind it asks at a time does.
    match behind_proxy(&app, request.extensions(), request.headers()) {
        Ok(None) => {}
        Ok(Some(place)) => drop(request.extensions_mut().insert(Arc::new(place))),
        Err(error) => return guarded(https, error.into_response()),
    }
    let place = place_of(request.extensions());
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let answer = async move {
        if !changes {
            return next.run(request).await;
        }
        let request = request.map(|body| Body::new(self::body::Timely::new(body)));
        match Finish::new(caught(next.run(request))).await {
            Ok(response) => response,
            Err(Panicked) => {
                tracing::error!("a call broke off");
                ApiError::from(Code::Internal).into_response()
            }
        }
    };
    let response = match tokio::time::timeout(ANSWER_TIMEOUT, answer).await {
        Ok(response) => response,
        Err(_) => ApiError::from(Code::Busy).into_response(),
    };
    drop(place);
    guarded(https, response)
}

/// A place for whoever asks through a trusted proxy; `None` for those who have one by their connection.
fn behind_proxy(
    app: &App,
    extensions: &Extensions,
    headers: &HeaderMap,
) -> Result<Option<Place>, ApiError> {
    let through = extensions.get::<Connection>().map(|connection| connection.peer.ip());
    if through.is_none_or(|ip| !app.http_gate.each.is_proxy(ip)) {
        return Ok(None);
    }
    let place = app.http_gate.place(peer(app, extensions, headers).ip);
    place.map(Some).ok_or_else(|| ApiError::from(Code::TooManyConnections).retry_after_ms(1000))
}

/// The place of whoever asks; a connection that leaves HTTP for a room keeps it.
pub(crate) fn place_of(extensions: &Extensions) -> Option<Arc<Place>> {
    let own = extensions.get::<Arc<Place>>();
    own.or_else(|| Some(&extensions.get::<Connection>()?.place)).cloned()
}

/// A refusal as bytes of HTTP/1.1, for a connection that is closed before it is served.
fn refusal(code: Code) -> Vec<u8> {
    let error = ApiError::from(code).retry_after_ms(1000);
    let body = error.body();
    let response = guarded(false, error.into_response());
    let status = response.status();
    let mut out = format!(
        "HTTP/1.1 {} {}\r\n",
        status.as_u16(),
        status.canonical_reason().unwrap_or("Refused")
    );
    for (name, value) in response.headers() {
        out += &format!("{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    out += &format!("connection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    out.into_bytes()
}

fn guarded(https: bool, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers
        .insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(webui::CONTENT_SECURITY_POLICY));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(PERMISSIONS),
    );
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if https {
        headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

/// The address that limits count by.
pub(crate) fn peer(app: &App, extensions: &Extensions, headers: &HeaderMap) -> Peer {
    match extensions.get::<Connection>() {
        Some(connection) => Peer::of(connection.peer.ip(), connection.tls, headers, &app.trusted),
        None => Peer::default(),
    }
}

/// Whether the client's side is HTTPS: by the configuration, by the connection, or by what a trusted proxy says.
pub(crate) fn is_https(app: &App, extensions: &Extensions, headers: &HeaderMap) -> bool {
    app.config.https() || peer(app, extensions, headers).https
}

/// Whether a browser says that the request comes from one of our own pages. Clients that are no browsers send no origin.
pub(crate) fn same_origin(app: &App, parts: &Parts) -> bool {
    let authority = parts.uri.authority().map(axum::http::uri::Authority::as_str);
    fits(app, &parts.headers, authority)
}

/// The same for a WebSocket, which browsers open to any site without asking.
pub(crate) fn origin_fits(app: &App, headers: &HeaderMap) -> bool {
    fits(app, headers, None)
}

fn fits(app: &App, headers: &HeaderMap, authority: Option<&str>) -> bool {
    let Some(origin) = headers.get(ORIGIN).and_then(|value| value.to_str().ok()) else {
        return true;
    };
    if !app.config.server.public_url.is_empty()
        && app.config.server.public_url.trim_end_matches('/') == origin
    {
        return true;
    }
    let host = headers.get(HOST).and_then(|value| value.to_str().ok()).or(authority);
    let of_origin = origin.split_once("://").map(|(_, host)| host);
    host.is_some() && host == of_origin
}
