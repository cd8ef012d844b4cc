//! Chat on disk: written in bulk a little later, erasable, pruned. Losing a second of it in a crash is the price of
//! not waiting for the disk before a word is heard.

use std::sync::Arc;
use std::time::Duration;

use show::Slug;
use store::{Batch, ChatChange, ChatRow, Store, StoreError};
use tokio::sync::{Mutex, mpsc, oneshot};
use units::{MessageId, ViewerId};

use crate::clock;
use crate::docs::commit;
use crate::tasks::Tasks;

/// Lines that wait for the disk; further ones are not kept, and counted.
const QUEUE_MAX: usize = 20_000;
const TURN_MAX: usize = 2_000;
const EVERY: Duration = Duration::from_millis(500);
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// The way to the chat on disk.
pub(crate) struct ChatLog {
    queue: mpsc::Sender<Job>,
}

enum Job {
    Change(ChatChange),
    /// Erases a viewer's lines, those that wait before it included, and says when that is synced.
    Erase(ViewerId, oneshot::Sender<Result<(), StoreError>>),
}

impl ChatLog {
    pub(crate) fn start(store: Arc<dyn Store>, keep_days: u32, tasks: &Arc<Tasks>) -> Self {
        let (queue, lines) = mpsc::channel(QUEUE_MAX);
        let (writer, lines) = (Arc::clone(&store), Arc::new(Mutex::new(lines)));
        tasks.keep("chat", move || write(Arc::clone(&writer), Arc::clone(&lines)));
        tasks.keep("chat keeper", move || prune(Arc::clone(&store), keep_days));
        Self { queue }
    }

    pub(super) fn add(&self, show: &Slug, id: MessageId, viewer: ViewerId, nick: &str, text: &str) {
        let row = ChatRow {
            show: show.to_string(),
            id,
            at: clock::now(),
            viewer,
            nick: nick.to_owned(),
            text: text.to_owned(),
        };
        if self.queue.try_send(Job::Change(ChatChange::Insert(row))).is_err() {
            tracing::warn!(%show, "a chat line was not kept: the queue to the disk is full");
        }
    }

    pub(super) fn delete(&self, id: MessageId) {
        let _ = self.queue.try_send(Job::Change(ChatChange::Delete(id)));
    }

    pub(super) async fn erase(&self, viewer: ViewerId) -> Result<(), StoreError> {
        let (done, synced) = oneshot::channel();
        let stopped = || StoreError::Unavailable { why: store::Outage::Stopped };
        self.queue.send(Job::Erase(viewer, done)).await.map_err(|_| stopped())?;
        synced.await.unwrap_or_else(|_| Err(stopped()))
    }
}

async fn write(store: Arc<dyn Store>, lines: Arc<Mutex<mpsc::Receiver<Job>>>) {
    let mut lines = lines.lock().await;
    let mut turn = Vec::new();
    while lines.recv_many(&mut turn, TURN_MAX).await > 0 {
        let (mut chat, mut waiting) = (Vec::with_capacity(turn.len()), Vec::new());
        for job in turn.drain(..) {
            chat.push(match job {
                Job::Change(change) => change,
                Job::Erase(viewer, done) => {
                    waiting.push(done);
                    ChatChange::EraseViewer(viewer)
                }
            });
        }
        let kept = commit(&*store, Batch { chat, ..Batch::default() }).await.map(drop);
        if let Err(error) = &kept {
            tracing::warn!(%error, "chat lines were not kept");
        }
        for done in waiting {
            let _ = done.send(kept.clone());
        }
        tokio::time::sleep(EVERY).await;
    }
}

async fn prune(store: Arc<dyn Store>, keep_days: u32) {
    loop {
        let before = clock::now() - units::Duration::from_s(i64::from(keep_days) * 86_400);
        let _ =
            commit(&*store, Batch { chat: vec![ChatChange::Prune { before }], ..Batch::default() })
                .await;
        tokio::time::sleep(PRUNE_EVERY).await;
    }
}
