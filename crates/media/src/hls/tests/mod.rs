mod decode;
mod live;
mod props;
pub(crate) mod source;
mod vod;

use units::Timestamp;

use super::{Config, Packager};

/// 2026-01-01T00:00:00Z.
const EPOCH: Timestamp = Timestamp::from_ms(1_767_225_600_000);

fn packager() -> Packager {
    Packager::new(Config::live(EPOCH, 48_000))
}

fn text(bytes: Option<bytes::Bytes>) -> String {
    String::from_utf8(bytes.expect("a playlist").to_vec()).expect("UTF-8")
}
