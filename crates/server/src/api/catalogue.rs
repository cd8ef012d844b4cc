//! Hosts, brands, categories and products.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use units::Money;
use utoipa::{IntoParams, ToSchema};

use super::money::MoneyView;
use crate::app::App;
use crate::catalogue::{Brand, Host, Product, title};
use crate::errors::{ApiError, ApiResult, Code, ErrorBody};
use crate::http::body::{Body, File, Params, Path};
use crate::people::{Caller, Role};

const PRODUCTS_SHOWN_MAX: usize = 500;

/// A host as the crew sees them.
#[derive(Serialize, ToSchema)]
pub(crate) struct HostView {
    slug: String,
    name: String,
    suspended: bool,
    followers: u64,
    /// Whether their feed arrives.
    receiving: bool,
}

fn host_view(app: &App, host: &Host) -> HostView {
    HostView {
        slug: host.slug.clone(),
        name: host.name.clone(),
        suspended: host.suspended,
        followers: app.follows.count(&host.slug),
        receiving: app.feeds.of_host(&host.slug).is_some(),
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHost {
    slug: String,
    name: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct HostWithKey {
    host: HostView,
    /// For OBS.
    stream_key: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedHost {
    name: Option<String>,
    suspended: Option<bool>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct StreamKey {
    stream_key: String,
}

/// All hosts.
#[utoipa::path(get, path = "/hosts", tag = "catalogue",
    responses((status = 200, body = [HostView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn hosts(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> ApiResult<Json<Vec<HostView>>> {
    caller.producer()?;
    Ok(Json(app.catalogue.hosts.all().iter().map(|host| host_view(&app, host)).collect()))
}

/// Add a host; the answer holds the stream key.
#[utoipa::path(post, path = "/hosts", tag = "catalogue", request_body = NewHost,
    responses((status = 201, body = HostWithKey), (status = "default", body = ErrorBody)))]
pub(crate) async fn add_host(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(ask): Body<NewHost>,
) -> ApiResult<(StatusCode, Json<HostWithKey>)> {
    caller.operator()?;
    let (host, stream_key) = app.catalogue.add_host(&ask.slug, &ask.name, None).await?;
    Ok((StatusCode::CREATED, Json(HostWithKey { host: host_view(&app, &host), stream_key })))
}

/// Rename, suspend or re-admit a host. Suspending drops the feed at once, and what is in its delay does not air.
#[utoipa::path(patch, path = "/hosts/{slug}", tag = "catalogue", request_body = ChangedHost,
    responses((status = 200, body = HostView), (status = "default", body = ErrorBody)))]
pub(crate) async fn change_host(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Body(ask): Body<ChangedHost>,
) -> ApiResult<Json<HostView>> {
    caller.operator()?;
    let name = ask.name.map(|name| title("name", &name)).transpose()?;
    if app.catalogue.hosts.get(&slug).is_none() {
        return Err(ApiError::about(Code::UnknownHost, slug));
    }
    // Safety first: the feed goes before the table is written, and whatever becomes of the write.
    if ask.suspended == Some(true) {
        app.feeds.drop_host(&app.shows, &slug, crate::ingest::Dropped::Suspended).await;
    }
    let host = app
        .catalogue
        .hosts
        .update(&slug, Code::UnknownHost, |old| {
            let mut host = old.clone();
            host.name = name.unwrap_or(host.name);
            host.suspended = ask.suspended.unwrap_or(host.suspended);
            Ok(host)
        })
        .await?;
    if host.suspended {
        app.feeds.drop_host(&app.shows, &slug, crate::ingest::Dropped::Suspended).await;
    }
    Ok(Json(host_view(&app, &host)))
}

/// Give a host another stream key. The feed drops at once, and what is in its delay does not air.
#[utoipa::path(post, path = "/hosts/{slug}/key", tag = "catalogue",
    responses((status = 200, body = StreamKey), (status = "default", body = ErrorBody)))]
pub(crate) async fn rotate_key(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
) -> ApiResult<Json<StreamKey>> {
    let user = caller.signed_in()?;
    let own = user.has(Role::Host) && user.host.as_deref() == Some(slug.as_str());
    if !(user.has(Role::Operator) || own) {
        return Err(Code::Forbidden.into());
    }
    if app.catalogue.hosts.get(&slug).is_none() {
        return Err(ApiError::about(Code::UnknownHost, slug));
    }
    app.feeds.drop_host(&app.shows, &slug, crate::ingest::Dropped::KeyRotated).await;
    let stream_key = app.catalogue.rotate_key(&slug).await?;
    // A feed that came back with the old key while the new one was being written goes too.
    app.feeds.drop_host(&app.shows, &slug, crate::ingest::Dropped::KeyRotated).await;
    Ok(Json(StreamKey { stream_key }))
}

/// All brands.
#[utoipa::path(get, path = "/brands", tag = "catalogue",
    responses((status = 200, body = [Brand]), (status = "default", body = ErrorBody)))]
pub(crate) async fn brands(State(app): State<Arc<App>>) -> Json<Vec<Brand>> {
    Json(app.catalogue.brands.all().iter().map(|brand| Brand::clone(brand)).collect())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBrand {
    slug: String,
    name: String,
}

/// Add a brand.
#[utoipa::path(post, path = "/brands", tag = "catalogue", request_body = NewBrand,
    responses((status = 201, body = Brand), (status = "default", body = ErrorBody)))]
pub(crate) async fn add_brand(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(ask): Body<NewBrand>,
) -> ApiResult<(StatusCode, Json<Brand>)> {
    caller.operator()?;
    let brand = app.catalogue.add_brand(&ask.slug, &ask.name).await?;
    Ok((StatusCode::CREATED, Json(Brand::clone(&brand))))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedBrand {
    name: String,
}

/// Rename a brand.
#[utoipa::path(patch, path = "/brands/{slug}", tag = "catalogue", request_body = ChangedBrand,
    responses((status = 200, body = Brand), (status = "default", body = ErrorBody)))]
pub(crate) async fn change_brand(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(slug): Path<String>,
    Body(ask): Body<ChangedBrand>,
) -> ApiResult<Json<Brand>> {
    caller.operator()?;
    let name = title("name", &ask.name)?;
    let brand = app
        .catalogue
        .brands
        .update(&slug, Code::UnknownBrand, |old| Ok(Brand { name, ..old.clone() }))
        .await?;
    Ok(Json(Brand::clone(&brand)))
}

/// A category and how many products it has.
#[derive(Serialize, ToSchema)]
pub(crate) struct Category {
    name: String,
    products: u64,
}

/// The categories in use.
#[utoipa::path(get, path = "/categories", tag = "catalogue", responses((status = 200, body = [Category])))]
pub(crate) async fn categories(State(app): State<Arc<App>>) -> Json<Vec<Category>> {
    let mut counts = BTreeMap::<String, u64>::new();
    for product in app.catalogue.products.all() {
        *counts.entry(product.category.clone()).or_default() += 1;
    }
    Json(counts.into_iter().map(|(name, products)| Category { name, products }).collect())
}

/// A product with its stock.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProductView {
    sku: String,
    title: String,
    brand: String,
    category: String,
    #[schema(value_type = MoneyView)]
    price: Money,
    image: Option<String>,
    /// Pieces there ever were to sell.
    stock: u64,
    /// Held by unpaid orders.
    reserved: u64,
    /// Paid for.
    sold: u64,
    /// Still to sell.
    left: u64,
}

fn product_view(app: &App, product: &Product) -> ProductView {
    let stock = app.shop.stock(&product.sku);
    ProductView {
        sku: product.sku.clone(),
        title: product.title.clone(),
        brand: product.brand.clone(),
        category: product.category.clone(),
        price: product.price,
        image: product.image.clone(),
        stock: stock.stock,
        reserved: stock.reserved,
        sold: stock.sold,
        left: stock.left(),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProductFilter {
    /// Part of SKU or title.
    q: Option<String>,
    /// Slug of the brand.
    brand: Option<String>,
}

/// Products, 500 at most.
#[utoipa::path(get, path = "/products", tag = "catalogue", params(ProductFilter),
    responses((status = 200, body = [ProductView]), (status = "default", body = ErrorBody)))]
pub(crate) async fn products(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(filter): Params<ProductFilter>,
) -> ApiResult<Json<Vec<ProductView>>> {
    let user = caller.signed_in()?;
    let own = (!user.has(Role::Operator) && !user.has(Role::Producer) && !user.has(Role::Host))
        .then(|| user.brand.clone());
    let needle = filter.q.unwrap_or_default().to_lowercase();
    let fits = |product: &Product| {
        let brand_fits = filter.brand.as_ref().is_none_or(|brand| *brand == product.brand);
        let own_fits =
            own.as_ref().is_none_or(|own| own.as_deref() == Some(product.brand.as_str()));
        let text_fits = needle.is_empty()
            || product.sku.to_lowercase().contains(&needle)
            || product.title.to_lowercase().contains(&needle);
        brand_fits && own_fits && text_fits
    };
    let all = app.catalogue.products.all();
    let shown = all.iter().filter(|product| fits(product)).take(PRODUCTS_SHOWN_MAX);
    Ok(Json(shown.map(|product| product_view(&app, product)).collect()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewProduct {
    sku: String,
    title: String,
    brand: String,
    #[serde(default)]
    category: String,
    #[schema(value_type = MoneyView)]
    price: Money,
    #[serde(default)]
    stock: u32,
    image: Option<String>,
}

/// Add a product with its opening stock.
#[utoipa::path(post, path = "/products", tag = "catalogue", request_body = NewProduct,
    responses((status = 201, body = ProductView), (status = "default", body = ErrorBody)))]
pub(crate) async fn add_product(
    State(app): State<Arc<App>>,
    caller: Caller,
    Body(ask): Body<NewProduct>,
) -> ApiResult<(StatusCode, Json<ProductView>)> {
    caller.operator()?;
    let product = Product {
        sku: ask.sku,
        title: ask.title,
        brand: ask.brand,
        category: ask.category,
        price: ask.price,
        image: ask.image,
    };
    let product = app.catalogue.checked(product)?;
    let product = add_with_stock(&app, product, ask.stock).await?;
    Ok((StatusCode::CREATED, Json(product_view(&app, &product))))
}

/// A product and its opening stock, in one batch. Stock that is there already, from an import that broke off, stays.
async fn add_with_stock(app: &App, product: Product, stock: u32) -> ApiResult<Arc<Product>> {
    let (sku, products) = (product.sku.clone(), &app.catalogue.products);
    if app.shop.has_stock(&sku) {
        return products.insert(&sku, product).await;
    }
    products.insert_with(&sku, product, |row| app.shop.open_stock_with(&sku, stock, row)).await
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangedProduct {
    title: Option<String>,
    brand: Option<String>,
    category: Option<String>,
    /// For new offers; offers that exist keep theirs.
    #[schema(value_type = Option<MoneyView>)]
    price: Option<Money>,
    /// An empty text means none.
    image: Option<String>,
}

/// Change a product.
#[utoipa::path(patch, path = "/products/{sku}", tag = "catalogue", request_body = ChangedProduct,
    responses((status = 200, body = ProductView), (status = "default", body = ErrorBody)))]
pub(crate) async fn change_product(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(sku): Path<String>,
    Body(ask): Body<ChangedProduct>,
) -> ApiResult<Json<ProductView>> {
    caller.operator()?;
    let product = app
        .catalogue
        .products
        .update(&sku, Code::UnknownProduct, |old| {
            let mut product = old.clone();
            product.title = ask.title.unwrap_or(product.title);
            product.brand = ask.brand.unwrap_or(product.brand);
            product.category = ask.category.unwrap_or(product.category);
            product.price = ask.price.unwrap_or(product.price);
            product.image = ask
                .image
                .map_or(product.image, |image| Some(image).filter(|image| !image.is_empty()));
            app.catalogue.checked(product)
        })
        .await?;
    Ok(Json(product_view(&app, &product)))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StockDelta {
    /// Pieces that came (or went, when negative).
    delta: i64,
}

/// Add to a product's stock or take from it. It never falls below what is reserved and sold.
#[utoipa::path(post, path = "/products/{sku}/stock", tag = "catalogue", request_body = StockDelta,
    responses((status = 200, body = ProductView), (status = "default", body = ErrorBody)))]
pub(crate) async fn adjust_stock(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(sku): Path<String>,
    Body(ask): Body<StockDelta>,
) -> ApiResult<Json<ProductView>> {
    let user = caller.operator()?;
    let product = app.catalogue.products.get(&sku).ok_or(Code::UnknownProduct)?;
    app.shop.adjust_stock(&sku, ask.delta, user.id).await?;
    Ok(Json(product_view(&app, &product)))
}

/// What became of a file.
#[derive(Serialize, ToSchema)]
pub(crate) struct ImportReport {
    created: u64,
    updated: u64,
    rejected: Vec<RejectedLine>,
}

/// A line that was not taken.
#[derive(Serialize, ToSchema)]
pub(crate) struct RejectedLine {
    /// Counted from 1, the header being line 1.
    line: u64,
    reason: String,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportOptions {
    /// Currency of the prices: the file does not say it.
    currency: Option<String>,
}

/// Import a product CSV with Shopify's export headers. Each variant is a product; good lines are taken, bad ones reported.
#[utoipa::path(post, path = "/products/import", tag = "catalogue", params(ImportOptions),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = ImportReport), (status = "default", body = ErrorBody)))]
pub(crate) async fn import(
    State(app): State<Arc<App>>,
    caller: Caller,
    Params(options): Params<ImportOptions>,
    File(file): File,
) -> ApiResult<Json<ImportReport>> {
    caller.operator()?;
    let currency = options
        .currency
        .as_deref()
        .unwrap_or("CNY")
        .parse()
        .map_err(|error| ApiError::about(Code::InvalidField, format!("currency: {error}")))?;
    let read = tokio::task::spawn_blocking(move || crate::import::read(&file, currency));
    let (rows, mut rejected) = read.await.map_err(|_| Code::Internal)??;
    let applied = crate::import::apply(&app, rows).await?;
    rejected.extend(applied.rejected);
    rejected.sort_by_key(|(line, _)| *line);
    let rejected =
        rejected.into_iter().map(|(line, reason)| RejectedLine { line, reason }).collect();
    Ok(Json(ImportReport { created: applied.created, updated: applied.updated, rejected }))
}
