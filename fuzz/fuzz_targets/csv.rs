//! A product file from anywhere: any bytes become rows, refused lines or one refusal, and never more of them than the
//! file has lines. The first byte chooses whether the right header is put before the rest.
#![no_main]

use libfuzzer_sys::fuzz_target;

const HEADER: &str = "Handle,Title,Vendor,Type,Option1 Value,Option2 Value,Option3 Value,Variant SKU,Variant Price,\
                      Variant Inventory Qty,Variant Image,Image Src\n";

fuzz_target!(|bytes: &[u8]| {
    let Some((plan, rest)) = bytes.split_first() else { return };
    let file = if plan & 1 == 0 { [HEADER.as_bytes(), rest].concat() } else { rest.to_vec() };
    let currency = "CNY".parse().expect("a currency");
    if let Some((rows, rejected)) = server::fuzzing::csv(&file, currency) {
        let lines = file.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count() + 1;
        assert!(rows + rejected <= lines, "{rows} rows and {rejected} refused of {lines} lines");
    }
});
