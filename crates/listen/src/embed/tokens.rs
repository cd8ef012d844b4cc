//! Text to tokens: the replacement table of the vocabulary's maker, then the cheapest path through a unigram
//! vocabulary.
//!
//! Follows SentencePiece's unigram model (Kudo 2018) as XLM-RoBERTa uses it. The text is cut before anything else, so that
//! work and memory are bounded by [`CHARS_MAX`] whatever comes.

use super::EmbedError;
use super::file::{Parts, Specials};

/// Characters of a text that are looked at; what follows is not judged. A sentence of speech has fewer than 300.
const CHARS_MAX: usize = 1000;
/// The mark that stands for the space before a word.
const SPACE: char = '\u{2581}';
/// How much worse an unknown character is than the rarest piece.
const UNKNOWN_PENALTY: f32 = 10.0;

pub(super) struct Tokens {
    offsets: Vec<u32>,
    scores: Vec<f32>,
    pieces: Vec<u8>,
    /// Open addressing: the piece's index plus one; zero is empty.
    table: Vec<u32>,
    replaced: Vec<(u32, Vec<u32>)>,
    unknown_score: f32,
    piece_bytes_max: usize,
    pub(super) specials: Specials,
}

impl Tokens {
    pub(super) fn new(parts: &Parts<'_>) -> Result<Self, EmbedError> {
        let count = parts.scores.len();
        let mut longest = 1;
        for pair in parts.offsets.windows(2) {
            let (from, to) = (pair[0] as usize, pair[1] as usize);
            if from > to || to > parts.pieces.len() {
                return Err(EmbedError::Shape("a piece lies outside of the vocabulary"));
            }
            longest = longest.max(to - from);
        }
        if count > parts.vocabulary || parts.specials.unknown as usize >= count {
            return Err(EmbedError::Shape("the vocabulary has more pieces than rows"));
        }
        let lowest = parts.scores.iter().copied().fold(f32::MAX, f32::min);
        let mut tokens = Self {
            offsets: parts.offsets.clone(),
            scores: parts.scores.clone(),
            pieces: parts.pieces.to_vec(),
            table: vec![0; (count * 2).next_power_of_two()],
            replaced: parts.replaced.clone(),
            unknown_score: lowest - UNKNOWN_PENALTY,
            piece_bytes_max: longest.min(256),
            specials: parts.specials,
        };
        for index in 0..count {
            let piece = tokens.piece(index);
            if piece.is_empty() {
                continue;
            }
            let mut slot = tokens.slot(piece);
            while tokens.table[slot] != 0 {
                slot = (slot + 1) % tokens.table.len();
            }
            tokens.table[slot] = index as u32 + 1;
        }
        Ok(tokens)
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = (String, f32, u32)> + '_ {
        self.scores.iter().enumerate().map(|(index, score)| {
            let piece = String::from_utf8_lossy(self.piece(index)).replace(SPACE, " ");
            (piece, *score, index as u32)
        })
    }

    fn piece(&self, index: usize) -> &[u8] {
        &self.pieces[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }

    /// FNV-1a into the table, whose size is a power of two.
    fn slot(&self, piece: &[u8]) -> usize {
        let hash = piece.iter().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3)
        });
        hash as usize & (self.table.len() - 1)
    }

    fn find(&self, piece: &[u8]) -> Option<usize> {
        let mut slot = self.slot(piece);
        loop {
            let index = (self.table[slot] as usize).checked_sub(1)?;
            if self.piece(index) == piece {
                return Some(index);
            }
            slot = (slot + 1) % self.table.len();
        }
    }

    /// What the vocabulary's maker wrote for each character, spaces as marks, with one in front.
    fn prepare(&self, text: &str) -> Vec<char> {
        let mut prepared = vec![SPACE];
        let push = |c: char, prepared: &mut Vec<char>| {
            let c = if c == ' ' { SPACE } else { c };
            if c != SPACE || prepared.last() != Some(&SPACE) {
                prepared.push(c);
            }
        };
        for c in text.chars().take(CHARS_MAX) {
            match self.replaced.binary_search_by_key(&u32::from(c), |(point, _)| *point) {
                Ok(found) => {
                    for point in &self.replaced[found].1 {
                        push(char::from_u32(*point).unwrap_or(' '), &mut prepared);
                    }
                }
                Err(_) => push(c, &mut prepared),
            }
        }
        prepared
    }

    /// Tokens of a text in order, at most `most`, without begin and end.
    pub(super) fn of(&self, text: &str, most: usize) -> Vec<u32> {
        let prepared = self.prepare(text);
        let mut bytes = String::new();
        let mut starts = Vec::with_capacity(prepared.len() + 1);
        for c in &prepared {
            starts.push(bytes.len());
            bytes.push(*c);
        }
        starts.push(bytes.len());
        let bytes = bytes.as_bytes();
        let count = prepared.len();
        let mut best = vec![f32::NEG_INFINITY; count + 1];
        let mut back = vec![(self.specials.unknown, 0_usize); count + 1];
        best[0] = 0.0;
        for from in 0..count {
            let begin = starts[from];
            for to in from + 1..=count {
                if starts[to] - begin > self.piece_bytes_max {
                    break;
                }
                let Some(index) = self.find(&bytes[begin..starts[to]]) else { continue };
                let score = best[from] + self.scores[index];
                if index as u32 != self.specials.unknown && score > best[to] {
                    best[to] = score;
                    back[to] = (index as u32, from);
                }
            }
            let score = best[from] + self.unknown_score;
            if score > best[from + 1] {
                best[from + 1] = score;
                back[from + 1] = (self.specials.unknown, from);
            }
        }
        let mut tokens = Vec::new();
        let mut at = count;
        while at > 0 {
            tokens.push(back[at].0);
            at = back[at].1;
        }
        tokens.reverse();
        tokens.truncate(most);
        tokens
    }
}
