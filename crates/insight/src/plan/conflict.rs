//! Limits that cannot be kept together, said in words.
//!
//! Contracts against slots and contracts against caps are found by a program in which a limit may be missed at a price: the
//! multipliers of its optimum name the limits that clash (Farkas' lemma).

use super::lp::{Failure, Lp, Row};
use super::model::{Limit, Model, sellers};
use super::problem::{Host, Problem};
use super::{Error, limit_name, words};

/// Shortfalls up to this, in hours or in parts of 10⁴ of the whole GMV, are rounding.
const SHORT: f64 = 1e-6;

fn contradiction(what: String) -> Result<(), Error> {
    Err(Error::Contradiction(what))
}

/// Contradictions that the limits have by themselves, whatever hosts sell.
pub(super) fn check_caps(problem: &Problem) -> Result<(), Error> {
    let caps: Vec<f64> = problem.hosts.iter().filter_map(|host| host.share_max).collect();
    let sum: f64 = caps.iter().sum();
    if caps.len() == problem.hosts.len() && sum < 1.0 - 1e-9 {
        return contradiction(format!(
            "the hosts may sell {} of all GMV together, so {} is left to nobody",
            words::percent(sum),
            words::percent(1.0 - sum)
        ));
    }
    for (number, brand) in problem.brands.iter().enumerate() {
        let count = sellers(problem, number).count();
        let Some(cap) = brand.host_share_max else { continue };
        if count > 0 && cap * (count as f64) < 1.0 - 1e-9 {
            return contradiction(format!(
                "brand {} has {count} {}, and one host may sell {} of it at most",
                brand.name,
                if count == 1 { "host" } else { "hosts" },
                words::percent(cap)
            ));
        }
    }
    Ok(())
}

/// Whether the slots hold the hours that the contracts ask for.
pub(super) fn check_slots(problem: &Problem) -> Result<(), Error> {
    if problem.slots.is_empty() {
        return Ok(());
    }
    let mut lp = Lp::default();
    let mut asked: Vec<Row> = Vec::new();
    for host in &problem.hosts {
        let short = lp.column(-1.0, (0.0, f64::INFINITY));
        asked.push(Row::at_most(vec![(short, -1.0)], -host.hours_min));
    }
    let mut held: Vec<Row> = Vec::new();
    for slot in &problem.slots {
        let mut terms = Vec::new();
        for (host, row) in asked.iter_mut().enumerate() {
            if slot.hosts.as_ref().is_none_or(|hosts| hosts.contains(&host)) {
                let column = lp.column(0.0, (0.0, f64::INFINITY));
                row.terms.push((column, -1.0));
                terms.push((column, 1.0));
            }
        }
        held.push(Row::at_most(terms, slot.hours));
    }
    lp.rows = asked;
    lp.rows.extend(held);
    let vertex = lp.solve().map_err(numeric)?;
    let short: f64 = (0..problem.hosts.len()).map(|host| vertex.value(host)).sum();
    if short <= SHORT {
        return Ok(());
    }
    let multipliers = lp.multipliers(&vertex.values()).map_err(numeric)?;
    let (hosts, slots) = multipliers.split_at(problem.hosts.len());
    let asking = |(host, multiplier): &(&Host, &f64)| host.hours_min > 0.0 && **multiplier > 0.5;
    let asking: Vec<&Host> =
        problem.hosts.iter().zip(hosts).filter(asking).map(|(host, _)| host).collect();
    let holding = problem.slots.iter().zip(slots).filter(|(_, multiplier)| **multiplier > 0.5);
    let holding: Vec<_> = holding.map(|(slot, _)| slot).collect();
    let hours: f64 = asking.iter().map(|host| host.hours_min).sum();
    let room: f64 = holding.iter().map(|slot| slot.hours).sum();
    let (hours, room) = (words::figure(hours), words::figure(room));
    let contracts = problem.hosts.iter().filter(|host| host.hours_min > 0.0).count();
    if asking.len() == contracts && holding.len() == problem.slots.len() {
        return contradiction(format!(
            "the contracts ask for {hours} hours, the slots hold {room}"
        ));
    }
    let who = words::list(&asking.iter().map(|host| host.name.clone()).collect::<Vec<_>>());
    let slots = words::list(&holding.iter().map(|slot| slot.name.clone()).collect::<Vec<_>>());
    if holding.is_empty() {
        return contradiction(format!(
            "the contracts of {who} ask for {hours} hours, no slot is open to them"
        ));
    }
    contradiction(format!(
        "the contracts of {who} ask for {hours} hours, the slots open to them ({slots}) hold {room}"
    ))
}

/// Why the model has no plan although the slots hold the contracts: its caps, by name.
pub(super) fn explain(problem: &Problem, model: &Model) -> Error {
    match clash(problem, model) {
        Ok(what) => Error::Contradiction(what),
        Err(failure) => numeric(failure),
    }
}

fn clash(problem: &Problem, model: &Model) -> Result<String, Failure> {
    let mut lp = model.lp.clone();
    lp.gain.fill(0.0);
    let mut over = Vec::new();
    for &(row, limit) in &model.limits {
        if matches!(limit, Limit::Slot(_)) {
            continue;
        }
        let column = lp.column(-1.0, (0.0, f64::INFINITY));
        lp.rows[row].terms.push((column, -1.0));
        over.push(column);
    }
    let vertex = lp.solve()?;
    let missed: f64 = over.iter().map(|&column| vertex.value(column)).sum();
    if missed <= SHORT {
        return Err(Failure::Numeric("limits clash by less than can be told".to_owned()));
    }
    let multipliers = lp.multipliers(&vertex.values())?;
    let clash = model.limits.iter().filter(|(row, _)| multipliers[*row] > SHORT);
    let names: Vec<String> = clash.map(|&(_, limit)| limit_name(problem, limit)).collect();
    Ok(format!(
        "the contracts ask for more than the limits leave them: {} cannot all be kept, {} of GMV is too much",
        words::list(&names),
        words::figure(missed * model.unit)
    ))
}

pub(super) fn numeric(failure: Failure) -> Error {
    match failure {
        Failure::Infeasible => Error::Numeric("no plan keeps the limits".to_owned()),
        Failure::Numeric(what) => Error::Numeric(what),
        Failure::Stopped(stopped) => Error::Stopped(stopped),
    }
}
