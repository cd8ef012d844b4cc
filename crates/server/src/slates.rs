//! The slates: the ones that ship, or an operator's own.

use std::path::Path;

use anyhow::Context;
use bytes::Bytes;
use media::feed::Feed;
use media::flv;
use media::frame::Frame;
use media::program::{Slate, Slates};

const LANDSCAPE: &[u8] = include_bytes!("../../../slates/landscape.flv");
const PORTRAIT: &[u8] = include_bytes!("../../../slates/portrait.flv");
/// A slate is loaded whole, so it stays small.
const BYTES_MAX: u64 = 16 << 20;

/// Loads the slates; `folder` holds `landscape.flv` and, when there is one, `portrait.flv`.
pub(crate) fn load(folder: Option<&Path>) -> anyhow::Result<Slates> {
    let Some(folder) = folder else {
        return Ok(Slates {
            landscape: parse(Bytes::from_static(LANDSCAPE))?,
            portrait: Some(parse(Bytes::from_static(PORTRAIT))?),
        });
    };
    let read = |name: &str| {
        let path = folder.join(name);
        let size =
            std::fs::metadata(&path).with_context(|| format!("read {}", path.display()))?.len();
        anyhow::ensure!(size <= BYTES_MAX, "{} is larger than 16 MiB", path.display());
        let bytes = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        parse(Bytes::from(bytes)).with_context(|| format!("in {}", path.display()))
    };
    let portrait =
        folder.join("portrait.flv").exists().then(|| read("portrait.flv")).transpose()?;
    Ok(Slates { landscape: read("landscape.flv")?, portrait })
}

fn parse(file: Bytes) -> anyhow::Result<Slate> {
    let mut feed = Feed::new();
    let mut pictures = Vec::new();
    for tag in flv::read(&file).context("not an FLV file")? {
        if let Some(Frame::Video(picture)) = feed.push(&tag)? {
            pictures.push(picture);
        }
    }
    Ok(Slate::from_frames(pictures)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slates_that_ship_load() {
        let slates = load(None).unwrap();
        assert_eq!(
            (slates.landscape.config().width, slates.landscape.config().height),
            (1280, 720)
        );
        assert_eq!(slates.portrait.map(|slate| slate.config().width), Some(720));
    }

    #[test]
    fn a_folder_without_slates_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let error = format!("{:#}", load(Some(folder.path())).unwrap_err());
        assert!(error.contains("landscape.flv"), "{error}");
        std::fs::write(folder.path().join("landscape.flv"), b"no").unwrap();
        assert!(format!("{:#}", load(Some(folder.path())).unwrap_err()).contains("FLV"));
    }
}
