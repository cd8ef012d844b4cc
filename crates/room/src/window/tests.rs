use super::*;

const SECOND_US: i64 = 1_000_000;

fn width_after(rate_per_s: i64, audience: usize) -> i64 {
    let mut window = Window::new(WindowPolicy::default());
    for n in 0..rate_per_s * 5 {
        window.note(audience, n * SECOND_US / rate_per_s);
    }
    window.width_us(0)
}

#[test]
fn quiet_rooms_have_no_window_and_busy_rooms_the_widest() {
    assert_eq!(width_after(1, 1_000), 0);
    assert_eq!(width_after(50, 10), 0, "events are cheap in a small room");
    assert_eq!(width_after(50, 1_000), 100_000);
    let between = width_after(20, 1_000);
    assert!((10_000..90_000).contains(&between), "{between}");
}

#[test]
fn a_window_closes_again_when_it_gets_quiet() {
    let mut window = Window::new(WindowPolicy::default());
    for n in 0..200 {
        window.note(1_000, n * 20_000);
    }
    assert_eq!(window.width_us(0), 100_000);
    window.note(1_000, 10 * SECOND_US);
    assert_eq!(window.width_us(0), 0);
}

#[test]
fn busy_shards_open_every_window() {
    let window = Window::new(WindowPolicy::default());
    assert_eq!(
        [0, 500, 650, 800, 1_000].map(|p| window.width_us(p)),
        [0, 0, 50_000, 100_000, 100_000]
    );
}

#[test]
fn urgency_has_a_budget() {
    let mut window = Window::new(WindowPolicy::default());
    let at_once = (0..100).filter(|_| window.take_urgent(0)).count();
    assert_eq!(at_once, 20);
    let in_ten_s = (0..10_000).filter(|n| window.take_urgent(n * 1_000)).count();
    assert!((190..=200).contains(&in_ten_s), "{in_ten_s}");
}

fn passed(sampler: &mut Sampler, from_us: i64, messages: i64) -> usize {
    (0..messages).filter(|n| sampler.pass(from_us + n * SECOND_US / messages)).count()
}

#[test]
fn floods_are_thinned_to_about_the_budget() {
    let mut sampler = Sampler::new(100);
    assert_eq!(passed(&mut sampler, 0, 100), 100, "the budget itself is whole");
    let first = passed(&mut sampler, 2 * SECOND_US, 10_000);
    assert!((100..=600).contains(&first), "{first}");
    let second = passed(&mut sampler, 3 * SECOND_US, 10_000);
    assert!((90..=110).contains(&second), "{second}");
    assert_eq!(passed(&mut sampler, 6 * SECOND_US, 50), 50, "quiet again");
    assert_eq!(passed(&mut Sampler::new(0), 0, 10_000), 10_000, "no budget, no sampling");
}
