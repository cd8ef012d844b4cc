//! What a show does about a hit: a rule's response, chosen by people before the show.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::desk::ActionKind;

/// Rule packs of one policy.
pub const PACKS_MAX: usize = 16;
/// Responses of one policy.
pub const RESPONSES_MAX: usize = 256;
/// The longest name of a pack or rule, in bytes.
pub const NAME_MAX_BYTES: usize = 80;

/// Who acts on a hit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The desk is told; a person acts.
    #[default]
    Advise,
    /// The program acts at once, within the bounds of [`super::MACHINE_STOP_MAX`] and [`super::MACHINE_HAND_OVER_MAX`].
    Act,
}

/// What is done about a hit, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// Nothing: the rule does not apply to this show.
    Off,
    /// An incident is opened.
    Advise,
    /// The sentence is muted.
    Mute,
    /// The slate covers the picture.
    Cover,
    /// The standby takes over.
    HandOver,
}

impl Response {
    /// The action that it stands for; a machine takes no other.
    #[must_use]
    pub fn action(self) -> Option<ActionKind> {
        match self {
            Self::Off | Self::Advise => None,
            Self::Mute => Some(ActionKind::Mute),
            Self::Cover => Some(ActionKind::Cover),
            Self::HandOver => Some(ActionKind::HandOver),
        }
    }
}

/// A show's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Who acts.
    pub mode: Mode,
    /// The rule packs that judge, by name.
    pub rules: Vec<String>,
    /// The response to a rule (`core/contempt`), a pack (`claims/*`) or every rule (`*`). The most specific wins.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub on: BTreeMap<String, Response>,
}

impl Default for Policy {
    /// Advises on what the two packs that ship for every country find.
    fn default() -> Self {
        let rules = vec!["core".to_owned(), "claims".to_owned()];
        Self { mode: Mode::Advise, rules, on: BTreeMap::new() }
    }
}

impl Policy {
    /// What is done about a hit on `rule`, whose pack proposes `proposed`.
    #[must_use]
    pub fn response(&self, rule: &str, proposed: Response) -> Response {
        let pack = rule.split('/').next().unwrap_or_default();
        let named = self.on.get(rule).or_else(|| self.on.get(&format!("{pack}/*")));
        named.or_else(|| self.on.get("*")).copied().unwrap_or(proposed)
    }

    /// The first entry that is no name, or one too many.
    #[must_use]
    pub fn flaw(&self) -> Option<String> {
        let name = |text: &str| {
            !text.is_empty()
                && text.len() <= NAME_MAX_BYTES
                && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-_".contains(&c))
        };
        if self.rules.len() > PACKS_MAX {
            return Some(format!("rules: at most {PACKS_MAX} packs"));
        }
        if self.on.len() > RESPONSES_MAX {
            return Some(format!("on: at most {RESPONSES_MAX} responses"));
        }
        if let Some(pack) = self.rules.iter().find(|pack| !name(pack)) {
            return Some(format!("rules: {pack:?} is no name of a pack"));
        }
        let rule = |key: &str| match key.split_once('/') {
            Some((pack, rule)) => name(pack) && (rule == "*" || name(rule)),
            None => key == "*",
        };
        let bad = self.on.keys().find(|key| !rule(key));
        bad.map(|key| format!("on: {key:?} is neither pack/rule, nor pack/*, nor *"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(on: &[(&str, Response)]) -> Policy {
        let on = on.iter().map(|(rule, response)| ((*rule).to_owned(), *response)).collect();
        Policy { on, ..Policy::default() }
    }

    #[test]
    fn the_most_specific_response_wins() {
        let all = policy(&[
            ("*", Response::Off),
            ("claims/*", Response::Advise),
            ("claims/minors", Response::Mute),
        ]);
        assert_eq!(all.response("claims/minors", Response::Cover), Response::Mute);
        assert_eq!(all.response("claims/other", Response::Cover), Response::Advise);
        assert_eq!(all.response("core/contempt", Response::Cover), Response::Off);
        assert_eq!(policy(&[]).response("core/contempt", Response::Cover), Response::Cover);
    }

    #[test]
    fn names_are_checked() {
        assert_eq!(policy(&[("core/contempt", Response::Mute), ("*", Response::Off)]).flaw(), None);
        for bad in ["", "core", "core/", "/contempt", "core/a b", "*/x"] {
            assert!(policy(&[(bad, Response::Mute)]).flaw().is_some(), "{bad:?}");
        }
        let rules = vec!["../core".to_owned()];
        assert!(Policy { rules, ..Policy::default() }.flaw().is_some());
    }
}
