//! `/metrics` in Prometheus text (version 0.0.4) and `/readyz`. No label holds a person, a viewer or a text.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use room::{Cause, Counters};
use serde_json::json;
use show::Status;
use show::sentinel::Hearing;
use store::Health;

use crate::app::App;
use crate::clock;
use crate::reading;
use crate::shows::ShowHandle;

/// What a thread of the fan-out is called here.
const SHARD: &str = "room shard";

/// A counter.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: u64) {
        self.0.fetch_add(n, Ordering::Relaxed);
    }
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What this crate counts itself.
#[derive(Default)]
pub(crate) struct Metrics {
    pub(crate) requests: Counter,
    pub(crate) media_requests: Counter,
    pub(crate) orders: Counter,
    pub(crate) orders_refused: Counter,
    /// Every port listens.
    pub(crate) listening: AtomicBool,
}

/// Whether the server can take requests: every port listens, and every task runs. The store's state is said, but a full disk stops no show.
pub(crate) async fn ready(State(app): State<Arc<App>>) -> impl IntoResponse {
    let listening = app.metrics.listening.load(Ordering::Relaxed);
    let down = down(&app);
    let ready = listening && down.is_empty();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let store = match app.store.health() {
        Health::Ok => "ok".to_owned(),
        Health::Degraded(why) | Health::Down(why) => why,
    };
    (status, Json(json!({"listening": listening, "store": store, "down": down})))
}

/// Tasks that should run and do not.
fn down(app: &App) -> Vec<String> {
    let mut down = app.tasks.down();
    if Counters::get(&app.rooms.hub().counters().shards_dead) > 0 {
        down.push(SHARD.to_owned());
    }
    down
}

/// Metrics for Prometheus.
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let mut page = Page::default();
    let m = &app.metrics;
    page.counter("ringlight_http_requests_total", "HTTP requests", m.requests.get());
    page.counter(
        "ringlight_media_requests_total",
        "Requests for playlists and media",
        m.media_requests.get(),
    );
    page.counter("ringlight_orders_total", "Orders acknowledged, retries included", m.orders.get());
    page.counter("ringlight_orders_refused_total", "Orders refused", m.orders_refused.get());
    tasks(&mut page, &app);
    store(&mut page, &app);
    rooms(&mut page, app.rooms.hub().counters());
    shows(&mut page, &app);
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], page.0)
}

#[derive(Default)]
struct Page(String);

impl Page {
    fn head(&mut self, name: &str, help: &str, kind: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }
    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, help, "counter");
        let _ = writeln!(self.0, "{name} {value}");
    }
    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, help, "gauge");
        let _ = writeln!(self.0, "{name} {value}");
    }
    fn labelled(&mut self, name: &str, label: &str, of: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name}{{{label}=\"{of}\"}} {value}");
    }
}

fn tasks(page: &mut Page, app: &App) {
    let name = "ringlight_connections_refused_total";
    page.head(name, "Connections refused, by port and by the limit that was reached", "counter");
    for (port, gate) in [("http", &app.http_gate), ("rtmp", &app.rtmp_gate)] {
        for (limit, count) in [("all", &gate.full), ("address", &gate.crowded)] {
            let _ = writeln!(page.0, "{name}{{port=\"{port}\",limit=\"{limit}\"}} {}", count.get());
        }
    }
    let name = "ringlight_task_panics_total";
    page.head(name, "Panics of tasks that run as long as the server or a show", "counter");
    for (task, count) in app.tasks.panics() {
        page.labelled(name, "task", task, count);
    }
    page.labelled(name, "task", SHARD, Counters::get(&app.rooms.hub().counters().shard_panics));
    page.gauge("ringlight_tasks_down", "Tasks that should run and do not", down(app).len());
}

fn store(page: &mut Page, app: &App) {
    let stats = app.store.stats();
    page.gauge(
        "ringlight_store_up",
        "1 while the store commits",
        u8::from(!matches!(app.store.health(), Health::Down(_))),
    );
    page.gauge("ringlight_store_queue", "Batches that wait for the store", stats.queued);
    page.counter("ringlight_store_commits_total", "Transactions committed", stats.commits);
    page.counter("ringlight_store_batches_total", "Batches committed", stats.batches);
    page.counter(
        "ringlight_store_refused_total",
        "Batches refused for their own fault",
        stats.refused,
    );
    page.counter("ringlight_store_lost_total", "Batches lost to an outage", stats.lost);
    page.gauge(
        "ringlight_store_last_commit_seconds",
        "Length of the last commit with its sync",
        stats.last_commit_us as f64 / 1e6,
    );
    page.gauge(
        "ringlight_objects_bytes",
        "Bytes of recordings and sealed clips",
        app.objects.usage(),
    );
}

fn rooms(page: &mut Page, counters: &Counters) {
    page.gauge(
        "ringlight_room_connections",
        "Viewers connected to rooms",
        Counters::get(&counters.connections),
    );
    page.counter(
        "ringlight_room_delivered_total",
        "Messages delivered to viewers",
        Counters::get(&counters.delivered),
    );
    page.counter(
        "ringlight_invariant_c1_violations_total",
        "Messages delivered after their author's mute",
        Counters::get(&counters.c1_violations),
    );
    page.head("ringlight_room_closed_total", "Connections ended, by cause", "counter");
    for cause in Cause::ALL {
        page.labelled(
            "ringlight_room_closed_total",
            "cause",
            cause.label(),
            counters.closed(cause),
        );
    }
}

fn shows(page: &mut Page, app: &App) {
    let live: Vec<_> =
        app.shows.all().into_iter().filter(|show| show.status() == Status::Live).collect();
    page.gauge("ringlight_shows_live", "Shows that are live", live.len());
    page.head("ringlight_viewers", "Viewers in a show's room", "gauge");
    for show in &live {
        page.labelled(
            "ringlight_viewers",
            "show",
            show.slug.as_str(),
            app.rooms.audience(&show.slug),
        );
    }
    page.head("ringlight_delay_seconds", "What is left of a show's delay", "gauge");
    for show in &live {
        let view = show.onair().map(|onair| onair.view());
        if let Some(status) = view.and_then(|view| view.status.clone()) {
            page.labelled(
                "ringlight_delay_seconds",
                "show",
                show.slug.as_str(),
                status.in_delay.secs_f64(),
            );
        }
    }
    hearing(page, &live);
    rooms_read(page, &live);
    page.gauge("ringlight_clock_seconds", "The server's clock", clock::now().0 as f64 / 1e6);
}

fn hearing(page: &mut Page, live: &[Arc<ShowHandle>]) {
    let well = |show: &ShowHandle| {
        let hearing = show.state().sentinel.hearing;
        hearing.map(|hearing| u8::from(matches!(hearing, Hearing::Ok | Hearing::Late)))
    };
    let name = "ringlight_hearing_up";
    page.head(name, "1 while what the host of a show says is heard and judged", "gauge");
    for (show, well) in live.iter().filter_map(|show| Some((show, well(show)?))) {
        page.labelled(name, "show", show.slug.as_str(), well);
    }
    let name = "ringlight_hearing_behind_seconds";
    page.head(name, "How far hearing is behind a show's feed", "gauge");
    for show in live {
        page.labelled(name, "show", show.slug.as_str(), show.heard.pace().behind.secs_f64());
    }
    let name = "ringlight_hearing_dropped_total";
    page.head(name, "Windows that were too old to be recognised", "counter");
    for show in live {
        page.labelled(name, "show", show.slug.as_str(), show.heard.pace().dropped);
    }
    let name = "ringlight_hearing_lost_total";
    page.head(name, "Frames of sound that found no room before a detector", "counter");
    for show in live {
        page.labelled(name, "show", show.slug.as_str(), show.heard.pace().lost);
    }
}

fn rooms_read(page: &mut Page, live: &[Arc<ShowHandle>]) {
    let read = |show: &Arc<ShowHandle>| Some((Arc::clone(show), show.room.reading()?));
    let read: Vec<_> = live.iter().filter_map(read).collect();
    let name = "ringlight_reading_up";
    page.head(name, "1 while what the room of a show writes is read", "gauge");
    for (show, reading) in &read {
        let well = u8::from(reading.shown().state() == reading::State::Ok);
        page.labelled(name, "show", show.slug.as_str(), well);
    }
    let name = "ringlight_reading_unread_total";
    page.head(name, "Messages that found no room before a reader", "counter");
    for (show, reading) in &read {
        page.labelled(name, "show", show.slug.as_str(), reading.shown().unread());
    }
}
