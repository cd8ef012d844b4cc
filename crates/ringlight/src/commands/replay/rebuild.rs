//! Folds a show's log, and the shop's, and holds the result against the digests in the log.

use anyhow::Context;
use show::decider::Decider;
use show::entry::{Broken, Entry, Rebuild};
use show::shop::Shop;
use show::{Show, Slug};
use store::{Reader, StreamId};

use crate::out;

/// Records that are held at once.
const PAGE: usize = 256;

/// False when a rebuilt state is not the one that was live.
pub(super) fn run(reader: &dyn Reader, show: &Slug) -> anyhow::Result<bool> {
    let stream = StreamId::new(&format!("show/{show}"));
    let of_show = replay::<Show>(reader, &stream, |state| {
        let counts = (state.sale.offers.len(), state.desk.actions.len());
        format!("{:?}, {} offers, {} actions", state.status, counts.0, counts.1).to_lowercase()
    })?;
    let shop = StreamId::new("shop");
    let of_shop = match reader.head(&shop)? {
        Some(_) => replay::<Shop>(reader, &shop, describe_shop)?,
        None => true,
    };
    Ok(of_show && of_shop)
}

fn describe_shop(state: &show::shop::State) -> String {
    // The state's own words, so that this does not depend on how it is kept.
    let json = serde_json::to_value(state).unwrap_or_default();
    let count = |field: &str| match json.get(field) {
        Some(serde_json::Value::Array(all)) => all.len(),
        Some(serde_json::Value::Object(all)) => all.len(),
        _ => 0,
    };
    format!("{} products, {} orders", count("products"), count("orders"))
}

fn replay<D: Decider>(
    reader: &dyn Reader,
    stream: &StreamId,
    describe: impl Fn(&D::State) -> String,
) -> anyhow::Result<bool> {
    let mut rebuild = Rebuild::<D>::default();
    let mut records = 0_u64;
    loop {
        let page = reader.read_log(stream, rebuild.seq() + 1, PAGE)?;
        if page.is_empty() {
            break;
        }
        for record in &page {
            records += 1;
            for framed in record.entries()? {
                let entry: Entry<D> = serde_json::from_slice(&framed.body)
                    .with_context(|| format!("{stream} entry {}", framed.seq))?;
                if let Err(broken) = rebuild.push(&entry) {
                    out::line(format_args!("{stream}: differs"));
                    out::line(format_args!("  {}", explain(&broken)));
                    return Ok(false);
                }
            }
        }
    }
    out::line(format_args!("{stream}: {} entries in {records} records", rebuild.seq()));
    out::line(format_args!("  state   {}", describe(rebuild.state())));
    out::line(format_args!("  digest  {}", D::digest(rebuild.state())));
    out::line(match rebuild.checked() {
        Some((seq, digest)) => {
            format!("  equal   the log's last digest, after entry {seq}: {digest}")
        }
        None => "  open    the log states no digest yet: nothing to compare with".to_owned(),
    });
    Ok(true)
}

fn explain(broken: &Broken) -> String {
    match broken {
        Broken::Digest { seq, expected, found } => format!(
            "after entry {seq} the log says {expected}, the rebuilt state has {found}; \
             this version folds that log differently than the one that wrote it"
        ),
        other => other.to_string(),
    }
}
