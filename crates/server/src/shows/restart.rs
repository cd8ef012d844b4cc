//! What a show goes on with after a restart: its clock and its segment numbers beyond anything that was published, and
//! every action that was in force.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use media::codec::aac;
use media::frame::AudioConfig;
use media::program::{Kind, Mark, MarkedAction};
use show::State;
use show::desk::{self, ActionKind};
use units::{AirTime, Duration, MediaTime};

use crate::clock;
use crate::onair::{GoLive, Resume};

/// No segment is shorter on average while facts wait for the store, so this many a second may have been published.
const SEGMENTS_PER_S: u64 = 2;

/// Whether facts wait in memory that a crash would lose. Kept as the absence of a file, because on a full disk a
/// file can still be removed, but none made. Not synced: it stands for a crash of the server, not of the machine.
pub(crate) struct Journal {
    safe: PathBuf,
    /// Facts that took effect and are not synced.
    waiting: Mutex<u64>,
    /// The last run ended with facts that were lost.
    lost: bool,
}

impl Journal {
    /// Looks at what the last run left, and begins a new one.
    pub(crate) fn open(data: &std::path::Path, first_start: bool) -> Arc<Self> {
        let safe = data.join("journal.safe");
        let lost = !first_start && !safe.exists();
        if let Err(error) = std::fs::write(&safe, b"") {
            tracing::warn!(%error, "the journal's mark was not made");
        }
        Arc::new(Self { safe, waiting: Mutex::default(), lost })
    }

    /// So many facts took effect and are on their way to the log.
    pub(super) fn wait_for(&self, facts: u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if *waiting == 0 && facts > 0 {
            let _ = std::fs::remove_file(&self.safe);
        }
        *waiting += facts;
    }

    /// So many facts are synced.
    pub(super) fn synced(&self, facts: u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = *waiting > 0;
        *waiting = waiting.saturating_sub(facts);
        if waited && *waiting == 0 && std::fs::write(&self.safe, b"").is_err() {
            tracing::warn!(
                "the journal's mark was not made; after a crash live shows wait for a person"
            );
        }
    }
}

/// How a live show goes on air, now or again.
pub(super) fn go_live(state: &State, journal: &Journal) -> GoLive {
    let now = clock::now();
    let planned = state.plan.as_ref().map_or(0, |plan| plan.delay_s);
    let mark = state.desk.mark.clone().or_else(|| guessed(state));
    let resume = mark.map(|mark| resume(state, &mark));
    GoLive {
        started: state.started_at.unwrap_or(now),
        delay: state.desk.delay.unwrap_or(Duration::from_s(i64::from(planned))),
        held: journal.lost && resume.is_some(),
        resume,
        captions: state
            .plan
            .as_ref()
            .and_then(|plan| plan.policy.as_ref().map(|_| plan.language.clone())),
    }
}

/// A mark for a show that has been on air and whose own mark was never stored: beyond anything that it can have
/// published since it started. `None` when nothing has aired and nothing is stopped.
fn guessed(state: &State) -> Option<desk::Mark> {
    let started = state.started_at?;
    if state.desk.on_air.is_none() && state.desk.active().next().is_none() {
        return None;
    }
    let (air, newest) = (AirTime::ZERO, MediaTime::ZERO);
    Some(desk::Mark {
        next_segment: 0,
        air,
        at: started,
        inits: 0,
        discontinuities: 0,
        newest,
        audio: None,
    })
}

fn resume(state: &State, mark: &desk::Mark) -> Resume {
    let away = clock::now() - mark.at;
    let away = away.max(Duration::ZERO);
    let seconds = u64::try_from(away.ms() / 1000).unwrap_or(0);
    let program = Mark {
        air: mark.air + away,
        newest: mark.newest + away,
        sound: sound(mark.audio.as_deref()),
        actions: state.desk.active().filter_map(marked).collect(),
    };
    let stored = media::hls::Mark {
        next_msn: mark.next_segment,
        discontinuities: mark.discontinuities,
        next_init: mark.inits,
    };
    let lost = 1 + seconds.saturating_mul(SEGMENTS_PER_S);
    let hls = stored.beyond(u32::try_from(lost).unwrap_or(u32::MAX));
    Resume { program, hls }
}

fn sound(asc_hex: Option<&str>) -> Arc<AudioConfig> {
    let digit = |pair: &[u8]| {
        std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok())
    };
    let asc: Option<Vec<u8>> =
        asc_hex.map(str::as_bytes).map(|hex| hex.chunks(2).map_while(digit).collect());
    let config = asc.and_then(|asc| aac::config(&asc).ok());
    let default = || AudioConfig {
        asc: bytes::Bytes::from_static(&[0x11, 0x90]),
        sample_rate: 48_000,
        channels: 2,
    };
    Arc::new(config.unwrap_or_else(default))
}

fn marked(action: &desk::Action) -> Option<MarkedAction> {
    let kind = match action.kind {
        ActionKind::Mute => Kind::Mute,
        ActionKind::Cover => Kind::Cover,
        ActionKind::Cut => Kind::Cut,
        ActionKind::HandOver => Kind::HandOver,
        ActionKind::Dump => Kind::Dump,
        ActionKind::Panic => Kind::Panic,
        ActionKind::Resume => return None,
    };
    Some(MarkedAction {
        id: action.id,
        kind,
        from: action.from_media,
        to: action.to_media,
        late: action.late,
    })
}
