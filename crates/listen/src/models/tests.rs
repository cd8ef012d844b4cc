use std::ffi::OsString;

use proptest::prelude::*;

use super::*;
use crate::half;

/// A file as CTranslate2 writes it, with one layer on each side.
fn tiny() -> Vec<u8> {
    let width = 64u32;
    let mut variables: Vec<(String, Vec<u32>)> = vec![
        ("decoder/embeddings/weight".into(), vec![4, width]),
        ("decoder/layer_norm/beta".into(), vec![width]),
        ("decoder/layer_norm/gamma".into(), vec![width]),
        ("decoder/position_encodings/encodings".into(), vec![448, width]),
        ("encoder/conv1/bias".into(), vec![width]),
        ("encoder/conv1/weight".into(), vec![width, 80, 3]),
        ("encoder/conv2/bias".into(), vec![width]),
        ("encoder/conv2/weight".into(), vec![width, width, 3]),
        ("encoder/layer_norm/beta".into(), vec![width]),
        ("encoder/layer_norm/gamma".into(), vec![width]),
        ("encoder/position_encodings/encodings".into(), vec![1500, width]),
    ];
    let mut linear = |name: String, rows: u32, columns: u32| {
        variables.push((format!("{name}/weight"), vec![rows, columns]));
        variables.push((format!("{name}/bias"), vec![rows]));
    };
    for side in ["encoder", "decoder"] {
        linear(format!("{side}/layer_0/ffn/linear_0"), 4 * width, width);
        linear(format!("{side}/layer_0/ffn/linear_1"), width, 4 * width);
        linear(format!("{side}/layer_0/self_attention/linear_0"), 3 * width, width);
        linear(format!("{side}/layer_0/self_attention/linear_1"), width, width);
    }
    linear("decoder/layer_0/attention/linear_0".into(), width, width);
    linear("decoder/layer_0/attention/linear_1".into(), 2 * width, width);
    linear("decoder/layer_0/attention/linear_2".into(), width, width);
    for norm in [
        "encoder/layer_0/ffn",
        "encoder/layer_0/self_attention",
        "decoder/layer_0/ffn",
        "decoder/layer_0/self_attention",
        "decoder/layer_0/attention",
    ] {
        variables.push((format!("{norm}/layer_norm/gamma"), vec![width]));
        variables.push((format!("{norm}/layer_norm/beta"), vec![width]));
    }

    let mut file = 6u32.to_le_bytes().to_vec();
    let name = |file: &mut Vec<u8>, name: &str| {
        file.extend((name.len() as u16 + 1).to_le_bytes());
        file.extend(name.as_bytes());
        file.push(0);
    };
    name(&mut file, "WhisperSpec");
    file.extend(3u32.to_le_bytes());
    file.extend((variables.len() as u32).to_le_bytes());
    for (nth, (variable, dims)) in variables.iter().enumerate() {
        name(&mut file, variable);
        file.push(dims.len() as u8);
        file.extend(dims.iter().flat_map(|dim| dim.to_le_bytes()));
        file.push(4);
        let elements = dims.iter().product::<u32>();
        file.extend((2 * elements).to_le_bytes());
        for n in 0..elements {
            file.extend(half::from_f32(((n + nth as u32) % 17) as f32 - 8.0).to_le_bytes());
        }
    }
    file.extend(1u32.to_le_bytes());
    name(&mut file, "decoder/projection/weight");
    name(&mut file, "decoder/embeddings/weight");
    file
}

const WORDS: &[u8] = "!\nĠa\n\n<|endoftext|>\n".as_bytes();

#[test]
fn a_model_is_converted_and_quantised() {
    let file = tiny();
    let made = ggml::from_ct2(&ct2::read(&file).expect("read"), WORDS).expect("converted");
    let word = |at: usize| u32::from_le_bytes(made[at..at + 4].try_into().expect("four bytes"));
    let header: Vec<u32> = (0..12).map(|n| word(4 * n)).collect();
    assert_eq!(header, [0x6767_6d6c, 4, 1500, 64, 1, 1, 448, 64, 1, 1, 80, 2007]);
    let mut at = 4 * 14 + 4 * 80 * 201;
    assert_eq!(word(at), 3, "words of the vocabulary");
    at += 4;
    for expected in [&b"!"[..], b" a", b""] {
        let n = word(at) as usize;
        assert_eq!(&made[at + 4..at + 4 + n], expected);
        at += 4 + n;
    }
    let mut names = Vec::new();
    while at < made.len() {
        let (rank, length, kind) = (word(at) as usize, word(at + 4) as usize, word(at + 8));
        let elements: usize = (0..rank).map(|n| word(at + 12 + 4 * n) as usize).product();
        at += 12 + 4 * rank;
        let name = String::from_utf8(made[at..at + length].to_vec()).expect("a name");
        at += length;
        if name == "decoder.token_embedding.weight" {
            // The first block holds -8..=8 twice, less two: its scale is 8/127.
            let scale = half::to_f32(u16::from_le_bytes([made[at], made[at + 1]]));
            assert!((scale - 8.0 / 127.0).abs() < 1e-4);
            assert_eq!(made[at + 2] as i8, -127);
        }
        at += match kind {
            0 => 4 * elements,
            1 => 2 * elements,
            8 => elements / 32 * 34,
            _ => panic!("type {kind} of {name}"),
        };
        names.push(name);
    }
    assert_eq!(at, made.len());
    assert_eq!(names.len(), 2 + 4 + 1 + 4 + 15 + 24);
    assert!(!names.iter().any(|name| name.ends_with("key.bias")), "keys have no bias");
}

#[test]
fn the_folder_comes_from_the_environment() {
    let check = |set: &[(&str, &str)], expected: Option<&str>| {
        let found = folder(|name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        });
        assert_eq!(found, expected.map(PathBuf::from), "{set:?}");
    };
    check(&[], None);
    check(&[("HOME", "/h")], Some("/h/.cache/ringlight/models"));
    check(&[("HOME", "/h"), ("XDG_CACHE_HOME", "/c")], Some("/c/ringlight/models"));
    check(&[("HOME", "/h"), ("XDG_CACHE_HOME", "relative")], Some("/h/.cache/ringlight/models"));
    check(&[("HOME", "/h"), ("RINGLIGHT_MODELS", "m")], Some("m"));
    check(&[("HOME", "/h"), ("RINGLIGHT_MODELS", "")], Some("/h/.cache/ringlight/models"));
}

/// SHA-256 of `abc`.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn copied() -> Model {
    let recipe = Recipe::Copy(Published { name: "published", bytes: 3, sha256: ABC });
    Model { name: "m", file: "m.bin", about: "", licence: "MIT", bytes: 3, sha256: ABC, recipe }
}

#[test]
fn an_import_proves_what_it_takes_and_is_quick_the_second_time() {
    let dir = tempfile::tempdir().expect("a folder");
    let (from, to) = (dir.path().join("from/deeper"), dir.path().join("to"));
    fs::create_dir_all(&from).expect("a folder");
    let sources = [dir.path().join("from")];
    let model = copied();
    assert_eq!(standing(&model, &to), Standing::Missing);
    assert!(matches!(
        import(&model, &sources, &to),
        Err(ListenError::Absent { file: "published" })
    ));

    fs::write(from.join("published"), "abd").expect("written");
    assert!(matches!(import(&model, &sources, &to), Err(ListenError::Altered { .. })));
    fs::write(from.join("published"), "abcd").expect("written");
    assert!(matches!(import(&model, &sources, &to), Err(ListenError::Altered { .. })));
    assert!(!to.exists(), "nothing was written");

    fs::write(from.join("published"), "abc").expect("written");
    assert!(import(&model, &sources, &to).expect("imported"));
    assert_eq!(standing(&model, &to), Standing::Ready);
    // The second time the sources are not looked at.
    assert!(!import(&model, &[dir.path().join("nowhere")], &to).expect("there already"));

    fs::write(to.join("m.bin"), "ab").expect("written");
    assert_eq!(standing(&model, &to), Standing::Damaged);
    assert!(import(&model, &sources, &to).expect("made again"));
    let left: Vec<_> =
        fs::read_dir(&to).expect("a folder").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["m.bin"], "no temporary is left");
}

proptest! {
    #[test]
    fn any_bytes_are_refused_or_read(mut file in Just(tiny()), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8), cut in any::<prop::sample::Index>()) {
        // Most of a file is weights; the names and lengths at its head are what a change can break.
        for (at, byte) in changes {
            let at = at.index(file.len().min(4096));
            file[at] = byte;
        }
        file.truncate(cut.index(file.len()) + 1);
        if let Ok(variables) = ct2::read(&file) {
            let _ = ggml::from_ct2(&variables, WORDS);
        }
    }
}
