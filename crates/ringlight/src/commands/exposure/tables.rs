//! Tables of a report as CSV, for spreadsheets.

use std::io::{self, Write};

use insight::exposure::report::Report;
use insight::exposure::spread::Interval;

pub(super) fn hosts(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "host,share,share_low,share_high,gmv,gmv_per_day,audience,exclusive_audience,incidents,hours,hours_per_week,\
         incidents_per_1000h,incidents_per_1000h_low,incidents_per_1000h_high,\
         es_contribution,es_contribution_low,es_contribution_high,es_part,active"
    )?;
    for host in &report.hosts {
        let [share_low, share_high] = ends(host.share_interval);
        let [rate_low, rate_high] = host.incidents_per_1000h_interval;
        let [es_low, es_high] = host.es_contribution_interval;
        writeln!(
            out,
            "{},{:.6},{share_low},{share_high},{:.2},{:.2},{},{},{},{:.2},{:.2},{:.5},{rate_low:.5},{rate_high:.5},{:.2},{es_low:.2},{es_high:.2},{:.6},{}",
            text(&host.host),
            host.share,
            host.gmv,
            host.gmv_per_day,
            host.audience,
            host.exclusive_audience,
            host.incidents,
            host.hours,
            host.hours_per_week,
            host.incidents_per_1000h,
            host.es_contribution,
            host.es_part,
            host.active,
        )?;
    }
    Ok(())
}

pub(super) fn brands(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "brand,share,gmv,hhi,effective_hosts,gini,top_host,top_share,es_contribution,es_contribution_low,es_contribution_high"
    )?;
    for brand in &report.brands {
        let spread = &brand.spread;
        let [low, high] = ends(brand.es_contribution_interval);
        writeln!(
            out,
            "{},{:.6},{:.2},{:.6},{:.3},{:.6},{},{:.6},{:.2},{low},{high}",
            text(&brand.name),
            brand.share,
            spread.gmv,
            spread.concentration.hhi,
            spread.concentration.effective,
            spread.concentration.gini,
            text(&spread.top_host),
            spread.top_share,
            brand.es_contribution.unwrap_or_default(),
        )?;
    }
    Ok(())
}

pub(super) fn months(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "month,gmv,hhi,effective_hosts,gini,top_host,top_share")?;
    for month in &report.months {
        let spread = &month.spread;
        writeln!(
            out,
            "{},{:.2},{:.6},{:.3},{:.6},{},{:.6}",
            month.month,
            spread.gmv,
            spread.concentration.hhi,
            spread.concentration.effective,
            spread.concentration.gini,
            text(&spread.top_host),
            spread.top_share,
        )?;
    }
    Ok(())
}

fn ends(interval: Option<Interval>) -> [String; 2] {
    interval.map_or_else(Default::default, |ends| ends.map(|end| format!("{end:.6}")))
}

/// A name that no spreadsheet takes for a formula, in quotation marks where it needs them.
fn text(name: &str) -> String {
    let risky = name.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']);
    let plain = if risky { format!("'{name}") } else { name.to_owned() };
    if plain.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", plain.replace('"', "\"\""))
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_names() {
        for (name, expected) in [
            ("ann", "ann"),
            ("a,b", "\"a,b\""),
            ("=1+1", "'=1+1"),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
        ] {
            assert_eq!(text(name), expected);
        }
    }
}
