//! What nobody may wait for, and what every refusal has.

use show::shop::{Effect, Event, Input, Shop, State};

use super::*;

#[test]
fn every_rejection_of_the_domain_has_a_row_in_the_table() {
    let missing: Vec<_> =
        Rejection::CODES.iter().filter(|code| Code::named(code).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Fails when it should tell what was synced.
struct Failing;

impl Ledger<Shop> for Failing {
    fn rows(&mut self, _: &State, _: &[Entry<Shop>], _: &mut store::Batch) {}
    fn staged(&mut self, _: &State, _: &[Event]) {}
    fn committed(&mut self, _: &State, _: &[Entry<Shop>]) {
        panic!("the test says so");
    }
    fn outbox(&self, _: &Effect) -> Option<(&'static str, serde_json::Value)> {
        None
    }
    fn effects(&mut self, _: Vec<(EffectKey, Effect)>) {}
}

#[tokio::test]
async fn an_owner_that_panics_is_down_and_nobody_waits_for_it() {
    let (tasks, store) = (Arc::new(Tasks::default()), Arc::new(store::MemoryStore::new()));
    let (tell, told) = oneshot::channel();
    let fell = move || tell.send(()).unwrap();
    let log = Rebuild::<Shop>::default();
    let owner = Owner::start("shop", log, store, 8, Failing, &tasks, fell);
    let ask = || Input::StockOpened { sku: show::Sku::new("LIP-01").unwrap(), stock: 1 };
    let refused = owner.ask(ask(), Vec::new()).await.map(drop).unwrap_err();
    assert_eq!(refused.code, Code::StoreUnavailable);
    told.await.unwrap();
    assert_eq!(tasks.down(), ["owner of shop"]);
    assert!(owner.ask(ask(), Vec::new()).await.is_err());
    owner.tell(ask(), Vec::new());
    assert!(owner.decide(ask()).await.is_err());
    owner.stop().await;
}
