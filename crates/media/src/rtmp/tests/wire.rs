//! Publisher against session, over a wire that cuts anywhere, and noise against both.

use super::*;
use crate::flv::{Tag, TagKind};
use proptest::prelude::*;

/// Delivers bytes in pieces of the given sizes, round and round.
struct Cuts<'a> {
    sizes: &'a [usize],
    next: usize,
}

impl Cuts<'_> {
    fn deliver<E>(
        &mut self,
        bytes: &[u8],
        mut to: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let size = self.sizes[self.next % self.sizes.len()].clamp(1, rest.len());
            self.next += 1;
            to(&rest[..size])?;
            rest = &rest[size..];
        }
        Ok(())
    }
}

/// Runs both ends until neither has anything to say. Answers what each saw.
fn converse(
    publisher: &mut Publisher,
    session: &mut Session,
    sizes: &[usize],
) -> (Vec<PublisherEvent>, Vec<Event>) {
    let mut cuts = Cuts { sizes, next: 0 };
    let (mut said, mut heard) = (Vec::new(), Vec::new());
    loop {
        let up = publisher.output();
        cuts.deliver(&up, |piece| session.receive(piece, START))
            .expect("the publisher speaks RTMP");
        heard.extend(events(session));
        if matches!(heard.last(), Some(Event::Publish(_))) {
            session.accept_publish(START);
        }
        let down = session.output();
        cuts.deliver(&down, |piece| publisher.receive(piece)).expect("the session speaks RTMP");
        said.extend(std::iter::from_fn(|| publisher.event()));
        if up.is_empty() && down.is_empty() {
            return (said, heard);
        }
    }
}

fn new_publisher() -> Publisher {
    Publisher::new("live", StreamKey::new("secret"), "rtmp://localhost/live")
}

#[test]
fn a_refused_publisher_hears_the_reason() {
    let (mut publisher, mut session) = (new_publisher(), Session::new(START));
    for _ in 0..6 {
        session.receive(&publisher.output(), START).expect("RTMP");
        if matches!(session.event(), Some(Event::Publish(_))) {
            session.refuse_publish(status::BAD_NAME, "this stream key is not known", START);
        }
        publisher.receive(&session.output()).expect("RTMP");
    }
    let code = status::BAD_NAME.to_owned();
    let description = "this stream key is not known".to_owned();
    assert_eq!(publisher.event(), Some(PublisherEvent::Refused { code, description }));
    assert!(!publisher.send(&Tag { kind: TagKind::Audio, timestamp_ms: 0, body: Bytes::new() }));
}

#[test]
fn equal_frames_at_equal_steps_take_one_byte_of_header() {
    let (mut publisher, mut session) = (new_publisher(), Session::new(START));
    converse(&mut publisher, &mut session, &[4096]);
    let tag = |i: u32| Tag {
        kind: TagKind::Audio,
        timestamp_ms: i * 21,
        body: Bytes::from_static(&[7; 100]),
    };
    (0..3).for_each(|i| assert!(publisher.send(&tag(i))));
    let (_, heard) = converse(&mut publisher, &mut session, &[1]);
    assert_eq!(heard, [0, 1, 2].map(|i| Event::Media(tag(i))));
    publisher.send(&tag(3));
    assert_eq!(publisher.output().len(), 101);
}

fn any_tags() -> impl Strategy<Value = Vec<Tag>> {
    let time = prop_oneof![0..100u32, 0xff_ff00..0x100_0100u32, Just(u32::MAX), any::<u32>()];
    let length = prop_oneof![1..20usize, Just(4096), 4000..9000usize];
    let tag = (any::<bool>(), time, length, any::<u8>()).prop_map(
        |(video, timestamp_ms, length, fill)| Tag {
            kind: if video { TagKind::Video } else { TagKind::Audio },
            timestamp_ms,
            body: vec![fill; length].into(),
        },
    );
    proptest::collection::vec(tag, 0..20)
}

proptest! {
    #[test]
    fn tags_come_through_however_the_wire_cuts(
        tags in any_tags(),
        sizes in proptest::collection::vec(prop_oneof![1..5usize, 1..3000usize, Just(1 << 20)], 1..8),
    ) {
        let (mut publisher, mut session) = (new_publisher(), Session::new(START));
        let (said, heard) = converse(&mut publisher, &mut session, &sizes);
        prop_assert_eq!(said, [PublisherEvent::Ready]);
        prop_assert_eq!(heard.len(), 1);
        for tag in &tags {
            prop_assert!(publisher.send(tag));
        }
        publisher.finish();
        let (_, heard) = converse(&mut publisher, &mut session, &sizes);
        let expected: Vec<Event> = tags.into_iter().map(Event::Media).chain([Event::Unpublish]).collect();
        prop_assert_eq!(heard, expected);
        prop_assert_eq!(session.buffered_bytes(), 0);
    }

    #[test]
    fn noise_never_panics_and_never_grows(
        noise in proptest::collection::vec(any::<u8>(), 0..4000),
        sizes in proptest::collection::vec(1..600usize, 1..5),
        stage in 0..3,
    ) {
        let mut session = match stage {
            0 => Session::new(START),
            1 => {
                let mut session = Session::new(START);
                session.receive(&hello(), START).expect("a handshake");
                session
            }
            _ => live(),
        };
        let mut cuts = Cuts { sizes: &sizes, next: 0 };
        let _ = cuts.deliver(&noise, |piece| {
            let result = session.receive(piece, START);
            if session.buffered_bytes() > MAX_HALF_FILLED_BYTES + MAX_HELD_BYTES + MAX_OUTPUT_BYTES {
                return Err(Fault::HalfFilled);
            }
            if matches!(session.event(), Some(Event::Publish(_))) {
                session.accept_publish(START);
            }
            session.output();
            result
        });
        prop_assert!(session.reader_bytes() <= MAX_HALF_FILLED_BYTES);
        drop(amf::decode(&noise));
        let mut publisher = new_publisher();
        let _ = cuts.deliver(&[&hello()[..], &noise].concat(), |piece| publisher.receive(piece));
    }

    #[test]
    fn noise_of_well_formed_chunks_never_panics(
        chunks in proptest::collection::vec(
            (0..4u8, 2..9u32, prop_oneof![0..300u32, Just(0xff_ffffu32)], 0..400usize, 0..23u8, 0..200usize), 0..60),
    ) {
        let mut session = live();
        for (format, lane, time, length, kind, size) in chunks {
            let payload = vec![kind; size];
            let bytes = match format {
                0 => full(lane, time, length, kind, 1, &payload),
                1 => same_stream(lane, time, length, kind, &payload),
                2 => same_length(lane, time, &payload),
                _ => same_all(lane, &payload),
            };
            if session.receive(&bytes, START).is_err() {
                break;
            }
            events(&mut session);
        }
        prop_assert!(session.buffered_bytes() <= MAX_HALF_FILLED_BYTES + MAX_OUTPUT_BYTES + (1 << 16));
    }
}
