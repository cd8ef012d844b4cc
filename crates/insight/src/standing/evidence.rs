//! What may count for or against a host or a brand: outcomes, and nothing else. The list is closed, holds counts only, and
//! reading refuses what it does not know, so that no record of care or rehearsal has a shape that fits.

use serde::{Deserialize, Serialize};

use crate::calendar::Day;

/// What is judged. Each has a score of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dimension {
    /// Orders sent back, against what their categories lead one to expect.
    Refunds,
    /// Complaints that were upheld.
    Complaints,
    /// Incidents that a person confirmed.
    Incidents,
    /// Checks of rules, kept or broken.
    Rules,
    /// What buyers of verified orders said.
    Feedback,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Refunds, Self::Complaints, Self::Incidents, Self::Rules, Self::Feedback];

    pub(super) const fn place(self) -> usize {
        self as usize
    }
}

/// An outcome that can be counted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// Orders and refunds of a span.
    Refunds {
        /// Orders.
        orders: u32,
        /// Those that were sent back.
        refunded: u32,
        /// As many as the orders' categories lead one to expect.
        expected: f64,
    },
    /// Complaints of a span.
    Complaints {
        /// Orders.
        orders: u32,
        /// Complaints about them that were upheld.
        upheld: u32,
    },
    /// Confirmed incidents of a span.
    Incidents {
        /// Shows.
        shows: u32,
        /// Incidents worth a word afterwards.
        notice: u32,
        /// Incidents that should not have aired.
        serious: u32,
        /// Incidents that must not have aired.
        grave: u32,
    },
    /// Checks of rules.
    Rules {
        /// Kept.
        kept: u32,
        /// Broken.
        broken: u32,
    },
    /// Ratings by buyers whose orders are verified.
    VerifiedFeedback {
        /// Good ones.
        good: u32,
        /// Bad ones.
        bad: u32,
    },
}

impl Outcome {
    /// What it tells about.
    #[must_use]
    pub const fn dimension(&self) -> Dimension {
        match self {
            Self::Refunds { .. } => Dimension::Refunds,
            Self::Complaints { .. } => Dimension::Complaints,
            Self::Incidents { .. } => Dimension::Incidents,
            Self::Rules { .. } => Dimension::Rules,
            Self::VerifiedFeedback { .. } => Dimension::Feedback,
        }
    }

    /// Why its counts cannot be, if they cannot.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        match *self {
            Self::Refunds { orders, refunded, .. } if refunded > orders => {
                Some("there are more refunds than orders")
            }
            Self::Refunds { expected, orders, .. }
                if !(0.0..=f64::from(orders)).contains(&expected) =>
            {
                Some("the expected refunds do not lie between 0 and the orders")
            }
            Self::Refunds { refunded, expected, .. } if refunded > 0 && expected == 0.0 => {
                Some("there are refunds where none is expected")
            }
            Self::Complaints { orders, upheld } if upheld > orders => {
                Some("there are more complaints than orders")
            }
            _ => None,
        }
    }
}

/// Days from one day to another.
pub(super) fn days(from: Day, to: Day) -> f64 {
    f64::from(to.0) - f64::from(from.0)
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Its id, by which an appeal and the record behind it are found.
    pub id: String,
    /// The day from which it ages.
    pub on: Day,
    /// What happened.
    pub outcome: Outcome,
}

/// A won appeal: from its day on, what it reverses counts no more. Both stay on the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reversal {
    /// The appeal's id.
    pub id: String,
    /// The day on which it was won.
    pub on: Day,
    /// The id of what it reverses.
    pub of: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This match names every kind of evidence. A new kind must be an outcome, never a record of how a person is or trains.
    const fn is_an_outcome(outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Refunds { .. }
            | Outcome::Complaints { .. }
            | Outcome::Incidents { .. }
            | Outcome::Rules { .. }
            | Outcome::VerifiedFeedback { .. } => true,
        }
    }

    #[test]
    fn care_and_training_have_no_shape_that_fits() {
        assert!(is_an_outcome(&Outcome::Rules { kept: 1, broken: 0 }));
        let read = |outcome: &str| {
            let text = format!(r#"{{"id":"e1","on":"2026-01-02","outcome":{outcome}}}"#);
            serde_json::from_str::<Evidence>(&text)
        };
        assert!(read(r#"{"kind":"rules","kept":3,"broken":0}"#).is_ok());
        for bad in [
            r#"{"kind":"rehearsal","passed":1}"#,
            r#"{"kind":"training","passes":1,"fails":0}"#,
            r#"{"kind":"rest","hours":11}"#,
            r#"{"kind":"rehearsal","value":0.4}"#,
            r#"{"kind":"rules","kept":3,"broken":0,"stress":2}"#,
            r#"{"kind":"verified_feedback","good":3,"bad":0,"note":"tired"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let more = r#"{"id":"e1","on":"2026-01-02","outcome":{"kind":"rules","kept":1,"broken":0},"rehearsals":4}"#;
        assert!(serde_json::from_str::<Evidence>(more).is_err());
    }

    #[test]
    fn counts_that_cannot_be_are_named() {
        let flawed = [
            Outcome::Refunds { orders: 2, refunded: 3, expected: 1.0 },
            Outcome::Refunds { orders: 2, refunded: 1, expected: f64::NAN },
            Outcome::Refunds { orders: 2, refunded: 1, expected: 2.1 },
            Outcome::Refunds { orders: 2, refunded: 1, expected: 0.0 },
            Outcome::Complaints { orders: 0, upheld: 1 },
        ];
        assert!(flawed.iter().all(|outcome| outcome.flaw().is_some()));
        assert_eq!(Outcome::Refunds { orders: 0, refunded: 0, expected: 0.0 }.flaw(), None);
        assert_eq!(Outcome::Incidents { shows: 1, notice: 2, serious: 0, grave: 0 }.flaw(), None);
    }

    #[test]
    fn each_dimension_has_its_place() {
        assert_eq!(Dimension::ALL.map(Dimension::place), [0, 1, 2, 3, 4]);
    }
}
