//! Solves the program with expected shortfall in full, where cuts stall.
//!
//! The full program (Rockafellar & Uryasev, J. Risk 2(3), 2000) has a column and a row for each scenario: `v + Σ u_s / mass ≤ es`,
//! `Σ ξ_si y_i − v ≤ u_s`, `0 ≤ u_s`. Here only scenarios that change sides of the level `v` from one solution to the next get their
//! own. For the others `Σ ξ_si y_i − v` and 0 are both lower bounds of `u_s`, so that every choice of those above the level
//! gives a row that holds, and solutions give the choices, as they give cuts. With every scenario's own row it is the
//! full program to the letter; it ends long before, at the same optimum.

use super::cuts::{Goal, Inside, Method, Optimum, Seen, Solver, TAILS_KEPT};
use super::lp::{Failure, Lp, Row, Vertex};
use super::model::Model;
use super::scenarios::Scenarios;
use crate::watch::Stage;

/// Choices tried with the same scenarios in rows of their own.
const CHOICES_MAX: usize = 20;

/// Scenarios that get rows of their own at once: more make a slow program, and most prove to be of no matter.
const OWN_MAX: usize = 300;

/// The program while some scenarios have their own rows.
struct Full<'a> {
    lp: Lp,
    level: usize,
    /// By scenario with its own row, ascending: its column.
    over: Vec<usize>,
    own: &'a [bool],
    model: &'a Model,
    scenarios: &'a Scenarios,
    mass: f64,
}

impl<'a> Full<'a> {
    fn new(solver: &'a Solver<'_>, goal: Goal, own: &'a [bool]) -> Self {
        let (model, scenarios) = (&solver.model, solver.tails.scenarios);
        let mut lp = solver.program(goal);
        let floor = if scenarios.only_losses() { 0.0 } else { f64::NEG_INFINITY };
        let level = lp.column(0.0, (floor, f64::INFINITY));
        let mut over = Vec::new();
        for (scenario, _) in own.iter().enumerate().filter(|(_, own)| **own) {
            let column = lp.column(0.0, (0.0, f64::INFINITY));
            let losses = scenarios.row(scenario);
            let mut terms: Vec<(usize, f64)> =
                losses.map(|(host, share)| (model.gmv_column(host), share)).collect();
            terms.extend([(level, -1.0), (column, -1.0)]);
            lp.rows.push(Row::at_most(terms, 0.0));
            over.push(column);
        }
        Self { lp, level, over, own, model, scenarios, mass: solver.tails.mass }
    }

    /// The row of expected shortfall with these scenarios above the level.
    fn row(&self, above: &[bool]) -> Row {
        let mut count = 0.0;
        let mut lost = vec![0.0; self.scenarios.hosts()];
        for (scenario, (above, own)) in above.iter().zip(self.own).enumerate() {
            if *above && !own {
                count += 1.0;
                self.scenarios.row(scenario).for_each(|(host, share)| lost[host] += share);
            }
        }
        let mut terms = vec![(self.model.es, -1.0), (self.level, 1.0 - count / self.mass)];
        terms.extend(self.over.iter().map(|&column| (column, 1.0 / self.mass)));
        let lost = lost.iter().enumerate().filter(|(_, lost)| **lost != 0.0);
        terms.extend(lost.map(|(host, lost)| (self.model.gmv_column(host), lost / self.mass)));
        Row::at_most(terms, 0.0)
    }

    fn add(&mut self, vertex: Vertex, above: &[bool]) -> Result<Vertex, Failure> {
        let row = self.row(above);
        self.lp.rows.push(row.clone());
        vertex.with(&row).or_else(|_| self.lp.solve())
    }
}

impl Solver<'_> {
    /// The optimum for a goal by the full program, where `choices` are scenarios in the tail (others not) at solutions so far.
    pub(super) fn in_full(
        &mut self,
        goal: Goal,
        mut choices: Vec<Vec<bool>>,
    ) -> Result<Optimum, Failure> {
        let mut tails = self.tails.again();
        let mut own = vec![false; tails.scenarios.len()];
        if choices.is_empty() {
            choices.push(own.clone());
        }
        let mut inside = Inside::of(goal, &self.model, &mut tails);
        give_rows(&choices, &mut own);
        loop {
            let before = choices.len();
            let mut full = Full::new(self, goal, &own);
            let rows: Vec<Row> = choices.iter().map(|above| full.row(above)).collect();
            full.lp.rows.extend(rows);
            let mut vertex = full.lp.solve()?;
            for _ in 0..CHOICES_MAX {
                self.watch.at(Stage::Cuts, choices.len() as u64, 0)?;
                let seen = Seen::new(goal, &vertex, &self.model, &mut tails);
                if seen.is_within() {
                    let method = Method::FullProgram;
                    return Ok(Optimum::new(full.lp, vertex, &self.model, seen, method));
                }
                choices.push(tails.above(vertex.value(full.level)));
                if let Some(inside) = &mut inside
                    && let Some(tail) = inside.separate(goal, &seen, &mut tails)
                {
                    choices.push(tails.above(tail.var));
                    vertex = full.add(vertex, &choices[choices.len() - 2])?;
                }
                vertex = full.add(vertex, &choices[choices.len() - 1])?;
            }
            choices.drain(..before.min(choices.len().saturating_sub(TAILS_KEPT)));
            if !give_rows(&choices, &mut own) {
                let what = "expected shortfall stays above its bound with every scenario in place";
                return Err(Failure::Numeric(what.to_owned()));
            }
        }
    }
}

/// Gives scenarios that are in some choices and not in others their own rows, those that are in about half of them first.
/// Whether there were any.
fn give_rows(choices: &[Vec<bool>], own: &mut [bool]) -> bool {
    let mut changing: Vec<(usize, usize)> = Vec::new();
    for scenario in (0..own.len()).filter(|&scenario| !own[scenario]) {
        let above = choices.iter().filter(|choice| choice[scenario]).count();
        let rarer = above.min(choices.len() - above);
        if rarer > 0 {
            changing.push((rarer, scenario));
        }
    }
    changing.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    changing.iter().take(OWN_MAX).for_each(|&(_, scenario)| own[scenario] = true);
    !changing.is_empty()
}
