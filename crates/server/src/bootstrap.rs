//! The bootstrap file: a deployment described in TOML and applied idempotently. It creates what is missing and never
//! overwrites what people changed; `config check` lists where the running state has moved on.

mod drift;

use std::path::Path;

use anyhow::{Context, ensure};
use serde::Deserialize;
use show::Actor;
use show::sentinel::Policy;
use units::Money;

pub use self::drift::drift;
use crate::api::plan_show;
use crate::app::App;
use crate::errors::{ApiError, Code};
use crate::people::{Role, UserChange};
use crate::{catalogue, clock};

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
        f.debug_struct("User")
            .field("name", &self.name)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
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
    /// What is done about what the host says; the server's `[policy]` when absent.
    pub policy: Option<Policy>,
}

/// How a show starts.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize, utoipa::ToSchema,
)]
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
        let text =
            std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
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
                show::Slug::new(slug).with_context(|| format!("{what} \"{slug}\""))?;
                ensure!(seen.insert(slug), "{what} \"{slug}\" stands here twice");
            }
            Ok(())
        };
        slugs("host", &mut self.host.iter().map(|h| &h.slug))?;
        slugs("brand", &mut self.brand.iter().map(|b| &b.slug))?;
        slugs("show", &mut self.show.iter().map(|s| &s.slug))?;
        let once = |what: &str, all: &mut dyn Iterator<Item = &String>| -> anyhow::Result<()> {
            let mut seen = std::collections::HashSet::new();
            for name in all {
                ensure!(seen.insert(name), "{what} \"{name}\" stands here twice");
            }
            Ok(())
        };
        once("user", &mut self.user.iter().map(|u| &u.name))?;
        once("product", &mut self.product.iter().map(|p| &p.sku))?;
        for user in &self.user {
            let token_fits = user.token.as_ref().is_none_or(|t| t.len() >= TOKEN_MIN);
            ensure!(
                token_fits,
                "user \"{}\": a token has {TOKEN_MIN} characters or more",
                user.name
            );
            for role in &user.roles {
                ensure!(
                    Role::parse(role).is_some(),
                    "user \"{}\": role \"{role}\" is not operator, producer, host or brand_manager",
                    user.name
                );
            }
        }
        for host in &self.host {
            let fits = host.stream_key.as_ref().is_none_or(|k| k.len() >= STREAM_KEY_MIN);
            ensure!(
                fits,
                "host \"{}\": a stream key has {STREAM_KEY_MIN} characters or more",
                host.slug
            );
        }
        for product in &self.product {
            show::Sku::new(&product.sku).with_context(|| format!("product \"{}\"", product.sku))?;
            ensure!(
                u64::from(product.stock) <= show::shop::STOCK_MAX,
                "product \"{}\": stock is {} at most",
                product.sku,
                show::shop::STOCK_MAX
            );
            product
                .price
                .parse::<Money>()
                .with_context(|| format!("product \"{}\"", product.sku))?;
        }
        for show in &self.show {
            let delay_fits = show.delay_s.is_none_or(|s| s <= 60);
            ensure!(delay_fits, "show \"{}\": delay_s is 0 to 60", show.slug);
            let starts = show.starts_at.as_deref().map(units::Timestamp::parse_rfc3339);
            ensure!(starts != Some(None), "show \"{}\": starts_at is not RFC 3339", show.slug);
            if let Some(flaw) = show.policy.as_ref().and_then(Policy::flaw) {
                anyhow::bail!("show \"{}\": policy.{flaw}", show.slug);
            }
        }
        Ok(())
    }
}

/// Creates what is missing; what exists stays as people left it.
pub(crate) async fn apply(app: &App, file: &Bootstrap) -> anyhow::Result<()> {
    let said = |error: ApiError| anyhow::anyhow!("{}", error.message());
    for host in &file.host {
        if app.catalogue.hosts.get(&host.slug).is_none() {
            app.catalogue
                .add_host(&host.slug, &host.name, host.stream_key.as_deref())
                .await
                .map_err(said)?;
        }
    }
    for brand in &file.brand {
        if app.catalogue.brands.get(&brand.slug).is_none() {
            app.catalogue.add_brand(&brand.slug, &brand.name).await.map_err(said)?;
        }
    }
    for product in &file.product {
        if app.catalogue.products.get(&product.sku).is_none() {
            let row = app.catalogue.checked(product.row()?).map_err(said)?;
            app.catalogue.products.insert(&product.sku, row).await.map_err(said)?;
        }
        // Asked for each time and applied once: a crash between the two must not leave a product without stock.
        app.shop.open_stock(&product.sku, product.stock).await.map_err(said)?;
    }
    for user in &file.user {
        apply_user(app, user).await.map_err(said)?;
    }
    for show in &file.show {
        // A show whose plan is in no log was broken off while it was planned.
        let planned = app.shows.get(&show.slug).is_ok_and(|show| show.state().plan.is_some());
        if !planned {
            let plan = show.plan(app.config.program.delay_s);
            plan_show(app, plan, &show.offers, &Actor::System).await.map_err(said)?;
        }
    }
    Ok(())
}

async fn apply_user(app: &App, user: &User) -> Result<(), ApiError> {
    if app.people.users.get(&user.name).is_some() {
        return Ok(());
    }
    let roles = user.roles.iter().filter_map(|role| Role::parse(role)).collect();
    let change = UserChange {
        roles: Some(roles),
        host: Some(user.host.clone()),
        brand: Some(user.brand.clone()),
        ..UserChange::default()
    };
    for (what, known) in [
        (&user.host, user.host.as_ref().is_none_or(|host| app.catalogue.hosts.get(host).is_some())),
        (
            &user.brand,
            user.brand.as_ref().is_none_or(|brand| app.catalogue.brands.get(brand).is_some()),
        ),
    ] {
        if let (Some(what), false) = (what, known) {
            let says = format!("user \"{}\": no host or brand is called \"{what}\"", user.name);
            return Err(ApiError::about(Code::InvalidField, says));
        }
    }
    // The token first: without its user it opens nothing, and a crash between the two is mended by the next start.
    if let Some(token) = &user.token {
        app.people.add_token(&user.name, "bootstrap", Some(token), clock::now()).await?;
    }
    app.people.create(&user.name, &user.password, change).await?;
    if app.people.has_operator() {
        app.setup_link.close().await;
    }
    Ok(())
}

impl Product {
    fn row(&self) -> anyhow::Result<catalogue::Product> {
        Ok(catalogue::Product {
            sku: self.sku.clone(),
            title: self.title.clone(),
            brand: self.brand.clone(),
            category: self.category.clone(),
            price: self.price.parse()?,
            image: self.image.clone(),
        })
    }
}

impl Show {
    fn plan(&self, delay_s: u32) -> catalogue::ShowPlan {
        catalogue::ShowPlan {
            slug: self.slug.clone(),
            title: self.title.clone(),
            host: self.host.clone(),
            standby: self.standby.clone(),
            language: self.language.clone(),
            delay_s: self.delay_s.unwrap_or(delay_s),
            starts_at: self.starts_at.as_deref().and_then(units::Timestamp::parse_rfc3339),
            start: self.start,
            created_at: clock::now(),
            policy: self.policy.clone(),
        }
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
            (
                "[[user]]\nname='p'\nroles=[]\npassword='x'\n[[user]]\nname='p'\nroles=[]\npassword='x'",
                "user \"p\" stands here twice",
            ),
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
        assert!(
            !printed.contains("change-me")
                && !printed.contains("secret-key")
                && !printed.contains("rl_pat")
        );
    }
}
