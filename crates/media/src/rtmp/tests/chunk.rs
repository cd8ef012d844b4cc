use super::*;

#[test]
fn a_type_3_chunk_begins_a_message_with_the_same_difference() {
    let bytes = [
        full(6, 1000, 2, 9, 1, b"ab"),
        same_length(6, 40, b"cd"),
        same_all(6, b"ef"),
        same_all(6, b"gh"),
    ];
    let times: Vec<u32> = media(&bytes.concat()).iter().map(|tag| tag.1).collect();
    assert_eq!(times, [1000, 1040, 1080, 1120]);
}

#[test]
fn a_type_3_chunk_behind_a_type_0_repeats_its_time_as_the_difference() {
    // What ffmpeg sends when the second of two equal frames comes 40 ms after the first, which came at 40 ms.
    let times: Vec<u32> = media(&[full(6, 40, 1, 9, 1, b"a"), same_all(6, b"b")].concat())
        .iter()
        .map(|tag| tag.1)
        .collect();
    assert_eq!(times, [40, 80]);
}

#[test]
fn messages_interleave_over_chunk_streams() {
    let bytes = [
        full(6, 10, 300, 9, 1, &[1; 128]),
        full(4, 11, 130, 8, 1, &[2; 128]),
        same_all(6, &[1; 128]),
        full(70, 12, 1, 9, 1, &[3]),
        same_all(4, &[2; 2]),
        full(700, 13, 129, 9, 1, &[4; 128]),
        same_all(6, &[1; 44]),
        same_all(700, &[4; 1]),
    ];
    assert_eq!(
        media(&bytes.concat()),
        [(9, 12, vec![3]), (8, 11, vec![2; 130]), (9, 10, vec![1; 300]), (9, 13, vec![4; 129])]
    );
}

#[test]
fn extended_timestamps_are_repeated_in_type_3_chunks() {
    let time = 0x0123_4567u32;
    let repeated = time.to_be_bytes();
    let bytes = [
        full(6, time, 200, 9, 1, &[1; 128]),
        same_all(6, &[&repeated[..], &[1; 72]].concat()),
        same_length(6, 33, &[2; 128]),
        same_all(6, &[2; 72]),
    ];
    assert_eq!(media(&bytes.concat()), [(9, time, vec![1; 200]), (9, time + 33, vec![2; 200])]);
}

#[test]
fn encoders_that_do_not_repeat_the_extended_timestamp_are_read_too() {
    let time = 0x0123_4567u32;
    let payload: Vec<u8> = (0..200u8).map(|i| i.wrapping_mul(7)).collect();
    let bytes = [
        full(6, time, 200, 9, 1, &payload[..128]),
        same_all(6, &payload[128..]),
        same_length(6, 33, &payload[..128]),
        same_all(6, &payload[128..]),
    ];
    assert_eq!(media(&bytes.concat()), [(9, time, payload.clone()), (9, time + 33, payload)]);
}

#[test]
fn an_extended_field_in_a_type_3_that_begins_a_message_is_read() {
    let (time, delta) = (0x0200_0000u32, 0x0100_0000u32);
    let bytes = [
        full(6, time, 1, 9, 1, b"a"),
        same_all(6, &[&(time + 40).to_be_bytes()[..], b"b"].concat()),
        same_length(6, delta, b"c"),
        same_all(6, &[&delta.to_be_bytes()[..], b"d"].concat()),
    ];
    let times: Vec<u32> = media(&bytes.concat()).iter().map(|tag| tag.1).collect();
    assert_eq!(times, [time, time + 40, time + 40 + delta, time + 40 + 2 * delta]);
}

#[test]
fn timestamps_cross_two_to_the_24_and_wrap_at_two_to_the_32() {
    let bytes = [
        full(6, 0xff_fffe, 1, 9, 1, b"a"),
        same_length(6, 1, b"b"),
        same_length(6, 1, b"c"),
        full(6, 0xff_ffff, 1, 9, 1, b"d"),
        full(6, u32::MAX - 9, 1, 9, 1, b"e"),
        same_length(6, 20, b"f"),
    ];
    let times: Vec<u32> = media(&bytes.concat()).iter().map(|tag| tag.1).collect();
    assert_eq!(times, [0xff_fffe, 0xff_ffff, 0x0100_0000, 0xff_ffff, u32::MAX - 9, 10]);
}

#[test]
fn a_chunk_size_of_two_to_the_31_minus_1_is_clamped_and_works() {
    let bytes = [chunk_size(0x7fff_ffff), full(6, 5, 100_000, 9, 1, &[7; 100_000])].concat();
    assert_eq!(media(&bytes), [(9, 5, vec![7; 100_000])]);
    let bytes =
        [chunk_size(1), full(6, 5, 3, 9, 1, b"a"), same_all(6, b"b"), same_all(6, b"c")].concat();
    assert_eq!(media(&bytes), [(9, 5, b"abc".to_vec())]);
    assert_eq!(live().receive(&chunk_size(0), START), Err(Fault::ChunkSize));
    assert_eq!(live().receive(&chunk_size(0x8000_0000), START), Err(Fault::ChunkSize));
}

#[test]
fn the_chunk_size_may_change_inside_a_message() {
    let bytes = [full(6, 5, 200, 9, 1, &[1; 128]), chunk_size(72), same_all(6, &[1; 72])].concat();
    assert_eq!(media(&bytes), [(9, 5, vec![1; 200])]);
}

#[test]
fn an_abort_drops_the_half_filled_message() {
    let abort = full(2, 0, 4, 2, 0, &6u32.to_be_bytes());
    let bytes = [
        full(6, 5, 200, 9, 1, &[1; 128]),
        abort,
        same_length(6, 40, &[2; 128]),
        same_all(6, &[2; 72]),
    ];
    assert_eq!(media(&bytes.concat()), [(9, 45, vec![2; 200])]);
}

#[test]
fn a_new_header_inside_a_message_begins_another() {
    let bytes = [full(6, 5, 200, 9, 1, &[1; 128]), full(6, 9, 1, 9, 1, b"x")];
    assert_eq!(media(&bytes.concat()), [(9, 9, b"x".to_vec())]);
}

#[test]
fn a_fresh_chunk_stream_needs_a_header() {
    assert_eq!(live().receive(&same_all(9, b"a"), START), Err(Fault::NoHeader(9)));
    assert_eq!(live().receive(&same_length(9, 1, b"a"), START), Err(Fault::NoHeader(9)));
    assert_eq!(media(&same_stream(9, 7, 1, 9, b"a")), [(9, 7, b"a".to_vec())]);
}

#[test]
fn sixteen_mebibyte_lengths_on_thousands_of_chunk_streams_stay_in_the_budget() {
    let mut session = live();
    assert_eq!(
        session.receive(&full(6, 0, 0xff_ffff, 9, 1, b""), START),
        Err(Fault::MessageTooLong(0xff_ffff))
    );
    for length in [1, 100_000, MAX_MESSAGE_BYTES] {
        let mut session = live();
        let mut fault = None;
        for lane in 100..5000 {
            let chunk = full(lane, 0, length, 9, 1, &vec![0; length.min(128) - 1]);
            assert!(session.buffered_bytes() <= MAX_HALF_FILLED_BYTES);
            // The chunk lacks its last byte, so the next header's first byte completes it.
            if let Err(error) =
                session.receive(&chunk, START).and_then(|()| session.receive(&[0; 1], START))
            {
                fault = Some(error);
                break;
            }
            events(&mut session);
        }
        let expected = if length == MAX_MESSAGE_BYTES {
            Fault::HalfFilled
        } else {
            Fault::TooManyChunkStreams
        };
        assert_eq!(fault, Some(expected), "{length}");
        assert_eq!(session.buffered_bytes(), session.output().len());
    }
}

#[test]
fn finished_messages_give_their_budget_back() {
    let mut bytes = chunk_size(1 << 23);
    for lane in 10..30 {
        bytes.extend(full(lane, 0, 2 << 20, 9, 1, &vec![0; 2 << 20]));
    }
    assert_eq!(media(&bytes).len(), 20);
}
