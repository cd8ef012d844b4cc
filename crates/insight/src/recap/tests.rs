use show::desk::{ActionKind, Mark, OnAir, Source};
use show::sentinel::room::{CHANNELS, Second as ReadSecond};
use show::sentinel::{Act, Response, Severity, Stake, Verdict};
use show::shop::OrderStatus;
use show::{Plan, Slug, StartMode};
use units::{Currency, MediaTime, Money, UserId};

use super::*;

/// 2026-11-22 at 20:00 UTC.
const START_S: i64 = 1_795_377_600;

fn at(s: i64) -> Timestamp {
    Timestamp::from_ms((START_S + s) * 1000)
}

/// Folds events that happened so many seconds after the start.
fn folded(events: Vec<(i64, Event)>) -> Recap {
    let mut recap = Recap::default();
    for (place, (s, event)) in events.into_iter().enumerate() {
        let seq = place as u64 + 1;
        let entry = Entry { seq, at: at(s), input: None, events: vec![event], digest: None };
        recap.push(&entry);
        // What was taken once counts once.
        recap.push(&entry);
        assert_eq!(recap.seq(), seq);
    }
    recap
}

fn slug(name: &str) -> Slug {
    Slug::new(name).unwrap()
}

fn planned(delay_s: u32) -> (i64, Event) {
    let plan = Plan {
        show: slug("evening"),
        host: slug("anna"),
        standby: None,
        language: "en".into(),
        delay_s,
        starts_at: None,
        start: StartMode::Auto,
        policy: None,
    };
    (-60, Event::Planned { plan })
}

fn started() -> (i64, Event) {
    (0, Event::Started { by: Actor::System, at: at(0) })
}

fn ended(s: i64) -> (i64, Event) {
    (s, Event::Ended { by: Actor::System, at: at(s) })
}

fn noted(s: i64, fact: Fact) -> (i64, Event) {
    (s, Event::Noted { fact, at: at(s) })
}

fn room(s: i64, viewers: u32, said: u32) -> (i64, Event) {
    let second = moderation::Second { viewers, said, held: 0, refused: 0 };
    noted(s, Fact::RoomCounted(second))
}

fn mark(s: i64, air_s: i64, newest_s: i64) -> (i64, Event) {
    let mark = Mark {
        next_segment: 1,
        air: AirTime::from_ms(air_s * 1000),
        at: at(s),
        inits: 1,
        discontinuities: 0,
        newest: MediaTime::from_ms(newest_s * 1000),
        audio: None,
    };
    noted(s, Fact::ProgramMark(mark))
}

fn airs(s: i64, air_s: i64, video: Source, audio: Source) -> (i64, Event) {
    let air = AirTime::from_ms(air_s * 1000);
    noted(s, Fact::OnAirChanged(OnAir { video, audio, air, why: None }))
}

fn air_s(air: Option<AirTime>) -> Option<i64> {
    air.map(|air| air.ms() / 1000)
}

#[test]
fn viewers_stand_until_they_are_counted_again() {
    let recap = folded(vec![
        planned(12),
        started(),
        room(0, 10, 0),
        room(30, 40, 2),
        room(90, 20, 1),
        ended(180),
        // Nothing counts after the end.
        room(200, 5000, 0),
    ]);
    let figures = recap.viewers();
    assert_eq!(figures.median, 20, "90 of 180 seconds had at most as many");
    assert_eq!(
        recap.minutes().iter().map(Minute::viewers).collect::<Vec<_>>(),
        [Some(25), Some(30), Some(20)]
    );
    assert_eq!(recap.talk().said, 3);
    assert_eq!(recap.minutes().iter().map(|minute| minute.said).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!((figures.peak, figures.peak_at), (40, Some(at(30))));
    assert_eq!(recap.first_minute(), Some(START_S / 60));
}

#[test]
fn a_live_show_counts_what_stands_until_now() {
    let mut recap = folded(vec![started(), room(0, 10, 0), room(60, 30, 0)]);
    assert_eq!(recap.viewers().median, 10);
    assert_eq!(recap.until(at(600)).viewers().median, 30);
    assert_eq!(recap.until(at(600)).minutes().len(), 10);
    assert_eq!((recap.viewers().median, recap.minutes().len()), (10, 2), "the fold stays");
    // An entry that is stamped before that moment comes after it was asked for.
    let mut later = |seq, (s, event)| {
        recap.push(&Entry { seq, at: at(s), input: None, events: vec![event], digest: None });
    };
    later(4, room(90, 50, 0));
    later(5, ended(120));
    assert_eq!(
        recap.minutes().iter().map(|it| (it.counted_ms, it.viewers())).collect::<Vec<_>>(),
        [(60_000, Some(10)), (60_000, Some(40))]
    );
    assert!(matches!(recap.until(at(600)), Cow::Borrowed(_)), "what has ended stands");
}

#[test]
fn a_clock_that_was_set_back_counts_no_time_twice() {
    let recap =
        folded(vec![started(), room(0, 10, 0), room(60, 20, 0), room(20, 30, 0), ended(120)]);
    let counted = recap.minutes().iter().map(|minute| minute.counted_ms).collect::<Vec<_>>();
    assert_eq!(counted, [60_000, 60_000]);
    assert_eq!(recap.minutes()[1].viewers(), Some(30));
}

#[test]
fn what_the_clock_and_the_hours_have_no_room_for_is_said() {
    let most = SHIFTS_MAX as i64;
    let on_air = |n: i64| match n % 2 {
        0 => airs(n, n, Source::Host, Source::Host),
        _ => airs(n, n, Source::Standby, Source::Standby),
    };
    let mut events: Vec<_> = (0..most).map(on_air).collect();
    // The same again is no change.
    events.push(on_air(most - 1));
    assert_eq!(folded(events.clone()).left_out().changes, 0);
    events.extend([on_air(most), on_air(most), on_air(most + 1), on_air(most + 2)]);
    assert_eq!(folded(events).left_out().changes, 3);
    // Each mark is of its own run.
    let runs = clock::RUNS_MAX as i64;
    let stalls = |count: i64| folded((0..count).map(|n| mark(9 * n, n, n)).collect());
    assert!(!stalls(runs).left_out().clock);
    assert!(stalls(runs + 1).left_out().clock);
}

#[test]
fn talk_is_counted_without_a_word_of_it() {
    let read = ReadSecond {
        at_s: START_S + 61,
        messages: 9,
        copies: 7,
        thinned: 0,
        of: [0; CHANNELS],
        hits: [0; CHANNELS],
        examples: Vec::new(),
    };
    let second = moderation::Second { viewers: 3, said: 9, held: 2, refused: 4 };
    let moderated = |moderated| Event::Moderated { moderated, at: at(62) };
    let viewer = units::ViewerId::from_u128(1);
    let recap = folded(vec![
        started(),
        noted(61, Fact::RoomCounted(second)),
        noted(62, Fact::RoomRead(read)),
        (62, moderated(Moderated::Deleted { ids: vec![units::MessageId::from_u128(1); 3] })),
        (62, moderated(Moderated::Silenced { viewer, until: None })),
        (62, moderated(Moderated::Unsilenced { viewer })),
    ]);
    let talk = Talk { said: 9, held: 2, refused: 4, copies: 7, deleted: 3, silenced: 1 };
    assert_eq!(recap.talk(), talk);
    let minute = recap.minutes()[1];
    assert_eq!((minute.said, minute.held, minute.refused, minute.copies), (9, 2, 4, 7));
}

#[test]
fn minutes_are_bounded_and_sums_go_on() {
    let late = (MINUTES_MAX as i64 + 5) * 60;
    let recap = folded(vec![started(), room(0, 1, 1), room(late, 2, 1)]);
    assert_eq!(recap.minutes().len(), MINUTES_MAX);
    assert!(recap.left_out().minutes);
    assert_eq!((recap.talk().said, recap.viewers().peak), (2, 2));
    // A clock that was set back makes no minute before the first.
    let back = folded(vec![started(), room(-300, 1, 1)]);
    assert_eq!((back.minutes().len(), back.talk().said), (0, 1));
}

#[test]
fn a_moment_of_the_feed_airs_one_delay_after_it_came() {
    // The feed begins 2 s into the show and airs 12 s later; marks come every 2 s.
    let mut events = vec![planned(12), started()];
    events.extend((8..40).map(|n| mark(2 * n, 2 * n - 14, 2 * n - 2)));
    // It stalls for 20 s while the slate airs, and goes on.
    events.extend((40..50).map(|n| mark(2 * n, 2 * n - 14, 76)));
    events.extend((50..60).map(|n| mark(2 * n, 2 * n - 14, 2 * n - 22)));
    let recap = folded(events);
    let clock = recap.clock();
    let air = |s: i64| air_s(clock.air_of(MediaTime::from_ms(s * 1000)));
    for (moment, airs) in [(0, 0), (10, 10), (60, 60), (78, 98), (90, 110)] {
        let found = air(moment).unwrap();
        assert!((found - airs).abs() <= 2, "{moment} airs at {found}, not {airs}");
    }
    assert_eq!(air(200), None, "it never came");
    assert_eq!(air_s(clock.air_at(at(34))), Some(20));
    assert_eq!(air_s(clock.air_at(at(4))), None, "before the first air");
    assert_eq!(air_s(clock.air_at(at(600))), None, "long after the last mark");
    assert_eq!(air_s(clock.end()), Some(104));
}

#[test]
fn a_server_that_was_down_leaves_no_hole_on_the_programs_clock() {
    let mut events = vec![planned(10), started()];
    events.extend((0..30).map(|n| mark(20 + 2 * n, 2 * n, 10 + 2 * n)));
    // Down for five minutes: program and feed go on where they were.
    events.extend((0..30).map(|n| mark(380 + 2 * n, 60 + 2 * n, 70 + 2 * n)));
    let recap = folded(events);
    let clock = recap.clock();
    assert_eq!(air_s(clock.air_at(at(200))), None);
    assert_eq!(air_s(clock.air_at(at(400))), Some(80));
    let found = air_s(clock.air_of(MediaTime::from_ms(100_000))).unwrap();
    assert!((found - 100).abs() <= 2, "{found}");
}

fn incident(id: u128, from_s: i64) -> Incident {
    Incident {
        id: IncidentId::from_u128(id),
        at: at(from_s),
        rule: "core/contempt".into(),
        also: Vec::new(),
        severity: Severity::Grave,
        score: 910,
        from: MediaTime::from_ms(from_s * 1000),
        to: MediaTime::from_ms(from_s * 1000 + 2000),
        text: None,
        answers: None,
        stake: Stake::default(),
        response: Response::Mute,
        act: Some(Act {
            id: ActionId::from_u128(id),
            response: Response::Mute,
            from: MediaTime::from_ms(from_s * 1000),
            to: None,
            late: false,
            time_to_air: None,
        }),
        left: None,
        room: None,
        of: None,
        misses: 0,
        state: IncidentState::Open,
        by: None,
        verdict: None,
    }
}

fn action(id: u128, from_s: i64) -> Action {
    Action {
        id: ActionId::from_u128(id),
        kind: ActionKind::Mute,
        by: Actor::Rule { rule: "core/contempt".into() },
        reason: None,
        from_media: MediaTime::from_ms(from_s * 1000),
        to_media: Some(MediaTime::from_ms(from_s * 1000 + 2000)),
        from_air: None,
        to_air: None,
        time_to_air: Duration::from_s(5),
        late: true,
        forced: false,
        at: at(from_s),
        state: ActionState::Active,
        undone_at: None,
    }
}

#[test]
fn incidents_and_actions_are_as_the_log_left_them() {
    let pat = Actor::User { id: UserId::from_u128(1) };
    let id = ActionId::from_u128;
    let air = |s: i64| Some(AirTime::from_ms(s * 1000));
    let moved = |id, from_air, to_air| Fact::ActionMoved {
        id,
        from_air,
        to_air,
        to_media: Some(MediaTime::from_ms(13_000)),
        from_media: Some(MediaTime::from_ms(9000)),
    };
    let change = |change| Event::Sentinel { change };
    let judged = Incident {
        state: IncidentState::Confirmed,
        verdict: Some(Verdict::Right),
        ..incident(1, 10)
    };
    let recap = folded(vec![
        started(),
        (10, change(Change::Opened(incident(1, 10)))),
        noted(10, Fact::ActionTaken(action(1, 10))),
        noted(11, moved(id(1), air(21), air(25))),
        noted(25, Fact::ActionEnded { id: id(1), air: AirTime::from_ms(25_000) }),
        // A late report about an action that is over changes nothing.
        noted(26, moved(id(1), air(90), air(99))),
        (30, change(Change::Opened(incident(2, 30)))),
        noted(30, Fact::ActionTaken(action(2, 30))),
        noted(31, Fact::ActionUndone { id: id(2), by: pat.clone(), to_air: None }),
        (40, change(Change::Moved(judged))),
    ]);
    let [first, second] = recap.incidents()[..] else { panic!("two incidents") };
    assert_eq!((first.state, first.verdict), (IncidentState::Confirmed, Some(Verdict::Right)));
    assert_eq!((second.state, &second.by), (IncidentState::Dismissed, &Some(pat.clone())));
    let act = second.act.unwrap();
    assert_eq!((act.late, act.time_to_air), (true, Some(Duration::from_s(5))));
    // The action knows exactly where it lies: its 9 s air at 21 s.
    assert_eq!(air_s(recap.aired(first)), Some(22));
    assert_eq!(recap.aired(second), None, "no mark and no place on air");
    let [mute, undone] = recap.actions() else { panic!("two actions") };
    assert_eq!((mute.action.from_air, mute.action.to_air), (air(21), air(25)));
    assert_eq!(mute.action.state, ActionState::Ended);
    assert_eq!((undone.action.state, &undone.undone_by), (ActionState::Undone, &Some(pat)));
    assert_eq!(undone.action.undone_at, Some(at(31)));
}

#[test]
fn incidents_and_actions_are_bounded() {
    let mut events = vec![started()];
    for n in 0..INCIDENTS_MAX as u128 + 7 {
        let change = Change::Opened(incident(n, n as i64));
        events.push((n as i64, Event::Sentinel { change }));
    }
    let recap = folded(events);
    assert_eq!(recap.incidents().len(), INCIDENTS_MAX);
    assert_eq!(recap.left_out().incidents, 7);
    let taken = |n: usize| noted(1, Fact::ActionTaken(action(n as u128, 1)));
    let mut events: Vec<_> = (0..ACTIONS_MAX + 3).map(taken).collect();
    events.push(noted(2, Fact::JournalOverflow { lost: 11 }));
    let recap = folded(events);
    assert_eq!((recap.actions().len(), recap.left_out().actions), (ACTIONS_MAX, 3));
    assert_eq!(recap.left_out().facts, 11);
}

#[test]
fn hours_tell_sessions_breaks_and_hand_overs() {
    use Source::{Host, Silence, Slate, Standby};
    let recap = folded(vec![
        started(),
        // The slate before the host is no break, and neither is a mute, a cover or a short cut.
        airs(5, 0, Slate, Silence),
        airs(15, 10, Host, Host),
        airs(105, 100, Host, Silence),
        airs(108, 103, Slate, Host),
        airs(110, 105, Slate, Silence),
        airs(125, 120, Host, Host),
        airs(605, 600, Standby, Standby),
        airs(905, 900, Host, Host),
        airs(1205, 1200, Slate, Silence),
        airs(1505, 1500, Host, Host),
    ]);
    let end = AirTime::from_ms(1_800_000);
    let hours = recap.hours();
    let s = |span: Duration| span.ms() / 1000;
    assert_eq!(s(hours.of(Who::Host, end)), 95 + 480 + 300 + 300);
    assert_eq!(s(hours.of(Who::Standby, end)), 300);
    assert_eq!(s(hours.of(Who::Nobody, end)), 10 + 15 + 300);
    let told = |stretches: Vec<Stretch>| -> Vec<[i64; 3]> {
        let s = |stretch: Stretch| [stretch.from.ms() / 1000, stretch.to.ms() / 1000];
        let since = |stretch: Stretch| stretch.at.ms() / 1000 - START_S;
        stretches.into_iter().map(|it| [since(it), s(it)[0], s(it)[1]]).collect()
    };
    assert_eq!(told(hours.sessions(end)), [[15, 10, 600], [905, 900, 1200], [1505, 1500, 1800]]);
    assert_eq!(told(hours.breaks(end)), [[605, 600, 900], [1205, 1200, 1500]]);
    assert_eq!(told(hours.hand_overs(end)), [[605, 600, 900]]);
    assert_eq!(Hours::default().of(Who::Host, end), Duration::ZERO);
}

#[test]
fn sales_are_summed_by_where_orders_stand() {
    let cny: Currency = "CNY".parse().unwrap();
    let rub: Currency = "RUB".parse().unwrap();
    let sold = |sku, quantity, minor, currency, status, placed_s, changed_s| Sold {
        sku,
        title: "Lipstick",
        quantity,
        unit_price: Money { minor, currency },
        status,
        placed_at: at(placed_s),
        changed_at: at(changed_s),
    };
    let mut sales = Sales::since(Some(at(0)));
    for order in [
        sold("LIP", 2, 7900, cny, OrderStatus::Paid, 5, 9),
        sold("LIP", 1, 7900, cny, OrderStatus::Reserved, 6, 6),
        sold("LIP", 3, 7900, cny, OrderStatus::CancelledByBuyer, 7, 65),
        sold("INK", 1, 500, rub, OrderStatus::Refunded, 70, 125),
        sold("INK", 1, 500, rub, OrderStatus::Expired, 70, 2000),
        // Placed before the show began on record, paid back days after its last minute.
        sold("INK", 1, i64::MAX, rub, OrderStatus::Refunded, -70, 86_400 * 9),
    ] {
        sales.push(&order);
    }
    assert_eq!(sales.placed(), 6);
    assert_eq!(sales.orders[&OrderStatus::Refunded], 2);
    let value = sales.value[&cny];
    assert_eq!(
        (value.paid, value.open, value.refunded, value.cancelled),
        (15_800, 7900, 0, 23_700)
    );
    assert_eq!(sales.value[&rub].refunded, i64::MAX, "sums stop where numbers end");
    let lip = &sales.products["LIP"];
    assert_eq!((lip.orders, lip.units, lip.returned, lip.title.as_str()), (3, 3, 3, "Lipstick"));
    let minutes: Vec<_> =
        sales.minutes.iter().map(|m| (m.orders, m.cancelled, m.refunds)).collect();
    assert_eq!(minutes, [(3, 0, 0), (2, 1, 0), (0, 0, 1)]);
    for status in [OrderStatus::Paid, OrderStatus::CancelledBySeller, OrderStatus::Expired] {
        assert_eq!(status_of(status.as_str()), Some(status));
    }
    assert_eq!(status_of("lost"), None);
}

#[test]
fn products_are_bounded() {
    let cny: Currency = "CNY".parse().unwrap();
    let mut sales = Sales::default();
    for n in 0..PRODUCTS_MAX + 4 {
        sales.push(&Sold {
            sku: &format!("P{n}"),
            title: "",
            quantity: 1,
            unit_price: Money { minor: 1, currency: cny },
            status: OrderStatus::Paid,
            placed_at: at(0),
            changed_at: at(0),
        });
    }
    assert_eq!((sales.products.len(), sales.other_products), (PRODUCTS_MAX, 4));
    assert_eq!(sales.value[&cny].paid, PRODUCTS_MAX as i64 + 4);
    assert!(sales.minutes.is_empty(), "a show that never began has no minutes");
}
