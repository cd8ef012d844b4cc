//! From messages to an incident, with the clock of the messages instead of the wall's.

use show::sentinel::{IncidentState, Severity};
use units::Duration;

use super::reader::{RoomReader, Teller};
use super::*;
use crate::shows::tests::{live_show, opened, until};
use crate::watch::Senses as _;

#[test]
fn the_same_hour_is_two_to_both_sides_round_the_clock() {
    let at = |minutes: i64| Timestamp::from_ms(minutes * 60_000);
    let late = 23 * 60;
    for (minutes, same) in
        [(0, true), (119, true), (121, false), (720, false), (1319, false), (1321, true)]
    {
        assert_eq!(same_hour(at(late), at(late + minutes)), same, "{minutes} later");
        assert_eq!(same_hour(at(late + minutes), at(late)), same, "{minutes} earlier");
    }
}

#[test]
fn what_shows_learnt_adds_up() {
    let one = Sentinel {
        usual: vec![Learnt { hits: 2, of: 100 }, Learnt { hits: 1, of: 100 }],
        ..Sentinel::default()
    };
    let prior = summed([&one, &one, &Sentinel::default()].into_iter());
    assert_eq!(prior.counts[0], Counts { hits: 4.0, of: 200.0 });
    assert_eq!(prior.counts[2], Counts::default());
}

#[test]
fn a_reader_that_begins_anew_forgets_nothing() {
    let before = [Learnt { hits: 3, of: 900 }];
    let counts = [Counts { hits: 1.4, of: 100.2 }, Counts { hits: 2.0, of: 50.0 }];
    let sums = [Learnt { hits: 4, of: 1000 }, Learnt { hits: 2, of: 50 }];
    assert_eq!(learnt(&before, &counts), sums);
}

const CALM: [&str; 6] = [
    "does it come in red",
    "love this lipstick",
    "when do you ship to the north",
    "good evening everyone",
    "just ordered two",
    "is it good for dry skin",
];
const HOSTILE: [&str; 4] = [
    "you are a disgusting host, shame on you",
    "what an arrogant idiot this host is",
    "shut up you stupid liar",
    "you greedy clown, you are the worst host",
];

/// Ten messages a second, each by somebody else and in words of its own; of them `hostile` in ten are hostile.
fn talk(reader: &mut RoomReader, told: &Teller, at: Timestamp, second: i64, hostile: i64) {
    for n in 0..10 {
        let number = second * 10 + n;
        let line = |lines: &[&str]| lines[number as usize % lines.len()].to_owned();
        let text = if n < hostile { line(&HOSTILE) } else { line(&CALM) };
        let word: String =
            format!("{number:04}").bytes().map(|c| char::from(c - b'0' + b'a')).collect();
        reader.push(&Heard::Said {
            at: at + Duration::from_ms(n * 50),
            id: MessageId::from_u128(1 + number as u128),
            viewer: ViewerId::from_u128(1 + number as u128),
            text: format!("{text} {word}"),
        });
    }
    reader.tell_until(at + Duration::from_s(1), told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_room_that_turns_is_an_incident_with_its_messages() {
    let folder = tempfile::tempdir().unwrap();
    let app = opened(folder.path());
    let show = live_show(&app).await;
    let shown = Arc::new(Shown::default());
    let told = Teller::new(&show, &app.rooms, &app.shop, &shown);
    let begins = clock::now() - Duration::from_s(900);
    let prior = Prior::default();
    let mut reader = RoomReader::open(Language::En, 10.0, &prior, Vec::new(), begins).unwrap();
    let at = |second: i64| begins + Duration::from_s(second);
    for second in 0..600 {
        talk(&mut reader, &told, at(second), second, 0);
    }
    assert!(show.state().sentinel.incidents.is_empty(), "a calm room is no incident");
    for second in 600..690 {
        talk(&mut reader, &told, at(second), second, 4);
    }
    until("the incident", || !show.state().sentinel.incidents.is_empty()).await;
    let state = show.state();
    let [incident] = &state.sentinel.incidents[..] else { panic!("one turn is one incident") };
    let turn = incident.room.as_ref().expect("a room");
    assert!((incident.rule.as_str(), incident.state) == (ROOM_RULE, IncidentState::Open));
    assert_eq!((incident.severity, incident.act), (Severity::Serious, None), "people decide");
    assert!(turn.sure && turn.shifts.iter().any(|it| it.channel == Channel::Hostile), "{turn:?}");
    let late = turn.at - at(600);
    assert!((Duration::ZERO..Duration::from_s(60)).contains(&late), "after {late:?}");
    assert!(!turn.messages.is_empty());
    for id in &turn.messages {
        let text = show.room.shown(*id).expect("it is kept for the desk");
        assert!(HOSTILE.iter().any(|line| text.starts_with(line)), "{text}");
    }
    let seconds = shown.seconds(0);
    assert!(seconds.len() > 500 && seconds.iter().all(|second| second.messages == 10));
    assert!(!state.sentinel.usual.is_empty(), "the next show knows what is usual");

    // What is taken out of the room is no evidence to show.
    let gone = turn.messages[0];
    app.rooms.delete(&show.room, gone);
    assert_eq!(show.room.shown(gone), None);
    app.shows.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_room_of_a_live_show_is_read_while_it_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let app = opened(folder.path());
    let show = live_show(&app).await;
    keep(&app, &show);
    let reading = show.room.reading().expect("a live show is read");
    reading.said(MessageId::from_u128(1), ViewerId::from_u128(1), "shut up you stupid liar");
    show.room.traded(crate::rooms::Trade::Unfollowed, 7);
    until("the second", || reading.shown().seconds(0).iter().any(|s| s.messages == 1)).await;
    let unfollows = |second: &show::sentinel::room::Second| second.hits[Channel::Unfollows.index()];
    until("the unfollow", || reading.shown().seconds(0).iter().map(unfollows).sum::<u32>() == 1)
        .await;
    app.shows.end(&show, show::Actor::System).await.unwrap();
    keep(&app, &show);
    assert!(show.room.reading().is_none(), "and no longer");
    app.shows.stop().await;
}
