//! Golden logs: what was written by an earlier version rebuilds to the state that it had then, for good.

use show::entry::{Entry, Rebuild, decode};
use show::shop::Shop;
use show::stage::Batch;
use show::{Decider, Show};

use crate::world::World;

const SHOW: &str = include_str!("../golden/show-v1.json");
const SHOP: &str = include_str!("../golden/shop-v1.json");

#[track_caller]
fn check<D: Decider>(log: &str, entries: usize, digest: &str) {
    let log: Vec<Entry<D>> = decode(log.as_bytes()).expect("a record");
    assert_eq!(log.len(), entries);
    let mut rebuild = Rebuild::<D>::default();
    for entry in &log {
        rebuild.push(entry).expect("the next entry");
    }
    assert_eq!(D::digest(rebuild.state()).to_string(), digest);
    let (last, checked) = rebuild.checked().expect("the log ends with a digest");
    assert_eq!((last + 1, checked.to_string().as_str()), (log.len() as u64, digest));
}

#[test]
fn an_old_show_rebuilds() {
    check::<Show>(SHOW, 20, "ffd1d2bdd82ffd754406daf1e40e777474644a8291c93a45e614575e6589e693");
}

#[test]
fn an_old_shop_rebuilds() {
    check::<Shop>(SHOP, 29, "d4202f37c7ca3fa64120aacfbcb3f57e98edae853877394088466745c31e6468");
}

/// Writes the logs of a new version beside the old ones, which stay as they are.
#[test]
#[ignore = "run by hand when the log gains something: VERSION=2 cargo test -p show -- --ignored golden"]
fn write_golden_logs() {
    let version = std::env::var("VERSION").expect("VERSION=n");
    let mut world = World::new();
    world.run(SCRIPT);
    let now = world.now;
    for (kind, stream) in [("show", "show/evening"), ("shop", "shop")] {
        let body = if kind == "show" {
            let stage = world.shows.values_mut().next().expect("a show");
            stage.digest(now);
            let last = stage.take_batch();
            joined(world.entries::<Show>(stream), last)
        } else {
            world.shop.digest(now);
            let last = world.shop.take_batch();
            joined(world.entries::<Shop>(stream), last)
        };
        let path = format!("{}/tests/golden/{kind}-v{version}.json", env!("CARGO_MANIFEST_DIR"));
        let new = std::fs::OpenOptions::new().write(true).create_new(true).open(&path);
        std::io::Write::write_all(&mut new.expect("a new file"), &body).expect("written");
    }
}

/// One entry a line, so that a difference can be read.
fn joined<D: Decider>(mut entries: Vec<Entry<D>>, last: Option<Batch<D>>) -> Vec<u8> {
    entries.extend(last.iter().flat_map(|batch| batch.entries.iter().cloned()));
    let lines: Vec<String> =
        entries.iter().map(|entry| serde_json::to_string(entry).expect("json")).collect();
    format!("[\n{}\n]\n", lines.join(",\n")).into_bytes()
}

const SCRIPT: &str = "
    stock LIP 9
    stock EYE 5
    plan evening anna
    offer evening LIP 79.00 limit=3 opens=5 closes=20
    offer evening EYE 20.00
    pin evening EYE
    buy bo evening EYE 1
    feed evening
    wait 6
    pin evening LIP in=2
    buy bo evening LIP 2 key=k1
    buy bo evening LIP 2 key=k1
    cut evening c1 from=2 to=9
    undo evening c1 to=5
    cut evening c2 from=7
    wait 8
    resume evening c2
    cut evening c3 from=4 to=9
    undo evening c3
    delay evening 4
    change evening LIP price=59.00 closes=30 limit=5
    ban evening troll
    pay 1
    capture 2 p1 158.00
    capture 2 p2 158.00
    buy cy evening LIP 1
    buy di evening LIP 3
    buy ed evening EYE 2
    cancel 3 cy
    drop 4
    refund 2
    adjust EYE 7
    remove evening EYE in=3
    wait 1900
    end evening
";
