//! Prints how many orders a second one core decides and applies: `cargo run --release -p show --example order_rate`.
//! It counts the seconds that this thread had a core (Linux only), so that neighbours weigh less.

#![expect(clippy::print_stdout, reason = "it measures and prints")]

use show::offer::{Spans, Terms};
use show::shop::{Input, PlaceOrder, Shop, State};
use show::stage::Stage;
use show::text::TextRef;
use show::*;
use units::*;

const ORDERS: u64 = 1_000_000;
const NOW: Timestamp = Timestamp::from_ms(1_764_000_000_000);

fn main() {
    let setup = [
        Input::StockOpened { sku: name("LIP-01"), stock: ORDERS },
        Input::SaleSet { show: name("evening"), host: name("anna"), spans: Spans::default() },
        Input::OfferSet {
            show: name("evening"),
            sku: name("LIP-01"),
            terms: Terms { limit: Some(9), ..Terms::new(name("rouge"), price(), AirTime::ZERO) },
        },
    ];
    let orders: Vec<Input> = (0..ORDERS).map(|n| Input::Place(order(n))).collect();

    let mut state = State::default();
    let apply = |state: &mut State, input: &Input| {
        let decision = Shop::decide(state, input, NOW).ok();
        for event in decision.iter().flat_map(|decision| &decision.events) {
            Shop::evolve(state, event);
        }
    };
    setup.iter().for_each(|input| apply(&mut state, input));
    let start = cpu_s();
    orders.iter().for_each(|input| apply(&mut state, input));
    report("decide + evolve", state.orders().len(), start);
    let start = cpu_s();
    orders.iter().for_each(|input| apply(&mut state, input));
    report("the same keys again", state.orders().len(), start);

    let mut stage = Stage::<Shop, u64>::new("shop");
    for input in setup {
        stage.handle(input, NOW, 0);
    }
    let start = cpu_s();
    let (mut bytes, mut answers) = (0, 0);
    for (input, n) in orders.into_iter().zip(1..) {
        stage.handle(input, NOW, n);
        if stage.waiting() >= 200 {
            while let Some(batch) = stage.take_batch() {
                bytes += batch.body().len();
                answers += stage.committed(batch.ticket).answers.len();
            }
        }
    }
    report("stage, JSON of the log, commit", answers, start);
    println!("{:>10} bytes of log an order", bytes / answers.max(1));
}

/// Seconds that this thread ran, from the scheduler's own count in nanoseconds.
fn cpu_s() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let ns = text.split(' ').next().and_then(|ns| ns.parse::<f64>().ok());
    ns.expect("a number") / 1e9
}

fn report(what: &str, orders: usize, start: f64) {
    let seconds = cpu_s() - start;
    println!("{:>10.0} orders/s  {what} ({orders} in {seconds:.2} s)", orders as f64 / seconds);
}

fn name<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("a name")
}

fn price() -> Money {
    name("79.00 CNY")
}

/// Keys and buyers are spread as hashes are; ids rise as minted ones do.
fn order(n: u64) -> PlaceOrder {
    let spread = u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    PlaceOrder {
        order: OrderId::from_u128(u128::from(n)),
        show: name("evening"),
        sku: name("LIP-01"),
        quantity: 1,
        buyer: BuyerHash(spread % 200_003 * 0x1_0000_0001),
        device: DeviceId::from_u128(spread),
        contact: TextRef { id: TextId::from_u128(spread), commitment: Hash256([7; 32]) },
        price_seen: Some(price()),
        air: AirTime::from_ms(n as i64),
        key: KeyHash(spread),
        body: BodyHash(spread >> 3),
    }
}
