//! The one place that mints ids and secrets.

use std::cell::RefCell;

use uuid::{Builder, Uuid};

use crate::clock;

/// Random bytes that a thread fetches from the operating system at once.
const POOL_BYTES: usize = 1024;

/// Random bytes in store. Each is handed out once and wiped where it lay.
struct Pool {
    bytes: [u8; POOL_BYTES],
    used: usize,
}

thread_local! {
    static POOL: RefCell<Pool> = const { RefCell::new(Pool { bytes: [0; POOL_BYTES], used: POOL_BYTES }) };
}

impl Pool {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        const { assert!(N <= POOL_BYTES) };
        if POOL_BYTES - self.used < N {
            getrandom::fill(&mut self.bytes).expect("the operating system gives random bytes");
            self.used = 0;
        }
        let taken = &mut self.bytes[self.used..self.used + N];
        self.used += N;
        let mut out = [0; N];
        out.swap_with_slice(taken);
        out
    }
}

/// A new UUIDv7.
pub(crate) fn uuid() -> Uuid {
    let ms = clock::now().ms();
    Builder::from_unix_timestamp_millis(ms.max(0).unsigned_abs(), &bytes()).into_uuid()
}

/// `N` bytes from the operating system's random source. They are fetched many at a time: an order takes three lots, and a
/// system call for each costs more than the bytes.
///
/// # Panics
/// When the operating system has no random source: nothing secret can be made without one.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    POOL.with_borrow_mut(Pool::take)
}

/// A secret of 192 bits behind a prefix that tells what it is, such as `rl_…`.
pub(crate) fn secret(prefix: &str) -> String {
    use base64::Engine;
    let body = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes::<24>());
    format!("{prefix}{body}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_bytes_are_handed_out_twice() {
        let mut seen = std::collections::HashSet::new();
        for _ in 0..POOL_BYTES {
            assert!(seen.insert(bytes::<16>()) && seen.insert(*uuid().as_bytes()));
        }
        assert_eq!(uuid().get_version_num(), 7);
    }
}
