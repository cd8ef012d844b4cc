//! Rule packs: which sentences break which rule, on what basis, and what is proposed then.
//!
//! A pack is a TOML file of hostile bytes: its size, the number of its rules and the size of its patterns are bounded, and
//! patterns match in linear time. Each rule carries the sentences that must and must not hit: they are its tests.

mod check;
mod fuzzy;
mod pack;

pub use check::{Failure, Tested, check};
pub use pack::{Action, Examples, Pack, PackError, Rule, RuleId, Severity};

/// The packs that ship, by name.
pub const SHIPPED: [(&str, &str); 3] = [
    ("core", include_str!("../../../rules/core.toml")),
    ("claims", include_str!("../../../rules/claims.toml")),
    ("cn-livestream", include_str!("../../../rules/cn-livestream.toml")),
];
