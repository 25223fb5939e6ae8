//! The two cookies. Their names begin with `__Host-`, so that no other host and no page without TLS can
//! set them, and only one of them is set at a time: signing in by one way ends the other's session.
//!
//! Where portal sessions may be embedded, their cookie has another name, and is kept apart for each site that
//! embeds them (`Partitioned`).

use crate::backend::Kind;
use http::{HeaderMap, HeaderValue, header};

/// Both, in the order in which they are looked at if a browser sends both.
pub(crate) const KINDS: [Kind; 2] = [Kind::Key, Kind::Portal];

fn name(kind: Kind, embeds: bool) -> &'static str {
    match (kind, embeds) {
        (Kind::Key, _) => "__Host-grapnel-session",
        (Kind::Portal, false) => "__Host-grapnel-portal",
        (Kind::Portal, true) => "__Host-grapnel-embedded",
    }
}

/// The session token in the cookie of this kind. `embeds` says whether portal sessions may be embedded.
pub(crate) fn token(headers: &HeaderMap, kind: Kind, embeds: bool) -> Option<&str> {
    // Each pair by itself: one of another page of this host may be no text.
    let lines = headers.get_all(header::COOKIE).iter().map(HeaderValue::as_bytes);
    let pairs = lines.flat_map(|line| line.split(|byte| *byte == b';'));
    let pairs = pairs.filter_map(|pair| std::str::from_utf8(pair).ok());
    let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(given, _)| given.trim() == name(kind, embeds));
    found.map(|(_, token)| token.trim()).filter(|token| !token.is_empty())
}

/// The header that keeps a token until the browser is closed, and no script can read.
pub(crate) fn set(kind: Kind, embeds: bool, token: &str) -> Option<HeaderValue> {
    written(kind, embeds, token, "")
}

/// The header that removes the cookie.
pub(crate) fn clear(kind: Kind, embeds: bool) -> Option<HeaderValue> {
    written(kind, embeds, "", "; Max-Age=0")
}

fn written(kind: Kind, embeds: bool, value: &str, more: &str) -> Option<HeaderValue> {
    let name = name(kind, embeds);
    let site = match (kind, embeds) {
        (Kind::Portal, true) => "SameSite=None; Partitioned",
        _ => "SameSite=Strict",
    };
    let text = format!("{name}={value}; Path=/; Secure; HttpOnly; {site}{more}");
    HeaderValue::try_from(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        let lines = lines.iter().map(|line| (header::COOKIE, line.parse().expect("a value")));
        lines.collect()
    }

    #[test]
    fn a_token_is_found_by_the_whole_name() {
        let two = headers(&["a=1; __Host-grapnel-portal=p; x", "__Host-grapnel-session=s"]);
        assert_eq!(token(&two, Kind::Key, false), Some("s"));
        assert_eq!(token(&two, Kind::Portal, false), Some("p"));
        assert_eq!(token(&two, Kind::Portal, true), None);
        let others = headers(&["grapnel-session=s; x__Host-grapnel-session=s"]);
        assert_eq!(token(&others, Kind::Key, true), None);
        assert_eq!(token(&headers(&["__Host-grapnel-session="]), Kind::Key, false), None);
        let line = b"other=caf\xe9; __Host-grapnel-session=s".as_slice();
        let line = HeaderValue::from_bytes(line).expect("a value");
        let one = HeaderMap::from_iter([(header::COOKIE, line)]);
        assert_eq!(token(&one, Kind::Key, false), Some("s"));
    }

    #[test]
    fn a_cookie_is_for_this_host_and_no_script() {
        let expected = "__Host-grapnel-session=gcs_x; Path=/; Secure; HttpOnly; SameSite=Strict";
        assert_eq!(set(Kind::Key, false, "gcs_x"), expected.parse().ok());
        assert_eq!(
            set(Kind::Key, true, "gcs_x"),
            expected.parse().ok(),
            "also where the portal is embedded"
        );
        assert_eq!(set(Kind::Key, false, "line\nbreak"), None);
        let gone = "__Host-grapnel-portal=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0";
        assert_eq!(clear(Kind::Portal, false), gone.parse().ok());
        let embedded =
            "__Host-grapnel-embedded=gcs_x; Path=/; Secure; HttpOnly; SameSite=None; Partitioned";
        assert_eq!(set(Kind::Portal, true, "gcs_x"), embedded.parse().ok());
    }
}
