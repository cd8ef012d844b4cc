//! Which shows left a recording: looked up on the disk once, so that no page waits for it.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};

use show::Slug;
use store::Objects;

use crate::onair::{INDEX, recording_key};

/// The shows with a recording.
pub(crate) struct Recordings {
    objects: Arc<dyn Objects>,
    known: RwLock<HashSet<Slug>>,
}

impl Recordings {
    /// Looks at every show; blocks on the disk.
    pub(crate) fn load(objects: &Arc<dyn Objects>, shows: impl Iterator<Item = Slug>) -> Self {
        let known = shows.filter(|show| is_there(&**objects, show)).collect();
        Self { objects: Arc::clone(objects), known: RwLock::new(known) }
    }

    /// Whether there is a recording to watch, as it was known last.
    pub(crate) fn has(&self, show: &Slug) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).contains(show)
    }

    /// Looks again: a show has ended, or its recording has expired.
    pub(crate) async fn look(&self, show: &Slug) {
        let (objects, slug) = (Arc::clone(&self.objects), show.clone());
        let look = tokio::task::spawn_blocking(move || is_there(&*objects, &slug));
        let there = look.await.unwrap_or(false);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if there {
            known.insert(show.clone());
        } else {
            known.remove(show);
        }
    }
}

fn is_there(objects: &dyn Objects, show: &Slug) -> bool {
    objects.len(&recording_key(show, INDEX)).ok().flatten().is_some()
}
