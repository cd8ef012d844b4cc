//! Recovery against the numbers of the reference implementations, and against made-up worlds whose truth is known. Where the
//! files come from: `tests/data/README.md`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "tests fail by panicking, and show what they measured"
)]

use std::sync::Mutex;

use insight::draws::{Domain, Stream};
use insight::recovery::{
    DonorRules, Levels, Method, Panel, Question, Recovery, RecoveryError, Time, recover,
};
use insight::watch::{Stage, Stopped, Unwatched, Watch};
use proptest::prelude::*;

const PROP99: &str = include_str!("../data/california_prop99.csv");

fn prop99() -> Panel {
    let (_, rows) = PROP99.split_once('\n').unwrap();
    Panel::from_csv(&format!("unit;time;value;treated\n{rows}")).unwrap()
}

fn ask(
    panel: &Panel,
    treated: &str,
    start: &str,
    method: Method,
    levels: Levels,
) -> Result<Recovery, RecoveryError> {
    let donors = DonorRules::default();
    let start: Time = start.parse().unwrap();
    let question = Question { panel, treated, start, method, levels, donors: &donors, seed: 1 };
    recover(&question, &Unwatched)
}

fn answer(panel: &Panel, treated: &str, start: &str, method: Method) -> Recovery {
    ask(panel, treated, start, method, Levels::AsGiven).unwrap()
}

#[test]
fn proposition_99_has_its_published_estimates() {
    let cases = [
        (Method::Sdid, -15.6038),
        (Method::Sc, -19.6197),
        (Method::ScExact, -19.5136),
        (Method::Did, -27.3491),
    ];
    for (method, expected) in cases {
        let answer = answer(&prop99(), "California", "1989", method);
        let found = answer.estimate;
        assert!((found - expected).abs() < 1e-3, "{}: {found}", method.name());
        let weight: f64 = answer.weights.units.iter().map(|unit| unit.weight).sum();
        assert!((weight - 1.0).abs() < 1e-9 && answer.weights.units.len() == 38);
        let times: f64 = answer.weights.times.iter().map(|time| time.weight).sum();
        let weighs_times = matches!(method, Method::Sdid | Method::Did);
        assert!((times - f64::from(weighs_times)).abs() < 1e-9);
        let mean =
            answer.series[19..].iter().map(|p| p.actual - p.counterfactual).sum::<f64>() / 12.0;
        assert!((mean - found).abs() < 1e-9 && (answer.total.estimate - 12.0 * found).abs() < 1e-9);
        assert_eq!(answer.recovered.says, "not yet, day 11");
    }
}

#[test]
fn proposition_99_has_the_placebo_error_of_the_reference() {
    // The reference draws its placebos at random and finds about 9.8.
    let answer = answer(&prop99(), "California", "1989", Method::Sdid);
    assert!((answer.standard_error - 9.37).abs() < 0.01, "{}", answer.standard_error);
    // Student's 97.5 % quantile with 37 degrees of freedom.
    let half = (answer.interval[1] - answer.interval[0]) / 2.0;
    assert!((half / answer.standard_error - 2.0262).abs() < 1e-4);
}

/// Columns become units; the response is called `y`.
fn wide(text: &str, response: &str, covariates: &[&str], time: Option<&str>) -> Panel {
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let names: Vec<&str> = header.split(',').map(|name| name.trim_matches('"')).collect();
    let place = |column: &str| names.iter().position(|name| *name == column).unwrap();
    let mut long = String::from("unit,time,value\n");
    for (row, line) in lines.filter(|line| !line.is_empty()).enumerate() {
        let fields: Vec<&str> = line.split(',').collect();
        let when = time.map_or_else(|| row.to_string(), |time| fields[place(time)].to_owned());
        for column in [response].iter().chain(covariates) {
            let unit = if *column == response { "y" } else { column };
            long.push_str(&format!("{unit},{when},{}\n", fields[place(column)]));
        }
    }
    Panel::from_csv(&long).unwrap()
}

fn check_bsts(name: &str, panel: &Panel, start: &str, prediction: f64, deviation: f64) {
    let answer = answer(panel, "y", start, Method::Bsts);
    let after: Vec<f64> = answer
        .series
        .iter()
        .filter(|point| point.back.is_some())
        .map(|point| point.counterfactual)
        .collect();
    let predicted: f64 = after.iter().sum();
    let spread = answer.standard_error * after.len() as f64;
    println!(
        "{name}: {predicted:.2} ({spread:.3}) against {prediction} ({deviation}): off by {:.3} sd, sd × {:.3}",
        (predicted - prediction) / deviation,
        spread / deviation
    );
    assert!((predicted - prediction).abs() < 0.15 * deviation, "{name}: {predicted}");
    assert!((spread / deviation - 1.0).abs() < 0.1, "{name}: {spread}");
}

#[test]
fn structural_series_agree_with_the_stored_outputs() {
    let arma = wide(include_str!("../data/arma.csv"), "y", &["X"], None);
    check_bsts("arma", &arma, "70", 3610.0, 9.1);
    let google = wide(include_str!("../data/google.csv"), "y", &["x1", "x2"], Some("date"));
    check_bsts("google", &google, "2020-03-02", 3883.0, 134.2);
    let regions = ["NOT_CHANGED_1", "NOT_CHANGED_2", "NOT_CHANGED_3"];
    let comparison =
        wide(include_str!("../data/comparison.csv"), "CHANGED", &regions, Some("DATE"));
    check_bsts("comparison", &comparison, "2019-07-15", 1_426_171.0, 13_253.0);
    let basque = wide(include_str!("../data/basque.csv"), "Basque", &["another"], Some("date"));
    check_bsts("basque", &basque, "1976-01-01", 189.8, 6.89);
}

/// A made-up world of hosts, with what is true of it.
struct World {
    panel: Panel,
    /// The mean effect from the start on.
    effect: f64,
}

/// How a made-up world is.
#[derive(Clone, Copy)]
struct Kind {
    /// The struck host's sales, as a multiple of an average host's.
    size: f64,
    /// How much of a host's own luck stays from one day to the next.
    memory: f64,
    /// How many other hosts there are.
    donors: usize,
    before: usize,
    after: usize,
}

const KIND: Kind = Kind { size: 1.0, memory: 0.5, donors: 20, before: 120, after: 60 };

/// Hosts with a common weekly season and slow common trends; sales and their noise grow with the host's size. The incident
/// takes 60 % of the first host's sales, and the loss halves every ten days.
fn world(seed: u64, kind: Kind) -> World {
    let mut stream = Stream::new(seed, Domain::Sample, 1);
    let times = kind.before + kind.after;
    let (mut trend, mut trends) = ([0.0; 2], Vec::new());
    for _ in 0..times {
        trend = trend.map(|trend| 0.9 * trend + 0.03 * stream.normal());
        trends.push(trend);
    }
    let (mut units, mut values, mut effect) = (Vec::new(), Vec::new(), 0.0);
    for host in 0..=kind.donors {
        let level = 100.0 * if host == 0 { kind.size } else { (0.4 * stream.normal()).exp() };
        let (a, b) = (stream.uniform(), stream.uniform());
        let mut own = 0.0;
        for (time, trend) in trends.iter().enumerate() {
            own = kind.memory * own + 0.06 * stream.normal();
            let season = [0.0, 0.0, 0.0, 0.05, 0.1, 0.2, 0.15][time % 7];
            let mut value = level * (1.0 + season + a * trend[0] + b * trend[1] + own);
            if host == 0 && time >= kind.before {
                let loss = 0.6 * 0.5_f64.powf((time - kind.before) as f64 / 10.0) * value;
                effect -= loss / kind.after as f64;
                value -= loss;
            }
            values.push(value);
        }
        units.push(format!("h{host:02}"));
    }
    let times = (0..times as i64).map(Time::Number).collect();
    World { panel: Panel::new(units, times, values).unwrap(), effect }
}

#[test]
fn a_made_up_incident_is_measured_and_dated() {
    let world = world(4, Kind { donors: 12, ..KIND });
    for method in Method::ALL {
        let answer = ask(&world.panel, "h00", "120", method, Levels::Indexed).unwrap();
        let [low, high] = answer.interval;
        assert!(low < world.effect && world.effect < high && high < 0.0, "{answer:?}");
        // The loss falls below a tenth on day 26, and the mean of seven days some three days later.
        let day = answer.recovered.day;
        assert!(
            answer.recovered.date.is_some() && (24..50).contains(&day),
            "{:?}",
            answer.recovered
        );
        assert!(answer.series.iter().all(|point| point.low < point.high));
    }
}

/// With more days than donors, time weights fit every donor's later mean. A placebo must be fitted without itself.
#[test]
fn placebos_do_not_know_themselves() {
    for seed in 0..5 {
        let world = world(seed, Kind { donors: 8, ..KIND });
        let [sdid, did] = [Method::Sdid, Method::Did].map(|method| {
            ask(&world.panel, "h00", "120", method, Levels::Indexed).unwrap().standard_error
        });
        println!("{sdid:.3} {did:.3}");
        assert!(sdid > 0.4 * did, "{sdid} {did}");
    }
}

#[test]
fn a_star_is_compared_in_shares() {
    let star = world(2, Kind { size: 10.0, ..KIND });
    let given = answer(&star.panel, "h00", "120", Method::Sdid);
    let told = |answer: &Recovery, word: &str| answer.assumptions.iter().any(|s| s.contains(word));
    assert!(told(&given, "too narrow. Compare indexed levels"), "{:?}", given.assumptions);
    assert!(told(&answer(&star.panel, "h00", "120", Method::Sc), "no mix of donors"));
    let indexed = ask(&star.panel, "h00", "120", Method::Sdid, Levels::Indexed).unwrap();
    assert!(!told(&indexed, "too narrow") && told(&indexed, "shares of their own mean"));
    assert!(indexed.interval[0] < star.effect && star.effect < indexed.interval[1]);
    // A host ten times as large, and nothing else changed, has ten times the answer.
    let small = world(2, KIND);
    let small = ask(&small.panel, "h00", "120", Method::Sdid, Levels::Indexed).unwrap();
    assert!((indexed.estimate / small.estimate - 10.0).abs() < 1e-6);
}

#[test]
fn structural_series_need_no_donors() {
    let alone = world(2, Kind { donors: 0, ..KIND });
    let found = answer(&alone.panel, "h00", "120", Method::Bsts);
    assert!(found.weights.units.is_empty() && found.interval[0] < alone.effect);
    let refused = ask(&alone.panel, "h00", "120", Method::Did, Levels::AsGiven).unwrap_err();
    let text = "did needs 3 donors for its placebo interval, and 0 are left (bsts needs none)";
    assert_eq!(refused.to_string(), text);
}

#[test]
fn questions_that_cannot_be_answered_are_refused() {
    let panel = prop99();
    let refused = |unit, start, method| {
        ask(&panel, unit, start, method, Levels::AsGiven).unwrap_err().to_string()
    };
    assert_eq!(refused("Cal", "1989", Method::Sc), "the series has no unit \"Cal\"");
    assert_eq!(
        refused("Utah", "2001", Method::Sc),
        "the start 2001 is not among the times of the series, 1970 to 2000"
    );
    assert!(refused("Utah", "1989-01-01", Method::Sc).contains("not among"));
    assert_eq!(
        refused("Utah", "1972", Method::Sc),
        "only 2 times lie before the start; 3 are needed"
    );
    let flat = "unit,time,value\n".to_owned()
        + &(0..9).map(|day| format!("a,{day},0\nb,{day},{day}\n")).collect::<String>();
    let flat = Panel::from_csv(&flat).unwrap();
    let refused =
        |unit, method, levels| ask(&flat, unit, "5", method, levels).unwrap_err().to_string();
    assert!(refused("a", Method::Bsts, Levels::AsGiven).contains("same value at every time"));
    assert!(refused("a", Method::Did, Levels::Indexed).contains("not well above zero"));
    let answer = answer(&flat, "b", "5", Method::Bsts);
    assert_eq!(answer.donors[0].note, "left out: it never changes before the start");
}

/// Notes how far work is, and stops it after so many notes.
struct Notes {
    seen: Mutex<Vec<(Stage, u64, u64)>>,
    most: usize,
}

impl Watch for Notes {
    fn at(&self, stage: Stage, done: u64, all: u64) -> Result<(), Stopped> {
        let mut seen = self.seen.lock().unwrap();
        seen.push((stage, done, all));
        if seen.len() < self.most { Ok(()) } else { Err(Stopped) }
    }
}

#[test]
fn work_can_be_watched_and_stopped() {
    let panel = prop99();
    let donors = DonorRules::default();
    for method in Method::ALL {
        let (start, levels) = (Time::Number(1989), Levels::AsGiven);
        let question = Question {
            panel: &panel,
            treated: "Utah",
            start,
            method,
            levels,
            donors: &donors,
            seed: 1,
        };
        let notes = |most| Notes { seen: Mutex::default(), most };
        let watch = notes(usize::MAX);
        recover(&question, &watch).unwrap();
        let seen = watch.seen.into_inner().unwrap();
        assert!(seen.len() > 20 && seen.is_sorted_by_key(|(_, done, _)| *done), "{seen:?}");
        assert!(seen.iter().all(|(stage, done, all)| *stage == seen[0].0 && done < all));
        let stopped = recover(&question, &notes(3));
        assert_eq!(stopped, Err(RecoveryError::Stopped(Stopped)));
    }
}

#[test]
fn the_same_question_has_the_same_bits() {
    let world = world(9, Kind { donors: 6, before: 40, after: 20, ..KIND });
    for method in Method::ALL {
        let (a, b) =
            (answer(&world.panel, "h00", "40", method), answer(&world.panel, "h00", "40", method));
        assert_eq!(a, b);
        assert_eq!(a.estimate.to_bits(), b.estimate.to_bits());
    }
}

#[test]
fn an_answer_is_json() {
    let answer = answer(&prop99(), "California", "1989", Method::ScExact);
    let json = serde_json::to_value(&answer).unwrap();
    assert_eq!(json["method"], "sc-exact");
    assert_eq!(json["start"], 1989);
    assert_eq!(json["recovered"]["date"], serde_json::Value::Null);
    assert_eq!(json["recovered"]["day"], 11);
    assert_eq!(json["interval"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["weights"]["units"][0]["unit"], "Alabama");
    assert_eq!(json["series"].as_array().map(Vec::len), Some(31));
    assert!(json["donors"][0]["note"].is_string() && json["assumptions"][0].is_string());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn no_panel_panics_and_every_figure_is_finite(
        rows in prop::collection::vec(prop::collection::vec(prop_oneof![
            3 => -10.0..10.0_f64, 1 => Just(0.0), 1 => Just(1e15), 1 => Just(-1e15), 1 => Just(1e-300)
        ], 8), 1..7),
        start in 3..8_i64,
        indexed: bool,
    ) {
        let units = (0..rows.len()).map(|unit| unit.to_string()).collect();
        let panel = Panel::new(units, (0..8).map(Time::Number).collect(), rows.concat()).unwrap();
        let levels = if indexed { Levels::Indexed } else { Levels::AsGiven };
        for method in Method::ALL {
            if let Ok(answer) = ask(&panel, "0", &start.to_string(), method, levels) {
                let figures = [answer.estimate, answer.standard_error, answer.interval[0], answer.interval[1]];
                prop_assert!(figures.iter().all(|figure| figure.is_finite()), "{answer:?}");
                let relative = answer.relative.is_none_or(|relative| relative.interval.iter().all(|end| end.is_finite()));
                prop_assert!(relative);
                prop_assert!(answer.donors.iter().all(|donor| donor.weight.is_finite()));
                prop_assert!(answer.series.iter().all(|p| p.counterfactual.is_finite() && p.low <= p.high));
                let share = |share: Option<f64>| share.is_none_or(|share| (0.0..=1.0).contains(&share));
                prop_assert!(share(answer.recovered.probability));
                prop_assert!(answer.series.iter().all(|point| share(point.back)));
            }
        }
    }
}

fn coverage(method: Method, kind: Kind, levels: Levels) -> f64 {
    let repetitions = 200;
    let (mut held, mut warned, mut days, mut errors) = (0, 0, Vec::new(), Vec::new());
    for seed in 0..repetitions {
        let world = world(seed, kind);
        let answer = ask(&world.panel, "h00", &kind.before.to_string(), method, levels).unwrap();
        let [low, high] = answer.interval;
        held += u32::from(low <= world.effect && world.effect <= high);
        warned += u32::from(answer.assumptions.iter().any(|text| text.contains("too narrow")));
        errors.push((answer.estimate - world.effect) / kind.size);
        days.extend(answer.recovered.date.map(|_| answer.recovered.day));
    }
    days.sort_unstable();
    let share = f64::from(held) / repetitions as f64;
    let bias = errors.iter().sum::<f64>() / errors.len() as f64;
    println!(
        "{:8} {levels:?} × {} memory {}: held {share:.3}, warned {warned}, bias {bias:.2} % of a host's sales, dated {} of {repetitions}, days {:?}",
        method.name(),
        kind.size,
        kind.memory,
        days.len(),
        [10, 50, 90].map(|share| days.get(days.len() * share / 100))
    );
    share
}

#[test]
#[ignore = "takes minutes"]
fn soak_intervals_hold_the_truth_as_often_as_they_say() {
    let star = Kind { size: 10.0, ..KIND };
    for method in [Method::Sdid, Method::ScExact, Method::Did] {
        let share = coverage(method, star, Levels::Indexed);
        assert!((0.9..=0.98).contains(&share), "{}", method.name());
    }
    let share = coverage(Method::Bsts, Kind { memory: 0.0, ..KIND }, Levels::AsGiven);
    assert!((0.9..=0.98).contains(&share), "bsts");
    // Days that resemble each other are outside its model, and the answer says so.
    assert!(coverage(Method::Bsts, KIND, Levels::AsGiven) > 0.7);
}

#[test]
#[ignore = "takes a minute"]
fn soak_a_year_of_many_hosts_is_answered() {
    for donors in [100, 300] {
        let world = world(1, Kind { donors, before: 305, ..KIND });
        for method in Method::ALL {
            #[expect(clippy::disallowed_methods, reason = "the test says how long it took")]
            let begun = std::time::Instant::now();
            let answer = ask(&world.panel, "h00", "305", method, Levels::Indexed).unwrap();
            println!(
                "{donors} × 365 {}: {:.2?}, {:.2}",
                method.name(),
                begun.elapsed(),
                answer.estimate
            );
        }
    }
}
