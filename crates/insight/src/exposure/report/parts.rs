//! What a report says of brands, categories, audiences and episodes.

use serde::Serialize;

use super::{DarkReport, Parts, SubstitutionReport};
use crate::calendar::Day;
use crate::exposure::audience::Overlap;
use crate::exposure::darkness::dark_quantile;
use crate::exposure::model::{Dark, Levels};
use crate::exposure::sales::Cell;
use crate::exposure::spread::{self, Interval, MonthSpread, Spread};
use crate::exposure::substitution::episode_interval;
use crate::import::{Dataset, File};

/// Pairs of audiences that are listed.
const OVERLAPS_MAX: usize = 200;
/// Brands or categories that are listed.
const GROUPS_MAX: usize = 2000;

/// One brand or category.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupReport {
    /// Its name; empty for orders that have none.
    pub name: String,
    /// Part of the platform's net sales.
    pub share: f64,
    /// How its sales are spread over hosts.
    #[serde(flatten)]
    pub spread: Spread,
    /// The same month by month.
    pub months: Vec<MonthSpread>,
    /// What falls on it of expected shortfall, at middle substitution; all brands sum to it. `null` for categories.
    pub es_contribution: Option<f64>,
    /// Its interval.
    pub es_contribution_interval: Option<Interval>,
    /// The same at three levels of substitution.
    pub es_contribution_by_substitution: Option<Levels<f64>>,
}

/// What two audiences have in common.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OverlapReport {
    /// Both hosts.
    pub hosts: [String; 2],
    /// People in both.
    pub common: u64,
    /// Of the smaller audience.
    pub overlap: f64,
}

/// One dark episode.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EpisodeReport {
    /// The incident's id.
    pub incident: String,
    /// The host.
    pub host: String,
    /// The first day.
    pub from: Day,
    /// Days that were measured.
    pub days: f64,
    /// Buyers of the host before.
    pub audience: u32,
    /// Buyers of others alone before, who are compared with.
    pub comparison: u32,
    /// The host's sales in these days, had it been on air.
    pub expected: f64,
    /// What it sold.
    pub seen: f64,
    /// What its known buyers did not buy from it.
    pub lost: f64,
    /// What they bought from others beyond expectation.
    pub taken_over: f64,
    /// The latter as a part of the former; `null` where too few buyers are known.
    pub substitution: Option<f64>,
    /// Its interval.
    pub substitution_interval: Option<Interval>,
}

/// Rows of one file that were not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct FileRows {
    /// Which file.
    pub file: File,
    /// Bad rows.
    pub rejected: u64,
    /// Rows whose id came before.
    pub repeated: u64,
}

impl FileRows {
    pub(super) fn of(data: &Dataset) -> Vec<Self> {
        let rejected = &data.rejected;
        let rows =
            |file| Self { file, rejected: rejected.bad(file), repeated: rejected.repeated(file) };
        File::ALL.into_iter().map(rows).collect()
    }
}

impl Parts<'_> {
    pub(super) fn brands(&self) -> Vec<GroupReport> {
        let parts = &self.risk.contributions;
        let mut groups = self.groups(&self.sales.brands, |brand| self.data.brands.name(brand));
        for (brand, group) in &mut groups {
            let place = *brand as usize;
            let own = parts.as_ref().map(|parts| parts.brands[place]);
            group.es_contribution = Some(own.mid);
            group.es_contribution_interval = self.risk.intervals.brands.get(place).copied();
            group.es_contribution_by_substitution = Some(own);
        }
        groups.into_iter().map(|(_, group)| group).collect()
    }

    pub(super) fn categories(&self) -> Vec<GroupReport> {
        let groups =
            self.groups(&self.sales.categories, |category| self.data.categories.name(category));
        groups.into_iter().map(|(_, group)| group).collect()
    }

    /// The largest groups with their numbers.
    fn groups<'n>(
        &self,
        cells: &[Cell],
        names: impl Fn(u32) -> &'n str,
    ) -> Vec<(u32, GroupReport)> {
        let whole: f64 = self.by_host.iter().sum();
        let host = |host: u32| self.data.hosts.name(host);
        let mut groups: Vec<(u32, GroupReport)> = cells
            .chunk_by(|a, b| a.group == b.group)
            .map(|cells| {
                let spread = spread::spread(&spread::totals(cells), host);
                let report = GroupReport {
                    name: names(cells[0].group).to_owned(),
                    share: if whole > 0.0 { spread.gmv.max(0.0) / whole } else { 0.0 },
                    spread,
                    months: spread::by_month(cells, host),
                    es_contribution: None,
                    es_contribution_interval: None,
                    es_contribution_by_substitution: None,
                };
                (cells[0].group, report)
            })
            .collect();
        groups.sort_by(|a, b| b.1.spread.gmv.total_cmp(&a.1.spread.gmv).then(a.0.cmp(&b.0)));
        groups.truncate(GROUPS_MAX);
        groups
    }

    pub(super) fn overlaps(&self, overlaps: &[Overlap]) -> Vec<OverlapReport> {
        let mut pairs = overlaps.to_vec();
        pairs.sort_by(|a, b| b.common.cmp(&a.common).then(a.hosts.cmp(&b.hosts)));
        pairs.truncate(OVERLAPS_MAX);
        let pair = |pair: Overlap| OverlapReport {
            hosts: pair.hosts.map(|host| self.data.hosts.name(host).to_owned()),
            common: pair.common,
            overlap: pair.overlap,
        };
        pairs.into_iter().map(pair).collect()
    }

    pub(super) fn follower_overlaps(&self) -> Vec<OverlapReport> {
        let hosts: Vec<u32> = self.estimates.hosts.iter().map(|host| host.host).collect();
        self.followers.map_or_else(Vec::new, |followers| self.overlaps(&followers.overlaps(&hosts)))
    }

    pub(super) fn episodes(&self) -> Vec<EpisodeReport> {
        let incidents = self.data.incidents.as_deref().unwrap_or_default();
        let widened = self.estimates.substitution.widened;
        let mut reports = Vec::new();
        for episode in &self.estimates.episodes.episodes {
            let Some(incident) = incidents.get(episode.incident) else { continue };
            let measured = &episode.measured;
            let compared = episode.compared;
            reports.push(EpisodeReport {
                incident: incident.id.clone(),
                host: self.data.hosts.name(episode.host).to_owned(),
                from: Day::of(incident.at),
                days: episode.days,
                audience: measured.audience,
                comparison: measured.comparison,
                expected: measured.expected,
                seen: measured.seen,
                lost: measured.lost,
                taken_over: measured.taken_over,
                substitution: compared.then(|| measured.taken_over / measured.lost),
                substitution_interval: compared.then(|| episode_interval(measured, widened)),
            });
        }
        reports
    }

    pub(super) fn substitution(&self) -> SubstitutionReport {
        let substitution = &self.estimates.substitution;
        SubstitutionReport {
            levels: substitution.levels(),
            told_by_data: substitution.told(),
            episodes: substitution.episodes,
            widened: substitution.widened,
            quiet_dates: self.estimates.episodes.placebos.len(),
        }
    }

    pub(super) fn dark(&self) -> DarkReport {
        let (days, recovery) = (&self.estimates.dark_days, &self.estimates.recovery);
        let (plain, after) = (days.plain(), recovery.plain());
        let (none, median_days) = match plain {
            Dark::LogNormal { none, median_days, .. } => (none, median_days),
            Dark::Exponential { mean_days } => (0.0, mean_days * std::f64::consts::LN_2),
        };
        DarkReport {
            episodes: days.seen,
            none,
            median_days,
            long_days: dark_quantile(&plain, 0.95),
            depth: after.depth,
            depth_interval: recovery.depth_interval(),
            recovery_days: after.recovery_days,
            recovery_interval: recovery.recovery_interval(),
            returns: recovery.episodes,
        }
    }
}
