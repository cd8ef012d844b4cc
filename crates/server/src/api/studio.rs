//! The studio: what a host needs to stream, and how their stream arrives.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::HOST;
use media::feed::{AudioStats, Hint, VideoStats};
use serde::{Deserialize, Serialize};
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
    feed: Option<FeedView>,
}

/// How a host's feed arrives.
#[derive(Serialize, ToSchema)]
pub(crate) struct FeedView {
    receiving: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Null until its configuration is known.
    #[schema(value_type = Option<FeedVideo>)]
    video: Option<VideoStats>,
    /// The same.
    #[schema(value_type = Option<FeedAudio>)]
    audio: Option<AudioStats>,
    /// What the host could do better.
    #[schema(value_type = Vec<FeedHint>)]
    hints: Vec<Hint>,
    /// Why the last feed was refused, for two minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<FeedRefused>,
}

/// The pictures of a feed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes VideoStats for OpenAPI")]
pub(crate) struct FeedVideo {
    /// Such as `H.264 High 4.1`.
    codec: String,
    width: u16,
    height: u16,
    fps: f64,
    bitrate_kbps: u32,
    /// Seconds between the last two key frames, or since the last one when that is longer.
    key_interval_s: Option<f64>,
    b_frames: bool,
}

/// The sound of a feed.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes AudioStats for OpenAPI")]
pub(crate) struct FeedAudio {
    codec: String,
    sample_rate: u32,
    channels: u8,
    bitrate_kbps: u32,
}

/// Something that a host could do better.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes Hint for OpenAPI")]
pub(crate) struct FeedHint {
    /// `key_interval`, `variable_frame_rate`, `no_audio`, `no_video`, `high_bitrate`, `sound_gaps` or `damaged`.
    code: String,
    message: String,
}

/// Why a feed was refused.
#[derive(Serialize, ToSchema)]
pub(crate) struct FeedRefused {
    code: String,
    message: String,
    at: String,
}

/// How a host's feed arrives; `None` when nothing does and nothing was refused lately.
pub(crate) fn feed_view(app: &App, host: &str) -> Option<FeedView> {
    let now = clock::now();
    // A feed that begins forgets what was refused before, so a refusal is always news of the last one.
    if let Some(refused) = app.feeds.refusal(host, now) {
        let (code, message, at) = (refused.code, refused.message, refused.at.rfc3339());
        return Some(FeedView {
            receiving: false,
            since: None,
            video: None,
            audio: None,
            hints: Vec::new(),
            refused: Some(FeedRefused { code, message, at }),
        });
    }
    let feed = app.feeds.of_host(host)?;
    Some(FeedView {
        receiving: true,
        since: Some(feed.since.rfc3339()),
        video: feed.stats.video,
        audio: feed.stats.audio,
        hints: feed.stats.hints,
        refused: None,
    })
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
