//! The one place that mints ids and secrets.

use uuid::Uuid;

/// A new UUIDv7.
pub(crate) fn uuid() -> Uuid {
    Uuid::now_v7()
}

/// `N` bytes from the operating system's random source.
///
/// # Panics
/// When the operating system has no random source: nothing secret can be made without one.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut out = [0; N];
    getrandom::fill(&mut out).expect("the operating system gives random bytes");
    out
}

/// A secret of 192 bits behind a prefix that tells what it is, such as `rl_…`.
pub(crate) fn secret(prefix: &str) -> String {
    use base64::Engine;
    let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes::<24>());
    format!("{prefix}{body}")
}
