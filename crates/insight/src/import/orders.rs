//! Rows of orders, kept as columns: 28 bytes an order.

use std::io::Read;
use std::ops::Range;

use units::Currency;

use super::columns::{ORDERS, Places};
use super::names::Fingerprint;
use super::rejected::cite;
use super::rows::Row;
use super::{Bad, File, Import, ImportError, Reason, content, id, name, optional_name, values};
use crate::watch::Watch;

/// The number of a buyer who was not given.
pub const NOBODY: u32 = u32::MAX;
/// Orders of one import.
const ORDERS_MAX: u32 = u32::MAX - 1;
/// Different statuses that are counted apart; the rest counts under the empty one.
const STATUSES_MAX: usize = 64;
/// Different currencies that the error names.
const CURRENCIES_MAX: usize = 16;

/// What a status says when nothing was sold, or no longer; case, spaces and dashes do not count.
pub const NOT_SOLD: [&str; 22] = [
    "cancelled",
    "canceled",
    "cancelled_by_buyer",
    "cancelled_by_seller",
    "void",
    "voided",
    "expired",
    "failed",
    "refunded",
    "returned",
    "charged_back",
    "reserved",
    "unpaid",
    "pending",
    "pending_payment",
    "awaiting_payment",
    "已取消",
    "已退款",
    "待付款",
    "отменён",
    "отменен",
    "возврат",
];
/// What a status says when the order was sold; the empty one does as well.
pub const SOLD: [&str; 18] = [
    "paid",
    "sold",
    "completed",
    "complete",
    "fulfilled",
    "shipped",
    "delivered",
    "received",
    "confirmed",
    "captured",
    "success",
    "successful",
    "partially_refunded",
    "已付款",
    "已完成",
    "已发货",
    "оплачен",
    "выполнен",
];

/// One order or return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Seconds since 1970.
    pub at: u32,
    /// Number of the host.
    pub host: u32,
    /// Number of the brand.
    pub brand: u32,
    /// Number of the category.
    pub category: u32,
    /// Number of the buyer, or [`NOBODY`].
    pub buyer: u32,
    /// Minor units of the currency; below zero for a return.
    pub minor: i64,
}

/// Orders as columns of one length, sorted by time once the import is done.
#[derive(Clone, Debug, Default)]
pub struct Orders {
    pub(super) at: Vec<u32>,
    pub(super) host: Vec<u32>,
    pub(super) brand: Vec<u32>,
    pub(super) category: Vec<u32>,
    pub(super) buyer: Vec<u32>,
    pub(super) minor: Vec<i64>,
}

impl Orders {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// All orders by time.
    pub fn iter(&self) -> impl Iterator<Item = Order> {
        self.rows(0..self.len())
    }

    /// Orders from `from` until before `until`, both in seconds since 1970, by time.
    pub fn between(&self, from: u32, until: u32) -> impl Iterator<Item = Order> {
        let start = self.at.partition_point(|at| *at < from);
        let end = self.at.partition_point(|at| *at < until).max(start);
        self.rows(start..end)
    }

    fn rows(&self, range: Range<usize>) -> impl Iterator<Item = Order> {
        let ids = self.host[range.clone()].iter().zip(&self.brand[range.clone()]);
        let people = self.category[range.clone()].iter().zip(&self.buyer[range.clone()]);
        let money = self.at[range.clone()].iter().zip(&self.minor[range]);
        ids.zip(people).zip(money).map(|(((host, brand), (category, buyer)), (at, minor))| Order {
            at: *at,
            host: *host,
            brand: *brand,
            category: *category,
            buyer: *buyer,
            minor: *minor,
        })
    }

    fn push(&mut self, order: &Order) {
        self.at.push(order.at);
        self.host.push(order.host);
        self.brand.push(order.brand);
        self.category.push(order.category);
        self.buyer.push(order.buyer);
        self.minor.push(order.minor);
    }

    /// Sorts by time; rows of one second keep their order.
    pub(super) fn sort(&mut self) {
        let mut order: Vec<u64> =
            self.at.iter().zip(0u64..).map(|(at, index)| u64::from(*at) << 32 | index).collect();
        order.sort_unstable();
        fn apply<T: Copy>(column: &mut Vec<T>, order: &[u64]) {
            *column =
                order.iter().map(|key| column[(*key & u64::from(u32::MAX)) as usize]).collect();
        }
        apply(&mut self.at, &order);
        apply(&mut self.host, &order);
        apply(&mut self.brand, &order);
        apply(&mut self.category, &order);
        apply(&mut self.buyer, &order);
        apply(&mut self.minor, &order);
    }
}

/// A currency that orders have.
pub(super) struct CurrencySeen {
    pub(super) currency: Currency,
    pub(super) rows: u64,
    pub(super) line: u64,
}

/// One order before names are numbers, as a program gives it that has no file.
#[derive(Clone, Copy, Debug)]
pub struct OrderRow<'a> {
    /// Its id: one for each sale, one for each return.
    pub id: &'a [u8],
    /// Seconds since 1970.
    pub at: u32,
    /// The host's name, not empty.
    pub host: &'a str,
    /// The brand's name, or nothing.
    pub brand: &'a str,
    /// The category's name, or nothing.
    pub category: &'a str,
    /// The buyer's id, or nothing.
    pub buyer: &'a [u8],
    /// Minor units; below zero for a return.
    pub minor: i64,
    /// Of the amount.
    pub currency: Currency,
}

impl Import {
    /// Reads orders.
    pub fn orders(&mut self, input: impl Read, watch: &dyn Watch) -> Result<(), ImportError> {
        self.read(File::Orders, input, &ORDERS, watch, Self::order_of)
    }

    /// Takes one order; `line` is what a refusal names.
    pub fn order(&mut self, line: u64, row: &OrderRow<'_>) -> Result<(), ImportError> {
        match self.take_order(line, row) {
            Ok(()) => {}
            Err(Bad::Row(reason)) => self.rejected.add(File::Orders, line, reason),
            Err(Bad::TooManyNames(column)) => {
                return Err(ImportError::TooManyNames { file: File::Orders, line, column });
            }
            Err(Bad::TooManyRows(max)) => {
                return Err(ImportError::TooManyRows { file: File::Orders, max });
            }
        }
        Ok(())
    }

    fn order_of(&mut self, row: &Row<'_>, places: &Places<{ ORDERS.len() }>) -> Result<(), Bad> {
        let field = |index| places.field(row, index);
        let id = id(field(0), "order_id")?;
        let at = self.moment(field(1), "at")?;
        let host = name(field(2), "host")?;
        let currency = currency(field(4))?;
        let amount = match field(3) {
            [] => return Err(Reason::Missing("amount").into()),
            text => {
                values::amount(text, currency).ok_or_else(|| Reason::NotAnAmount(cite(text)))?
            }
        };
        let brand = optional_name(field(5), "brand")?;
        let category = optional_name(field(6), "category")?;
        let status = optional_name(field(8), "status")?;
        if !self.sold(status) {
            return Ok(());
        }
        let (buyer, minor) = (field(7), amount.minor);
        self.take_order(
            row.line,
            &OrderRow { id, at, host, brand, category, buyer, minor, currency },
        )?;
        self.counts.rounded += u64::from(amount.rounded);
        Ok(())
    }

    fn take_order(&mut self, line: u64, row: &OrderRow<'_>) -> Result<(), Bad> {
        if self.orders.len() as u64 == u64::from(ORDERS_MAX) {
            return Err(Bad::TooManyRows(ORDERS_MAX));
        }
        let order = Order {
            at: row.at,
            host: self.host(row.host)?,
            brand: self.brands.intern(row.brand).ok_or(Bad::TooManyNames("brand"))?,
            category: self.categories.intern(row.category).ok_or(Bad::TooManyNames("category"))?,
            buyer: if row.buyer.is_empty() { NOBODY } else { self.buyers.intern(row.buyer) },
            minor: row.minor,
        };
        let ids = u64::from(order.host) << 32 | u64::from(order.brand);
        let people = u64::from(order.category) << 32 | u64::from(order.buyer);
        let content = content(&[u64::from(row.at), ids, people, row.minor as u64]);
        // A return comes under the id of its sale.
        let kind = if row.minor < 0 { b'r' } else { b's' };
        self.once(File::Orders, "order_id", Fingerprint::of(row.id, kind), content)?;
        let known = self.currencies.iter().position(|seen| seen.currency == row.currency);
        if let Some(known) = known {
            self.currencies[known].rows += 1;
        } else if self.currencies.len() < CURRENCIES_MAX {
            self.currencies.push(CurrencySeen { currency: row.currency, rows: 1, line });
        }
        self.in_order(File::Orders, row.at);
        self.counts.returns += u64::from(row.minor < 0);
        let empty = [row.brand.is_empty(), row.category.is_empty(), row.buyer.is_empty()];
        for (count, empty) in self.counts.not_given.iter_mut().zip(empty) {
            *count += u64::from(empty);
        }
        self.orders.push(&order);
        Ok(())
    }

    /// Whether an order with this status counts; it is counted by status, and the report says so.
    pub fn sold(&mut self, status: &str) -> bool {
        if status.is_empty() || SOLD.contains(&status) {
            return true;
        }
        let plain = status.to_lowercase().replace([' ', '-'], "_");
        let sold = !NOT_SOLD.contains(&plain.as_str());
        if !sold || !SOLD.contains(&plain.as_str()) {
            let known = self.statuses.len() < STATUSES_MAX;
            let status = if known || self.statuses.contains_key(&(sold, plain.clone())) {
                plain
            } else {
                String::new()
            };
            *self.statuses.entry((sold, status)).or_default() += 1;
        }
        sold
    }
}

fn currency(field: &[u8]) -> Result<Currency, Reason> {
    if field.is_empty() {
        return Err(Reason::Missing("currency"));
    }
    let text = std::str::from_utf8(field).map_err(|_| Reason::NotText("currency"))?;
    text.to_ascii_uppercase().parse().map_err(|_| Reason::NotACurrency(cite(field)))
}
