//! Reads the start of a response, within bounds.

use grapnel_domain::outbound::{Answer, BodyRemark, CAPTURE_LIMIT_BYTES};
use http::{
    HeaderMap, Response,
    header::{CONTENT_ENCODING, LOCATION, RETRY_AFTER},
};
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

use crate::exchange::next_chunk;

/// A receiver's header that asks for no further deliveries.
const WEBHOOK_DELIVERY: &str = "webhook-delivery";

/// Longest value of `webhook-delivery` or `Content-Encoding` that is kept. No longer value has a
/// meaning.
const HEADER_LIMIT_BYTES: usize = 64;

/// Longest value that is joined from several lines of one header. Room for several dates in
/// `Retry-After`.
const JOINED_LIMIT_BYTES: usize = 256;

/// Longest `Location` that is kept.
const LOCATION_LIMIT_BYTES: usize = 1024;

/// A text is unreadable if more than one in this many characters was replaced.
const UNREADABLE_SHARE: usize = 4;

/// The first bytes of a gzip stream.
const GZIP: &[u8] = &[0x1F, 0x8B];

/// An answer, and how much of it was read.
pub(crate) struct Read {
    pub(crate) answer: Answer,
    /// Whether no byte of it is left on its connection.
    pub(crate) to_its_end: bool,
}

/// Reads the part of `response` that is kept, until `deadline` at the latest.
///
/// The status line has already decided the attempt. A body that is slow, endless or broken only
/// marks the answer as truncated.
pub(crate) async fn answer(response: Response<Incoming>, deadline: Instant) -> Read {
    let status = response.status().as_u16();
    let retry_after = joined(response.headers(), RETRY_AFTER.as_str());
    let webhook_delivery = header(response.headers(), WEBHOOK_DELIVERY);
    let location = location(response.headers());
    let encoding = joined(response.headers(), CONTENT_ENCODING.as_str());
    let mut response_body = response.into_body();
    let mut bytes = Vec::new();
    let complete = loop {
        match timeout_at(deadline, next_chunk(&mut response_body)).await {
            Ok(Ok(Some(chunk))) => {
                let room = CAPTURE_LIMIT_BYTES - bytes.len();
                bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if chunk.len() > room {
                    break false;
                }
            }
            Ok(Ok(None)) => break true,
            Ok(Err(_)) | Err(_) => break false,
        }
    };
    let (mut body, whole) = text(&bytes, complete);
    let truncated = !(complete && whole);
    let remark = remark(&bytes, encoding.as_deref(), &body);
    if remark.as_ref().is_some_and(BodyRemark::drops_body) {
        body.clear();
    }
    let answer =
        Answer { status, body, truncated, retry_after, webhook_delivery, location, remark };
    Read { answer, to_its_end: complete }
}

/// What a reader of `text` must know about the body. Some servers compress without a header.
fn remark(bytes: &[u8], encoding: Option<&str>, text: &str) -> Option<BodyRemark> {
    let is_identity = |it: &str| it.is_empty() || it.eq_ignore_ascii_case("identity");
    let encoding = encoding.map(str::trim).filter(|it| !is_identity(it));
    match encoding {
        _ if bytes.is_empty() => None,
        Some(encoding) if encoding.len() <= HEADER_LIMIT_BYTES => {
            Some(BodyRemark::Compressed(Some(encoding.to_owned())))
        }
        Some(_) => Some(BodyRemark::Compressed(None)),
        None if bytes.starts_with(GZIP) => Some(BodyRemark::Compressed(None)),
        None => damage(bytes, text),
    }
}

/// The remark for characters that were replaced. A receiver may send U+FFFD itself.
fn damage(bytes: &[u8], text: &str) -> Option<BodyRemark> {
    let replaced = text.chars().filter(|char| *char == char::REPLACEMENT_CHARACTER).count();
    if replaced == 0 || std::str::from_utf8(bytes).is_ok() {
        None
    } else if replaced > text.chars().count() / UNREADABLE_SHARE {
        Some(BodyRemark::Unreadable)
    } else {
        Some(BodyRemark::NotUtf8)
    }
}

/// The `Location` header, unchanged if it is text.
fn location(headers: &HeaderMap) -> Option<String> {
    let mut text = String::from_utf8_lossy(headers.get(LOCATION.as_str())?.as_bytes()).into_owned();
    if text.len() > LOCATION_LIMIT_BYTES {
        text.truncate(text.floor_char_boundary(LOCATION_LIMIT_BYTES));
        text.push('…');
    }
    (!text.is_empty()).then_some(text)
}

/// All lines of a header as one (RFC 9110 section 5.3), without the lines that exceed the limit.
fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.fold(None, |text: Option<String>, line| {
        let longer =
            text.as_ref().map_or_else(|| line.to_owned(), |text| format!("{text}, {line}"));
        if longer.len() <= JOINED_LIMIT_BYTES { Some(longer) } else { text }
    })
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    (text.len() <= HEADER_LIMIT_BYTES).then(|| text.to_owned())
}

/// Turns `bytes` into text of at most [`CAPTURE_LIMIT_BYTES`], and returns whether all of it
/// fitted.
///
/// Bytes that are not UTF-8 become U+FFFD, which takes more bytes. If the body is not `complete`, a
/// last character that was cut off is left out: it was not wrong. Control characters, NUL included,
/// are kept.
fn text(bytes: &[u8], complete: bool) -> (String, bool) {
    let mut text = String::with_capacity(bytes.len());
    let mut chunks = bytes.utf8_chunks().peekable();
    while let Some(chunk) = chunks.next() {
        text.push_str(chunk.valid());
        let is_cut = !complete && chunks.peek().is_none() && is_unfinished(chunk.invalid());
        if !chunk.invalid().is_empty() && !is_cut {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    let fits = text.len() <= CAPTURE_LIMIT_BYTES;
    text.truncate(text.floor_char_boundary(CAPTURE_LIMIT_BYTES));
    (text, fits)
}

/// Whether `bytes` are the start of a character.
fn is_unfinished(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::ascii(b"ok", true, "ok")]
    #[case::nul(b"a\0b", true, "a\0b")]
    #[case::not_utf8(b"a\xffb", true, "a\u{fffd}b")]
    #[case::ends_in_a_character(b"a\xe2\x82", true, "a\u{fffd}")]
    #[case::cut_in_a_character(b"a\xe2\x82", false, "a")]
    #[case::cut_after_rubbish(b"a\xff", false, "a\u{fffd}")]
    #[case::empty(b"", true, "")]
    fn text_is_what_the_receiver_meant(
        #[case] bytes: &[u8],
        #[case] complete: bool,
        #[case] expected: &str,
    ) {
        assert_eq!(text(bytes, complete), (expected.to_owned(), true));
    }

    #[test]
    fn the_limit_holds_after_conversion_and_at_a_character() {
        let (rubbish, whole) = text(&[0xff; CAPTURE_LIMIT_BYTES], true);
        assert!(!whole);
        // 4096 is not a multiple of the three bytes of U+FFFD.
        assert_eq!(rubbish.len(), CAPTURE_LIMIT_BYTES - 1);
        assert!(rubbish.chars().all(|c| c == char::REPLACEMENT_CHARACTER));
    }

    #[test]
    fn a_body_of_exactly_the_limit_is_whole() {
        let (kept, whole) = text(&[b'a'; CAPTURE_LIMIT_BYTES], true);
        assert!(whole);
        assert_eq!(kept.len(), CAPTURE_LIMIT_BYTES);
    }
}
