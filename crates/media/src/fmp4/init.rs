//! The init segment: `ftyp` and `moov` of a muxed H.264 + AAC program.

use bytes::Bytes;
use mp4_atom::{
    Atom, Audio, Avc1, Avcc, Codec, Dinf, Dref, DrefEntry, Encode, Ftyp, Hdlr, Mdhd, Mdia, Minf,
    Moov, Mp4a, Mvex, Mvhd, Smhd, Stbl, Stco, Stsd, Tkhd, Trak, Trex, Url, Visual, Vmhd, esds,
};

use super::{AUDIO_TRACK, VIDEO_TIMESCALE, VIDEO_TRACK};
use crate::frame::{AudioConfig, VideoConfig};

/// An init segment that cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither the decoder configuration nor the parameter sets can be used.
    #[error("the video's parameter sets cannot be read")]
    ParameterSets,
    /// A box cannot be encoded.
    #[error("an init box cannot be written")]
    Encode(#[from] mp4_atom::Error),
}

/// The init segment for `video` and, when the program has sound, `audio`.
///
/// `audio_timescale` is the program's and stays when the rate of the sound itself changes.
pub fn init(
    video: &VideoConfig,
    audio: Option<&AudioConfig>,
    audio_timescale: u32,
) -> Result<Bytes, Error> {
    let ftyp = Ftyp {
        major_brand: b"iso6".into(),
        minor_version: 0,
        compatible_brands: vec![b"iso6".into(), b"cmfc".into(), b"mp41".into()],
    };
    let mut tracks = vec![video_track(video)?];
    let mut extends = vec![extend(VIDEO_TRACK)];
    if let Some(audio) = audio {
        tracks.push(audio_track(audio, audio_timescale));
        extends.push(extend(AUDIO_TRACK));
    }
    let moov = Moov {
        mvhd: Mvhd {
            timescale: 1000,
            rate: 1.into(),
            volume: 1.into(),
            next_track_id: AUDIO_TRACK + 1,
            ..Default::default()
        },
        mvex: Some(Mvex { mehd: None, trex: extends }),
        trak: tracks,
        ..Default::default()
    };
    let mut out = Vec::with_capacity(1024);
    ftyp.encode(&mut out)?;
    moov.encode(&mut out)?;
    Ok(out.into())
}

fn extend(track_id: u32) -> Trex {
    Trex { track_id, default_sample_description_index: 1, ..Default::default() }
}

fn video_track(config: &VideoConfig) -> Result<Trak, Error> {
    let avcc = avcc(config)?;
    let entry = Avc1 {
        visual: Visual {
            data_reference_index: 1,
            width: config.width,
            height: config.height,
            ..Default::default()
        },
        avcc,
        btrt: None,
        colr: None,
        pasp: None,
        taic: None,
        fiel: None,
        spatial: None,
    };
    let minf = Minf { vmhd: Some(Vmhd::default()), ..media(entry.into()) };
    Ok(Trak {
        tkhd: Tkhd {
            track_id: VIDEO_TRACK,
            enabled: true,
            in_movie: true,
            width: config.width.into(),
            height: config.height.into(),
            ..Default::default()
        },
        mdia: Mdia {
            mdhd: header(VIDEO_TIMESCALE),
            hdlr: Hdlr { handler: b"vide".into(), name: "video".into() },
            minf,
        },
        ..Default::default()
    })
}

/// The source's own configuration record where it can be read, as it also carries the chroma format;
/// else one made from the parameter sets.
fn avcc(config: &VideoConfig) -> Result<Avcc, Error> {
    let read = Avcc::decode_body(&mut config.avcc.as_ref()).ok();
    let usable =
        |a: &Avcc| !a.sequence_parameter_sets.is_empty() && !a.picture_parameter_sets.is_empty();
    let made = || {
        let (sps, pps) = (config.sps.first()?, config.pps.first()?);
        Avcc::new(sps, pps).ok()
    };
    let avcc = read.filter(usable).or_else(made).ok_or(Error::ParameterSets)?;
    Ok(Avcc { length_size: 4, ..avcc })
}

fn audio_track(config: &AudioConfig, timescale: u32) -> Trak {
    let entry = Mp4a {
        audio: Audio {
            data_reference_index: 1,
            channel_count: u16::from(config.channels),
            sample_size: 16,
            // A rate that does not fit 16 bits is written as 0; decoders take it from the AudioSpecificConfig.
            sample_rate: u16::try_from(config.sample_rate).unwrap_or(0).into(),
        },
        esds: elementary_stream(config),
        btrt: None,
        taic: None,
    };
    let minf = Minf { smhd: Some(Smhd::default()), ..media(entry.into()) };
    Trak {
        tkhd: Tkhd {
            track_id: AUDIO_TRACK,
            enabled: true,
            in_movie: true,
            volume: 1.into(),
            alternate_group: 1,
            ..Default::default()
        },
        mdia: Mdia {
            mdhd: header(timescale),
            hdlr: Hdlr { handler: b"soun".into(), name: "sound".into() },
            minf,
        },
        ..Default::default()
    }
}

fn elementary_stream(config: &AudioConfig) -> esds::Esds {
    esds::Esds {
        es_desc: esds::EsDescriptor {
            es_id: AUDIO_TRACK as u16,
            dec_config: esds::DecoderConfig {
                // 14496-3 audio, an audio stream (14496-1, tables 5 and 6).
                object_type_indication: 0x40,
                stream_type: 5,
                dec_specific: Some(esds::DecoderSpecific {
                    raw: config.asc.to_vec(),
                    ..Default::default()
                }),
                ..Default::default()
            },
            ..Default::default()
        },
    }
}

fn header(timescale: u32) -> Mdhd {
    Mdhd { timescale, language: "und".into(), ..Default::default() }
}

/// The boxes that both tracks have: samples are in fragments, so the tables are empty.
fn media(entry: Codec) -> Minf {
    Minf {
        dinf: Dinf { dref: Dref { entries: vec![DrefEntry::Url(Url::default())] } },
        stbl: Stbl {
            stsd: Stsd { codecs: vec![entry] },
            stco: Some(Stco::default()),
            ..Default::default()
        },
        ..Default::default()
    }
}
