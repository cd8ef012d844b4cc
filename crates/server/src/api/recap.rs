//! What a show was: viewers, talk, sales, incidents, actions and hours, for its crew.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use insight::recap::{Minute, Recap, Sales, SalesMinute, Stretch, Who};
use serde::Serialize;
use show::desk::{ActionKind, ActionState};
use show::shop::OrderStatus;
use show::text::TextRef;
use show::{Actor, Status};
use store::StoreError;
use units::{ActionId, AirTime, Currency, IncidentId, MessageId, Money, Timestamp};
use utoipa::ToSchema;

use super::reading::{TurnView, turn_view};
use super::shows::{ShowView, show_view};
use super::{IncidentView, MoneyView, Words, incident_view};
use crate::analysis::aside;
use crate::analysis::recap::{Places, sales};
use crate::app::{App, text};
use crate::clock;
use crate::errors::{ApiResult, Code, ErrorBody};
use crate::hls;
use crate::http::body::Path;
use crate::people::Caller;
use crate::shows::ShowHandle;

/// How many watched.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapViewers {
    /// The most at once.
    peak: u32,
    /// When that was first.
    peak_at: Option<String>,
    /// For half of the time there were fewer.
    median: u32,
}

/// What was said in the room, in numbers.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapTalk {
    /// Messages that the room got to read.
    said: u64,
    /// Messages held for review, beside those said; one that was let through is said as well.
    held: u64,
    refused: u64,
    /// Of those said, copies of a text that the room had just read; 0 where the room was not read.
    copies: u64,
    /// Messages that moderators took away.
    deleted: u64,
    /// Times that a viewer was silenced.
    silenced: u64,
}

/// The show minute by minute; all lists have one value for each minute from `from` on.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapMinutes {
    /// The minute in which the show began; null when it never did.
    from: Option<String>,
    /// On average; null where nobody counted.
    viewers: Vec<Option<u64>>,
    said: Vec<u32>,
    /// Messages held for review, beside those said.
    held: Vec<u32>,
    refused: Vec<u32>,
    copies: Vec<u32>,
    orders: Vec<u32>,
    cancelled: Vec<u32>,
    refunds: Vec<u32>,
}

/// Orders of one currency, as they stand now.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapValue {
    currency: String,
    /// Paid, and not paid back.
    #[schema(value_type = MoneyView)]
    paid: Money,
    /// Kept for buyers who have not paid yet.
    #[schema(value_type = MoneyView)]
    open: Money,
    #[schema(value_type = MoneyView)]
    refunded: Money,
    /// Cancelled or expired before it was paid.
    #[schema(value_type = MoneyView)]
    cancelled: Money,
}

/// What one product sold.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapProduct {
    sku: String,
    title: String,
    orders: u64,
    /// Units paid or kept.
    units: u64,
    /// Units cancelled, expired or paid back.
    returned: u64,
    value: Vec<RecapValue>,
}

/// What was sold, as its orders stand now.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapSales {
    /// All that were placed.
    orders: u64,
    reserved: u64,
    paid: u64,
    cancelled: u64,
    expired: u64,
    refunded: u64,
    value: Vec<RecapValue>,
    /// What sold the most units first.
    products: Vec<RecapProduct>,
    /// Orders of products that are not listed.
    other_products: u64,
}

/// An incident and where it lies.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapIncident {
    incident: IncidentView,
    /// When its words aired, or would have.
    air_ms: Option<i64>,
    /// The second of the recording; null where there is none.
    recording_s: Option<i64>,
}

/// A room that turned.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapTurn {
    /// The incident that it belongs to.
    #[schema(value_type = String)]
    incident: IncidentId,
    turn: TurnView,
    /// Where in the recording it began.
    recording_s: Option<i64>,
}

/// An action on the program.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapAction {
    #[schema(value_type = String)]
    id: ActionId,
    #[schema(value_type = String)]
    kind: ActionKind,
    /// Who, by name.
    actor: String,
    /// Null where none was given, or once it is erased.
    reason: Option<String>,
    at: String,
    /// When it began on air.
    from_air_ms: Option<i64>,
    to_air_ms: Option<i64>,
    /// How much of the program it took; null where it has no end.
    length_ms: Option<i64>,
    time_to_air_ms: i64,
    /// A part of what was asked for had aired.
    late: bool,
    /// `active`, `ended`, `undone` or `shortened`.
    #[schema(value_type = String)]
    state: ActionState,
    undone_by: Option<String>,
    recording_s: Option<i64>,
}

/// A stretch of the program.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapStretch {
    /// When it began.
    at: String,
    from_air_ms: i64,
    to_air_ms: i64,
    recording_s: Option<i64>,
}

/// Who was on air when.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapHours {
    /// Time of the program with the host's picture or sound.
    host_ms: i64,
    standby_ms: i64,
    /// Slate and silence.
    nobody_ms: i64,
    /// The host on air; pauses below a minute are counted in.
    sessions: Vec<RecapStretch>,
    /// What lies between sessions.
    breaks: Vec<RecapStretch>,
    /// The standby on air.
    hand_overs: Vec<RecapStretch>,
}

/// What did not fit into the recap.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapLeftOut {
    /// The show has more minutes than are told one by one.
    minutes: bool,
    incidents: u64,
    actions: u64,
    /// Facts that happened while the store was away for so long that they could not be kept.
    facts: u64,
    /// Changes of who was on air; hours and breaks after them are not right.
    changes: u64,
    /// The program stalled so often that moments of the recording are not exact from some moment on.
    clock: bool,
    /// There are more orders than were counted.
    orders: bool,
    /// The log goes on: ask again.
    log: bool,
}

/// What a show was.
#[derive(Serialize, ToSchema)]
pub(crate) struct RecapView {
    show: ShowView,
    /// Until when; later than the end of a show that has ended.
    at: String,
    /// Entries of the log that it rests on.
    entries: u64,
    viewers: RecapViewers,
    talk: RecapTalk,
    minutes: RecapMinutes,
    sales: RecapSales,
    /// In the order in which they were opened.
    incidents: Vec<RecapIncident>,
    /// In the order in which the room turned.
    turns: Vec<RecapTurn>,
    /// In the order in which they were taken.
    actions: Vec<RecapAction>,
    hours: RecapHours,
    left_out: RecapLeftOut,
}

/// What a live or ended show was, for its crew. Words and reasons are those that are not erased.
#[utoipa::path(get, path = "/shows/{slug}/recap", tag = "recap",
    responses((status = 200, body = RecapView), (status = "default", body = ErrorBody)))]
pub(crate) async fn read(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<RecapView>> {
    let handle = app.shows.get(&slug)?;
    caller.crew_of(handle.host().as_str())?;
    if handle.status() == Status::Planned {
        return Err(Code::NotLive.into());
    }
    let turn = Arc::clone(&app.recaps.turn).lock_owned().await;
    let own = Arc::clone(&app);
    let view = aside("recap", turn, move || Ok(view(&own, &handle)));
    let view = view.await?.map_err(|error| {
        tracing::error!(%error, "a recap broke down");
        Code::Internal
    })??;
    Ok(Json(view.ok_or(Code::UnknownShow)?))
}

fn view(app: &App, handle: &ShowHandle) -> Result<Option<RecapView>, StoreError> {
    let Some(show) = show_view(app, handle) else { return Ok(None) };
    let now = clock::now();
    let places = match show.can_be_watched() {
        true => hls::index(&*app.objects, &handle.slug)?.unwrap_or_default(),
        false => Vec::new(),
    };
    let places = Places::of(&places);
    app.recaps.with(&*app.store, &handle.slug, now, |recap, whole| {
        let (sales, all_orders) = sales(&*app.store, &handle.slug, recap.started())?;
        let tell = Tell { app, handle, recap, places: &places };
        Ok(Some(RecapView {
            show,
            at: now.rfc3339(),
            entries: recap.seq(),
            viewers: tell.viewers(),
            talk: tell.talk(),
            minutes: minutes(recap, &sales, now.ms()),
            sales: sales_view(&sales),
            incidents: tell.incidents(),
            turns: tell.turns(),
            actions: tell.actions(),
            hours: tell.hours(),
            left_out: left_out(recap, whole, all_orders),
        }))
    })
}

/// What the parts of a recap are told from.
struct Tell<'a> {
    app: &'a App,
    handle: &'a ShowHandle,
    recap: &'a Recap,
    places: &'a Places,
}

impl Tell<'_> {
    fn words(&self, text: TextRef) -> Option<String> {
        // Memory holds what is on its way to the store.
        let row = self.app.store.text(text.id).ok().flatten();
        row.map(|row| row.text).or_else(|| self.handle.heard.text(text.id))
    }

    fn wrote(&self, id: MessageId) -> Option<String> {
        let line = self.app.store.chat_line(id).ok().flatten();
        line.map(|line| line.row.text).or_else(|| self.handle.room.shown(id))
    }

    fn viewers(&self) -> RecapViewers {
        let figures = self.recap.viewers();
        let (peak, median) = (figures.peak, figures.median);
        RecapViewers { peak, peak_at: text(figures.peak_at), median }
    }

    fn talk(&self) -> RecapTalk {
        let insight::recap::Talk { said, held, refused, copies, deleted, silenced } =
            self.recap.talk();
        RecapTalk { said, held, refused, copies, deleted, silenced }
    }

    fn incidents(&self) -> Vec<RecapIncident> {
        let wrote = |id| self.wrote(id);
        let words = Words { said: &|text| self.words(text), wrote: &wrote };
        let tell = |incident: &show::sentinel::Incident| {
            let air = self.recap.aired(incident);
            RecapIncident {
                incident: incident_view(self.app, incident, &words),
                air_ms: air.map(AirTime::ms),
                recording_s: self.places.second(air),
            }
        };
        self.recap.incidents().into_iter().map(tell).collect()
    }

    fn turns(&self) -> Vec<RecapTurn> {
        let wrote = |id| self.wrote(id);
        let words = Words { said: &|text| self.words(text), wrote: &wrote };
        let mut turned: Vec<_> = self.recap.incidents();
        turned.retain(|incident| incident.room.is_some());
        turned.sort_by_key(|incident| incident.room.as_ref().map(|turn| turn.at));
        let tell = |incident: &show::sentinel::Incident| {
            let turn = incident.room.as_ref()?;
            Some(RecapTurn {
                incident: incident.id,
                turn: turn_view(turn, &words),
                recording_s: self.places.second(self.recap.clock().air_at(turn.since)),
            })
        };
        turned.into_iter().filter_map(tell).collect()
    }

    fn actions(&self) -> Vec<RecapAction> {
        let name = |by: &Actor| self.app.people.name_of(by);
        let tell = |done: &insight::recap::Done| {
            let action = &done.action;
            let undone = action.state == ActionState::Undone;
            let ends = action.from_air.zip(action.to_air).filter(|_| !undone);
            RecapAction {
                id: action.id,
                kind: action.kind,
                actor: name(&action.by),
                reason: action.reason.and_then(|reason| self.words(reason)),
                at: action.at.rfc3339(),
                from_air_ms: action.from_air.map(AirTime::ms),
                to_air_ms: action.to_air.map(AirTime::ms),
                length_ms: ends.map(|(from, to)| (to - from).ms().max(0)),
                time_to_air_ms: action.time_to_air.ms(),
                late: action.late,
                state: action.state,
                undone_by: done.undone_by.as_ref().map(name),
                recording_s: self.places.second(action.from_air),
            }
        };
        self.recap.actions().iter().map(tell).collect()
    }

    fn hours(&self) -> RecapHours {
        let hours = self.recap.hours();
        let end = self.recap.clock().end().unwrap_or(AirTime::ZERO);
        let stretch = |stretch: Stretch| RecapStretch {
            at: stretch.at.rfc3339(),
            from_air_ms: stretch.from.ms(),
            to_air_ms: stretch.to.ms(),
            recording_s: self.places.second(Some(stretch.from)),
        };
        let all = |stretches: Vec<Stretch>| stretches.into_iter().map(stretch).collect();
        RecapHours {
            host_ms: hours.of(Who::Host, end).ms(),
            standby_ms: hours.of(Who::Standby, end).ms(),
            nobody_ms: hours.of(Who::Nobody, end).ms(),
            sessions: all(hours.sessions(end)),
            breaks: all(hours.breaks(end)),
            hand_overs: all(hours.hand_overs(end)),
        }
    }
}

fn left_out(recap: &Recap, whole: bool, all_orders: bool) -> RecapLeftOut {
    let insight::recap::LeftOut { minutes, incidents, actions, facts, changes, clock } =
        recap.left_out();
    let (log, orders) = (!whole, !all_orders);
    RecapLeftOut { minutes, incidents, actions, facts, changes, clock, orders, log }
}

/// The minutes of the show: orders that are cancelled or paid back after its last one count in the sums only.
fn minutes(recap: &Recap, sales: &Sales, now_ms: i64) -> RecapMinutes {
    let last_ms = recap.ended().map_or(now_ms, Timestamp::ms);
    let first = recap.first_minute();
    let span = first.map_or(0, |first| last_ms.div_euclid(60_000) - first + 1);
    let count = usize::try_from(span).unwrap_or(0).min(insight::recap::MINUTES_MAX);
    let room = |place: usize| recap.minutes().get(place).copied().unwrap_or_default();
    let shop = |place: usize| sales.minutes.get(place).copied().unwrap_or_default();
    let of_room = |pick: fn(Minute) -> u32| (0..count).map(|place| pick(room(place))).collect();
    let of_shop =
        |pick: fn(SalesMinute) -> u32| (0..count).map(|place| pick(shop(place))).collect();
    RecapMinutes {
        from: first.map(|first| Timestamp::from_ms(first * 60_000).rfc3339()),
        viewers: (0..count).map(|place| room(place).viewers()).collect(),
        said: of_room(|minute| minute.said),
        held: of_room(|minute| minute.held),
        refused: of_room(|minute| minute.refused),
        copies: of_room(|minute| minute.copies),
        orders: of_shop(|minute| minute.orders),
        cancelled: of_shop(|minute| minute.cancelled),
        refunds: of_shop(|minute| minute.refunds),
    }
}

type Values = std::collections::BTreeMap<Currency, insight::recap::Value>;

fn values(values: &Values) -> Vec<RecapValue> {
    let value = |(currency, value): (&Currency, &insight::recap::Value)| {
        let money = |minor| Money { minor, currency: *currency };
        RecapValue {
            currency: currency.to_string(),
            paid: money(value.paid),
            open: money(value.open),
            refunded: money(value.refunded),
            cancelled: money(value.cancelled),
        }
    };
    values.iter().map(value).collect()
}

fn sales_view(sales: &Sales) -> RecapSales {
    let count = |status| sales.orders.get(&status).copied().unwrap_or(0);
    let mut products: Vec<RecapProduct> = sales
        .products
        .iter()
        .map(|(sku, product)| RecapProduct {
            sku: sku.clone(),
            title: product.title.clone(),
            orders: product.orders,
            units: product.units,
            returned: product.returned,
            value: values(&product.value),
        })
        .collect();
    products.sort_by(|a, b| b.units.cmp(&a.units).then_with(|| a.sku.cmp(&b.sku)));
    RecapSales {
        orders: sales.placed(),
        reserved: count(OrderStatus::Reserved),
        paid: count(OrderStatus::Paid),
        cancelled: count(OrderStatus::CancelledByBuyer) + count(OrderStatus::CancelledBySeller),
        expired: count(OrderStatus::Expired),
        refunded: count(OrderStatus::Refunded),
        value: values(&sales.value),
        products,
        other_products: sales.other_products,
    }
}
