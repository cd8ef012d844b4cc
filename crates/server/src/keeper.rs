//! Housekeeping by the hour: what has expired goes.

use std::sync::Arc;
use std::time::Duration;

use show::Status;
use show::desk::Fact;
use units::Timestamp;

use crate::app::App;
use crate::clock;
use crate::onair::{recording_key, seal};

const EVERY: Duration = Duration::from_secs(3600);

/// Runs for as long as the server does.
pub(crate) async fn run(app: Arc<App>) {
    let mut every = tokio::time::interval(EVERY);
    loop {
        every.tick().await;
        let now = clock::now();
        if let Err(error) = app.people.prune(now).await {
            tracing::warn!(code = error.code.row().0, "expired sessions stay for now");
        }
        expire_seals(&app, now);
        expire_recordings(&app, now);
    }
}

fn expire_seals(app: &App, now: Timestamp) {
    for show in app.shows.all() {
        for (id, clip) in &show.state().desk.seals {
            if clip.expires_at <= now && seal::destroy(&*app.objects, *id).is_ok() {
                show.fact(Fact::SealExpired { id: *id });
            }
        }
    }
}

fn expire_recordings(app: &App, now: Timestamp) {
    let keep = units::Duration::from_s(i64::from(app.config.record.keep_days) * 86_400);
    for show in app.shows.all() {
        let standing = show.standing();
        if standing.status != Status::Ended
            || standing.ended_at.is_none_or(|ended| now - ended < keep)
        {
            continue;
        }
        let folder = recording_key(&show.slug, "");
        for key in app.objects.list(folder.trim_end_matches('/')).unwrap_or_default() {
            let _ = app.objects.delete(&key);
        }
    }
}
