//! How hosts and brands stand, from what the store knows of outcomes: orders sent back, incidents that a person confirmed, rules
//! kept in shows that were heard. Complaints and ratings have no record in this server yet, so these dimensions rest on the
//! prior alone. An appeal that is upheld is an entry of its own; nothing is ever taken out of the record.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use insight::calendar::Day;
use insight::standing::{
    Earning, Evidence, Ledger, Norms, Outcome, PointEntry, PointPolicy, PointReason, Policy,
    Reversal, Standing, StandingError, ledger, norms, standing,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use show::Actor;
use show::sentinel::{ROOM_RULE, Severity};
use show::shop::OrderStatus;
use store::{OrderQuery, Reader, StoreError, Table};
use units::Timestamp;

use super::dataset::seconds;
use crate::catalogue::{Product, ShowPlan};
use crate::people::User;
use crate::shows::STATUS;
use crate::shows::cases::CASES;

/// Rules of this pack are about how a host treats people; all others are about what may be said of goods.
const CONDUCT: &str = "core/";
/// Points that a confirmed breach has, by severity. A choice, in the size of what platforms use; people decide what follows.
const POINTS: [f64; 3] = [1.0, 3.0, 12.0];

/// Whose standing.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    Serialize,
    Deserialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// Somebody who presents.
    #[default]
    Host,
    /// Whose products are sold.
    Brand,
}

/// A host's or a brand's objection to one piece of evidence.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Appeal {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) slug: String,
    /// The piece of evidence.
    pub(crate) of: String,
    /// The account that asked.
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) asked_at: Timestamp,
    pub(crate) decided: Option<Decided>,
}

impl Appeal {
    /// The key of the appeal of one piece of evidence: there is one, however often and at once somebody asks.
    pub(crate) fn key(kind: Kind, slug: &str, of: &str) -> String {
        let digest = Sha256::digest(format!("{kind:?}\n{slug}\n{of}"));
        uuid::Builder::from_custom_bytes(std::array::from_fn(|at| digest[at]))
            .into_uuid()
            .to_string()
    }

    /// Whether this account had a hand in it: who asked, or who confirmed the incident, does not decide.
    pub(crate) fn concerns(&self, user: &User, reader: &dyn Reader) -> Result<bool, StoreError> {
        if self.by == user.name {
            return Ok(true);
        }
        let Some(incident) = self.of.strip_prefix("incident/") else { return Ok(false) };
        let case = CASES.get(reader, incident)?;
        Ok(case.is_some_and(|case| case.value.incident.by == Some(Actor::User { id: user.id })))
    }
}

/// What became of an appeal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Decided {
    pub(crate) upheld: bool,
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) at: Timestamp,
}

/// Why there is no standing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoStanding {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Standing(#[from] StandingError),
}

/// What is on record of everybody.
#[derive(Default)]
pub(crate) struct Record {
    pieces: BTreeMap<(Kind, String), Pieces>,
}

#[derive(Default, Clone)]
struct Pieces {
    evidence: Vec<Evidence>,
    points: Vec<PointEntry>,
}

/// Orders of one show, of a host or a brand.
#[derive(Default)]
struct Sold {
    orders: u32,
    refunded: u32,
    categories: BTreeMap<String, u32>,
}

impl Record {
    /// Reads it; blocks on the disk.
    pub(crate) fn read(reader: &dyn Reader) -> Result<Self, StoreError> {
        let mut record = Self::default();
        let mut ended = BTreeMap::new();
        for run in STATUS.all(reader)? {
            if let Some(end) = run.value.ended_at {
                ended.insert(run.key, (day(end), run.value.heard));
            }
        }
        record.refunds(reader, &ended)?;
        record.shows(reader, &ended)?;
        Ok(record)
    }

    fn refunds(
        &mut self,
        reader: &dyn Reader,
        ended: &BTreeMap<String, (Day, bool)>,
    ) -> Result<(), StoreError> {
        let categories: BTreeMap<String, String> = Table::<Product>::new("product")
            .all(reader)?
            .into_iter()
            .map(|product| (product.key, product.value.category))
            .collect();
        let mut sold: BTreeMap<(Kind, String, String), Sold> = BTreeMap::new();
        let mut rates: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        let query = OrderQuery { limit: store::MAX_PAGE, ..OrderQuery::default() };
        store::each_order(reader, &query, &mut |order| {
            let row = &order.row;
            let refunded = row.status == OrderStatus::Refunded.as_str();
            if refunded || row.status == OrderStatus::Paid.as_str() {
                let category = categories.get(&row.sku).cloned().unwrap_or_default();
                let rate = rates.entry(category.clone()).or_default();
                *rate = (rate.0 + 1, rate.1 + u32::from(refunded));
                for (kind, slug) in [(Kind::Host, &row.host), (Kind::Brand, &row.brand)] {
                    let sold = sold.entry((kind, slug.clone(), row.show.clone())).or_default();
                    sold.orders += 1;
                    sold.refunded += u32::from(refunded);
                    *sold.categories.entry(category.clone()).or_default() += 1;
                }
            }
            ControlFlow::Continue(())
        })?;
        for ((kind, slug, show), sold) in sold {
            let Some((on, _)) = ended.get(&show) else { continue };
            let usual = |category: &String| {
                let (orders, refunded) = rates.get(category).copied().unwrap_or_default();
                // One more of each, so that no category is taken to be without returns.
                f64::from(refunded + 1) / f64::from(orders + 2)
            };
            let expected = sold.categories.iter().map(|(c, n)| usual(c) * f64::from(*n)).sum();
            let outcome =
                Outcome::Refunds { orders: sold.orders, refunded: sold.refunded, expected };
            let id = format!("show/{show}/refunds");
            self.of(kind, &slug).evidence.push(Evidence { id, on: *on, outcome });
        }
        Ok(())
    }

    fn shows(
        &mut self,
        reader: &dyn Reader,
        ended: &BTreeMap<String, (Day, bool)>,
    ) -> Result<(), StoreError> {
        let mut struck: BTreeMap<String, (bool, bool)> = BTreeMap::new();
        for case in CASES.all(reader)? {
            let confirmed = case.value.confirmed();
            let (show, host, incident) = (case.value.show, case.value.host, case.value.incident);
            // What viewers write is no outcome of a host's.
            if !confirmed || incident.rule == ROOM_RULE {
                continue;
            }
            let conduct = incident.rule.starts_with(CONDUCT);
            let struck = struck.entry(show).or_default();
            *struck = (struck.0 || conduct, struck.1 || !conduct);
            let (id, on) = (format!("incident/{}", case.key), day(incident.at));
            let one = |severity| u32::from(incident.severity == severity);
            let outcome = if conduct {
                Outcome::Incidents {
                    shows: 0,
                    notice: one(Severity::Notice),
                    serious: one(Severity::Serious),
                    grave: one(Severity::Grave),
                }
            } else {
                Outcome::Rules { kept: 0, broken: 1 }
            };
            let points = POINTS[incident.severity as usize];
            let reason = PointReason::Breach { rule: incident.rule, points };
            let pieces = self.of(Kind::Host, &host);
            pieces.points.push(PointEntry { id: id.clone(), on, reason });
            pieces.evidence.push(Evidence { id, on, outcome });
        }
        for plan in Table::<ShowPlan>::new("show").all(reader)? {
            let Some((on, heard)) = ended.get(&plan.key).copied() else { continue };
            let (conduct, rules) = struck.get(&plan.key).copied().unwrap_or_default();
            // A show that nobody listened to says nothing about what was said in it.
            if !heard {
                continue;
            }
            let pieces = self.of(Kind::Host, &plan.value.host);
            let mut add = |what: &str, outcome| {
                let id = format!("show/{}/{what}", plan.key);
                pieces.evidence.push(Evidence { id, on, outcome });
            };
            if !conduct {
                add("conduct", Outcome::Incidents { shows: 1, notice: 0, serious: 0, grave: 0 });
            }
            if !rules {
                add("rules", Outcome::Rules { kept: 1, broken: 0 });
            }
            if !conduct && !rules {
                let (id, by) = (format!("show/{}/clean", plan.key), Earning::CleanShow);
                pieces.points.push(PointEntry { id, on, reason: PointReason::Earned { by } });
            }
        }
        Ok(())
    }

    fn of(&mut self, kind: Kind, slug: &str) -> &mut Pieces {
        self.pieces.entry((kind, slug.to_owned())).or_default()
    }

    /// Whether this is on record of somebody.
    pub(crate) fn holds(&self, kind: Kind, slug: &str, evidence: &str) -> bool {
        self.pieces
            .get(&(kind, slug.to_owned()))
            .is_some_and(|pieces| pieces.evidence.iter().any(|piece| piece.id == evidence))
    }

    /// What is usual among all hosts, or all brands.
    pub(crate) fn norms(&self, kind: Kind) -> Result<Norms, NoStanding> {
        let of_kind = self.pieces.iter().filter(|((other, _), _)| *other == kind);
        let category: Vec<Evidence> =
            of_kind.flat_map(|(_, pieces)| pieces.evidence.iter().cloned()).collect();
        Ok(norms(&category, &Policy::default())?)
    }

    /// One standing and its ledger of points; `norms` are those of the kind.
    pub(crate) fn standing(
        &self,
        kind: Kind,
        slug: &str,
        norms: &Norms,
        appeals: &[Appeal],
        today: Day,
    ) -> Result<(Standing, Ledger), NoStanding> {
        let none = Pieces::default();
        let pieces = self.pieces.get(&(kind, slug.to_owned())).unwrap_or(&none);
        let won = |ids: &dyn Fn(&str) -> bool| -> Vec<Reversal> {
            let upheld = |appeal: &&Appeal| appeal.decided.as_ref().is_some_and(|it| it.upheld);
            let mine = appeals.iter().filter(|it| (it.kind, it.slug.as_str()) == (kind, slug));
            mine.filter(upheld)
                .filter(|appeal| ids(&appeal.of))
                .filter_map(|appeal| {
                    let on = day(appeal.decided.as_ref()?.at);
                    Some(Reversal { id: appeal.id.clone(), on, of: appeal.of.clone() })
                })
                .collect()
        };
        let of_evidence = won(&|id| pieces.evidence.iter().any(|piece| piece.id == id));
        let of_points = won(&|id| pieces.points.iter().any(|entry| entry.id == id));
        let answer = standing(&pieces.evidence, &of_evidence, norms, &Policy::default(), today)?;
        let points = ledger(&pieces.points, &of_points, &PointPolicy::default(), today)?;
        Ok((answer, points))
    }
}

pub(crate) fn day(at: Timestamp) -> Day {
    Day::of(seconds(at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_of_evidence_has_one_appeal() {
        let key = Appeal::key(Kind::Host, "anna", "show/evening/refunds");
        assert_eq!(key, Appeal::key(Kind::Host, "anna", "show/evening/refunds"));
        let others = [
            Appeal::key(Kind::Brand, "anna", "show/evening/refunds"),
            Appeal::key(Kind::Host, "bea", "show/evening/refunds"),
            Appeal::key(Kind::Host, "anna", "show/late/refunds"),
        ];
        assert!(!others.contains(&key));
        assert!(key.parse::<uuid::Uuid>().is_ok());
    }
}
