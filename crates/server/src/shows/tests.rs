//! A program that panics comes back by itself, with what was done to it.

use std::time::Duration;

use media::program::{Kind, Wish};
use units::ActionId;

use super::*;
use crate::app::App;
use crate::config::Config;

pub(crate) async fn until(what: &str, mut fits: impl FnMut() -> bool) {
    let waited = async {
        while !fits() {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(10), waited).await.is_ok(), "{what}");
}

/// A server on a folder of its own.
pub(crate) fn opened(folder: &std::path::Path) -> Arc<App> {
    let mut config = Config::default();
    config.server.data = folder.to_owned();
    config.room.shards = 1;
    let rtmp = "127.0.0.1:0".parse().unwrap();
    tokio::task::block_in_place(|| crate::serve::open(config, rtmp)).unwrap()
}

pub(crate) async fn live_show(app: &App) -> Arc<ShowHandle> {
    app.catalogue.add_host("anna", "Anna", None).await.unwrap();
    let plan = ShowPlan {
        slug: "evening".to_owned(),
        title: "Evening".to_owned(),
        host: "anna".to_owned(),
        standby: None,
        language: "en".to_owned(),
        delay_s: 8,
        starts_at: None,
        start: Start::Manual,
        created_at: clock::now(),
        policy: None,
    };
    app.catalogue.shows.insert("evening", plan.clone()).await.unwrap();
    let handle = app.shows.plan(&plan, Actor::System).await.unwrap();
    app.shows.start(&handle, Actor::System).await.unwrap();
    handle
}

/// The program's figures, once it has some.
fn status(handle: &ShowHandle) -> Option<media::program::Status> {
    handle.onair()?.view().status.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_panics_goes_on_with_its_clock_and_its_cuts() {
    let folder = tempfile::tempdir().unwrap();
    let app = opened(folder.path());
    let reviving = Arc::clone(&app);
    let keeper = app.tasks.keep("programs", move || crate::serve::revive(Arc::clone(&reviving)));
    let handle = live_show(&app).await;
    until("the program", || status(&handle).is_some()).await;
    let onair = handle.onair().unwrap();
    let id = ActionId(crate::mint::uuid());
    let wish = Wish { kind: Kind::Panic, from: None, to: None, force: false };
    let applied = onair.act(id, wish).await.unwrap();
    super::record(&handle, &applied, Actor::System, None, false);
    let aired = handle.air_clock().now;

    onair.panic().await;
    until("the program to be noticed", || !app.tasks.panics().is_empty()).await;
    until("the program to be back", || {
        app.tasks.down().is_empty()
            && status(&handle).is_some_and(|status| !status.actions.is_empty())
    })
    .await;
    assert_eq!(app.tasks.panics(), [("program", 1)]);
    assert!(handle.air_clock().now >= aired, "AirTime never goes back");
    assert_eq!(status(&handle).unwrap().actions[0].id, id, "what was in force is in force");

    // Again and again: then it stays down, and `/readyz` says so. An order may reach a program that has just fallen.
    let again = async {
        while app.tasks.panics() != [("program", 5)] {
            if let Some(onair) = handle.onair() {
                onair.panic().await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), again).await.unwrap();
    until("the end", || app.tasks.down() == ["program of evening"]).await;
    keeper.abort();
    app.shows.stop().await;
    app.shop.stop().await;
    app.rooms.hub().shutdown();
}
