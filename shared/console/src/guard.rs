//! Forms from elsewhere.
//!
//! A browser says where a form comes from (`Origin`), and a page of another site cannot make it say
//! something else. A form must come from a page of this host. In addition, each form of a signed-in page
//! carries a token of its session: see `form_token`.
//!
//! A page of a listed origin may send a portal link's token. That form does nothing: the answer is a page of ours with the
//! token in another form. So the request that opens the link carries every cookie, also those which a browser sends with
//! no request from elsewhere, and a running session is seen.

use crate::{backend::Backend, page, settings::Settings};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};
use std::sync::Arc;

/// Says of a request that a page of a listed origin sent it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FromElsewhere;

/// The middleware: what changes something must come from a page of ours.
pub(crate) async fn own_origin<B: Backend>(
    State(backend): State<Arc<B>>,
    mut request: Request,
    next: Next,
) -> Response {
    let settings = backend.settings();
    let is_harmless = matches!(*request.method(), Method::GET | Method::HEAD);
    if is_harmless || is_from_here(request.headers()) {
        return next.run(request).await;
    }
    if request.uri().path() == page::PORTAL && is_from_listed(settings, request.headers()) {
        request.extensions_mut().insert(FromElsewhere);
        return next.run(request).await;
    }
    let text = "The form was not sent by a page of this console, so nothing was done. Open the page \
                again and send the form from there.";
    let title = "This form was refused";
    page::message(settings, request.uri().path(), StatusCode::FORBIDDEN, title, text)
}

fn is_from_listed(settings: &Settings, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    origin.is_some_and(|origin| settings.is_listed(origin))
}

/// Whether the browser says that a page of this host sends the request. Without `Origin` nobody knows.
fn is_from_here(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| site == "cross-site") {
        return false;
    }
    let origin = text("origin").and_then(|origin| origin.split_once("://"));
    let host = headers.get(header::HOST).or_else(|| headers.get("x-forwarded-host"));
    let host = host.and_then(|host| host.to_str().ok());
    match (origin, host) {
        (Some(("http" | "https", origin)), Some(host)) => {
            !host.is_empty() && origin.eq_ignore_ascii_case(host)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(&[("origin", "https://a.example.com"), ("host", "a.example.com")], true)]
    #[case(&[("origin", "https://A.example.com"), ("host", "a.example.COM")], true)]
    #[case(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")], true)]
    #[case(&[("origin", "https://a.example.com"), ("x-forwarded-host", "a.example.com")], true)]
    #[case(&[("origin", "https://a.example.com"), ("host", "a.example.com"), ("sec-fetch-site", "same-origin")], true)]
    #[case::other(&[("origin", "https://b.example.com"), ("host", "a.example.com")], false)]
    #[case::port(&[("origin", "https://a.example.com:8443"), ("host", "a.example.com")], false)]
    #[case::no_origin(&[("host", "a.example.com")], false)]
    #[case::no_host(&[("origin", "https://a.example.com")], false)]
    #[case::opaque(&[("origin", "null"), ("host", "null")], false)]
    #[case::empty(&[("origin", "https://"), ("host", "")], false)]
    #[case::scheme(&[("origin", "file://a.example.com"), ("host", "a.example.com")], false)]
    #[case::prefix(&[("origin", "https://a.example.com.evil.example"), ("host", "a.example.com")], false)]
    #[case::forwarded(&[("origin", "https://b.example.com"), ("host", "a.example.com"), ("x-forwarded-host", "b.example.com")], false)]
    #[case::cross_site(&[("origin", "https://a.example.com"), ("host", "a.example.com"), ("sec-fetch-site", "cross-site")], false)]
    fn a_form_must_come_from_a_page_of_this_host(
        #[case] headers: &[(&'static str, &'static str)],
        #[case] expected: bool,
    ) {
        let pairs = headers.iter().map(|(name, value)| {
            let name: header::HeaderName = name.parse().expect("a name");
            (name, value.parse().expect("a value"))
        });
        assert_eq!(is_from_here(&pairs.collect()), expected);
    }
}
