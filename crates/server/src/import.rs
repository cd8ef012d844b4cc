//! Product CSV with Shopify's export headers: one line per variant, later lines of a handle leaving title, vendor and
//! category to its first. Unknown columns are ignored; a line that cannot be used is reported with its number.

use std::collections::HashSet;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord, Trim};
use units::{Currency, Money};

use crate::app::App;
use crate::catalogue::Product;
use crate::errors::{ApiError, ApiResult, Code};
use crate::names::slug_of;

/// Lines of a file at most.
const LINES_MAX: usize = 20_000;
const FIELD_MAX: usize = 64 * 1024;
/// Products that are written together.
const TURN_MAX: usize = 500;

/// One product of a file.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) line: u64,
    product: Product,
    vendor: String,
    stock: Option<u32>,
}

/// A line that cannot be used, counted from 1, and why.
pub(crate) type Rejected = (u64, String);

/// Columns by their place.
struct Columns {
    handle: usize,
    title: usize,
    vendor: Option<usize>,
    category: Vec<usize>,
    options: [Option<usize>; 3],
    sku: usize,
    price: usize,
    quantity: Option<usize>,
    image: Vec<usize>,
}

impl Columns {
    fn of(header: &StringRecord) -> ApiResult<Self> {
        let find = |name: &str| {
            header
                .iter()
                .position(|column| column.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name))
        };
        let need = |name: &str| {
            find(name).ok_or_else(|| {
                ApiError::about(Code::BadCsv, format!("the column \"{name}\" is missing"))
            })
        };
        Ok(Self {
            handle: need("Handle")?,
            title: need("Title")?,
            vendor: find("Vendor"),
            category: ["Type", "Product Category"].iter().filter_map(|name| find(name)).collect(),
            options: [find("Option1 Value"), find("Option2 Value"), find("Option3 Value")],
            sku: need("Variant SKU")?,
            price: need("Variant Price")?,
            quantity: find("Variant Inventory Qty"),
            image: ["Variant Image", "Image Src"].iter().filter_map(|name| find(name)).collect(),
        })
    }
}

/// What later lines of a handle take over from its first.
#[derive(Default)]
struct Shared {
    handle: String,
    title: String,
    vendor: String,
    category: String,
    image: String,
}

/// Reads a file into rows and refused lines.
pub(crate) fn read(file: &[u8], currency: Currency) -> ApiResult<(Vec<Row>, Vec<Rejected>)> {
    let mut reader = ReaderBuilder::new().flexible(true).trim(Trim::All).from_reader(file);
    let header =
        reader.headers().map_err(|error| ApiError::about(Code::BadCsv, error.to_string()))?.clone();
    let columns = Columns::of(&header)?;
    let (mut rows, mut rejected) = (Vec::new(), Vec::new());
    let mut shared = Shared::default();
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return Ok((rows, rejected)),
            Ok(true) => {}
            Err(error) => {
                rejected.push((line, format!("not readable: {error}")));
                if error.is_io_error() {
                    return Ok((rows, rejected));
                }
                continue;
            }
        }
        if rows.len() + rejected.len() >= LINES_MAX {
            return Err(ApiError::about(Code::TooLarge, format!("{LINES_MAX} lines at most")));
        }
        let line = record.position().map_or(line, csv::Position::line);
        match row(&record, &columns, &mut shared, currency, line) {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => {}
            Err(reason) => rejected.push((line, reason)),
        }
    }
}

fn row(
    record: &StringRecord,
    columns: &Columns,
    shared: &mut Shared,
    currency: Currency,
    line: u64,
) -> Result<Option<Row>, String> {
    if record.iter().any(|field| field.len() > FIELD_MAX) {
        return Err("a field is longer than 64 KiB".to_owned());
    }
    let at = |column: usize| record.get(column).unwrap_or_default();
    let first_of = |columns: &[usize]| {
        columns
            .iter()
            .map(|column| at(*column))
            .find(|text| !text.is_empty())
            .unwrap_or_default()
            .to_owned()
    };
    if at(columns.handle).is_empty() {
        return Err("Handle is empty".to_owned());
    }
    if shared.handle != at(columns.handle) {
        *shared = Shared {
            handle: at(columns.handle).to_owned(),
            title: at(columns.title).to_owned(),
            vendor: columns.vendor.map(at).unwrap_or_default().to_owned(),
            category: first_of(&columns.category),
            image: first_of(&columns.image),
        };
    }
    // A line with neither SKU nor price only adds a picture to its product.
    if at(columns.sku).is_empty() && at(columns.price).is_empty() {
        return Ok(None);
    }
    if at(columns.sku).is_empty() {
        return Err("Variant SKU is empty".to_owned());
    }
    let price: Money = format!("{} {currency}", at(columns.price))
        .parse()
        .map_err(|error| format!("Variant Price \"{}\": {error}", at(columns.price)))?;
    let quantity = columns.quantity.map(at).filter(|text| !text.is_empty());
    let stock = quantity
        .map(|text| {
            text.parse::<i64>()
                .map(|n| u32::try_from(n.max(0)).unwrap_or(u32::MAX))
                .map_err(|_| format!("Variant Inventory Qty \"{text}\": not a whole number"))
        })
        .transpose()?;
    let options: Vec<&str> = columns
        .options
        .iter()
        .flatten()
        .map(|column| at(*column))
        .filter(|text| !text.is_empty() && *text != "Default Title")
        .collect();
    let title = if options.is_empty() {
        shared.title.clone()
    } else {
        format!("{} · {}", shared.title, options.join(" / "))
    };
    let image = Some(first_of(&columns.image))
        .filter(|image| !image.is_empty())
        .or_else(|| Some(shared.image.clone()))
        .filter(|image| !image.is_empty());
    let product = Product {
        sku: at(columns.sku).to_owned(),
        title,
        brand: String::new(),
        category: shared.category.clone(),
        price,
        image,
    };
    Ok(Some(Row { line, product, vendor: shared.vendor.clone(), stock }))
}

/// What became of the rows of a file.
#[derive(Default)]
pub(crate) struct Applied {
    pub(crate) created: u64,
    pub(crate) updated: u64,
    pub(crate) rejected: Vec<Rejected>,
}

/// Takes the rows into the catalogue, many at a time. Stock is opened for new products only.
pub(crate) async fn apply(app: &Arc<App>, rows: Vec<Row>) -> ApiResult<Applied> {
    let mut applied = Applied::default();
    let mut rows = rows.into_iter();
    loop {
        let mut turn = Vec::with_capacity(TURN_MAX);
        for row in rows.by_ref().take(TURN_MAX) {
            match product_of(app, row.vendor, row.product).await {
                Ok(product) => turn.push((product, row.stock)),
                Err(error) if error.code == Code::StoreUnavailable => return Err(error),
                Err(error) => applied.rejected.push((row.line, error.message())),
            }
        }
        if turn.is_empty() && rows.len() == 0 {
            return Ok(applied);
        }
        // Stock first: a product without stock would stay so, while stock without its product waits for the next import.
        let mut opened = tokio::task::JoinSet::new();
        let mut seen = HashSet::new();
        for (product, stock) in &turn {
            let (sku, stock) = (product.sku.clone(), stock.unwrap_or(0));
            if app.catalogue.products.get(&sku).is_none() && seen.insert(sku.clone()) {
                let app = Arc::clone(app);
                opened.spawn(async move { app.shop.open_stock(&sku, stock).await });
            }
        }
        while let Some(done) = opened.join_next().await {
            done.map_err(|_| Code::Internal)??;
        }
        let values = turn.into_iter().map(|(product, _)| (product.sku.clone(), product)).collect();
        for new in app.catalogue.products.put_all(values).await? {
            *(if new { &mut applied.created } else { &mut applied.updated }) += 1;
        }
    }
}

/// The product of a row, its brand made when nobody has heard of it.
async fn product_of(app: &App, vendor: String, product: Product) -> ApiResult<Product> {
    let vendor = if vendor.is_empty() { "Unbranded" } else { &vendor };
    let known = app.catalogue.brands.find(|brand| brand.name == vendor || brand.slug == vendor);
    let brand = match known {
        Some(brand) => brand.slug.clone(),
        None => {
            let slug = slug_of(vendor);
            // A name without one Latin letter still needs an address.
            let slug = if slug.is_empty() {
                format!("brand-{}", &app.secrets.hash_hex("brand slug", vendor.as_bytes())[..8])
            } else {
                slug
            };
            if app.catalogue.brands.get(&slug).is_none() {
                app.catalogue.add_brand(&slug, vendor).await?;
            }
            slug
        }
    };
    app.catalogue.checked(Product { brand, ..product })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "Handle,Title,Body (HTML),Vendor,Product Category,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Qty,Variant Price,Image Src";

    fn check(lines: &str) -> (Vec<String>, Vec<(u64, String)>) {
        let (rows, rejected) =
            read(format!("{HEADER}\n{lines}").as_bytes(), "CNY".parse().unwrap()).unwrap();
        let shown = rows.iter().map(|row| {
            format!(
                "{} {} | {} | {} | {} | {:?}",
                row.line,
                row.product.sku,
                row.product.title,
                row.vendor,
                row.product.price,
                row.stock
            )
        });
        (shown.collect(), rejected)
    }

    #[test]
    fn variants_take_over_from_the_first_line() {
        let (rows, rejected) = check(
            "lip,Lipstick,\"<p>warm,\nrose</p>\",Rouge,,Lips,,true,Shade,Rose,LIP-1,5,79.00,https://x/1.jpg\n\
             lip,,,,,,,,,Plum,LIP-2,,79.00,\n\
             lip,,,,,,,,,,,,,https://x/2.jpg\n\
             one,Pencil,,Rouge,,,,,Title,Default Title,BROW,3,79,\n",
        );
        assert!(rejected.is_empty(), "{rejected:?}");
        assert_eq!(
            rows,
            [
                "2 LIP-1 | Lipstick · Rose | Rouge | 79.00 CNY | Some(5)",
                "4 LIP-2 | Lipstick · Plum | Rouge | 79.00 CNY | None",
                "6 BROW | Pencil | Rouge | 79.00 CNY | Some(3)",
            ]
        );
    }

    #[test]
    fn bad_lines_are_named_and_good_ones_taken() {
        let (rows, rejected) = check(
            "a,A,,R,,,,,,,S-1,1,cheap,\n,B,,R,,,,,,,S-2,1,1.00,\nc,C,,R,,,,,,,S-3,many,1.00,\nd,D,,R,,,,,,,,1,1.00,\ne,E,,R,,,,,,,S-5,1,1.00,\n",
        );
        assert_eq!(rows.len(), 1);
        let lines: Vec<u64> = rejected.iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [2, 3, 4, 5]);
        assert!(rejected[0].1.contains("cheap"));
    }

    #[test]
    fn files_that_are_something_else_are_refused() {
        let cny = "CNY".parse().unwrap();
        for file in [&b""[..], b"a,b,c\n1,2,3\n", b"\xff\xfe\x00", b"Handle,Title\nx,y\n"] {
            assert_eq!(read(file, cny).unwrap_err().code, Code::BadCsv);
        }
    }
}
