//! Housekeeping by the hour: what has expired goes.

use std::sync::Arc;
use std::time::Duration;

use show::desk::Fact;
use show::{Slug, Status};
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
        let keeper = Arc::clone(&app);
        let expired = tokio::task::spawn_blocking(move || {
            expire_seals(&keeper, now);
            expire_recordings(&keeper, now)
        });
        for show in expired.await.unwrap_or_default() {
            app.recordings.look(&show).await;
        }
    }
}

/// Blocks on the disk.
fn expire_seals(app: &App, now: Timestamp) {
    for show in app.shows.all() {
        for (id, clip) in &show.state().desk.seals {
            if clip.expires_at <= now && seal::destroy(&*app.objects, *id).is_ok() {
                show.fact(Fact::SealExpired { id: *id });
            }
        }
    }
}

/// Deletes the recordings that were kept long enough; blocks on the disk. Answers whose they were.
fn expire_recordings(app: &App, now: Timestamp) -> Vec<Slug> {
    let mut gone = Vec::new();
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
        gone.push(show.slug.clone());
    }
    gone
}
