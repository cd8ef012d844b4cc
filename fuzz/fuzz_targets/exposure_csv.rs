//! Files of orders, shows, follows and incidents from anywhere: any bytes become rows, listed reasons or one refusal, and what was
//! read can be analysed. The first byte chooses the file, and whether the right header is put before the rest.
#![no_main]

use std::num::NonZeroU32;

use insight::exposure::report::{Options, report};
use insight::exposure::simulate::Run;
use insight::import::{File, Import};
use insight::watch::Unwatched;
use libfuzzer_sys::fuzz_target;

const HEADERS: [&str; 4] = [
    "order_id,at,host,brand,category,buyer,amount,currency,status\n",
    "show,host,start,end\n",
    "viewer,host,at,until\n",
    "incident,host,at,dark_days,severity,kind\n",
];
const ORDERS: &str = "order_id,at,host,amount,currency\n1,2026-01-01,a,5,CNY\n2,2026-03-01,b,7,CNY\n";

fuzz_target!(|bytes: &[u8]| {
    let Some((plan, rest)) = bytes.split_first() else { return };
    let kind = usize::from(plan & 3);
    let file = if plan & 4 == 0 { [HEADERS[kind].as_bytes(), rest].concat() } else { rest.to_vec() };
    let mut import = Import::new();
    let read = match File::ALL[kind] {
        File::Orders => import.orders(&file[..], &Unwatched),
        File::Shows => import.shows(&file[..], &Unwatched),
        File::Follows => import.follows(&file[..], &Unwatched),
        File::Incidents => import.incidents(&file[..], &Unwatched),
    };
    if read.is_err() || kind > 0 && import.orders(ORDERS.as_bytes(), &Unwatched).is_err() {
        return;
    }
    let Ok(data) = import.finish() else { return };
    let lines = file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() as u64 + 1;
    let rejected = &data.rejected;
    assert!(rejected.bad(File::ALL[kind]) + rejected.repeated(File::ALL[kind]) <= lines);
    let options = Options {
        run: Run { seed: 1, scenarios: 10, threads: 1 },
        parameter_draws: NonZeroU32::MIN,
        ..Options::default()
    };
    if let Ok(exposure) = report(&data, &options, &Unwatched) {
        assert!(exposure.report.es.is_finite());
    }
});
