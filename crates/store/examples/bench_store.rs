//! Orders a second through `Store::submit` on one hot product, beside the bounds of the same disk in the same run.
//!
//! Each order is its own batch with everything that a real one has: an entry in the chained log, the order row, the
//! stock change, a contact text and an outbox row. `cargo run --release -p store --example bench_store [DIR] [SECONDS]`

#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![allow(missing_docs)]

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use store::{
    Batch, EntryBytes, OrderChange, OrderRow, OutboxChange, OutboxKey, OutboxRow, SqliteStore,
    StockChange, Store, StoreError, StreamId, TextChange, TextRow, verify,
};
use units::{DeviceId, Money, OrderId, TextId, Timestamp};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A stream of numbers that spreads ids as hashes and device ids spread in life (SplitMix64).
struct Spread(u64);

impl Spread {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    fn next_u128(&mut self) -> u128 {
        (u128::from(self.next()) << 64) | u128::from(self.next())
    }
}

/// What every order of the run shares.
struct Shop {
    stream: StreamId,
    price: Money,
    spread: Spread,
    seq: u64,
}

impl Shop {
    fn order(&mut self, batch: &mut Batch) -> EntryBytes {
        self.seq += 1;
        let seq = self.seq;
        let at = Timestamp(1_790_000_000_000_000 + seq as i64 * 40);
        // UUIDv7: time above, chance below.
        let stamp = |low: u64| ((at.ms() as u128) << 80) | (7 << 76) | u128::from(low);
        let id = OrderId::from_u128(stamp(self.spread.next()));
        let contact = TextId::from_u128(stamp(self.spread.next()));
        let (key_hash, device) = (self.spread.next_u128(), self.spread.next_u128());
        let body = format!(
            "{{\"input\":{{\"place\":{{\"order\":\"{id}\",\"show\":\"evening\",\"host\":\"anna\",\"brand\":\"rouge\",\
             \"sku\":\"LIP-01\",\"quantity\":1,\"buyer\":\"{device:032x}\",\"device\":\"{}\",\"contact\":\
             {{\"id\":\"{contact}\",\"commitment\":\"{key_hash:032x}{device:032x}\"}},\"air\":{},\"key\":\"{key_hash:032x}\",\
             \"body\":\"{:032x}\"}}}},\"events\":[{{\"reserved\":{{\"order\":\"{id}\",\"price\":{{\"minor\":7900,\
             \"currency\":\"CNY\"}},\"expires_at\":{}}}}}]}}",
            DeviceId::from_u128(device),
            seq * 28_224,
            key_hash ^ device,
            at.0 + 1_800_000_000,
        );
        batch.orders.push(OrderChange::Insert(Box::new(OrderRow {
            id,
            show: "evening".into(),
            host: "anna".into(),
            brand: "rouge".into(),
            sku: "LIP-01".into(),
            title: "Lipstick No. 1".into(),
            quantity: 1,
            unit_price: self.price,
            status: "reserved".into(),
            buyer: format!("{device:032x}"),
            device: DeviceId::from_u128(device),
            contact: Some(contact),
            air_ms: seq as i64,
            key_hash,
            created_at: at,
            updated_at: at,
            expires_at: Some(at),
        })));
        batch.stock.push(StockChange::Add { sku: "LIP-01".into(), stock: 0, reserved: 1, sold: 0 });
        batch.texts.push(TextChange::Put(TextRow {
            id: contact,
            kind: "contact".into(),
            text: format!("{{\"name\":\"Buyer {seq}\",\"contact\":\"+86 138 0000 {seq:04}\"}}"),
            salt: [7; 32],
            at,
        }));
        batch.outbox.push(OutboxChange::Put(OutboxRow {
            key: OutboxKey { stream: self.stream.clone(), seq, n: 0 },
            kind: "payment".into(),
            body: format!("{{\"order\":\"{id}\",\"minor\":7900,\"currency\":\"CNY\"}}")
                .into_bytes(),
            due_at: Some(at),
            attempts: 0,
        }));
        EntryBytes { seq, at, body: body.into_bytes() }
    }

    fn batch(&mut self, orders: u64) -> Batch {
        let expected_seq = self.seq;
        let mut batch = Batch::default();
        let entries = (0..orders).map(|_| self.order(&mut batch)).collect();
        batch.log = Batch::append(self.stream.clone(), expected_seq, entries).log;
        batch
    }
}

/// What a run measured.
struct Run {
    orders: u64,
    took: Duration,
    latency_us: Vec<u64>,
    commits: u64,
    writer_cpu: Duration,
    written: u64,
}

fn run(dir: &Path, in_flight: usize, per_batch: u64, span: Duration) -> Fallible<Run> {
    let store = SqliteStore::open(dir)?;
    store
        .submit(Batch {
            stock: vec![StockChange::Open { sku: "LIP-01".into(), stock: 1 << 40 }],
            ..Batch::default()
        })
        .wait()?;
    let price = "79.00 CNY".parse()?;
    let mut shop = Shop { stream: "shop".into(), price, spread: Spread(1), seq: 0 };
    let (sender, answers) = mpsc::channel();
    let submit = |shop: &mut Shop| {
        let batch = shop.batch(per_batch);
        let sent = Instant::now();
        let sender = sender.clone();
        store.submit(batch).on_done(move |answer| {
            let _ = sender.send((answer, sent.elapsed()));
        });
    };
    let started = Instant::now();
    let before = (store.stats().commits, writer_cpu(), written());
    let mut latency_us = Vec::new();
    (0..in_flight).for_each(|_| submit(&mut shop));
    let mut open = in_flight;
    while open > 0 {
        let (answer, took): (Result<_, StoreError>, Duration) = answers.recv()?;
        answer?;
        latency_us.push(took.as_micros() as u64);
        open -= 1;
        if started.elapsed() < span {
            submit(&mut shop);
            open += 1;
        }
    }
    let took = started.elapsed();
    let commits = store.stats().commits - before.0;
    let (writer_cpu, written) = (writer_cpu() - before.1, written() - before.2);
    let orders = latency_us.len() as u64 * per_batch;
    let verified = verify(&store, &"shop".into())?;
    let stock = store::Reader::stock(&store, "LIP-01")?.map_or(0, |row| row.reserved);
    assert_eq!((verified.last_seq, stock), (orders, orders as i64), "every order is there once");
    latency_us.sort_unstable();
    Ok(Run { orders, took, latency_us, commits, writer_cpu, written })
}

impl Run {
    fn print(&self, what: &str) {
        let per_s = self.orders as f64 / self.took.as_secs_f64();
        let at = |share: f64| {
            let last = self.latency_us.len().saturating_sub(1);
            self.latency_us.get((last as f64 * share) as usize).map_or(0.0, |us| *us as f64 / 1e3)
        };
        let each = self.orders.max(1) as f64;
        println!(
            "{what:<44} {per_s:>8.0} orders/s   p50 {:>6.2} ms   p99 {:>6.2} ms   max {:>5.0} ms   \
             {:>5.0} orders a commit   {:>5.1} µs of the writer and {:>5.1} kB written an order",
            at(0.50),
            at(0.99),
            at(1.0),
            each / self.commits.max(1) as f64,
            self.writer_cpu.as_secs_f64() * 1e6 / each,
            self.written as f64 / 1e3 / each,
        );
    }
}

/// The bound: the bytes of `per_sync` log entries written into a file that has its size already, then one `fdatasync`.
fn raw(path: &Path, per_sync: usize, bytes: usize, span: Duration) -> Fallible<(f64, f64)> {
    const SIZE: usize = 64 << 20;
    let mut file = File::create(path)?;
    file.write_all(&vec![0; SIZE])?;
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let block = vec![b'x'; bytes * per_sync];
    let started = Instant::now();
    let mut syncs = Vec::new();
    while started.elapsed() < span {
        if (syncs.len() + 1) * block.len() % SIZE < block.len() {
            file.seek(SeekFrom::Start(0))?;
        }
        let before = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        syncs.push(before.elapsed().as_micros() as u64);
    }
    let per_s = (syncs.len() * per_sync) as f64 / started.elapsed().as_secs_f64();
    syncs.sort_unstable();
    let p99 = syncs.get(syncs.len() * 99 / 100).map_or(0.0, |us| *us as f64 / 1e3);
    Ok((per_s, p99))
}

/// CPU time of the writer's thread so far, where the system tells (Linux).
fn writer_cpu() -> Duration {
    let of = |task: PathBuf| -> Option<u64> {
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let stat = std::fs::read_to_string(task.join("schedstat")).ok()?;
        if name.trim() == "store-writer" { stat.split(' ').next()?.parse().ok() } else { None }
    };
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    Duration::from_nanos(tasks.filter_map(|task| of(task.path())).sum())
}

/// Bytes that this process has written so far, where the system tells (Linux).
fn written() -> u64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: "));
    line.and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn main() -> Fallible<()> {
    let mut args = std::env::args().skip(1);
    let dir = args.next().map_or_else(std::env::temp_dir, PathBuf::from);
    let span = Duration::from_secs(args.next().map_or(Ok(5), |text| text.parse())?);
    let only: Option<usize> = args.next().map(|text| text.parse()).transpose()?;
    let base = dir.join(format!("bench-store-{}", std::process::id()));
    std::fs::create_dir_all(&base)?;
    println!("{} cores, {}", std::thread::available_parallelism()?, base.display());
    for per_sync in [1, 64, 256] {
        let (per_s, p99) = raw(&base.join("raw"), per_sync, 700, span / 3)?;
        println!(
            "bound: {per_sync:>4} entries of 700 bytes, one sync    {per_s:>8.0} entries/s   p99 {p99:>6.2} ms"
        );
    }
    for (in_flight, per_batch) in [(1, 1), (64, 1), (256, 1), (1024, 1), (2, 64), (2, 256)] {
        if only.is_some_and(|only| only != in_flight) {
            continue;
        }
        let dir = base.join(format!("{in_flight}-{per_batch}"));
        let run = run(&dir, in_flight, per_batch, span)?;
        run.print(&format!("store: {in_flight:>4} batches in flight, {per_batch:>3} orders each"));
        std::fs::remove_dir_all(&dir)?;
    }
    std::fs::remove_dir_all(&base)?;
    Ok(())
}
