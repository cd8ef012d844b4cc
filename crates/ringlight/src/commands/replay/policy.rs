//! A policy from a file: the table `[policy]`, as in `ringlight.toml`, or that of a show, as in a bootstrap file.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, bail};
use serde::Deserialize;
use show::Slug;
use show::sentinel::Policy;
use toml::Spanned;

use crate::failure::Advice;

/// The longest file.
const BYTES_MAX: u64 = 1 << 20;

/// `[policy]`.
#[derive(Deserialize)]
struct Own {
    policy: Spanned<Policy>,
}

/// `[show.policy]`.
#[derive(Deserialize)]
struct OfOne {
    show: Own,
}

/// `[[show]]`, each with or without `[show.policy]`.
#[derive(Deserialize)]
struct OfMany {
    show: Vec<Planned>,
}

#[derive(Deserialize)]
struct Planned {
    slug: Option<String>,
    policy: Option<Spanned<Policy>>,
}

/// Reads the policy of a file; of several shows that of `show`.
pub(super) fn read(path: &Path, show: &Slug) -> anyhow::Result<Policy> {
    let name = path.display();
    let mut bytes = Vec::new();
    let file = File::open(path).with_context(|| format!("could not open the policy {name}"))?;
    file.take(BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("could not read {name}"))?;
    if bytes.len() as u64 > BYTES_MAX {
        bail!("{name} is longer than {BYTES_MAX} bytes, which no policy is");
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let before = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..before].iter().filter(|byte| **byte == b'\n').count();
        anyhow::anyhow!("{name} line {line}: not UTF-8")
    })?;
    parse(&text, show).with_context(|| {
        Advice::new(
            format!("the policy in {name} cannot be used"),
            "it is a table [policy] with mode, rules and on; docs/bootstrap.md has an example",
        )
    })
}

fn parse(text: &str, show: &Slug) -> anyhow::Result<Policy> {
    // What the file is decides how it is read, so that an error names the line of what is wrong.
    let file: toml::Table = toml::from_str(text)?;
    let policy = if file.contains_key("policy") {
        toml::from_str::<Own>(text)?.policy
    } else {
        match file.get("show") {
            Some(toml::Value::Table(_)) => toml::from_str::<OfOne>(text)?.show.policy,
            Some(_) => of_many(toml::from_str::<OfMany>(text)?.show, show)?,
            None => bail!("line 1: there is neither [policy] nor [show.policy]"),
        }
    };
    let line = 1 + text[..policy.span().start.min(text.len())].matches('\n').count();
    let policy = policy.into_inner();
    match policy.flaw() {
        Some(flaw) => bail!("line {line}: {flaw}"),
        None => Ok(policy),
    }
}

fn of_many(shows: Vec<Planned>, show: &Slug) -> anyhow::Result<Spanned<Policy>> {
    let mut with: Vec<Planned> = shows.into_iter().filter(|it| it.policy.is_some()).collect();
    let named = with.iter().position(|it| it.slug.as_deref() == Some(show.as_str()));
    let at = match (named, with.len()) {
        (Some(at), _) => at,
        (None, 1) => 0,
        (None, 0) => bail!("line 1: no [[show]] has a [show.policy]"),
        (None, _) => bail!("line 1: several shows have a policy, and none is called {show}"),
    };
    with.swap_remove(at).policy.context("line 1: no policy")
}

#[cfg(test)]
mod tests {
    use show::sentinel::{Mode, Response};

    use super::*;

    fn read(text: &str) -> Result<Policy, String> {
        parse(text, &Slug::new("evening").unwrap()).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_policy_stands_by_itself_or_in_a_show() {
        let table = "mode = \"act\"\nrules = [\"core\"]\non = { \"core/*\" = \"mute\" }\n";
        let own = read(&format!("[policy]\n{table}")).unwrap();
        assert_eq!((own.mode, own.rules.len()), (Mode::Act, 1));
        assert_eq!(own.response("core/contempt", Response::Advise), Response::Mute);
        assert_eq!(read(&format!("[show.policy]\n{table}")).unwrap(), own);
        let two = "[[show]]\nslug = \"late\"\n[show.policy]\n[[show]]\nslug = \"evening\"\n[show.policy]\n";
        assert_eq!(read(&format!("{two}{table}")).unwrap(), own);
        let defaults = read("[server]\nhttp = \"x\"\n[policy]\n").unwrap();
        assert_eq!(defaults, Policy::default());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, says) in [
            ("", "line 1: there is neither"),
            ("[policy]\nmode = \"ac\"\n", "line 2"),
            ("[policy]\nmodus = \"act\"\n", "line 2"),
            ("[policy\n", "line 1"),
            ("\n\n[policy]\nrules = [\"../core\"]\n", "line 3: rules: \"../core\" is no name"),
            ("[policy]\n[policy.on]\n\"contempt\" = \"mute\"\n", "on: \"contempt\" is neither"),
            ("[[show]]\nslug = \"x\"\n", "no [[show]] has"),
            ("show = 3\n", "line 1"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(says), "{text:?}: {error}");
        }
    }
}
