//! The bootstrap file: a deployment described in TOML and applied idempotently. It creates what is missing and never
//! overwrites what people changed; `config check` lists where the running state has moved on.

use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;
use units::Money;

/// A deployment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bootstrap {
    /// Accounts.
    pub user: Vec<User>,
    /// Who presents.
    pub host: Vec<Host>,
    /// Whose products are sold.
    pub brand: Vec<Brand>,
    /// What is sold.
    pub product: Vec<Product>,
    /// When.
    pub show: Vec<Show>,
}

/// One account.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Sign-in name.
    pub name: String,
    /// `operator`, `producer`, `host`, `brand_manager`.
    pub roles: Vec<String>,
    /// Password; kept as an argon2id hash only.
    pub password: String,
    /// API token, 16 characters at least; kept as a hash only.
    pub token: Option<String>,
    /// The host that this account is, for the role `host`.
    pub host: Option<String>,
    /// The brand that this account manages, for the role `brand_manager`.
    pub brand: Option<String>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User").field("name", &self.name).field("roles", &self.roles).finish_non_exhaustive()
    }
}

/// One host.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// Name in addresses.
    pub slug: String,
    /// Name on pages.
    pub name: String,
    /// Key for OBS; minted when absent.
    pub stream_key: Option<String>,
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").field("slug", &self.slug).finish_non_exhaustive()
    }
}

/// One brand.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Brand {
    /// Name in addresses.
    pub slug: String,
    /// Name on pages.
    pub name: String,
}

/// One product.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Stock-keeping unit.
    pub sku: String,
    /// Name on pages.
    pub title: String,
    /// Slug of its brand.
    pub brand: String,
    /// Category; free text.
    #[serde(default)]
    pub category: String,
    /// Such as `79.00 CNY`.
    pub price: String,
    /// Opening stock, applied once.
    #[serde(default)]
    pub stock: u32,
    /// Address of a picture.
    pub image: Option<String>,
}

/// One show.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Show {
    /// Name in addresses.
    pub slug: String,
    /// Name on pages.
    pub title: String,
    /// Slug of the host.
    pub host: String,
    /// Slug of the understudy.
    pub standby: Option<String>,
    /// `zh`, `ru`, `en` or another language tag.
    #[serde(default = "english")]
    pub language: String,
    /// 0 to 60; the server's default when absent.
    pub delay_s: Option<u32>,
    /// RFC 3339.
    pub starts_at: Option<String>,
    /// `auto` (the host's stream starts it) or `manual`.
    #[serde(default)]
    pub start: Start,
    /// SKUs.
    #[serde(default)]
    pub offers: Vec<String>,
}

/// How a show starts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// When the host's feed arrives.
    #[default]
    Auto,
    /// When a person starts it.
    Manual,
}

fn english() -> String {
    "en".to_owned()
}

const TOKEN_MIN: usize = 16;
const STREAM_KEY_MIN: usize = 8;

impl Bootstrap {
    /// Reads and checks a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    /// Reads TOML and checks that its parts fit together.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let file: Self = toml::from_str(text)?;
        file.check()?;
        Ok(file)
    }

    fn check(&self) -> anyhow::Result<()> {
        let slugs = |what: &str, all: &mut dyn Iterator<Item = &String>| -> anyhow::Result<()> {
            let mut seen = std::collections::HashSet::new();
            for slug in all {
                ensure!(crate::names::is_slug(slug), "{what} \"{slug}\": use a-z, 0-9 and -, 64 characters at most");
                ensure!(seen.insert(slug), "{what} \"{slug}\" stands here twice");
            }
            Ok(())
        };
        slugs("host", &mut self.host.iter().map(|h| &h.slug))?;
        slugs("brand", &mut self.brand.iter().map(|b| &b.slug))?;
        slugs("show", &mut self.show.iter().map(|s| &s.slug))?;
        for user in &self.user {
            let token_fits = user.token.as_ref().is_none_or(|t| t.len() >= TOKEN_MIN);
            ensure!(token_fits, "user \"{}\": a token has {TOKEN_MIN} characters or more", user.name);
            for role in &user.roles {
                ensure!(
                    crate::people::Role::parse(role).is_some(),
                    "user \"{}\": role \"{role}\" is not operator, producer, host or brand_manager",
                    user.name
                );
            }
        }
        for host in &self.host {
            let fits = host.stream_key.as_ref().is_none_or(|k| k.len() >= STREAM_KEY_MIN);
            ensure!(fits, "host \"{}\": a stream key has {STREAM_KEY_MIN} characters or more", host.slug);
        }
        for product in &self.product {
            ensure!(crate::names::is_sku(&product.sku), "product \"{}\": not a usable SKU", product.sku);
            product.price.parse::<Money>().with_context(|| format!("product \"{}\"", product.sku))?;
        }
        for show in &self.show {
            let delay_fits = show.delay_s.is_none_or(|s| s <= 60);
            ensure!(delay_fits, "show \"{}\": delay_s is 0 to 60", show.slug);
            let starts = show.starts_at.as_deref().map(units::Timestamp::parse_rfc3339);
            ensure!(starts != Some(None), "show \"{}\": starts_at is not RFC 3339", show.slug);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_that_ships_is_valid() {
        let file = Bootstrap::parse(include_str!("../../../docs/bootstrap.example.toml")).unwrap();
        assert_eq!(file.show[0].delay_s, Some(8));
        assert_eq!(file.product[0].stock, 500);
    }

    #[test]
    fn mistakes_are_named() {
        for (text, says) in [
            ("[[hots]]", "unknown field `hots`"),
            ("[[host]]\nslug='a'\nname='A'\nkey='x'", "unknown field `key`"),
            ("[[host]]\nslug='A b'\nname='A'", "host \"A b\""),
            ("[[product]]\nsku='X'\ntitle='x'\nbrand='b'\nprice='79'", "product \"X\""),
            ("[[show]]\nslug='s'\ntitle='S'\nhost='a'\ndelay_s=61", "delay_s is 0 to 60"),
            ("[[user]]\nname='p'\nroles=['king']\npassword='x'", "role \"king\""),
        ] {
            let error = format!("{:#}", Bootstrap::parse(text).unwrap_err());
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        let file = Bootstrap::parse(include_str!("../../../docs/bootstrap.example.toml")).unwrap();
        let printed = format!("{file:?}");
        assert!(!printed.contains("change-me") && !printed.contains("secret-key") && !printed.contains("rl_pat"));
    }
}
