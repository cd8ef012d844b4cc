//! What anybody may see: the front page, the watch page, and following a host.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse};
use serde::Serialize;
use serde_json::Value;
use show::desk::{Action, ActionKind, ActionState};
use show::{State as ShowState, Status};
use units::{ActionId, AirTime};
use utoipa::ToSchema;

use super::offers::{PinView, offers_of, stocked};
use super::shows::{ShowView, show_view};
use crate::app::App;
use crate::clock;
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::Path;
use crate::people::{Caller, DEVICE_COOKIE, Device, set_cookie};
use crate::rooms::Trade;
use crate::shows::ShowHandle;
use crate::shows::unseen::{self, Change};

const PAST_SHOWN: usize = 24;
const NEXT_SHOWN: usize = 24;
const CUTS_SHOWN: usize = 50;
const DEVICE_AGE_S: i64 = 2 * 365 * 86_400;

/// What is on, what is next, what can be watched again.
#[derive(Serialize, ToSchema)]
pub(crate) struct Front {
    live: Vec<ShowView>,
    next: Vec<ShowView>,
    past: Vec<ShowView>,
}

/// What is on and what is next.
#[utoipa::path(get, path = "/front", tag = "public", responses((status = 200, body = Front)))]
pub(crate) async fn front(State(app): State<Arc<App>>) -> Json<Front> {
    let mut shows = app.shows.all();
    shows.sort_by_key(|show| (show.run().started_at, show.slug.clone()));
    let of = |status: Status| {
        shows
            .iter()
            .filter(move |show| show.status() == status)
            .filter_map(|show| show_view(&app, show))
    };
    let mut next: Vec<ShowView> = of(Status::Planned).collect();
    next.sort_by_key(ShowView::when);
    next.truncate(NEXT_SHOWN);
    let mut past: Vec<ShowView> = of(Status::Ended).filter(ShowView::can_be_watched).collect();
    past.reverse();
    past.truncate(PAST_SHOWN);
    Json(Front { live: of(Status::Live).collect(), next, past })
}

/// The program's clock.
#[derive(Serialize, ToSchema)]
pub(crate) struct AirView {
    /// UTC of AirTime 0 as `EXT-X-PROGRAM-DATE-TIME` counts it; null before the first air.
    epoch: Option<String>,
    /// What viewers who keep up see now.
    now_ms: i64,
}

/// A part that was stopped.
#[derive(Serialize, ToSchema)]
pub(crate) struct CutView {
    /// The same as in the room's message `cut`.
    #[schema(value_type = String)]
    id: ActionId,
    #[schema(value_type = String)]
    kind: ActionKind,
    from_air_ms: i64,
    to_air_ms: Option<i64>,
}

/// What the host has changed and the picture has not reached yet; a page holds it until then.
#[derive(Serialize, ToSchema)]
pub(crate) struct LaterView {
    air_ms: i64,
    /// The offer from then on.
    #[schema(value_type = Option<super::offers::OfferView>)]
    offer: Option<Value>,
    /// What is pinned from then on.
    pin: Option<PinView>,
}

/// Everything that the watch page begins with. `pin`, `offers` and `cuts` are what is seen at `air.now_ms`.
#[derive(Serialize, ToSchema)]
pub(crate) struct WatchView {
    show: ShowView,
    playlist: String,
    air: AirView,
    pin: Option<PinView>,
    #[schema(value_type = Vec<super::offers::OfferView>)]
    offers: Vec<Value>,
    /// In order.
    later: Vec<LaterView>,
    following: bool,
    device: DeviceView,
    cuts: Vec<CutView>,
}

/// How the room names this device.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceView {
    nick: String,
}

/// Everything that the watch page begins with. Gives the device its cookie.
#[utoipa::path(get, path = "/shows/{slug}/watch", tag = "public",
    responses((status = 200, body = WatchView), (status = "default", body = ErrorBody)))]
pub(crate) async fn watch(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<impl IntoResponse> {
    let handle = app.shows.get(&slug)?;
    let (device, cookie) = device_of(&app, &caller);
    let state = handle.state();
    let clock = handle.air_clock();
    let view = handle.onair().map(|onair| onair.view());
    let pin = state.sale.pin_at(clock.now).map(|pin| PinView::of(pin.sku.as_ref(), pin.air));
    let cut = |action: &Action| match (action.kind, action.from_air) {
        (ActionKind::Resume | ActionKind::HandOver, _) | (_, None) => None,
        (kind, Some(from)) => Some(CutView {
            id: action.id,
            kind,
            from_air_ms: from.ms(),
            to_air_ms: action.to_air.map(|to| to.ms()),
        }),
    };
    let stopped =
        state.desk.actions.iter().rev().filter(|action| action.state != ActionState::Undone);
    let host = handle.host();
    // Between the two the owner may decide something: what is then in both is seen a little early, and nothing is lost.
    let unseen = handle.unseen_after(clock.now);
    let offers = match unseen.as_slice() {
        [] => offers_of(&app, &state.sale, state.status, clock.now),
        unseen => {
            let seen = unseen::without(&state.sale, unseen);
            offers_of(&app, &seen, state.status, clock.now)
        }
    };
    let later = later(&app, &state, &unseen, clock.now);
    let view = WatchView {
        show: show_view(&app, &handle).ok_or(Code::UnknownShow)?,
        playlist: format!("/live/{slug}/index.m3u8"),
        air: AirView {
            epoch: crate::app::text(view.and_then(|view| view.epoch)),
            now_ms: clock.now.ms(),
        },
        pin,
        offers,
        later,
        following: app.follows.follows(host.as_str(), device.id),
        device: DeviceView { nick: device.nick() },
        cuts: stopped.filter_map(cut).take(CUTS_SHOWN).collect(),
    };
    Ok((cookie, Json(view)))
}

/// Offers and pins that are on their way to the picture.
fn later(app: &App, state: &ShowState, unseen: &[Change], now: AirTime) -> Vec<LaterView> {
    let offer = |change: &Change| LaterView {
        air_ms: change.air.ms(),
        offer: Some(stocked(
            app,
            &unseen::with(&state.sale, change),
            state.status,
            &change.sku,
            change.air,
        )),
        pin: None,
    };
    let pins = state.sale.pins().into_iter().filter_map(|(pin, air)| Some((pin, air?)));
    let pins = pins.filter(|(_, air)| *air > now).map(|(pin, air)| LaterView {
        air_ms: air.ms(),
        offer: None,
        pin: Some(PinView::of(pin.sku.as_ref(), air)),
    });
    let mut later: Vec<LaterView> = unseen.iter().map(offer).chain(pins).collect();
    later.sort_by_key(|later| later.air_ms);
    later
}

/// The header that gives a device its cookie, when it has none.
pub(crate) type NewCookie = AppendHeaders<Vec<(axum::http::HeaderName, String)>>;

/// The same where a new device costs something: a place in a room, a row. One address brings a few a second; this machine
/// itself, and a proxy on it that is not trusted, as many as it likes.
pub(crate) fn counted_device_of(app: &App, caller: &Caller) -> ApiResult<(Device, NewCookie)> {
    if caller.device.is_none() && !caller.sender.is_loopback() {
        let wait = |ms| ApiError::from(Code::TooManyRequests).retry_after_ms(ms);
        app.newcomers.take(&caller.sender, clock::now()).map_err(wait)?;
    }
    Ok(device_of(app, caller))
}

/// The caller's device, with the header that gives it its cookie when it is new.
pub(crate) fn device_of(app: &App, caller: &Caller) -> (Device, NewCookie) {
    match caller.device {
        Some(device) => (device, AppendHeaders(Vec::new())),
        None => {
            let device = Device::new(&app.secrets);
            let cookie =
                set_cookie(DEVICE_COOKIE, &device.token(&app.secrets), DEVICE_AGE_S, caller.https);
            (device, AppendHeaders(vec![(SET_COOKIE, cookie)]))
        }
    }
}

/// Follow a host.
#[utoipa::path(put, path = "/hosts/{slug}/follow", tag = "public",
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(crate) async fn follow(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<impl IntoResponse> {
    set_follow(&app, &caller, &slug, true).await
}

/// Stop following a host.
#[utoipa::path(delete, path = "/hosts/{slug}/follow", tag = "public",
    responses((status = 204), (status = "default", body = ErrorBody)))]
pub(crate) async fn unfollow(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<impl IntoResponse> {
    set_follow(&app, &caller, &slug, false).await
}

async fn set_follow(
    app: &App,
    caller: &Caller,
    host: &str,
    follows: bool,
) -> ApiResult<impl IntoResponse + use<>> {
    if app.catalogue.hosts.get(host).is_none() {
        return Err(ApiError::about(Code::UnknownHost, host));
    }
    let (device, cookie) = counted_device_of(app, caller)?;
    let followed = app.follows.follows(host, device.id);
    app.follows.set(host, device.id, follows, clock::now()).await?;
    if followed && !follows {
        let live =
            |show: &Arc<ShowHandle>| show.status() == Status::Live && show.host().as_str() == host;
        for show in app.shows.all().into_iter().filter(live) {
            show.room.traded(Trade::Unfollowed, device.id.as_u128());
        }
    }
    Ok((StatusCode::NO_CONTENT, cookie))
}
