//! What a question gets back: figures with intervals, a picture's worth of points, and the assumptions in sentences.

use serde::Serialize;

use super::back::{self, Back};
use super::bsts::{DRAWS, Posterior};
use super::contrast::{Answer, PLACEBOS_MAX, Setup, deviation, mean};
use super::donors::{Donor, percent};
use super::time::Time;
use super::{Levels, Method, Question};
use crate::beta;

/// What an incident cost, and whether the unit is back.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovery {
    /// The method.
    pub method: Method,
    /// The unit that was struck.
    pub treated: String,
    /// The first time that counts as struck.
    pub start: Time,
    /// Mean of actual minus counterfactual over the times from the start on, in the units of the series.
    pub estimate: f64,
    /// Its standard error: of the placebos, or of the posterior.
    pub standard_error: f64,
    /// Its 95 % interval: by Student's t with one degree of freedom less than placebos, or of the posterior.
    pub interval: [f64; 2],
    /// The same, summed over the times from the start on.
    pub total: Effect,
    /// The same, as a share of the counterfactual's mean; absent where that is not well above zero.
    pub relative: Option<Effect>,
    /// Weights of donors and times.
    pub weights: Weights,
    /// Every other unit, used or not, and why.
    pub donors: Vec<Donor>,
    /// When the unit was back.
    pub recovered: Recovered,
    /// Actual and counterfactual at every time.
    pub series: Vec<Point>,
    /// What the figures rest on, in sentences.
    pub assumptions: Vec<String>,
}

/// An estimate with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The estimate.
    pub estimate: f64,
    /// Its 95 % interval.
    pub interval: [f64; 2],
}

impl Effect {
    fn times(estimate: f64, interval: [f64; 2], factor: f64) -> Self {
        Self { estimate: estimate * factor, interval: interval.map(|end| end * factor) }
    }
}

/// Weights of the counterfactual.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Weights {
    /// Of the donors that are used. They sum to 1, but for BSTS, where they are regression coefficients.
    pub units: Vec<UnitWeight>,
    /// Of the times before the start; empty for methods without.
    pub times: Vec<TimeWeight>,
}

/// The weight of one donor.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnitWeight {
    /// Whose.
    pub unit: String,
    /// How much.
    pub weight: f64,
}

/// The weight of one time before the start.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TimeWeight {
    /// When.
    pub time: Time,
    /// How much.
    pub weight: f64,
}

/// Whether the unit is back: the first time from which the mean gap of seven days stays at −10 % of the counterfactual or
/// better for seven days running, with a probability of at least 0.8.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovered {
    /// That time; `None` for "not yet".
    pub date: Option<Time>,
    /// Days from the start to that time, or to the last time of the series. Whole numbers as times count as days.
    pub day: i64,
    /// How probable it is that the unit is back at `date`, or at the last time for which that can be asked; `None` when the
    /// series ends less than a week after the start.
    pub probability: Option<f64>,
    /// The same in words.
    pub says: String,
}

/// One time of the picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// When.
    pub time: Time,
    /// What was measured.
    pub actual: f64,
    /// What is expected without the incident.
    pub counterfactual: f64,
    /// Lower end of the counterfactual's 95 % band.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// From the start on: how probable it is that the mean gap of the seven days up to here is no worse than −10 %.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub back: Option<f64>,
}

/// The answer of a method with placebos.
pub(super) fn from_contrast(
    question: &Question<'_>,
    setup: &Setup<'_>,
    mut donors: Vec<Donor>,
    answer: &Answer,
) -> Recovery {
    let contrast = &answer.contrast;
    let path: Vec<f64> =
        setup.treated.iter().zip(&contrast.gaps).map(|(actual, gap)| actual - gap).collect();
    let placebos: Vec<f64> = answer.placebos.iter().map(|placebo| placebo.estimate).collect();
    let standard_error = spread(&placebos);
    let reach = beta::student_95((placebos.len() - 1) as f64);
    let half: Vec<f64> = (0..path.len())
        .map(|time| {
            let gaps: Vec<f64> = answer.placebos.iter().map(|placebo| placebo.gaps[time]).collect();
            reach * spread(&gaps)
        })
        .collect();
    let band = path.iter().zip(&half).map(|(path, half)| [path - half, path + half]).collect();
    // What a placebo missed by, the treated unit's counterfactual may miss by as well.
    let draws: Vec<Vec<f64>> = answer
        .placebos
        .iter()
        .map(|placebo| path.iter().zip(&placebo.gaps).map(|(path, gap)| path + gap).collect())
        .collect();
    let mut weights = contrast.omega.iter();
    for donor in donors.iter_mut().filter(|donor| donor.used) {
        donor.weight = weights.next().copied().unwrap_or(0.0);
    }
    let times = question.panel.times().iter().zip(&contrast.lambda);
    let times: Vec<TimeWeight> = match question.method {
        Method::Sdid | Method::Did => {
            times.map(|(time, weight)| TimeWeight { time: *time, weight: *weight }).collect()
        }
        _ => Vec::new(),
    };
    let estimate = contrast.estimate;
    let interval = [estimate - reach * standard_error, estimate + reach * standard_error];
    let picture = Picture { path, band, draws, pre: setup.pre };
    let mut recovery =
        assemble(question, (estimate, standard_error, interval), picture, donors, times);
    recovery.assumptions.extend(caveats(question, setup, answer, &recovery.donors));
    recovery
}

/// The answer of the sampler.
pub(super) fn from_posterior(
    question: &Question<'_>,
    pre: usize,
    mut donors: Vec<Donor>,
    posterior: Posterior,
) -> Recovery {
    let mut figures = posterior.coefficients.iter().zip(&posterior.inclusion);
    for donor in donors.iter_mut().filter(|donor| donor.used) {
        if let Some((weight, inclusion)) = figures.next() {
            donor.weight = *weight;
            donor.inclusion = Some(*inclusion);
        }
    }
    let band: Vec<[f64; 2]> = (0..posterior.path.len())
        .map(|time| middle(posterior.kept.iter().map(|draw| draw[time]).collect()))
        .collect();
    let actual = mean(&question.panel.series(question.treated)[pre..]);
    let estimate = actual - mean(&posterior.path[pre..]);
    let standard_error = deviation(&posterior.means);
    let [low, high] = middle(posterior.means);
    let picture = Picture { path: posterior.path, band, draws: posterior.kept, pre };
    let figures = (estimate, standard_error, [actual - high, actual - low]);
    let mut recovery = assemble(question, figures, picture, donors, Vec::new());
    let before = recovery.series[..pre].iter();
    let left: Vec<f64> = before.map(|point| point.actual - point.counterfactual).collect();
    let likeness = autocorrelation(&left);
    if likeness > 0.2 {
        recovery.assumptions.push(format!(
            "What the model leaves over before the start resembles what it left over one time earlier (correlation {likeness:.2}); it takes them to be independent, so the interval is too narrow."
        ));
    }
    recovery.assumptions.push(format!(
        "The figures come from {DRAWS} draws; drawing anew moves the mean by about {:.2} % of its standard error.",
        100.0 * posterior.monte_carlo_error / standard_error.max(f64::MIN_POSITIVE)
    ));
    recovery
}

/// The counterfactual over all times, its band, and draws of it.
struct Picture {
    path: Vec<f64>,
    band: Vec<[f64; 2]>,
    draws: Vec<Vec<f64>>,
    pre: usize,
}

fn assemble(
    question: &Question<'_>,
    (estimate, standard_error, interval): (f64, f64, [f64; 2]),
    picture: Picture,
    donors: Vec<Donor>,
    times: Vec<TimeWeight>,
) -> Recovery {
    let Picture { path, band, draws, pre } = picture;
    let actual = question.panel.series(question.treated);
    let week = question.panel.step().week();
    let back = back::count(&actual[pre..], draws.iter().map(|draw| &draw[pre..]), week);
    let level = mean(&path[pre..]);
    let largest =
        path.iter().chain(actual).fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let series = question.panel.times().iter().enumerate().map(|(place, time)| Point {
        time: *time,
        actual: actual[place],
        counterfactual: path[place],
        low: band[place][0],
        high: band[place][1],
        back: place.checked_sub(pre).map(|after| back.near[after]),
    });
    let used = donors.iter().filter(|donor| donor.used);
    let units = used.map(|donor| UnitWeight { unit: donor.unit.clone(), weight: donor.weight });
    Recovery {
        method: question.method,
        treated: question.treated.to_owned(),
        start: question.start,
        estimate,
        standard_error,
        interval,
        total: Effect::times(estimate, interval, (path.len() - pre) as f64),
        relative: (level > 1e-6 * largest).then(|| Effect::times(estimate, interval, 1.0 / level)),
        weights: Weights { units: units.collect(), times },
        recovered: recovered(question, pre, &back),
        series: series.collect(),
        assumptions: assumptions(question, &donors, week),
        donors,
    }
}

fn recovered(question: &Question<'_>, pre: usize, back: &Back) -> Recovered {
    let times = question.panel.times();
    let since = |time: Time| time.since(question.start).unwrap_or(0);
    if let Some(after) = back.first() {
        let (date, probability) = (times[pre + after], back.stays[after]);
        let day = since(date);
        let says = format!("back on {date}, day {day}, with probability {probability:.2}");
        return Recovered { date: Some(date), day, probability: Some(probability), says };
    }
    let day = since(times[times.len() - 1]);
    let probability = back.stays.last().copied();
    Recovered { date: None, day, probability, says: format!("not yet, day {day}") }
}

fn assumptions(question: &Question<'_>, donors: &[Donor], week: usize) -> Vec<String> {
    let (treated, start) = (question.treated, question.start);
    let used = donors.iter().filter(|donor| donor.used).count();
    let mut sentences = vec![match question.method {
        Method::Sdid => format!(
            "Without the incident, {treated} would have moved in parallel with a mix of {used} donors, weighted to move as it did before {start}."
        ),
        Method::Sc | Method::ScExact => format!(
            "Without the incident, {treated} would have equalled a mix of {used} donors, weighted to equal it before {start}."
        ),
        Method::Did => format!(
            "Without the incident, {treated} would have moved in parallel with the plain mean of {used} donors."
        ),
        Method::Bsts => format!(
            "Without the incident, {treated} would have gone on as before {start}: a slowly moving level plus a fixed regression on {used} donors."
        ),
    }];
    sentences.push(format!(
        "Nothing else struck {treated} alone from {start} on, and nobody saw the incident coming."
    ));
    if used > 0 {
        sentences.push(substitution(donors));
    }
    if question.levels == Levels::Indexed && question.method != Method::Bsts {
        sentences
            .push("Units are compared in shares of their own mean before the start.".to_owned());
    }
    if matches!(question.start, Time::Number(_)) {
        sentences.push("Times are whole numbers and count as days.".to_owned());
    }
    let span = question.panel.step().count(week);
    sentences.push(format!(
        "\"Back\" is the first time from which the mean gap of {span} stays at -10 % of the counterfactual or better for {span} running, with a probability of at least 0.8."
    ));
    sentences
}

fn substitution(donors: &[Donor]) -> String {
    let used = || donors.iter().filter(|donor| donor.used);
    let known: Vec<f64> = used().filter_map(|donor| donor.overlap).collect();
    let highest = known.iter().copied().fold(0.0, f64::max);
    let unknown = used().count() - known.len();
    let shared = match (known.len(), unknown) {
        (0, _) => "the audience overlap of the donors is not known".to_owned(),
        (_, 0) => format!("at most {} of the smaller audience is shared", percent(highest)),
        _ => format!(
            "at most {} of the smaller audience is shared where that is known, and for {unknown} donors it is not",
            percent(highest)
        ),
    };
    format!(
        "The donors did not gain or lose by the incident. Viewers who moved to a donor would make the loss look larger; {shared}."
    )
}

/// What the data themselves warn of.
fn caveats(
    question: &Question<'_>,
    setup: &Setup<'_>,
    answer: &Answer,
    donors: &[Donor],
) -> Vec<String> {
    let (placebos, pre) = (answer.placebos.len(), setup.pre);
    let mut sentences = vec![format!(
        "The interval takes the counterfactual of the treated unit to miss as those of {placebos} donors do, each put in its place once."
    )];
    if setup.donors.len() > PLACEBOS_MAX {
        let every = setup.donors.len().div_ceil(PLACEBOS_MAX);
        sentences.push(format!("Of {} donors one in {every} is put there.", setup.donors.len()));
    }
    sentences.extend(unlike(question, setup));
    let squares: f64 = answer.contrast.gaps[..pre].iter().map(|gap| gap * gap).sum();
    let (miss, level) = ((squares / pre as f64).sqrt(), mean(&setup.treated[..pre]).abs());
    if miss > 0.1 * level && level > 0.0 {
        sentences.push(format!(
            "Before the start the counterfactual misses the treated unit by {} of its mean, so no mix of donors stands in for it well.",
            percent(miss / level)
        ));
    }
    let used = donors.iter().filter(|donor| donor.used);
    let heaviest = used.max_by(|a, b| a.weight.total_cmp(&b.weight));
    if let Some(donor) = heaviest.filter(|donor| donor.weight > 0.5) {
        sentences.push(format!(
            "{} of the counterfactual is {}.",
            percent(donor.weight),
            donor.unit
        ));
    }
    sentences
}

/// Whether the treated unit moves so unlike its donors that their misses do not measure its own.
fn unlike(question: &Question<'_>, setup: &Setup<'_>) -> Option<String> {
    let mut jumps: Vec<f64> = setup.donors.iter().map(|donor| jump(&donor[..setup.pre])).collect();
    jumps.sort_by(f64::total_cmp);
    let (own, middle) = (jump(&setup.treated[..setup.pre]), jumps[jumps.len() / 2]);
    let advice = match question.levels {
        Levels::AsGiven => " Compare indexed levels.",
        Levels::Indexed => "",
    };
    if middle == 0.0 {
        return (own > 0.0).then(|| {
            "Most donors never change before the start, so the interval is too narrow.".to_owned()
        });
    }
    let ratio = own / middle;
    let wrong = if ratio < 1.0 { "wide" } else { "narrow" };
    (!(0.5..=2.0).contains(&ratio)).then(|| {
        format!("From one time to the next the treated unit moves {ratio:.1} times as much as the middle donor, so the interval is too {wrong}.{advice}")
    })
}

/// Standard deviation of the differences between neighbours.
fn jump(values: &[f64]) -> f64 {
    let differences: Vec<f64> = values.windows(2).map(|pair| pair[1] - pair[0]).collect();
    deviation(&differences)
}

/// Standard deviation with n, as the placebo variance of the reference has it.
fn spread(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    deviation(values) * ((n - 1.0) / n).sqrt()
}

/// Correlation of values with their predecessors; 0 for constant ones.
fn autocorrelation(values: &[f64]) -> f64 {
    let centre = mean(values);
    let together: f64 = values.windows(2).map(|pair| (pair[0] - centre) * (pair[1] - centre)).sum();
    let squares: f64 = values.iter().map(|value| (value - centre).powi(2)).sum();
    if squares > 0.0 { together / squares } else { 0.0 }
}

/// The 2.5 % and 97.5 % quantiles, between neighbours linear.
fn middle(mut draws: Vec<f64>) -> [f64; 2] {
    draws.sort_by(f64::total_cmp);
    [0.025, 0.975].map(|share| {
        let place = share * (draws.len().max(1) - 1) as f64;
        let (below, above) = (place.floor() as usize, place.ceil() as usize);
        let (low, high) = (draws.get(below).copied(), draws.get(above).copied());
        let (low, high) = (low.unwrap_or(f64::NAN), high.unwrap_or(f64::NAN));
        low + (place - place.floor()) * (high - low)
    })
}
