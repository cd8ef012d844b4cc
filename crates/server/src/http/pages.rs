//! The pages and their assets, from the binary.

use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};

use crate::errors::{ApiError, Code};

/// Which page an address shows.
fn page_of(path: &str) -> Option<&'static str> {
    let mut parts = path.trim_matches('/').split('/');
    match (parts.next().unwrap_or_default(), parts.next(), parts.next()) {
        ("", None, None) => Some("index"),
        ("watch", Some(slug), None) if !slug.is_empty() => Some("watch"),
        ("desk", Some(slug), None) if !slug.is_empty() => Some("desk"),
        ("recap", Some(slug), None) if !slug.is_empty() => Some("recap"),
        ("studio", None, None) => Some("studio"),
        ("ops", _, _) => Some("ops"),
        _ => None,
    }
}

/// Answers whatever is not the API: a page, an asset, or 404.
pub(crate) async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return ApiError::from(Code::MethodNotAllowed).into_response();
    }
    let asset = match page_of(uri.path()) {
        Some(page) => Some(webui::page(page)),
        None => webui::asset(uri.path().trim_start_matches('/')),
    };
    let Some(asset) = asset else { return ApiError::from(Code::NotFound).into_response() };
    let lifetime = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let known = headers.get(IF_NONE_MATCH).is_some_and(|tag| *tag == weak(asset.etag));
    let takes_gzip = headers
        .get(ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("gzip"));
    let mut response = match asset.gzip.filter(|_| takes_gzip) {
        _ if known => StatusCode::NOT_MODIFIED.into_response(),
        Some(gzip) => ([(CONTENT_ENCODING, "gzip")], gzip).into_response(),
        None => asset.bytes.into_response(),
    };
    let out = response.headers_mut();
    out.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    out.insert(CACHE_CONTROL, HeaderValue::from_static(lifetime));
    // Both forms of an asset share the tag, so it is a weak one.
    out.insert(ETAG, weak(asset.etag));
    out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    response
}

fn weak(etag: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("W/{etag}")).unwrap_or(HeaderValue::from_static("W/\"0\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lead_to_pages() {
        for (path, page) in [
            ("/", Some("index")),
            ("/watch/evening", Some("watch")),
            ("/desk/evening/", Some("desk")),
            ("/studio", Some("studio")),
            ("/ops", Some("ops")),
            ("/ops/orders", Some("ops")),
            ("/recap/evening", Some("recap")),
            ("/recap", None),
            ("/watch", None),
            ("/nothing", None),
        ] {
            assert_eq!(page_of(path), page, "{path}");
        }
    }
}
