//! Windows, prices and frozen spans, in whole seconds of AirTime.

use super::*;

fn s(seconds: i64) -> AirTime {
    AirTime::from_start(Duration::from_s(seconds))
}

fn cny(minor: i64) -> Money {
    Money { minor, currency: "CNY".parse().expect("a currency") }
}

fn terms(opens: i64, closes: i64) -> Terms {
    let mut terms = Terms::new("rouge".parse().expect("a slug"), cny(7900), s(0));
    terms.window = Some(Window { opens: Some(s(opens)), closes: Some(s(closes)) });
    terms
}

fn spans(list: &[(i64, Option<i64>)]) -> Spans {
    let spans = list.iter().map(|&(a, b)| Span { from: s(a), to: b.map(s) });
    spans.collect::<Vec<_>>().into()
}

/// What a buyer meets at each second, one letter each: `.` not yet, `Y` sells, `f` frozen, `x` closed.
fn line(terms: &Terms, spans: &Spans, seconds: i64) -> String {
    let letter = |t| match terms.selling(spans, s(t)) {
        Selling::Yes => 'Y',
        Selling::NotYet { .. } => '.',
        Selling::Frozen { .. } => 'f',
        Selling::Closed => 'x',
    };
    (0..seconds).map(letter).collect()
}

#[track_caller]
fn check(window: (i64, i64), frozen: &[(i64, Option<i64>)], expected: &str) {
    let line = line(&terms(window.0, window.1), &spans(frozen), expected.len() as i64);
    assert_eq!(line, expected);
}

#[test]
fn a_window_opens_and_closes() {
    check((2, 5), &[], "..YYYxxx");
}

#[test]
fn a_cut_stops_the_clock_of_a_sale() {
    check((2, 6), &[(3, Some(5))], "..YffYYYxx");
    check((2, 6), &[(0, Some(2))], "ff..YYYYxx");
    check((2, 4), &[(2, Some(4))], "..ffYYxx");
    check((2, 4), &[(4, Some(6))], "..YYffxx");
    check((2, 6), &[(3, None)], "..Yfffff");
    check((2, 6), &[(1, None)], ".fffffff");
    check((4, 6), &[(1, Some(2)), (3, Some(4))], ".f.f..YYxx");
}

#[test]
fn overlapping_cuts_count_once() {
    check((2, 6), &[(3, Some(5)), (4, Some(6)), (4, Some(5))], "..YfffYYYxx");
    assert_eq!(spans(&[(3, Some(5)), (5, Some(6)), (8, Some(8))]).len(), 1);
    assert_eq!(spans(&[(3, None), (5, Some(6))]), spans(&[(3, None)]));
}

#[test]
fn what_was_frozen_before_the_window_was_stated_does_not_move_it() {
    let mut terms = terms(10, 12);
    terms.set = s(8);
    assert_eq!(line(&terms, &spans(&[(2, Some(4))]), 14), "..ff......YYxx");
    // Stated in the middle of a cut: what is left of the cut counts.
    assert_eq!(line(&terms, &spans(&[(6, Some(9))]), 15), "......fff..YYxx");
}

#[test]
fn folding_a_span_changes_nothing_after_it() {
    for (from, to) in [(0, 1), (1, 4), (3, 5), (2, 9), (6, 7)] {
        let mut folded = terms(2, 6);
        let frozen = spans(&[(from, Some(to)), (20, Some(22))]);
        let before = line(&folded, &frozen, 30);
        folded.fold(Span { from: s(from), to: Some(s(to)) });
        let after = line(&folded, &spans(&[(20, Some(22))]), 30);
        assert_eq!(before[to as usize..], after[to as usize..], "{from}..{to}");
    }
}

#[test]
fn a_change_of_the_delay_moves_what_has_not_aired() {
    #[track_caller]
    fn check(from: i64, shift: i64, expected: &str) {
        let mut terms = terms(4, 8);
        terms.restamp(s(from), Duration::from_s(shift));
        assert_eq!(line(&terms, &Spans::default(), 14), expected, "{from} {shift}");
    }
    check(1, 3, ".......YYYYxxx");
    check(1, -2, "..YYYYxxxxxxxx");
    check(3, -9, "...YYYYxxxxxxx");
    // Open already: it keeps what is left.
    check(6, 2, "....YYYYYYxxxx");
    check(6, -2, "....YYYYxxxxxx");
    check(9, 5, "....YYYYxxxxxx");
}

#[test]
fn a_buyer_pays_what_they_see() {
    let mut terms = terms(0, 9);
    terms.set_price(s(5), cny(6900));
    terms.set_price(s(8), cny(8900));
    let at =
        |terms: &Terms, t| terms.price_at(s(t)).map(|(p, was)| (p.minor, was.map(|w| w.minor)));
    assert_eq!(at(&terms, 4), Some((7900, None)));
    assert_eq!(at(&terms, 5), Some((6900, Some(7900))));
    assert_eq!(at(&terms, 8), Some((8900, None)));
    // An earlier change replaces those that were planned after it.
    terms.set_price(s(3), cny(5900));
    assert_eq!(at(&terms, 2), Some((7900, None)));
    assert_eq!(at(&terms, 20), Some((5900, Some(7900))));
}

#[test]
fn old_prices_are_forgotten_but_there_is_always_one() {
    let mut terms = terms(0, 9);
    for i in 0..100 {
        terms.set_price(s(i), cny(i));
    }
    assert_eq!(terms.prices.len(), PRICES_MAX);
    assert_eq!(terms.price_at(s(-5)).map(|(p, _)| p.minor), Some(68));
    assert_eq!(terms.price_at(s(500)).map(|(p, _)| p.minor), Some(99));
}
