//! `serve`: settings and deployment in, a running server out, and the lines that say where it is.

use std::future::Future;
use std::path::Path;

use anyhow::Context;
use server::{Bootstrap, Config, Options, Ready};

use crate::cli::ServeArgs;
use crate::config::reachable;
use crate::out;

/// What is logged when `RUST_LOG` does not say.
const LOG_DEFAULT: &str = "warn,ringlight=info,server=info,store=info,room=info,media=info";
const KEY_BYTES: usize = 12;

/// Runs until SIGTERM or ctrl-c.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<bool> {
    log_to_stderr();
    let config = args.resolve()?;
    let (bootstrap, key) = match args.deployment()? {
        Some(file) => (Some(file), None),
        None if is_new(&config.server.data) => {
            let key = random_word("rl_live_")?;
            (Some(first_deployment(&key)?), Some(key))
        }
        None => (None, None),
    };
    serve(config, bootstrap, move |ready| greet(&ready, key.as_deref()))?;
    out::line("stopped");
    Ok(true)
}

/// A server in this thread.
pub(crate) fn serve(
    config: Config,
    bootstrap: Option<Bootstrap>,
    ready: impl FnOnce(Ready) + Send + 'static,
) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let stop = asked_to_stop()?;
        server::serve(Options { config, bootstrap }, ready, stop).await
    })
}

/// Resolves at SIGTERM or ctrl-c. The second one ends the process at once.
fn asked_to_stop() -> anyhow::Result<impl Future<Output = ()> + Send + 'static> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut term = signal(SignalKind::terminate()).context("listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("listen for ctrl-c")?;
    Ok(async move {
        tokio::select! { _ = term.recv() => {}, _ = interrupt.recv() => {} }
        tokio::spawn(async move {
            tokio::select! { _ = term.recv() => {}, _ = interrupt.recv() => {} }
            std::process::exit(130);
        });
    })
}

/// Logs to stderr as `RUST_LOG` says. A second call changes nothing.
pub(crate) fn log_to_stderr() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG_DEFAULT));
    let _ =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

fn is_new(data: &Path) -> bool {
    !data.join("ringlight.db").exists()
}

/// A host and a show, so that the first start has a key for OBS.
fn first_deployment(key: &str) -> anyhow::Result<Bootstrap> {
    Bootstrap::parse(&format!(
        "[[host]]\nslug = 'host'\nname = 'Host'\nstream_key = '{key}'\n\
         [[show]]\nslug = 'first-show'\ntitle = 'First show'\nhost = 'host'\n"
    ))
}

/// A word that nobody guesses.
pub(crate) fn random_word(prefix: &str) -> anyhow::Result<String> {
    use std::fmt::Write as _;
    let mut bytes = [0_u8; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let mut word = prefix.to_owned();
    for byte in bytes {
        let _ = write!(word, "{byte:02x}");
    }
    Ok(word)
}

fn greet(ready: &Ready, key: Option<&str>) {
    out::line(format_args!("Ringlight {} is ready", env!("CARGO_PKG_VERSION")));
    out::line(format_args!("  pages  {}/", ready.base_url.trim_end_matches('/')));
    out::line(format_args!("  RTMP   rtmp://{}/live", reachable(ready.rtmp)));
    if let Some(key) = key {
        out::line(format_args!(
            "  key    {key}   (stream key for OBS; the show is /watch/first-show)"
        ));
    }
    if let Some(link) = &ready.admin_link {
        out::line(format_args!("  admin  {link}   (makes the first operator, once)"));
    }
    if ready.http.ip().is_unspecified() {
        out::line(
            "  From other machines, use this machine's name or address instead of localhost.",
        );
    }
}
