//! `demo`: a server with a show on air and a crowd in front of it. The server is the one that `serve` runs; the feed
//! comes over RTMP, the host's script and the crowd over HTTP and WebSocket, as they would from outside.

mod api;
mod audience;
mod browser;
mod deployment;
mod feed;
mod script;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;

use anyhow::Context;
use server::{Config, Ready};

use self::api::Api;
use self::deployment::Secrets;
use crate::cli::DemoArgs;
use crate::config::reachable;
use crate::{out, serve};

const HTTP_PORT: u16 = 8080;
const RTMP_PORT: u16 = 1935;
/// The understudy's feed begins here in the sample: another product than the host's.
const UNDERSTUDY_FROM_MS: u64 = 107_000;

/// What the threads of the demo share. None of them ends: they go with the process.
pub(crate) struct Stage {
    /// The slug of the show that is on.
    show: String,
    /// Where in the sample the host is, in milliseconds.
    host_at_ms: AtomicU64,
    /// The delay of the show, in milliseconds: the crowd hears the host that much later.
    delay_ms: u64,
}

/// Runs until ctrl-c.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<bool> {
    serve::log_to_stderr();
    let secrets = Secrets::load_or_make(&args.data)?;
    let mut config = Config::default();
    config.server.data = args.data.clone();
    config.server.http = choose(args.http, HTTP_PORT);
    config.server.rtmp = choose(args.rtmp, RTMP_PORT);
    // Demo orders are never paid for real: they free their stock soon.
    config.shop.reservation_minutes = 10;
    let bootstrap = secrets.bootstrap()?;
    let open = !args.no_open;
    let (tell, started) = std::sync::mpsc::channel();
    let director = thread::Builder::new().name("demo".into()).spawn(move || {
        let Ok(ready) = started.recv() else { return };
        if let Err(error) = direct(&ready, &secrets, open) {
            out::failure(&error);
        }
    })?;
    let served = serve::serve(config, Some(bootstrap), move |ready| {
        // The director only goes away when it could not be started, which was refused above.
        let _ = tell.send(ready);
    });
    // The process ends here; the threads of the demo go with it.
    drop(director);
    served.context("the demo's server")?;
    out::line("stopped");
    Ok(true)
}

/// The address that was asked for, else the usual one on this machine, else any free one.
fn choose(asked: Option<SocketAddr>, usual: u16) -> SocketAddr {
    asked.unwrap_or_else(|| {
        let usual = SocketAddr::from(([127, 0, 0, 1], usual));
        let free = TcpListener::bind(usual).is_ok();
        if free { usual } else { SocketAddr::from(([127, 0, 0, 1], 0)) }
    })
}

/// Opens the show, starts the feeds, the script and the crowd, and says where to look.
fn direct(ready: &Ready, secrets: &Secrets, open: bool) -> anyhow::Result<()> {
    let base = format!("http://{}", reachable(ready.http));
    let api = Api::new(&base, &secrets.token);
    let (show, delay_s) = deployment::show_to_air(&api)?;
    greet(&base, ready, &show, secrets);
    let stage = Arc::new(Stage {
        show: show.clone(),
        host_at_ms: AtomicU64::new(0),
        delay_ms: delay_s * 1000,
    });
    let rtmp = ready.rtmp;
    let sample = feed::Sample::read()?;
    let understudy = sample.from(UNDERSTUDY_FROM_MS);
    let spawn = |name: &str, work: Box<dyn FnOnce() + Send>| {
        thread::Builder::new().name(name.into()).spawn(work).context("start a thread of the demo")
    };
    let (here, key) = (Arc::clone(&stage), secrets.anna_key.clone());
    spawn("demo-anna", Box::new(move || feed::publish(&here, &sample, rtmp, &key, true)))?;
    let (here, key) = (Arc::clone(&stage), secrets.bea_key.clone());
    spawn("demo-bea", Box::new(move || feed::publish(&here, &understudy, rtmp, &key, false)))?;
    let (script, cues) = script::Script::new()?;
    let (here, host) = (Arc::clone(&stage), Api::new(&base, &secrets.anna_token));
    spawn("demo-script", Box::new(move || script.run(&here, &host)))?;
    let here = Arc::clone(&stage);
    spawn("demo-seller", Box::new(move || script::sell(&here, &api)))?;
    spawn("demo-crowd", Box::new(move || audience::run(&stage, &base, &cues)))?;
    if open {
        browser::open(&format!("http://{}/desk/{show}", reachable(ready.http)));
    }
    Ok(())
}

fn greet(base: &str, ready: &Ready, show: &str, secrets: &Secrets) {
    out::line(format_args!(
        "Ringlight {} demo: on air in a few seconds",
        env!("CARGO_PKG_VERSION")
    ));
    out::line(format_args!("  desk    {base}/desk/{show}"));
    out::line(format_args!("  watch   {base}/watch/{show}"));
    out::line(format_args!("  pages   {base}/"));
    out::line(format_args!("  RTMP    rtmp://{}/live", reachable(ready.rtmp)));
    out::line(format_args!("  sign in as {} with {}", deployment::USER, secrets.password));
    out::line(
        "  About a minute in, the host says what she should not: look how the desk catches it before it airs.",
    );
    out::line("  Ctrl-c stops; the next start goes on with the same data.");
}
