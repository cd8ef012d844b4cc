//! What each host loses in each scenario, and the tail of what all lose together.
//!
//! Expected shortfall here is that of the scenarios as given, each as likely as the others: the mean of the worst `1 − α` of
//! them, the last one counted in part (Rockafellar & Uryasev, J. Risk 2(3), 2000).

use super::Error;

/// The losses of scenarios that are equally likely: which share of a host's GMV is lost in which scenario.
///
/// Only shares other than zero are held, 12 bytes each, so a year in which few hosts go dark costs little. A share may
/// exceed 1 (others lose with the host) or be below 0 (others gain).
#[derive(Clone, Debug, PartialEq)]
pub struct Scenarios {
    hosts: usize,
    starts: Vec<usize>,
    host: Vec<u32>,
    share: Vec<f64>,
}

impl Scenarios {
    /// No scenario yet, for `hosts` hosts.
    #[must_use]
    pub fn new(hosts: usize) -> Self {
        Self { hosts, starts: vec![0], host: Vec::new(), share: Vec::new() }
    }

    /// From a matrix `shares[scenario * hosts + host]` of `f32` or `f64`.
    ///
    /// # Errors
    ///
    /// [`Error::Scenarios`] when the length is not a multiple of `hosts` or a share is not finite.
    pub fn from_dense<T: Copy + Into<f64>>(hosts: usize, shares: &[T]) -> Result<Self, Error> {
        if hosts == 0 || !shares.len().is_multiple_of(hosts) {
            let what = format!("{} shares of loss do not divide among {hosts} hosts", shares.len());
            return Err(Error::Scenarios(what));
        }
        let mut scenarios = Self::new(hosts);
        for row in shares.chunks_exact(hosts) {
            scenarios.push(row.iter().map(|&share| share.into()).enumerate())?;
        }
        Ok(scenarios)
    }

    /// Adds one scenario: `(host, share of its GMV lost)` in any order; shares of a host that stands twice add up.
    ///
    /// # Errors
    ///
    /// [`Error::Scenarios`] when there is no such host or a share is not finite; nothing is added then.
    pub fn push(&mut self, losses: impl IntoIterator<Item = (usize, f64)>) -> Result<(), Error> {
        let mut row: Vec<(usize, f64)> = Vec::new();
        for (host, share) in losses {
            if host >= self.hosts || !share.is_finite() {
                let (scenario, hosts) = (self.len(), self.hosts);
                let what = format!(
                    "scenario {scenario}: host {host} of {hosts} is said to lose a share of {share}"
                );
                return Err(Error::Scenarios(what));
            }
            if share != 0.0 {
                row.push((host, share));
            }
        }
        row.sort_by_key(|&(host, _)| host);
        row.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        for (host, share) in row {
            let Ok(host) = u32::try_from(host) else {
                return Err(Error::Scenarios(format!("{host} hosts are too many")));
            };
            self.host.push(host);
            self.share.push(share);
        }
        self.starts.push(self.host.len());
        Ok(())
    }

    /// How many scenarios there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many hosts the shares are of.
    #[must_use]
    pub fn hosts(&self) -> usize {
        self.hosts
    }

    /// The shares lost in one scenario, by ascending host; none for a scenario that does not exist.
    pub fn row(&self, scenario: usize) -> impl Iterator<Item = (usize, f64)> {
        let span = match self.starts.get(scenario..scenario + 2) {
            Some(&[from, to]) => from..to,
            _ => 0..0,
        };
        let hosts = self.host[span.clone()].iter().map(|&host| host as usize);
        hosts.zip(self.share[span].iter().copied())
    }

    /// The mean share that each host loses.
    #[must_use]
    pub fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.hosts];
        for (&host, &share) in self.host.iter().zip(&self.share) {
            mean[host as usize] += share;
        }
        let count = self.len().max(1) as f64;
        mean.iter_mut().for_each(|sum| *sum /= count);
        mean
    }

    /// How many scenarios the worst `1 − alpha` are; not always a whole number.
    pub(super) fn tail_mass(&self, alpha: f64) -> f64 {
        let mass = (1.0 - alpha) * self.len() as f64;
        let whole = mass.round();
        if (mass - whole).abs() < 1e-9 * whole { whole } else { mass }
    }

    /// Whether no host gains in any scenario.
    pub(super) fn only_losses(&self) -> bool {
        self.share.iter().all(|&share| share >= 0.0)
    }

    /// What is lost in one scenario when the hosts sell `gmv`.
    fn loss(&self, scenario: usize, gmv: &[f64]) -> f64 {
        let span = self.starts[scenario]..self.starts[scenario + 1];
        if span.len() == self.hosts {
            return dot(&self.share[span], gmv);
        }
        let hosts = self.host[span.clone()].iter().zip(&self.share[span]);
        hosts.map(|(&host, share)| share * gmv[host as usize]).sum()
    }
}

/// In four sums, so that a processor can do four at once; their order is fixed.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a_fours, a_rest) = a.as_chunks::<4>();
    let (b_fours, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in a_fours.iter().zip(b_fours) {
        for lane in 0..4 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// The worst `1 − α` of the scenarios when the hosts sell `gmv`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tail {
    /// Value at risk: the loss that is exceeded with probability `1 − α` at most.
    pub(super) var: f64,
    /// Expected shortfall.
    pub(super) es: f64,
    /// The mean share of each host's GMV lost in the tail; a subgradient of ES. Scenarios that tie at VaR share what is
    /// left of the tail's mass equally.
    pub(super) gradient: Vec<f64>,
    /// Standard error of `es` for a plan that is fixed.
    pub(super) es_se: f64,
    /// Standard error of the mean loss.
    pub(super) mean_se: f64,
}

/// Standard errors by host, in the units of what is sold.
pub(super) struct HostErrors {
    /// Of the mean loss.
    pub(super) mean: Vec<f64>,
    /// Of the contribution to expected shortfall.
    pub(super) es: Vec<f64>,
}

/// Finds tails again and again in the same room.
pub(super) struct Tails<'a> {
    pub(super) scenarios: &'a Scenarios,
    pub(super) mass: f64,
    losses: Vec<f64>,
    order: Vec<f64>,
}

impl<'a> Tails<'a> {
    pub(super) fn new(scenarios: &'a Scenarios, alpha: f64) -> Self {
        let mass = scenarios.tail_mass(alpha);
        Self { scenarios, mass, losses: Vec::new(), order: Vec::new() }
    }

    /// The same scenarios with room of their own.
    pub(super) fn again(&self) -> Self {
        Self { scenarios: self.scenarios, mass: self.mass, losses: Vec::new(), order: Vec::new() }
    }

    /// Which scenarios lost more than `level` when a tail was last looked for.
    pub(super) fn above(&self, level: f64) -> Vec<bool> {
        self.losses.iter().map(|&loss| loss > level).collect()
    }

    /// The tail when the hosts sell `gmv`. There is at least one scenario and `mass` is below their number.
    pub(super) fn tail(&mut self, gmv: &[f64]) -> Tail {
        self.losses.clear();
        let scenarios = 0..self.scenarios.len();
        self.losses.extend(scenarios.map(|scenario| self.scenarios.loss(scenario, gmv)));
        self.tail_here(gmv)
    }

    /// The tail a part of the way from hosts that sell `from` and lose `from_losses` to those that sell `to` and lose
    /// `to_losses`. Losses are linear in what is sold, so that no scenario is gone through but for those in the tail.
    pub(super) fn tail_between(
        &mut self,
        (from, from_losses): (&[f64], &[f64]),
        (to, to_losses): (&[f64], &[f64]),
        part: f64,
    ) -> (Vec<f64>, Tail) {
        let mix = |(from, to): (&f64, &f64)| from + part * (to - from);
        let gmv: Vec<f64> = from.iter().zip(to).map(mix).collect();
        self.losses.clear();
        self.losses.extend(from_losses.iter().zip(to_losses).map(mix));
        let tail = self.tail_here(&gmv);
        (gmv, tail)
    }

    /// Standard errors of what is said by host when the hosts sell `gmv` and `tail` is what they lose.
    ///
    /// A contribution has the variance of its loss within the tail, and that of the tail's beginning, where scenarios are taken to be
    /// made up as those in the tail.
    pub(super) fn errors(&self, gmv: &[f64], tail: &Tail) -> HostErrors {
        let (hosts, number) = (gmv.len(), self.scenarios.len() as f64);
        let mut squares = (vec![0.0; hosts], vec![0.0; hosts]);
        for scenario in 0..self.scenarios.len() {
            let in_tail = self.scenarios.loss(scenario, gmv) >= tail.var;
            for (host, share) in self.scenarios.row(scenario) {
                let square = (share * gmv[host]).powi(2);
                squares.0[host] += square;
                squares.1[host] += if in_tail { square } else { 0.0 };
            }
        }
        let beyond = if tail.es > 0.0 { 1.0 - tail.var / tail.es } else { 0.0 };
        let means = self.scenarios.mean();
        let mean = squares.0.iter().zip(gmv).zip(means).map(|((square, gmv), mean)| {
            ((square / number - (gmv * mean).powi(2)).max(0.0) / number).sqrt()
        });
        let es = squares.1.iter().zip(gmv).zip(&tail.gradient).map(|((square, gmv), share)| {
            let part = gmv * share;
            let within = (square / self.mass - part.powi(2)).max(0.0);
            let edge = (1.0 - self.mass / number) * (part * beyond).powi(2);
            ((within + edge) / self.mass).sqrt()
        });
        HostErrors { mean: mean.collect(), es: es.collect() }
    }

    /// What is lost in each scenario where a tail was last looked for.
    pub(super) fn losses(&self) -> &[f64] {
        &self.losses
    }

    fn tail_here(&mut self, gmv: &[f64]) -> Tail {
        let count = self.losses.len();
        self.order.clone_from(&self.losses);
        let rank = (self.mass.floor() as usize).min(count - 1);
        let var = *self.order.select_nth_unstable_by(rank, |a, b| b.total_cmp(a)).1;

        let above = self.losses.iter().filter(|&&loss| loss > var).count() as f64;
        let level = self.losses.iter().filter(|&&loss| loss == var).count() as f64;
        let rest = (self.mass - above) / level;
        let mut gradient = vec![0.0; gmv.len()];
        let (mut sum, mut beyond, mut mean, mut square) = (0.0, 0.0, 0.0, 0.0);
        for (scenario, &loss) in self.losses.iter().enumerate() {
            mean += loss;
            square += loss * loss;
            let weight = if loss > var {
                1.0
            } else if loss == var && rest > 0.0 {
                rest
            } else {
                continue;
            };
            sum += loss - var;
            beyond += (loss - var).powi(2);
            for (host, share) in self.scenarios.row(scenario) {
                gradient[host] += weight * share;
            }
        }
        gradient.iter_mut().for_each(|share| *share /= self.mass);
        let es = gradient.iter().zip(gmv).map(|(share, gmv)| share * gmv).sum();
        let number = count as f64;
        let spread = (beyond / number - (sum / number).powi(2)).max(0.0).sqrt();
        let loss_sd = (square / number - (mean / number).powi(2)).max(0.0).sqrt();
        let es_se = spread * number.sqrt() / self.mass;
        Tail { var, es, gradient, es_se, mean_se: loss_sd / number.sqrt() }
    }
}
