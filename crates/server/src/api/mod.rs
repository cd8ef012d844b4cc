//! The API under `/api/v1`. Each handler asks who calls before it touches anything, and answers refusals from one table.

mod cases;
mod catalogue;
mod erasure;
mod exposure;
mod incidents;
mod moderation;
mod money;
mod offers;
mod orders;
mod plan;
mod program;
mod public;
mod reading;
mod recap;
mod recovery;
mod seals;
mod session;
mod shows;
mod sockets;
mod standing;
mod studio;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use serde_json::{Value, json};
use show::Sku;
use show::offer::Selling;
use show::sale::Sale;
use units::AirTime;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) use self::incidents::{IncidentView, LineView, Words, incident_view, lines};
pub(crate) use self::money::MoneyView;
pub(crate) use self::offers::PinView;
pub(crate) use self::plan::Planned;
pub(crate) use self::shows::plan_show;
pub(crate) use self::studio::{FeedView, feed_view};
use crate::app::App;
use crate::catalogue::Catalogue;
use crate::http::FILE_MAX;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ringlight",
        description = "Live shopping with a safety net. Unsafe methods of a signed-in browser need the header `x-csrf-token`; API clients send `Authorization: Bearer …`. Refusals are `{\"error\":{\"code\",\"message\",\"hint\",\"detail\"?}}`.",
        license(name = "Apache-2.0")
    ),
    servers((url = "/api/v1"))
)]
struct Description;

/// All routes, and their description as OpenAPI 3.1.
pub(crate) fn routes() -> (Router<Arc<App>>, Arc<str>) {
    let upload = OpenApiRouter::new()
        .routes(routes!(catalogue::import))
        .layer(axum::extract::DefaultBodyLimit::max(FILE_MAX));
    let router = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(session::who, session::sign_in, session::sign_out))
        .routes(routes!(session::setup))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::change))
        .routes(routes!(users::tokens, users::add_token))
        .routes(routes!(users::remove_token))
        .routes(routes!(catalogue::hosts, catalogue::add_host))
        .routes(routes!(catalogue::change_host))
        .routes(routes!(catalogue::rotate_key))
        .routes(routes!(catalogue::brands, catalogue::add_brand))
        .routes(routes!(catalogue::change_brand))
        .routes(routes!(catalogue::categories))
        .routes(routes!(catalogue::products, catalogue::add_product))
        .routes(routes!(catalogue::change_product))
        .routes(routes!(catalogue::adjust_stock))
        .merge(upload)
        .routes(routes!(shows::list, shows::plan))
        .routes(routes!(shows::one, shows::change))
        .routes(routes!(shows::start))
        .routes(routes!(shows::end))
        .routes(routes!(recap::read))
        .routes(routes!(offers::offers, offers::add_offer))
        .routes(routes!(offers::change_offer, offers::remove_offer))
        .routes(routes!(offers::pin))
        .routes(routes!(program::delay))
        .routes(routes!(program::list, program::act))
        .routes(routes!(program::undo))
        .routes(routes!(incidents::list))
        .routes(routes!(incidents::decide))
        .routes(routes!(incidents::clip))
        .routes(routes!(incidents::transcript))
        .routes(routes!(reading::read))
        .routes(routes!(cases::list))
        .routes(routes!(cases::precision))
        .routes(routes!(cases::csv))
        .routes(routes!(cases::one))
        .routes(routes!(moderation::settings, moderation::moderate))
        .routes(routes!(orders::place))
        .routes(routes!(orders::mine))
        .routes(routes!(orders::cancel))
        .routes(routes!(orders::list))
        .routes(routes!(orders::set_status))
        .routes(routes!(orders::csv))
        .routes(routes!(erasure::contact))
        .routes(routes!(erasure::chat))
        .routes(routes!(public::front))
        .routes(routes!(public::watch))
        .routes(routes!(public::follow, public::unfollow))
        .routes(routes!(studio::studio))
        .routes(routes!(exposure::read, exposure::compute, exposure::stop))
        .routes(routes!(exposure::what_if))
        .routes(routes!(exposure::of_brand))
        .routes(routes!(plan::read, plan::compute, plan::stop))
        .routes(routes!(plan::constraints))
        .routes(routes!(recovery::read))
        .routes(routes!(recovery::incidents))
        .routes(routes!(standing::list))
        .routes(routes!(standing::one))
        .routes(routes!(standing::appeal))
        .routes(routes!(standing::decide))
        .routes(routes!(seals::list))
        .routes(routes!(seals::open))
        .routes(routes!(sockets::room))
        .routes(routes!(sockets::desk));
    let (router, description) = router.split_for_parts();
    let mut description = serde_json::to_value(&description).unwrap_or_default();
    complete(&mut description);
    (router, format!("{description:#}").into())
}

/// What OpenAPI 3.1 wants of every operation and the handlers do not say: a description of each response, and a name that no
/// other operation has.
fn complete(description: &mut Value) {
    // The types refuse unknown keys in each variant of an enum too, which its derived description leaves out.
    for schema in description["components"]["schemas"].as_object_mut().into_iter().flatten() {
        let (name, schema) = schema;
        for variant in schema["oneOf"].as_array_mut().into_iter().flatten() {
            if name.ends_with("Ask") && variant["properties"].is_object() {
                variant["additionalProperties"] = false.into();
            }
        }
    }
    flatten(&mut description["components"]["schemas"], "DeskMessage");
    let operations = description["paths"]
        .as_object_mut()
        .into_iter()
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut)
        .flat_map(|methods| methods.values_mut());
    for operation in operations {
        if let (Some(tag), Some(name)) =
            (operation["tags"][0].as_str(), operation["operationId"].as_str())
        {
            operation["operationId"] = format!("{tag}_{name}").into();
        }
        for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
            let known =
                status.parse::<u16>().ok().and_then(|status| StatusCode::from_u16(status).ok());
            let reason = known.and_then(|status| status.canonical_reason()).unwrap_or("a refusal");
            if let Some(response) = response.as_object_mut() {
                let says = response.entry("description").or_insert(Value::from(""));
                if says.as_str() == Some("") {
                    *says = reason.to_lowercase().into();
                }
            }
        }
    }
}

/// Makes one object of a schema that is put together from several; what may be missing as a whole is missing field by field.
fn flatten(schemas: &mut Value, name: &str) {
    let parts = schemas[name]["allOf"].take();
    let (mut properties, mut required) = (serde_json::Map::new(), Vec::new());
    for part in parts.as_array().into_iter().flatten() {
        let optional = part["oneOf"].as_array();
        let part = match optional.and_then(|one_of| one_of[0]["$ref"].as_str()) {
            Some(reference) => &schemas[reference.rsplit('/').next().unwrap_or_default()],
            None => part,
        };
        properties.extend(part["properties"].as_object().cloned().into_iter().flatten());
        if optional.is_none() {
            required.extend(part["required"].as_array().cloned().into_iter().flatten());
        }
    }
    let says = schemas[name]["description"].take();
    schemas[name] = json!({"type": "object", "description": says, "properties": properties, "required": required});
}

/// The API's description, for the generated client.
pub(crate) fn description() -> Arc<str> {
    routes().1
}

/// An offer as a viewer at `air` meets it.
pub(crate) fn offer_view(
    catalogue: &Catalogue,
    sale: &Sale,
    ended: bool,
    sku: &Sku,
    air: AirTime,
) -> Value {
    let product = catalogue.products.get(sku.as_str());
    let view = sale.view(sku, air);
    let why = view.as_ref().and_then(|view| match view.selling {
        Selling::Yes => None,
        Selling::NotYet { .. } => Some("not_selling"),
        Selling::Frozen { .. } => Some("sale_frozen"),
        Selling::Closed => Some("offer_closed"),
    });
    json!({
        "sku": sku,
        "title": product.as_ref().map(|product| product.title.as_str()),
        "image": product.as_ref().and_then(|product| product.image.as_deref()),
        "brand": product.as_ref().map(|product| product.brand.as_str()),
        "category": product.as_ref().map(|product| product.category.as_str()),
        "price": view.as_ref().map(|view| view.price),
        "was": view.as_ref().and_then(|view| view.was),
        "limit": view.as_ref().and_then(|view| view.limit),
        "opens_air_ms": view.as_ref().and_then(|view| view.opens).map(|at| at.ms()),
        "closes_air_ms": view.as_ref().and_then(|view| view.closes).map(|at| at.ms()),
        "selling": view.is_some() && why.is_none() && !ended,
        "why": if ended { Some("show_ended") } else { why },
    })
}
