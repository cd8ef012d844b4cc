//! Who and what is in the demo: two hosts, a shop, a show, and secrets that last as long as the folder.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use serde_json::json;
use server::Bootstrap;

use super::api::Api;
use crate::serve::random_word;

/// The operator and producer.
pub(crate) const USER: &str = "pat";
const SHOW: &str = "evening";
const DELAY_S: u64 = 12;
const FILE: &str = "demo.json";
/// Evenings that one folder may have seen.
const SHOWS_MAX: u32 = 500;

/// Passwords, tokens and keys, made at the first start of a folder.
#[derive(Serialize, Deserialize)]
pub(crate) struct Secrets {
    pub(crate) password: String,
    pub(crate) token: String,
    pub(crate) anna_token: String,
    pub(crate) anna_key: String,
    pub(crate) bea_key: String,
}

impl Secrets {
    /// Those of the folder; new ones in a new folder.
    pub(crate) fn load_or_make(data: &Path) -> anyhow::Result<Self> {
        let path = data.join(FILE);
        match fs::read_to_string(&path) {
            Ok(text) => {
                serde_json::from_str(&text).with_context(|| format!("read {}", path.display()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::make(data, &path),
            Err(error) => Err(error).with_context(|| format!("read {}", path.display())),
        }
    }

    fn make(data: &Path, path: &Path) -> anyhow::Result<Self> {
        let secrets = Self {
            password: random_word("demo-")?,
            token: random_word("rl_demo_")?,
            anna_token: random_word("rl_anna_")?,
            anna_key: random_word("anna-")?,
            bea_key: random_word("bea-")?,
        };
        let private = |what: &str| format!("{what} {}", path.display());
        fs::create_dir_all(data).with_context(|| private("create the folder of"))?;
        let mut options = fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).with_context(|| private("create"))?;
        file.write_all(&serde_json::to_vec_pretty(&secrets)?).with_context(|| private("write"))?;
        Ok(secrets)
    }

    /// The deployment. What people changed in the demo's folder stays changed.
    pub(crate) fn bootstrap(&self) -> anyhow::Result<Bootstrap> {
        let Self { password, token, anna_token, anna_key, bea_key } = self;
        Bootstrap::parse(&format!(
            r#"
            [[user]]
            name = "{USER}"
            roles = ["producer", "operator"]
            password = "{password}"
            token = "{token}"
            [[user]]
            name = "anna"
            roles = ["host"]
            host = "anna"
            password = "{password}"
            token = "{anna_token}"
            [[host]]
            slug = "anna"
            name = "Anna"
            stream_key = "{anna_key}"
            [[host]]
            slug = "bea"
            name = "Bea"
            stream_key = "{bea_key}"
            [[brand]]
            slug = "rouge"
            name = "Rouge"
            [[brand]]
            slug = "fine-line"
            name = "Fine Line"
            [[product]]
            sku = "LIP-01"
            title = "Lipstick No. 1"
            brand = "rouge"
            category = "lips"
            price = "79.00 CNY"
            stock = 500
            [[product]]
            sku = "BROW-02"
            title = "Eyebrow pencil"
            brand = "fine-line"
            category = "eyes"
            price = "79.00 CNY"
            stock = 300
            [[product]]
            sku = "CUSH-03"
            title = "Summer cushion"
            brand = "rouge"
            category = "face"
            price = "159.00 CNY"
            stock = 200
            [[product]]
            sku = "MASC-04"
            title = "Curved mascara"
            brand = "fine-line"
            category = "eyes"
            price = "99.00 CNY"
            stock = 250
            [[show]]
            slug = "{SHOW}"
            title = "Evening show"
            host = "anna"
            standby = "bea"
            language = "en"
            delay_s = {DELAY_S}
            offers = ["LIP-01", "BROW-02", "CUSH-03", "MASC-04"]
            # What the host says about a minute in is muted before it airs.
            [show.policy]
            mode = "act"
            rules = ["core", "claims"]
            on = {{ "core/contempt" = "mute", "claims/*" = "advise" }}
            "#
        ))
    }
}

/// The show that goes on air, with its delay in seconds: the one of the folder, or another evening when that has ended.
pub(crate) fn show_to_air(api: &Api) -> anyhow::Result<(String, u64)> {
    for evening in 1..SHOWS_MAX {
        let slug = if evening == 1 { SHOW.to_owned() } else { format!("{SHOW}-{evening}") };
        let (status, show) = api.get(&format!("/shows/{slug}"))?;
        match (status, show["status"].as_str()) {
            (200, Some("planned" | "live")) => {
                return Ok((slug, show["delay_s"].as_u64().unwrap_or(DELAY_S)));
            }
            (200, _) => {}
            (404, _) => {
                let plan = json!({
                    "slug": slug, "title": format!("Evening show {evening}"), "host": "anna",
                    "standby": "bea", "language": "en", "delay_s": DELAY_S, "start": "auto",
                    "offers": ["LIP-01", "BROW-02", "CUSH-03", "MASC-04"],
                    "policy": {"mode": "act", "on": {"core/contempt": "mute", "claims/*": "advise"}},
                });
                let (status, answer) = api.post("/shows", &plan)?;
                anyhow::ensure!(status == 201, "plan {slug}: {}", answer["error"]["message"]);
                return Ok((slug, DELAY_S));
            }
            _ => bail!("look for {slug}: {}", show["error"]["message"]),
        }
    }
    bail!("this folder has seen {SHOWS_MAX} evenings; choose another with --data")
}
