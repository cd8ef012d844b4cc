//! A bootstrap file and a settings file from anywhere: any text is read or refused with a reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use server::{Bootstrap, Config};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Err(error) = Bootstrap::parse(text) {
        assert!(!format!("{error:#}").is_empty());
    }
    if let Err(error) = Config::parse(text) {
        assert!(!format!("{error:#}").is_empty());
    }
});
