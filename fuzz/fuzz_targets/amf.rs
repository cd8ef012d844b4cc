//! AMF0: nothing panics, and what is read is written and read again as the same.
#![no_main]

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use media::rtmp::amf::{decode, encode};

fuzz_target!(|data: &[u8]| {
    let Ok(values) = decode(data) else { return };
    let mut written = BytesMut::new();
    values.iter().for_each(|value| encode(value, &mut written));
    let mut again = BytesMut::new();
    if let Ok(values) = decode(&written) {
        values.iter().for_each(|value| encode(value, &mut again));
        assert_eq!(written, again);
    }
});
