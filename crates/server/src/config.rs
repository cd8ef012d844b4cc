//! Configuration: every setting has a default, a file may change it, the environment and the command line
//! come on top. `ringlight.toml` at the root of the repository writes every default out; a test holds it to this file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use show::sentinel::Policy;
use show::sentinel::room::{ALARMS_PER_1000H, ALARMS_RANGE};

/// Every setting of a server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub struct Config {
    /// Where it listens and what it is called.
    pub server: Server,
    /// The program and its delay.
    pub program: Program,
    /// Recordings and sealed clips.
    pub record: Record,
    /// Rooms.
    pub room: Room,
    /// Orders.
    pub shop: Shop,
    /// Accounts.
    pub people: People,
    /// Hearing what the host says.
    pub listen: Listen,
    /// What is done about it, in shows that do not say it themselves.
    pub policy: Policy,
}

/// Where the server listens and what it is called.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The data folder.
    pub data: PathBuf,
    /// Address of pages, API and HLS.
    pub http: SocketAddr,
    /// Address for RTMP.
    pub rtmp: SocketAddr,
    /// What viewers type, such as `https://shop.example`; empty = as the request says.
    pub public_url: String,
    /// Addresses or networks of proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<String>,
    /// PEM file with the certificate chain; with `tls_key` it turns on HTTPS and HTTP/2.
    pub tls_cert: Option<PathBuf>,
    /// PEM file with the private key.
    pub tls_key: Option<PathBuf>,
    /// Open HTTP connections at most; one more is closed at once.
    pub http_connections_max: usize,
    /// Open RTMP connections at most; one more is closed at once.
    pub rtmp_connections_max: usize,
    /// HTTP connections from one address at most, those of rooms included; 0 = no limit.
    pub http_connections_per_address: usize,
    /// RTMP connections from one address at most; 0 = no limit.
    pub rtmp_connections_per_address: usize,
}

/// The program and its delay.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Program {
    /// Delay of a show that does not say its own, 0 to 60 seconds.
    pub delay_s: u32,
    /// An action without a start begins this much before the key was pressed.
    pub reaction_ms: u32,
    /// Folder with slates of your own (`landscape.flv`, `portrait.flv`); empty = the ones that ship.
    pub slates: Option<PathBuf>,
}

/// Hearing what the host says, while a show is live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Listen {
    /// Listen. Without weights the desk says that nothing is heard.
    pub enabled: bool,
    /// How: `rolling` (heard within two seconds or so), or `segments` (a third of the work, and later).
    pub mode: ListenMode,
    /// Folder with the weights; empty = where `make models` puts them.
    pub models: Option<PathBuf>,
    /// A Whisper file in ggml format to use instead of the one in that folder.
    pub whisper: Option<PathBuf>,
    /// Folders with rule packs of your own, beside the ones that ship.
    pub packs: Vec<PathBuf>,
    /// Shows that are heard at once; a further one is told that it is not heard.
    pub shows_max: usize,
    /// Captions for viewers from what was heard.
    pub captions: bool,
    /// Days until the words that were heard are erased.
    pub keep_days: u32,
}

/// When sound is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListenMode {
    /// Every one and a half seconds while somebody speaks.
    Rolling,
    /// When somebody has paused.
    Segments,
}

/// Recordings and sealed clips.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Record {
    /// Record what airs.
    pub program: bool,
    /// Days until a recording is deleted.
    pub keep_days: u32,
    /// Seal what was stopped.
    pub seal: bool,
    /// Days until a sealed clip expires.
    pub seal_days: u32,
    /// Recording stops while less than this is free on the disk.
    pub min_free_mib: u64,
}

/// Rooms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Room {
    /// Messages that a new viewer sees.
    pub history: usize,
    /// Characters in one message at most.
    pub text_max: usize,
    /// Viewers at most, in all rooms.
    pub viewers_max: usize,
    /// Messages that one viewer may write in ten seconds.
    pub messages_per_10s: u32,
    /// Threads that own the sockets; 0 = one for every two cores.
    pub shards: usize,
    /// Days until chat is erased.
    pub chat_days: u32,
    /// False alarms of a turning room that are wanted in 1000 hours: fewer come later.
    pub alarms_per_1000h: f64,
}

/// Orders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Shop {
    /// Minutes until an unpaid order expires and gives its stock back.
    pub reservation_minutes: u32,
    /// Orders that wait for the writer at most; one more is answered 429.
    pub queue_max: usize,
    /// Orders that one buyer may send in a second.
    pub orders_per_buyer_per_s: u32,
    /// How payments are settled. `manual`: the seller marks an order as paid.
    pub payment: Payment,
}

/// How payments are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payment {
    /// The seller settles by hand and marks the order.
    Manual,
}

/// Accounts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct People {
    /// Days until a session ends.
    pub session_days: u32,
    /// Wrong passwords in a row until a name is locked out.
    pub login_attempts: u32,
    /// Minutes that a lock-out lasts.
    pub lockout_minutes: u32,
    /// Characters in a password at least.
    pub password_min: usize,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            http: SocketAddr::from(([0, 0, 0, 0], 8080)),
            rtmp: SocketAddr::from(([0, 0, 0, 0], 1935)),
            public_url: String::new(),
            trusted_proxies: Vec::new(),
            tls_cert: None,
            tls_key: None,
            http_connections_max: 20_000,
            rtmp_connections_max: 200,
            http_connections_per_address: 4000,
            rtmp_connections_per_address: 50,
        }
    }
}
impl Default for Program {
    fn default() -> Self {
        Self { delay_s: 12, reaction_ms: 1000, slates: None }
    }
}

impl Default for Listen {
    fn default() -> Self {
        Self {
            enabled: true,
            mode: ListenMode::Rolling,
            models: None,
            whisper: None,
            packs: Vec::new(),
            shows_max: 4,
            captions: true,
            keep_days: 30,
        }
    }
}
impl Default for Record {
    fn default() -> Self {
        Self { program: true, keep_days: 90, seal: true, seal_days: 30, min_free_mib: 512 }
    }
}
impl Default for Room {
    fn default() -> Self {
        Self {
            history: 50,
            text_max: 300,
            viewers_max: 100_000,
            messages_per_10s: 10,
            shards: 0,
            chat_days: 30,
            alarms_per_1000h: ALARMS_PER_1000H,
        }
    }
}
impl Default for Shop {
    fn default() -> Self {
        Self {
            reservation_minutes: 30,
            queue_max: 8192,
            orders_per_buyer_per_s: 20,
            payment: Payment::Manual,
        }
    }
}
impl Default for People {
    fn default() -> Self {
        Self { session_days: 14, login_attempts: 8, lockout_minutes: 10, password_min: 12 }
    }
}

/// Variables that change a setting: `RINGLIGHT_HTTP`, `RINGLIGHT_RTMP`, `RINGLIGHT_DATA`, `RINGLIGHT_PUBLIC_URL`.
const ENV_PREFIX: &str = "RINGLIGHT_";

impl Config {
    /// Reads a file over the defaults. Unknown keys are refused.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    /// Reads TOML over the defaults and checks it.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    /// Puts the environment on top.
    pub fn with_env(mut self, var: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let get = |name: &str| var(&format!("{ENV_PREFIX}{name}"));
        if let Some(addr) = get("HTTP") {
            self.server.http = addr.parse().with_context(|| format!("{ENV_PREFIX}HTTP={addr}"))?;
        }
        if let Some(addr) = get("RTMP") {
            self.server.rtmp = addr.parse().with_context(|| format!("{ENV_PREFIX}RTMP={addr}"))?;
        }
        if let Some(data) = get("DATA") {
            self.server.data = data.into();
        }
        if let Some(url) = get("PUBLIC_URL") {
            self.server.public_url = url;
        }
        Ok(self)
    }

    /// Refuses values that no server can run with.
    pub fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.program.delay_s <= 60,
            "program.delay_s is 0 to 60, not {}",
            self.program.delay_s
        );
        anyhow::ensure!(self.program.reaction_ms <= 10_000, "program.reaction_ms is 0 to 10000");
        anyhow::ensure!(
            self.server.tls_cert.is_some() == self.server.tls_key.is_some(),
            "server.tls_cert and server.tls_key belong together: set both or neither"
        );
        anyhow::ensure!((1..=2000).contains(&self.room.text_max), "room.text_max is 1 to 2000");
        anyhow::ensure!((1..=500).contains(&self.room.history), "room.history is 1 to 500");
        anyhow::ensure!(
            ALARMS_RANGE.contains(&self.room.alarms_per_1000h),
            "room.alarms_per_1000h is {} to {}",
            ALARMS_RANGE.start(),
            ALARMS_RANGE.end()
        );
        if let Some(flaw) = self.policy.flaw() {
            anyhow::bail!("policy.{flaw}");
        }
        anyhow::ensure!(self.shop.queue_max >= 1, "shop.queue_max is at least 1");
        anyhow::ensure!(self.people.login_attempts >= 1, "people.login_attempts is at least 1");
        let url = &self.server.public_url;
        anyhow::ensure!(
            url.is_empty() || url.starts_with("http://") || url.starts_with("https://"),
            "server.public_url begins with http:// or https://"
        );
        for proxy in &self.server.trusted_proxies {
            crate::http::proxy::Network::parse(proxy).with_context(|| {
                format!("server.trusted_proxies: {proxy} is not an address or a network")
            })?;
        }
        Ok(())
    }

    /// Whether cookies may only travel over HTTPS.
    #[must_use]
    pub fn https(&self) -> bool {
        self.server.tls_cert.is_some() || self.server.public_url.starts_with("https://")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_file_writes_every_default_out() {
        let text = include_str!("../../../ringlight.toml");
        assert_eq!(Config::parse(text).unwrap(), Config::default());
        // Every key of the defaults stands in the file, be it as a comment (settings whose default is "none").
        let defaults = toml::Value::try_from(Config::default()).unwrap();
        for (table, keys) in defaults.as_table().unwrap() {
            assert!(text.contains(&format!("[{table}]")), "[{table}] is missing");
            for key in keys.as_table().unwrap().keys() {
                assert!(text.contains(&format!("\n{key} = ")), "{table}.{key} is missing");
            }
        }
        for unset in ["tls_cert", "tls_key", "slates"] {
            assert!(text.contains(&format!("\n# {unset} = ")), "{unset} is missing");
        }
    }

    #[test]
    fn unknown_keys_and_bad_values_are_refused_by_name() {
        for (text, says) in [
            ("[server]\nhtpp = '127.0.0.1:1'", "unknown field `htpp`"),
            ("[sevrer]", "unknown field `sevrer`"),
            ("[program]\ndelay_s = 61", "program.delay_s is 0 to 60, not 61"),
            ("[server]\ntls_cert = 'a.pem'", "belong together"),
            ("[server]\ntrusted_proxies = ['10.0.0.0/99']", "10.0.0.0/99"),
        ] {
            let error = format!("{:#}", Config::parse(text).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn the_environment_comes_on_top() {
        let env = |name: &str| (name == "RINGLIGHT_HTTP").then(|| "127.0.0.1:9".to_owned());
        assert_eq!(Config::default().with_env(env).unwrap().server.http.port(), 9);
    }
}
