//! The room of a show as its crew sees it: what viewers write by channel, what is usual, and how it turned.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use show::sentinel::RoomTurn;
use show::sentinel::room::Second;
use units::MessageId;
use utoipa::{IntoParams, ToSchema};

use super::incidents::Words;
use crate::app::App;
use crate::clock;
use crate::errors::{ApiResult, ErrorBody};
use crate::http::body::{Params, Path};
use crate::people::Caller;
use crate::reading;
use crate::rooms::Minute;

/// A room that turned.
#[derive(Serialize, ToSchema)]
pub(crate) struct TurnView {
    /// When the evidence was enough.
    at: String,
    /// When it most likely began.
    since: String,
    /// The host's media time that aired then.
    air_media_ms: i64,
    /// `false`: it leaned only, and there were words beside it.
    sure: bool,
    /// What moved, the strongest first.
    shifts: Vec<ShiftView>,
    /// Messages that show it, the earliest first.
    messages: Vec<ShownMessage>,
}

/// How one channel moved.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShiftView {
    /// `hostile`, `boycott`, `complaint`, `insult_words`, `boycott_words`, `unfollow_words`, `refund_words`, `unfollows`,
    /// `cancellations` or `refunds`.
    channel: &'static str,
    /// The usual share of messages, or events a second.
    before: f64,
    /// The same since it began.
    now: f64,
    /// Hits since it began.
    hits: u32,
    /// Messages, or seconds, since it began.
    of: u32,
}

/// A message that shows a turn.
#[derive(Serialize, ToSchema)]
pub(crate) struct ShownMessage {
    #[schema(value_type = String)]
    id: MessageId,
    /// Null once it is deleted or erased.
    text: Option<String>,
}

/// A turn as the crew sees it.
pub(crate) fn turn_view(turn: &RoomTurn, words: &Words<'_>) -> TurnView {
    let millionths = |share: u32| f64::from(share) / 1e6;
    let shift = |shift: &show::sentinel::Shift| ShiftView {
        channel: shift.channel.name(),
        before: millionths(shift.before),
        now: millionths(shift.now),
        hits: shift.hits,
        of: shift.of,
    };
    let message = |id: &MessageId| ShownMessage { id: *id, text: (words.wrote)(*id) };
    TurnView {
        at: turn.at.rfc3339(),
        since: turn.since.rfc3339(),
        air_media_ms: turn.air.ms(),
        sure: turn.sure,
        shifts: turn.shifts.iter().map(shift).collect(),
        messages: turn.messages.iter().map(message).collect(),
    }
}

/// Since when.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Since {
    /// Seconds later than this one only, in whole seconds since 1970.
    since: Option<i64>,
}

/// What viewers write and take back.
#[derive(Serialize, ToSchema)]
pub(crate) struct RoomView {
    /// The server's time, in milliseconds since 1970.
    now_ms: i64,
    /// `ok`, `out` or `language`; null: nobody reads it.
    #[schema(value_type = Option<String>)]
    reading: Option<reading::State>,
    /// False alarms in 1000 hours that are put up with.
    alarms_per_1000h: f64,
    /// Messages that nobody had time to read.
    unread: u64,
    /// In the order of the counts below.
    channels: Vec<ChannelView>,
    /// The last ten minutes, the oldest second first; seconds in which nothing was written or taken back are left out.
    seconds: Vec<SecondView>,
    /// The last ten minutes, the oldest first.
    minutes: Vec<Minute>,
}

/// One channel.
#[derive(Serialize, ToSchema)]
pub(crate) struct ChannelView {
    /// Its name.
    channel: &'static str,
    /// A share of messages; otherwise a count of events.
    is_chat: bool,
    /// The usual share, or events a second.
    usual: f64,
    /// Evidence that it moved, as a logarithm; 1 is an alarm.
    evidence: f64,
}

/// One second.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecondView {
    /// Whole seconds since 1970.
    at_s: i64,
    messages: u64,
    /// Of these, copies of a text that was counted.
    copies: u64,
    /// Of these, thinned out in a flood.
    thinned: u64,
    /// Per channel, what hit.
    hits: Vec<u32>,
    /// Per channel, what counted.
    of: Vec<u32>,
}

impl From<Second> for SecondView {
    fn from(second: Second) -> Self {
        Self {
            at_s: second.at_s,
            messages: second.messages,
            copies: second.copies,
            thinned: second.thinned,
            hits: second.hits.to_vec(),
            of: second.of.to_vec(),
        }
    }
}

/// How the room of a show is, for its crew.
#[utoipa::path(get, path = "/shows/{slug}/reading", tag = "incidents", params(Since),
    responses((status = 200, body = RoomView), (status = "default", body = ErrorBody)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Params(ask): Params<Since>,
) -> ApiResult<Json<RoomView>> {
    let handle = app.shows.get(&slug)?;
    caller.crew_of(handle.host().as_str())?;
    let reading = handle.room.reading();
    let shown = reading.as_ref().map(|reading| reading.shown());
    let channel = |now: &reading::Now| ChannelView {
        channel: now.channel.name(),
        is_chat: now.channel.is_chat(),
        usual: now.usual,
        evidence: now.evidence,
    };
    let since_s = ask.since.unwrap_or(i64::MIN);
    let now = clock::now();
    Ok(Json(RoomView {
        now_ms: now.ms(),
        reading: shown.map(reading::Shown::state),
        alarms_per_1000h: app.config.room.alarms_per_1000h,
        unread: shown.map_or(0, reading::Shown::unread),
        channels: shown.map(|shown| shown.now().iter().map(channel).collect()).unwrap_or_default(),
        seconds: shown
            .map(|shown| shown.seconds(since_s).into_iter().map(SecondView::from).collect())
            .unwrap_or_default(),
        minutes: handle.room.minutes(now),
    }))
}
