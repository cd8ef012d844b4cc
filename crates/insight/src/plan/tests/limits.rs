//! What is refused, and in which words.

use super::*;

fn refusal(problem: &Problem) -> String {
    let scenarios = losses(&mut Dice(9), problem.hosts.len(), 40, 0.3);
    match Planner::new(problem, &scenarios).and_then(|mut planner| planner.plan()) {
        Ok(plan) => panic!("planned: {plan:?}"),
        Err(error) => error.to_string(),
    }
}

fn two() -> Problem {
    plain(vec![
        Host::new("Mina", vec![block(100.0, 50.0), block(100.0, 30.0)]),
        Host::new("Teo", vec![block(200.0, 20.0)]),
    ])
}

fn slot(name: &str, hours: f64, hosts: Option<Vec<usize>>) -> Slot {
    Slot { name: name.to_owned(), hours, hosts }
}

#[test]
fn rows_that_make_no_sense_are_refused() {
    type Case = (&'static str, fn(&mut Problem));
    let cases: Vec<Case> = vec![
        ("host Mina: there is no curve of GMV", |p| p.hosts[0].curve.clear()),
        ("host Mina: block 2 of the curve is 0 hours wide", |p| p.hosts[0].curve[1].hours = 0.0),
        ("host Mina: block 1 of the curve sells -1 an hour", |p| {
            p.hosts[0].curve[0].gmv_per_hour = -1.0;
        }),
        (
            "host Mina: block 2 of the curve sells 60 an hour, more than the 50 before it; further hours \
             may not sell better",
            |p| p.hosts[0].curve[1].gmv_per_hour = 60.0,
        ),
        ("host Teo: the contract asks for NaN hours", |p| p.hosts[1].hours_min = f64::NAN),
        ("host Teo: the contract asks for 30 hours, care allows 20", |p| {
            (p.hosts[1].hours_min, p.hosts[1].hours_max) = (30.0, 20.0);
        }),
        ("host Teo: the contract asks for 300 hours, the curve ends at 200", |p| {
            p.hosts[1].hours_min = 300.0;
        }),
        ("host Teo: care allows -1 hours", |p| p.hosts[1].hours_max = -1.0),
        ("two hosts are called Mina", |p| p.hosts[1].name = "Mina".to_owned()),
        ("the share of host Mina is 1.5, not between 0 and 1", |p| {
            p.hosts[0].share_max = Some(1.5);
        }),
        ("host Mina: there is no brand 3 of 0", |p| p.hosts[0].brands = vec![(3, 0.5)]),
        ("alpha is 1, not between 0 and 1", |p| p.alpha = 1.0),
        ("the budget of ES is -5, not an amount", |p| p.es_budget = Some(-5.0)),
        ("slot prime: there is no host 2 of 2", |p| {
            p.slots = vec![slot("prime", 5.0, Some(vec![2]))]
        }),
        ("slot prime: it holds NaN hours", |p| p.slots = vec![slot("prime", f64::NAN, None)]),
        ("slot prime: a host stands twice", |p| {
            p.slots = vec![slot("prime", 5.0, Some(vec![1, 1]))];
        }),
    ];
    for (words, spoil) in cases {
        let mut problem = two();
        spoil(&mut problem);
        assert_eq!(refusal(&problem), words);
    }
    assert_eq!(plain(Vec::new()).check().unwrap_err().to_string(), "there is no host to plan");
    let mut shared = two();
    shared.brands = vec![Brand { name: "x".to_owned(), ..Brand::default() }];
    shared.hosts[0].brands = vec![(0, 0.6), (0, 0.6)];
    assert_eq!(refusal(&shared), "host Mina: brand 0 stands twice");
    shared.hosts[0].brands = vec![(0, 1.2)];
    assert_eq!(refusal(&shared), "host Mina: the share of x is 1.2, not between 0 and 1");
}

#[test]
fn scenarios_that_do_not_fit_are_refused() {
    let problem = two();
    let words = |scenarios: &Scenarios| match Planner::new(&problem, scenarios) {
        Ok(_) => panic!("taken"),
        Err(error) => error.to_string(),
    };
    let of_three = losses(&mut Dice(1), 3, 40, 0.3);
    assert_eq!(words(&of_three), "the scenarios are of 3 hosts, the plan is of 2");
    let few = losses(&mut Dice(1), 2, 5, 0.3);
    assert_eq!(words(&few), "expected shortfall at 0.9 wants at least 10 scenarios, there are 5");
    assert!(Scenarios::from_dense(2, &[0.1_f64; 3]).is_err());
    assert!(Scenarios::from_dense(0, &[0.1_f64; 3]).is_err());
    assert!(Scenarios::from_dense(1, &[f64::NAN]).is_err());
    let mut scenarios = Scenarios::new(2);
    assert_eq!(
        scenarios.push([(2, 0.1)]).unwrap_err().to_string(),
        "scenario 0: host 2 of 2 is said to lose a share of 0.1"
    );
    assert!(scenarios.is_empty(), "what is refused is not half added");
    scenarios.push([(1, 0.25), (0, 0.0), (1, 0.25)]).unwrap();
    assert_eq!(scenarios.row(0).collect::<Vec<_>>(), [(1, 0.5)], "shares of one host add up");
    assert_eq!(scenarios.row(7).count(), 0);
}

#[test]
fn contracts_that_exceed_the_slots_are_said_in_hours() {
    let mut problem = two();
    problem.hosts[0].hours_min = 180.0;
    problem.hosts[1].hours_min = 120.0;
    problem.slots = vec![slot("prime", 90.0, None), slot("day", 150.0, None)];
    assert_eq!(refusal(&problem), "the contracts ask for 300 hours, the slots hold 240");
    problem.slots = vec![slot("prime", 150.0, Some(vec![0])), slot("day", 400.0, Some(vec![1]))];
    assert_eq!(
        refusal(&problem),
        "the contracts of Mina ask for 180 hours, the slots open to them (prime) hold 150"
    );
    problem.slots = vec![slot("day", 400.0, Some(vec![1]))];
    assert_eq!(
        refusal(&problem),
        "the contracts of Mina ask for 180 hours, no slot is open to them"
    );
}

#[test]
fn caps_that_leave_a_part_to_nobody_are_said_in_shares() {
    let mut problem = two();
    problem.hosts.iter_mut().for_each(|host| host.share_max = Some(0.4));
    assert_eq!(
        refusal(&problem),
        "the hosts may sell 80 % of all GMV together, so 20 % is left to nobody"
    );
    let mut problem = two();
    problem.brands =
        vec![Brand { name: "Lumen".to_owned(), share_max: None, host_share_max: Some(0.6) }];
    problem.hosts[1].brands = vec![(0, 1.0)];
    assert_eq!(
        refusal(&problem),
        "brand Lumen has 1 host, and one host may sell 60 % of it at most"
    );
}

#[test]
fn caps_that_contracts_break_are_named() {
    let mut problem = two();
    problem.hosts[0].hours_min = 200.0;
    problem.hosts[0].share_max = Some(0.5);
    problem.hosts[1].hours_max = 100.0;
    // Mina sells 8000 by contract, Teo 2000 at most.
    assert_eq!(
        refusal(&problem),
        "the contracts ask for more than the limits leave them: share:Mina cannot all be kept, 3000 \
         of GMV is too much"
    );
}

#[test]
fn a_budget_that_contracts_break_says_the_least() {
    let mut problem = two();
    problem.hosts[0].hours_min = 100.0;
    let mut scenarios = Scenarios::new(2);
    for scenario in 0..20 {
        scenarios.push((scenario < 2).then_some((0, 0.5))).unwrap();
    }
    problem.es_budget = Some(1000.0);
    let mut planner = Planner::new(&problem, &scenarios).unwrap();
    let error = planner.plan().unwrap_err();
    let words = "the budget of ES is 1000, the least that the other limits allow is 2500";
    assert_eq!(error.to_string(), words);
    problem.es_budget = Some(2500.0);
    let plan = Planner::new(&problem, &scenarios).unwrap().plan().unwrap();
    assert!(close(plan.hosts[0].hours, 100.0, 1e-6));
}

#[test]
fn nothing_to_sell_is_a_plan_of_nothing() {
    let mut problem = plain(vec![Host::new("a", vec![block(10.0, 0.0)])]);
    let scenarios = losses(&mut Dice(1), 1, 20, 0.5);
    let plan = Planner::new(&problem, &scenarios).unwrap().plan().unwrap();
    assert_eq!((plan.gmv, plan.es, plan.hosts[0].hours), (0.0, 0.0, 0.0));
    problem.hosts[0].hours_max = 0.0;
    problem.es_budget = Some(0.0);
    let mut planner = Planner::new(&problem, &scenarios).unwrap();
    assert_eq!(planner.plan().unwrap().es, 0.0);
    assert_eq!(planner.frontier(5, &Unwatched).unwrap().points.len(), 5);
}

#[test]
fn scenarios_without_a_loss_cost_nothing() {
    let mut problem = two();
    problem.es_budget = Some(0.0);
    let mut scenarios = Scenarios::new(2);
    (0..20).for_each(|_| scenarios.push([]).unwrap());
    let plan = Planner::new(&problem, &scenarios).unwrap().plan().unwrap();
    assert_eq!((plan.es, plan.gmv), (0.0, 12_000.0));
}

#[test]
fn a_host_without_a_slot_is_not_planned() {
    let mut problem = two();
    problem.slots = vec![slot("prime", 50.0, Some(vec![1]))];
    let scenarios = losses(&mut Dice(1), 2, 40, 0.3);
    let plan = Planner::new(&problem, &scenarios).unwrap().plan().unwrap();
    assert_eq!(plan.hosts[0].hours, 0.0);
    assert!(close(plan.hosts[1].hours, 50.0, 1e-9));
}
