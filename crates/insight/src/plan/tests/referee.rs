//! Judges of plans.

use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettingsBuilder, DefaultSolver, IPSolver, SolverStatus, SupportedConeT,
};

use super::super::*;

/// Expected shortfall by sorting, and the losses' mean.
pub(super) fn shortfall(scenarios: &Scenarios, gmv: &[f64], alpha: f64) -> (f64, f64) {
    let mut losses: Vec<f64> = (0..scenarios.len())
        .map(|scenario| scenarios.row(scenario).map(|(host, share)| share * gmv[host]).sum())
        .collect();
    losses.sort_by(|a, b| b.total_cmp(a));
    let mass = (1.0 - alpha) * losses.len() as f64;
    let mut left = mass;
    let mut sum = 0.0;
    for &loss in &losses {
        let part = left.min(1.0);
        sum += part * loss;
        left -= part;
        if left <= 1e-9 {
            break;
        }
    }
    (sum / mass, losses.iter().sum::<f64>() / losses.len() as f64)
}

/// Holds a plan to everything that its problem asks for, and its figures to each other.
pub(super) fn judge(problem: &Problem, scenarios: &Scenarios, plan: &Plan) {
    let near = |a: f64, b: f64, what: &str| {
        assert!((a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-3), "{what}: {a} and {b}");
    };
    let upto = |a: f64, b: f64, what: &str| {
        assert!(a <= b + 1e-6 * b.abs().max(1e-3), "{what}: {a} exceeds {b}");
    };
    let gmv: Vec<f64> = plan.hosts.iter().map(|host| host.gmv).collect();
    let whole: f64 = gmv.iter().sum();
    for (host, planned) in problem.hosts.iter().zip(&plan.hosts) {
        upto(host.hours_min, planned.hours, "contract");
        upto(planned.hours, host.hours_max, "care");
        near(host.gmv(planned.hours), planned.gmv, "curve");
        if let Some(cap) = host.share_max {
            upto(planned.gmv, cap * whole, "share");
        }
        if !problem.slots.is_empty() {
            near(planned.slots.iter().map(|slot| slot.hours).sum(), planned.hours, "slots");
        }
    }
    for (number, slot) in problem.slots.iter().enumerate() {
        let mut used = 0.0;
        for (host, planned) in plan.hosts.iter().enumerate() {
            for part in planned.slots.iter().filter(|part| part.slot == slot.name) {
                let may = slot.hosts.as_ref().is_none_or(|hosts| hosts.contains(&host));
                assert!(may, "host {host} may not use slot {number}");
                used += part.hours;
            }
        }
        upto(used, slot.hours, "slot");
    }
    for (number, brand) in problem.brands.iter().enumerate() {
        let sold: Vec<f64> = (problem.hosts.iter().zip(&gmv))
            .map(|(host, gmv)| {
                host.brands.iter().filter(|part| part.0 == number).map(|part| part.1 * gmv).sum()
            })
            .collect();
        let total: f64 = sold.iter().sum();
        if let Some(cap) = brand.share_max {
            upto(total, cap * whole, "brand");
        }
        if let Some(cap) = brand.host_share_max {
            sold.iter().for_each(|&part| upto(part, cap * total, "brand by host"));
        }
    }
    let (es, mean) = shortfall(scenarios, &gmv, problem.alpha);
    near(plan.es, es, "ES");
    near(plan.gmv, whole, "GMV");
    near(plan.expected_gmv, whole - mean, "expected GMV");
    let parts: f64 = plan.hosts.iter().map(|host| host.es_contribution).sum();
    assert!(
        (parts - plan.es).abs() <= 1e-9 * plan.es.abs(),
        "contributions {parts}, ES {}",
        plan.es
    );
    assert!(plan.var <= plan.es * (1.0 + 1e-9), "VaR {} exceeds ES {}", plan.var, plan.es);
    if let Some(budget) = problem.es_budget {
        assert!(plan.es <= budget * (1.0 + 1e-7), "ES {} exceeds its budget {budget}", plan.es);
    }
}

/// Rows of `terms · x ≤ bound` or `=`, for the other solver.
#[derive(Default)]
struct Rows {
    equal: Vec<(Vec<(usize, f64)>, f64)>,
    at_most: Vec<(Vec<(usize, f64)>, f64)>,
}

/// The most expected GMV, from the full program of Rockafellar & Uryasev with every scenario in it, by an interior-point
/// method. None when the program has no solution.
pub(super) fn by_interior_point(problem: &Problem, scenarios: &Scenarios) -> Option<f64> {
    let most: f64 = problem.hosts.iter().map(|host| host.gmv(host.hours_end())).sum();
    let unit = most / 1e3;
    let count = problem.hosts.len();
    let mut columns = count;
    let mut gain = vec![0.0; count];
    for (scenario, weight) in (0..scenarios.len()).map(|s| (s, 1.0 / scenarios.len() as f64)) {
        scenarios.row(scenario).for_each(|(host, share)| gain[host] -= weight * share);
    }
    gain.iter_mut().for_each(|gain| *gain += 1.0);
    let mut rows = Rows::default();
    let mut hours_of: Vec<Vec<(usize, f64)>> = Vec::new();
    for (number, host) in problem.hosts.iter().enumerate() {
        let (mut start, mut sold, mut hours) = (0.0, vec![(number, -1.0)], Vec::new());
        for block in &host.curve {
            let within = |to: f64| (to - start).clamp(0.0, block.hours);
            let (least, most) = (within(host.hours_min), within(host.hours_max));
            rows.at_most.push((vec![(columns, 1.0)], most));
            rows.at_most.push((vec![(columns, -1.0)], -least));
            sold.push((columns, block.gmv_per_hour / unit));
            hours.push((columns, 1.0));
            columns += 1;
            start += block.hours;
        }
        rows.equal.push((sold, 0.0));
        hours_of.push(hours);
    }
    for slot in &problem.slots {
        let mut held = Vec::new();
        for (number, hours) in hours_of.iter_mut().enumerate() {
            if slot.hosts.as_ref().is_none_or(|hosts| hosts.contains(&number)) {
                held.push((columns, 1.0));
                rows.at_most.push((vec![(columns, -1.0)], 0.0));
                hours.push((columns, -1.0));
                columns += 1;
            }
        }
        rows.at_most.push((held, slot.hours));
    }
    if !problem.slots.is_empty() {
        rows.equal.extend(hours_of.into_iter().map(|hours| (hours, 0.0)));
    }
    let capped = |parts: &[f64], of: &[f64], cap: f64| -> Vec<(usize, f64)> {
        (0..count).map(|host| (host, parts[host] - cap * of[host])).collect()
    };
    for (number, host) in problem.hosts.iter().enumerate() {
        if let Some(cap) = host.share_max {
            let own: Vec<f64> = (0..count).map(|i| f64::from(i == number)).collect();
            rows.at_most.push((capped(&own, &vec![1.0; count], cap), 0.0));
        }
    }
    for (number, brand) in problem.brands.iter().enumerate() {
        let part = |host: &Host| -> f64 {
            host.brands.iter().filter(|part| part.0 == number).map(|part| part.1).sum()
        };
        let parts: Vec<f64> = problem.hosts.iter().map(part).collect();
        if let Some(cap) = brand.share_max {
            rows.at_most.push((capped(&parts, &vec![1.0; count], cap), 0.0));
        }
        for host in (0..count).filter(|_| brand.host_share_max.is_some()) {
            let own: Vec<f64> =
                (0..count).map(|i| if i == host { parts[i] } else { 0.0 }).collect();
            rows.at_most.push((capped(&own, &parts, brand.host_share_max.unwrap()), 0.0));
        }
    }
    if let Some(budget) = problem.es_budget {
        let level = columns;
        columns += 1;
        let mass = (1.0 - problem.alpha) * scenarios.len() as f64;
        let mut total = vec![(level, 1.0)];
        for scenario in 0..scenarios.len() {
            let mut over: Vec<(usize, f64)> = scenarios.row(scenario).collect();
            over.extend([(level, -1.0), (columns, -1.0)]);
            rows.at_most.push((over, 0.0));
            rows.at_most.push((vec![(columns, -1.0)], 0.0));
            total.push((columns, 1.0 / mass));
            columns += 1;
        }
        rows.at_most.push((total, budget / unit));
    }
    gain.resize(columns, 0.0);
    rows.maximum(&gain).map(|value| value * unit)
}

impl Rows {
    fn maximum(self, gain: &[f64]) -> Option<f64> {
        let (equal, at_most) = (self.equal.len(), self.at_most.len());
        let all: Vec<_> = self.equal.into_iter().chain(self.at_most).collect();
        let mut places = (Vec::new(), Vec::new(), Vec::new());
        for (number, (terms, _)) in all.iter().enumerate() {
            for &(column, factor) in terms {
                places.0.push(number);
                places.1.push(column);
                places.2.push(factor);
            }
        }
        let matrix =
            CscMatrix::new_from_triplets(all.len(), gain.len(), places.0, places.1, places.2);
        let bounds: Vec<f64> = all.iter().map(|(_, bound)| *bound).collect();
        let cost: Vec<f64> = gain.iter().map(|gain| -gain).collect();
        let square = CscMatrix::zeros((gain.len(), gain.len()));
        let cones = [SupportedConeT::ZeroConeT(equal), SupportedConeT::NonnegativeConeT(at_most)];
        let settings = DefaultSettingsBuilder::default()
            .verbose(false)
            .tol_gap_abs(1e-10)
            .tol_gap_rel(1e-10)
            .tol_feas(1e-10)
            .max_iter(200)
            .build()
            .unwrap();
        let mut solver =
            DefaultSolver::new(&square, &cost, &matrix, &bounds, &cones, settings).unwrap();
        solver.solve();
        match solver.solution.status {
            SolverStatus::Solved | SolverStatus::AlmostSolved => Some(-solver.solution.obj_val),
            SolverStatus::PrimalInfeasible | SolverStatus::AlmostPrimalInfeasible => None,
            other => panic!("the other solver says {other:?}"),
        }
    }
}
