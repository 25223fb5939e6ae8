//! The reference: the OpenAPI document at `/api/openapi.json`, and a page to read it at `/docs`. Both
//! are public, the same for everybody, and part of the function: the page loads nothing from
//! elsewhere.

use crate::request::query::NoQuery;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::digest::{SHA256, digest};
use std::sync::LazyLock;

/// What never changes while the function runs.
struct Asset {
    bytes: &'static [u8],
    headers: &'static [(HeaderName, &'static str)],
    tag: HeaderValue,
}

/// The page's policy: its own script and the document, nothing from elsewhere. Styles are named by
/// their hashes: the page's own, the one that the viewer writes out, and the empty one, which it then
/// fills by script.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; \
                      style-src 'sha256-dz2mf3fouAJ+tKuKnrFXTX6gpczCGsNJ3iKNv+fl87Y=' \
                      'sha256-QMIg+bpjm3JdElJ388KYke01izlUW0UoNOeKjpMxdgc=' \
                      'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; \
                      img-src data:; worker-src blob:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// For how long a copy is good without asking.
const CACHED: &str = "public, max-age=300";

static DOCUMENT: LazyLock<Asset> = LazyLock::new(|| {
    let headers = &[(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, CACHED)];
    Asset::new(include_bytes!("../../openapi.json"), headers)
});

static PAGE: LazyLock<Asset> = LazyLock::new(|| {
    let headers = &[
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, CACHED),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Asset::new(include_bytes!("../../reference/index.html"), headers)
});

/// Kept compressed, and sent so: whatever runs it can read gzip.
static VIEWER: LazyLock<Asset> = LazyLock::new(|| {
    let headers = &[
        (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (header::CONTENT_ENCODING, "gzip"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    Asset::new(include_bytes!("../../reference/redoc.js.gz"), headers)
});

impl Asset {
    fn new(bytes: &'static [u8], headers: &'static [(HeaderName, &'static str)]) -> Self {
        let digest = digest(&SHA256, bytes);
        let text = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest.as_ref()[..12]));
        // Letters, digits, `-` and `_` in quotes are a header's value.
        let tag = HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"0\""));
        Self { bytes, headers, tag }
    }

    /// The whole of it, or that the caller has it already.
    fn answer(&self, asked: &HeaderMap) -> Response {
        let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
        let same = known.is_some_and(|tags| {
            tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == self.tag)
        });
        let mut response = if same {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            Body::from(self.bytes).into_response()
        };
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::ETAG, self.tag.clone());
        response
    }
}

/// `GET /api/openapi.json`.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "Service",
    operation_id = "getDocument",
    summary = "Get this description",
    description = "This API as an OpenAPI 3.1 document, for client generators and other tools.",
    responses(
        (status = 200, description = "The document.", content_type = "application/json", body = Object,
            headers(("ETag" = String, description = "Version of the document."))),
        (status = 304, description = "The document is the one that `If-None-Match` names."),
    ),
    extensions(("x-problems" = json!(["invalid_query"]))),
)]
pub(super) async fn document(_: NoQuery, asked: HeaderMap) -> Response {
    DOCUMENT.answer(&asked)
}

/// `GET /docs`.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "Service",
    operation_id = "getReference",
    summary = "Read this description",
    description = "A web page that shows this API. It loads nothing from other origins.",
    responses(
        (status = 200, description = "The page.", content_type = "text/html", body = String,
            headers(("ETag" = String, description = "Version of the page."))),
        (status = 304, description = "The document is the one that `If-None-Match` names."),
    ),
)]
pub(super) async fn page(asked: HeaderMap) -> Response {
    PAGE.answer(&asked)
}

/// `GET /docs/redoc.js`.
#[utoipa::path(
    get,
    path = "/docs/redoc.js",
    tag = "Service",
    operation_id = "getReferenceViewer",
    summary = "The page's script",
    description = "The script of the page. It is always sent compressed with gzip.",
    responses(
        (status = 200, description = "The script.", content_type = "text/javascript", body = String,
            headers(("ETag" = String, description = "Version of the script."))),
        (status = 304, description = "The document is the one that `If-None-Match` names."),
    ),
)]
pub(super) async fn viewer(asked: HeaderMap) -> Response {
    VIEWER.answer(&asked)
}
