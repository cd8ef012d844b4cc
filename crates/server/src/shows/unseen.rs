//! What the host has changed and viewers have not seen yet. A page that is loaded meanwhile begins with what its picture
//! shows, and is told what comes and when.
//!
//! In memory only: after a restart AirTime is beyond anything that was on its way.

use show::Sku;
use show::offer::Terms;
use show::sale::{Listed, Sale};
use units::{AirTime, Duration};

/// Changes that are on their way at most; of more the oldest count as seen.
const CHANGES_MAX: usize = 256;

/// Changes of offers, in order of AirTime.
#[derive(Default)]
pub(super) struct Unseen(Vec<Change>);

/// One change of one offer.
#[derive(Clone)]
pub(crate) struct Change {
    /// When viewers see it.
    pub(crate) air: AirTime,
    pub(crate) sku: Sku,
    /// Absent: it was not offered.
    before: Option<Terms>,
    after: Terms,
}

impl Unseen {
    /// An offer has other terms now. `newest`: when what the host does now airs.
    pub(super) fn note(
        &mut self,
        sku: &Sku,
        before: Option<&Terms>,
        after: &Terms,
        newest: AirTime,
        now: AirTime,
    ) {
        let air = air_of(before, after).unwrap_or(newest);
        self.0.retain(|change| change.air > now);
        if air <= now {
            return;
        }
        let before = before.filter(|terms| terms.removed.is_none()).cloned();
        self.0.push(Change { air, sku: sku.clone(), before, after: after.clone() });
        self.0.sort_by_key(|change| change.air);
        if self.0.len() > CHANGES_MAX {
            self.0.remove(0);
        }
    }

    /// The delay has changed, and with it when things are seen.
    pub(super) fn restamp(&mut self, from: AirTime, shift: Duration) {
        for change in &mut self.0 {
            if change.air > from {
                change.air = (change.air + shift).max(from);
            }
            for terms in change.before.iter_mut().chain([&mut change.after]) {
                terms.restamp(from, shift);
            }
        }
    }

    /// What was on its way is not what is recorded.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What somebody whose picture is at `air` has yet to see, in order.
    pub(super) fn after(&self, air: AirTime) -> Vec<Change> {
        self.0.iter().filter(|change| change.air > air).cloned().collect()
    }
}

/// When a change is seen, as its terms say it.
fn air_of(before: Option<&Terms>, after: &Terms) -> Option<AirTime> {
    let Some(before) = before else { return Some(after.set) };
    if after.removed.is_some() {
        return after.removed;
    }
    // The first price says "ever".
    let price = after.prices.get(1..).and_then(<[_]>::last).map(|price| price.from);
    if before.prices != after.prices {
        return price;
    }
    (before.set != after.set).then_some(after.set)
}

/// The sale as it was before these changes.
pub(crate) fn without(sale: &Sale, later: &[Change]) -> Sale {
    let mut seen = sale.clone();
    // The earliest change of an offer knows what it was before all of them.
    for change in later.iter().rev() {
        match (&change.before, seen.offers.get_mut(&change.sku)) {
            (Some(terms), Some(listed)) => listed.terms = terms.clone(),
            _ => drop(seen.offers.remove(&change.sku)),
        }
    }
    seen
}

/// The sale with one change carried out.
pub(crate) fn with(sale: &Sale, change: &Change) -> Sale {
    let mut then = Sale { freezes: sale.freezes.clone(), ..Sale::default() };
    if let Some(listed) = sale.offers.get(&change.sku) {
        let listed = Listed { no: listed.no, terms: change.after.clone() };
        then.offers.insert(change.sku.clone(), listed);
    }
    then
}

#[cfg(test)]
mod tests {
    use units::Money;

    use super::*;

    fn price(minor: i64) -> Money {
        Money { minor, currency: "CNY".parse().unwrap() }
    }

    #[test]
    fn what_is_on_its_way_is_neither_there_nor_lost() {
        let (sku, new) = (Sku::new("LIP-01").unwrap(), Sku::new("INK-02").unwrap());
        let brand = show::Slug::new("rouge").unwrap();
        let at = AirTime::from_ms;
        let old = Terms::new(brand.clone(), price(79), at(0));
        let mut cheaper = old.clone();
        cheaper.set_price(at(9_000), price(69));
        let mut gone = cheaper.clone();
        gone.removed = Some(at(9_500));
        let added = Terms::new(brand, price(5), at(9_200));
        let mut unseen = Unseen::default();
        unseen.note(&sku, Some(&old), &cheaper, at(9_001), at(1_000));
        unseen.note(&new, None, &added, at(9_201), at(1_200));
        unseen.note(&sku, Some(&cheaper), &gone, at(9_501), at(1_500));

        let mut sale = Sale::default();
        sale.offers.insert(sku.clone(), Listed { no: 0, terms: gone });
        sale.offers.insert(new.clone(), Listed { no: 1, terms: added });
        let check = |air: i64, offered: &[(&Sku, i64)], comes: &[i64]| {
            let later = unseen.after(at(air));
            let seen = without(&sale, &later);
            let there = seen.offers.iter().filter(|(_, listed)| listed.terms.removed.is_none());
            let there: Vec<_> =
                there.map(|(sku, _)| (sku, seen.view(sku, at(air)).unwrap().price.minor)).collect();
            assert_eq!(there, offered, "at {air}");
            let airs: Vec<i64> = later.iter().map(|change| change.air.ms()).collect();
            assert_eq!(airs, comes, "at {air}");
        };
        check(8_999, &[(&sku, 79)], &[9_000, 9_200, 9_500]);
        check(9_000, &[(&sku, 69)], &[9_200, 9_500]);
        check(9_300, &[(&new, 5), (&sku, 69)], &[9_500]);
        check(9_500, &[(&new, 5)], &[]);
        let first = with(&sale, &unseen.after(at(0))[0]);
        assert_eq!(first.view(&sku, at(9_000)).unwrap().price.minor, 69);

        // A longer delay moves what has not aired.
        unseen.restamp(at(8_000), Duration::from_s(2));
        let airs: Vec<i64> = unseen.after(at(0)).iter().map(|change| change.air.ms()).collect();
        assert_eq!(airs, [11_000, 11_200, 11_500]);
    }
}
