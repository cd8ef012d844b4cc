//! What one host's absence would cost: dark for so many days from a date, with the recovery after it, within the horizon. Everybody else
//! stays on air.

use serde::Serialize;

use super::estimate::{Estimates, HostEstimate, Parameters};
use super::model::{After, Levels, ModelError};
use super::risk::middle;
use super::sales::Sales;
use super::scenario::{Engine, brand_gmv};
use super::simulate::TailDays;
use super::spread::Interval;
use super::tail::contributions;
use crate::calendar::Day;
use crate::draws::{Domain, Stream};

/// Sets of parameters that intervals are drawn from.
const DRAWS: u64 = 400;
/// Brands that a report lists.
pub(super) const BRANDS_MAX: usize = 20;

/// The question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The host's name.
    pub host: String,
    /// Dark days, at least 1.
    pub days: u32,
    /// The first of them; the first day after the data where none is named.
    pub from: Option<Day>,
}

/// The answer. Amounts in units of the currency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WhatIf {
    /// What was asked.
    #[serde(flatten)]
    pub question: Question,
    /// The host's own sales that are missing, in the dark and until they have come back or the horizon ends.
    pub gross: f64,
    /// Of these, on the dark days.
    pub gross_dark: f64,
    /// What the platform loses at low, mid and high substitution.
    pub lost: Levels<f64>,
    /// 95 % interval of the platform's loss, over what the data leave open.
    pub lost_interval: Interval,
    /// The platform's loss as a part of its sales over the horizon.
    pub part_of_gmv: Levels<f64>,
    /// How the dark days' sales compare with the host's average days: weekdays, and seasons where two years are known.
    pub season: f64,
    /// The brands that lose most at middle substitution, the worst first.
    pub brands: Vec<BrandLoss>,
}

/// What a brand loses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BrandLoss {
    /// Its name.
    pub brand: String,
    /// Loss at middle substitution.
    pub lost: f64,
    /// As a part of the brand's sales over the horizon.
    pub part_of_gmv: f64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WhatIfError {
    /// Nobody of that name.
    #[error("no host is called {0:?}")]
    Host(String),
    /// No time.
    #[error("a host is dark for at least one day")]
    Days,
    /// The data make no model.
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// Sets of parameters that fit the data, behind the intervals of any number of answers.
#[must_use]
pub fn draws(estimates: &Estimates, seed: u64) -> Vec<Parameters> {
    (0..DRAWS)
        .map(|number| estimates.draw(&mut Stream::new(seed, Domain::Parameter, number)))
        .collect()
}

/// Answers, with all brands that lose anything; `draws` are those of [`draws`].
pub fn what_if(
    estimates: &Estimates,
    sales: &Sales,
    question: &Question,
    draws: &[Parameters],
) -> Result<WhatIf, WhatIfError> {
    let place = estimates.hosts.iter().position(|host| host.name == question.host);
    let place = place.ok_or_else(|| WhatIfError::Host(question.host.clone()))?;
    if question.days == 0 {
        return Err(WhatIfError::Days);
    }
    let engine = Engine::new(&estimates.model())?;
    let model = engine.model();
    let (host, horizon) = (&model.hosts[place], model.horizon_days);
    let dark = f64::from(question.days).min(horizon);
    let from = question.from.unwrap_or(Day(sales.span.last.0 + 1));
    let season = season(sales, &estimates.hosts[place], from, dark as u32);
    let days = dark * season + after(&model.after, horizon - dark);

    let mut all = TailDays {
        days: vec![0.0; model.hosts.len()],
        substituted_days: vec![0.0; model.hosts.len()],
    };
    (all.days[place], all.substituted_days[place]) = (days, days);
    let lost =
        Levels::from_array([0, 1, 2].map(|level| contributions(&engine, &all, level).hosts[place]));
    let gmv = brand_gmv(model);
    let lost_brands = contributions(&engine, &all, 1).brands;
    let mut brands: Vec<BrandLoss> = (0..gmv.len())
        .filter(|brand| lost_brands[*brand] != 0.0)
        .map(|brand| BrandLoss {
            brand: model.brands[brand].clone(),
            lost: lost_brands[brand],
            part_of_gmv: part(lost_brands[brand], gmv[brand] * horizon),
        })
        .collect();
    brands.sort_by(|a, b| b.lost.total_cmp(&a.lost).then_with(|| a.brand.cmp(&b.brand)));

    // What spills over to others goes along with the host's own sales.
    let spilled = engine.value.lost[place] / host.gmv_per_day - 1.0;
    let losses = draws.iter().map(|draw| {
        let days = dark * season + after(&draw.after, horizon - dark);
        days * draw.gmv_per_day[place] * (1.0 + spilled - draw.substitution.mid)
    });
    let lost_interval = if host.gmv_per_day > 0.0 { middle(losses.collect()) } else { [0.0, 0.0] };
    let platform = model.hosts.iter().map(|host| host.gmv_per_day).sum::<f64>() * horizon;
    Ok(WhatIf {
        question: Question { from: Some(from), ..question.clone() },
        gross: days * host.gmv_per_day,
        gross_dark: dark * season * host.gmv_per_day,
        lost,
        lost_interval,
        part_of_gmv: lost.map(|lost| part(lost, platform)),
        season,
        brands,
    })
}

/// Days of sales that are missing within some days of the return.
fn after(after: &After, days: f64) -> f64 {
    after.depth * after.recovery_days * (1.0 - libm::exp(-days / after.recovery_days))
}

fn part(lost: f64, all: f64) -> f64 {
    if all > 0.0 { lost / all } else { 0.0 }
}

/// How some days compare with a host's average days.
fn season(sales: &Sales, host: &HostEstimate, from: Day, days: u32) -> f64 {
    let months = seasons(sales);
    let day = |number: u32| {
        let day = Day(from.0.saturating_add(number as i32));
        host.weekdays[day.weekday()] * months[day.month().of_year()]
    };
    (0..days.max(1)).map(day).sum::<f64>() / f64::from(days.max(1))
}

/// How each month of the year compares with the year around it, January first: sales a day against those of the twelve months around, on
/// average over years. All 1 unless every month has such a year, which takes two.
fn seasons(sales: &Sales) -> [f64; 12] {
    let span = &sales.span;
    let mut months: Vec<(i32, f64, i32)> = Vec::new();
    for number in span.first.month().0..=span.last.month().0 {
        let cells = &sales.platform;
        let start = cells.partition_point(|cell| cell.month.0 < number);
        let gmv = cells[start..]
            .iter()
            .take_while(|cell| cell.month.0 == number)
            .map(|cell| cell.gmv)
            .sum();
        months.push((number, gmv, 0));
    }
    for day in (span.first.0..=span.last.0).map(Day).filter(|day| span.knows(*day)) {
        months[(day.month().0 - span.first.month().0) as usize].2 += 1;
    }
    let mut ratios = [(0.0, 0.0); 12];
    for year in months.windows(13) {
        // The first and the last month are the same one of the year, and count half each.
        let whole = |count: fn(&(i32, f64, i32)) -> f64| {
            year.iter().map(count).sum::<f64>() - (count(&year[0]) + count(&year[12])) / 2.0
        };
        let middle = year[6];
        let average = whole(|month| month.1) / whole(|month| f64::from(month.2));
        if average > 0.0 && middle.2 >= 20 {
            let (sum, count) = &mut ratios[middle.0.rem_euclid(12) as usize];
            (*sum, *count) =
                (*sum + (middle.1 / f64::from(middle.2) / average).max(0.0), *count + 1.0);
        }
    }
    if ratios.iter().any(|(_, count)| *count == 0.0) {
        return [1.0; 12];
    }
    ratios.map(|(sum, count)| sum / count)
}
