//! A player with a perfect memory: reads every published playlist and every part, and remembers all. H-1, H-2.

use std::collections::BTreeMap;

use bytes::Bytes;
use media::hls::{Lookup, Snapshot};

use super::{Checked, Invariant, holds};

/// See the module.
#[derive(Default)]
pub(crate) struct Reader {
    version: Option<u64>,
    parts: BTreeMap<(u64, u32), Bytes>,
    inits: BTreeMap<u32, Bytes>,
    /// The first segment that the playlist listed.
    first: u64,
    latest: Option<(u64, u32)>,
    /// How many discontinuities lie before each segment's end.
    discontinuities: BTreeMap<u64, u64>,
    /// What an earlier run published: nothing of it may come again.
    before: Option<(u64, Option<u32>, u64)>,
}

impl Reader {
    /// The process died; another packager goes on.
    pub(crate) fn restarted(&mut self) {
        let discontinuities = self.discontinuities.values().max().copied().unwrap_or_default();
        let inits = self.inits.last_key_value().map(|(number, _)| *number);
        if let Some((msn, _)) = self.latest {
            self.before = Some((msn, inits, discontinuities));
        }
        self.version = None;
    }

    /// How many parts were published.
    pub(crate) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Reads what is published now.
    pub(crate) fn read(&mut self, snapshot: &Snapshot) -> Checked {
        let (Some(latest), Some(playlist)) = (snapshot.latest(), snapshot.playlist()) else {
            return Ok(());
        };
        if self.version == Some(snapshot.version) {
            return Ok(());
        }
        self.version = Some(snapshot.version);
        holds(Invariant::H1, Some(latest) >= self.latest, || {
            format!("the newest part is {latest:?} after {:?}", self.latest)
        })?;
        self.latest = Some(latest);
        let oldest = snapshot.segments().first().map_or(latest.0, |segment| segment.msn);
        if let Some((msn, ..)) = self.before {
            holds(Invariant::H1, oldest > msn, || {
                format!("segment {oldest} comes again after a restart")
            })?;
        }
        for msn in oldest..=latest.0 {
            self.segment(snapshot, msn)?;
        }
        self.inits(snapshot)?;
        self.playlist(&String::from_utf8_lossy(&playlist))
    }

    fn segment(&mut self, snapshot: &Snapshot, msn: u64) -> Checked {
        for part in 0.. {
            let Lookup::Found(bytes) = snapshot.part(msn, part) else {
                let known = self.parts.contains_key(&(msn, part));
                return holds(Invariant::H2, !known, || format!("part {msn}.{part} is gone"));
            };
            let known = self.parts.entry((msn, part)).or_insert_with(|| bytes.clone());
            // The same place in memory is the same bytes; comparing them all at each step would cost more than the show.
            let same = known.as_ptr() == bytes.as_ptr() || *known == bytes;
            holds(Invariant::H2, same, || format!("part {msn}.{part} has changed"))?;
        }
        Ok(())
    }

    fn inits(&mut self, snapshot: &Snapshot) -> Checked {
        let first_new = self.before.and_then(|(_, init, _)| init).map_or(0, |last| last + 1);
        for segment in snapshot.segments() {
            let Some(bytes) = snapshot.init(segment.init) else {
                return holds(Invariant::H2, false, || {
                    format!("segment {} has lost its init", segment.msn)
                });
            };
            holds(Invariant::H1, segment.init >= first_new, || {
                format!("init {} comes again after a restart", segment.init)
            })?;
            let known = self.inits.entry(segment.init).or_insert_with(|| bytes.clone());
            holds(Invariant::H2, *known == bytes, || format!("init {} has changed", segment.init))?;
        }
        Ok(())
    }

    /// Reads the text as a player does.
    fn playlist(&mut self, text: &str) -> Checked {
        let (mut msn, mut discontinuities) = (0, 0);
        for line in text.lines() {
            if let Some(value) = line.strip_prefix("#EXT-X-MEDIA-SEQUENCE:") {
                msn = value.parse().unwrap_or_default();
                holds(Invariant::H1, msn >= self.first, || {
                    format!("media sequence {msn} after {}", self.first)
                })?;
                self.first = msn;
            } else if let Some(value) = line.strip_prefix("#EXT-X-DISCONTINUITY-SEQUENCE:") {
                discontinuities = value.parse().unwrap_or_default();
            } else if line == "#EXT-X-DISCONTINUITY" {
                discontinuities += 1;
            } else if let Some(name) = line.strip_prefix("seg-") {
                holds(Invariant::H1, name == format!("{msn}.m4s"), || {
                    format!("{line} where segment {msn} belongs")
                })?;
                let known = *self.discontinuities.entry(msn).or_insert(discontinuities);
                holds(Invariant::H1, known == discontinuities, || {
                    format!(
                        "segment {msn} follows {discontinuities} discontinuities, first it was {known}"
                    )
                })?;
                let past = self.before.map_or(0, |(_, _, past)| past);
                holds(Invariant::H1, discontinuities >= past, || {
                    "the discontinuity sequence goes back".to_owned()
                })?;
                msn += 1;
            }
        }
        Ok(())
    }
}
