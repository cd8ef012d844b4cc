use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::calendar::Day;

const NORMS: Norms =
    Norms { refunds: 0.8, complaints: 0.99, incidents: 0.95, rules: 0.9, feedback: 0.85 };

fn day(day: i32) -> Day {
    Day("2026-01-01".parse::<Day>().unwrap().0 + day)
}

fn piece(id: &str, on: i32, outcome: Outcome) -> Evidence {
    Evidence { id: id.into(), on: day(on), outcome }
}

fn rules(id: &str, on: i32, kept: u32, broken: u32) -> Evidence {
    piece(id, on, Outcome::Rules { kept, broken })
}

fn won(id: &str, on: i32, of: &str) -> Reversal {
    Reversal { id: id.into(), on: day(on), of: of.into() }
}

fn judge(evidence: &[Evidence], reversals: &[Reversal], on: i32) -> Standing {
    standing(evidence, reversals, &NORMS, &Policy::default(), day(on)).unwrap()
}

fn of(standing: &Standing, dimension: Dimension) -> &DimensionScore {
    standing.dimensions.iter().find(|score| score.dimension == dimension).unwrap()
}

#[test]
fn without_evidence_the_score_is_the_categorys() {
    let standing = judge(&[], &[], 0);
    let scores: Vec<f64> = standing.dimensions.iter().map(|score| score.score.score).collect();
    assert!(scores.iter().zip([0.8, 0.99, 0.95, 0.9, 0.85]).all(|(a, b)| (a - b).abs() < 1e-12));
    assert!((standing.overall.score - 0.898).abs() < 1e-12);
    assert!(standing.overall.interval[0] > of(&standing, Dimension::Refunds).score.interval[0]);
    assert!(standing.passed && standing.pieces.is_empty());
}

#[test]
fn evidence_halves_in_a_half_life() {
    // 90 of 100 usual outcomes on a prior of 18 and 2, once new and once half as much worth.
    for (on, good, bad) in [(0, 60.0, 40.0), (180, 30.0, 20.0), (360, 15.0, 10.0)] {
        let standing = judge(&[rules("a", 0, 60, 40)], &[], on);
        let score = of(&standing, Dimension::Rules);
        assert_eq!(
            (score.good, score.bad, score.prior),
            (good, bad, [18.0, 1.999_999_999_999_999_6])
        );
        assert!((score.score.score - (good + 18.0) / (good + bad + 20.0)).abs() < 1e-12);
    }
}

#[test]
fn the_interval_is_the_beta_quantile() {
    // Beta(18 + 2, 2 + 0): the 5 % quantile x solves 21 x²⁰ − 20 x²¹ = 0.05.
    let score = of(&judge(&[rules("a", 0, 2, 0)], &[], 0), Dimension::Rules).score;
    let x = score.interval[0];
    assert!((21.0 * x.powi(20) - 20.0 * x.powi(21) - 0.05).abs() < 1e-9);
    assert!(x < score.score && score.score < score.interval[1]);
}

#[test]
fn refunds_count_against_what_is_expected() {
    let refunds = |refunded, expected| {
        let outcome = Outcome::Refunds { orders: 100, refunded, expected };
        of(&judge(&[piece("a", 0, outcome)], &[], 0), Dimension::Refunds).score.score
    };
    // As many as expected is as usual, whatever the category.
    assert!((refunds(40, 40.0) - 0.8).abs() < 1e-12 && (refunds(5, 5.0) - 0.8).abs() < 1e-12);
    assert!(refunds(20, 40.0) > 0.8 && refunds(10, 5.0) < 0.8);
    assert!((refunds(100, 5.0) - 16.0 / 120.0).abs() < 1e-12, "no more bad outcomes than orders");
}

#[test]
fn incidents_weigh_by_severity() {
    let bad = |notice, serious, grave| {
        let outcome = Outcome::Incidents { shows: 10, notice, serious, grave };
        let standing = judge(&[piece("a", 0, outcome)], &[], 0);
        let score = of(&standing, Dimension::Incidents);
        (score.good, score.bad)
    };
    assert_eq!(bad(0, 0, 0), (10.0, 0.0));
    assert_eq!(bad(1, 1, 1), (7.0, 14.0));
    assert_eq!(bad(20, 0, 0), (0.0, 20.0));
}

#[test]
fn each_piece_shows_the_score_with_and_without_it() {
    let evidence = [
        rules("a", 0, 50, 0),
        rules("b", 30, 0, 9),
        piece("c", 40, Outcome::VerifiedFeedback { good: 30, bad: 1 }),
    ];
    let standing = judge(&evidence, &[], 60);
    for (place, shown) in standing.pieces.iter().enumerate() {
        let mut others = evidence.to_vec();
        others.remove(place);
        let without = judge(&others, &[], 60);
        let expected = of(&without, shown.dimension).score;
        assert_eq!(shown.with, of(&standing, shown.dimension).score);
        assert!((shown.without.score - expected.score).abs() < 1e-12);
        assert!((shown.without.interval[0] - expected.interval[0]).abs() < 1e-9);
        let effect = standing.overall.score - without.overall.score;
        assert!((shown.overall_effect - effect).abs() < 1e-12, "{shown:?}");
    }
    assert!(standing.pieces[1].overall_effect < 0.0 && standing.pieces[2].overall_effect > 0.0);
}

#[test]
fn a_won_appeal_is_a_reversing_entry() {
    let evidence = [rules("a", 0, 5, 0), rules("b", 10, 0, 9)];
    let appeal = [won("x", 50, "b")];
    let before = judge(&evidence, &appeal, 49);
    assert_eq!(before.overall, judge(&evidence, &[], 49).overall);
    let after = judge(&evidence, &appeal, 50);
    assert_eq!(after.overall, judge(&evidence[..1], &[], 50).overall);
    let [_, reversed, reversing] = &after.pieces[..] else { panic!("{:?}", after.pieces) };
    assert_eq!((reversed.id.as_str(), reversed.reversed_by.as_deref()), ("b", Some("x")));
    assert_eq!((reversing.id.as_str(), reversing.reverses.as_deref()), ("x", Some("b")));
    assert_eq!((reversed.good + reversing.good, reversed.bad + reversing.bad), (0.0, 0.0));
    assert_eq!((reversed.overall_effect, reversed.without), (0.0, reversed.with));
    let standing = judge(&evidence, &[], 50);
    assert_eq!(reversing.without, of(&standing, Dimension::Rules).score);
    assert!(reversing.overall_effect > 0.0);
}

#[test]
fn a_gate_looks_at_the_lower_end() {
    let gate = |least| {
        let gates = BTreeMap::from([(Dimension::Rules, least)]);
        let policy = Policy { gates, ..Policy::default() };
        let standing = standing(&[rules("a", 0, 50, 3)], &[], &NORMS, &policy, day(0)).unwrap();
        (standing.passed, of(&standing, Dimension::Rules).score)
    };
    let low = gate(0.0).1.interval[0];
    assert!(gate(low).0 && !gate(low + 1e-9).0 && gate(low).1.score > low + 0.01);
}

#[test]
fn norms_come_from_the_category() {
    let category = [
        piece("a", 0, Outcome::Refunds { orders: 98, refunded: 19, expected: 30.0 }),
        rules("b", 0, 7, 0),
        rules("c", 0, 0, 1),
    ];
    let norms = norms(&category, &Policy::default()).unwrap();
    assert_eq!((norms.refunds, norms.rules, norms.feedback), (0.8, 0.8, 0.5));
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let policy = Policy::default;
    let fails = |evidence: &[Evidence], reversals: &[Reversal], norms: &Norms, policy: &Policy| {
        standing(evidence, reversals, norms, policy, day(0)).unwrap_err().to_string()
    };
    let one = || rules("a", 0, 1, 0);
    assert!(fails(&[one(), one()], &[], &NORMS, &policy()).contains("two entries"));
    assert!(fails(&[one()], &[won("x", 0, "z")], &NORMS, &policy()).contains("not among"));
    let flawed = piece("a", 0, Outcome::Complaints { orders: 1, upheld: 2 });
    assert_eq!(
        fails(&[flawed], &[], &NORMS, &policy()),
        "evidence \"a\": there are more complaints than orders"
    );
    for norm in [0.0, 1.0, f64::NAN] {
        assert!(fails(&[], &[], &Norms { rules: norm, ..NORMS }, &policy()).contains("norm"));
    }
    let bad = [
        Policy { half_life_days: f64::NAN, ..policy() },
        Policy { prior_weight: 0.0, ..policy() },
        Policy { severity: SeverityWeights { notice: -1.0, serious: 1.0, grave: 1.0 }, ..policy() },
        Policy { shares: Dimension::ALL.map(|dimension| (dimension, 0.0)).into(), ..policy() },
        Policy { gates: BTreeMap::from([(Dimension::Rules, 1.5)]), ..policy() },
    ];
    for policy in &bad {
        assert!(fails(&[], &[], &NORMS, policy).contains("must be"), "{policy:?}");
    }
}

prop_compose! {
    fn any_outcome()(kind in 0..5_u8, a in 0..5_000_u32, b in 0..5_000_u32, c in 0..3_u32, d in 0..3_u32, share in 0.001..1.0_f64) -> Outcome {
        match kind {
            0 => Outcome::Refunds { orders: a.max(b).max(1), refunded: a.min(b), expected: share * f64::from(a.max(b).max(1)) },
            1 => Outcome::Complaints { orders: a.max(b), upheld: a.min(b) },
            2 => Outcome::Incidents { shows: a, notice: c, serious: d, grave: b % 2 },
            3 => Outcome::Rules { kept: a, broken: b },
            _ => Outcome::VerifiedFeedback { good: a, bad: b },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn scores_keep_their_bounds_and_order_does_not_count(
        rows in prop::collection::vec((0..400_i32, any_outcome()), 0..12),
        on in 0..500_i32,
        reversed in 0..12_usize,
    ) {
        let mut evidence: Vec<Evidence> =
            rows.iter().enumerate().map(|(n, (on, outcome))| piece(&n.to_string(), *on, *outcome)).collect();
        let reversals: Vec<Reversal> =
            evidence.get(reversed).map(|piece| Reversal { id: "x".into(), on: Day(piece.on.0 + 30), of: piece.id.clone() }).into_iter().collect();
        let standing = judge(&evidence, &reversals, on);
        for score in standing.dimensions.iter().map(|score| score.score).chain([standing.overall]) {
            let [low, high] = score.interval;
            prop_assert!(0.0 <= low && low <= high && high <= 1.0, "{score:?}");
            prop_assert!((0.0..=1.0).contains(&score.score));
        }
        let parts: f64 = standing.dimensions.iter().map(|score| score.share * score.score.score).sum();
        prop_assert!((parts - standing.overall.score).abs() < 1e-12);
        for dimension in &standing.dimensions {
            let good: f64 = standing.pieces.iter().filter(|piece| piece.dimension == dimension.dimension).map(|piece| piece.good).sum();
            prop_assert!((good - dimension.good).abs() < 1e-6);
        }
        evidence.reverse();
        let turned = judge(&evidence, &reversals, on);
        prop_assert!((turned.overall.score - standing.overall.score).abs() < 1e-12);
    }
}
