//! How money looks in the API's description.

use utoipa::ToSchema;

/// An amount in minor units of a currency.
#[derive(serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes units::Money for OpenAPI")]
pub(crate) struct MoneyView {
    /// Minor units: fen, cents, kopecks.
    #[schema(example = 7900)]
    minor: i64,
    /// ISO 4217.
    #[schema(example = "CNY")]
    currency: String,
}
