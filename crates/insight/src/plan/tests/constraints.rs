//! The file of a user's limits.

use super::*;

fn problem() -> Problem {
    let host = |name: &str| Host::new(name, vec![block(500.0, 10.0)]);
    let mut problem = plain(vec![host("Mina"), host("Teo"), host("Ana")]);
    problem.brands = vec![Brand { name: "Lumen".to_owned(), ..Brand::default() }];
    problem
}

fn apply(text: &str) -> Result<Problem, Error> {
    Constraints::parse(text)?.apply(problem())
}

#[test]
fn the_example_has_every_key() {
    let constraints = Constraints::parse(Constraints::EXAMPLE).unwrap();
    assert_eq!(constraints.es.budget, Some(250_000.0));
    assert_eq!(constraints.rest.on_air_hours_per_day, Some(6.0));
    let problem = constraints.apply(problem()).unwrap();
    let [mina, teo, _] = &problem.hosts[..] else { panic!("hosts are gone") };
    assert_eq!((mina.hours_min, mina.hours_max, mina.share_max), (8.0, 36.0, Some(0.25)));
    assert_eq!((teo.hours_min, teo.hours_max, teo.share_max), (0.0, 36.0, Some(0.35)));
    assert_eq!(problem.slots[1].name, "prime");
    assert_eq!(problem.slots[1].hosts, Some(vec![0, 1]));
    assert_eq!(problem.slots[0].hosts, None);
    assert_eq!(problem.brands[0].host_share_max, Some(0.6));
    assert_eq!(problem.es_budget, Some(250_000.0));
}

#[test]
fn an_empty_file_leaves_rest_alone() {
    let problem = apply("").unwrap();
    // Six days with thirteen hours each.
    assert_eq!(problem.hosts[0].hours_max, 78.0);
    assert_eq!((problem.es_budget, problem.slots.len()), (None, 0));
}

#[test]
fn rest_and_care_take_the_smaller() {
    let rest = "[rest]\non_air_hours_per_day = 5\n";
    assert_eq!(apply(rest).unwrap().hosts[0].hours_max, 30.0);
    let text = format!("{rest}[host.Teo]\nhours_max = 100\n[default]\nhours_max = 20");
    let hosts = apply(&text).unwrap().hosts;
    assert_eq!((hosts[0].hours_max, hosts[1].hours_max), (20.0, 30.0));
}

#[test]
fn what_the_file_gets_wrong_is_said() {
    let check = |text: &str, words: &str| {
        let error = apply(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    };
    check("[es]\nbudgets = 5", "constraints: line 2: unknown field `budgets`");
    check("[hosts.Mina]\nhours_min = 5", "unknown field `hosts`");
    check("[host.Mina]\nhours_min = 5\nhours_mix = 6", "line 3: unknown field `hours_mix`");
    check("[slot.prime]\nhosts = [\"Mina\"]", "missing field `hours`");
    check("[es]\nbudget = \"much\"", "line 2: invalid type");
    check("[es\n", "line 1");
    check(
        "[host.Nina]\nhours_min = 5",
        "host.Nina: there is no host Nina (hosts: Mina, Teo and Ana)",
    );
    check("[brand.Lux]\nshare_max = 0.5", "brand.Lux: there is no brand Lux (brands: Lumen)");
    check("[slot.a]\nhours = 5\nhosts = [\"Bo\"]", "slot.a: there is no host Bo");
    check("[rest]\ndaily_hours = 30", "rest: daily_hours is 30, not 0 to 24");
    check("[rest]\nweekly_hours = -1", "rest: weekly_hours is -1, not 0 to 168");
    check("[rest]\non_air_hours_per_day = nan", "on_air_hours_per_day is NaN");
    check(
        "[host.Mina]\nhours_min = 80",
        "the contract of Mina asks for 80 hours, rest leaves 78 in a week",
    );
    check(
        "[host.Mina]\nhours_min = 60\nhours_max = 50",
        "host Mina: the contract asks for 60 hours, care allows 50",
    );
    check("[host.Mina]\nhours_max = nan", "host Mina: care allows NaN hours");
    check("[host.Mina]\nhours_min = -3", "host Mina: the contract asks for -3 hours");
    check("[default]\nshare_max = 3.0", "the share of host Mina is 3, not between 0 and 1");
    check("[es]\nbudget = 5\npart_of_now = 0.5", "es: budget and part_of_now are two budgets");
    check("[es]\npart_of_now = -0.5", "es: part_of_now is -0.5, not a part");
    check("[hours]\ntotal = nan", "hours: total is NaN, not hours");
    check("[hours]\ntotal = 5\n[slot.a]\nhours = 5", "hours: total and slots both bound");
}

#[test]
fn contradictions_of_a_file_are_named_when_planned() {
    let text = "[default]\nhours_min = 50\n[slot.prime]\nhours = 120\n";
    let problem = apply(text).unwrap();
    let scenarios = losses(&mut Dice(1), 3, 40, 0.2);
    let error = Planner::new(&problem, &scenarios).err().unwrap();
    assert_eq!(error.to_string(), "the contracts ask for 150 hours, the slots hold 120");
}
