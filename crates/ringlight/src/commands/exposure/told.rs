//! A report in a few lines.

use insight::exposure::report::{Exposure, Report};

use crate::out;

/// Hosts that are listed.
const HOSTS: usize = 10;

pub(super) fn exposure(exposure: &Exposure) {
    let report = &exposure.report;
    out::line(format_args!(
        "{} orders of {} hosts from {} to {}, {:.0} {} net of returns",
        report.orders,
        report.hosts.len(),
        report.from,
        report.until,
        report.gmv,
        report.currency
    ));
    spread(report);
    at_risk(report);
    out::line("host                       share  of the shortfall (95 %)      exclusive audience");
    for host in report.hosts.iter().take(HOSTS) {
        let [low, high] = host.es_contribution_interval;
        out::line(format_args!(
            "{:<24} {:>5.1} %  {:>12.0} ({low:.0} to {high:.0})  {} of {}",
            host.host,
            100.0 * host.share,
            host.es_contribution,
            host.exclusive_audience,
            host.audience
        ));
    }
    rejected(report);
    for said in report.notes.iter().chain(&report.assumptions) {
        out::line(format_args!("note: {}", said.text));
    }
}

fn spread(report: &Report) {
    let around = report
        .effective_hosts_interval
        .map_or(String::new(), |[low, high]| format!(" ({low:.1} to {high:.1})"));
    let much = if report.highly_concentrated { ", highly concentrated" } else { "" };
    out::line(format_args!(
        "effective hosts {:.1}{around}, HHI {:.0}{much}, Gini {:.2}",
        report.effective_hosts,
        10_000.0 * report.hhi,
        report.gini
    ));
}

fn at_risk(report: &Report) {
    let percent = 100.0 * report.alpha;
    let lines = [
        ("mean", report.mean, report.mean_interval, report.mean_standard_error),
        ("VaR", report.var, report.var_interval, report.var_standard_error),
        ("ES", report.es, report.es_interval, report.es_standard_error),
    ];
    out::line(format_args!(
        "loss within {} days at {percent} %, in {} (95 % interval; error of the simulation)",
        report.horizon_days, report.currency
    ));
    for (name, value, [low, high], error) in lines {
        out::line(format_args!("  {name:<5} {value:>14.0} ({low:.0} to {high:.0}; {error:.0})"));
    }
    let levels = &report.by_substitution;
    out::line(format_args!(
        "  ES at low, mid, high substitution ({:.2}, {:.2}, {:.2}): {:.0}, {:.0}, {:.0}",
        levels.low.substitution,
        levels.mid.substitution,
        levels.high.substitution,
        levels.low.tail.es,
        levels.mid.tail.es,
        levels.high.tail.es
    ));
}

fn rejected(report: &Report) {
    for rows in report.files.iter().filter(|rows| rows.rejected + rows.repeated > 0) {
        out::line(format_args!(
            "{}: {} rows could not be used, {} repeat an id; exposure.json lists them",
            rows.file, rows.rejected, rows.repeated
        ));
    }
}
