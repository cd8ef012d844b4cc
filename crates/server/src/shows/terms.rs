//! Tells the shop on what terms shows sell, in order and until it has heard. What is lost in a crash is told again at the
//! next start, because a show's state says all of it.

use std::sync::Arc;

use show::Sku;
use show::shop::Input;
use tokio::sync::{Mutex, mpsc, oneshot};

use crate::errors::Code;
use crate::shop::Shop;
use crate::tasks::Tasks;

/// How long a caller waits for the shop to hear.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);
const RETRY: std::time::Duration = std::time::Duration::from_millis(500);

enum Item {
    Terms(Box<Input>),
    Settle(oneshot::Sender<()>),
}

/// Changes that wait for the shop. Each was made by hand and has been synced, so the shop can hear it soon.
const QUEUE_MAX: usize = 8192;

/// The way to the shop's ear.
#[derive(Clone)]
pub(super) struct Terms {
    queue: mpsc::Sender<Item>,
    shop: Arc<Shop>,
}

impl Terms {
    pub(super) fn start(shop: Arc<Shop>, tasks: &Arc<Tasks>) -> Self {
        let (queue, items) = mpsc::channel(QUEUE_MAX);
        let (told, items) = (Arc::clone(&shop), Arc::new(Mutex::new(items)));
        tasks.keep("terms", move || listen(Arc::clone(&shop), Arc::clone(&items)));
        Self { queue, shop: told }
    }

    pub(super) fn tell(&self, input: Input) {
        if self.queue.try_send(Item::Terms(Box::new(input))).is_err() {
            tracing::error!(
                "the shop did not hear a show's terms; it hears all of them at the next start"
            );
        }
    }

    /// Units of a product that are still to sell.
    pub(super) fn left(&self, sku: &Sku) -> u64 {
        self.shop.stock(sku.as_str()).left()
    }

    /// Waits until everything told so far has arrived, a few seconds at most.
    pub(super) async fn settle(&self) {
        let (done, wait) = oneshot::channel();
        let settled = async {
            if self.queue.send(Item::Settle(done)).await.is_ok() {
                let _ = wait.await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, settled).await;
    }
}

async fn listen(shop: Arc<Shop>, items: Arc<Mutex<mpsc::Receiver<Item>>>) {
    let mut items = items.lock().await;
    while let Some(item) = items.recv().await {
        match item {
            Item::Settle(done) => {
                let _ = done.send(());
            }
            Item::Terms(input) => tell(&shop, *input).await,
        }
    }
}

async fn tell(shop: &Shop, input: Input) {
    loop {
        match shop.set_terms(input.clone()).await {
            Ok(()) => return,
            Err(error)
                if matches!(error.code, Code::StoreUnavailable | Code::QueueFull | Code::Busy) =>
            {
                tokio::time::sleep(RETRY).await;
            }
            Err(error) => {
                tracing::error!(code = error.code.row().0, "the shop refused a show's terms");
                return;
            }
        }
    }
}
