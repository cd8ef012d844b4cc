//! Tells the shop on what terms shows sell, in order and until it has heard. What is lost in a crash is told again at the
//! next start, because a show's state says all of it.

use std::sync::Arc;

use show::shop::Input;
use tokio::sync::{mpsc, oneshot};

use crate::errors::Code;
use crate::shop::Shop;

const RETRY: std::time::Duration = std::time::Duration::from_millis(500);

enum Item {
    Terms(Box<Input>),
    Settle(oneshot::Sender<()>),
}

/// The way to the shop's ear. Unbounded, because each item is a change that somebody made by hand.
#[derive(Clone)]
pub(super) struct Terms(mpsc::UnboundedSender<Item>);

impl Terms {
    pub(super) fn start(shop: Arc<Shop>) -> Self {
        let (queue, mut items) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(item) = items.recv().await {
                match item {
                    Item::Settle(done) => {
                        let _ = done.send(());
                    }
                    Item::Terms(input) => tell(&shop, *input).await,
                }
            }
        });
        Self(queue)
    }

    pub(super) fn tell(&self, input: Input) {
        let _ = self.0.send(Item::Terms(Box::new(input)));
    }

    /// Waits until everything told so far has arrived, a few seconds at most.
    pub(super) async fn settle(&self) {
        let (done, wait) = oneshot::channel();
        let _ = self.0.send(Item::Settle(done));
        let _ = tokio::time::timeout(std::time::Duration::from_secs(3), wait).await;
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
