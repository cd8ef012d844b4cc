//! Playlists of recordings, built once and kept for a while: an index of hours is parsed for the first viewer, not for
//! each.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use media::hls::vod;
use show::Slug;
use store::{Objects, StoreError};

use crate::onair::{INDEX, recording_key};

/// Bytes of a recording's index at most; about 40 hours.
const INDEX_MAX: usize = 16 << 20;
/// Recordings whose playlists are kept, and bytes of all of them; the one asked for longest ago goes first.
const KEPT_MAX: usize = 64;
const KEPT_BYTES_MAX: usize = 32 << 20;

/// What an index says, as players want it.
pub(super) struct Playlists {
    pub(super) multivariant: Option<Bytes>,
    pub(super) captions: Option<Bytes>,
    pub(super) media: Option<Bytes>,
}

impl Playlists {
    fn bytes(&self) -> usize {
        let len = |bytes: &Option<Bytes>| bytes.as_ref().map_or(0, Bytes::len);
        len(&self.multivariant) + len(&self.media) + len(&self.captions)
    }
}

struct Kept {
    show: Slug,
    /// Length of the index that they were built from; it only grows, until it is deleted.
    len: u64,
    playlists: Arc<Playlists>,
}

/// The index of a show's recording; `None` when there is none. Blocks on the disk.
pub(crate) fn index(
    objects: &dyn Objects,
    show: &Slug,
) -> Result<Option<Vec<vod::Entry>>, StoreError> {
    let text = objects.read(&recording_key(show, INDEX), 0, INDEX_MAX)?;
    Ok(text.map(|text| vod::parse(&text).entries))
}

/// The newest at the end.
#[derive(Default)]
pub(crate) struct Indexes(Mutex<Vec<Kept>>);

impl Indexes {
    /// The playlists of a show's recording; `None` when there is none. Blocks on the disk.
    pub(super) fn of(
        &self,
        objects: &dyn Objects,
        show: &Slug,
    ) -> Result<Option<Arc<Playlists>>, StoreError> {
        let key = recording_key(show, INDEX);
        let len = objects.len(&key)?;
        let known = {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let place = kept.iter().position(|known| known.show == *show);
            place.map(|place| kept.remove(place)).filter(|known| Some(known.len) == len)
        };
        let found = match known {
            Some(known) => known,
            None => {
                let Some(text) = objects.read(&key, 0, INDEX_MAX)? else { return Ok(None) };
                let entries = vod::parse(&text).entries;
                let playlists = Arc::new(Playlists {
                    multivariant: vod::multivariant(&entries),
                    captions: vod::captions(&entries),
                    media: vod::playlist(&entries),
                });
                Kept { show: show.clone(), len: len.unwrap_or(text.len() as u64), playlists }
            }
        };
        let playlists = Arc::clone(&found.playlists);
        self.keep(found);
        Ok(Some(playlists))
    }

    fn keep(&self, found: Kept) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|known| known.show != found.show);
        kept.push(found);
        let mut bytes: usize = kept.iter().map(|known| known.playlists.bytes()).sum();
        while kept.len() > KEPT_MAX || (bytes > KEPT_BYTES_MAX && !kept.is_empty()) {
            bytes -= kept.remove(0).playlists.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(msn: u64) -> String {
        let entry = vod::Entry {
            msn,
            init: 0,
            air: units::AirTime::from_ms(2000 * msn as i64),
            duration: units::Duration::from_s(2),
            discontinuity: false,
            at: units::Timestamp::from_ms(0),
            bytes: 1,
            gap: false,
            stream: None,
            captions: None,
        };
        entry.line()
    }

    #[test]
    fn an_index_is_parsed_once_until_it_grows_or_goes() {
        let folder = tempfile::tempdir().unwrap();
        let objects = store::DiskObjects::open(folder.path()).unwrap();
        let (indexes, show) = (Indexes::default(), Slug::new("evening").unwrap());
        let key = recording_key(&show, INDEX);
        assert!(indexes.of(&objects, &show).unwrap().is_none());
        objects.append(&key, line(1).as_bytes()).unwrap();
        let first = indexes.of(&objects, &show).unwrap().unwrap();
        assert!(first.media.is_some());
        assert!(Arc::ptr_eq(&first, &indexes.of(&objects, &show).unwrap().unwrap()));
        objects.append(&key, line(2).as_bytes()).unwrap();
        let more = indexes.of(&objects, &show).unwrap().unwrap();
        assert!(!Arc::ptr_eq(&first, &more) && more.media != first.media);
        objects.delete(&key).unwrap();
        assert!(indexes.of(&objects, &show).unwrap().is_none());
    }

    #[test]
    fn only_so_many_are_kept() {
        let indexes = Indexes::default();
        for n in 0..KEPT_MAX + 9 {
            let show = Slug::new(&format!("s{n}")).unwrap();
            let media = Some(Bytes::from(vec![0; 1 << 20]));
            let playlists = Arc::new(Playlists { multivariant: None, captions: None, media });
            indexes.keep(Kept { show, len: 1, playlists });
        }
        let kept = indexes.0.lock().unwrap();
        assert_eq!(kept.len(), KEPT_BYTES_MAX >> 20);
        assert_eq!(kept.last().unwrap().show.as_str(), format!("s{}", KEPT_MAX + 8));
    }
}
