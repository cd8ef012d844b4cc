//! Orders for one hot product: every connection is a browser that buys, every order another buyer with a fresh key.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::http::{self, Counts, Outcome, Pressure, Script};
use crate::process::{Measured, Server};

/// Digits of the counter that is patched into the key and the contact.
const DIGITS: usize = 12;
const GOAL_PER_S: f64 = 12_000.0;
const MOONSHOT_PER_S: f64 = 20_000.0;

/// Requests whose digits are patched in place.
struct Orders {
    requests: Vec<Request>,
    next: u64,
    refused: Option<String>,
}

struct Request {
    bytes: Vec<u8>,
    /// Where the counter stands.
    places: Vec<usize>,
}

impl Request {
    fn new(cookie: &str) -> Self {
        let zeros = "0".repeat(DIGITS);
        let body = format!(
            "{{\"sku\":\"LIP-01\",\"quantity\":1,\"buyer\":{{\"name\":\"Buyer\",\"contact\":\"+86 {zeros}\"}},\
             \"price_seen\":{{\"minor\":7900,\"currency\":\"CNY\"}},\"air_ms\":61000}}"
        );
        let bytes = format!(
            "POST /api/v1/shows/show-0/orders HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
             x-ringlight: 1\r\ncookie: rl_device={cookie}\r\nidempotency-key: order-{zeros}\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes();
        let places = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(zeros.as_bytes()));
        Self { places: places.collect(), bytes }
    }
}

impl Script for Orders {
    fn request(&mut self, at: usize, out: &mut Vec<u8>) {
        self.next += 1;
        let mut digits = [b'0'; DIGITS];
        let mut rest = self.next;
        for digit in digits.iter_mut().rev() {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
        let request = &mut self.requests[at];
        for place in &request.places {
            request.bytes[*place..*place + DIGITS].copy_from_slice(&digits);
        }
        out.extend_from_slice(&request.bytes);
    }

    fn answer(&mut self, _: usize, status: u16, body: &[u8]) -> Counts {
        if status == 201 {
            return Counts::Yes;
        }
        let said = || format!("{status} {}", String::from_utf8_lossy(body));
        self.refused.get_or_insert_with(said);
        Counts::Refused
    }
}

/// A device cookie of the server for each connection, or something of its length for a bound.
fn cookies(addr: SocketAddr, connections: usize) -> anyhow::Result<Vec<String>> {
    let cookie = |_| {
        let (_, head, _) = http::get(addr, "/api/v1/shows/show-0/watch")?;
        let (_, rest) = head.split_once("rl_device=").context("no device cookie")?;
        Ok(rest.split([';', '\r']).next().unwrap_or_default().to_owned())
    };
    (0..connections).map(cookie).collect()
}

fn press(
    addr: SocketAddr,
    connections: usize,
    span: Duration,
    cookies: &[String],
    from: u64,
    process: &Measured,
) -> anyhow::Result<Outcome> {
    let requests = (0..connections).map(|at| Request::new(&cookies[at])).collect();
    let mut script = Orders { requests, next: from, refused: None };
    let pressure = Pressure { connections, warm: Duration::from_secs(1), span };
    let outcome = http::run(addr, pressure, &mut script, &|| process.cpu_s())?;
    if let Some(refused) = &script.refused {
        println!("    {} refusals, the first: {refused}", outcome.refused);
    }
    Ok(outcome)
}

fn print(what: &str, outcome: &Outcome, more: &str) {
    println!(
        "  {what:<52} {:>7.0} /s   p50 {:>6.2} ms   p99 {:>6.2} ms   {:>6.3} CPU-s a 1000{more}",
        outcome.per_s(),
        outcome.quantile_ms(0.50),
        outcome.quantile_ms(0.99),
        1000.0 / outcome.per_cpu_s(),
    );
}

/// Orders a second through HTTP, beside the same requests answered with ready bytes.
pub(crate) fn run(binary: &Path, work: &Path, span: Duration) -> anyhow::Result<()> {
    println!(
        "orders through HTTP, one hot product; log, chain, tables and outbox synced before the answer"
    );
    let server = Server::start(binary, work, 1)?;
    let cookies = cookies(server.http, 256)?;
    println!("  server process {}", server.process.pid());
    for (turn, connections) in [64, 256].into_iter().enumerate() {
        let (bound_process, bound_addr) = Measured::own(&["bound-http"])?;
        let bound = press(bound_addr, connections, span / 4, &cookies, 0, &bound_process)?;
        drop(bound_process);
        let from = turn as u64 * 100_000_000;
        let outcome = press(server.http, connections, span, &cookies, from, &server.process)?;
        ensure!(outcome.answers > 0, "no order was taken");
        let verdict = match outcome.per_s() {
            rate if rate >= MOONSHOT_PER_S => "moonshot of 20 k met",
            rate if rate >= GOAL_PER_S => "goal of 12 k met",
            _ => "goal of 12 k MISSED",
        };
        let share = 100.0 * outcome.per_s() / bound.per_s();
        let more = format!("   {share:.0} % of the bound; {verdict}");
        print(&format!("{connections} connections"), &outcome, &more);
        print(&format!("{connections} connections, ready bytes instead (bound)"), &bound, "");
    }
    Ok(())
}
