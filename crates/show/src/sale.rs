//! The selling side of a show: its offers, what is pinned, and when the sale stands still.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use units::{ActionId, AirTime, Duration, Money};

use crate::names::{Sku, Slug};
use crate::offer::{Moment, Selling, Span, Spans, Terms, Window, restamped};
use crate::rejection::Rejection;

/// Offers in one show.
pub const OFFERS_MAX: usize = 500;
/// Changes of the pin that are kept: the one on screen and those on their way to it.
pub const PINS_MAX: usize = 16;
/// Frozen spans that are kept apart; past it the oldest that is over is counted into the windows for good.
pub const FREEZES_MAX: usize = 64;

/// What is pinned from a moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pin {
    /// The product; absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<Sku>,
    /// When viewers see it.
    pub air: AirTime,
}

/// One product on offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its place in the list, in order of appearance.
    pub no: u32,
    /// Its terms.
    pub terms: Terms,
}

/// An action that freezes the sale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// The action.
    pub id: ActionId,
    /// Its part of the program.
    #[serde(flatten)]
    pub span: Span,
}

/// What of an offer's terms is to change. What is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferChange {
    /// The unit price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Units per buyer; 0 lifts the limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The window; one without either end lifts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
}

/// An offer as a viewer meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferView {
    /// Price of one unit.
    pub price: Money,
    /// The price before it, when that was higher.
    pub was: Option<Money>,
    /// Units per buyer.
    pub limit: Option<u32>,
    /// When it opens, if it has a window and that is known.
    pub opens: Option<AirTime>,
    /// When it closes, if it has a window and that is known.
    pub closes: Option<AirTime>,
    /// Whether it sells.
    pub selling: Selling,
}

/// Offers, pins and freezes of one show.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sale {
    /// The offers.
    pub offers: BTreeMap<Sku, Listed>,
    /// Pins in order of time.
    pub pins: Vec<Pin>,
    /// What freezes the sale.
    pub freezes: Vec<Freeze>,
}

impl Sale {
    /// When windows stand still.
    #[must_use]
    pub fn spans(&self) -> Spans {
        self.freezes.iter().map(|freeze| freeze.span).collect::<Vec<_>>().into()
    }

    /// What is pinned for a viewer who sees the program at `air`.
    #[must_use]
    pub fn pin_at(&self, air: AirTime) -> Option<&Pin> {
        let spans = self.spans();
        let seen = |pin: &&Pin| pin_air(&spans, pin).is_some_and(|seen| seen <= air);
        self.pins.iter().rev().find(seen)
    }

    /// Pins with the moment at which viewers see them; a pin that falls into a frozen span waits for its end, which
    /// may not be known.
    #[must_use]
    pub fn pins(&self) -> Vec<(&Pin, Option<AirTime>)> {
        let spans = self.spans();
        self.pins.iter().map(|pin| (pin, pin_air(&spans, pin))).collect()
    }

    /// An offer as a viewer at `air` meets it.
    #[must_use]
    pub fn view(&self, sku: &Sku, air: AirTime) -> Option<OfferView> {
        let terms = &self.offers.get(sku)?.terms;
        let spans = self.spans();
        let (price, was) = terms.price_at(air)?;
        let (opens, closes) = terms.effective(&spans).unwrap_or((None, None));
        Some(OfferView {
            price,
            was,
            limit: terms.limit,
            opens: opens.and_then(Moment::known),
            closes: closes.and_then(Moment::known),
            selling: terms.selling(&spans, air),
        })
    }

    /// The terms of a new offer, or of one that was taken away before.
    pub(crate) fn added(
        &self,
        sku: &Sku,
        brand: &Slug,
        price: Money,
        change: &OfferChange,
        air: AirTime,
    ) -> Result<Terms, Rejection> {
        let mut terms = match self.offers.get(sku) {
            Some(listed) if listed.terms.removed.is_none() => return Err(Rejection::OfferExists),
            Some(listed) => Terms { removed: None, brand: brand.clone(), ..listed.terms.clone() },
            None if self.offers.len() >= OFFERS_MAX => {
                return Err(Rejection::TooManyOffers { most: OFFERS_MAX as u32 });
            }
            None => Terms::new(brand.clone(), price, air),
        };
        terms.limit = None;
        terms.window = None;
        let change = OfferChange { price: Some(price), ..change.clone() };
        apply(&mut terms, &change, air)?;
        Ok(terms)
    }

    /// The terms of an offer after a change that viewers see at `air`.
    pub(crate) fn changed(
        &self,
        sku: &Sku,
        change: &OfferChange,
        air: AirTime,
    ) -> Result<Terms, Rejection> {
        let mut terms = self.offered(sku)?.clone();
        apply(&mut terms, change, air)?;
        Ok(terms)
    }

    /// The terms of an offer that is offered.
    pub(crate) fn offered(&self, sku: &Sku) -> Result<&Terms, Rejection> {
        let listed = self.offers.get(sku).ok_or(Rejection::UnknownOffer)?;
        match listed.terms.removed {
            None => Ok(&listed.terms),
            Some(_) => Err(Rejection::UnknownOffer),
        }
    }

    pub(crate) fn set_terms(&mut self, sku: &Sku, terms: &Terms) {
        let no = self.offers.len() as u32;
        let listed = Listed { no, terms: terms.clone() };
        self.offers.entry(sku.clone()).or_insert(listed).terms = terms.clone();
    }

    /// The pins that take a product off the screen from `air` on; those of other products stay.
    pub(crate) fn unpinned(&self, sku: &Sku, air: AirTime) -> Vec<Pin> {
        let now = self.pins.iter().rev().find(|pin| pin.air <= air);
        let later = self.pins.iter().filter(|pin| pin.air > air);
        let seen: Vec<&Pin> = now.into_iter().chain(later).collect();
        if seen.iter().all(|pin| pin.sku.as_ref() != Some(sku)) {
            return Vec::new();
        }
        let without = |pin: &Pin| pin.sku.clone().filter(|pinned| pinned != sku);
        seen.iter().map(|pin| Pin { sku: without(pin), air: pin.air.max(air) }).collect()
    }

    pub(crate) fn pin(&mut self, pin: &Pin) {
        // What was pinned for later is overtaken by what is pinned for sooner.
        self.pins.retain(|old| old.air < pin.air);
        self.pins.push(pin.clone());
        if self.pins.len() > PINS_MAX {
            self.pins.remove(0);
        }
    }

    /// Sets or moves the freeze of an action.
    pub(crate) fn freeze(&mut self, id: ActionId, from: AirTime, to: Option<AirTime>) {
        let span = Span { from, to };
        match self.freezes.iter_mut().find(|freeze| freeze.id == id) {
            Some(freeze) => freeze.span = span,
            None => self.freezes.push(Freeze { id, span }),
        }
        if self.freezes.len() > FREEZES_MAX {
            self.fold_oldest();
        }
    }

    /// Ends the freeze of an action, if it has one.
    pub(crate) fn thaw(&mut self, id: ActionId, to: AirTime) {
        if let Some(freeze) = self.freezes.iter_mut().find(|freeze| freeze.id == id) {
            freeze.span.to = Some(to.max(freeze.span.from));
        }
    }

    /// Forgets the freeze of an action, as if it had never been.
    pub(crate) fn unfreeze(&mut self, id: ActionId) {
        self.freezes.retain(|freeze| freeze.id != id);
    }

    /// Moves what has not aired yet when the delay changes.
    pub(crate) fn restamp(&mut self, from: AirTime, shift: Duration) {
        for pin in &mut self.pins {
            pin.air = restamped(pin.air, from, shift);
        }
        for listed in self.offers.values_mut() {
            listed.terms.restamp(from, shift);
        }
        for Freeze { span, .. } in &mut self.freezes {
            span.from = restamped(span.from, from, shift);
            span.to = span.to.map(|to| restamped(to, from, shift));
        }
    }

    fn fold_oldest(&mut self) {
        let spans = self.spans();
        let Some(&span) = spans.iter().next() else { return };
        let Some(to) = span.to else {
            // The oldest span is open and covers all others: the newest adds nothing to it.
            self.freezes.pop();
            return;
        };
        for listed in self.offers.values_mut() {
            listed.terms.fold(span);
        }
        self.freezes.retain(|freeze| freeze.span.from > to);
    }
}

fn pin_air(spans: &Spans, pin: &Pin) -> Option<AirTime> {
    spans.at(pin.air).map_or(Some(pin.air), |span| span.to)
}

fn apply(terms: &mut Terms, change: &OfferChange, air: AirTime) -> Result<(), Rejection> {
    if let Some(price) = change.price {
        if price.minor < 0 {
            return Err(Rejection::BadPrice);
        }
        if terms.prices.iter().any(|p| p.price.currency != price.currency) {
            return Err(Rejection::CurrencyMixed);
        }
        terms.set_price(air, price);
    }
    if let Some(limit) = change.limit {
        terms.limit = (limit > 0).then_some(limit);
    }
    if let Some(window) = change.window {
        if window.opens.zip(window.closes).is_some_and(|(opens, closes)| closes <= opens) {
            return Err(Rejection::BadWindow);
        }
        terms.window = (window != Window::default()).then_some(window);
        terms.set = air;
    }
    Ok(())
}
