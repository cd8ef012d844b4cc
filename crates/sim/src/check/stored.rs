//! What is stored, once all is at rest: tables and log agree (S-1, R-1), the shop knows the shows (TERMS), no text leaked (P-1).

use show::Status;
use show::shop::Shop;
use store::{MemoryStore, Reader};

use super::{Checked, Invariant, holds};
use crate::buyers::SECRET;
use crate::ledger::rebuild;

/// S-1 in the tables, and that they say what the log says.
pub(crate) fn check_tables(disk: &MemoryStore) -> Checked {
    let log = rebuild::<Shop>(disk, &"shop".into(), u64::MAX)?;
    for (sku, stock) in log.state().products() {
        let row = disk.stock(sku.as_str()).ok().flatten();
        let same = row.as_ref().is_some_and(|row| {
            [row.stock, row.reserved, row.sold].map(i64::unsigned_abs)
                == [stock.stock, stock.reserved, stock.sold]
        });
        holds(Invariant::S1, same, || {
            format!("{sku} is {row:?} in the tables and {stock:?} in the log")
        })?;
    }
    for order in log.state().orders() {
        let row = disk.order(order.id).ok().flatten();
        let same = row.as_ref().is_some_and(|row| row.row.status == order.status.as_str());
        holds(Invariant::R1, same, || format!("{:?} is {row:?} in the tables", order.id))?;
    }
    Ok(())
}

/// The shop knows of a show what the show says.
pub(crate) fn check_terms(show: &show::State, shop: &show::shop::State) -> Checked {
    let Some(plan) = &show.plan else { return Ok(()) };
    let Some(sale) = shop.sale(&plan.show) else {
        return holds(Invariant::Terms, false, || format!("the shop does not know {}", plan.show));
    };
    let same = sale.spans == show.sale.spans() && sale.ended == (show.status == Status::Ended);
    holds(Invariant::Terms, same, || {
        format!("{} stands otherwise in the shop: {sale:?}", plan.show)
    })?;
    for (sku, listed) in &show.sale.offers {
        let known = sale.offers.get(sku).map(|offer| &offer.terms);
        holds(Invariant::Terms, known == Some(&listed.terms), || {
            format!("{sku} of {} is {:?} and sells as {known:?}", plan.show, listed.terms)
        })?;
    }
    Ok(())
}

/// P-1 over every byte of every log: no contact is in it.
pub(crate) fn check_privacy(disk: &MemoryStore) -> Checked {
    no_text(disk, &[SECRET])
}

/// P-1: none of these texts is in a log.
pub(crate) fn no_text(disk: &MemoryStore, texts: &[&str]) -> Checked {
    for stream in disk.streams().unwrap_or_default() {
        let mut next = 1;
        while let Ok(records) = disk.read_log(&stream, next, 500) {
            let Some(last) = records.last() else { break };
            next = last.last_seq + 1;
            for record in &records {
                let body = String::from_utf8_lossy(&record.body);
                let found = texts.iter().find(|text| body.contains(**text));
                holds(Invariant::P1, found.is_none(), || {
                    format!("{found:?} is in {stream} at {}", record.first_seq)
                })?;
            }
        }
    }
    Ok(())
}
