//! HLS: live from memory, recorded from disk, the preview for producers only. The bytes are there already; here is
//! who waits for them.

mod recorded;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use media::hls::{Lookup, Readiness, Snapshot, parse_query, vod};
use show::{Slug, Status};

use self::recorded::Playlists;
pub(crate) use self::recorded::{Indexes, index};
use crate::app::App;
use crate::errors::{ApiError, ApiResult, Code};
use crate::http::body::{Chain, Path};
use crate::onair::{Shelf, recording_key};
use crate::people::Caller;

/// A blocking request is answered by then, with what there is: three target durations (RFC 8216bis, 6.2.5.2).
const PATIENCE: Duration = Duration::from_secs(18);
/// A preview that nobody watched begins within this.
const PREVIEW_BEGINS: Duration = Duration::from_secs(6);
/// Bytes of a recorded file at most.
const FILE_MAX: usize = 64 << 20;

const PLAYLIST: &str = "application/vnd.apple.mpegurl";
const FMP4: &str = "video/mp4";
const VTT: &str = "text/vtt; charset=utf-8";
const FRESH: &str = "no-cache";
const LASTING: &str = "public, max-age=3600, immutable";

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/{slug}/{file}", get(program))
        .route("/{slug}/preview/{channel}/{file}", get(preview))
}

/// What a file name asks for.
#[derive(Debug, PartialEq, Eq)]
enum File {
    Index,
    Main,
    Init(u32),
    Segment(u64),
    Part(u64, u32),
    Captions,
    Subtitles(u64),
    Recording,
    RecordingCaptions,
}

impl File {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "index.m3u8" => return Some(Self::Index),
            "main.m3u8" => return Some(Self::Main),
            "captions.m3u8" => return Some(Self::Captions),
            "recording.m3u8" => return Some(Self::Recording),
            "recording-captions.m3u8" => return Some(Self::RecordingCaptions),
            _ => {}
        }
        if let Some(number) = name.strip_prefix("init-").and_then(|rest| rest.strip_suffix(".mp4"))
        {
            return number.parse().ok().map(Self::Init);
        }
        if let Some(number) = name.strip_prefix("sub-").and_then(|rest| rest.strip_suffix(".vtt")) {
            return number.parse().ok().map(Self::Subtitles);
        }
        let stem = name.strip_suffix(".m4s")?;
        if let Some(number) = stem.strip_prefix("seg-") {
            return number.parse().ok().map(Self::Segment);
        }
        let (segment, part) = stem.strip_prefix("part-")?.split_once('-')?;
        Some(Self::Part(segment.parse().ok()?, part.parse().ok()?))
    }

    /// Whether a player that watched live goes on asking for it when the show has just ended. Segments are the same in the
    /// recording.
    fn goes_on(&self) -> bool {
        matches!(self, Self::Main | Self::Captions | Self::Part(..))
    }
}

async fn program(
    State(app): State<Arc<App>>,
    Path((slug, file)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let handle = app.shows.get(&slug)?;
    let file = File::parse(&file).ok_or(Code::NotFound)?;
    app.metrics.media_requests.add(1);
    match handle.onair().filter(|onair| onair.program.playable().is_some()) {
        Some(onair) => live(&onair.program, &file, query.as_deref().unwrap_or_default()).await,
        // A recording of what came before a restart is not the show that is on.
        None if handle.status() != Status::Ended => Err(Code::NotOnAir.into()),
        None => match handle.aired().filter(|_| file.goes_on()) {
            Some(shelf) => live(&shelf, &file, query.as_deref().unwrap_or_default()).await,
            None => recorded(&app, &handle.slug, file).await,
        },
    }
}

async fn preview(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((slug, channel, file)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> ApiResult<Response> {
    let handle = app.shows.get(&slug)?;
    caller.crew_of(handle.host().as_str())?;
    let file = File::parse(&file).ok_or(Code::NotFound)?;
    let onair = handle.onair().ok_or(Code::NotOnAir)?;
    let shelf = match channel.as_str() {
        "host" => &onair.host,
        "standby" => &onair.standby,
        _ => return Err(Code::NotFound.into()),
    };
    shelf.want();
    if matches!(file, File::Index | File::Main) {
        let begun = |snapshot: Option<Arc<Snapshot>>| {
            snapshot.filter(|snapshot| snapshot.playlist().is_some())
        };
        shelf.until(PREVIEW_BEGINS, begun).await.ok_or(Code::NotOnAir)?;
    }
    let mut response = live(shelf, &file, query.as_deref().unwrap_or_default()).await?;
    // Nothing between the server and the desk may keep what has not aired.
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().remove(ACCESS_CONTROL_ALLOW_ORIGIN);
    Ok(response)
}

async fn live(shelf: &Shelf, file: &File, query: &str) -> ApiResult<Response> {
    let snapshot = shelf.snapshot().ok_or(Code::NotOnAir)?;
    match file {
        File::Index => Ok(playlist(snapshot.multivariant().ok_or(Code::NotOnAir)?)),
        File::Main => media_playlist(shelf, query).await,
        File::Captions => Ok(playlist(snapshot.captions().ok_or(Code::NotOnAir)?)),
        File::Recording | File::RecordingCaptions => Err(Code::NotOnAir.into()),
        File::Subtitles(msn) => {
            let file = snapshot.subtitles(*msn).ok_or(Code::GoneFromWindow)?;
            Ok(bytes_response(VTT, LASTING, file.into()))
        }
        File::Init(number) => Ok(lasting(snapshot.init(*number).ok_or(Code::GoneFromWindow)?)),
        File::Segment(msn) => {
            let found = shelf
                .until(PATIENCE, |snapshot| {
                    decided(snapshot?.segment(*msn), |segment| Arc::clone(segment))
                })
                .await;
            let segment = found.flatten().ok_or(Code::GoneFromWindow)?;
            let parts = segment.parts.iter().map(|part| part.bytes.clone());
            Ok(bytes_response(FMP4, LASTING, Body::new(Chain::new(parts))))
        }
        File::Part(msn, part) => {
            let found = shelf
                .until(PATIENCE, |snapshot| decided(snapshot?.part(*msn, *part), Clone::clone))
                .await;
            Ok(lasting(found.flatten().ok_or(Code::GoneFromWindow)?))
        }
    }
}

/// What a look-up settled: found, or gone; `None` while it must be waited for.
fn decided<T, R>(lookup: Lookup<T>, take: impl FnOnce(&T) -> R) -> Option<Option<R>> {
    match lookup {
        Lookup::Found(found) => Some(Some(take(&found))),
        Lookup::Gone => Some(None),
        Lookup::Wait => None,
    }
}

async fn media_playlist(shelf: &Shelf, query: &str) -> ApiResult<Response> {
    let reload =
        parse_query(query).map_err(|error| ApiError::about(Code::BadQuery, error.to_string()))?;
    let settled = shelf.until(PATIENCE, |snapshot| {
        let snapshot = snapshot?;
        match snapshot.ready(&reload) {
            Readiness::Wait => None,
            ready => Some((ready, snapshot)),
        }
    });
    // Who waited in vain gets what there is.
    let (ready, snapshot) = match settled.await {
        Some(settled) => settled,
        None => (Readiness::Now, shelf.snapshot().ok_or(Code::NotOnAir)?),
    };
    if ready == Readiness::TooFar {
        return Err(Code::NotYet.into());
    }
    Ok(playlist(snapshot.playlist().ok_or(Code::NotOnAir)?))
}

fn playlist(bytes: Bytes) -> Response {
    bytes_response(PLAYLIST, FRESH, bytes.into())
}

fn lasting(bytes: Bytes) -> Response {
    bytes_response(FMP4, LASTING, bytes.into())
}

fn bytes_response(kind: &'static str, lifetime: &'static str, body: Body) -> Response {
    let mut response = (StatusCode::OK, body).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(lifetime));
    // What airs is public, and players on other sites may play it.
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

/// The recording of a show that is not on air.
async fn recorded(app: &Arc<App>, show: &Slug, file: File) -> ApiResult<Response> {
    let (app, show) = (Arc::clone(app), show.clone());
    let read = tokio::task::spawn_blocking(move || read_recorded(&app, &show, &file));
    read.await.map_err(|_| ApiError::from(Code::Internal))?
}

fn read_recorded(app: &App, show: &Slug, file: &File) -> ApiResult<Response> {
    let objects = &*app.objects;
    let index = |which: fn(&Playlists) -> &Option<Bytes>| -> ApiResult<Response> {
        let found = app.indexes.of(objects, show)?.ok_or(Code::NotOnAir)?;
        Ok(playlist(which(&found).clone().ok_or(Code::NotOnAir)?))
    };
    let whole = |name: String| -> ApiResult<Response> {
        let bytes = objects.read(&recording_key(show, &name), 0, FILE_MAX)?;
        Ok(lasting(Bytes::from(bytes.ok_or(Code::GoneFromWindow)?)))
    };
    match file {
        File::Index => index(|found| &found.multivariant),
        File::Main | File::Recording => index(|found| &found.media),
        File::Captions | File::RecordingCaptions => index(|found| &found.captions),
        // A segment in which nobody spoke has no file.
        File::Subtitles(msn) => {
            let file =
                objects.read(&recording_key(show, &format!("sub-{msn}.vtt")), 0, FILE_MAX)?;
            let file = file.map_or_else(vod::no_captions, Bytes::from);
            Ok(bytes_response(VTT, LASTING, file.into()))
        }
        File::Init(number) => whole(format!("init-{number}.mp4")),
        File::Segment(msn) => whole(format!("seg-{msn}.m4s")),
        File::Part(..) => Err(Code::GoneFromWindow.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names() {
        for (name, file) in [
            ("index.m3u8", Some(File::Index)),
            ("init-2.mp4", Some(File::Init(2))),
            ("seg-77.m4s", Some(File::Segment(77))),
            ("part-77-3.m4s", Some(File::Part(77, 3))),
            ("seg--1.m4s", None),
            ("captions.m3u8", Some(File::Captions)),
            ("recording.m3u8", Some(File::Recording)),
            ("recording-captions.m3u8", Some(File::RecordingCaptions)),
            ("sub-77.vtt", Some(File::Subtitles(77))),
            ("sub-x.vtt", None),
            ("part-77.m4s", None),
            ("../secret.key", None),
            ("seg-99999999999999999999999.m4s", None),
        ] {
            assert_eq!(File::parse(name), file, "{name}");
        }
    }
}
