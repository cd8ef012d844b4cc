//! All that an analysis of exposure says, as it stands in `exposure.json`; and beside it what a plan needs.
//!
//! Amounts are in units of the currency (not in cents), net of returns. Intervals are 95 %: of shares over weeks, of everything
//! else over what the data leave open; `null` where there is too little to say. Standard errors are those of the simulation.

mod assumptions;
mod hosts;
mod parts;
#[cfg(test)]
mod tests;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};
use units::Currency;

pub use assumptions::Said;
pub use hosts::HostReport;
pub use parts::{EpisodeReport, FileRows, GroupReport, OverlapReport};

use super::audience::Audiences;
use super::curves::{Curves, curves};
use super::estimate::{Estimates, Parameters, Settings};
use super::model::{Levels, Model, ModelError};
use super::risk::{PARAMETER_DRAWS, Risk, RiskError, TAIL_LEAST, risk};
use super::sales::{Sales, shows_of};
use super::simulate::Run;
use super::spread::{self, Interval, MonthSpread, Spread};
use super::tail::Tail;
use super::what_if::{BRANDS_MAX, BrandLoss, Question, WhatIf, WhatIfError, draws, what_if};
use crate::calendar::Day;
use crate::import::{Dataset, RejectedRow};
use crate::watch::{Stopped, Watch};

/// The version of the files' structure.
pub const VERSION: u32 = 1;
/// Hosts for which absences are answered unasked: the largest ones, …
const ASKED_HOSTS: usize = 10;
/// … for so many days each.
const ASKED_DAYS: [u32; 3] = [7, 30, 90];
/// Scenarios unless somebody says otherwise.
pub const SCENARIOS: u64 = 1_000_000;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// Horizon, β, spill-over.
    pub settings: Settings,
    /// Seed, number of scenarios, threads.
    pub run: Run,
    /// The level of VaR and ES, such as 0.95.
    pub alpha: f64,
    /// Models behind the intervals.
    pub parameter_draws: NonZeroU32,
    /// Absences to answer, besides some of the largest hosts.
    pub questions: Vec<Question>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            run: Run { seed: 1, scenarios: SCENARIOS, threads: 1 },
            alpha: 0.95,
            parameter_draws: NonZeroU32::new(PARAMETER_DRAWS).unwrap_or(NonZeroU32::MIN),
            questions: Vec::new(),
        }
    }
}

/// An analysis with all that follows from it.
#[derive(Clone, Debug)]
pub struct Exposure {
    /// `exposure.json`.
    pub report: Report,
    /// `curves.json`.
    pub curves: CurvesFile,
    /// `scenarios.json`.
    pub scenarios: ScenariosFile,
    /// What absences that are asked for later are answered from.
    absences: Absences,
}

impl Exposure {
    /// What one host's absence would cost, as in [`Report::what_if`].
    ///
    /// # Errors
    /// [`WhatIfError`] when nobody has that name, or no day is asked for.
    pub fn what_if(&self, question: &Question) -> Result<WhatIf, WhatIfError> {
        self.absences.listed(question)
    }

    /// What one brand loses by each absence of [`Report::what_if`], also where it is not among those that are listed.
    #[must_use]
    pub fn losses_of(&self, brand: &str) -> Vec<(&Question, BrandLoss)> {
        let questions = self.report.what_if.iter().map(|answer| &answer.question);
        questions
            .filter_map(|question| {
                let all = self.absences.answer(question).ok()?.brands;
                Some((question, all.into_iter().find(|loss| loss.brand == brand)?))
            })
            .collect()
    }
}

/// `curves.json`: what a further hour sells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvesFile {
    /// [`VERSION`].
    pub version: u32,
    /// Of all amounts.
    pub currency: Currency,
    /// The curves.
    #[serde(flatten)]
    pub curves: Curves,
}

/// `scenarios.json`: all that makes the same scenarios again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScenariosFile {
    /// [`VERSION`].
    pub version: u32,
    /// Of all amounts.
    pub currency: Currency,
    /// Seed and number.
    #[serde(flatten)]
    pub run: Run,
    /// The level of VaR and ES.
    pub alpha: f64,
    /// What they are drawn from.
    pub model: Model,
}

/// VaR, ES and mean at one level of substitution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtRisk {
    /// The substitution.
    pub substitution: f64,
    /// What is at risk.
    #[serde(flatten)]
    pub tail: Tail,
}

/// How much others take over.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SubstitutionReport {
    /// Lower end of the 95 % interval, posterior mean, upper end.
    #[serde(flatten)]
    pub levels: Levels<f64>,
    /// Whether the data say more than the prior.
    pub told_by_data: bool,
    /// Dark episodes that it rests on.
    pub episodes: usize,
    /// By how much variances were widened, after dates without an episode.
    pub widened: f64,
    /// Dates without an episode that were measured.
    pub quiet_dates: usize,
}

/// How long hosts are dark, and how sales come back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DarkReport {
    /// Incidents with dark days.
    pub episodes: usize,
    /// Probability that an incident brings no dark day.
    pub none: f64,
    /// Days that half of the dark episodes exceed.
    pub median_days: f64,
    /// Days that a twentieth of the incidents exceeds.
    pub long_days: f64,
    /// Part of sales that is missing at the return.
    pub depth: f64,
    /// Its interval.
    pub depth_interval: Interval,
    /// Days until 63 % of it is back.
    pub recovery_days: f64,
    /// Its interval.
    pub recovery_interval: Interval,
    /// Returns that both rest on.
    pub returns: usize,
}

/// `exposure.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// [`VERSION`].
    pub version: u32,
    /// Of all amounts.
    pub currency: Currency,
    /// First day of the data.
    pub from: Day,
    /// Last day.
    pub until: Day,
    /// Stretches within it without any data.
    pub gaps: Vec<[Day; 2]>,
    /// Orders and returns that count.
    pub orders: usize,
    /// People who bought.
    pub buyers: u64,
    /// Viewers who follow on the last day.
    pub followers: Option<u64>,
    /// Net sales.
    pub gmv: f64,

    /// Herfindahl–Hirschman index of hosts' shares, 0 to 1.
    pub hhi: f64,
    /// Its interval.
    pub hhi_interval: Option<Interval>,
    /// Above 0.18.
    pub highly_concentrated: bool,
    /// 1 / HHI.
    pub effective_hosts: f64,
    /// Its interval.
    pub effective_hosts_interval: Option<Interval>,
    /// Gini coefficient of hosts' shares.
    pub gini: f64,
    /// Its interval.
    pub gini_interval: Option<Interval>,

    /// Days that scenarios look ahead.
    pub horizon_days: f64,
    /// The level of VaR and ES.
    pub alpha: f64,
    /// How many scenarios.
    pub scenarios: u64,
    /// Names them.
    pub seed: u64,
    /// Average loss over the horizon at middle substitution.
    pub mean: f64,
    /// Its interval.
    pub mean_interval: Interval,
    /// Its standard error.
    pub mean_standard_error: f64,
    /// Value at risk at middle substitution.
    pub var: f64,
    /// Its interval.
    pub var_interval: Interval,
    /// Its standard error.
    pub var_standard_error: f64,
    /// Expected shortfall at middle substitution.
    pub es: f64,
    /// Its interval.
    pub es_interval: Interval,
    /// Its standard error.
    pub es_standard_error: f64,
    /// Expected shortfall as a part of expected sales over the horizon.
    pub es_part_of_gmv: f64,
    /// The same at three levels of substitution.
    pub by_substitution: Levels<AtRisk>,
    /// Models behind the intervals.
    pub parameter_draws: u32,

    /// Which part of a loss others take over.
    pub substitution: SubstitutionReport,
    /// How long it lasts.
    pub dark: DarkReport,
    /// Hosts, the largest first.
    pub hosts: Vec<HostReport>,
    /// Brands, the largest first.
    pub brands: Vec<GroupReport>,
    /// Categories, the largest first.
    pub categories: Vec<GroupReport>,
    /// The platform month by month.
    pub months: Vec<MonthSpread>,
    /// Audiences of buyers with most people in common, pair by pair.
    pub overlaps: Vec<OverlapReport>,
    /// The same of followers.
    pub follower_overlaps: Vec<OverlapReport>,
    /// The platform's own dark episodes.
    pub episodes: Vec<EpisodeReport>,
    /// Absences.
    pub what_if: Vec<WhatIf>,
    /// What all this rests on.
    pub assumptions: Vec<Said>,
    /// What was done with rows that are fine and still need a word.
    pub notes: Vec<Said>,
    /// Rows that were not used, up to a bound.
    pub rejected_rows: Vec<RejectedRow>,
    /// How many there are of each file.
    pub files: Vec<FileRows>,
}

/// Why there is no analysis.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ExposureError {
    /// A setting out of its range.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// α out of its range.
    #[error("alpha must be at least 0.5 and below 1, and is {0}")]
    Alpha(f64),
    /// Too few scenarios to say anything of the tail, or how sure that is.
    #[error(
        "of {scenarios} scenarios {tail:.3} are beyond alpha {alpha}; {TAIL_LEAST} are needed: take more scenarios or a lower alpha"
    )]
    FewScenarios {
        /// How many.
        scenarios: u64,
        /// The level asked for.
        alpha: f64,
        /// How many are beyond it.
        tail: f64,
    },
    /// A host that a question names.
    #[error(transparent)]
    Question(#[from] WhatIfError),
    /// No net sales.
    #[error("nothing was sold: returns outweigh all orders")]
    NoSales,
    /// Somebody stopped it.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

impl From<RiskError> for ExposureError {
    fn from(error: RiskError) -> Self {
        match error {
            RiskError::Model(error) => Self::Model(error),
            RiskError::Stopped(error) => Self::Stopped(error),
        }
    }
}

/// Analyses.
pub fn report(
    data: &Dataset,
    options: &Options,
    watch: &dyn Watch,
) -> Result<Exposure, ExposureError> {
    if !(0.5..1.0).contains(&options.alpha) {
        return Err(ExposureError::Alpha(options.alpha));
    }
    let (scenarios, alpha) = (options.run.scenarios, options.alpha);
    let tail = (1.0 - alpha) * scenarios as f64;
    if tail < TAIL_LEAST * (1.0 - 1e-9) {
        return Err(ExposureError::FewScenarios { scenarios, alpha, tail });
    }
    let sales = Sales::of(data, watch)?;
    let by_host = sales.by_host();
    if by_host.iter().all(|gmv| *gmv <= 0.0) {
        return Err(ExposureError::NoSales);
    }
    let buyers = Audiences::of_buyers(data, watch)?;
    let followers = Audiences::of_follows(data, sales.span.end() - 1);
    let estimates = Estimates::of(data, &sales, &buyers, &options.settings, watch)?;
    let risk = risk(&estimates, &options.run, options.alpha, options.parameter_draws, watch)?;
    let draws = draws(&estimates, options.run.seed);
    let curves = curves(data, &sales, &estimates);
    let all = Parts {
        data,
        options,
        sales: &sales,
        by_host: &by_host,
        buyers: &buyers,
        followers: followers.as_ref(),
        estimates: &estimates,
        risk: &risk,
        curves: &curves,
    };
    let mut report = all.report();
    let questions = questions(&estimates, options);
    let scenarios_model = risk.model;
    let absences = Absences { estimates, sales, draws };
    report.what_if =
        questions.iter().map(|question| absences.listed(question)).collect::<Result<_, _>>()?;
    Ok(Exposure {
        report,
        absences,
        curves: CurvesFile { version: VERSION, currency: data.currency, curves },
        scenarios: ScenariosFile {
            version: VERSION,
            currency: data.currency,
            run: options.run,
            alpha: options.alpha,
            model: scenarios_model,
        },
    })
}

/// What was asked, and what the largest hosts would be asked.
fn questions(estimates: &Estimates, options: &Options) -> Vec<Question> {
    let mut questions = options.questions.clone();
    for host in estimates.hosts.iter().filter(|host| host.active).take(ASKED_HOSTS) {
        for days in ASKED_DAYS {
            questions.push(Question { host: host.name.clone(), days, from: None });
        }
    }
    questions
}

/// What absences are answered from.
#[derive(Clone, Debug)]
struct Absences {
    estimates: Estimates,
    sales: Sales,
    draws: Vec<Parameters>,
}

impl Absences {
    fn answer(&self, question: &Question) -> Result<WhatIf, WhatIfError> {
        what_if(&self.estimates, &self.sales, question, &self.draws)
    }

    /// As a report has it: with the brands that lose most.
    fn listed(&self, question: &Question) -> Result<WhatIf, WhatIfError> {
        let mut answer = self.answer(question)?;
        answer.brands.truncate(BRANDS_MAX);
        Ok(answer)
    }
}

/// What a report is put together from.
struct Parts<'p> {
    data: &'p Dataset,
    options: &'p Options,
    sales: &'p Sales,
    by_host: &'p [f64],
    buyers: &'p Audiences,
    followers: Option<&'p Audiences>,
    estimates: &'p Estimates,
    risk: &'p Risk,
    curves: &'p Curves,
}

impl<'p> Parts<'p> {
    fn report(&self) -> Report {
        let (data, risk) = (self.data, self.risk);
        let name = |host: u32| data.hosts.name(host);
        let sells: Vec<bool> = (0..)
            .zip(&self.sales.days)
            .map(|(host, days)| !days.is_empty() || !shows_of(&data.shows, host).is_empty())
            .collect();
        let amounts: Vec<(u32, f64)> = (0..)
            .zip(self.by_host.iter().copied())
            .filter(|(host, _)| sells[*host as usize])
            .collect();
        let Spread { concentration, highly_concentrated, gmv, .. } = spread::spread(&amounts, name);
        let chance = spread::chance(&self.sales.days, &sells);
        let months = spread::by_month(&self.sales.platform, name);
        let tail = risk.tails.mid;
        let intervals = &risk.intervals;
        let expected: f64 = risk.model.hosts.iter().map(|host| host.gmv_per_day).sum::<f64>()
            * risk.model.horizon_days;
        Report {
            version: VERSION,
            currency: data.currency,
            from: self.sales.span.first,
            until: self.sales.span.last,
            gaps: self.sales.span.gaps.iter().map(|(from, until)| [*from, *until]).collect(),
            orders: data.orders.len(),
            buyers: self.buyers.people(),
            followers: self.followers.map(Audiences::people),
            gmv,
            hhi: concentration.hhi,
            hhi_interval: chance.as_ref().map(|chance| chance.hhi),
            highly_concentrated,
            effective_hosts: concentration.effective,
            effective_hosts_interval: chance.as_ref().map(|chance| chance.effective),
            gini: concentration.gini,
            gini_interval: chance.as_ref().map(|chance| chance.gini),
            horizon_days: risk.model.horizon_days,
            alpha: self.options.alpha,
            scenarios: self.options.run.scenarios,
            seed: self.options.run.seed,
            mean: tail.mean,
            mean_interval: intervals.mean,
            mean_standard_error: tail.mean_error,
            var: tail.var,
            var_interval: intervals.var,
            var_standard_error: tail.var_error,
            es: tail.es,
            es_interval: intervals.es,
            es_standard_error: tail.es_error,
            es_part_of_gmv: if expected > 0.0 { tail.es / expected } else { 0.0 },
            by_substitution: self.by_substitution(),
            parameter_draws: risk.parameter_draws,
            substitution: self.substitution(),
            dark: self.dark(),
            hosts: self.hosts(chance.as_ref(), &months),
            brands: self.brands(),
            categories: self.categories(),
            months,
            overlaps: self.overlaps(&self.estimates.overlaps),
            follower_overlaps: self.follower_overlaps(),
            episodes: self.episodes(),
            what_if: Vec::new(),
            assumptions: self.assumptions(),
            notes: data.notes.iter().map(Said::from).collect(),
            rejected_rows: data.rejected.listed().to_vec(),
            files: FileRows::of(data),
        }
    }

    fn by_substitution(&self) -> Levels<AtRisk> {
        let tails = self.risk.tails.into_array();
        let levels = self.estimates.substitution.levels().into_array();
        let mut both =
            levels.into_iter().zip(tails).map(|(substitution, tail)| AtRisk { substitution, tail });
        let mut next =
            || both.next().unwrap_or(AtRisk { substitution: 0.0, tail: self.risk.tails.mid });
        Levels { low: next(), mid: next(), high: next() }
    }
}
