use super::*;
use proptest::prelude::*;

/// 64×48, Constrained Baseline, level 1.0, written by x264.
const SPS_64X48: &[u8] = &[0x67, 0x42, 0xc0, 0x0a, 0xda, 0x11, 0xbf, 0xf8, 0x08, 0x80, 0x00];

fn sps(width_blocks: u32) -> Bytes {
    // Baseline: id 0, frame number and order count of 4 bits, one reference, `width_blocks` × 3 macroblocks, no crop, no VUI.
    let mut text = String::from("11110100");
    for value in [width_blocks - 1, 2] {
        let code = format!("{:b}", value + 1);
        text.push_str(&"0".repeat(code.len() - 1));
        text.push_str(&code);
    }
    text.push_str("11001");
    let mut nal = vec![0x67, 66, 0xc0, 10];
    for chunk in text.as_bytes().chunks(8) {
        nal.push(chunk.iter().enumerate().fold(0, |byte, (i, bit)| byte | (bit - b'0') << (7 - i)));
    }
    nal.into()
}

fn pps() -> Bytes {
    Bytes::from_static(&[0x68, 0xce, 0x3c, 0x80])
}

fn au(length_bytes: usize, units: &[&[u8]]) -> Bytes {
    let mut out = Vec::new();
    for unit in units {
        out.extend_from_slice(&(unit.len() as u32).to_be_bytes()[4 - length_bytes..]);
        out.extend_from_slice(unit);
    }
    out.into()
}

#[test]
fn a_record_is_read_and_written_back() {
    let built = build_record(&[sps(4)], &[pps()]).expect("sets");
    let read = record(&built).expect("a record");
    assert_eq!((read.config.width, read.config.height, read.length_bytes), (64, 48, 4));
    assert_eq!(read.config.codec, "avc1.42c00a");
    assert_eq!(title(&read.config), "H.264 Constrained Baseline 1.0");
    assert_eq!(build_record(&read.config.sps, &read.config.pps), Ok(built));
    assert!(Sps::parse(SPS_64X48).is_some());
}

#[test]
fn a_record_cut_anywhere_is_refused() {
    let built = build_record(&[sps(4)], &[pps()]).expect("sets");
    for end in 0..built.len() {
        assert!(record(&built.slice(..end)).is_err(), "{end}");
    }
}

#[test]
fn one_and_two_byte_lengths_become_four() {
    let mut copy = build_record(&[sps(4)], &[pps()]).expect("sets").to_vec();
    copy[4] = 0xfd;
    let read = record(&copy.into()).expect("a record");
    assert_eq!((read.length_bytes, read.config.avcc[4]), (2, 0xff));
    for length_bytes in 1..=4 {
        let data = au(length_bytes, &[&[0x09, 0xf0], &[0x65, 1, 2, 3], &[0x06, 5]]);
        let picture = picture(&data, length_bytes as u8).expect("a picture");
        assert_eq!(picture.data, au(4, &[&[0x65, 1, 2, 3], &[0x06, 5]]), "{length_bytes}");
        assert!(picture.key && picture.coded);
    }
}

#[test]
fn sets_delimiters_and_filler_are_taken_out() {
    let set = sps(4);
    let data =
        au(4, &[&[0x09, 0xf0], &set, &pps(), &[0x65, 1], &[0x0c, 0xff, 0xff], &[0x65, 2], &[]]);
    let sorted = picture(&data, 4).expect("a picture");
    assert_eq!(sorted.data, au(4, &[&[0x65, 1], &[0x65, 2]]));
    assert_eq!((sorted.sps, sorted.pps), (vec![set], vec![pps()]));
    // What only stands in front is cut off without a copy.
    let data = au(4, &[&[0x09, 0xf0], &[0x41, 1], &[0x41, 2]]);
    let sorted = picture(&data, 4).expect("a picture");
    assert_eq!(sorted.data.as_ptr(), data[6..].as_ptr());
    assert!(!sorted.key);
}

#[test]
fn only_an_idr_is_a_key_frame() {
    assert!(!picture(&au(4, &[&[0x61, 1]]), 4).expect("a picture").key);
    assert!(picture(&au(4, &[&[0x06, 1], &[0x25, 1]]), 4).expect("a picture").key);
    assert!(!picture(&au(4, &[&[0x06, 1]]), 4).expect("no picture").coded);
}

#[test]
fn changed_sets_make_a_new_configuration_and_repeated_ones_do_not() {
    let built = build_record(&[sps(4)], &[pps()]).expect("sets");
    let config = record(&built).expect("a record").config;
    assert_eq!(update(&config, &[sps(4)], &[pps()]), Ok(None));
    assert_eq!(update(&config, &[], &[]), Ok(None));
    let new = update(&config, &[sps(8)], &[]).expect("readable").expect("changed");
    assert_eq!((new.width, new.height, new.sps.len(), &new.pps), (128, 48, 1, &config.pps));
    assert_eq!(record(&new.avcc).expect("a record").config, new);
    assert!(update(&config, &[Bytes::from_static(&[0x67, 66])], &[]).is_err());
}

#[test]
fn lengths_that_do_not_add_up_are_damage() {
    for data in [&[0, 0, 0, 9, 0x65][..], &[0, 0, 1], &[0xff; 64]] {
        assert_eq!(
            picture(&Bytes::copy_from_slice(data), 4).map(|p| p.data),
            Err(H264Error::Truncated)
        );
    }
    let flood = Bytes::from(vec![0; 4 * (MAX_NALS + 1)]);
    assert_eq!(picture(&flood, 4).map(|p| p.data), Err(H264Error::Truncated));
}

#[test]
fn what_browsers_do_not_play_is_refused() {
    // High 4:4:4 Predictive, 8 bit: id 0, chroma 3, no separate planes, both depths 8, no scaling …
    let mut nal = vec![0x67, 244, 0, 10];
    let text = "1".to_owned()
        + "00100"
        + "0"
        + "11"
        + "0"
        + "0"
        + "1"
        + "11"
        + "010"
        + "0"
        + "00100"
        + "011"
        + "11001";
    for chunk in text.as_bytes().chunks(8) {
        nal.push(chunk.iter().enumerate().fold(0, |byte, (i, bit)| byte | (bit - b'0') << (7 - i)));
    }
    let built = build_record(&[nal.into()], &[pps()]).expect("sets");
    assert_eq!(
        record(&built).map(|r| r.length_bytes),
        Err(H264Error::Format { chroma: 3, bits: 8 })
    );
}

proptest! {
    #[test]
    fn any_bytes_are_sorted_without_a_panic(
        data in proptest::collection::vec(prop_oneof![Just(0u8), Just(1), any::<u8>()], 0..200),
        length_bytes in 0u8..9,
    ) {
        let data = Bytes::from(data);
        drop(record(&data));
        if let Ok(sorted) = picture(&data, length_bytes) {
            prop_assert!(sorted.data.len() <= data.len() + 3 * MAX_NALS);
            let config = record(&build_record(&[sps(4)], &[pps()]).expect("sets")).expect("a record").config;
            drop(update(&config, &sorted.sps, &sorted.pps));
        }
    }
}
