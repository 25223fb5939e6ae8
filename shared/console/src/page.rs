//! Pages as answers: their headers, their tags, and the page that says what went wrong.

use crate::{
    backend::{Backend, Kind},
    cookies,
    frame::Frame,
    settings::Settings,
};
use askama::Template;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Our own style sheet and script, and nothing else. What follows says who shows a page within another.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors";

/// The page that opens portal links. It takes nothing else, so that it may be embedded.
pub(crate) const PORTAL: &str = "/console/portal";

/// Whether the answer may be shown within a page of a listed origin: a page of a portal session, or the page that opens
/// one. With the cookie of a key, no page is: it could show what the key may see.
fn is_embeddable(settings: &Settings, request: &Request) -> bool {
    let has = |kind| cookies::token(request.headers(), kind, true).is_some();
    let is_of_portal = request.uri().path() == PORTAL
        || (has(Kind::Portal) && request.uri().path() != "/console/sign-in");
    settings.embeds() && is_of_portal && !has(Kind::Key)
}

/// The middleware: headers of every answer below `/console`.
pub(crate) async fn with_headers<B: Backend>(
    State(backend): State<Arc<B>>,
    request: Request,
    next: Next,
) -> Response {
    let settings = backend.settings();
    let is_embeddable = is_embeddable(settings, &request);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let ancestors = match is_embeddable {
        true => settings.frame_origins.join(" "),
        false => "'none'".to_owned(),
    };
    // An origin that can be no header's value is refused when the function starts.
    if let Ok(policy) = HeaderValue::try_from(format!("{POLICY} {ancestors}")) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    // For a form, `no-referrer` would make the browser hide the origin too.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let opener = HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(opener, HeaderValue::from_static("same-origin"));
    if !is_embeddable {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    response
}

/// A page.
pub(crate) fn html(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => {
            (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response()
        }
        // Templates write into memory and call nothing that fails.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A page that the script asks for again and again: 304 if it is the one that the script has. A proxy that
/// compresses weakens the tag (`W/`).
pub(crate) fn tagged(page: &impl Template, asked: &HeaderMap) -> Response {
    let Ok(text) = page.render() else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    let digest = Sha256::digest(text.as_bytes());
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(&digest[..12]));
    let known = asked.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if known
        .is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag))
    {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let headers =
        [(header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()), (header::ETAG, tag)];
    (headers, text).into_response()
}

/// The way to another page after a form.
pub(crate) fn see_other(address: &str) -> Response {
    match HeaderValue::try_from(address) {
        Ok(address) => (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Whether the script of an open page asks, which takes nothing but the live part of the answer.
pub(crate) fn is_of_live_part(headers: &HeaderMap) -> bool {
    headers.get("x-part").is_some_and(|part| part == "live")
}

/// A page with a message and nothing else.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message {
    pub(crate) frame: Frame,
    pub(crate) text: String,
    /// Each with the name of what is wrong.
    pub(crate) faults: Vec<(String, String)>,
    /// Where to go from here, if somewhere.
    pub(crate) back: Option<(String, &'static str)>,
}

/// A message on the page of this path, for a reader who may have no session.
pub(crate) fn message(
    settings: &Arc<Settings>,
    path: &str,
    status: StatusCode,
    title: &str,
    text: &str,
) -> Response {
    let frame = Frame::bare(settings, title, path);
    let back = Some((frame.links.deliveries(), "To the deliveries"));
    html(status, &Message { frame, text: text.to_owned(), faults: Vec::new(), back })
}
