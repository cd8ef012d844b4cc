//! The made-up platform as the four files that an import reads.

use std::io::{self, Write};

use units::Currency;

use super::Sample;
use crate::calendar::Day;

/// The currency of all amounts.
pub(super) fn currency() -> Currency {
    // Three capital letters are always a currency; the other way is never taken.
    "CNY".parse().unwrap_or_else(|_| unreachable!("CNY is a currency"))
}

impl Sample {
    /// Writes `orders.csv`.
    pub fn write_orders(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "order_id,at,host,brand,category,buyer,amount,currency")?;
        for order in &self.orders {
            let brand = &self.market.brands[order.brand as usize];
            let sign = if order.minor < 0 { "-" } else { "" };
            let minor = order.minor.unsigned_abs();
            writeln!(
                out,
                "synthetic-{},{},{},{},{},synthetic-{},{sign}{}.{:02},{}",
                order.sale,
                moment(order.at),
                self.market.hosts[order.host as usize].name,
                brand.name,
                brand.category,
                order.buyer,
                minor / 100,
                minor % 100,
                currency(),
            )?;
        }
        Ok(())
    }

    /// Writes `shows.csv`.
    pub fn write_shows(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "show,host,start,end")?;
        for (number, (host, start, end)) in self.shows.iter().enumerate() {
            let host = &self.market.hosts[*host as usize].name;
            writeln!(out, "synthetic-{},{host},{},{}", number + 1, moment(*start), moment(*end))?;
        }
        Ok(())
    }

    /// Writes `follows.csv`.
    pub fn write_follows(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "viewer,host,at,until")?;
        for (viewer, host, at, until) in &self.follows {
            let host = &self.market.hosts[*host as usize].name;
            writeln!(
                out,
                "synthetic-{viewer},{host},{},{}",
                moment(*at),
                until.map(moment).unwrap_or_default()
            )?;
        }
        Ok(())
    }

    /// Writes `incidents.csv`.
    pub fn write_incidents(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "incident,host,at,dark_days,severity,kind")?;
        for incident in &self.incidents {
            let host = &self.market.hosts[incident.host as usize].name;
            writeln!(
                out,
                "{},{host},{},{:.2},{},{}",
                incident.id,
                moment(incident.at),
                incident.dark_days,
                incident.severity,
                incident.kind
            )?;
        }
        Ok(())
    }
}

fn moment(at: u32) -> String {
    format!("{}T{:02}:{:02}:{:02}Z", Day::of(at), at / 3600 % 24, at / 60 % 60, at % 60)
}
