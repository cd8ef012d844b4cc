//! One scenario: incidents over a horizon, and the days of sales that each host loses by them. Drawn from a stream of its own, so that
//! any scenario can be drawn again alone. This is the hot loop; it knows nothing of quantiles.
//!
//! Words of the stream: block 0 gives the number of incidents, block 1 + k host, moment, dark days and the lot of incident
//! k. So a model with other rates under the same ceilings meets the same incidents.

use super::model::{Dark, Model, ModelError};
use crate::draws::special::{exp, normal_quantile};
use crate::draws::{Domain, Stream, unit};

/// The shortest recovery that is told apart from none, as a part of the horizon: e^(−600) is still a number.
const RECOVERY_MIN: f64 = 1.0 / 600.0;

/// A model made ready for drawing.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(super) model: Model,
    pub(super) value: Value,
    /// Probability of at most n incidents.
    at_most: Vec<f64>,
    /// Walker's alias table: which host, below which bound, else which other.
    alias: Vec<(f64, u32)>,
    kept: Vec<f64>,
    /// [`Model::substitutes`] in one piece, nothing on its diagonal.
    substitutes: Vec<f64>,
    shared: usize,
    recovery_days: f64,
    decay_at_end: f64,
}

/// What a day lost is worth, by host.
#[derive(Clone, Debug)]
pub(super) struct Value {
    /// Own sales and what spills over, a day.
    pub(super) lost: Vec<f64>,
    /// Sales that others may take over at each level, a day.
    pub(super) substituted: [Vec<f64>; 3],
}

/// What a host loses in a scenario.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lost {
    /// Its place in [`Model::hosts`].
    pub host: u32,
    /// Days of sales.
    pub days: f64,
    /// Of these, days whose substitutes were on air.
    pub substituted_days: f64,
}

/// Memory that scenarios use one after another.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    strikes: Vec<Strike>,
    spells: Vec<Spell>,
    lost: Vec<Lost>,
}

/// One incident.
#[derive(Clone, Copy, Debug)]
struct Strike {
    /// Host and moment in one, to sort by.
    key: u64,
    at: f64,
    dark: f64,
}

/// One stretch of dark days and the recovery after it.
#[derive(Clone, Copy, Debug)]
struct Spell {
    host: u32,
    from: f64,
    back: f64,
    until: f64,
    /// e^(−t / recovery) at `from`, `back` and `until`.
    decay: [f64; 3],
    /// Days missing between two moments of the recovery, for each unit of decay between them.
    recovering: f64,
}

#[cfg(test)]
impl Scratch {
    /// Host, moment and dark days of the last scenario's incidents.
    pub(super) fn incidents(&self) -> Vec<(usize, f64, f64)> {
        self.strikes
            .iter()
            .map(|strike| ((strike.key >> 32) as usize, strike.at, strike.dark))
            .collect()
    }
}

impl Engine {
    /// Makes a model ready.
    pub fn new(model: &Model) -> Result<Self, ModelError> {
        model.check()?;
        let mean = model.incidents();
        let recovery_days = model.after.recovery_days.max(model.horizon_days * RECOVERY_MIN);
        Ok(Self {
            value: Value::of(model),
            at_most: poisson_at_most(mean),
            alias: alias(&model.hosts.iter().map(|host| host.ceiling()).collect::<Vec<_>>()),
            kept: model
                .hosts
                .iter()
                .map(|host| match host.ceiling() {
                    ceiling if ceiling > 0.0 => host.incidents_per_day / ceiling,
                    _ => 0.0,
                })
                .collect(),
            substitutes: substitutes(model),
            shared: model.substitutes.len(),
            recovery_days,
            decay_at_end: exp(-model.horizon_days / recovery_days),
            model: model.clone(),
        })
    }

    /// The model that it draws from.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Scenario `index` of a seed: what each host loses that loses anything, by host.
    pub fn scenario<'s>(&self, seed: u64, index: u64, scratch: &'s mut Scratch) -> &'s [Lost] {
        scratch.lost.clear();
        self.strikes(&Stream::new(seed, Domain::Scenario, index), &mut scratch.strikes);
        if scratch.strikes.is_empty() {
            return &scratch.lost;
        }
        self.spells(&scratch.strikes, &mut scratch.spells);
        for spell in &scratch.spells {
            let days =
                spell.back - spell.from + spell.recovering * (spell.decay[1] - spell.decay[2]);
            let substituted_days = days - self.without_substitutes(spell, &scratch.spells);
            match scratch.lost.last_mut() {
                Some(last) if last.host == spell.host => {
                    last.days += days;
                    last.substituted_days += substituted_days;
                }
                _ => scratch.lost.push(Lost { host: spell.host, days, substituted_days }),
            }
        }
        &scratch.lost
    }

    /// What a scenario costs at low, mid and high substitution.
    #[must_use]
    pub fn loss(&self, lost: &[Lost]) -> [f64; 3] {
        let mut loss = [0.0; 3];
        for one in lost {
            loss.iter_mut().zip(self.loss_of(one)).for_each(|(sum, own)| *sum += own);
        }
        loss
    }

    /// What one host's incidents cost at low, mid and high substitution, with what spills over to others; over the host's sales of the
    /// horizon it is the part that a plan takes.
    #[must_use]
    pub fn loss_of(&self, lost: &Lost) -> [f64; 3] {
        let host = lost.host as usize;
        let gross = self.value.lost[host] * lost.days;
        let back = |level: usize| self.value.substituted[level][host] * lost.substituted_days;
        [gross - back(0), gross - back(1), gross - back(2)]
    }

    fn strikes(&self, stream: &Stream, strikes: &mut Vec<Strike>) {
        strikes.clear();
        let [low, high, ..] = stream.block(0);
        let chance = unit(low, high);
        let last = self.at_most.len().saturating_sub(1);
        let count = self.at_most.partition_point(|at_most| *at_most < chance).min(last);
        for number in 0..count as u32 {
            let [host, moment, dark, lot] = stream.block(number + 1);
            let host = pick(&self.alias, host);
            if half(lot) >= self.kept[host as usize] {
                continue;
            }
            let at = half(moment) * self.model.horizon_days;
            strikes.push(Strike {
                key: u64::from(host) << 32 | u64::from(moment),
                at,
                dark: self.dark(half(dark)),
            });
        }
        strikes.sort_unstable_by_key(|strike| strike.key);
    }

    /// Dark days by inversion.
    fn dark(&self, chance: f64) -> f64 {
        match self.model.dark {
            Dark::LogNormal { none, .. } if chance < none => 0.0,
            Dark::LogNormal { none, median_days, sigma } => {
                median_days * exp(sigma * normal_quantile((chance - none) / (1.0 - none)))
            }
            Dark::Exponential { mean_days } => -mean_days * libm::log(chance),
        }
    }

    /// Incidents of a host that is dark prolong the dark; later ones end the recovery and begin it anew.
    fn spells(&self, strikes: &[Strike], spells: &mut Vec<Spell>) {
        spells.clear();
        let end = self.model.horizon_days;
        for strike in strikes {
            let (host, back) = ((strike.key >> 32) as u32, (strike.at + strike.dark).min(end));
            match spells.last_mut() {
                Some(last) if last.host == host && strike.at <= last.back => {
                    last.back = last.back.max(back);
                    continue;
                }
                Some(last) if last.host == host => last.until = strike.at,
                _ => {}
            }
            spells.push(Spell {
                host,
                from: strike.at,
                back,
                until: end,
                decay: [1.0; 3],
                recovering: 0.0,
            });
        }
        if self.model.after.depth > 0.0 {
            let per_day = 1.0 / self.recovery_days;
            for spell in spells {
                let decay = |at: f64| exp(-at * per_day);
                let until = if spell.until < end { decay(spell.until) } else { self.decay_at_end };
                spell.decay = [decay(spell.from), decay(spell.back), until];
                spell.recovering = self.model.after.depth * self.recovery_days / spell.decay[1];
            }
        }
    }

    /// Lost days of a spell that nobody could take over, because those who would have were dark themselves. Without branches: a
    /// later moment is a smaller decay, so the same minima and maxima bound both the dark days and the recovery.
    fn without_substitutes(&self, spell: &Spell, spells: &[Spell]) -> f64 {
        let row = spell.host as usize * self.shared;
        let Some(parts) = self.substitutes.get(row..row + self.shared) else { return 0.0 };
        let mut days = 0.0;
        for other in spells {
            let Some(part) = parts.get(other.host as usize) else { continue };
            let dark = spell.back.min(other.back) - spell.from.max(other.from);
            let recovery = spell.decay[1].min(other.decay[0]) - spell.decay[2].max(other.decay[1]);
            days += part * (dark.max(0.0) + spell.recovering * recovery.max(0.0));
        }
        days
    }
}

impl Value {
    fn of(model: &Model) -> Self {
        let by_brand = brand_gmv(model);
        let platform: f64 = model.hosts.iter().map(|host| host.gmv_per_day).sum();
        let lost = model.hosts.iter().map(|host| {
            let brands: f64 = host
                .brands
                .iter()
                .map(|part| {
                    brand_spill(part.share * host.gmv_per_day, by_brand[part.brand as usize])
                })
                .sum();
            host.gmv_per_day
                + model.spill.brand * brands
                + model.spill.platform * (platform - host.gmv_per_day)
        });
        let level = |level: fn(&super::model::Levels<f64>) -> f64| {
            model.hosts.iter().map(|host| level(&host.substitution) * host.gmv_per_day).collect()
        };
        Self {
            lost: lost.collect(),
            substituted: [
                level(|levels| levels.low),
                level(|levels| levels.mid),
                level(|levels| levels.high),
            ],
        }
    }
}

/// Sales a day of each brand.
pub(super) fn brand_gmv(model: &Model) -> Vec<f64> {
    let mut gmv = vec![0.0; model.brands.len()];
    for host in &model.hosts {
        for part in &host.brands {
            gmv[part.brand as usize] += part.share * host.gmv_per_day;
        }
    }
    gmv
}

/// Sales of a brand with other hosts, in the part in which the brand hangs on this one.
pub(super) fn brand_spill(with_host: f64, all: f64) -> f64 {
    if all > 0.0 { with_host / all * (all - with_host) } else { 0.0 }
}

/// Nobody is their own substitute.
fn substitutes(model: &Model) -> Vec<f64> {
    let row = |(host, row): (usize, &Vec<f32>)| {
        let part =
            move |(other, part): (usize, &f32)| if other == host { 0.0 } else { f64::from(*part) };
        row.iter().enumerate().map(part).collect::<Vec<f64>>()
    };
    model.substitutes.iter().enumerate().flat_map(row).collect()
}

fn half(word: u32) -> f64 {
    (f64::from(word) + 0.5) * (1.0 / 4_294_967_296.0)
}

/// Probabilities of at most 0, 1, 2 … of a Poisson mean, up to where they are 1.
fn poisson_at_most(mean: f64) -> Vec<f64> {
    let mut sum = 0.0;
    let mut at_most = Vec::new();
    // Twelve standard deviations and some more leave less than 10⁻¹⁶.
    let last = (mean + 12.0 * libm::sqrt(mean) + 30.0) as u32;
    for count in 0..last {
        let count = f64::from(count);
        let log = if mean > 0.0 {
            count * libm::log(mean)
        } else if count > 0.0 {
            f64::NEG_INFINITY
        } else {
            0.0
        };
        sum += libm::exp(log - mean - libm::lgamma(count + 1.0));
        at_most.push(sum);
    }
    at_most
}

/// Walker's alias table (Vose, IEEE TSE 17, 1991). Empty weights give a table that is never asked.
fn alias(weights: &[f64]) -> Vec<(f64, u32)> {
    let total: f64 = weights.iter().sum();
    let count = weights.len() as f64;
    let mut parts: Vec<f64> = weights.iter().map(|weight| weight / total * count).collect();
    let mut table: Vec<(f64, u32)> = (0..weights.len() as u32).map(|host| (1.0, host)).collect();
    if total <= 0.0 {
        return table;
    }
    let (mut small, mut large): (Vec<usize>, Vec<usize>) =
        (0..parts.len()).partition(|host| parts[*host] < 1.0);
    while let (Some(less), Some(more)) = (small.pop(), large.last().copied()) {
        table[less] = (parts[less], more as u32);
        parts[more] -= 1.0 - parts[less];
        if parts[more] < 1.0 {
            large.pop();
            small.push(more);
        }
    }
    table
}

fn pick(alias: &[(f64, u32)], word: u32) -> u32 {
    let place = u64::from(word) * alias.len() as u64;
    let (host, rest) = ((place >> 32) as usize, half(place as u32));
    match alias.get(host) {
        Some((bound, other)) if rest >= *bound => *other,
        _ => host as u32,
    }
}
