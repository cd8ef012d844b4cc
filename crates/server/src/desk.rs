//! What the desk sees four times a second: the program, its delay, the feeds, the room and the sales, in one message.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use media::program::{Applied, Kind, OnAudio, OnVideo, State as Stage, Status as Program};
use serde::Serialize;
use show::desk::Fact;
use show::moderation::Second;
use show::sentinel::{Hearing, Mode};
use show::{Slug, Status};
use store::Health;
use units::{ActionId, Timestamp};
use utoipa::ToSchema;

use crate::api::{
    FeedView, IncidentView, LineView, MoneyView, PinView, Words, feed_view, incident_view, lines,
};
use crate::app::App;
use crate::clock;
use crate::onair::{Recording, View, to_air, why_word};
use crate::reading;
use crate::shows::ShowHandle;

const EVERY: Duration = Duration::from_millis(250);
/// Actions in one message; a desk with more in force has other worries.
const ACTIONS_MAX: usize = 20;
/// Incidents in one message; the list has all.
pub(crate) const INCIDENTS_MAX: usize = 8;
/// How long the desk still shows what has aired.
const LINES_AIRED: units::Duration = units::Duration::from_s(6);

/// Tells every desk that somebody sits at, for as long as the server runs.
pub(crate) async fn run(app: Arc<App>) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        every.tick().await;
        for show in app.shows.all() {
            if app.rooms.desk_is_watched(&show.slug) {
                let message = serde_json::to_value(message(&app, &show)).unwrap_or_default();
                app.rooms.tell_desk(&show.slug, message);
            }
        }
    }
}

/// Counts every room once a second into its show's log: how many, never who or what.
pub(crate) async fn count_rooms(app: Arc<App>) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    let mut last = HashMap::new();
    loop {
        every.tick().await;
        // Sessions end by themselves as well.
        app.rooms.close_without_right();
        let shows = app.shows.all();
        shows.iter().for_each(|show| reading::keep(&app, show));
        for show in shows.iter().filter(|show| show.status() == Status::Live) {
            let viewers = u32::try_from(app.rooms.audience(&show.slug)).unwrap_or(u32::MAX);
            let second = Second { viewers, ..show.room.take_second() };
            // A second in which nothing changed says nothing.
            if last.insert(show.slug.clone(), viewers) != Some(viewers)
                || second.said + second.held + second.refused > 0
            {
                show.fact(Fact::RoomCounted(second));
            }
        }
    }
}

/// How a show does, four times a second. A show that is planned or has ended has no program and none of its figures.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeskMessage {
    /// `desk`.
    r#type: &'static str,
    /// `ok`, `late`, `out`, `no_model`, `language`, `full` or `off`; null: nobody listens.
    #[schema(value_type = Option<String>)]
    hearing: Option<Hearing>,
    /// How far hearing is behind the feed.
    hearing_behind_ms: i64,
    /// Windows that it has dropped.
    hearing_dropped: u64,
    /// `advise` or `act`; null: nobody listens.
    #[schema(value_type = Option<String>)]
    policy: Option<Mode>,
    /// The newest eight; the list has all.
    incidents: Vec<IncidentView>,
    /// `planned`, `live` or `ended`.
    #[schema(value_type = String)]
    status: Status,
    started_at: Option<String>,
    /// What viewers who keep up see now; 0 before the first air.
    air_ms: i64,
    feed: Option<FeedView>,
    /// Null when the plan names nobody.
    standby: Option<DeskStandby>,
    viewers: usize,
    /// Of the last minute, the oldest second first.
    msgs_per_s: Vec<u32>,
    /// Of the last five minutes, the oldest first.
    orders_per_min: Vec<u32>,
    /// Orders that stand: reserved or paid.
    orders: u64,
    /// What they are worth, in the currency of most of it; null without an order.
    #[schema(value_type = Option<MoneyView>)]
    revenue: Option<Worth>,
    /// What is pinned from what the host does now on.
    pin: Option<PinView>,
    /// `ok`, `degraded` or `down`.
    store: &'static str,
    storage_note: Option<String>,
    recording: bool,
    recording_failing: bool,
    #[serde(flatten)]
    program: Option<DeskProgram>,
}

#[derive(Serialize)]
struct Worth {
    minor: i64,
    currency: String,
}

/// The program of a live show.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeskProgram {
    /// What the host said: what waits in the delay and what has just aired, unfinished sentences last.
    lines: Vec<LineView>,
    /// `host`, `standby` or `slate`.
    #[schema(value_type = String)]
    on: OnVideo,
    /// The same.
    #[schema(value_type = String)]
    video: OnVideo,
    /// `host`, `standby` or `silence`.
    #[schema(value_type = String)]
    audio: OnAudio,
    /// Why it is not the host, such as `action`, `held` or `feed_lost`.
    why: Option<String>,
    delay_s: f64,
    /// What is left of the delay.
    in_delay_ms: i64,
    /// The newest moment of the preview.
    newest_media_ms: i64,
    /// The moment that airs now.
    air_media_ms: i64,
    /// A restart lost records: the slate airs until somebody resumes.
    held: bool,
    /// Planned or in force, the newest 20.
    actions: Vec<DeskAction>,
}

/// An action that is planned or in force.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeskAction {
    #[schema(value_type = String)]
    id: ActionId,
    #[schema(value_type = String)]
    kind: Kind,
    #[schema(value_type = String)]
    state: Stage,
    from_media_ms: i64,
    to_media_ms: Option<i64>,
    from_air_ms: Option<i64>,
    to_air_ms: Option<i64>,
    airs_at: String,
    ends_at: Option<String>,
    time_to_air_ms: i64,
    late: bool,
}

/// Who stands by.
#[derive(Serialize, ToSchema)]
pub(crate) struct DeskStandby {
    #[schema(value_type = String)]
    slug: Slug,
    name: String,
    ready: bool,
    /// Why not, as a word.
    code: Option<String>,
    /// Why not, as a sentence.
    why: Option<String>,
    feed: Option<FeedView>,
}

fn message(app: &App, show: &ShowHandle) -> DeskMessage {
    let now = clock::now();
    let state = show.state();
    let view = show.onair().map(|onair| onair.view());
    let clock = show.air_clock();
    let sales = app.shop.sales(&show.slug);
    let (store, storage_note) = match app.store.health() {
        Health::Ok => ("ok", None),
        Health::Degraded(why) => ("degraded", Some(why)),
        Health::Down(why) => ("down", Some(why)),
    };
    let recording = view.as_ref().map_or(Recording::Off, |view| view.recording);
    let pin = state.sale.pin_at(clock.newest);
    // A show sells in one currency as a rule; of several the one with most is shown.
    let most = sales.revenue.iter().max_by_key(|(_, minor)| **minor);
    let said = |text: show::text::TextRef| show.heard.text(text.id);
    let wrote = |id| show.room.shown(id);
    let words = Words { said: &said, wrote: &wrote };
    let incidents = state.sentinel.incidents.iter().rev().take(INCIDENTS_MAX);
    let pace = show.heard.pace();
    let policy = state.plan.as_ref().and_then(|plan| plan.policy.as_ref());
    let live = view.as_deref().and_then(|view| Some((view.status.as_ref()?, view)));
    DeskMessage {
        r#type: "desk",
        hearing: state.sentinel.hearing,
        hearing_behind_ms: pace.behind.ms(),
        hearing_dropped: pace.dropped,
        policy: policy.map(|policy| policy.mode),
        incidents: incidents.map(|incident| incident_view(app, incident, &words)).collect(),
        status: state.status,
        started_at: crate::app::text(state.started_at),
        air_ms: clock.now.ms(),
        feed: feed_view(app, show.host().as_str()),
        standby: standby(app, show, view.as_deref()),
        viewers: app.rooms.audience(&show.slug),
        msgs_per_s: show.room.pulse(now),
        orders_per_min: sales.per_min(now),
        orders: sales.orders,
        revenue: most.map(|(currency, minor)| Worth { minor: *minor, currency: currency.clone() }),
        pin: pin.map(|pin| PinView::of(pin.sku.as_ref(), pin.air)),
        store,
        storage_note,
        recording: recording == Recording::On,
        recording_failing: recording == Recording::Failing,
        program: live.map(|(status, view)| program(show, status, view, now)),
    }
}

fn program(show: &ShowHandle, status: &Program, view: &View, now: Timestamp) -> DeskProgram {
    let since = now - view.at;
    let air_point = status.air_point + since;
    DeskProgram {
        lines: lines(show, air_point - LINES_AIRED),
        on: status.video,
        video: status.video,
        audio: status.audio,
        why: status.why.as_ref().map(why_word),
        delay_s: status.delay.ms() as f64 / 1000.0,
        in_delay_ms: (status.in_delay - since).ms().max(0),
        newest_media_ms: status.newest.ms(),
        air_media_ms: air_point.ms(),
        held: status.held,
        actions: status.actions.iter().rev().take(ACTIONS_MAX).map(action).collect(),
    }
}

fn action(action: &Applied) -> DeskAction {
    DeskAction {
        id: action.id,
        kind: action.kind,
        state: action.state,
        from_media_ms: action.from.ms(),
        to_media_ms: action.to.map(|to| to.ms()),
        from_air_ms: action.from_air.map(|air| air.ms()),
        to_air_ms: to_air(action).map(|air| air.ms()),
        airs_at: action.airs_at.rfc3339(),
        ends_at: crate::app::text(action.ends_at),
        time_to_air_ms: action.time_to_air.ms(),
        late: action.late,
    }
}

fn standby(app: &App, show: &ShowHandle, view: Option<&View>) -> Option<DeskStandby> {
    let slug: Slug = show.standby()?;
    let host = app.catalogue.hosts.get(slug.as_str());
    let name = host.map_or_else(|| slug.to_string(), |host| host.name.clone());
    let not_ready = match view.and_then(|view| view.status.as_ref()) {
        Some(status) => status.standby.not_ready.map(|why| {
            let code = serde_json::to_value(why).unwrap_or_default()["code"].take();
            (code.as_str().unwrap_or_default().to_owned(), why.to_string())
        }),
        None if show.state().status == Status::Live => {
            Some(("not_on_air".to_owned(), "the program has not begun".to_owned()))
        }
        None => Some(("not_live".to_owned(), "the show is not live".to_owned())),
    };
    let ready = not_ready.is_none();
    let (code, why) = not_ready.unzip();
    let feed = feed_view(app, slug.as_str());
    Some(DeskStandby { slug, name, ready, code, why, feed })
}
