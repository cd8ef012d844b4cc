//! Housekeeping every ten minutes: what has expired goes.

use std::sync::Arc;
use std::time::Duration;

use show::desk::Fact;
use show::{Slug, Status};
use store::{Batch, TextChange};
use units::Timestamp;

use crate::app::App;
use crate::clock;
use crate::onair::{recording_key, seal};

const EVERY: Duration = Duration::from_secs(600);
/// Pages of words that are erased in ten minutes: more than as many shows as are heard at once can say in them.
const WORD_PAGES: usize = 4;

/// Runs for as long as the server does.
pub(crate) async fn run(app: Arc<App>) {
    let mut every = tokio::time::interval(EVERY);
    // A server that has just started has more urgent things to write.
    let mut settled = false;
    loop {
        every.tick().await;
        let now = clock::now();
        if let Err(error) = app.people.prune(now).await {
            tracing::warn!(code = error.code.row().0, "expired sessions stay for now");
        }
        let (keeper, erases) = (Arc::clone(&app), std::mem::replace(&mut settled, true));
        let expired = tokio::task::spawn_blocking(move || {
            if erases {
                erase_words(&keeper, now);
            }
            expire_seals(&keeper, now);
            expire_recordings(&keeper, now)
        });
        for show in expired.await.unwrap_or_default() {
            app.recordings.look(&show).await;
        }
    }
}

/// Erases what was heard and kept long enough; blocks on the disk.
fn erase_words(app: &App, now: Timestamp) {
    let keep = units::Duration::from_s(i64::from(app.config.listen.keep_days) * 86_400);
    let prune = |kind: &str| TextChange::Prune { kind: kind.to_owned(), before: now - keep };
    let texts = ["sentence", "message"].map(prune).into_iter().cycle().take(2 * WORD_PAGES);
    let batch = Batch { texts: texts.collect(), ..Batch::default() };
    if let Err(error) = app.store.submit(batch).wait() {
        tracing::warn!(%error, "words that were heard stay for now");
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
        let run = show.run();
        if run.status != Status::Ended || run.ended_at.is_none_or(|ended| now - ended < keep) {
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
