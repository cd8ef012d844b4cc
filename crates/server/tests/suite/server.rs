//! A server in this process, on free ports, in a folder of its own.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;

use server::{Bootstrap, Config, Options, Ready};
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::client::Http;

pub(crate) const EXAMPLE: &str = include_str!("../../../../docs/bootstrap.example.toml");
pub(crate) const PAT: &str = "rl_pat_0123456789abcdef";
pub(crate) const PASSWORD: &str = "change-me-please-1";

/// One account of each role, beside Pat, who is producer and operator.
const CREW: &str = r#"
[[user]]
name = "bo"
roles = ["brand_manager"]
password = "change-me-please-1"
token = "rl_bo_0123456789abcdef"
brand = "rouge"
[[user]]
name = "anna"
roles = ["host"]
password = "change-me-please-1"
token = "rl_anna_0123456789abcdef"
host = "anna"
[[user]]
name = "bea"
roles = ["host"]
password = "change-me-please-1"
token = "rl_bea_0123456789abcdef"
host = "bea"
[[user]]
name = "pia"
roles = ["producer"]
password = "change-me-please-1"
token = "rl_pia_0123456789abcdef"
[[user]]
name = "otto"
roles = ["operator"]
password = "change-me-please-1"
token = "rl_otto_0123456789abcdef"
[[brand]]
slug = "noir"
name = "Noir"
[[product]]
sku = "INK-02"
title = "Ink"
brand = "noir"
price = "5.00 CNY"
stock = 3
[[show]]
slug = "late"
title = "Late show"
host = "bea"
start = "manual"
offers = ["INK-02", "LIP-01"]
"#;

/// The example that ships with everybody of [`CREW`].
pub(crate) fn crew() -> String {
    format!("{EXAMPLE}\n{CREW}")
}

pub(crate) struct Server {
    pub(crate) ready: Ready,
    data: Arc<TempDir>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// A server with the example that ships.
    pub(crate) fn example() -> Self {
        Self::start(EXAMPLE, |_| {})
    }

    pub(crate) fn start(bootstrap: &str, change: impl FnOnce(&mut Config)) -> Self {
        Self::try_start(Arc::new(tempfile::tempdir().unwrap()), bootstrap, change).unwrap()
    }

    pub(crate) fn try_start(
        data: Arc<TempDir>,
        bootstrap: &str,
        change: impl FnOnce(&mut Config),
    ) -> Result<Self, String> {
        let mut config = Config::default();
        config.server.data = data.path().to_owned();
        config.server.http = "127.0.0.1:0".parse().unwrap();
        config.server.rtmp = "127.0.0.1:0".parse().unwrap();
        config.room.shards = 1;
        change(&mut config);
        let bootstrap = Some(Bootstrap::parse(bootstrap).map_err(|error| format!("{error:#}"))?);
        let (tell, told) = mpsc::channel::<Result<Ready, String>>();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            let up = tell.clone();
            let served = runtime.block_on(server::serve(
                Options { config, bootstrap },
                move |ready| up.send(Ok(ready)).unwrap(),
                async {
                    let _ = stopped.await;
                },
            ));
            if let Err(error) = served {
                let _ = tell.send(Err(format!("{error:#}")));
            }
        });
        match told.recv().unwrap() {
            Ok(ready) => Ok(Self { ready, data, stop: Some(stop), thread: Some(thread) }),
            Err(error) => {
                thread.join().unwrap();
                Err(error)
            }
        }
    }

    /// Stops it in order; the folder stays.
    pub(crate) fn stop(mut self) -> Arc<TempDir> {
        self.end();
        Arc::clone(&self.data)
    }

    fn end(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Somebody without an account.
    pub(crate) fn anonymous(&self) -> Http {
        Http::new(&format!("http://{}", self.ready.http), None)
    }

    /// Somebody with an API token.
    pub(crate) fn bearer(&self, token: &str) -> Http {
        Http::new(&format!("http://{}", self.ready.http), Some(token))
    }

    /// Pat, who may do everything.
    pub(crate) fn pat(&self) -> Http {
        self.bearer(PAT)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}
