//! Whole analyses: of a made-up platform, and of data that lack something.

use std::num::NonZeroU32;

use super::*;
use crate::import::Import;
use crate::sample::{Sample, Setup};
use crate::watch::Unwatched;

fn options(threads: usize) -> Options {
    Options {
        run: Run { seed: 3, scenarios: 20_000, threads },
        parameter_draws: NonZeroU32::new(12).unwrap(),
        ..Options::default()
    }
}

fn sample() -> Dataset {
    let setup = Setup {
        hosts: 12,
        brands: 30,
        buyers: 8000,
        days: 500,
        orders_per_day: 120.0,
        incidents_per_year: 12.0,
        ..Setup::new(9)
    };
    Sample::of(&setup).data().unwrap()
}

fn of(orders: &str, shows: Option<&str>, incidents: Option<&str>) -> Result<Report, ExposureError> {
    let mut import = Import::new();
    let orders = format!("order_id,at,host,brand,category,buyer,amount,currency\n{orders}");
    import.orders(orders.as_bytes(), &Unwatched).unwrap();
    if let Some(shows) = shows {
        import.shows(format!("show,host,start,end\n{shows}").as_bytes(), &Unwatched).unwrap();
    }
    if let Some(incidents) = incidents {
        import
            .incidents(
                format!("incident,host,at,dark_days,severity\n{incidents}").as_bytes(),
                &Unwatched,
            )
            .unwrap();
    }
    report(&import.finish().unwrap(), &options(1), &Unwatched).map(|exposure| exposure.report)
}

#[test]
fn a_brand_too_small_for_the_list_is_told_its_loss() {
    let mut import = Import::new();
    let mut orders = "order_id,at,host,brand,category,buyer,amount,currency\n".to_owned();
    for n in 0..30 * 60 {
        let (brand, date) = (n % 30, Day(20_000 + n / 30));
        orders
            .push_str(&format!("o{n},{date} 20:30,ann,b{brand},beauty,p{n},{},CNY\n", 100 - brand));
    }
    import.orders(orders.as_bytes(), &Unwatched).unwrap();
    let exposure = report(&import.finish().unwrap(), &options(1), &Unwatched).unwrap();
    assert_eq!(exposure.report.what_if[0].brands.len(), 20);
    let losses = exposure.losses_of("b29");
    assert_eq!(losses.len(), exposure.report.what_if.len());
    assert!(losses.iter().all(|(_, loss)| loss.lost > 0.0));
    assert!(exposure.losses_of("nobody").is_empty());
}

#[test]
fn a_tail_of_a_few_scenarios_is_no_tail() {
    let mut import = Import::new();
    let orders =
        format!("order_id,at,host,brand,category,buyer,amount,currency\n{}", daily(&["ann"]));
    import.orders(orders.as_bytes(), &Unwatched).unwrap();
    let data = import.finish().unwrap();
    let at = |alpha, scenarios| {
        let run = Run { scenarios, ..options(1).run };
        report(&data, &Options { alpha, run, ..options(1) }, &Unwatched).map(|_| ())
    };
    assert_eq!(at(0.9, 100), Ok(()));
    assert_eq!(at(0.999, 10_000), Ok(()));
    let few = at(0.999_999, 1000).unwrap_err().to_string();
    assert!(
        few.starts_with("of 1000 scenarios 0.001 are beyond alpha 0.999999; 10 are needed"),
        "{few}"
    );
}

#[test]
fn who_is_only_followed_is_no_host_of_sales() {
    let gini = |follows: Option<&str>| {
        let mut import = Import::new();
        let orders = format!(
            "order_id,at,host,brand,category,buyer,amount,currency\n{}",
            daily(&["ann", "bob"])
        );
        import.orders(orders.as_bytes(), &Unwatched).unwrap();
        if let Some(rows) = follows {
            import.follows(format!("viewer,host,at\n{rows}").as_bytes(), &Unwatched).unwrap();
        }
        let report = report(&import.finish().unwrap(), &options(1), &Unwatched).unwrap().report;
        (report.gini, report.gini_interval, report.hhi_interval, report.hosts[1].share_interval)
    };
    assert_eq!(gini(None), gini(Some("v1,zed,2024-11-01\nv1,bob,2024-11-01\n")));
}

fn said(report: &Report, code: &str) -> bool {
    report.assumptions.iter().any(|said| said.code == code)
}

/// A hundred days of one or more hosts, an order of 10 each a day.
fn daily(hosts: &[&str]) -> String {
    let mut rows = String::new();
    for day in 0..100 {
        let date = Day(20_000 + day);
        for host in hosts {
            rows.push_str(&format!(
                "{host}{day},{date} 20:30,{host},lip,beauty,b{},10,CNY\n",
                day % 7
            ));
        }
    }
    rows
}

#[test]
fn parts_sum_to_their_whole() {
    let exposure = report(&sample(), &options(2), &Unwatched).unwrap();
    let report = &exposure.report;
    let near =
        |sum: f64, whole: f64| assert!((sum / whole - 1.0).abs() < 1e-9, "{sum} is not {whole}");
    near(report.hosts.iter().map(|host| host.share).sum(), 1.0);
    near(report.hosts.iter().map(|host| host.es_contribution).sum(), report.es);
    near(report.brands.iter().filter_map(|brand| brand.es_contribution).sum(), report.es);
    near(
        report.hosts.iter().map(|host| host.es_contribution_by_substitution.high).sum(),
        report.by_substitution.high.tail.es,
    );
    near(report.months.iter().map(|month| month.spread.gmv).sum(), report.gmv);
    near(report.categories.iter().map(|category| category.spread.gmv).sum(), report.gmv);
    near(report.effective_hosts * report.hhi, 1.0);
    for host in &report.hosts {
        near(host.share_by_month.len() as f64, report.months.len() as f64);
        assert!(host.exclusive_audience <= host.audience && host.audience > 0);
        let [low, high] = host.incidents_per_1000h_interval;
        assert!(low < host.incidents_per_1000h && host.incidents_per_1000h < high);
        assert_eq!(host.incidents == 0, host.incidents_per_1000h_upper_bound.is_some());
        let [low, high] = host.share_interval.unwrap();
        assert!(low < host.share && host.share < high);
    }
    let [low, high] = report.es_interval;
    assert!(
        low < report.es
            && report.es < high
            && report.es > report.var
            && report.es_standard_error > 0.0
    );
    let levels = report.by_substitution;
    assert!(levels.low.tail.es > levels.mid.tail.es && levels.mid.tail.es > levels.high.tail.es);
    assert_eq!(exposure.scenarios.model.hosts.len(), report.hosts.len());
    for curve in &exposure.curves.curves.hosts {
        assert!(curve.gmv_per_hour.is_sorted_by(|a, b| a >= b) && !curve.gmv_per_hour.is_empty());
    }
}

#[test]
fn the_same_report_on_any_number_of_threads() {
    let data = sample();
    let [one, two] =
        [1, 2].map(|threads| report(&data, &options(threads), &Unwatched).unwrap().report);
    assert!(one == two);
}

#[test]
fn the_scenarios_file_makes_the_same_scenarios() {
    let exposure = report(&sample(), &options(2), &Unwatched).unwrap();
    let text = serde_json::to_string(&exposure.scenarios).unwrap();
    let again: ScenariosFile = serde_json::from_str(&text).unwrap();
    let engine = crate::exposure::scenario::Engine::new(&again.model).unwrap();
    let losses = crate::exposure::simulate::simulate(&engine, &again.run, &Unwatched).unwrap();
    // Reading decimal numbers may miss the last bit.
    let es = Tail::of(&losses.by_level.mid, again.alpha).es;
    assert!((es / exposure.report.es - 1.0).abs() < 1e-9, "{es} {}", exposure.report.es);
    let curves = serde_json::to_string(&exposure.curves).unwrap();
    let curves: CurvesFile = serde_json::from_str(&curves).unwrap();
    assert_eq!(curves.curves.hosts.len(), exposure.curves.curves.hosts.len());
}

#[test]
fn the_file_has_what_others_read() {
    let data = sample();
    let report = report(&data, &options(2), &Unwatched).unwrap().report;
    let json = serde_json::to_value(&report).unwrap();
    for key in ["hhi", "effective_hosts", "gini", "var", "es"] {
        assert!(json[key].is_f64(), "{key}");
    }
    for key in ["host", "share", "exclusive_audience", "es_contribution"] {
        assert!(!json["hosts"][0][key].is_null(), "{key}");
    }
    for key in ["low", "mid", "high"] {
        assert!(
            json["substitution"][key].is_f64() && json["by_substitution"][key]["es"].is_f64(),
            "{key}"
        );
    }
    assert!(
        json["assumptions"].is_array()
            && json["rejected_rows"].is_array()
            && json["brands"].is_array()
    );
    assert_eq!(json["from"], serde_json::json!("2024-01-01"));
}

#[test]
fn one_host_is_everything() {
    let report = of(
        &daily(&["ann"]),
        Some("s1,ann,2024-10-05 20:00,2024-10-05 22:00\n"),
        Some("i1,ann,2024-11-01,5,grave\n"),
    )
    .unwrap();
    assert_eq!(
        (report.hhi, report.effective_hosts, report.gini, report.hosts[0].share),
        (1.0, 1.0, 0.0, 1.0)
    );
    assert!(report.highly_concentrated && report.overlaps.is_empty());
    assert_eq!((report.hosts[0].audience, report.hosts[0].exclusive_audience), (7, 7));
    assert!(!report.substitution.told_by_data && said(&report, "substitution_prior"));
}

#[test]
fn without_incidents_nothing_is_zero() {
    let report = of(&daily(&["ann", "bob"]), None, None).unwrap();
    assert!(report.es > 0.0 && report.es_interval[1] > report.es);
    assert!(said(&report, "no_incidents_file") && said(&report, "hours_from_orders"));
    let upper = report.hosts[0].incidents_per_1000h_upper_bound.unwrap();
    assert!((upper - 30.0).abs() < 1e-9, "100 hours with an order: {upper}");
    let empty = of(&daily(&["ann"]), Some(""), Some("")).unwrap();
    assert!(
        said(&empty, "no_incidents")
            && empty.notes.iter().filter(|note| note.code == "no_rows").count() == 2
    );
}

#[test]
fn gaps_guests_and_incidents_from_elsewhere_are_said() {
    let mut rows = daily(&["ann"]).replace(",b1,", ",,").replace(",b2,", ",,");
    rows.push_str("late,2025-03-01,ann,lip,beauty,,10,CNY\n");
    let report = of(&rows, None, Some("i1,ann,2023-01-01,5,grave\n")).unwrap();
    assert_eq!(report.gaps, [["2025-01-12".parse().unwrap(), "2025-02-28".parse().unwrap()]]);
    assert!(
        said(&report, "gaps")
            && said(&report, "incidents_outside")
            && said(&report, "no_incidents")
    );
    assert!(report.notes.iter().any(|note| note.code == "not_given"));
    assert_eq!(report.hosts[0].audience, 5);
    // A host that is known to be dark is no gap.
    let dark = of(&rows, None, Some("i1,ann,2025-01-11,48,grave\n")).unwrap();
    assert!(dark.gaps.is_empty());
}

#[test]
fn who_is_gone_is_in_no_scenario() {
    let mut rows = daily(&["ann", "bob"]);
    rows.push_str(
        &daily(&["ann"])
            .replace("ann", "cat")
            .replace("20:30,cat", "20:30,ann")
            .replace("2024-", "2025-")
            .replace("cat", "x"),
    );
    let report = of(&rows, None, None).unwrap();
    let bob = report.hosts.iter().find(|host| host.host == "bob").unwrap();
    assert!(!bob.active && bob.es_contribution == 0.0 && bob.share > 0.0 && said(&report, "gone"));
}

#[test]
fn what_cannot_be_analysed() {
    let refused = |orders: &str| of(orders, None, None).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        refused("o1,2024-01-01,ann,lip,beauty,b,-5,CNY\n"),
        "nothing was sold: returns outweigh all orders"
    );
    let data = sample();
    let with = |change: fn(&mut Options)| {
        let mut options = options(1);
        change(&mut options);
        report(&data, &options, &Unwatched).map(|_| ()).unwrap_err().to_string()
    };
    assert!(with(|options| options.alpha = 1.0).starts_with("alpha must be"));
    assert!(
        with(|options| options.settings.horizon_days = -1.0).starts_with("horizon_days must be")
    );
    let nobody = |options: &mut Options| {
        options.questions = vec![Question { host: "nobody".into(), days: 3, from: None }];
    };
    assert_eq!(with(nobody), "no host is called \"nobody\"");
}

#[test]
fn a_single_order_is_no_panic() {
    let report = of("o1,2024-01-01,ann,,,,5,CNY\n", None, None).unwrap();
    assert_eq!((report.hhi, report.share_count(), report.hhi_interval), (1.0, 1, None));
    assert!(report.es.is_finite() && said(&report, "short"));
}

impl Report {
    fn share_count(&self) -> usize {
        self.hosts.iter().filter(|host| host.share > 0.0).count()
    }
}

#[test]
fn a_longer_absence_costs_more_and_weekdays_count() {
    let mut options = options(1);
    let question =
        |days, from: &str| Question { host: "ann".into(), days, from: from.parse().ok() };
    // The first is a Monday; the host sells on Saturdays only.
    options.questions = vec![
        question(5, "2025-03-03"),
        question(7, "2025-03-03"),
        question(30, "2025-03-03"),
        question(400, "2025-03-03"),
    ];
    let mut rows = String::new();
    for week in 0..40 {
        rows.push_str(&format!(
            "a{week},{} 20:00,ann,lip,beauty,b{week},70,CNY\n",
            Day(20_001 + 7 * week)
        ));
        rows.push_str(&format!(
            "b{week},{} 20:00,bob,lip,beauty,b{week},70,CNY\n",
            Day(20_003 + 7 * week)
        ));
    }
    let mut import = Import::new();
    import
        .orders(
            format!("order_id,at,host,brand,category,buyer,amount,currency\n{rows}").as_bytes(),
            &Unwatched,
        )
        .unwrap();
    let report = report(&import.finish().unwrap(), &options, &Unwatched).unwrap().report;
    let answers = &report.what_if;
    assert_eq!(answers[0].gross_dark, 0.0, "nothing is sold from Monday to Friday");
    assert!((answers[1].gross_dark - 70.0).abs() < 2.0, "{:?}", answers[1]);
    assert!(answers[1].lost.mid < answers[2].lost.mid && answers[2].lost.mid < answers[3].lost.mid);
    assert!(answers[3].gross <= report.hosts[0].gmv_per_day * report.horizon_days * 1.01);
    for answer in answers {
        let [low, high] = answer.lost_interval;
        assert!(
            answer.lost.low > answer.lost.mid && answer.lost.mid > answer.lost.high && low < high
        );
    }
    assert!((answers[2].brands[0].lost / answers[2].lost.mid - 1.0).abs() < 1e-9);
}
