//! What the figures rest on, in words. Each has a code, so that pages can say it in other languages.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::Parts;
use crate::exposure::curves;
use crate::exposure::darkness::{PRIOR_DEPTH, PRIOR_MEDIAN_DAYS, PRIOR_RECOVERY_DAYS, PRIOR_SIGMA};
use crate::exposure::estimate::{BASE_DAYS, GONE_DAYS};
use crate::exposure::hazard::{PRIOR_HOURS, PRIOR_INCIDENTS};
use crate::exposure::substitution::PRIOR_SD;
use crate::import::Note;

/// Something that was assumed or done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Names the kind of statement.
    pub code: Cow<'static, str>,
    /// The statement in English.
    pub text: String,
}

impl From<&Note> for Said {
    fn from(note: &Note) -> Self {
        let code = match note {
            Note::NoColumn { .. } => "no_column",
            Note::NoRows { .. } => "no_rows",
            Note::Rounded { .. } => "rounded",
            Note::Returns { .. } => "returns",
            Note::NotSold { .. } => "not_sold",
            Note::UnknownStatus { .. } => "unknown_status",
            Note::NotGiven { .. } => "not_given",
            Note::Repeated { .. } => "repeated",
            Note::OutOfOrder { .. } => "out_of_order",
            Note::ShowsOverlap { .. } => "shows_overlap",
        };
        Self { code: code.into(), text: note.to_string() }
    }
}

impl Parts<'_> {
    pub(super) fn assumptions(&self) -> Vec<Said> {
        let mut said = Vec::new();
        let mut say =
            |code: &'static str, text: String| said.push(Said { code: code.into(), text });
        self.of_incidents(&mut say);
        self.of_losses(&mut say);
        self.of_data(&mut say);
        said
    }

    fn of_incidents(&self, say: &mut impl FnMut(&'static str, String)) {
        say(
            "incidents",
            "incidents come independently of each other, in proportion to hours on air; hosts go on with the hours of late".to_owned(),
        );
        let effect = self.options.settings.hours_effect;
        if effect.none() {
            say(
                "beta_zero",
                "long shows, nights and short rest do not raise the hazard (β = 0): no evidence was found that they cause incidents".to_owned(),
            );
        } else {
            say(
                "beta_set",
                format!(
                    "set by the user: the hazard of an hour grows by exp(β·x), with β = {} for each hour beyond the fourth, {} at night, {} for each hour of rest that lacks to eleven",
                    effect.beyond_4h, effect.night, effect.rest_deficit
                ),
            );
        }
        let seen: u32 = self.estimates.hosts.iter().map(|host| host.incidents).sum();
        let hours: f64 = self.estimates.hosts.iter().map(|host| host.hours).sum();
        let bound = if hours > 0.0 { 3000.0 / hours } else { 0.0 };
        match (&self.data.incidents, seen) {
            (None, _) => say(
                "no_incidents_file",
                format!(
                    "no incidents were given: if there were none in {hours:.0} hours on air, rates above {bound:.3} in 1000 hours are ruled out with 95 %; everything at risk here rests on priors ({PRIOR_INCIDENTS} incidents in {PRIOR_HOURS} hours)"
                ),
            ),
            (Some(_), 0) => say(
                "no_incidents",
                format!(
                    "there was no incident in {hours:.0} hours on air: rates above {bound:.3} in 1000 hours are ruled out with 95 %, and no rate is taken as zero (prior: {PRIOR_INCIDENTS} incidents in {PRIOR_HOURS} hours)"
                ),
            ),
            (Some(_), seen) => say(
                "hazards",
                format!(
                    "hazards rest on {seen} incidents in {hours:.0} hours on air, each host's shrunk towards the platform's, and the platform's towards {PRIOR_INCIDENTS} in {PRIOR_HOURS} hours, which counts like as many hours"
                ),
            ),
        }
        if self.estimates.incidents_outside > 0 {
            let count = self.estimates.incidents_outside;
            say(
                "incidents_outside",
                format!(
                    "{count} incidents are before or after all orders and shows, and do not count"
                ),
            );
        }
    }

    fn of_losses(&self, say: &mut impl FnMut(&'static str, String)) {
        let substitution = &self.estimates.substitution;
        let levels = substitution.levels();
        let three =
            format!("low {:.2}, mid {:.2}, high {:.2}", levels.low, levels.mid, levels.high);
        if substitution.told() {
            let episodes = substitution.episodes;
            say(
                "substitution_told",
                format!(
                    "others take over a part of a dark host's sales, the same for all hosts: {three}, from {episodes} dark episodes; that an episode hurts everybody at once cannot be seen"
                ),
            );
        } else {
            let episodes = substitution.episodes;
            say(
                "substitution_prior",
                format!(
                    "the data cannot tell which part others take over ({episodes} dark episodes could be measured): {three}, mostly from a prior around 0 with standard deviation {PRIOR_SD}, because published evidence disagrees even about the sign"
                ),
            );
        }
        let days = &self.estimates.dark_days;
        say(
            "dark_days",
            format!(
                "dark days are log-normal, from {} episodes and a prior with median {PRIOR_MEDIAN_DAYS} days, which counts like half an episode, and spread {PRIOR_SIGMA}, which counts like four",
                days.seen
            ),
        );
        let recovery = &self.estimates.recovery;
        say(
            "recovery",
            format!(
                "after every incident, one without a dark day too, sales come back exponentially, from {} returns over {} weeks and priors (part missing: beta {} and {}; recovery: median {PRIOR_RECOVERY_DAYS} days)",
                recovery.episodes, recovery.weeks, PRIOR_DEPTH.0, PRIOR_DEPTH.1
            ),
        );
        let spill = self.options.settings.spill;
        if spill.brand == 0.0 && spill.platform == 0.0 {
            say(
                "spill_zero",
                "an incident does nothing to sales of other hosts but what substitution says: single platforms have too few incidents to tell more".to_owned(),
            );
        } else {
            say(
                "spill_set",
                format!(
                    "set by the user: while it lasts, an incident costs a brand {} of its other sales for the part in which it hangs on the host, and everybody {}",
                    spill.brand, spill.platform
                ),
            );
        }
        if !self.curves.told {
            let (mean, sd) = curves::PRIOR;
            say(
                "elasticity_prior",
                format!(
                    "the data cannot tell how much a further hour sells: mostly from a prior elasticity of {mean} ± {sd}"
                ),
            );
        }
    }

    fn of_data(&self, say: &mut impl FnMut(&'static str, String)) {
        say(
            "sales_of_late",
            format!(
                "each host goes on to sell what it sold on its last {BASE_DAYS} days on which nothing was wrong"
            ),
        );
        say("intervals_of_shares", "intervals of shares and concentration say how much they move from one stretch of weeks to another, as if each week were drawn apart from the others: a trend is not in them".to_owned());
        say(
            "clock",
            "days are those of UTC, or of the clock that wrote times without a zone".to_owned(),
        );
        let gaps = &self.sales.span.gaps;
        if let Some((from, until)) = gaps.first() {
            let more = if gaps.len() > 1 {
                format!(" and {} more stretches", gaps.len() - 1)
            } else {
                String::new()
            };
            say(
                "gaps",
                format!("nothing is known from {from} to {until}{more}: these days do not count"),
            );
        }
        let hosts = &self.estimates.hosts;
        let count = |which: fn(&crate::exposure::estimate::HostEstimate) -> bool| {
            hosts.iter().filter(|host| which(host)).count()
        };
        let from_orders = count(|host| host.hours_from_orders);
        if from_orders > 0 {
            say(
                "hours_from_orders",
                format!(
                    "{from_orders} hosts have no show: hours of the clock with an order stand for hours on air"
                ),
            );
        }
        let gone = count(|host| !host.active);
        if gone > 0 {
            say(
                "gone",
                format!(
                    "{gone} hosts had neither show nor order in the last {GONE_DAYS} days and were not dark: they are taken as gone, and are in no scenario"
                ),
            );
        }
        let dark = count(|host| host.dark_now);
        if dark > 0 {
            say(
                "dark_now",
                format!("{dark} hosts are dark on the last day: scenarios take them as back"),
            );
        }
        let (left, part) = self.estimates.left_out;
        if left > 0 {
            say(
                "left_out",
                format!(
                    "{left} further hosts with {:.2} % of sales are in the shares, and in no scenario",
                    100.0 * part
                ),
            );
        }
        if self.sales.span.days() < 84 {
            say(
                "short",
                format!(
                    "only {} days are known: episodes cannot be measured, and sales of late are those of all days",
                    self.sales.span.days()
                ),
            );
        }
    }
}
