//! What a show was: the fold of `insight::recap` over a show's log, kept between requests so that only what is new is read,
//! and its orders. Where a moment lies in the recording is looked up in the recording's own index.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, PoisonError};

use insight::recap::{Recap, Sales, Sold, status_of};
use media::hls::vod;
use serde::Deserialize;
use show::entry::Entry;
use show::{Event, Show, Slug};
use store::{OrderQuery, Reader, StoreError, StreamId};
use units::{AirTime, Duration, Timestamp};

/// Folds that are kept; the one asked for longest ago goes first.
const KEPT_MAX: usize = 8;
/// Records read at once.
const PAGE: usize = 500;
/// Entries that one request reads at most: a show of two weeks. The next request goes on from there.
const ENTRIES_MAX: usize = 2_000_000;
/// Orders that a recap counts at most.
const ORDERS_MAX: usize = 1_000_000;

/// An entry without its input: a recap needs what was decided, not what was asked.
#[derive(Deserialize)]
struct Told {
    s: u64,
    t: Timestamp,
    #[serde(default)]
    e: Vec<Event>,
}

/// The folds of shows that were asked for.
#[derive(Default)]
pub(crate) struct Recaps {
    kept: Mutex<Vec<(Slug, Recap)>>,
    /// Logs are read one after the other.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
}

impl Recaps {
    /// What the log of a show tells until now, and whether that is all of it. Blocks on the disk; the caller holds the turn.
    pub(crate) fn with<T>(
        &self,
        reader: &dyn Reader,
        show: &Slug,
        now: Timestamp,
        tell: impl FnOnce(&Recap, bool) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let known = {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            let place = kept.iter().position(|(slug, _)| slug == show);
            place.map(|place| kept.remove(place).1)
        };
        let mut recap = known.unwrap_or_default();
        let whole = read(reader, show, &mut recap, ENTRIES_MAX)?;
        // What is not read yet may say otherwise.
        let told = if whole { tell(&recap.until(now), whole) } else { tell(&recap, whole) };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((show.clone(), recap));
        if kept.len() > KEPT_MAX {
            kept.remove(0);
        }
        told
    }
}

/// Folds what comes after the last entry that the recap knows; says whether it came to the end.
fn read(
    reader: &dyn Reader,
    show: &Slug,
    recap: &mut Recap,
    most: usize,
) -> Result<bool, StoreError> {
    let stream = StreamId::new(&format!("show/{show}"));
    let mut left = most;
    loop {
        let records = reader.read_log(&stream, recap.seq() + 1, PAGE)?;
        if records.is_empty() {
            return Ok(true);
        }
        for record in &records {
            for bytes in record.entries()? {
                if bytes.seq <= recap.seq() {
                    continue;
                }
                let Some(rest) = left.checked_sub(1) else { return Ok(false) };
                left = rest;
                let told: Told = serde_json::from_slice(&bytes.body).map_err(|error| {
                    StoreError::Corrupt { what: format!("{stream} entry {}: {error}", bytes.seq) }
                })?;
                let Told { s: seq, t: at, e: events } = told;
                recap.push(&Entry::<Show> { seq, at, input: None, events, digest: None });
            }
        }
    }
}

/// The orders of a show that began then, and whether those are all. Blocks on the disk.
pub(crate) fn sales(
    reader: &dyn Reader,
    show: &Slug,
    started: Option<Timestamp>,
) -> Result<(Sales, bool), StoreError> {
    sales_of(reader, show, started, ORDERS_MAX)
}

fn sales_of(
    reader: &dyn Reader,
    show: &Slug,
    started: Option<Timestamp>,
    most: usize,
) -> Result<(Sales, bool), StoreError> {
    let mut sales = Sales::since(started);
    let query = OrderQuery { show: Some(show.to_string()), ..OrderQuery::default() };
    let (mut left, mut whole) = (most, true);
    store::each_order(reader, &query, &mut |order| {
        let Some(rest) = left.checked_sub(1) else {
            whole = false;
            return ControlFlow::Break(());
        };
        left = rest;
        let row = &order.row;
        // A word that this version does not know is of a later one.
        if let Some(status) = status_of(&row.status) {
            sales.push(&Sold {
                sku: &row.sku,
                title: &row.title,
                quantity: row.quantity,
                unit_price: row.unit_price,
                status,
                placed_at: row.created_at,
                changed_at: row.updated_at,
            });
        }
        ControlFlow::Continue(())
    })?;
    Ok((sales, whole))
}

/// Where moments of the program lie in a recording, whose player knows nothing of what is missing in it.
#[derive(Debug, Default)]
pub(crate) struct Places(Vec<Place>);

#[derive(Debug)]
struct Place {
    from: AirTime,
    to: AirTime,
    into: Duration,
}

/// Segments that lie this close together are one stretch.
const SEAM: Duration = Duration::from_ms(50);

impl Places {
    /// Of an index.
    pub(crate) fn of(entries: &[vod::Entry]) -> Self {
        let mut places: Vec<Place> = Vec::new();
        let mut into = Duration::ZERO;
        for entry in entries.iter().filter(|entry| !entry.gap) {
            let end = entry.air + entry.duration;
            match places.last_mut() {
                Some(last) if (entry.air - last.to).abs() <= SEAM => last.to = end,
                _ => places.push(Place { from: entry.air, to: end, into }),
            }
            into += entry.duration;
        }
        Self(places)
    }

    /// Seconds into the recording, rounded down; `None` where nothing was recorded.
    pub(crate) fn second(&self, air: Option<AirTime>) -> Option<i64> {
        let air = air?;
        let next = self.0.partition_point(|place| place.from <= air);
        let place = self.0.get(next.checked_sub(1)?)?;
        (air < place.to).then(|| (place.into + (air - place.from)).ms().div_euclid(1000))
    }
}

#[cfg(test)]
mod tests {
    use show::desk::Fact;
    use show::moderation::Second;
    use store::{Append, Batch, EntryBytes, MemoryStore, OrderChange, OrderRow, Store};
    use units::{DeviceId, Money, OrderId};

    use super::*;

    fn entry(seq: u64, events: Vec<Event>) -> EntryBytes {
        let at = Timestamp::from_ms(seq as i64 * 1000);
        let entry = Entry::<Show> { seq, at, input: None, events, digest: None };
        EntryBytes { seq, at, body: show::entry::encode_one(&entry) }
    }

    fn room(seq: u64, viewers: u32, said: u32) -> EntryBytes {
        let second = Second { viewers, said, held: 0, refused: 0 };
        let at = Timestamp::from_ms(seq as i64 * 1000);
        entry(seq, vec![Event::Noted { fact: Fact::RoomCounted(second), at }])
    }

    fn counted(seq: u64, said: u32) -> EntryBytes {
        room(seq, 1, said)
    }

    fn append(store: &MemoryStore, show: &str, entries: Vec<EntryBytes>) {
        let stream = StreamId::new(&format!("show/{show}"));
        let expected_seq = entries[0].seq - 1;
        let log = Some(Append { stream, expected_seq, entries });
        let batch = Batch { log, ..Batch::default() };
        store.submit(batch).wait().unwrap();
    }

    #[test]
    fn a_recap_goes_on_where_it_stopped() {
        let store = MemoryStore::default();
        let show = Slug::new("evening").unwrap();
        let now = Timestamp::from_ms(0);
        let started = Event::Started { by: show::Actor::System, at: Timestamp::from_ms(1000) };
        append(&store, "evening", vec![entry(1, vec![started]), counted(2, 3)]);
        let recaps = Recaps::default();
        let said = |show: &Slug| {
            recaps
                .with(&store, show, now, |recap, whole| {
                    assert!(whole);
                    Ok((recap.seq(), recap.talk().said))
                })
                .unwrap()
        };
        assert_eq!(said(&show), (2, 3));
        append(&store, "evening", vec![counted(3, 4)]);
        assert_eq!(said(&show), (3, 7));
        assert_eq!(said(&show), (3, 7));
        for n in 0..KEPT_MAX + 3 {
            assert_eq!(said(&Slug::new(&format!("other{n}")).unwrap()), (0, 0));
        }
        assert_eq!(recaps.kept.lock().unwrap().len(), KEPT_MAX);
        assert_eq!(said(&show), (3, 7), "forgotten, and read anew");
        // A log that is longer than one request may read.
        let mut recap = Recap::default();
        assert!(!read(&store, &show, &mut recap, 2).unwrap());
        assert!(read(&store, &show, &mut recap, 2).unwrap());
        assert_eq!(recap.talk().said, 7);
    }

    #[test]
    fn a_live_show_that_is_asked_again_counts_no_time_twice() {
        let store = MemoryStore::default();
        let show = Slug::new("evening").unwrap();
        let started = Event::Started { by: show::Actor::System, at: Timestamp::from_ms(1000) };
        append(&store, "evening", vec![entry(1, vec![started]), room(2, 10, 0)]);
        let recaps = Recaps::default();
        let viewers = |now_s: i64| {
            let now = Timestamp::from_ms(now_s * 1000);
            recaps.with(&store, &show, now, |recap, _| Ok(recap.minutes()[0].viewers())).unwrap()
        };
        assert_eq!(viewers(60), Some(10));
        // Committed after it was asked for, and stamped before.
        append(&store, "evening", vec![room(3, 68, 0)]);
        assert_eq!(viewers(61), Some(67), "10 for one second, 68 for 57");
        assert_eq!(viewers(61), Some(67));
    }

    #[test]
    fn orders_that_are_not_counted_are_said() {
        let store = MemoryStore::default();
        let show = Slug::new("evening").unwrap();
        let batch = |n: u128| {
            let order = OrderRow {
                id: OrderId::from_u128(n),
                show: show.to_string(),
                host: "anna".into(),
                brand: "rouge".into(),
                sku: "LIP-01".into(),
                title: "Lipstick".into(),
                quantity: 1,
                unit_price: Money { minor: 7900, currency: "CNY".parse().unwrap() },
                status: "paid".into(),
                buyer: String::new(),
                device: DeviceId::from_u128(1),
                contact: None,
                air_ms: 0,
                key_hash: n,
                created_at: Timestamp::from_ms(1000),
                updated_at: Timestamp::from_ms(1000),
                expires_at: None,
            };
            let orders = vec![OrderChange::Insert(Box::new(order))];
            Batch { orders, ..Batch::default() }
        };
        for n in 0..3 {
            store.submit(batch(n)).wait().unwrap();
        }
        let placed = |most: usize| {
            let (sales, whole) = sales_of(&store, &show, None, most).unwrap();
            (sales.placed(), whole)
        };
        assert_eq!([placed(2), placed(3), placed(4)], [(2, false), (3, true), (3, true)]);
    }

    #[test]
    fn moments_lie_in_the_recording_as_its_player_counts() {
        let segment = |msn: u64, air_s: i64, gap: bool| vod::Entry {
            msn,
            init: 0,
            air: AirTime::from_ms(air_s * 1000),
            duration: Duration::from_s(2),
            discontinuity: false,
            at: Timestamp::from_ms(0),
            bytes: 1,
            gap,
            stream: None,
            captions: None,
        };
        // From 4 s on; 8 to 10 could not be written; nothing aired on record from 12 to 20.
        let entries: Vec<_> =
            [(0, 4, false), (1, 6, false), (2, 8, true), (3, 10, false), (4, 20, false)]
                .map(|(msn, air_s, gap)| segment(msn, air_s, gap))
                .into();
        let places = Places::of(&entries);
        let second = |s: i64| places.second(Some(AirTime::from_ms(s * 1000)));
        for (air, into) in [
            (3, None),
            (4, Some(0)),
            (7, Some(3)),
            (8, None),
            (10, Some(4)),
            (12, None),
            (21, Some(7)),
            (22, None),
        ] {
            assert_eq!(second(air), into, "{air}");
        }
        assert_eq!(places.second(None), None);
        assert_eq!(Places::default().second(Some(AirTime::ZERO)), None);
    }
}
