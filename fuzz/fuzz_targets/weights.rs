//! Files of models and rules from anywhere: any bytes become something that can be used, or one refusal. The first byte chooses
//! the reader.
#![no_main]

use libfuzzer_sys::fuzz_target;
use listen::embed::Embedder;
use listen::host::HostModel;
use listen::rules::Pack;
use listen::text::ChatModel;
use listen::weights::Weights;

fuzz_target!(|bytes: &[u8]| {
    let Some((which, rest)) = bytes.split_first() else { return };
    match which % 5 {
        0 => drop(listen::models::fuzzing::ct2(rest)),
        1 => drop(Embedder::from_bytes(rest)),
        2 => drop(Weights::from_bytes(rest, "host", listen::host::VERSION).map(|w| HostModel::unpack(&w))),
        3 => drop(Weights::from_bytes(rest, "chat", listen::text::VERSION).map(|w| ChatModel::unpack(&w))),
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            let Ok(pack) = Pack::parse(text) else { return };
            for rule in &pack.rules {
                for language in listen::Language::ALL {
                    let _ = rule.find(language, "the best in the world, add me and pay there");
                }
            }
        }
    }
});
