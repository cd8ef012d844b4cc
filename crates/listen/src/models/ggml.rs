//! Writes a Whisper model in the ggml format of whisper.cpp, large matrices in `q8_0`: blocks of 32 signed bytes behind
//! one half that scales them.

use crate::ListenError;
use crate::half;
use crate::models::ct2::{Kind, Variable, Variables};

const MAGIC: u32 = 0x6767_6d6c;
const AUDIO_CONTEXT: u32 = 1500;
const TEXT_CONTEXT: u32 = 448;
/// Whisper's heads are 64 wide.
const HEAD: u32 = 64;
/// Points of the spectrum of 400 samples.
const SPECTRUM: usize = 201;
/// `q8_0`, in the second version of quantisation.
const FILE_TYPE: u32 = 2 * 1000 + 7;
const BLOCK: usize = 32;
/// Layers and width of the largest Whisper; more is refused.
const LAYERS_MAX: usize = 32;
const WIDTH_MAX: u32 = 1280;
/// Tokens of the largest vocabulary; more is refused.
const TOKENS_MAX: u32 = 51_866;
/// The first token that is not text.
const END_OF_TEXT: &str = "<|endoftext|>";

fn malformed(why: &'static str) -> ListenError {
    ListenError::Malformed { what: "the speech model", why }
}

/// How a tensor is stored.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    F32 = 0,
    F16 = 1,
    Q8 = 8,
}

/// The ggml file of a CTranslate2 model. `vocabulary` has one token a line, in the spelling of GPT-2.
pub(super) fn from_ct2(
    variables: &Variables<'_>,
    vocabulary: &[u8],
) -> Result<Vec<u8>, ListenError> {
    let embeddings = get(variables, "decoder/embeddings/weight")?;
    let &[tokens, width] = embeddings.dims() else {
        return Err(malformed("its embeddings are not a matrix"));
    };
    let mels = match get(variables, "encoder/conv1/weight")?.dims() {
        &[_, mels @ (80 | 128), 3] => mels,
        _ => return Err(malformed("its first layer does not hear")),
    };
    if width == 0 || !width.is_multiple_of(HEAD) || width > WIDTH_MAX || tokens > TOKENS_MAX {
        return Err(malformed("its size is not one that Whisper has"));
    }
    let heads = width / HEAD;
    let encoders = layers(variables, "encoder")?;
    let decoders = layers(variables, "decoder")?;

    let mut out = Out::default();
    out.words(&[MAGIC, tokens, AUDIO_CONTEXT, width, heads, encoders as u32]);
    out.words(&[TEXT_CONTEXT, width, heads, decoders as u32, mels, FILE_TYPE]);
    out.words(&[mels, SPECTRUM as u32]);
    for weight in mel_filters(mels as usize) {
        out.bytes.extend(weight.to_le_bytes());
    }
    out.vocabulary(vocabulary, tokens)?;
    out.tensors(variables, encoders, decoders)?;
    Ok(out.bytes)
}

fn get<'a>(variables: &Variables<'a>, name: &str) -> Result<Variable<'a>, ListenError> {
    variables.get(name).copied().ok_or(malformed("it lacks a part"))
}

fn layers(variables: &Variables<'_>, side: &str) -> Result<usize, ListenError> {
    let has = |n: &usize| {
        variables.contains_key(format!("{side}/layer_{n}/ffn/linear_0/weight").as_str())
    };
    let n = (0..=LAYERS_MAX).take_while(has).count();
    if n == 0 || n > LAYERS_MAX {
        return Err(malformed("its number of layers is not one that Whisper has"));
    }
    Ok(n)
}

#[derive(Default)]
struct Out {
    bytes: Vec<u8>,
}

impl Out {
    fn words(&mut self, words: &[u32]) {
        self.bytes.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }

    fn vocabulary(&mut self, vocabulary: &[u8], tokens: u32) -> Result<(), ListenError> {
        let text =
            std::str::from_utf8(vocabulary).map_err(|_| malformed("its vocabulary is not text"))?;
        let words: Vec<&str> = text.lines().take_while(|line| *line != END_OF_TEXT).collect();
        let n = u32::try_from(words.len()).unwrap_or(u32::MAX);
        if n == 0 || n >= tokens {
            return Err(malformed("its vocabulary does not fit it"));
        }
        self.words(&[n]);
        for word in words {
            let spelled: Option<Vec<u8>> = word.chars().map(byte_of).collect();
            let spelled = spelled.ok_or(malformed("its vocabulary has an unknown letter"))?;
            self.words(&[spelled.len() as u32]);
            self.bytes.extend(spelled);
        }
        Ok(())
    }

    fn tensors(
        &mut self,
        variables: &Variables<'_>,
        encoders: usize,
        decoders: usize,
    ) -> Result<(), ListenError> {
        for side in ["encoder", "decoder"] {
            let places = get(variables, &format!("{side}/position_encodings/encodings"))?;
            self.tensor(
                &format!("{side}.positional_embedding"),
                &places,
                places.dims(),
                Storage::F32,
            )?;
        }
        for conv in ["conv1", "conv2"] {
            let weight = get(variables, &format!("encoder/{conv}/weight"))?;
            self.tensor(&format!("encoder.{conv}.weight"), &weight, weight.dims(), Storage::F16)?;
            let bias = get(variables, &format!("encoder/{conv}/bias"))?;
            let n = *bias.dims().first().ok_or(malformed("a bias has no length"))?;
            self.tensor(&format!("encoder.{conv}.bias"), &bias, &[n, 1], Storage::F32)?;
        }
        self.matrix(
            "decoder.token_embedding.weight",
            &get(variables, "decoder/embeddings/weight")?,
        )?;
        self.norm(variables, "encoder/layer_norm", "encoder.ln_post")?;
        self.norm(variables, "decoder/layer_norm", "decoder.ln")?;
        for (side, layers) in [("encoder", encoders), ("decoder", decoders)] {
            for n in 0..layers {
                let (from, to) = (format!("{side}/layer_{n}"), format!("{side}.blocks.{n}"));
                self.norm(variables, &format!("{from}/ffn/layer_norm"), &format!("{to}.mlp_ln"))?;
                self.linear(variables, &format!("{from}/ffn/linear_0"), &format!("{to}.mlp.0"))?;
                self.linear(variables, &format!("{from}/ffn/linear_1"), &format!("{to}.mlp.2"))?;
                let (own, heard) = (format!("{from}/self_attention"), format!("{from}/attention"));
                self.norm(variables, &format!("{own}/layer_norm"), &format!("{to}.attn_ln"))?;
                self.fused(
                    variables,
                    &format!("{own}/linear_0"),
                    &to,
                    &["attn.query", "attn.key", "attn.value"],
                )?;
                self.linear(variables, &format!("{own}/linear_1"), &format!("{to}.attn.out"))?;
                if side == "decoder" {
                    let cross = format!("{to}.cross_attn");
                    self.norm(variables, &format!("{heard}/layer_norm"), &format!("{cross}_ln"))?;
                    self.linear(
                        variables,
                        &format!("{heard}/linear_0"),
                        &format!("{cross}.query"),
                    )?;
                    self.fused(variables, &format!("{heard}/linear_1"), &cross, &["key", "value"])?;
                    self.linear(variables, &format!("{heard}/linear_2"), &format!("{cross}.out"))?;
                }
            }
        }
        Ok(())
    }

    fn norm(&mut self, variables: &Variables<'_>, from: &str, to: &str) -> Result<(), ListenError> {
        for (gain, name) in [("gamma", "weight"), ("beta", "bias")] {
            let values = get(variables, &format!("{from}/{gain}"))?;
            self.tensor(&format!("{to}.{name}"), &values, values.dims(), Storage::F32)?;
        }
        Ok(())
    }

    fn linear(
        &mut self,
        variables: &Variables<'_>,
        from: &str,
        to: &str,
    ) -> Result<(), ListenError> {
        self.matrix(&format!("{to}.weight"), &get(variables, &format!("{from}/weight"))?)?;
        let bias = get(variables, &format!("{from}/bias"))?;
        self.tensor(&format!("{to}.bias"), &bias, bias.dims(), Storage::F32)
    }

    fn matrix(&mut self, name: &str, weight: &Variable<'_>) -> Result<(), ListenError> {
        self.tensor(name, weight, weight.dims(), Storage::Q8)
    }

    /// Projections that lie in one matrix, one below the other, become one each. Whisper's keys have no bias.
    fn fused(
        &mut self,
        variables: &Variables<'_>,
        from: &str,
        to: &str,
        names: &[&str],
    ) -> Result<(), ListenError> {
        let weight = get(variables, &format!("{from}/weight"))?;
        let bias = get(variables, &format!("{from}/bias"))?;
        let &[rows, columns] = weight.dims() else {
            return Err(malformed("a projection is not a matrix"));
        };
        let n = names.len() as u32;
        if rows == 0 || columns == 0 || !rows.is_multiple_of(n) || bias.dims() != [rows] {
            return Err(malformed("a projection does not split"));
        }
        let part = rows / n;
        let weights = weight.data.chunks_exact(weight.data.len() / names.len());
        let biases = bias.data.chunks_exact(bias.data.len() / names.len());
        for ((name, weights), biases) in names.iter().zip(weights).zip(biases) {
            let weights = weight.with(weights);
            self.tensor(&format!("{to}.{name}.weight"), &weights, &[part, columns], Storage::Q8)?;
            if !name.ends_with("key") {
                let biases = bias.with(biases);
                self.tensor(&format!("{to}.{name}.bias"), &biases, &[part], Storage::F32)?;
            }
        }
        Ok(())
    }

    fn tensor(
        &mut self,
        name: &str,
        values: &Variable<'_>,
        dims: &[u32],
        storage: Storage,
    ) -> Result<(), ListenError> {
        let width = match values.kind {
            Kind::F16 => 2,
            Kind::F32 => 4,
            Kind::Whole(_) => return Err(malformed("its weights are not floats")),
        };
        let elements = dims.iter().map(|&dim| u64::from(dim)).product::<u64>();
        if elements == 0 || elements * width != values.data.len() as u64 {
            return Err(malformed("a part has the wrong size"));
        }
        let innermost = dims.last().map_or(0, |&dim| dim as usize);
        if storage == Storage::Q8 && !innermost.is_multiple_of(BLOCK) {
            return Err(malformed("a matrix does not divide into blocks"));
        }
        self.words(&[dims.len() as u32, name.len() as u32, storage as u32]);
        for &dim in dims.iter().rev() {
            self.words(&[dim]);
        }
        self.bytes.extend_from_slice(name.as_bytes());
        let floats = values.data.chunks_exact(width as usize).map(|bytes| match *bytes {
            [a, b] => half::to_f32(u16::from_le_bytes([a, b])),
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]),
            _ => 0.0,
        });
        match storage {
            Storage::F32 => self.bytes.extend(floats.flat_map(f32::to_le_bytes)),
            Storage::F16 => {
                self.bytes.extend(floats.flat_map(|value| half::from_f32(value).to_le_bytes()));
            }
            Storage::Q8 => self.blocks(floats),
        }
        Ok(())
    }

    fn blocks(&mut self, mut floats: impl Iterator<Item = f32>) {
        while let Some(first) = floats.next() {
            let mut block = [0.0f32; BLOCK];
            for (place, value) in block.iter_mut().zip(std::iter::once(first).chain(&mut floats)) {
                *place = value;
            }
            let largest = block.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
            let scale = largest / 127.0;
            let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
            self.bytes.extend(half::from_f32(scale).to_le_bytes());
            self.bytes.extend(
                block.iter().flat_map(|value| ((value * inverse).round() as i8).to_le_bytes()),
            );
        }
    }
}

/// GPT-2 spells bytes as letters, those that print as themselves; this undoes it.
fn byte_of(letter: char) -> Option<u8> {
    let prints = |byte: u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    let code = u32::from(letter);
    match u8::try_from(code) {
        Ok(byte) => prints(byte).then_some(byte),
        Err(_) => {
            let nth = usize::try_from(code.checked_sub(256)?).ok()?;
            (0..=255u8).filter(|byte| !prints(*byte)).nth(nth)
        }
    }
}

/// Triangles over the spectrum, evenly spaced on Slaney's mel scale and of equal area, row by row.
fn mel_filters(mels: usize) -> Vec<f32> {
    const RATE: f64 = 16_000.0;
    // Slaney's scale is linear up to 1 kHz and logarithmic above.
    const STEP: f64 = 200.0 / 3.0;
    const KNEE_HZ: f64 = 1000.0;
    const KNEE: f64 = KNEE_HZ / STEP;
    let log_step = 6.4f64.ln() / 27.0;
    let to_mel =
        |hz: f64| if hz < KNEE_HZ { hz / STEP } else { KNEE + (hz / KNEE_HZ).ln() / log_step };
    let to_hz =
        |mel: f64| if mel < KNEE { mel * STEP } else { KNEE_HZ * ((mel - KNEE) * log_step).exp() };
    let top = to_mel(RATE / 2.0);
    let corners: Vec<f64> =
        (0..mels + 2).map(|n| to_hz(top * n as f64 / (mels + 1) as f64)).collect();
    let mut filters = Vec::with_capacity(mels * SPECTRUM);
    for corner in corners.windows(3) {
        let &[low, middle, high] = corner else { continue };
        for point in 0..SPECTRUM {
            let hz = point as f64 * RATE / 2.0 / (SPECTRUM - 1) as f64;
            let weight = ((hz - low) / (middle - low)).min((high - hz) / (high - middle)).max(0.0);
            filters.push((weight * 2.0 / (high - low)) as f32);
        }
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_letter() {
        let mut seen: Vec<u8> = (0..512).filter_map(char::from_u32).filter_map(byte_of).collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..=255).collect::<Vec<u8>>());
        assert_eq!(byte_of('Ġ'), Some(b' '));
        assert_eq!(byte_of('中'), None);
    }

    #[test]
    fn mel_filters_are_those_of_the_original() {
        // The first values of Whisper's own file of filters.
        let filters = mel_filters(80);
        assert_eq!(filters.len(), 80 * SPECTRUM);
        let known =
            [(0, 1, 0.024_862_6), (1, 1, 0.001_990_8), (1, 2, 0.022_871_8), (2, 2, 0.003_981_6)];
        for (row, point, expected) in known {
            let found = filters[row * SPECTRUM + point];
            assert!((found - expected).abs() < 1e-6, "{row} {point}: {found}");
        }
    }
}
