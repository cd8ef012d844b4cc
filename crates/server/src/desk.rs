//! What the desk sees four times a second: the program, its delay, the feeds, the room and the sales, in one message.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use media::program::{Applied, Status as Program};
use serde_json::{Value, json};
use show::desk::Fact;
use show::moderation::Second;
use show::{Slug, Status};
use store::Health;
use units::Timestamp;

use crate::api::feed_view;
use crate::app::App;
use crate::clock;
use crate::onair::{Recording, View, to_air, why_word};
use crate::shows::ShowHandle;

const EVERY: Duration = Duration::from_millis(250);
/// Actions in one message; a desk with more in force has other worries.
const ACTIONS_MAX: usize = 20;

/// Tells every desk that somebody sits at, for as long as the server runs.
pub(crate) async fn run(app: Arc<App>) {
    let mut every = tokio::time::interval(EVERY);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        every.tick().await;
        for show in app.shows.all() {
            if app.rooms.desk_is_watched(&show.slug) {
                app.rooms.tell_desk(&show.slug, message(&app, &show));
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
        for show in app.shows.all().iter().filter(|show| show.status() == Status::Live) {
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

fn message(app: &App, show: &ShowHandle) -> Value {
    let now = clock::now();
    let state = show.state();
    let view = show.onair().map(|onair| onair.view());
    let clock = show.air_clock();
    let host = show.host();
    let sales = app.shop.sales(&show.slug);
    let (store, store_note) = match app.store.health() {
        Health::Ok => ("ok", None),
        Health::Degraded(why) => ("degraded", Some(why)),
        Health::Down(why) => ("down", Some(why)),
    };
    let recording = view.as_ref().map_or(Recording::Off, |view| view.recording);
    let pin =
        state.sale.pin_at(clock.newest).map(|pin| json!({"sku": pin.sku, "air_ms": pin.air.ms()}));
    // A show sells in one currency as a rule; of several the one with most is shown.
    let most = sales.revenue.iter().max_by_key(|(_, minor)| **minor);
    let revenue = most.map(|(currency, minor)| json!({"minor": minor, "currency": currency}));
    let mut message = json!({
        "type": "desk",
        "status": state.status,
        "started_at": crate::app::text(state.started_at),
        "air_ms": clock.now.ms(),
        "feed": feed_view(app, host.as_str()),
        "standby": standby(app, show, view.as_deref()),
        "viewers": app.rooms.audience(&show.slug),
        "msgs_per_s": show.room.pulse(now),
        "orders_per_min": sales.per_min(now),
        "orders": sales.orders,
        "revenue": revenue,
        "pin": pin,
        "store": store,
        "storage_note": store_note,
        "recording": recording == Recording::On,
        "recording_failing": recording == Recording::Failing,
    });
    if let (Some(view), Some(fields)) = (view.as_deref(), message.as_object_mut())
        && let Some(status) = &view.status
        && let Value::Object(program) = program(status, view, now)
    {
        fields.extend(program);
    }
    message
}

fn program(status: &Program, view: &View, now: Timestamp) -> Value {
    let since = now - view.at;
    json!({
        "on": status.video,
        "video": status.video,
        "audio": status.audio,
        "why": status.why.as_ref().map(why_word),
        "delay_s": status.delay.ms() as f64 / 1000.0,
        "in_delay_ms": (status.in_delay - since).ms().max(0),
        "newest_media_ms": status.newest.ms(),
        "air_media_ms": (status.air_point + since).ms(),
        "held": status.held,
        "actions": status.actions.iter().rev().take(ACTIONS_MAX).map(action).collect::<Vec<_>>(),
    })
}

fn action(action: &Applied) -> Value {
    json!({
        "id": action.id,
        "kind": action.kind,
        "state": action.state,
        "from_media_ms": action.from.ms(),
        "to_media_ms": action.to.map(|to| to.ms()),
        "from_air_ms": action.from_air.map(|air| air.ms()),
        "to_air_ms": to_air(action).map(|air| air.ms()),
        "airs_at": action.airs_at.rfc3339(),
        "ends_at": crate::app::text(action.ends_at),
        "time_to_air_ms": action.time_to_air.ms(),
        "late": action.late,
    })
}

fn standby(app: &App, show: &ShowHandle, view: Option<&View>) -> Option<Value> {
    let slug: Slug = show.standby()?;
    let name = app
        .catalogue
        .hosts
        .get(slug.as_str())
        .map_or_else(|| slug.to_string(), |host| host.name.clone());
    let status = view.and_then(|view| view.status.as_ref());
    let not_ready = match status {
        Some(status) => status.standby.not_ready.map(|why| {
            (serde_json::to_value(why).unwrap_or_default()["code"].clone(), why.to_string())
        }),
        None if show.state().status == Status::Live => {
            Some(("not_on_air".into(), "the program has not begun".to_owned()))
        }
        None => Some(("not_live".into(), "the show is not live".to_owned())),
    };
    Some(json!({
        "slug": slug,
        "name": name,
        "ready": not_ready.is_none(),
        "code": not_ready.as_ref().map(|(code, _)| code),
        "why": not_ready.as_ref().map(|(_, why)| why),
        "feed": feed_view(app, slug.as_str()),
    }))
}
