//! Solves the program with expected shortfall in it, by cuts.
//!
//! Künzi-Bay & Mayer (Comput. Manag. Sci. 3, 2006): solve, find the tail of what the solution would lose, add the row that the
//! tail gives, solve again. The row is taken between the solution and a point inside that is known to be good (in-out
//! separation; Ben-Ameur & Neto, Networks 49, 2007): it cuts deeper there, and tight budgets take half as many. Cuts that
//! stall hand over to the full program.

use serde::Serialize;

use super::lp::{Failure, Lp, Row, Vertex};
use super::model::{Model, Point};
use super::scenarios::{Tail, Tails};
use crate::watch::{Stage, Unwatched, Watch};

/// Expected shortfall may exceed its bound by this part of it. Expected GMV is concave in the budget, so that it is off by no
/// more where contracts ask for little, and by little more elsewhere.
const TOLERANCE: f64 = 1e-8;

/// Cuts for one optimum; when they are used up, they have stalled. The full program is mostly faster from there on.
const CUTS_MAX: usize = 100;

/// Where, from the inside out, a cut is tried first.
const OUTWARD: f64 = 0.3;

/// Tries inside that give no cut before it is taken at the solution itself.
const INSIDE_MAX: usize = 8;

/// How many of the latest tails the full program hears of.
pub(super) const TAILS_KEPT: usize = 40;

/// How an optimum was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Cutting planes over expected shortfall.
    Cuts,
    /// The full linear program, since cuts stalled.
    FullProgram,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    /// The most expected GMV with expected shortfall up to this, in the program's units.
    Gmv { es_max: f64 },
    /// The least expected shortfall.
    LeastEs,
}

/// An optimum, and the program that it is the optimum of.
pub(super) struct Optimum {
    pub(super) point: Point,
    pub(super) tail: Tail,
    pub(super) method: Method,
    /// Rows of the program that are about scenarios.
    pub(super) rows: usize,
    lp: Lp,
    vertex: Vertex,
    values: Vec<f64>,
}

impl Optimum {
    pub(super) fn new(lp: Lp, vertex: Vertex, model: &Model, seen: Seen, method: Method) -> Self {
        let mut values = vertex.values();
        model.fill_in_order(&mut values);
        let rows = lp.rows.len() - model.lp.rows.len();
        Self { point: seen.point, tail: seen.tail, method, rows, lp, vertex, values }
    }

    /// The multipliers of the program's rows, and that of expected shortfall.
    pub(super) fn multipliers(&self, model: &Model) -> Result<(Vec<f64>, f64), Failure> {
        let mut lp = self.lp.clone();
        model.fix_far_blocks(&mut lp, &self.values);
        let rows = lp.multipliers(&self.values)?;
        let terms = lp.rows.iter().zip(&rows).flat_map(|(row, price)| {
            row.terms.iter().filter(|term| term.0 == model.es).map(move |term| -term.1 * price)
        });
        let es = terms.sum();
        Ok((rows, es))
    }

    /// By how much less of the goal there is when a host sells at least `gmv`, in the program's units; none when they cannot.
    pub(super) fn loss_if(&self, model: &Model, host: usize, gmv: f64) -> Option<f64> {
        let forced = Row::at_most(vec![(model.gmv_column(host), -1.0)], -gmv);
        let vertex = self.vertex.clone().with(&forced).ok()?;
        Some(self.vertex.objective() - vertex.objective())
    }
}

/// What a solution says and loses.
pub(super) struct Seen {
    pub(super) point: Point,
    pub(super) tail: Tail,
    /// What its expected shortfall may be.
    bound: f64,
}

impl Seen {
    pub(super) fn new(goal: Goal, vertex: &Vertex, model: &Model, tails: &mut Tails<'_>) -> Self {
        let point = model.point(|column| vertex.value(column));
        let tail = tails.tail(&point.gmv);
        let bound = match goal {
            Goal::Gmv { es_max } => es_max,
            Goal::LeastEs => vertex.value(model.es),
        };
        Self { point, tail, bound }
    }

    pub(super) fn is_within(&self) -> bool {
        within(self.tail.es, self.bound)
    }
}

fn within(es: f64, bound: f64) -> bool {
    es <= bound + TOLERANCE * bound.abs()
}

/// GMV by host that is known to be good for an expected shortfall.
pub(super) struct Inside {
    gmv: Vec<f64>,
    losses: Vec<f64>,
    es: f64,
}

impl Inside {
    /// Of a search for the most GMV: what the contracts sell, if that is within the budget.
    pub(super) fn of(goal: Goal, model: &Model, tails: &mut Tails<'_>) -> Option<Self> {
        let Goal::Gmv { es_max } = goal else { return None };
        let gmv = model.contract_gmv();
        let inside = tails.tail(&gmv).es <= es_max;
        inside.then(|| Self { gmv, losses: tails.losses().to_vec(), es: es_max })
    }

    /// The tail of a point on the way to a solution that loses too much, if that point loses too much as well: its cut takes the
    /// solution away, since expected shortfall is convex. Points that don't are the new inside. `tails` stands at the solution,
    /// and is left at the last point.
    pub(super) fn separate(
        &mut self,
        goal: Goal,
        out: &Seen,
        tails: &mut Tails<'_>,
    ) -> Option<Tail> {
        let out_losses = tails.losses().to_vec();
        for _ in 0..INSIDE_MAX {
            let (inner, outer) =
                ((&self.gmv[..], &self.losses[..]), (&out.point.gmv[..], &out_losses[..]));
            let (gmv, tail) = tails.tail_between(inner, outer, OUTWARD);
            let allowed = self.es + OUTWARD * (out.bound - self.es);
            if !within(tail.es, allowed) {
                return Some(tail);
            }
            let es = if goal == Goal::LeastEs { tail.es } else { self.es };
            *self = Self { gmv, losses: tails.losses().to_vec(), es };
        }
        None
    }
}

/// A model, its scenarios, and the cuts that bound the last optimum: they hold for every goal.
pub(super) struct Solver<'a> {
    pub(super) model: Model,
    pub(super) tails: Tails<'a>,
    cuts: Vec<Row>,
    /// [`CUTS_MAX`], or less to have the full program.
    pub(super) cuts_max: usize,
    /// Asked before each cut.
    pub(super) watch: &'a dyn Watch,
}

impl<'a> Solver<'a> {
    pub(super) fn new(model: Model, tails: Tails<'a>) -> Self {
        // The mean over all scenarios is no more than the mean over the worst: the first cut, for nothing.
        let mean = model.cut(&model.mean);
        Self { model, tails, cuts: vec![mean], cuts_max: CUTS_MAX, watch: &Unwatched }
    }

    /// The optimum for a goal.
    pub(super) fn solve(&mut self, goal: Goal) -> Result<Optimum, Failure> {
        match self.by_cuts(goal) {
            Err(Failure::Numeric(_)) => self.in_full(goal, Vec::new()),
            found => found,
        }
    }

    /// The program for a goal, with no more than the mean to say about expected shortfall.
    pub(super) fn program(&self, goal: Goal) -> Lp {
        let mut lp = self.model.lp.clone();
        match goal {
            Goal::Gmv { es_max } => lp.bounds[self.model.es].1 = es_max,
            Goal::LeastEs => {
                lp.gain.fill(0.0);
                lp.gain[self.model.es] = -1.0;
            }
        }
        lp.rows.push(self.cuts[0].clone());
        lp
    }

    fn by_cuts(&mut self, goal: Goal) -> Result<Optimum, Failure> {
        let mut lp = self.program(goal);
        lp.rows.extend_from_slice(&self.cuts[1..]);
        let mut vertex = lp.solve()?;
        let mut inside = Inside::of(goal, &self.model, &mut self.tails);
        let mut tails: Vec<Vec<bool>> = Vec::new();
        for number in 0..self.cuts_max {
            self.watch.at(Stage::Cuts, number as u64, self.cuts_max as u64)?;
            let seen = Seen::new(goal, &vertex, &self.model, &mut self.tails);
            if seen.is_within() {
                let optimum = Optimum::new(lp, vertex, &self.model, seen, Method::Cuts);
                self.keep_binding(&optimum);
                return Ok(optimum);
            }
            tails.push(self.tails.above(seen.tail.var));
            let cut = match &mut inside {
                Some(inside) => inside.separate(goal, &seen, &mut self.tails),
                None => None,
            };
            if let Some(tail) = &cut {
                tails.push(self.tails.above(tail.var));
            } else if goal == Goal::LeastEs && inside.is_none() {
                let (gmv, losses) = (seen.point.gmv.clone(), self.tails.losses().to_vec());
                inside = Some(Inside { gmv, losses, es: seen.tail.es });
            }
            let old = tails.len().saturating_sub(TAILS_KEPT);
            tails.drain(..old);
            let cut = self.model.cut(&cut.unwrap_or(seen.tail).gradient);
            lp.rows.push(cut.clone());
            vertex = vertex.with(&cut).or_else(|_| lp.solve())?;
        }
        self.in_full(goal, tails)
    }

    /// Forgets the cuts that an optimum has room to.
    fn keep_binding(&mut self, optimum: &Optimum) {
        let room = 1e-6 * optimum.tail.es.abs();
        let binds = |row: &&Row| {
            let terms = row.terms.iter();
            let used: f64 = terms.map(|&(column, factor)| factor * optimum.values[column]).sum();
            used >= -room
        };
        self.cuts.truncate(1);
        let cuts = &optimum.lp.rows[self.model.lp.rows.len() + 1..];
        self.cuts.extend(cuts.iter().filter(binds).cloned());
    }
}
