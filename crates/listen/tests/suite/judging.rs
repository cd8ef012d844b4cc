//! What fires and what must not, by the packs' own examples and by the remark of September 2023.

use listen::Language::{En, Ru, Zh};
use listen::judge::{Context, Judge};
use listen::rules::{SHIPPED, check};

fn fires(judge: &mut Judge, language: listen::Language, text: &str, message: Option<&str>) -> bool {
    let context = Context { message, before: &[] };
    judge.host(language, text, &context).iter().any(|hit| hit.rule.0 == "core/contempt")
}

#[test]
fn every_example_of_the_packs_does_what_it_says() {
    let Some(models) = crate::models() else { return };
    // This pack extends the others, so its examples are those of all.
    let name = "cn-livestream";
    let mut judge = Judge::load(Some(&models), &[name]).unwrap();
    assert!(judge.limits().is_empty());
    let pack = listen::rules::Pack::open(name).unwrap();
    assert!(SHIPPED.iter().all(|(name, _)| {
        pack.rules.iter().any(|rule| rule.id.0.starts_with(&format!("{name}/")))
    }));
    let tested = check(&pack, |rule, language, text| {
        judge.host(language, text, &Context::default()).iter().any(|hit| hit.rule == *rule)
    });
    assert_eq!(tested.failed, []);
}

/// Patterns alone carry these, so they hold without the sentence weights too.
#[test]
fn the_remark_and_its_close_variants_fire_and_sympathy_does_not() {
    for models in [None, crate::models()] {
        let mut judge = Judge::load(models.as_deref(), &["core"]).unwrap();
        for (language, text) in [
            (Zh, "哪里贵了 这么多年都是这个价格 不要睁着眼睛乱说 国货品牌很难的"),
            (Zh, "有的时候找找自己原因好吧 这么多年了工资涨没涨 有没有认真工作"),
            (Zh, "這支筆一直都是這個價 你看看自己這麼多年工資漲了沒有 有沒有認真工作"),
            (
                Ru,
                "где он дорогой, столько лет одна цена, поищите причину в себе, зарплата выросла за эти годы, работали как следует?",
            ),
            (Ru, "не говорите ерунду с открытыми глазами, крем всегда столько стоил"),
            (
                En,
                "how is it expensive, it's been this price for years, don't talk nonsense with your eyes open",
            ),
            (
                En,
                "look at yourself sometimes, has your salary gone up in all these years, did you work hard",
            ),
        ] {
            assert!(fires(&mut judge, language, text, None), "{text}");
        }
        for (language, text) in [
            (Zh, "我知道大家工作很努力 工资涨得慢"),
            (Zh, "我自己的工资也好几年没涨了"),
            (Ru, "я знаю, что вы много работаете, а зарплаты растут медленно"),
            (En, "I know that you work hard and wages grow slowly"),
            (En, "we have it in three shades and it ships on monday"),
        ] {
            assert!(!fires(&mut judge, language, text, None), "{text}");
        }
    }
}

#[test]
fn a_judge_without_sentence_weights_says_so_and_names_its_versions() {
    let judge = Judge::load(None, &["core", "claims"]).unwrap();
    assert_eq!(judge.limits().len(), 1);
    let versions = judge.versions().join(", ");
    for pack in judge.packs() {
        let version = format!("{} {}", pack.id, pack.version);
        assert!(versions.contains(&version), "{version} is not in {versions}");
    }
    assert_eq!(judge.packs().len(), 2);
    assert!(Judge::load(None, &["no-such-pack"]).is_err());
}

#[test]
fn what_was_said_before_clears_nothing() {
    let Some(models) = crate::models() else { return };
    let mut judge = Judge::load(Some(&models), &["core"]).unwrap();
    let before = ["good evening and welcome to the show", "tonight we look at a kettle"];
    for text in [
        "With your taste, I am not surprised.",
        "I explain it slowly, because thinking is clearly not your strong side.",
        "Are you stupid?",
    ] {
        let alone = Context::default();
        let context = Context { message: None, before: &before };
        for context in [alone, context] {
            let hits = judge.host(En, text, &context);
            assert!(hits.iter().any(|hit| hit.rule.0 == "core/contempt"), "{text}");
        }
    }
}

#[test]
fn any_text_is_judged() {
    let mut judge = Judge::load(None, &["core", "claims", "cn-livestream"]).unwrap();
    for text in ["", "\u{0}", "😀😀😀", &"长".repeat(10_000), "\u{202E}abc\u{FFFD}"] {
        for language in listen::Language::ALL {
            judge.host(language, text, &Context { message: Some(text), before: &[text; 5] });
            let scores = judge.chat(text);
            assert!((scores.labels.iter().sum::<f32>() - 1.0).abs() < 1e-3);
            assert!((0.0..=1.0).contains(&judge.offensive(language, text)));
        }
    }
}
