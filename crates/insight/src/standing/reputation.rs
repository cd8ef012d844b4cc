//! Beta reputation per dimension: r, s ← Σ w · 2^(−age / half-life), score (r + a) / (r + s + a + b), prior (a, b) from the
//! category.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::{StandingError, index, match_reversals, setting};
use super::evidence::{Dimension, Evidence, Outcome, Reversal, days};
use crate::beta;
use crate::calendar::Day;

/// What is usual in a category: for each dimension the share of good outcomes, above 0 and below 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Norms {
    /// Orders that were not sent back.
    pub refunds: f64,
    /// Orders without an upheld complaint.
    pub complaints: f64,
    /// Shows without a confirmed incident.
    pub incidents: f64,
    /// Rules kept, of those checked.
    pub rules: f64,
    /// Good ratings.
    pub feedback: f64,
}

impl Norms {
    const fn all(&self) -> [f64; 5] {
        [self.refunds, self.complaints, self.incidents, self.rules, self.feedback]
    }
}

/// As how many bad outcomes an incident counts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeverityWeights {
    /// One worth a word afterwards.
    pub notice: f64,
    /// One that should not have aired.
    pub serious: f64,
    /// One that must not have aired.
    pub grave: f64,
}

/// How evidence ages and weighs. The numbers are the operator's choice, no measured truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Days after which a piece of evidence counts half.
    pub half_life_days: f64,
    /// As how many outcomes the category's norm counts.
    pub prior_weight: f64,
    /// As how many bad outcomes an incident counts.
    pub severity: SeverityWeights,
    /// The share of each dimension in the overall score; a missing one counts 1.
    pub shares: BTreeMap<Dimension, f64>,
    /// Where the lower end of a dimension's interval must lie at least; a missing one has no gate.
    pub gates: BTreeMap<Dimension, f64>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            half_life_days: 180.0,
            prior_weight: 20.0,
            severity: SeverityWeights { notice: 1.0, serious: 3.0, grave: 10.0 },
            shares: BTreeMap::new(),
            gates: BTreeMap::new(),
        }
    }
}

/// A score between 0 and 1, and where it lies with a probability of 90 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// The posterior mean.
    pub score: f64,
    /// 5 % and 95 % quantiles.
    pub interval: [f64; 2],
}

/// The score of one dimension and what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DimensionScore {
    /// Which.
    pub dimension: Dimension,
    /// The score.
    #[serde(flatten)]
    pub score: Score,
    /// The prior's good and bad outcomes.
    pub prior: [f64; 2],
    /// Good outcomes, aged.
    pub good: f64,
    /// Bad outcomes, aged.
    pub bad: f64,
    /// Its share in the overall score; all shares sum to 1.
    pub share: f64,
    /// What the gate says, where there is one.
    pub gate: Option<Gate>,
}

/// A gate on the lower end of an interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Gate {
    /// Where the lower end must lie at least.
    pub least: f64,
    /// Whether it does.
    pub passed: bool,
}

/// One entry and what it does to the score of its dimension.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Piece {
    /// Its id: of evidence, or of a won appeal.
    pub id: String,
    /// Its day.
    pub on: Day,
    /// Which score it changes.
    pub dimension: Dimension,
    /// For a won appeal, what it reverses.
    pub reverses: Option<String>,
    /// For evidence, the appeal that reversed it.
    pub reversed_by: Option<String>,
    /// What is left of it after its age, 0 to 1. An appeal ages with what it reverses.
    pub left: f64,
    /// Good outcomes that it adds, aged; negative for an appeal.
    pub good: f64,
    /// Bad outcomes that it adds, aged; negative for an appeal.
    pub bad: f64,
    /// The dimension's score with it, as it stands.
    pub with: Score,
    /// The score without it. Reversed evidence and its appeal cancel, so without the evidence both are gone.
    pub without: Score,
    /// By how much it changes the overall score.
    pub overall_effect: f64,
}

/// A standing on one day.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// The day.
    pub as_of: Day,
    /// The mean of the dimensions by their shares.
    pub overall: Score,
    /// Whether every gate is passed.
    pub passed: bool,
    /// The dimensions.
    pub dimensions: Vec<DimensionScore>,
    /// The entries by day, each with its effect.
    pub pieces: Vec<Piece>,
    /// What the scores rest on, in sentences.
    pub assumptions: Vec<String>,
}

/// Aged outcomes, good and bad.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    good: f64,
    bad: f64,
}

impl Tally {
    fn plus(self, other: Self, factor: f64) -> Self {
        Self { good: self.good + factor * other.good, bad: self.bad + factor * other.bad }
    }
}

/// What is usual among these pieces of evidence of a whole category: the pooled share of good outcomes, with one good and
/// one bad outcome added, so that no share is 0 or 1.
///
/// # Errors
/// [`StandingError::Flaw`] when counts cannot be.
pub fn norms(category: &[Evidence], policy: &Policy) -> Result<Norms, StandingError> {
    check_policy(policy)?;
    let mut tallies = [Tally { good: 1.0, bad: 1.0 }; 5];
    for evidence in category {
        check(evidence)?;
        let raw = match evidence.outcome {
            Outcome::Refunds { orders, refunded, .. } => {
                Tally { good: f64::from(orders - refunded), bad: f64::from(refunded) }
            }
            other => tally(&other, 0.0, policy),
        };
        let sum = &mut tallies[evidence.outcome.dimension().place()];
        *sum = sum.plus(raw, 1.0);
    }
    let [refunds, complaints, incidents, rules, feedback] =
        tallies.map(|tally| tally.good / (tally.good + tally.bad));
    Ok(Norms { refunds, complaints, incidents, rules, feedback })
}

/// The standing on a day. Entries of later days wait. Entries may come in any order.
///
/// # Errors
/// [`StandingError`] when ids clash, counts cannot be, an appeal has nothing to reverse, or a number is out of bounds.
pub fn standing(
    evidence: &[Evidence],
    reversals: &[Reversal],
    norms: &Norms,
    policy: &Policy,
    as_of: Day,
) -> Result<Standing, StandingError> {
    check_policy(policy)?;
    for norm in norms.all() {
        setting(norm > 0.0 && norm < 1.0, "a category's norm", "above 0 and below 1")?;
    }
    evidence.iter().try_for_each(check)?;
    let ids = index(evidence.iter().map(|piece| (piece.id.as_str(), piece.on)))?;
    let reversals = match_reversals(&ids, reversals)?;
    let mut past: Vec<&Evidence> = evidence.iter().filter(|piece| piece.on <= as_of).collect();
    past.sort_by_key(|piece| piece.on);
    let book = Book { norms, policy, as_of, reversals: &reversals };
    let mut sums = [Tally::default(); 5];
    for piece in past.iter().filter(|piece| book.appeal(piece).is_none()) {
        let sum = &mut sums[piece.outcome.dimension().place()];
        *sum = sum.plus(book.worth(piece), 1.0);
    }
    let shares = book.shares();
    let dimensions: Vec<DimensionScore> = Dimension::ALL
        .into_iter()
        .map(|dimension| {
            book.dimension(dimension, sums[dimension.place()], shares[dimension.place()])
        })
        .collect();
    let mut pieces: Vec<Piece> =
        past.iter().flat_map(|piece| book.pieces(piece, &sums, &dimensions)).collect();
    pieces.sort_by_key(|piece| piece.on);
    Ok(Standing {
        as_of,
        overall: overall(&dimensions),
        passed: dimensions.iter().all(|score| score.gate.is_none_or(|gate| gate.passed)),
        assumptions: book.assumptions(),
        dimensions,
        pieces,
    })
}

/// What every entry is judged by.
struct Book<'a> {
    norms: &'a Norms,
    policy: &'a Policy,
    as_of: Day,
    reversals: &'a BTreeMap<&'a str, &'a Reversal>,
}

impl Book<'_> {
    fn appeal(&self, piece: &Evidence) -> Option<&Reversal> {
        let reversal = self.reversals.get(piece.id.as_str())?;
        (reversal.on <= self.as_of).then_some(reversal)
    }

    fn left(&self, piece: &Evidence) -> f64 {
        libm::exp2(-days(piece.on, self.as_of) / self.policy.half_life_days)
    }

    fn worth(&self, piece: &Evidence) -> Tally {
        let raw = tally(&piece.outcome, 1.0 - self.norms.refunds, self.policy);
        Tally::default().plus(raw, self.left(piece))
    }

    fn prior(&self, dimension: Dimension) -> Tally {
        let norm = self.norms.all()[dimension.place()];
        let weight = self.policy.prior_weight;
        Tally { good: weight * norm, bad: weight * (1.0 - norm) }
    }

    fn score(&self, dimension: Dimension, sum: Tally) -> Score {
        // A sum from which a piece is taken away may miss zero by rounding.
        let clean = Tally { good: sum.good.max(0.0), bad: sum.bad.max(0.0) };
        let Tally { good, bad } = self.prior(dimension).plus(clean, 1.0);
        let interval = [0.05, 0.95].map(|share| beta::quantile(good, bad, share));
        Score { score: good / (good + bad), interval }
    }

    fn shares(&self) -> [f64; 5] {
        let share = |dimension| self.policy.shares.get(&dimension).copied().unwrap_or(1.0);
        let shares = Dimension::ALL.map(share);
        let total: f64 = shares.iter().sum();
        shares.map(|share| share / total)
    }

    fn dimension(&self, dimension: Dimension, sum: Tally, share: f64) -> DimensionScore {
        let (prior, score) = (self.prior(dimension), self.score(dimension, sum));
        let gate = self.policy.gates.get(&dimension);
        DimensionScore {
            dimension,
            score,
            prior: [prior.good, prior.bad],
            good: sum.good,
            bad: sum.bad,
            share,
            gate: gate.map(|least| Gate { least: *least, passed: score.interval[0] >= *least }),
        }
    }

    /// The lines of one piece of evidence, and of the appeal that reversed it.
    fn pieces(&self, piece: &Evidence, sums: &[Tally; 5], scores: &[DimensionScore]) -> Vec<Piece> {
        let dimension = piece.outcome.dimension();
        let place = dimension.place();
        let (with, share) = (scores[place].score, scores[place].share);
        let (worth, left) = (self.worth(piece), self.left(piece));
        let appeal = self.appeal(piece);
        let line = |id: &str, on, worth: Tally, without: Score| Piece {
            id: id.to_owned(),
            on,
            dimension,
            reverses: None,
            reversed_by: None,
            left,
            good: worth.good,
            bad: worth.bad,
            with,
            without,
            overall_effect: share * (with.score - without.score),
        };
        let Some(appeal) = appeal else {
            let without = self.score(dimension, sums[place].plus(worth, -1.0));
            return vec![line(&piece.id, piece.on, worth, without)];
        };
        let standing = self.score(dimension, sums[place].plus(worth, 1.0));
        let minus = Tally::default().plus(worth, -1.0);
        let reversed = Piece {
            reversed_by: Some(appeal.id.clone()),
            ..line(&piece.id, piece.on, worth, with)
        };
        let reversing = Piece {
            reverses: Some(piece.id.clone()),
            ..line(&appeal.id, appeal.on, minus, standing)
        };
        vec![reversed, reversing]
    }

    fn assumptions(&self) -> Vec<String> {
        let Policy { half_life_days, prior_weight, .. } = self.policy;
        vec![
            format!("Evidence counts half after {half_life_days} days; the category's norm counts as {prior_weight} outcomes."),
            "Refunds are measured against what the categories of the orders lead one to expect.".to_owned(),
            "Outcomes count as independent of each other; where one cause lies behind many of them, the intervals are too narrow.".to_owned(),
            "The overall score is the mean of the dimensions by their shares; a gate looks at the lower end of a dimension's interval.".to_owned(),
        ]
    }
}

/// What an outcome is worth when it is new. Refunds are standardised indirectly: observed over expected, times what is usual.
fn tally(outcome: &Outcome, usual_refunds: f64, policy: &Policy) -> Tally {
    match *outcome {
        Outcome::Refunds { orders, refunded, expected } => {
            let orders = f64::from(orders);
            let ratio = if refunded == 0 { 0.0 } else { f64::from(refunded) / expected };
            let bad = (orders * usual_refunds * ratio).min(orders);
            Tally { good: orders - bad, bad }
        }
        Outcome::Complaints { orders, upheld } => {
            Tally { good: f64::from(orders - upheld), bad: f64::from(upheld) }
        }
        Outcome::Incidents { shows, notice, serious, grave } => {
            let incidents = f64::from(notice) + f64::from(serious) + f64::from(grave);
            let SeverityWeights { notice: a, serious: b, grave: c } = policy.severity;
            let bad = a * f64::from(notice) + b * f64::from(serious) + c * f64::from(grave);
            Tally { good: (f64::from(shows) - incidents).max(0.0), bad }
        }
        Outcome::Rules { kept, broken } => Tally { good: f64::from(kept), bad: f64::from(broken) },
        Outcome::VerifiedFeedback { good, bad } => {
            Tally { good: f64::from(good), bad: f64::from(bad) }
        }
    }
}

/// The mean of independent dimensions; its interval is that of the beta distribution with the same mean and variance.
fn overall(dimensions: &[DimensionScore]) -> Score {
    let (mut mean, mut variance) = (0.0, 0.0);
    for DimensionScore { score, share, prior, good, bad, .. } in dimensions {
        mean += share * score.score;
        let size = prior[0] + prior[1] + good + bad;
        variance += share * share * score.score * (1.0 - score.score) / (size + 1.0);
    }
    let size = mean * (1.0 - mean) / variance - 1.0;
    let interval =
        [0.05, 0.95].map(|share| beta::quantile(mean * size, (1.0 - mean) * size, share));
    Score { score: mean, interval }
}

fn check(evidence: &Evidence) -> Result<(), StandingError> {
    match evidence.outcome.flaw() {
        Some(why) => Err(StandingError::Flaw { id: evidence.id.clone(), why }),
        None => Ok(()),
    }
}

fn check_policy(policy: &Policy) -> Result<(), StandingError> {
    setting(policy.half_life_days > 0.0, "the half-life of evidence", "above 0 days")?;
    let weight = policy.prior_weight;
    setting((0.1..=1e6).contains(&weight), "the prior's weight", "0.1 to a million outcomes")?;
    let SeverityWeights { notice, serious, grave } = policy.severity;
    for weight in [notice, serious, grave] {
        setting((0.0..=1000.0).contains(&weight), "the weight of a severity", "0 to 1000")?;
    }
    for share in policy.shares.values() {
        setting((0.0..=1e6).contains(share), "the share of a dimension", "0 to a million")?;
    }
    let missing = policy.shares.len() < Dimension::ALL.len();
    let some = missing || policy.shares.values().any(|share| *share > 0.0);
    setting(some, "the share of at least one dimension", "above 0")?;
    for gate in policy.gates.values() {
        setting((0.0..=1.0).contains(gate), "a gate", "0 to 1")?;
    }
    Ok(())
}
