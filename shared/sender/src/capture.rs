//! Keeping the start of a response, whatever the rest of it does.

use grapnel_domain::outbound::{Answer, CAPTURE_LIMIT_BYTES};
use http::{HeaderMap, header::RETRY_AFTER};
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

/// The header by which a receiver asks for no more.
const WEBHOOK_DELIVERY: &str = "webhook-delivery";

/// Longest value of a header that is kept; nothing longer means anything in `Retry-After` or
/// `webhook-delivery`.
const HEADER_LIMIT_BYTES: usize = 64;

/// Reads what is kept of `response`, until `deadline` at the latest, and drops its connection.
///
/// The status line has decided the attempt already. A body that is slow, endless or broken only
/// marks the answer as truncated.
pub(crate) async fn answer(mut response: Response, deadline: Instant) -> Answer {
    let status = response.status().as_u16();
    let retry_after = header(response.headers(), RETRY_AFTER.as_str());
    let webhook_delivery = header(response.headers(), WEBHOOK_DELIVERY);
    let mut bytes = Vec::new();
    let complete = loop {
        match timeout_at(deadline, response.chunk()).await {
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
    let (body, whole) = text(&bytes, complete);
    Answer { status, body, truncated: !(complete && whole), retry_after, webhook_delivery }
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let text = headers.get(name)?.to_str().ok()?;
    (text.len() <= HEADER_LIMIT_BYTES).then(|| text.to_owned())
}

/// Turns `bytes` into text of at most [`CAPTURE_LIMIT_BYTES`], and says whether all of it fitted.
///
/// Bytes that are not UTF-8 become U+FFFD, which is longer than they are. Unless the body is
/// `complete`, a character that it breaks off in is left out: it was not wrong, only cut.
/// Control characters, NUL included, are kept.
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
