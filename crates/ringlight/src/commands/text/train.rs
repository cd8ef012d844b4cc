//! `text train`: the weights that ship, from the sets in the repository and public ones that lie elsewhere.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;
use flate2::read::GzDecoder;
use listen::Language;
use listen::embed::Embedder;
use listen::judge::EMBEDDER_FILE;
use listen::sets::{Sets, sha256};
use listen::training::{train_chat, train_host};

use crate::cli::{TrainArgs, Which};
use crate::failure::Advice;
use crate::out;

/// Bytes of a public file, unpacked.
const PUBLIC_BYTES_MAX: u64 = 64 << 20;
/// The list of public files that weights may be made of: sha256, language, name.
pub(super) const MANIFEST: &str = "extra.sha256";

pub(crate) fn run(args: &TrainArgs) -> anyhow::Result<bool> {
    let mut sets = super::sets(&args.texts)?;
    match &args.extra {
        Some(extra) => public(&args.texts, extra, &mut sets)?,
        None => out::line("note: no --extra: \"offensive\" is trained on own lines only"),
    }
    let models = super::models(args.models.as_deref());
    let embedder = models.map(|models| models.join(EMBEDDER_FILE)).filter(|file| file.exists());
    let Some(embedder) = embedder else {
        let what = "the sentence weights are not there, and what ships is trained with them";
        return Err(
            Advice::new(what, "run `make models`, or name their folder with --models").error()
        );
    };
    let embedder = Embedder::open(&embedder)?;
    let wanted = |which: Which| args.only.is_none_or(|only| only == which);
    if wanted(Which::Chat) {
        let chat = train_chat(&sets, Some(&embedder), None);
        write(&args.out, "chat.weights", &chat.pack(sets.inputs.clone()).to_bytes())?;
    }
    if wanted(Which::Host) {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let host = train_host(&sets, Some(&embedder), threads, &mut |line| out::line(line));
        write(&args.out, "host.weights", &host.pack(sets.inputs.clone()).to_bytes())?;
    }
    Ok(true)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
    fs::create_dir_all(folder).context("could not make the folder of models")?;
    fs::write(folder.join(name), bytes).with_context(|| format!("could not write {name}"))?;
    out::line(format_args!("{name}: {} bytes, sha256 {}", bytes.len(), sha256(bytes)));
    Ok(())
}

/// Adds every public file of the manifest. One that is missing or another is refused, for the weights would be others.
pub(super) fn public(texts: &Path, extra: &Path, sets: &mut Sets) -> anyhow::Result<()> {
    let manifest =
        fs::read_to_string(texts.join(MANIFEST)).context("could not read the manifest")?;
    for line in manifest.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [hash, language, name] = fields.as_slice() else {
            anyhow::bail!("a line of the manifest has not three fields: {line}");
        };
        let language: Language = language.parse()?;
        let bytes = fs::read(extra.join(name)).with_context(|| format!("could not read {name}"))?;
        if sha256(&bytes) != *hash {
            let what = format!("{name} is not the file that the manifest names");
            return Err(Advice::new(what, "the manifest lists the sha256 of each file").error());
        }
        sets.add_public(name, language, &unpacked(&bytes)?)?;
    }
    Ok(())
}

pub(crate) fn unpacked(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut plain = Vec::new();
    GzDecoder::new(bytes)
        .take(PUBLIC_BYTES_MAX)
        .read_to_end(&mut plain)
        .context("could not unpack")?;
    Ok(plain)
}
