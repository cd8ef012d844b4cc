//! From sets to the weights that ship. The same sets make the same bytes.

use crate::Language;
use crate::embed::Embedder;
use crate::host::{HostModel, HostRow, Source, fit_host};
use crate::sets::{Kinded, Sets};
use crate::text::ChatModel;
use crate::text::grams::Scratch;
use crate::text::labels::ChatLabel;
use crate::text::lexicon::Lexicon;
use crate::text::prior::Prior;
use crate::text::train::{Options, Row, Shuffle, fit};

fn features(text: &str) -> Vec<u32> {
    let mut scratch = Scratch::default();
    scratch.read(Lexicon::shared(), text);
    scratch.features
}

/// Trains chat labels and "offensive". `skip` leaves one writer out, for an honest look at the others' worth.
pub fn train_chat(sets: &Sets, embedder: Option<&Embedder>, skip: Option<&str>) -> ChatModel {
    let mut model = ChatModel::default();
    let prior = embedder.map(Prior::new);
    let rows: Vec<Row> = sets
        .chat
        .iter()
        .filter(|row| Some(row.writer.as_str()) != skip)
        .map(|row| {
            let features = features(&row.text);
            let dense = prior.as_ref().map_or(Vec::new(), |prior| prior.numbers(&features));
            Row { features, dense, class: row.label as usize, weight: 1.0 }
        })
        .collect();
    let options = Options { epochs: 14, dense_rate: 0.003, ..Options::default() };
    let mut fitted = fit(&rows.iter().collect::<Vec<_>>(), ChatLabel::ALL.len(), options);
    if let Some(prior) = &prior {
        prior.fold(&mut fitted);
    }
    model.set_labels(&fitted);
    for language in Language::ALL {
        let rows = offensive_rows(sets, language);
        if !rows.is_empty() {
            let options = Options { epochs: 8, rate: 0.3, decay: 0.0, ..Options::default() };
            model.set_offensive(language, &fit(&rows.iter().collect::<Vec<_>>(), 1, options));
        }
    }
    model
}

/// Public lines where they may ship; where there are none, our own insults against all our other lines.
fn offensive_rows(sets: &Sets, language: Language) -> Vec<Row> {
    let row = |text: &str, offensive| Row {
        features: features(text),
        dense: Vec::new(),
        class: usize::from(offensive),
        weight: 1.0,
    };
    let public: Vec<Row> = sets
        .offensive
        .iter()
        .filter(|line| line.language == language)
        .map(|line| row(&line.text, line.offensive))
        .collect();
    if !public.is_empty() {
        return public;
    }
    let chat = sets.chat.iter().filter(|line| line.language == language);
    let chat = chat.map(|line| row(&line.text, line.label == ChatLabel::HostileToHost));
    let host = sets.host.iter().filter(|line| {
        let ours = line.row.language == language && line.row.source == Source::Host;
        ours && (line.kind == "insult" || line.row.labels.is_empty())
    });
    chat.chain(host.map(|line| row(&line.row.text, line.kind == "insult"))).collect()
}

/// Trains contempt and claims; any number of threads makes the same model.
pub fn train_host(
    sets: &Sets,
    embedder: Option<&Embedder>,
    threads: usize,
    report: &mut dyn FnMut(&str),
) -> HostModel {
    let mut rows: Vec<HostRow> = sets.host.iter().map(|line| line.row.clone()).collect();
    rows.extend(sets.host.iter().filter_map(cut));
    claims_behind(&mut rows);
    fit_host(&rows, embedder, threads, report)
}

/// Of so many harmless sentences one is taught a second time, cut off: hearing judges sentences while they grow.
const CUT_OF: usize = 4;
/// Of so many claims one is taught behind another sentence.
const BEHIND_OF: usize = 3;

/// A harmless sentence as far as it has been said.
fn cut(line: &Kinded) -> Option<HostRow> {
    let row = &line.row;
    let mut shuffle = Shuffle::new(
        row.text
            .bytes()
            .fold(5, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))),
    );
    let spoken = row.source == Source::Host && row.labels.is_empty();
    if !spoken || !shuffle.seed().is_multiple_of(CUT_OF as u64) {
        return None;
    }
    let mut ends: Vec<usize> = row.text.char_indices().map(|(at, _)| at).skip(2).collect();
    if row.language != Language::Zh {
        ends.retain(|at| row.text[*at..].starts_with(' '));
    }
    let end = *ends.get(shuffle.seed() as usize % ends.len().max(1))?;
    Some(HostRow { text: row.text[..end].to_owned(), ..row.clone() })
}

/// Claims are written without what was said before; on air there always is something.
fn claims_behind(rows: &mut [HostRow]) {
    for language in Language::ALL {
        let mut shuffle = Shuffle::new(17);
        let mut said: Vec<String> = rows
            .iter()
            .filter(|row| row.language == language && row.labels.is_empty())
            .map(|row| row.text.clone())
            .collect();
        shuffle.shuffle(&mut said);
        let claims =
            rows.iter_mut().filter(|row| row.language == language && row.source == Source::Claims);
        for (row, said) in claims.step_by(BEHIND_OF).zip(said.iter().cycle()) {
            row.context.clone_from(said);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets() -> Sets {
        let mut sets = Sets::default();
        for writer in ["a", "b"] {
            let chat =
                "label\ttext\npraise\tlovely shade\nquestion\twhich size?\nspam\tfree crypto\n";
            sets.add(&format!("chat/en/{writer}.tsv"), chat.as_bytes()).unwrap();
            let host = "label\tkind\ttext\tcontext\ncontempt\tpoverty\tyou are too poor for this\t\n\
                        clear\tordinary\twe have two shades\twhich shades\n";
            sets.add(&format!("host/en/{writer}.tsv"), host.as_bytes()).unwrap();
            let claims = "rules\ttext\nminors\tkids, take a phone\nnone\task your parents\n";
            sets.add(&format!("claims/en/{writer}.tsv"), claims.as_bytes()).unwrap();
        }
        sets
    }

    #[test]
    fn the_same_sets_make_the_same_bytes() {
        let make = || {
            let sets = sets();
            let host = train_host(&sets, None, 1, &mut |_| {});
            let chat = train_chat(&sets, None, None);
            (chat.pack(sets.inputs.clone()).to_bytes(), host.pack(sets.inputs).to_bytes())
        };
        let first = make();
        assert!(first == make());
        let host =
            crate::weights::Weights::from_bytes(&first.1, "host", crate::host::VERSION).unwrap();
        assert!(HostModel::unpack(&host).is_ok());
    }

    #[test]
    fn any_number_of_threads_teaches_the_same_bytes() {
        let Some(embedder) = crate::embed::tests::embedder() else { return };
        let make = |threads| {
            let sets = sets();
            let host = train_host(&sets, Some(&embedder), threads, &mut |_| {});
            host.pack(sets.inputs).to_bytes()
        };
        assert!(make(1) == make(3));
    }
}
