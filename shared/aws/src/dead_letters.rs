//! Dead-letter queues, for what a function puts aside by itself.

use crate::{clients::Clients, error::from_sdk};
use aws_sdk_sqs::types::MessageAttributeValue;
use grapnel_domain::ports::{DeadLetters, PortError};
use std::borrow::Cow;

/// Most bytes of a reason.
const MAX_REASON_BYTES: usize = 1024;

/// The attribute that says why.
const REASON: &str = "reason";

/// The attribute that a body has which could not be sent as it came. Its value is `json-string`:
/// the body is the JSON string whose content is what came.
const ENCODING: &str = "encoding";
const JSON_STRING: &str = "json-string";

/// A dead-letter queue.
#[derive(Debug, Clone)]
pub struct DeadLetterQueue {
    client: aws_sdk_sqs::Client,
    url: String,
}

impl DeadLetterQueue {
    /// The queue at this URL.
    #[must_use]
    pub fn new(clients: &Clients, url: impl Into<String>) -> Self {
        Self { client: clients.sqs.clone(), url: url.into() }
    }
}

impl DeadLetters for DeadLetterQueue {
    /// A body that SQS refuses (empty, or with characters that XML does not know) is sent as a JSON
    /// string, and an attribute says so. One that is too large with its reason comes back as an
    /// error: the queue's own redrive then moves the message in the end.
    async fn dead_letter(&self, body: &str, reason: &str) -> Result<(), PortError> {
        let mut send = self
            .client
            .send_message()
            .queue_url(&self.url)
            .message_attributes(REASON, attribute(&sendable_reason(reason))?);
        if !is_sendable(body) {
            send = send.message_attributes(ENCODING, attribute(JSON_STRING)?);
        }
        send.message_body(sendable_body(body))
            .send()
            .await
            .map_err(|error| from_sdk("SendMessage to a dead-letter queue", &error))?;
        Ok(())
    }
}

fn attribute(value: &str) -> Result<MessageAttributeValue, PortError> {
    MessageAttributeValue::builder()
        .data_type("String")
        .string_value(value)
        .build()
        .map_err(|_| PortError::Unusable("SendMessage: an attribute is incomplete".into()))
}

/// The characters that SQS takes: those of XML 1.0, section 2.2.
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
    // JSON escapes control characters by itself, but lets the two non-characters through.
    let quoted = serde_json::Value::from(body).to_string();
    Cow::Owned(quoted.replace('\u{FFFE}', "\\ufffe").replace('\u{FFFF}', "\\uffff"))
}

fn sendable_reason(reason: &str) -> String {
    let mut text = String::new();
    for c in reason.chars() {
        let c = if is_allowed(c) { c } else { char::REPLACEMENT_CHARACTER };
        if text.len() + c.len_utf8() > MAX_REASON_BYTES {
            break;
        }
        text.push(c);
    }
    if text.is_empty() { "no reason given".to_owned() } else { text }
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
        assert_eq!(sendable_reason("bad\u{0}byte"), "bad\u{FFFD}byte");
        assert_eq!(sendable_reason(""), "no reason given");
        let long = sendable_reason(&"é".repeat(2000));
        assert_eq!(long.len(), MAX_REASON_BYTES);
    }
}
