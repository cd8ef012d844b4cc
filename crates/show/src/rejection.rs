//! Why the domain refuses something. A value for the caller, not an error: the shell maps the code to a
//! status, a message and a hint from its one table.

use serde::{Deserialize, Serialize};
use units::{AirTime, Money};

use crate::names::Slug;

macro_rules! rejections {
    ($($(#[$doc:meta])* $code:literal => $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty),+ $(,)? })?),+ $(,)?) => {
        /// Why something is refused, with what a message needs. In JSON: `{"code": …, fields…}`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "code")]
        #[non_exhaustive]
        pub enum Rejection {$(
            $(#[$doc])*
            #[serde(rename = $code)]
            $name $({ $($(#[$field_doc])* $field: $type),+ })?,
        )+}

        impl Rejection {
            /// Every code there is, for the test that the shell's table has them all.
            pub const CODES: &'static [&'static str] = &[$($code),+];

            /// The stable snake_case code.
            #[must_use]
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $code),+
                }
            }
        }
    };
}

rejections! {
    /// The show has not been planned.
    "not_planned" => NotPlanned,
    /// The show is on air already.
    "already_live" => AlreadyLive,
    /// The show has been ended already.
    "already_ended" => AlreadyEnded,
    /// The show has ended, so this can no longer be done.
    "show_ended" => ShowEnded,
    /// The host is on air in another show.
    "host_busy" => HostBusy {
        /// That show.
        show: Slug
    },
    /// A part of the plan cannot change any more.
    "plan_fixed" => PlanFixed {
        /// The field.
        field: String
    },
    /// A delay outside 0 to 60 s.
    "bad_delay" => BadDelay {
        /// The longest, in seconds.
        most_s: u32
    },
    /// The show does not offer this product.
    "unknown_offer" => UnknownOffer,
    /// The show offers this product already.
    "offer_exists" => OfferExists,
    /// The show has as many offers as a show may have.
    "too_many_offers" => TooManyOffers {
        /// How many.
        most: u32
    },
    /// A window that closes before it opens.
    "bad_window" => BadWindow,
    /// A price below zero or too large to add up.
    "bad_price" => BadPrice,
    /// The offer's other prices have another currency.
    "currency_mixed" => CurrencyMixed,
    /// A quantity of nothing or of too much.
    "bad_quantity" => BadQuantity {
        /// The most units in one order.
        most: u32
    },
    /// The offer does not sell yet at the moment that the buyer sees.
    "not_selling" => NotSelling {
        /// When it opens, if that is known.
        opens: Option<AirTime>
    },
    /// The offer no longer sells at the moment that the buyer sees.
    "offer_closed" => OfferClosed,
    /// The sale waits while the show is cut.
    "sale_frozen" => SaleFrozen {
        /// When it goes on, if that is known.
        until: Option<AirTime>
    },
    /// The price is another one than the buyer saw.
    "price_changed" => PriceChanged {
        /// The price now.
        price: Money
    },
    /// The buyer has as many as one buyer may have.
    "limit_reached" => LimitReached {
        /// Units that one buyer may have.
        limit: u32,
        /// Units that this buyer has.
        have: u32
    },
    /// Fewer are left than were asked for.
    "sold_out" => SoldOut {
        /// How many are left.
        left: u64
    },
    /// The idempotency key belongs to an order that asked for something else.
    "key_reused" => KeyReused,
    /// The id of a new order is taken.
    "order_exists" => OrderExists,
    /// No such order, or not this buyer's.
    "unknown_order" => UnknownOrder,
    /// The order is not waiting for payment.
    "order_not_reserved" => OrderNotReserved,
    /// The order has not been paid, or not any more.
    "order_not_paid" => OrderNotPaid,
    /// No such product in stock keeping.
    "unknown_product" => UnknownProduct,
    /// The stock would fall below what is reserved and sold.
    "stock_too_low" => StockTooLow {
        /// Reserved and sold.
        committed: u64
    },
    /// The stock would be larger than stock keeping counts.
    "stock_too_high" => StockTooHigh,
    /// A setting outside its range.
    "bad_setting" => BadSetting {
        /// The setting.
        field: String
    },
    /// The viewer is banned from this room.
    "banned" => Banned,
    /// The viewer is in a time-out.
    "timed_out" => TimedOut {
        /// Milliseconds until they may speak.
        retry_after_ms: u64
    },
    /// The viewer spoke too recently.
    "slow_mode" => SlowMode {
        /// Milliseconds until they may speak.
        retry_after_ms: u64
    },
    /// Nobody may speak.
    "locked_down" => LockedDown,
    /// No such incident, or it is long over.
    "unknown_incident" => UnknownIncident,
    /// Somebody has decided about the incident already.
    "incident_decided" => IncidentDecided,
    /// No such sealed clip.
    "unknown_seal" => UnknownSeal,
    /// The sealed clip has expired.
    "seal_expired" => SealExpired,
    /// More waits for the store than may wait.
    "busy" => Busy,
}

impl Rejection {
    /// Milliseconds after which trying again makes sense, if that is known.
    #[must_use]
    pub fn retry_after_ms(&self) -> Option<u64> {
        match self {
            Self::TimedOut { retry_after_ms } | Self::SlowMode { retry_after_ms } => {
                Some(*retry_after_ms)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_tag() {
        let rejection = Rejection::SoldOut { left: 2 };
        let json = serde_json::to_string(&rejection).expect("json");
        assert_eq!(json, r#"{"code":"sold_out","left":2}"#);
        assert_eq!(rejection.code(), "sold_out");
        assert!(Rejection::CODES.contains(&"sold_out"));
        let unit = serde_json::to_string(&Rejection::KeyReused).expect("json");
        assert_eq!(unit, r#"{"code":"key_reused"}"#);
    }
}
