//! Work that nobody on air may feel: on a thread of its own and of low priority.

use tokio::sync::OwnedMutexGuard;

use crate::errors::{ApiResult, Code};

/// How nice the thread is to those that serve the live shows.
const NICE: i32 = 15;

/// Does work that somebody waits for on a thread of its own and of low priority. `turn` is given back when the work has ended, not
/// when whoever waits gives up, so that nobody has two at once by asking again.
pub(crate) async fn aside<T: Send + 'static>(
    name: &str,
    turn: OwnedMutexGuard<()>,
    work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> ApiResult<anyhow::Result<T>> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let run = move || {
        let answer = quietly(work);
        drop(turn);
        // Whoever waited may be gone.
        let _ = send.send(answer);
    };
    if let Err(error) = std::thread::Builder::new().name(name.to_owned()).spawn(run) {
        tracing::error!(%error, name, "no thread");
        return Err(Code::Internal.into());
    }
    receive.await.map_err(|_| Code::Internal.into())
}

/// Runs work on this thread at low priority; a panic is an error of the work.
pub(super) fn quietly<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    // On Linux this is the thread's own priority. Without the right to change it the work runs all the same.
    let _ = rustix::process::setpriority_process(None, NICE);
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(anyhow::anyhow!("the analysis broke down; the server's log says where"))
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn who_gives_up_waiting_does_not_give_up_the_turn() {
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        let own = Arc::clone(&turn).lock_owned().await;
        let answer = aside("test", own, || Ok(7)).await.unwrap();
        assert_eq!(answer.unwrap(), 7);
        let own = Arc::clone(&turn).lock_owned().await;
        let (go, wait) = std::sync::mpsc::channel::<()>();
        let work = aside("test", own, move || Ok(wait.recv()?));
        let gone = tokio::time::timeout(Duration::from_millis(20), work).await;
        assert!(
            gone.is_err() && turn.try_lock().is_err(),
            "the work goes on, and so does its turn"
        );
        go.send(()).unwrap();
        drop(turn.lock().await);
    }
}
