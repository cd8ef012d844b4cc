//! Where the running state has moved on from the bootstrap file.

use show::sentinel::Policy;
use store::Table;
use units::Money;

use super::Bootstrap;
use crate::catalogue;
use crate::people::{self, Role};

fn or_none(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}

fn moment(at: Option<units::Timestamp>) -> String {
    at.map_or_else(String::new, units::Timestamp::rfc3339)
}

/// Where the running state has moved on from the file, one sentence each. Stock is not compared, because it is opened once;
/// nor are passwords, tokens and keys, of which only hashes are kept.
///
/// # Errors
/// When the store cannot be read.
pub fn drift(store: &dyn store::Reader, file: &Bootstrap) -> anyhow::Result<Vec<String>> {
    let mut moved = Vec::new();
    let mut differs = |what: String, field: &str, here: &str, there: &str| {
        if here != there {
            moved.push(format!("{what}: {field} is \"{there}\", the file says \"{here}\""));
        }
    };
    let users = Table::<people::User>::new("user");
    for user in &file.user {
        match users.get(store, &user.name)? {
            None => differs(format!("user {}", user.name), "account", "present", "absent"),
            Some(row) => {
                let roles = serde_json::to_value(&row.value.roles)?;
                let mut wanted = user.roles.clone();
                wanted.sort_by_key(|role| Role::parse(role));
                differs(
                    format!("user {}", user.name),
                    "roles",
                    &serde_json::to_value(wanted)?.to_string(),
                    &roles.to_string(),
                );
                let what = || format!("user {}", user.name);
                differs(what(), "host", or_none(&user.host), or_none(&row.value.host));
                differs(what(), "brand", or_none(&user.brand), or_none(&row.value.brand));
                differs(what(), "disabled", "false", &row.value.disabled.to_string());
            }
        }
    }
    let hosts = Table::<catalogue::Host>::new("host");
    for host in &file.host {
        let there = hosts.get(store, &host.slug)?.map(|row| row.value);
        let what = || format!("host {}", host.slug);
        let name = there.as_ref().map_or("(absent)", |there| there.name.as_str());
        differs(what(), "name", &host.name, name);
        let suspended = there.is_some_and(|there| there.suspended);
        differs(what(), "suspended", "false", &suspended.to_string());
    }
    let brands = Table::<catalogue::Brand>::new("brand");
    for brand in &file.brand {
        let there = brands.get(store, &brand.slug)?.map(|row| row.value.name);
        differs(
            format!("brand {}", brand.slug),
            "name",
            &brand.name,
            there.as_deref().unwrap_or("(absent)"),
        );
    }
    let products = Table::<catalogue::Product>::new("product");
    for product in &file.product {
        let what = || format!("product {}", product.sku);
        match products.get(store, &product.sku)? {
            None => differs(what(), "row", "present", "absent"),
            Some(row) => {
                let row = row.value;
                differs(what(), "title", &product.title, &row.title);
                differs(what(), "brand", &product.brand, &row.brand);
                differs(what(), "category", &product.category, &row.category);
                differs(
                    what(),
                    "price",
                    &product.price.parse::<Money>()?.to_string(),
                    &row.price.to_string(),
                );
                differs(what(), "image", or_none(&product.image), or_none(&row.image));
            }
        }
    }
    let shows = Table::<catalogue::ShowPlan>::new("show");
    for show in &file.show {
        let what = || format!("show {}", show.slug);
        match shows.get(store, &show.slug)? {
            None => differs(what(), "plan", "present", "absent"),
            Some(row) => {
                let row = row.value;
                differs(what(), "title", &show.title, &row.title);
                differs(what(), "host", &show.host, &row.host);
                differs(
                    what(),
                    "standby",
                    show.standby.as_deref().unwrap_or(""),
                    row.standby.as_deref().unwrap_or(""),
                );
                differs(what(), "language", &show.language, &row.language);
                differs(what(), "start", &format!("{:?}", show.start), &format!("{:?}", row.start));
                let wanted = show.starts_at.as_deref().and_then(units::Timestamp::parse_rfc3339);
                differs(what(), "starts_at", &moment(wanted), &moment(row.starts_at));
                let log = crate::owner::rebuild::<show::Show>(
                    store,
                    &store::StreamId::new(&format!("show/{}", show.slug)),
                )?;
                let offers = &log.state().sale.offers;
                let stands = offers.iter().filter(|(_, listed)| listed.terms.removed.is_none());
                let mut there: Vec<&str> = stands.map(|(sku, _)| sku.as_str()).collect();
                let mut wanted: Vec<&str> = show.offers.iter().map(String::as_str).collect();
                there.sort_unstable();
                wanted.sort_unstable();
                differs(what(), "offers", &wanted.join(" "), &there.join(" "));
                if let Some(policy) = &show.policy {
                    let words = |policy: &Policy| serde_json::to_string(policy).unwrap_or_default();
                    let now = row.policy.as_ref().map_or_else(String::new, words);
                    differs(what(), "policy", &words(policy), &now);
                }
                if let Some(delay_s) = show.delay_s {
                    differs(what(), "delay_s", &delay_s.to_string(), &row.delay_s.to_string());
                }
            }
        }
    }
    Ok(moved)
}
