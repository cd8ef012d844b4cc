//! Puts the parts together, opens the ports, and takes everything down in order.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use anyhow::Context;
use axum::Router;
use store::{DiskObjects, Objects, SqliteStore, Store};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::analysis::Job;
use crate::analysis::recap::Recaps;
use crate::app::App;
use crate::bootstrap::{self, Bootstrap};
use crate::catalogue::Catalogue;
use crate::config::Config;
use crate::docs::Docs;
use crate::follows::Follows;
use crate::hearing::Hearing;
use crate::hls::Indexes;
use crate::http::limits::Buckets;
use crate::http::listener;
use crate::http::places::Gate;
use crate::http::proxy::Network;
use crate::ingest::{self, Feeds};
use crate::metrics::Metrics;
use crate::onair::{Deps, Threads};
use crate::people::{People, SetupLink};
use crate::recordings::Recordings;
use crate::rooms::Rooms;
use crate::secrets::Secrets;
use crate::shop::Shop;
use crate::shows::{Journal, Shows};
use crate::tasks::Tasks;
use crate::{desk, http, keeper, payments, slates};

/// Devices that one address may bring in a second. A device is a cookie that the server makes on request, so this is what a
/// ban or a follower's count is worth. Many viewers share an address, so it is not small.
const NEWCOMERS_PER_S: f64 = 20.0;
const NEWCOMERS_BURST: f64 = 500.0;

/// What a server is started with.
pub struct Options {
    /// Its settings.
    pub config: Config,
    /// A deployment to apply.
    pub bootstrap: Option<Bootstrap>,
}

/// What a server says once every port listens.
#[derive(Debug, Clone)]
pub struct Ready {
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// Where RTMP listens.
    pub rtmp: SocketAddr,
    /// What to type into a browser on this machine, or the public address.
    pub base_url: String,
    /// The link that makes the first operator, while there is none.
    pub admin_link: Option<String>,
}

/// Runs a server until `stop` is done.
///
/// # Errors
/// When the data folder, a port or the bootstrap file cannot be used.
pub async fn serve(
    options: Options,
    ready: impl FnOnce(Ready) + Send + 'static,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let Options { config, bootstrap } = options;
    config.check()?;
    let tls = match (&config.server.tls_cert, &config.server.tls_key) {
        (Some(cert), Some(key)) => Some(listener::tls_config(cert, key)?),
        _ => None,
    };
    // Ports first: a port that is taken is said before anything is touched.
    let http_port = bind("HTTP", config.server.http).await?;
    let rtmp_port = bind("RTMP", config.server.rtmp).await?;
    let (http_addr, rtmp_addr) = (http_port.local_addr()?, rtmp_port.local_addr()?);
    let app = tokio::task::block_in_place(|| open(config, rtmp_addr))?;
    app.shop
        .set_config(app.config.shop.reservation_minutes)
        .await
        .map_err(|error| anyhow::anyhow!(error.message()))?;
    if let Some(file) = &bootstrap {
        bootstrap::apply(&app, file).await.context("apply the bootstrap file")?;
    }
    app.shows.resume().await;
    let router = http::router(&app);
    let tasks = start(&app, http_port, rtmp_port, tls, router);
    app.metrics.listening.store(true, Ordering::Relaxed);
    ready(announcement(&app, http_addr).await);
    stop.await;
    tracing::info!("stopping");
    app.metrics.listening.store(false, Ordering::Relaxed);
    for task in &tasks[..2] {
        task.abort();
    }
    app.shows.stop().await;
    app.shop.stop().await;
    for task in &tasks[2..] {
        task.abort();
    }
    app.threads.stop();
    app.rooms.hub().shutdown();
    Ok(())
}

/// Starts what runs for as long as the server does; the ports come first.
fn start(
    app: &Arc<App>,
    http: TcpListener,
    rtmp: TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    router: Router,
) -> [JoinHandle<()>; 7] {
    let tasks = &app.tasks;
    let (http, rtmp) = (Arc::new(http), Arc::new(rtmp));
    let of = |app: &Arc<App>| Arc::clone(app);
    let gate = Arc::clone(&app.http_gate);
    let (a, b, c, d, e, f) = (of(app), of(app), of(app), of(app), of(app), of(app));
    [
        tasks.keep("http", move || {
            listener::run(Arc::clone(&http), tls.clone(), Arc::clone(&gate), router.clone())
        }),
        tasks.keep("rtmp", move || ingest::run(of(&a), Arc::clone(&rtmp))),
        tasks.keep("desk", move || desk::run(of(&b))),
        tasks.keep("room counts", move || desk::count_rooms(of(&c))),
        tasks.keep("keeper", move || keeper::run(of(&d))),
        tasks.keep("programs", move || revive(of(&e))),
        tasks.keep("payments", move || {
            payments::run(Arc::clone(&f.store), payments::provider(f.config.shop.payment))
        }),
    ]
}

/// Puts programs that panicked on air again.
pub(crate) async fn revive(app: Arc<App>) {
    app.shows.revive(|show| app.feeds.seats_on(show)).await;
}

async fn bind(what: &str, addr: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(addr).await.with_context(|| {
        format!("{what} cannot listen on {addr}; choose another address or end what uses it")
    })
}

/// Opens the data folder and rebuilds what it holds; blocks on the disk.
pub(crate) fn open(config: Config, rtmp: SocketAddr) -> anyhow::Result<Arc<App>> {
    let data = config.server.data.clone();
    std::fs::create_dir_all(&data)
        .with_context(|| format!("make the data folder {}", data.display()))?;
    private(&data);
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&data)?);
    let objects: Arc<dyn Objects> = Arc::new(DiskObjects::open(&data.join("objects"))?);
    let secrets = Secrets::open(&data)?;
    let trusted: Vec<Network> = config
        .server
        .trusted_proxies
        .iter()
        .map(|text| Network::parse(text))
        .collect::<Result<_, _>>()?;
    let people = People::load(&store, &secrets, &config.people)?;
    let catalogue = Arc::new(Catalogue::load(&store, &secrets)?);
    let tasks = Arc::<Tasks>::default();
    let rooms = Rooms::start(&config.room, &secrets, &store, &tasks)?;
    let shop = Arc::new(Shop::start(&store, &catalogue, &rooms, config.shop.queue_max, &tasks)?);
    let threads = Arc::new(Threads::start().context("start the threads for media")?);
    let deps = Deps {
        program: config.program.clone(),
        record: config.record.clone(),
        slates: slates::load(config.program.slates.as_deref())?,
        objects: Arc::clone(&objects),
        secrets: secrets.clone(),
        tasks: Arc::clone(&tasks),
        threads: Arc::clone(&threads),
        hearing: Hearing::new(&config.listen, &rooms, &shop, &store),
        captions: config.listen.enabled && config.listen.captions,
    };
    let journal = Journal::open(&data, catalogue.shows.is_empty());
    let policy = config.listen.enabled.then(|| config.policy.clone());
    let shows = Arc::new(Shows::load(&store, &catalogue, &rooms, &shop, deps, policy, journal)?);
    let recordings =
        Recordings::load(&objects, shows.all().into_iter().map(|show| show.slug.clone()));
    let ports = &config.server;
    let gate = |all, each| Gate::new(all, each, &trusted);
    let per_s = f64::from(config.shop.orders_per_buyer_per_s.max(1));
    Ok(Arc::new(App {
        setup_link: SetupLink::new(!people.has_operator()),
        follows: Follows::load(&store)?,
        order_rate: Buckets::new(per_s, per_s * 2.0),
        newcomers: Buckets::new(NEWCOMERS_PER_S, NEWCOMERS_BURST),
        planning: tokio::sync::Mutex::default(),
        exposure: Job::default(),
        plan: Job::default(),
        comparing: Arc::default(),
        recaps: Recaps::default(),
        standings: Arc::default(),
        appeals: Docs::load("appeal", &store)?,
        recordings,
        indexes: Indexes::default(),
        feeds: Feeds::default(),
        threads,
        metrics: Metrics::default(),
        tasks,
        http_gate: gate(ports.http_connections_max, ports.http_connections_per_address),
        rtmp_gate: gate(ports.rtmp_connections_max, ports.rtmp_connections_per_address),
        trusted,
        secrets,
        store,
        objects,
        people,
        catalogue,
        rooms,
        shop,
        shows,
        rtmp,
        config,
    }))
}

/// Only the owner reads the folder: it holds the key to what was sealed.
fn private(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    if let Err(error) = std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700)) {
        tracing::warn!(%error, "the data folder may be readable by others");
    }
}

async fn announcement(app: &App, http: SocketAddr) -> Ready {
    let scheme = if app.config.server.tls_cert.is_some() { "https" } else { "http" };
    let name =
        if http.ip().is_unspecified() { "localhost".to_owned() } else { http.ip().to_string() };
    let local = format!(
        "{scheme}://{}:{}",
        if name.contains(':') { format!("[{name}]") } else { name },
        http.port()
    );
    let public = app.config.server.public_url.trim_end_matches('/');
    let base_url = if public.is_empty() { local } else { public.to_owned() };
    let admin_link =
        app.setup_link.token().await.map(|token| format!("{base_url}/ops?setup={token}"));
    Ready { http, rtmp: app.rtmp, base_url, admin_link }
}
