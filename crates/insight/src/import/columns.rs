//! Which column of a file is which. Headers come in any order; case, spaces, dashes and underscores do not count; further
//! columns are ignored. Every name that a column may have stands here.

use super::rows::Row;
use super::{File, ImportError};

/// One column that a file has or may have.
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Names that mean the same, the first that is there counts; `name` goes before all of them.
    pub aliases: &'static [&'static str],
    /// What follows when it is not there.
    pub need: Need,
}

/// What follows when a column is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// The file is refused.
    Must,
    /// The rows count, and a note says what they lack.
    Should,
    /// Nothing.
    May,
}

const fn needed(name: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { name, aliases, need: Need::Must }
}

const fn wanted(name: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { name, aliases, need: Need::Should }
}

const fn optional(name: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { name, aliases, need: Need::May }
}

/// Columns of orders.
pub const ORDERS: [Column; 9] = [
    needed("order_id", &["order", "order_no", "order_number", "id", "订单号", "订单编号", "заказ"]),
    needed(
        "at",
        &[
            "ordered_at",
            "order_time",
            "created_at",
            "paid_at",
            "datetime",
            "timestamp",
            "time",
            "date",
            "下单时间",
            "时间",
            "дата",
        ],
    ),
    needed(
        "host",
        &["host_id", "host_name", "streamer", "anchor", "creator", "influencer", "主播", "ведущий"],
    ),
    needed(
        "amount",
        &[
            "gmv",
            "total",
            "order_total",
            "order_amount",
            "sales",
            "revenue",
            "金额",
            "成交金额",
            "сумма",
        ],
    ),
    needed("currency", &["currency_code", "ccy", "币种", "валюта"]),
    wanted("brand", &["brand_name", "brand_id", "vendor", "品牌", "бренд"]),
    wanted(
        "category",
        &["category_name", "product_category", "product_type", "类目", "品类", "категория"],
    ),
    wanted(
        "buyer",
        &["buyer_id", "customer", "customer_id", "user", "user_id", "买家", "покупатель"],
    ),
    optional("status", &["order_status", "状态", "статус"]),
];

/// Columns of shows.
pub const SHOWS: [Column; 4] = [
    needed(
        "show",
        &[
            "show_id",
            "session",
            "session_id",
            "stream",
            "stream_id",
            "live_id",
            "id",
            "直播间",
            "场次",
            "эфир",
        ],
    ),
    needed("host", ORDERS[2].aliases),
    needed(
        "start",
        &[
            "started_at",
            "starts_at",
            "start_at",
            "start_time",
            "begin",
            "开始时间",
            "开播时间",
            "начало",
        ],
    ),
    needed("end", &["ended_at", "ends_at", "end_at", "end_time", "结束时间", "下播时间", "конец"]),
];

/// Columns of follows.
pub const FOLLOWS: [Column; 4] = [
    needed(
        "viewer",
        &["viewer_id", "follower", "follower_id", "user", "user_id", "buyer", "粉丝", "зритель"],
    ),
    needed("host", ORDERS[2].aliases),
    needed(
        "at",
        &[
            "followed_at",
            "since",
            "created_at",
            "datetime",
            "timestamp",
            "time",
            "date",
            "关注时间",
            "дата",
        ],
    ),
    optional("until", &["unfollowed_at", "ended_at", "取关时间", "до"]),
];

/// Columns of incidents.
pub const INCIDENTS: [Column; 6] = [
    needed("incident", &["incident_id", "id", "case", "事件", "инцидент"]),
    needed("host", ORDERS[2].aliases),
    needed(
        "at",
        &["happened_at", "occurred_at", "datetime", "timestamp", "time", "date", "时间", "дата"],
    ),
    needed("dark_days", &["days_dark", "days_off_air", "停播天数", "дней_без_эфира"]),
    needed("severity", &["level", "严重程度", "тяжесть"]),
    optional("kind", &["type", "类型", "вид"]),
];

/// Where the columns of `wanted` stand in a file, in the order of `wanted`.
pub(super) struct Places<const N: usize>([Option<usize>; N]);

impl<const N: usize> Places<N> {
    /// Reads the header.
    pub(super) fn of(
        file: File,
        header: &Row<'_>,
        wanted: &[Column; N],
    ) -> Result<Self, ImportError> {
        let mut found = Vec::with_capacity(header.columns());
        for column in 0..header.columns() {
            found.push(plain(&String::from_utf8_lossy(header.field(column))));
        }
        let mut places = [None; N];
        for (place, column) in places.iter_mut().zip(wanted) {
            for name in std::iter::once(&column.name).chain(column.aliases) {
                let mut at = found.iter().enumerate().filter(|(_, header)| **header == plain(name));
                *place = at.next().map(|(index, _)| index);
                if at.next().is_some() {
                    return Err(ImportError::TwiceInHeader { file, column: (*name).to_owned() });
                }
                if place.is_some() {
                    break;
                }
            }
            if place.is_none() && column.need == Need::Must {
                return Err(ImportError::MissingColumn {
                    file,
                    column: column.name,
                    aliases: column.aliases.join(", "),
                    found: describe(header),
                });
            }
        }
        Ok(Self(places))
    }

    /// The field of the column at `index` of the wanted ones; empty where the file has no such column.
    pub(super) fn field<'a>(&self, row: &Row<'a>, index: usize) -> &'a [u8] {
        self.0[index].map_or(&[], |column| row.field(column))
    }

    pub(super) fn has(&self, index: usize) -> bool {
        self.0[index].is_some()
    }

    /// Columns that a row needs so that none of ours is cut off.
    pub(super) fn width(&self) -> usize {
        self.0.iter().flatten().max().map_or(0, |last| last + 1)
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '_' | '-')).flat_map(char::to_lowercase).collect()
}

/// The header as a person would recognise it, cut off after a few hundred bytes.
fn describe(header: &Row<'_>) -> String {
    let mut text = String::new();
    for column in 0..header.columns() {
        if column > 0 {
            text.push_str(", ");
        }
        if text.len() > 300 {
            text.push('…');
            break;
        }
        text.push_str(&String::from_utf8_lossy(header.field(column)));
    }
    if header.columns() == 1 && text.contains([';', '\t']) {
        text.push_str(" (columns must be separated by commas)");
    }
    text
}
