//! What comes of files, good and bad.

use proptest::prelude::*;

use super::*;
use crate::watch::Unwatched;

const ORDERS: &str = "\
order_id,at,host,brand,category,buyer,amount,currency
o1,2026-01-02 20:15,ann,lip,beauty,b1,79.00,CNY
o2,2026-01-03T20:15:00+08:00,bob,lip,beauty,b2,10.50,CNY
";

fn orders(text: &str) -> Result<Dataset, ImportError> {
    let mut import = Import::new();
    import.orders(text.as_bytes(), &Unwatched)?;
    import.finish()
}

fn refusal(text: &str) -> String {
    orders(text).map(|_| ()).expect_err("a refusal").to_string()
}

fn rejected(data: &Dataset) -> Vec<String> {
    data.rejected
        .listed()
        .iter()
        .map(|row| format!("{} {}: {}", row.file, row.line, row.reason))
        .collect()
}

fn notes(data: &Dataset) -> Vec<String> {
    data.notes.iter().map(Note::to_string).collect()
}

#[test]
fn orders_become_numbers() {
    let data = orders(ORDERS).unwrap();
    let all: Vec<Order> = data.orders.iter().collect();
    let first = Order { at: 1_767_384_900, host: 0, brand: 0, category: 0, buyer: 0, minor: 7900 };
    let second = Order { at: 1_767_442_500, host: 1, brand: 0, category: 0, buyer: 1, minor: 1050 };
    assert_eq!(all, [first, second]);
    assert_eq!((data.hosts.name(1), data.hosts.number("ann"), data.buyers), ("bob", Some(0), 2));
    assert_eq!(data.currency.as_str(), "CNY");
    assert_eq!(data.orders.between(first.at, second.at).count(), 1);
    assert_eq!(data.orders.between(second.at, first.at).count(), 0);
    assert_eq!(notes(&data), [""; 0]);
}

#[test]
fn headers_come_in_any_order_and_under_other_names() {
    let data = orders(
        "Currency , 主播,GMV,品牌,extra,Customer-ID,Order No,Created At\n\
         cny,ann,79,lip,ignored,b1,o1,2026-01-02\n",
    )
    .unwrap();
    assert_eq!((data.orders.len(), data.hosts.name(0), data.brands.name(0)), (1, "ann", "lip"));
    assert_eq!(notes(&data), ["orders have no column category", "1 orders have no category"]);
    let both = "order_id,id,at,host,amount,currency\no1,x,2026-01-02,ann,1,CNY\no1,y,2026-01-02,ann,1,CNY\n";
    assert_eq!(rejected(&orders(both).unwrap()).len(), 1, "the column's own name goes first");
}

#[test]
fn rows_of_the_future_are_mistyped() {
    let mut import = Import::until(1_767_400_000);
    let text = "order_id,at,host,amount,currency\no1,2026-01-02 20:15,ann,1,CNY\no2,2062-01-02,ann,1,CNY\n";
    import.orders(text.as_bytes(), &Unwatched).unwrap();
    let shows = "show,host,start,end\ns1,ann,2026-01-02 20:00,2026-01-02 21:00\ns2,ann,2026-02-02 20:00,2026-02-02 21:00\n";
    import.shows(shows.as_bytes(), &Unwatched).unwrap();
    let data = import.finish().unwrap();
    assert_eq!((data.orders.len(), data.shows.len()), (1, 1));
    let expected = [
        "orders 3: at lies in the future: \"2062-01-02\"",
        "shows 3: start lies in the future: \"2026-02-02 20:00\"",
    ];
    assert_eq!(rejected(&data), expected);
}

#[test]
fn what_no_import_can_come_of() {
    for (text, expected) in [
        ("", "orders are empty: not even a row of headers"),
        ("\n\n", "orders are empty: not even a row of headers"),
        ("order_id,at,host,amount,currency\n", "orders have headers and no rows"),
        ("order_id,at,host,currency\n", "orders have no column amount (also read as: gmv, total"),
        ("a;b;c\n", "there are: a;b;c (columns must be separated by commas)"),
        ("order_id,at,at,host,amount,currency\n", "orders have two columns at: rename one"),
        (
            "order_id,at,host,amount,currency\no1,2026-01-02,ann,1,CNY\no2,2026-01-02,ann,1,USD\no3,2026-01-02,ann,1,CNY\n",
            "several currencies: CNY (2 orders, the first on line 2), USD (1 orders, the first on line 3); import one",
        ),
        (
            "order_id,at,host,amount,currency\no1,1.2.2026,ann,1,CNY\n",
            "none of 1 rows of orders can be used; line 2: at is not a time: \"1.2.2026\"",
        ),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(expected), "{refusal}");
    }
}

#[test]
fn bad_rows_are_listed_with_line_and_reason() {
    let data = orders(
        "order_id,at,host,brand,category,buyer,amount,currency\n\
         o1,2026-01-02,ann,lip,beauty,b1,79.00,CNY\n\
         ,2026-01-02,ann,lip,beauty,b1,79.00,CNY\n\
         o3,yesterday,ann,lip,beauty,b1,79.00,CNY\n\
         o4,2026-01-02, ,lip,beauty,b1,79.00,CNY\n\n\
         o5,2026-01-02,ann,lip,beauty,b1,\"1,299.00\",CNY\n\
         o6,2026-01-02,ann,lip,beauty,b1,,CNY\n\
         o7,2026-01-02,ann,lip,beauty,b1,1,yuan\n\
         o8,2026-01-02,ann\n\
         o9,2026-01-02,\"ann\nbob\",lip,beauty,b1,1,CNY\n\
         o10,2026-01-02,ann,lip,beauty,b1,1,\n",
    )
    .unwrap();
    assert_eq!(data.orders.len(), 1);
    assert_eq!(
        rejected(&data),
        [
            "orders 3: order_id is empty",
            "orders 4: at is not a time: \"yesterday\"; write 2026-03-01, 2026-03-01 20:15, or RFC 3339",
            "orders 5: host is empty",
            "orders 7: amount is not a decimal number such as 79.00, or too large: \"1,299.00\"",
            "orders 8: amount is empty",
            "orders 9: currency is not three letters such as CNY: \"yuan\"",
            "orders 10: the row has 3 columns; 8 are needed",
            "orders 11: host is not a name: \"ann\\nbob\" is too long or has line breaks; perhaps a quotation mark is not closed",
            "orders 13: currency is empty",
        ]
    );
    assert_eq!((data.rejected.bad(File::Orders), data.rejected.repeated(File::Orders)), (9, 0));
}

#[test]
fn text_that_is_not_utf8_is_a_bad_row() {
    let mut bytes = ORDERS.as_bytes().to_vec();
    bytes.extend_from_slice(b"o3,2026-01-02,\xd6\xf7,lip,beauty,b1,1,CNY\n");
    let mut import = Import::new();
    import.orders(&bytes[..], &Unwatched).unwrap();
    let data = import.finish().unwrap();
    assert_eq!(rejected(&data), ["orders 4: host is not UTF-8 text; save the file as UTF-8"]);
}

#[test]
fn repeated_ids_count_once_and_returns_count_beside_their_sale() {
    let data = orders(
        "order_id,at,host,brand,category,buyer,amount,currency,status\n\
         o1,2026-01-05,ann,lip,beauty,b1,79.005,CNY,paid\n\
         o1,2026-01-05,ann,lip,beauty,b1,79.005,CNY,paid\n\
         o1,2026-01-05,ann,lip,beauty,b1,80.00,CNY,paid\n\
         o1,2026-01-06,ann,lip,beauty,b1,-79.01,CNY,\n\
         o1,2026-01-06,ann,lip,beauty,b1,-79.01,CNY,\n\
         o2,2026-01-01,ann,,beauty,,1,CNY,Cancelled by buyer\n\
         o3,2026-01-01,ann,,beauty,,2,CNY,in transit\n",
    )
    .unwrap();
    let amounts: Vec<i64> = data.orders.iter().map(|order| order.minor).collect();
    assert_eq!(amounts, [200, 7901, -7901], "sorted by time");
    assert_eq!(data.orders.iter().next().map(|order| order.buyer), Some(NOBODY));
    assert_eq!(
        rejected(&data),
        [
            "orders 3: order_id was there before, with the same content; counted once",
            "orders 4: order_id was there before, with other content; the first row counts (one row per item needs an id of its own each)",
            "orders 6: order_id was there before, with the same content; counted once",
        ]
    );
    assert_eq!(
        notes(&data),
        [
            "1 orders with status \"cancelled_by_buyer\" were not sold and do not count",
            "1 orders have the status \"in_transit\", which is not known: they count",
            "1 amounts had more decimals than the currency has and were rounded half away from zero",
            "1 amounts are below zero: returns, taken from host and brand on their own day",
            "1 orders have no brand",
            "1 orders have no buyer",
            "3 rows of orders repeat an id, 1 of them with other content: the first row counts",
            "1 rows of orders are out of order in time: sorted",
        ]
    );
}

#[test]
fn the_list_of_bad_rows_is_bounded_and_its_count_is_not() {
    let mut text = ORDERS.to_owned();
    for n in 0..LISTED_MAX + 500 {
        text.push_str(&format!(
            "x{n},,ann,lip,beauty,b1,1,CNY\no1,2026-01-02 20:15,ann,lip,beauty,b1,79.00,CNY\n"
        ));
    }
    let data = orders(&text).unwrap();
    assert_eq!(data.rejected.listed().len(), 2 * LISTED_MAX);
    assert_eq!(data.rejected.bad(File::Orders), LISTED_MAX as u64 + 500);
    assert_eq!(data.rejected.repeated(File::Orders), LISTED_MAX as u64 + 500);
}

#[test]
fn shows_follows_and_incidents() {
    let mut import = Import::new();
    let incidents = "incident,host,at,dark_days,severity,kind\n\
        i2,ann,2026-02-01,14.5,grave,words\n\
        i1,bob,2026-01-10,0,notice,\n\
        i3,eve,2026-01-10,3,grave,\n\
        i4,bob,2026-01-10,forever,grave,\n\
        i1,bob,2026-01-10,0,notice,\n";
    import.incidents(incidents.as_bytes(), &Unwatched).unwrap();
    import.orders(ORDERS.as_bytes(), &Unwatched).unwrap();
    let shows = "show,host,start,end,brand\n\
        s1,ann,2026-01-02 20:00,2026-01-02 22:00,lip\n\
        s2,ann,2026-01-02 21:00,2026-01-02 23:30,lip\n\
        s3,bob,2026-01-03 20:00,2026-01-03 19:00,\n\
        s4,bob,2026-01-03 20:00,2026-02-03 19:00,\n\
        s5,bob,2026-01-01 20:00,2026-01-01 21:00,\n";
    import.shows(shows.as_bytes(), &Unwatched).unwrap();
    let follows = "viewer,host,at,until\nv1,ann,2026-01-02,\nv1,cat,2026-01-01,2026-01-05\nv2,ann,2026-01-02,2025-01-01\n";
    import.follows(follows.as_bytes(), &Unwatched).unwrap();
    let data = import.finish().unwrap();
    assert_eq!(
        rejected(&data),
        [
            "shows 4: end is not after start",
            "shows 5: the show lasts longer than 168 hours",
            "follows 4: until is before at",
            "incidents 4: host \"eve\" is in no order, show or follow",
            "incidents 5: dark_days is not a number of days between 0 and 3650: \"forever\"",
            "incidents 6: incident was there before, with the same content; counted once",
        ]
    );
    let hours: Vec<_> = data.shows.iter().map(|show| (show.host, show.hours())).collect();
    assert_eq!(hours, [(0, 3.5), (1, 1.0)], "overlapping shows count once");
    let follows = data.follows.unwrap();
    assert_eq!((follows[0].host, follows[0].viewer, follows[1].until), (2, 0, None));
    let incidents = data.incidents.unwrap();
    assert_eq!((&*incidents[0].id, incidents[0].host, incidents[1].dark_days), ("i1", 1, 14.5));
}

#[test]
fn a_file_of_headers_is_said_and_one_of_bad_rows_is_refused() {
    let mut import = Import::new();
    import.orders(ORDERS.as_bytes(), &Unwatched).unwrap();
    import.shows("show,host,start,end\n".as_bytes(), &Unwatched).unwrap();
    let refusal = import.follows("viewer,host,at\nv1,ann,?\n".as_bytes(), &Unwatched);
    assert!(
        refusal
            .unwrap_err()
            .to_string()
            .starts_with("none of 1 rows of follows can be used; line 2")
    );
    let incidents = "incident,host,at,dark_days,severity\ni1,eve,2026-01-01,1,grave\n";
    import.incidents(incidents.as_bytes(), &Unwatched).unwrap();
    let refusal = import.finish().map(|_| ()).unwrap_err().to_string();
    assert!(refusal.contains("host \"eve\" is in no order"), "{refusal}");
}

#[test]
fn a_stop_ends_the_import() {
    struct Stop;
    impl Watch for Stop {
        fn at(&self, _stage: Stage, _done: u64, _all: u64) -> Result<(), Stopped> {
            Err(Stopped)
        }
    }
    let stopped = Import::new().orders(ORDERS.as_bytes(), &Stop);
    assert!(matches!(stopped, Err(ImportError::Stopped(Stopped))));
}

proptest! {
    #[test]
    fn any_bytes_are_rows_or_reasons(bytes in prop::collection::vec(any::<u8>(), 0..400), text in "[a-z0-9,\"\\n\\r .:-]{0,400}") {
        for rest in [&bytes[..], text.as_bytes()] {
            let file = [b"order_id,at,host,amount,currency\no,2026-01-01,h,1,CNY\n", rest].concat();
            let mut import = Import::new();
            let _ = import.shows(rest, &Unwatched);
            let _ = import.follows(rest, &Unwatched);
            let _ = import.incidents(rest, &Unwatched);
            if import.orders(&file[..], &Unwatched).is_ok() {
                let _ = import.finish();
            }
        }
    }

    #[test]
    fn nothing_is_silently_dropped(kinds in prop::collection::vec(0..5usize, 1..200)) {
        let mut text = String::from("order_id,at,host,amount,currency,status\n");
        for (n, kind) in kinds.iter().enumerate() {
            text.push_str(&match kind {
                0 => format!("bad{n},never,h,1,CNY,\n"),
                1 => "same,2026-01-01,h,1,CNY,\n".to_owned(),
                2 => format!("o{n},2026-01-{:02},h,-1,CNY,\n", 1 + n % 28),
                3 => format!("o{n},2026-01-01,h,1,CNY,void\n"),
                _ => format!("o{n},2026-01-{:02},h,1,CNY,\n", 1 + n % 28),
            });
        }
        let Ok(data) = orders(&text) else {
            prop_assert!(kinds.iter().all(|kind| matches!(kind, 0 | 3)));
            return Ok(());
        };
        let void: u64 = data.notes.iter().map(|note| match note { Note::NotSold { rows, .. } => *rows, _ => 0 }).sum();
        let (bad, repeated) = (data.rejected.bad(File::Orders), data.rejected.repeated(File::Orders));
        prop_assert_eq!(data.orders.len() as u64 + bad + repeated + void, kinds.len() as u64);
        let times: Vec<u32> = data.orders.iter().map(|order| order.at).collect();
        prop_assert!(times.is_sorted());
    }
}

#[test]
fn the_guide_names_every_column_and_every_other_name() {
    let guide = include_str!("../../../../docs/exposure.md");
    let all = columns::ORDERS
        .iter()
        .chain(&columns::SHOWS)
        .chain(&columns::FOLLOWS)
        .chain(&columns::INCIDENTS);
    for column in all {
        assert!(guide.contains(&format!("`{}`", column.name)), "{}", column.name);
        let names = column.aliases.join(", ");
        assert!(guide.contains(&names), "{}: {names}", column.name);
    }
}
