//! The studio: what a host needs to stream, and how their stream arrives.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::shows::{Named, ShowView, show_view};
use crate::app::App;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::Params;
use crate::people::{Caller, Role};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StudioOf {
    /// Whose studio, for producers and operators.
    host: Option<String>,
}

/// A host's studio.
#[derive(Serialize, ToSchema)]
pub(crate) struct StudioView {
    host: Named,
    suspended: bool,
    /// Goes into OBS as the server.
    rtmp_url: String,
    /// Goes into OBS as the stream key. Only the host and operators see it.
    stream_key: Option<String>,
    shows: Vec<ShowView>,
    /// How the feed arrives; null when nothing does and nothing was refused lately.
    #[schema(value_type = Option<Object>)]
    feed: Option<Value>,
}

/// How a host's feed arrives.
pub(crate) fn feed_view(app: &App, host: &str) -> Option<Value> {
    let now = clock::now();
    // A feed that begins forgets what was refused before, so a refusal is always news of the last one.
    if let Some(refused) = app.feeds.refusal(host, now) {
        let at = refused.at.rfc3339();
        let refused = json!({"code": refused.code, "message": refused.message, "at": at});
        return Some(json!({"receiving": false, "hints": [], "refused": refused}));
    }
    let feed = app.feeds.of_host(host)?;
    let mut view = serde_json::to_value(&feed.stats).unwrap_or_default();
    if let Some(view) = view.as_object_mut() {
        view.insert("receiving".to_owned(), true.into());
        view.insert("since".to_owned(), feed.since.rfc3339().into());
    }
    Some(view)
}

/// A host's studio.
#[utoipa::path(get, path = "/studio", tag = "studio", params(StudioOf),
    responses((status = 200, body = StudioView), (status = "default", body = ErrorBody)))]
pub(crate) async fn studio(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Params(ask): Params<StudioOf>,
) -> ApiResult<Json<StudioView>> {
    let user = caller.with_role(&[Role::Host, Role::Producer, Role::Operator])?;
    let crew = user.has(Role::Producer) || user.has(Role::Operator);
    let wanted = if crew { ask.host.or_else(|| user.host.clone()) } else { user.host.clone() };
    let wanted = match wanted {
        Some(host) => host,
        None if crew => app
            .catalogue
            .hosts
            .all()
            .first()
            .map(|host| host.slug.clone())
            .ok_or(Code::UnknownHost)?,
        None => return Err(ApiError::about(Code::Forbidden, "this account is not tied to a host")),
    };
    let host = app
        .catalogue
        .hosts
        .get(&wanted)
        .ok_or_else(|| ApiError::about(Code::UnknownHost, &wanted))?;
    let own = user.has(Role::Operator)
        || (user.has(Role::Host) && user.host.as_deref() == Some(host.slug.as_str()));
    let shows = app.shows.all();
    let mine = shows.iter().filter(|show| {
        show.host().as_str() == host.slug
            || show.standby().is_some_and(|standby| standby.as_str() == host.slug)
    });
    let mut shows: Vec<ShowView> = mine.filter_map(|show| show_view(&app, show)).collect();
    shows.sort_by_key(ShowView::when);
    Ok(Json(StudioView {
        host: Named::new(&host.slug, &host.name),
        suspended: host.suspended,
        rtmp_url: rtmp_url(&app, &headers),
        stream_key: if own { app.catalogue.stream_key(&host) } else { None },
        shows,
        feed: feed_view(&app, &host.slug),
    }))
}

/// The address for OBS: the name that the browser used, with the RTMP port.
fn rtmp_url(app: &App, headers: &HeaderMap) -> String {
    let public =
        app.config.server.public_url.split_once("://").map(|(_, rest)| rest.trim_end_matches('/'));
    let asked = headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = public.or(asked).unwrap_or("localhost");
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let port = match app.rtmp.port() {
        1935 => String::new(),
        port => format!(":{port}"),
    };
    format!("rtmp://{name}{port}/live")
}
