//! Hearing a live show: sound is tapped before the delay, a thread of its own recognises and judges it, and what it finds goes
//! to the show's owner as signals.
//!
//! A detector takes nothing with it. It runs on its own thread behind a bounded queue that drops rather than waits; one that
//! panics or hangs is replaced, and the desk says that it is out. Nothing is heard outside a live show.

mod answered;
mod detector;
mod heard;
mod tell;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

use listen::Language;
use media::frame::AudioFrame;
use show::sentinel::Hearing as State;
use store::Store;

pub(crate) use self::answered::{LOOKED_AT, answered};
use self::detector::Detector;
pub(crate) use self::detector::UNFINISHED_MIN;
pub(crate) use self::heard::{Heard, Line};
pub(crate) use self::tell::{ANSWER_LASTS, BEFORE, response, severity};
use self::tell::{Hearer, tell_state};
use crate::config;
use crate::desk::INCIDENTS_MAX;
use crate::rooms::Rooms;
use crate::shop::Shop;
use crate::shows::ShowHandle;
use crate::watch::Watch;

/// Hearing, for every show of the server.
#[derive(Clone)]
pub(crate) struct Hearing {
    settings: config::Listen,
    rooms: Arc<Rooms>,
    shop: Arc<Shop>,
    store: Arc<dyn Store>,
    open: Arc<AtomicUsize>,
}

/// A show's ear: sound goes in, and hearing ends when it is dropped.
pub(crate) struct Ear {
    watch: Option<Watch<AudioFrame>>,
    open: Arc<AtomicUsize>,
    show: Weak<ShowHandle>,
}

impl Ear {
    /// Hands over sound of the host's feed, in channel time. Never waits.
    pub(crate) fn push(&self, sound: &AudioFrame) {
        if let Some(watch) = &self.watch {
            watch.push(sound.clone());
        }
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        if self.watch.is_some() {
            self.open.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(show) = self.show.upgrade() {
            show.heard.forget();
        }
    }
}

impl Hearing {
    pub(crate) fn new(
        settings: &config::Listen,
        rooms: &Arc<Rooms>,
        shop: &Arc<Shop>,
        store: &Arc<dyn Store>,
    ) -> Self {
        Self {
            settings: settings.clone(),
            rooms: Arc::clone(rooms),
            shop: Arc::clone(shop),
            store: Arc::clone(store),
            open: Arc::default(),
        }
    }

    /// Begins to hear a show, as its plan says; the desk is told when it cannot.
    pub(crate) fn open(&self, show: &Arc<ShowHandle>) -> Ear {
        let ear = |watch| Ear { watch, open: Arc::clone(&self.open), show: Arc::downgrade(show) };
        let state = show.state();
        let policy = state.plan.as_ref().and_then(|plan| Some((plan, plan.policy.as_ref()?)));
        let Some((plan, policy)) = policy else { return ear(None) };
        self.remember(show);
        if !self.settings.enabled {
            tell_state(show, State::Off);
            return ear(None);
        }
        // A tag such as `zh-CN` is heard as its language.
        let code = plan.language.split('-').next().unwrap_or_default().to_lowercase();
        let Ok(language) = code.parse::<Language>() else {
            tell_state(show, State::Language);
            return ear(None);
        };
        if self.open.fetch_add(1, Ordering::Relaxed) >= self.settings.shows_max {
            self.open.fetch_sub(1, Ordering::Relaxed);
            tell_state(show, State::Full);
            return ear(None);
        }
        let captions = self.settings.captions;
        let hearer = Hearer::new(show, &self.rooms, &self.shop, language, captions);
        let (settings, packs) = (self.settings.clone(), policy.rules.clone());
        let start = move || Detector::open(&settings, language, &packs);
        ear(Some(Watch::start(start, Arc::new(hearer))))
    }

    /// The words of incidents that the desk shows, for a show that goes on after a restart.
    fn remember(&self, show: &Arc<ShowHandle>) {
        let state = show.state();
        let known = state.sentinel.incidents.iter().rev().take(INCIDENTS_MAX);
        let texts: Vec<_> = known.flat_map(|i| [i.text, i.answers]).flatten().collect();
        if texts.is_empty() {
            return;
        }
        let (show, store) = (Arc::clone(show), Arc::clone(&self.store));
        tokio::task::spawn_blocking(move || {
            for text in texts {
                if let Ok(Some(row)) = store.text(text.id) {
                    show.heard.keep_text(text.id, &row.text);
                }
            }
        });
    }

    /// The first of these packs that neither ships nor lies in a folder of the settings.
    pub(crate) fn unknown_pack<'a>(&self, packs: &'a [String]) -> Option<&'a String> {
        packs.iter().find(|pack| {
            let ships = listen::rules::SHIPPED.iter().any(|(name, _)| name == pack);
            !ships && !std::path::Path::new(&detector::place(&self.settings, pack)).exists()
        })
    }
}
