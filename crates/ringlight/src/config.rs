//! Settings: defaults < file < environment < command line; and what `config` says about them.

use std::net::SocketAddr;

use anyhow::Context;
use server::{Bootstrap, Config};
use store::SqliteReader;

use crate::cli::{CheckArgs, ServeArgs, Settings};
use crate::failure::Advice;
use crate::out;

/// The annotated file with every default.
const DOC: &str = include_str!("../../../ringlight.toml");
const FILE_HINT: &str = "`ringlight config doc` prints every setting with its default";
const BOOTSTRAP_HINT: &str = "compare it with docs/bootstrap.example.toml";

impl Settings {
    /// The settings of a server.
    pub(crate) fn resolve(&self) -> anyhow::Result<Config> {
        self.resolve_with(|name| std::env::var(name).ok())
    }

    fn resolve_with(&self, env: impl Fn(&str) -> Option<String>) -> anyhow::Result<Config> {
        let file = match &self.config {
            Some(path) => Config::read(path)
                .with_context(|| Advice::new("the settings cannot be used", FILE_HINT))?,
            None => Config::default(),
        };
        let mut config = file.with_env(env)?;
        put(&mut config.server.http, self.http);
        put(&mut config.server.rtmp, self.rtmp);
        put(&mut config.server.data, self.data.clone());
        Ok(config)
    }
}

impl ServeArgs {
    /// The settings of a server with everything that the command line adds.
    pub(crate) fn resolve(&self) -> anyhow::Result<Config> {
        let mut config = self.settings.resolve()?;
        put(&mut config.server.public_url, self.public_url.clone());
        config.server.tls_cert = self.tls_cert.clone().or(config.server.tls_cert);
        config.server.tls_key = self.tls_key.clone().or(config.server.tls_key);
        config.check().with_context(|| Advice::new("the settings cannot be used", FILE_HINT))?;
        Ok(config)
    }

    /// The deployment, if one is named.
    pub(crate) fn deployment(&self) -> anyhow::Result<Option<Bootstrap>> {
        self.bootstrap.as_deref().map(read_bootstrap).transpose()
    }
}

fn put<T>(setting: &mut T, flag: Option<T>) {
    if let Some(flag) = flag {
        *setting = flag;
    }
}

fn read_bootstrap(path: &std::path::Path) -> anyhow::Result<Bootstrap> {
    Bootstrap::read(path)
        .with_context(|| Advice::new("the bootstrap file cannot be used", BOOTSTRAP_HINT))
}

/// An address as somebody on this machine types it.
pub(crate) fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}

/// `config check`: the files, and where the running state has moved on.
pub(crate) fn check(args: &CheckArgs) -> anyhow::Result<bool> {
    let settings =
        Settings { config: args.config.clone(), data: args.data.clone(), ..Settings::default() };
    let config = settings.resolve()?;
    config.check().with_context(|| Advice::new("the settings cannot be used", FILE_HINT))?;
    match &args.config {
        Some(path) => out::line(format_args!("ok    {}", path.display())),
        None => out::line("ok    no settings file: every setting has its default"),
    }
    let Some(path) = &args.bootstrap else { return Ok(true) };
    let file = read_bootstrap(path)?;
    out::line(format_args!("ok    {}", path.display()));
    let data = &config.server.data;
    if !data.join("ringlight.db").exists() {
        out::line(format_args!(
            "note  {} has no database yet: the first start applies all of it",
            data.display()
        ));
        return Ok(true);
    }
    let reader = SqliteReader::open(data)?;
    let drift = server::drift(&reader, &file)?;
    if drift.is_empty() {
        out::line(format_args!("same  {} is as the file says", data.display()));
    }
    for place in &drift {
        out::line(format_args!("moved {place}"));
    }
    Ok(true)
}

/// `config doc`.
pub(crate) fn doc() -> anyhow::Result<bool> {
    out::line(DOC.trim_end());
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_comes_on_top_and_an_absent_flag_changes_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("r.toml");
        let text = "[server]\nhttp = '127.0.0.1:1'\nrtmp = '127.0.0.1:2'\ndata = 'of-file'";
        std::fs::write(&file, text).expect("a file");
        let env = |name: &str| (name == "RINGLIGHT_RTMP").then(|| "127.0.0.1:3".to_owned());
        let check = |flag: Option<SocketAddr>, http: u16| {
            let settings =
                Settings { config: Some(file.clone()), http: flag, ..Settings::default() };
            let config = settings.resolve_with(env).expect("settings");
            assert_eq!(config.server.http.port(), http);
            assert_eq!(config.server.rtmp.port(), 3, "the environment is above the file");
            assert_eq!(config.server.data.to_str(), Some("of-file"));
        };
        check(None, 1);
        check(Some(SocketAddr::from(([127, 0, 0, 1], 4))), 4);
    }
}
