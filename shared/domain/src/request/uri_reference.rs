//! Free text as a URI-reference (RFC 3986), which some standards require.

use std::{borrow::Cow, net::Ipv6Addr};

/// The text if it is a URI-reference, otherwise a similar one: characters that are not allowed at
/// their place are percent-encoded. The same text always gives the same reference.
#[must_use]
pub(super) fn encode(text: &str) -> Cow<'_, str> {
    let mut encoded = String::with_capacity(text.len());
    let rest = match scheme(text) {
        Some(scheme) => {
            encoded.push_str(scheme);
            encoded.push(':');
            &text[scheme.len() + 1..]
        }
        None => text,
    };
    let is_relative = encoded.is_empty();
    let (rest, fragment) = split(rest, '#');
    let (rest, query) = split(rest, '?');
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            encoded.push_str("//");
            authority(&rest[..end], &mut encoded);
            &rest[end..]
        }
        // The first segment of a relative path must not look like a scheme.
        None if is_relative => {
            let end = rest.find('/').unwrap_or(rest.len());
            push(&rest[..end], "@", &mut encoded);
            &rest[end..]
        }
        None => rest,
    };
    push(path, ":@/", &mut encoded);
    for (mark, part) in [('?', query), ('#', fragment)] {
        if let Some(part) = part {
            encoded.push(mark);
            push(part, ":@/?", &mut encoded);
        }
    }
    if encoded == text { Cow::Borrowed(text) } else { Cow::Owned(encoded) }
}

/// The text before the first colon, if it can be a scheme.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_scheme.then_some(scheme)
}

fn split(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(before, after)| (before, Some(after)))
}

/// `[userinfo@]host[:port]`. The host may be an IPv6 address in brackets.
fn authority(text: &str, encoded: &mut String) {
    let host_and_port = match text.rsplit_once('@') {
        Some((user, rest)) => {
            push(user, ":", encoded);
            encoded.push('@');
            rest
        }
        None => text,
    };
    let (host, port) = match host_and_port.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (host, Some(port)),
        _ => (host_and_port, None),
    };
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()) {
        encoded.push_str(host);
    } else {
        push(host, "", encoded);
    }
    if let Some(port) = port {
        encoded.push(':');
        encoded.push_str(port);
    }
}

/// Adds a part. `allowed` are the characters that are not encoded here, in addition to the usual
/// ones.
fn push(part: &str, allowed: &str, encoded: &mut String) {
    let bytes = part.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let is_escape = *byte == b'%'
            && bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        let stands = byte.is_ascii_alphanumeric()
            || b"-._~!$&'()*+,;=".contains(byte)
            || allowed.as_bytes().contains(byte);
        if stands || is_escape {
            encoded.push(char::from(*byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    fn is_reference(text: &str) -> bool {
        let schema = json!({"type": "string", "format": "uri-reference"});
        let checker = jsonschema::options().should_validate_formats(true).build(&schema);
        checker.expect("a schema").is_valid(&json!(text))
    }

    #[rstest]
    #[case("my shop", "my%20shop")]
    #[case("Zoë's shop", "Zo%C3%AB's%20shop")]
    #[case("1shop:eu", "1shop%3Aeu")]
    #[case("my shop:eu", "my%20shop%3Aeu")]
    #[case("a/b:c d", "a/b:c%20d")]
    #[case("100%", "100%25")]
    #[case("100%2", "100%252")]
    #[case("a#b#c", "a#b%23c")]
    #[case("<a>\"b\"{c}|d\\e^f`g", "%3Ca%3E%22b%22%7Bc%7D%7Cd%5Ce%5Ef%60g")]
    #[case("shop[1]", "shop%5B1%5D")]
    #[case("http://[::1", "http://%5B%3A:1")]
    #[case("http://shop:eu/x", "http://shop%3Aeu/x")]
    #[case("http://a@b@c", "http://a%40b@c")]
    #[case(":", "%3A")]
    #[case("\n", "%0A")]
    #[case("\u{fffe}", "%EF%BF%BE")]
    fn what_may_not_stand_is_encoded(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(encode(text), expected);
        assert!(is_reference(expected), "{expected}");
    }

    #[rstest]
    fn a_reference_stays_as_it_is(
        #[values(
            "demo.platform",
            "aws.s3",
            "/orders/1?a=b#c",
            "https://user:pw@shop.example.com:8443/a/b?c=d/e?f#g/?",
            "http://[2001:db8::1]:80/x",
            "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
            "mailto:a@example.com",
            "//shop.example.com",
            "my%20shop",
            "shop:",
            "a/b:c",
            "file:///x"
        )]
        text: &str,
    ) {
        assert_eq!(encode(text), text);
        assert!(is_reference(text), "{text}");
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_reference(text: String) {
            prop_assert!(is_reference(&encode(&text)), "{}", encode(&text));
        }

        #[test]
        fn text_of_marks_becomes_a_reference_that_stays(text in "[a:/?#@%0-9\\[\\] .é-]{0,24}") {
            let encoded = encode(&text).into_owned();
            prop_assert!(is_reference(&encoded), "{encoded}");
            prop_assert_eq!(encode(&encoded), encoded.as_str());
        }
    }
}
