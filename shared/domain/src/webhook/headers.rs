//! Headers that a webhook's owner adds to its requests.

use crate::fault::{self, Faults};
use grapnel_wire::webhook::RESERVED_HEADERS;
use std::{collections::BTreeMap, fmt};

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

/// Headers by name. HTTP does not distinguish upper and lower case in a name, so neither does this
/// map: all code that reads, changes or stores a webhook's headers finds one entry per name. Each keeps
/// the spelling of its last change for display; requests have names in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headers<V = HeaderValue>(BTreeMap<String, Header<V>>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Header<V> {
    spelling: String,
    value: V,
}

impl<V> Headers<V> {
    /// Reads headers of one request, in which each name may occur once. A repeated name is a fault,
    /// however it is spelled, and its first value stays.
    pub fn read<N: Into<String>>(
        given: impl IntoIterator<Item = (N, V)>,
        faults: &mut Faults,
    ) -> Self {
        let mut headers = Self::default();
        for (name, value) in given {
            let name = name.into();
            if let Some(first) = headers.spelling(&name) {
                let message = format!(
                    "`{first}` is given too, and header names are the same in upper and lower case"
                );
                faults.add(field(&name), message);
            } else {
                headers.insert(name, value);
            }
        }
        headers
    }

    /// Sets a header. Replaces a header with the same name.
    pub fn insert(&mut self, name: impl Into<String>, value: V) {
        let spelling = name.into();
        self.0.insert(spelling.to_ascii_lowercase(), Header { spelling, value });
    }

    pub fn remove(&mut self, name: &str) -> Option<V> {
        self.0.remove(&name.to_ascii_lowercase()).map(|header| header.value)
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&V> {
        self.0.get(&name.to_ascii_lowercase()).map(|header| &header.value)
    }

    /// The spelling of a header's name here.
    #[must_use]
    pub fn spelling(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_ascii_lowercase()).map(|header| header.spelling.as_str())
    }

    /// All headers, with their names as they are spelled here.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.values().map(|header| (header.spelling.as_str(), &header.value))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<V> Default for Headers<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<N: Into<String>, V> FromIterator<(N, V)> for Headers<V> {
    /// Of several headers with one name, the last one stays.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut headers = Self::default();
        for (name, value) in pairs {
            headers.insert(name, value);
        }
        headers
    }
}

impl<V> IntoIterator for Headers<V> {
    type Item = (String, V);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        let pairs = self.0.into_values().map(|header| (header.spelling, header.value));
        pairs.collect::<Vec<_>>().into_iter()
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

    #[test]
    fn a_name_is_found_set_and_removed_in_any_case() {
        let mut headers = Headers::from_iter([("Authorization", 1), ("X-A", 2)]);
        assert_eq!(headers.get("AUTHORIZATION"), Some(&1));
        headers.insert("authorization", 3);
        let pairs: Vec<_> = headers.iter().collect();
        assert_eq!(pairs, [("authorization", &3), ("X-A", &2)]);
        assert_eq!(headers.remove("aUTHORIZATION"), Some(3));
        assert_eq!((headers.len(), headers.spelling("x-a")), (1, Some("X-A")));
    }

    #[test]
    fn a_name_that_is_given_twice_is_a_fault_in_any_case() {
        let mut faults = Faults::default();
        let given = [("X-A", 1), ("x-a", 2), ("X-B", 3), ("X-a", 4)];
        let headers = Headers::read(given, &mut faults);
        assert_eq!(headers.get("x-a"), Some(&1));
        let fields: Vec<_> = faults.into_vec().into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["headers.x-a", "headers.X-a"]);
    }
}
