//! How far long work is, on stderr; and ctrl-c, which ends it between two steps. A second one ends the process.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use insight::watch::{Stage, Stopped, Watch};

/// Between two words on a terminal.
const TERMINAL_EVERY: Duration = Duration::from_millis(200);
/// Between two lines in a log.
const LOG_EVERY: Duration = Duration::from_secs(10);

pub(in crate::commands) struct Progress {
    stop: Arc<AtomicBool>,
    terminal: bool,
    said: Mutex<(Instant, Option<Stage>)>,
}

impl Progress {
    pub(in crate::commands) fn start() -> anyhow::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new()
            .name("ctrl-c".into())
            .spawn(move || {
                runtime.block_on(async {
                    if tokio::signal::ctrl_c().await.is_ok() {
                        asked.store(true, Ordering::Relaxed);
                    }
                    if tokio::signal::ctrl_c().await.is_ok() {
                        std::process::exit(130);
                    }
                });
            })
            .context("listen for ctrl-c")?;
        let terminal = std::io::stderr().is_terminal();
        Ok(Self { stop, terminal, said: Mutex::new((Instant::now(), None)) })
    }

    /// Takes back the line on a terminal.
    pub(in crate::commands) fn done(&self) {
        if self.terminal {
            let _ = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

impl Watch for Progress {
    fn at(&self, stage: Stage, done: u64, all: u64) -> Result<(), Stopped> {
        if self.stop.load(Ordering::Relaxed) {
            self.done();
            return Err(Stopped);
        }
        let Ok(mut said) = self.said.lock() else { return Ok(()) };
        let every = if self.terminal { TERMINAL_EVERY } else { LOG_EVERY };
        if said.0.elapsed() < every && (said.1 == Some(stage) || !self.terminal) {
            return Ok(());
        }
        *said = (Instant::now(), Some(stage));
        let mut err = std::io::stderr().lock();
        let (begin, end) = if self.terminal { ("\r\x1b[K", "") } else { ("", "\n") };
        let _ = match all {
            0 => write!(err, "{begin}{stage}: {done}{end}"),
            all => write!(err, "{begin}{stage}: {} %{end}", done.min(all) * 100 / all),
        };
        let _ = err.flush();
        Ok(())
    }
}
