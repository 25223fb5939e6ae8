//! Dead-letter queues, for messages that a function sends there itself.

use crate::{clients::Clients, error::from_sdk};
use aws_sdk_sqs::types::MessageAttributeValue;
use grapnel_domain::ports::{DeadLetters, PortError};
use std::borrow::Cow;

/// Maximum size of a message including the names, types and values of its attributes: SQS's limit.
const MAX_MESSAGE_BYTES: usize = 1_048_576;

/// Maximum size of a reason.
const MAX_REASON_BYTES: usize = 1024;

/// The attribute with the reason.
const REASON: &str = "reason";

/// The attribute of a message whose body could not be sent as it was received. Its value is
/// `json-string`: the message's body is a JSON string that contains the received body.
const ENCODING: &str = "encoding";
const JSON_STRING: &str = "json-string";

/// The type of both attributes.
const TYPE: &str = "String";

/// A dead-letter queue.
#[derive(Debug, Clone)]
pub struct DeadLetterQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl DeadLetterQueue {
    #[must_use]
    pub fn new(clients: &Clients, url: impl Into<String>) -> Self {
        Self { client: clients.sqs.clone(), url: url.into() }
    }
}

impl DeadLetters for DeadLetterQueue {
    /// SQS refuses an empty body, and characters that XML does not allow. Such a body is sent as a
    /// JSON string, with an attribute that says so. The reason is cut to the room that the body
    /// leaves, and left out if there is no room. If SQS refuses the body as too large, this returns
    /// the error: the queue's redrive policy then moves the message in the end.
    async fn dead_letter(&self, body: &str, reason: &str) -> Result<(), PortError> {
        let is_encoded = !is_sendable(body);
        let body = sendable_body(body);
        let mut send = self.client.send_message().queue_url(&self.url);
        for (name, value) in attributes(&body, is_encoded, reason) {
            send = send.message_attributes(name, attribute(&value)?);
        }
        send.message_body(body)
            .send()
            .await
            .map_err(|error| from_sdk("SendMessage to a dead-letter queue", &error))?;
        Ok(())
    }
}

/// The attributes for a body, with as much of the reason as there is room for. A redrive sends back
/// messages without a reason, so the reason is left out only if there is no room for one byte of
/// it.
fn attributes(body: &str, is_encoded: bool, reason: &str) -> Vec<(&'static str, String)> {
    let encoding = is_encoded.then(|| (ENCODING, JSON_STRING.to_owned()));
    let size = |(name, value): &(&str, String)| name.len() + TYPE.len() + value.len();
    let taken = body.len() + encoding.as_ref().map_or(0, size) + REASON.len() + TYPE.len();
    let room = MAX_MESSAGE_BYTES.saturating_sub(taken).min(MAX_REASON_BYTES);
    let reason = (room > 0).then(|| (REASON, sendable_reason(reason, room)));
    reason.into_iter().chain(encoding).collect()
}

fn attribute(value: &str) -> Result<MessageAttributeValue, PortError> {
    MessageAttributeValue::builder()
        .data_type(TYPE)
        .string_value(value)
        .build()
        .map_err(|_| PortError::Unusable("SendMessage: an attribute is incomplete".into()))
}

/// The characters that SQS accepts: those of XML 1.0, section 2.2.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn is_sendable(body: &str) -> bool {
    !body.is_empty() && body.chars().all(is_allowed)
}

fn sendable_body(body: &str) -> Cow<'_, str> {
    if is_sendable(body) {
        return Cow::Borrowed(body);
    }
    // JSON escapes control characters, but not the two noncharacters.
    let quoted = serde_json::Value::from(body).to_string();
    Cow::Owned(quoted.replace('\u{FFFE}', "\\ufffe").replace('\u{FFFF}', "\\uffff"))
}

/// The beginning of the reason with at most this many bytes. Never empty, because SQS accepts no
/// empty value.
fn sendable_reason(reason: &str, most_bytes: usize) -> String {
    let reason = if reason.is_empty() { "no reason given" } else { reason };
    let mut text = String::new();
    for c in reason.chars() {
        let c = if is_allowed(c) { c } else { char::REPLACEMENT_CHARACTER };
        if text.len() + c.len_utf8() > most_bytes {
            break;
        }
        text.push(c);
    }
    if text.is_empty() { "?".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("{\"a\":1}")]
    #[case("tabs\tand\r\nlines, ✓ and 🪝")]
    fn what_sqs_takes_goes_as_it_came(#[case] body: &str) {
        assert_eq!(sendable_body(body), body);
    }

    #[rstest]
    #[case("")]
    #[case("\u{0}\u{b}\"quoted\"")]
    #[case("\u{FFFE}\u{FFFF} and \\uffff")]
    fn what_sqs_refuses_goes_as_a_json_string(#[case] body: &str) {
        let sent = sendable_body(body);
        assert!(is_sendable(&sent));
        let back: String = serde_json::from_str(&sent).expect("a JSON string");
        assert_eq!(back, body);
    }

    #[test]
    fn a_reason_is_cut_and_cleaned() {
        assert_eq!(sendable_reason("bad\u{0}byte", 1024), "bad\u{FFFD}byte");
        assert_eq!(sendable_reason("", 1024), "no reason given");
        let long = sendable_reason(&"é".repeat(2000), 1023);
        assert_eq!(long.len(), 1022);
        assert_eq!(sendable_reason("é", 1), "?");
    }

    #[rstest]
    #[case::room_for_all(MAX_MESSAGE_BYTES - 2000, 1024)]
    #[case::room_for_some(MAX_MESSAGE_BYTES - 112, 100)]
    #[case::room_for_one(MAX_MESSAGE_BYTES - 13, 1)]
    fn a_reason_takes_the_room_that_a_large_body_leaves(
        #[case] body_bytes: usize,
        #[case] reason_bytes: usize,
    ) {
        let (sent, reason) = ("x".repeat(body_bytes), "r".repeat(2000));
        let attributes = attributes(&sent, false, &reason);
        assert_eq!(attributes, [("reason", "r".repeat(reason_bytes))]);
        // SQS counts the body, and each attribute's name, type and value.
        assert!(body_bytes + "reason".len() + "String".len() + reason_bytes <= MAX_MESSAGE_BYTES);
    }

    #[rstest]
    #[case::just_the_name_and_type(MAX_MESSAGE_BYTES - 12)]
    #[case::less_than_those(MAX_MESSAGE_BYTES - 11)]
    #[case::no_room_at_all(MAX_MESSAGE_BYTES)]
    fn a_body_that_leaves_no_room_goes_without_a_reason(#[case] body_bytes: usize) {
        assert_eq!(attributes(&"x".repeat(body_bytes), false, "a reason"), []);
    }

    #[rstest]
    #[case::room_for_one(1, 2)]
    #[case::room_for_none(0, 1)]
    fn a_json_string_keeps_its_encoding_without_room_for_a_reason(
        #[case] room: usize,
        #[case] expected: usize,
    ) {
        let others = "reasonStringencodingStringjson-string".len();
        let body = "x".repeat(MAX_MESSAGE_BYTES - others - room);
        let attributes = attributes(&body, true, "a reason");
        let names: Vec<&str> = attributes.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["reason", "encoding"][2 - expected..]);
        let size = |(name, value): &(&str, String)| name.len() + "String".len() + value.len();
        let sent = body.len() + attributes.iter().map(size).sum::<usize>();
        assert!(sent <= MAX_MESSAGE_BYTES, "{sent}");
    }

    #[test]
    fn the_room_of_a_json_string_is_that_of_both_attributes() {
        let quoted = format!("\"{}\"", "x".repeat(MAX_MESSAGE_BYTES - 100));
        let attributes = attributes(&quoted, true, &"r".repeat(2000));
        let [(_, reason), (name, value)] = &attributes[..] else { panic!("two: {attributes:?}") };
        assert_eq!((*name, value.as_str()), ("encoding", "json-string"));
        let others = "reasonStringencodingStringjson-string".len();
        assert_eq!(quoted.len() + others + reason.len(), MAX_MESSAGE_BYTES);
    }
}
