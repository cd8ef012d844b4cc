//! What is sold, by whom and when: hosts, brands, products and plans of shows, as rows of tables.
//! What happens in a show is not here but in its log; stock is the shop's.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use show::sentinel::Policy;
use show::{Sku, Slug};
use store::Store;
use units::{Money, Timestamp};
use utoipa::ToSchema;

use crate::bootstrap::Start;
use crate::docs::Docs;
use crate::errors::{ApiError, ApiResult, Code};
use crate::mint;
use crate::secrets::Secrets;

/// Characters in a title or a name at most.
pub(crate) const TITLE_MAX: usize = 200;
const STREAM_KEY_PURPOSE: &str = "stream key";
const IMAGE_MAX: usize = 2000;

/// Somebody who presents.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Host {
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) suspended: bool,
    /// Keyed hash of the stream key, to recognise it.
    pub(crate) key_hash: String,
    /// The key in a box, so that the host can read it again in the studio.
    pub(crate) key_box: String,
}

/// Whose products are sold.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub(crate) struct Brand {
    /// Name in addresses.
    pub(crate) slug: String,
    /// Name on pages.
    pub(crate) name: String,
}

/// What is sold.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Product {
    pub(crate) sku: String,
    pub(crate) title: String,
    pub(crate) brand: String,
    pub(crate) category: String,
    pub(crate) price: Money,
    pub(crate) image: Option<String>,
}

/// The plan of a show. Whether it is live is in its log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ShowPlan {
    pub(crate) slug: String,
    pub(crate) title: String,
    pub(crate) host: String,
    pub(crate) standby: Option<String>,
    pub(crate) language: String,
    pub(crate) delay_s: u32,
    pub(crate) starts_at: Option<Timestamp>,
    pub(crate) start: Start,
    pub(crate) created_at: Timestamp,
    /// What is done about what the host says; absent: as the server's settings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<Policy>,
}

/// The tables.
pub(crate) struct Catalogue {
    pub(crate) hosts: Docs<Host>,
    pub(crate) brands: Docs<Brand>,
    pub(crate) products: Docs<Product>,
    pub(crate) shows: Docs<ShowPlan>,
    secrets: Secrets,
}

impl Catalogue {
    pub(crate) fn load(store: &Arc<dyn Store>, secrets: &Secrets) -> anyhow::Result<Self> {
        Ok(Self {
            hosts: Docs::load("host", store)?,
            brands: Docs::load("brand", store)?,
            products: Docs::load("product", store)?,
            shows: Docs::load("show", store)?,
            secrets: secrets.clone(),
        })
    }

    /// Adds a host with a given or a minted stream key, which is answered.
    pub(crate) async fn add_host(
        &self,
        slug: &str,
        name: &str,
        key: Option<&str>,
    ) -> ApiResult<(Arc<Host>, String)> {
        let slug = self::slug("slug", slug)?;
        let key = key.map_or_else(|| mint::secret("rlk_"), str::to_owned);
        let (key_hash, key_box) = self.boxed_key(&key)?;
        let host = Host {
            slug: slug.to_string(),
            name: title("name", name)?,
            suspended: false,
            key_hash,
            key_box,
        };
        Ok((self.hosts.insert(slug.as_str(), host).await?, key))
    }

    /// Gives a host another stream key.
    pub(crate) async fn rotate_key(&self, host: &str) -> ApiResult<String> {
        let key = mint::secret("rlk_");
        let (key_hash, key_box) = self.boxed_key(&key)?;
        self.hosts
            .update(host, Code::UnknownHost, |old| Ok(Host { key_hash, key_box, ..old.clone() }))
            .await?;
        Ok(key)
    }

    /// The host that a stream key belongs to.
    pub(crate) fn host_of_key(&self, key: &str) -> Option<Arc<Host>> {
        let hash = self.secrets.hash_hex(STREAM_KEY_PURPOSE, key.as_bytes());
        self.hosts.find(|host| host.key_hash == hash)
    }

    /// The stream key in the clear, for the host's own studio.
    pub(crate) fn stream_key(&self, host: &Host) -> Option<String> {
        let key = self.secrets.unbox(STREAM_KEY_PURPOSE, &host.key_box)?;
        String::from_utf8(key).ok()
    }

    fn boxed_key(&self, key: &str) -> ApiResult<(String, String)> {
        if self.host_of_key(key).is_some() {
            return Err(ApiError::about(Code::AlreadyExists, "another host has this stream key"));
        }
        let hash = self.secrets.hash_hex(STREAM_KEY_PURPOSE, key.as_bytes());
        Ok((hash, self.secrets.boxed(STREAM_KEY_PURPOSE, key.as_bytes())))
    }

    pub(crate) async fn add_brand(&self, slug: &str, name: &str) -> ApiResult<Arc<Brand>> {
        let slug = self::slug("slug", slug)?;
        let brand = Brand { slug: slug.to_string(), name: title("name", name)? };
        self.brands.insert(slug.as_str(), brand).await
    }

    /// Checks a product against the other tables.
    pub(crate) fn checked(&self, product: Product) -> ApiResult<Product> {
        Sku::new(&product.sku)
            .map_err(|error| ApiError::about(Code::InvalidField, format!("sku: {error}")))?;
        if product.price.minor < 0 {
            return Err(ApiError::about(Code::InvalidField, "price: below zero"));
        }
        if self.brands.get(&product.brand).is_none() {
            return Err(ApiError::about(Code::UnknownBrand, product.brand));
        }
        let image_fits = |image: &str| {
            image.len() <= IMAGE_MAX
                && (image.starts_with("https://")
                    || image.starts_with("http://")
                    || image.starts_with('/'))
        };
        if product.image.as_deref().is_some_and(|image| !image_fits(image)) {
            return Err(ApiError::about(
                Code::InvalidField,
                "image: an address that begins with https:// or /",
            ));
        }
        let category = if product.category.is_empty() {
            String::new()
        } else {
            title("category", &product.category)?
        };
        Ok(Product { title: title("title", &product.title)?, category, ..product })
    }

    /// Checks a plan against the other tables.
    pub(crate) fn checked_plan(&self, plan: ShowPlan) -> ApiResult<ShowPlan> {
        slug("slug", &plan.slug)?;
        for host in std::iter::once(&plan.host).chain(&plan.standby) {
            if self.hosts.get(host).is_none() {
                return Err(ApiError::about(Code::UnknownHost, host));
            }
        }
        if plan.standby.as_ref() == Some(&plan.host) {
            return Err(ApiError::about(
                Code::InvalidField,
                "standby: the host cannot stand in for themselves",
            ));
        }
        if plan.delay_s > 60 {
            return Err(Code::BadDelay.into());
        }
        if let Some(flaw) = plan.policy.as_ref().and_then(Policy::flaw) {
            return Err(ApiError::about(Code::InvalidField, format!("policy.{flaw}")));
        }
        let language_fits = (2..=35).contains(&plan.language.len())
            && plan.language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if !language_fits {
            return Err(ApiError::about(
                Code::InvalidField,
                "language: a tag such as zh, ru or en",
            ));
        }
        Ok(ShowPlan { title: title("title", &plan.title)?, ..plan })
    }
}

/// A name for addresses.
pub(crate) fn slug(field: &str, text: &str) -> ApiResult<Slug> {
    Slug::new(text)
        .map_err(|error| ApiError::about(Code::InvalidField, format!("{field}: {error}")))
}

/// A name for pages.
pub(crate) fn title(field: &str, text: &str) -> ApiResult<String> {
    let invalid =
        || ApiError::about(Code::InvalidField, format!("{field}: 1 to {TITLE_MAX} characters"));
    crate::names::clean_text(text, TITLE_MAX).ok_or_else(invalid)
}
