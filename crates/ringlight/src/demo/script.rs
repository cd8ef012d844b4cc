//! What the host does beside speaking: pins the product that is on the table, as the sample's script says; and what
//! the seller does: marks orders as paid and brings new stock.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use anyhow::Context;
use serde::Deserialize;
use serde_json::json;
use sim::crowd::{Cue, Subject};

use super::Stage;
use super::api::Api;

const SCRIPT: &str = include_str!("../../../../samples/evening.script.json");
/// Where in the sample the remark is heard.
const REMARK_LINE: &str = "How is it expensive?";
const LOOK_EVERY: Duration = Duration::from_millis(500);
const SELL_EVERY: Duration = Duration::from_secs(5);
/// Less than this left: the seller brings more.
const STOCK_LOW: u64 = 20;
const STOCK_NEW: u64 = 200;

#[derive(Deserialize)]
struct Line {
    from_s: f64,
    to_s: f64,
    product: String,
    line: String,
}

/// When which product is on the table.
pub(crate) struct Script {
    shown: Vec<(u64, Subject)>,
}

/// What the crowd meets in the sample, by the time in it in milliseconds.
pub(crate) type Cues = Vec<(u64, Cue)>;

/// The SKU of what is on the table.
pub(crate) fn sku(subject: Subject) -> &'static str {
    match subject {
        Subject::Lipstick => "LIP-01",
        Subject::Pencil => "BROW-02",
        Subject::Cushion => "CUSH-03",
        Subject::Mascara => "MASC-04",
    }
}

fn subject(product: &str) -> Option<Subject> {
    Some(match product {
        "lip" => Subject::Lipstick,
        "brow" => Subject::Pencil,
        "cushion" => Subject::Cushion,
        "mascara" => Subject::Mascara,
        _ => return None,
    })
}

impl Script {
    /// The sample's script and its cues.
    pub(crate) fn new() -> anyhow::Result<(Self, Cues)> {
        let lines: Vec<Line> = serde_json::from_str(SCRIPT).context("the sample's script")?;
        let mut shown: Vec<(u64, Subject)> = Vec::new();
        let mut cues = Cues::new();
        for line in &lines {
            let (from_ms, to_ms) = ((line.from_s * 1e3) as u64, (line.to_s * 1e3) as u64);
            let on_table = subject(&line.product)
                .with_context(|| format!("the sample's script names {}", line.product))?;
            if shown.last().is_none_or(|(_, last)| *last != on_table) {
                shown.push((from_ms, on_table));
                cues.push((from_ms, Cue::Shown(on_table)));
            }
            if line.line.starts_with(REMARK_LINE) {
                cues.push((to_ms, Cue::Remark));
            }
        }
        anyhow::ensure!(!shown.is_empty(), "the sample's script is empty");
        Ok((Self { shown }, cues))
    }

    fn at(&self, ms: u64) -> Option<Subject> {
        self.shown.iter().rev().find(|(from, _)| *from <= ms).map(|(_, subject)| *subject)
    }

    /// Pins what the host shows.
    pub(crate) fn run(&self, stage: &Stage, api: &Api) {
        let mut pinned = None;
        loop {
            thread::sleep(LOOK_EVERY);
            let now = self.at(stage.host_at_ms.load(Ordering::Relaxed));
            let Some(next) = now.filter(|next| pinned != Some(*next)) else { continue };
            match api.post(&format!("/shows/{}/pin", stage.show), &json!({"sku": sku(next)})) {
                Ok((200, _)) => pinned = now,
                // Not live yet, or the store is away: the next look tries again.
                Ok((status, _)) => tracing::debug!(status, "demo pin"),
                Err(error) => tracing::debug!(%error, "demo pin"),
            }
        }
    }
}

/// Takes payments and restocks.
pub(crate) fn sell(stage: &Stage, api: &Api) {
    loop {
        thread::sleep(SELL_EVERY);
        if let Err(error) = sell_once(stage, api) {
            tracing::debug!(%error, "demo seller");
        }
    }
}

fn sell_once(stage: &Stage, api: &Api) -> anyhow::Result<()> {
    let (_, page) = api.get(&format!("/orders?show={}&status=reserved&limit=50", stage.show))?;
    let orders = page["orders"].as_array().cloned().unwrap_or_default();
    // The newest stay unpaid for a while, so that the list has both.
    for id in orders.iter().skip(5).filter_map(|order| order["id"].as_str()) {
        api.post(&format!("/orders/{id}/status"), &json!({"to": "paid"}))?;
    }
    let (_, products) = api.get("/products")?;
    for product in products.as_array().into_iter().flatten() {
        let (Some(sku), Some(left)) = (product["sku"].as_str(), product["left"].as_u64()) else {
            continue;
        };
        if left < STOCK_LOW {
            api.post(&format!("/products/{sku}/stock"), &json!({"delta": STOCK_NEW}))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_shows_every_product_and_one_remark() {
        let (script, cues) = Script::new().expect("the script");
        assert_eq!(script.at(0), None);
        assert_eq!(script.at(50_000), Some(Subject::Pencil));
        let remarks: Vec<_> = cues.iter().filter(|(_, cue)| *cue == Cue::Remark).collect();
        assert_eq!(remarks.len(), 1);
        assert!((50_000..60_000).contains(&remarks[0].0));
        for subject in [Subject::Lipstick, Subject::Pencil, Subject::Cushion, Subject::Mascara] {
            assert!(script.shown.iter().any(|(_, shown)| *shown == subject));
        }
    }
}
