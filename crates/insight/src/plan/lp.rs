//! A small face over the simplex of `microlp`: what the planner needs of a linear program, and the multipliers that the
//! library does not give.
//!
//! Every program here maximises `gain · x` over `rows` and `bounds`. It knows no host and no scenario.

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions, Variable};

use crate::watch::Stopped;

/// How far a row or a bound may be missed, in the units of the row. The planner's units make a whole of 10⁴.
const FEASIBILITY: f64 = 1e-9;

/// How far, as a part of its size, a row or a column may be from its bound and still bind.
const BINDING: f64 = 1e-7;

/// `terms · x` against `bound`. No column stands twice in `terms`.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) terms: Vec<(usize, f64)>,
    pub(super) sense: Sense,
    pub(super) bound: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    AtMost,
    Equal,
}

impl Row {
    pub(super) fn at_most(terms: Vec<(usize, f64)>, bound: f64) -> Self {
        Self { terms, sense: Sense::AtMost, bound }
    }

    pub(super) fn equal(terms: Vec<(usize, f64)>, bound: f64) -> Self {
        Self { terms, sense: Sense::Equal, bound }
    }
}

/// Maximise `gain · x` with each `x` within its bounds (either may be infinite) and every row kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Lp {
    pub(super) gain: Vec<f64>,
    pub(super) bounds: Vec<(f64, f64)>,
    pub(super) rows: Vec<Row>,
}

/// Why there is no optimum.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Failure {
    Infeasible,
    Numeric(String),
    Stopped(Stopped),
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl From<microlp::Error> for Failure {
    fn from(error: microlp::Error) -> Self {
        match error {
            microlp::Error::Infeasible => Self::Infeasible,
            other => Self::Numeric(other.to_string()),
        }
    }
}

/// An optimal vertex, which goes on from where it stands when a row is added.
#[derive(Clone)]
pub(super) struct Vertex {
    solution: microlp::Solution,
    columns: Vec<Variable>,
}

impl Vertex {
    /// The value of one column.
    pub(super) fn value(&self, column: usize) -> f64 {
        self.solution.var_value(self.columns[column])
    }

    pub(super) fn values(&self) -> Vec<f64> {
        self.columns.iter().map(|&column| self.solution.var_value(column)).collect()
    }

    pub(super) fn objective(&self) -> f64 {
        self.solution.objective()
    }

    /// The optimum with one more row.
    pub(super) fn with(self, row: &Row) -> Result<Self, Failure> {
        let terms: Vec<(Variable, f64)> =
            row.terms.iter().map(|&(column, factor)| (self.columns[column], factor)).collect();
        let outcome = self.solution.add_constraint(&terms[..], sense(row.sense), row.bound)?;
        Ok(Self { solution: finished(outcome)?, columns: self.columns })
    }
}

fn sense(sense: Sense) -> ComparisonOp {
    match sense {
        Sense::AtMost => ComparisonOp::Le,
        Sense::Equal => ComparisonOp::Eq,
    }
}

fn finished(outcome: microlp::SolveOutcome) -> Result<microlp::Solution, Failure> {
    outcome.into_solution().map_err(|_| Failure::Numeric("the solver stopped early".to_owned()))
}

impl Lp {
    /// Adds a column that stands in no row yet, and says its number.
    pub(super) fn column(&mut self, gain: f64, bounds: (f64, f64)) -> usize {
        self.gain.push(gain);
        self.bounds.push(bounds);
        self.gain.len() - 1
    }

    pub(super) fn solve(&self) -> Result<Vertex, Failure> {
        let mut problem = Problem::new(OptimizationDirection::Maximize);
        let columns: Vec<Variable> = (self.gain.iter().zip(&self.bounds))
            .map(|(&gain, &bounds)| problem.add_var(gain, bounds))
            .collect();
        for row in &self.rows {
            let terms: Vec<(Variable, f64)> =
                row.terms.iter().map(|&(column, factor)| (columns[column], factor)).collect();
            problem.add_constraint(&terms[..], sense(row.sense), row.bound);
        }
        let mut options = SolveOptions::default();
        options.tolerances.feasibility = FEASIBILITY;
        Ok(Vertex { solution: finished(problem.solve_with(options)?)?, columns })
    }

    /// The multiplier of each row: what one more unit of its bound adds to the optimum that `values` is.
    ///
    /// They solve the dual program, `rowsᵀ λ + z = gain`, in which complementary slackness leaves out what does not bind: `λ = 0`
    /// for a row with room, `z = 0` for a column between its bounds, `z ≤ 0` at the lower one, `z ≥ 0` at the upper, any
    /// `z` for a column that is fixed. A degenerate optimum has several; these have the least sum.
    pub(super) fn multipliers(&self, values: &[f64]) -> Result<Vec<f64>, Failure> {
        let mut dual = Self::default();
        let mut numbers = Vec::with_capacity(self.rows.len());
        let mut columns: Vec<Vec<(usize, f64)>> = vec![Vec::new(); self.gain.len()];
        for row in &self.rows {
            let used: f64 = row.terms.iter().map(|&(column, factor)| factor * values[column]).sum();
            let (lower, cost) = match row.sense {
                Sense::AtMost if row.bound - used > BINDING * used.abs().max(1.0) => {
                    numbers.push(None);
                    continue;
                }
                Sense::AtMost => (0.0, -1.0),
                Sense::Equal => (f64::NEG_INFINITY, 0.0),
            };
            let number = dual.column(cost, (lower, f64::INFINITY));
            numbers.push(Some(number));
            for &(column, factor) in &row.terms {
                columns[column].push((number, factor));
            }
        }
        for (column, mut terms) in columns.into_iter().enumerate() {
            let (gain, (lower, upper)) = (self.gain[column], self.bounds[column]);
            let room = BINDING * values[column].abs().max(1.0);
            let (at_lower, at_upper) =
                (values[column] <= lower + room, values[column] >= upper - room);
            let row = match (at_lower, at_upper) {
                (true, true) => continue,
                (false, false) => Row::equal(terms, gain),
                (false, true) => Row::at_most(terms, gain),
                (true, false) => {
                    terms.iter_mut().for_each(|term| term.1 = -term.1);
                    Row::at_most(terms, -gain)
                }
            };
            dual.rows.push(row);
        }
        let vertex = dual.solve()?;
        Ok(numbers.into_iter().map(|number| number.map_or(0.0, |n| vertex.value(n))).collect())
    }
}
