//! Headers that a webhook's owner adds to its requests.

mod map;

pub use map::Headers;

use crate::fault::{self, Faults};
use grapnel_wire::webhook::RESERVED_HEADERS;
use std::fmt;

/// Most bytes of one name.
pub use grapnel_wire::limits::HEADER_NAME_BYTES as MAX_NAME_BYTES;
/// Most bytes of one value.
pub use grapnel_wire::limits::HEADER_VALUE_BYTES as MAX_VALUE_BYTES;
/// Most headers of one webhook.
pub use grapnel_wire::limits::HEADERS as MAX_HEADERS;

/// What an owner's header says.
#[derive(Clone, PartialEq, Eq)]
pub struct HeaderValue {
    /// The text.
    pub text: String,
    /// It is a credential: it is never shown again, not even to its owner.
    pub sensitive: bool,
}

impl HeaderValue {
    /// One that may be shown.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), sensitive: false }
    }

    /// One that is never shown.
    pub fn sensitive(text: impl Into<String>) -> Self {
        Self { text: text.into(), sensitive: true }
    }
}

impl fmt::Debug for HeaderValue {
    /// Neither kind: a log is no place for what an owner sends to a receiver.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeaderValue").field("sensitive", &self.sensitive).finish_non_exhaustive()
    }
}

/// Whether requests carry this header (in any case) for their own purposes.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("content-") || RESERVED_HEADERS.contains(&name.as_str())
}

/// A character of an HTTP field name (RFC 9110 section 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// What faults call the header of this name, which may hold anything.
#[must_use]
pub fn field(name: &str) -> String {
    fault::entry("headers", name)
}

/// Checks all headers and notes every fault under `headers`.
pub fn check(headers: &Headers, faults: &mut Faults) {
    if headers.len() > MAX_HEADERS {
        faults.add("headers", format!("at most {MAX_HEADERS} headers, not {}", headers.len()));
    }
    for (name, value) in headers.iter() {
        let value = &value.text;
        let field = field(name);
        if name.is_empty() || name.len() > MAX_NAME_BYTES || !name.bytes().all(is_token) {
            faults.add(
                &field,
                format!("the name must be 1 to {MAX_NAME_BYTES} characters of an HTTP header name"),
            );
        } else if is_reserved(name) {
            faults.add(
                &field,
                "this header is set by Grapnel or by the connection and cannot be changed",
            );
        }
        let printable = value.bytes().all(|b| b == b'\t' || (b' '..=b'~').contains(&b));
        if !printable || value.trim() != value {
            faults.add(&field, "the value must be printable ASCII without spaces at its ends");
        }
        if value.len() > MAX_VALUE_BYTES {
            faults.add(&field, format!("the value may have at most {MAX_VALUE_BYTES} bytes"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn faults(pairs: &[(&str, &str)]) -> Vec<String> {
        let headers =
            pairs.iter().map(|(n, v)| ((*n).to_owned(), HeaderValue::plain(*v))).collect();
        let mut faults = Faults::default();
        check(&headers, &mut faults);
        faults.into_vec().into_iter().map(|fault| fault.field).collect()
    }

    #[rstest]
    #[case("Authorization", "Bearer abc")]
    #[case("x-api-key", "")]
    #[case("X-Note", "tabs\tand spaces inside")]
    fn an_ordinary_header_is_accepted(#[case] name: &str, #[case] value: &str) {
        assert!(faults(&[(name, value)]).is_empty());
    }

    #[rstest]
    #[case("Content-Type", "text/plain")]
    #[case("CONTENT-anything", "x")]
    #[case("Host", "example.com")]
    #[case("Webhook-Id", "x")]
    #[case("x-webhook-signature", "x")]
    #[case("Transfer-Encoding", "chunked")]
    #[case("", "x")]
    #[case("a b", "x")]
    #[case("näme", "x")]
    #[case("x-split", "a\r\nevil: b")]
    #[case("x-nul", "a\0")]
    #[case("x-utf8", "ä")]
    #[case("x-space", " a")]
    fn a_reserved_or_illegal_header_is_refused(#[case] name: &str, #[case] value: &str) {
        assert_eq!(faults(&[(name, value)]).len(), 1);
    }
}
