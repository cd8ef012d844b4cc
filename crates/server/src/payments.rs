//! Payments: what a provider is, the one that ships, and the runner that carries out what the outbox holds.
//!
//! Money is recorded first and moved afterwards: an effect stays in the outbox until its provider has confirmed it, under
//! a key that makes doing it twice the same as doing it once.

use std::sync::Arc;

use show::shop::Effect;
use store::{Batch, OutboxChange, OutboxKey, OutboxRow, Store};
use tokio::sync::Notify;

use crate::clock;
use crate::config::Payment;
use crate::docs::commit;

/// Effects carried out in one turn.
const TURN_MAX: usize = 100;

static DUE: Notify = Notify::const_new();

/// Says that an effect was recorded.
pub(crate) fn wake() {
    DUE.notify_one();
}

/// Whoever moves the money.
pub(crate) trait PaymentProvider: Send + Sync {
    /// Carries out an effect; `key` is the same at every attempt. An error is tried again later.
    fn carry_out(&self, key: &OutboxKey, effect: &Effect) -> Result<(), String>;
}

/// Settles by hand: people move the money and mark the order, so there is nothing to carry out.
struct ByHand;

impl PaymentProvider for ByHand {
    fn carry_out(&self, _: &OutboxKey, _: &Effect) -> Result<(), String> {
        Ok(())
    }
}

/// The provider that the configuration names.
pub(crate) fn provider(payment: Payment) -> Arc<dyn PaymentProvider> {
    match payment {
        Payment::Manual => Arc::new(ByHand),
    }
}

/// Carries out what is due, for as long as the server runs.
pub(crate) async fn run(store: Arc<dyn Store>, provider: Arc<dyn PaymentProvider>) {
    loop {
        let reader = Arc::clone(&store);
        let due = tokio::task::spawn_blocking(move || {
            let rows = reader.outbox_due(clock::now(), TURN_MAX)?;
            Ok::<_, store::StoreError>((rows, reader.outbox_next()?))
        });
        let (rows, next) = match due.await {
            Ok(Ok(due)) => due,
            _ => (Vec::new(), Some(clock::now() + units::Duration::from_s(5))),
        };
        if rows.is_empty() {
            tokio::select! {
                () = DUE.notified() => {}
                () = clock::sleep_until(next) => {}
            }
            continue;
        }
        let provider = Arc::clone(&provider);
        let outcome = tokio::task::spawn_blocking(move || {
            rows.into_iter().map(|row| attempt(&*provider, row)).collect()
        });
        let outbox = outcome.await.unwrap_or_default();
        if commit(&*store, Batch { outbox, ..Batch::default() }).await.is_err() {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }
}

fn attempt(provider: &dyn PaymentProvider, row: OutboxRow) -> OutboxChange {
    let effect = serde_json::from_slice(&row.body).map_err(|error| error.to_string());
    match effect.and_then(|effect| provider.carry_out(&row.key, &effect)) {
        Ok(()) => OutboxChange::Ack(row.key),
        Err(error) => {
            tracing::warn!(stream = %row.key.stream, seq = row.key.seq, %error, "an effect failed");
            OutboxChange::Fail { key: row.key, at: clock::now() }
        }
    }
}
