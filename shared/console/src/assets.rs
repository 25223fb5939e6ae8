//! The style sheet, the script and the icon: part of the function, named by their contents, and kept
//! compressed.
//!
//! Pages are not compressed: a page has a secret (the token of its forms) beside text that others
//! choose, and the size of the compressed page would show whether they are alike (BREACH).

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};
use std::{io::Write, sync::LazyLock};

/// One of the files.
#[derive(Debug)]
pub(crate) struct Asset {
    /// The last part of its address.
    pub(crate) name: String,
    content_type: &'static str,
    compressed: Vec<u8>,
}

const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// A name never gets other contents.
const FOR_A_YEAR: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const SHARING: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("console", "css", CSS, include_bytes!("../assets/console.css")));

pub(crate) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("console", "js", JAVASCRIPT, include_bytes!("../assets/console.js"))
});

/// For pages of a product, which name it by an address that stays.
static PORTAL: LazyLock<Asset> = LazyLock::new(|| Asset {
    name: "portal.js".to_owned(),
    ..Asset::new("portal", "js", JAVASCRIPT, include_bytes!("../assets/portal.js"))
});

/// So that a new version arrives within the hour.
const FOR_AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("icon", "svg", "image/svg+xml", include_bytes!("../assets/icon.svg"))
});

impl Asset {
    /// A style sheet that is made when the function starts.
    pub(crate) fn style(stem: &str, text: &str) -> Self {
        Self::new(stem, "css", CSS, text.as_bytes())
    }

    fn new(stem: &str, end: &str, content_type: &'static str, bytes: &[u8]) -> Self {
        let print = hex::encode(&Sha256::digest(bytes)[..6]);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        // Writing to memory cannot fail.
        let compressed = encoder.write_all(bytes).and_then(|()| encoder.finish());
        Self {
            name: format!("{stem}.{print}.{end}"),
            content_type,
            compressed: compressed.unwrap_or_default(),
        }
    }

    /// The whole of it. Always compressed: whatever runs the page can read gzip.
    pub(crate) fn answer(&self) -> Response {
        let caching = if self.name == PORTAL.name { FOR_AN_HOUR } else { FOR_A_YEAR };
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static(self.content_type)),
            (header::CONTENT_ENCODING, HeaderValue::from_static("gzip")),
            (header::CACHE_CONTROL, caching),
            // A product's page may load its script though it asks for isolation.
            (SHARING, HeaderValue::from_static("cross-origin")),
        ];
        (headers, self.compressed.clone()).into_response()
    }
}

/// The files that are the same for every deployment.
pub(crate) fn all() -> [&'static Asset; 4] {
    [&*STYLE, &*SCRIPT, &*ICON, &*PORTAL]
}
