//! `rules test`: the examples of rule packs, which are their tests.

use listen::judge::{Context, Judge};
use listen::rules::{Pack, SHIPPED, check};

use crate::cli::RulesTestArgs;
use crate::out;

/// False when an example does not do what it says.
pub(crate) fn test(args: &RulesTestArgs) -> anyhow::Result<bool> {
    let names: Vec<&str> = match &args.pack {
        Some(pack) => vec![pack.as_str()],
        None => SHIPPED.iter().map(|(name, _)| *name).collect(),
    };
    let models = super::text::models(args.models.as_deref());
    let mut fine = true;
    for name in names {
        let mut judge = Judge::load(models.as_deref(), &[name])?;
        for limit in judge.limits() {
            out::line(format_args!("note    {limit}"));
        }
        let pack = Pack::open(name)?;
        let tested = check(&pack, |rule, language, text| {
            judge.host(language, text, &Context::default()).iter().any(|hit| hit.rule == *rule)
        });
        for failure in &tested.failed {
            let wanted = if failure.wanted { "must hit" } else { "must not hit" };
            out::line(format_args!(
                "FAILED  {} {} {wanted}: {}",
                failure.rule, failure.language, failure.text
            ));
        }
        let (all, failed) = (tested.passed + tested.failed.len(), tested.failed.len());
        out::line(format_args!(
            "{} {} version {}: {} rules, {all} examples, {failed} failed",
            if failed == 0 { "ok     " } else { "FAILED " },
            pack.id,
            pack.version,
            pack.rules.len()
        ));
        fine &= failed == 0;
    }
    Ok(fine)
}
