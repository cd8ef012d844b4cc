//! The query of a playlist request: any text is answered, and what is accepted holds the rules against a program
//! that is on air. The same bytes are then read as the index of a recording.
#![no_main]

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use media::frame::{AirVideo, VideoConfig};
use media::hls::{Config, Lookup, Packager, Readiness, Snapshot, parse_query, vod};
use units::{AirTime, Duration, Timestamp};

static ON_AIR: LazyLock<Arc<Snapshot>> = LazyLock::new(|| {
    let config = Arc::new(VideoConfig {
        avcc: Bytes::new(),
        sps: vec![Bytes::from_static(&[0x67, 0x64, 0, 0x1f])],
        pps: vec![Bytes::from_static(&[0x68, 0xeb])],
        width: 16,
        height: 16,
        codec: "avc1.64001f".into(),
    });
    let mut packager = Packager::new(Config::live(Timestamp(0), 48_000));
    for n in 0..100 {
        packager.push_video(AirVideo {
            air: AirTime::from_ms(n * 100),
            duration: Duration::from_ms(100),
            cts: Duration::ZERO,
            key: n % 20 == 0,
            data: Bytes::from_static(&[0, 0, 0, 1, 0x65]),
            config: Arc::clone(&config),
            discontinuity: false,
        });
    }
    packager.snapshot()
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(query) = std::str::from_utf8(bytes)
        && let Ok(reload) = parse_query(query)
    {
        let newest = ON_AIR.latest().expect("on air");
        let asked = (reload.msn.unwrap_or(0), reload.part.unwrap_or(0));
        assert!(reload.part.is_none() || reload.msn.is_some());
        match ON_AIR.ready(&reload) {
            Readiness::Now => assert!(asked <= newest || asked.0 < newest.0),
            Readiness::Wait => assert!(asked.0 <= newest.0 + 2),
            Readiness::TooFar => assert!(asked > newest),
            Readiness::Gone => unreachable!("a playlist on air always answers"),
        }
        if let Lookup::Found(part) = ON_AIR.part(asked.0, asked.1) {
            assert!(asked <= newest && !part.is_empty());
        }
    }
    let index = vod::parse(bytes);
    assert!(index.whole_len <= bytes.len());
    let _ = (vod::playlist(&index.entries), vod::multivariant(&index.entries));
});
