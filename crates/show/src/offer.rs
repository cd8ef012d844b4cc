//! The terms on which a show sells a product, all in AirTime: a buyer is held to what they saw.
//!
//! A window is stated once; how long the sale was frozen is kept beside it as [`Spans`] and counted in when
//! the window is read, so that undoing a cut restores the window by itself.

use serde::{Deserialize, Serialize};
use units::{AirTime, Duration, Money};

use crate::names::Slug;
use crate::rejection::Rejection;

/// Price changes kept per offer; the oldest is forgotten, and the one after it counts from the start.
pub const PRICES_MAX: usize = 32;

const EVER: AirTime = AirTime(i64::MIN);

fn ever() -> AirTime {
    EVER
}

fn is_ever(air: &AirTime) -> bool {
    *air == EVER
}

/// One price and when viewers see it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceFrom {
    /// When viewers see it first; in JSON absent for the first price, which has always been there.
    #[serde(rename = "a", default = "ever", skip_serializing_if = "is_ever")]
    pub from: AirTime,
    /// Price of one unit.
    #[serde(rename = "p")]
    pub price: Money,
}

/// When an offer sells. Without `opens` it sells at once, without `closes` until the show has ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The first moment at which it sells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens: Option<AirTime>,
    /// The first moment at which it no longer does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes: Option<AirTime>,
}

/// The terms of one offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Whose product it is.
    pub brand: Slug,
    /// Prices in order of time, at least one.
    pub prices: Vec<PriceFrom>,
    /// Units that one buyer may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// When it sells; absent: until the show has ended, live or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// When the window was stated: what was frozen before then does not move it.
    pub set: AirTime,
    /// From when on it is no longer offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<AirTime>,
}

/// Whether an offer sells at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "selling", rename_all = "snake_case")]
pub enum Selling {
    /// It does.
    Yes,
    /// It will.
    NotYet {
        /// When, if that is known.
        opens: Option<AirTime>,
    },
    /// It would, but the show is cut.
    Frozen {
        /// Until when, if that is known.
        until: Option<AirTime>,
    },
    /// It did.
    Closed,
}

impl Selling {
    /// `Ok` when it sells, else the reason.
    pub fn check(self) -> Result<(), Rejection> {
        match self {
            Self::Yes => Ok(()),
            Self::NotYet { opens } => Err(Rejection::NotSelling { opens }),
            Self::Frozen { until } => Err(Rejection::SaleFrozen { until }),
            Self::Closed => Err(Rejection::OfferClosed),
        }
    }
}

impl Terms {
    /// Terms with one price from the start and nothing else.
    #[must_use]
    pub fn new(brand: Slug, price: Money, set: AirTime) -> Self {
        let prices = vec![PriceFrom { from: EVER, price }];
        Self { brand, prices, limit: None, window: None, set, removed: None }
    }

    /// Sets the price from `from` on; later changes that were planned are forgotten.
    pub fn set_price(&mut self, from: AirTime, price: Money) {
        self.prices.retain(|p| p.from < from);
        if self.prices.last().is_some_and(|last| last.price == price) {
            return;
        }
        self.prices.push(PriceFrom { from, price });
        if self.prices.len() > PRICES_MAX {
            self.prices.remove(0);
        }
        if let Some(first) = self.prices.first_mut() {
            first.from = EVER;
        }
    }

    /// The price that viewers see at `air`, and the one before it when that was higher.
    #[must_use]
    pub fn price_at(&self, air: AirTime) -> Option<(Money, Option<Money>)> {
        let last = self.prices.iter().rposition(|p| p.from <= air)?;
        let price = self.prices[last].price;
        let before = last.checked_sub(1).map(|i| self.prices[i].price);
        Some((price, before.filter(|was| was.minor > price.minor)))
    }

    /// Opening and closing as viewers will see them; `None` inside means "not known while frozen".
    #[must_use]
    pub fn effective(&self, spans: &Spans) -> Option<(Option<Moment>, Option<Moment>)> {
        let window = self.window?;
        let seen = |stated: AirTime| spans.shifted(stated, self.set);
        Some((window.opens.map(seen), window.closes.map(seen)))
    }

    /// Whether the offer sells to a buyer who sees the program at `air`.
    #[must_use]
    pub fn selling(&self, spans: &Spans, air: AirTime) -> Selling {
        if self.removed.is_some_and(|removed| air >= removed) {
            return Selling::Closed;
        }
        let Some((opens, closes)) = self.effective(spans) else { return Selling::Yes };
        if let Some(Moment::At(closes)) = closes
            && air >= closes
        {
            return Selling::Closed;
        }
        if let Some(span) = spans.at(air) {
            return Selling::Frozen { until: span.to };
        }
        match opens {
            None => Selling::Yes,
            Some(Moment::At(opens)) if air >= opens => Selling::Yes,
            Some(Moment::At(opens)) => Selling::NotYet { opens: Some(opens) },
            Some(Moment::Unknown) => Selling::NotYet { opens: None },
        }
    }

    /// Moves what has not aired yet when the delay changes: everything after `from` airs `shift` later, or
    /// earlier but not before `from`. A window that is open keeps at least the time it has left.
    pub fn restamp(&mut self, from: AirTime, shift: Duration) {
        let moved = |t: AirTime| restamped(t, from, shift);
        for price in self.prices.iter_mut().skip(1) {
            price.from = moved(price.from);
        }
        self.set = moved(self.set);
        self.removed = self.removed.map(moved);
        if let Some(window) = &mut self.window {
            let waits = window.opens.is_some_and(|opens| opens > from);
            let shift = if waits { moved_by(window.opens, from, shift) } else { shift };
            window.opens = window.opens.map(|t| if waits { t + shift } else { t });
            let later = if waits { shift } else { shift.max(Duration::ZERO) };
            window.closes = window.closes.map(|t| if t > from { t + later } else { t });
        }
    }

    /// Counts a closed span into the window for good, so that the span can be forgotten.
    pub(crate) fn fold(&mut self, span: Span) {
        let Some(to) = span.to else { return };
        let only = Spans(vec![span]);
        let set = self.set;
        let seen = |t: AirTime| match only.shifted(t, set) {
            Moment::At(t) => t,
            Moment::Unknown => t,
        };
        if let Some(window) = &mut self.window {
            window.opens = window.opens.map(seen);
            window.closes = window.closes.map(seen);
        }
        self.set = self.set.max(to);
    }
}

/// `t` after the delay changed at `from` by `shift`.
pub(crate) fn restamped(t: AirTime, from: AirTime, shift: Duration) -> AirTime {
    if t > from { (t + shift).max(from) } else { t }
}

fn moved_by(opens: Option<AirTime>, from: AirTime, shift: Duration) -> Duration {
    opens.map_or(Duration::ZERO, |t| restamped(t, from, shift) - t)
}

/// A moment that a frozen sale may keep open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It is known.
    At(AirTime),
    /// It depends on when a person resumes.
    Unknown,
}

impl Moment {
    /// The moment if it is known.
    #[must_use]
    pub fn known(self) -> Option<AirTime> {
        match self {
            Self::At(air) => Some(air),
            Self::Unknown => None,
        }
    }
}

/// A part of the program during which windows stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// Its first moment.
    #[serde(rename = "a")]
    pub from: AirTime,
    /// Its first moment after; absent: until resumed.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub to: Option<AirTime>,
}

/// Frozen spans in order, none touching another; only the last can be open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Span>")]
pub struct Spans(Vec<Span>);

impl From<Vec<Span>> for Spans {
    /// The union: sorted, overlapping ones joined, empty ones gone.
    fn from(mut spans: Vec<Span>) -> Self {
        spans.retain(|span| span.to.is_none_or(|to| to > span.from));
        spans.sort_by_key(|span| span.from);
        let mut out: Vec<Span> = Vec::with_capacity(spans.len());
        for span in spans {
            match out.last_mut() {
                Some(last) if last.to.is_none_or(|to| to >= span.from) => {
                    last.to = last.to.zip(span.to).map(|(a, b)| a.max(b));
                }
                _ => out.push(span),
            }
        }
        Self(out)
    }
}

impl Spans {
    /// The spans in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Span> {
        self.0.iter()
    }
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// Whether nothing was ever frozen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    /// The span that `air` lies in.
    #[must_use]
    pub fn at(&self, air: AirTime) -> Option<Span> {
        let next = self.0.partition_point(|span| span.from <= air);
        let span = *self.0.get(next.checked_sub(1)?)?;
        span.to.is_none_or(|to| air < to).then_some(span)
    }
    /// When viewers see a moment that was stated at `set`: each span that lies between moves it by its length.
    #[must_use]
    pub fn shifted(&self, stated: AirTime, set: AirTime) -> Moment {
        let mut t = stated;
        for span in &self.0 {
            let from = span.from.max(set);
            if span.to.is_some_and(|to| to <= set) {
                continue;
            }
            if t < from {
                break;
            }
            match span.to {
                Some(to) => t += to - from,
                None => return Moment::Unknown,
            }
        }
        Moment::At(t)
    }
}

#[cfg(test)]
mod tests;
