//! Batches of SQS messages as Lambda delivers them, and the response that names the failed
//! messages.

pub use aws_lambda_events::sqs::SqsEvent;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse};
use aws_lambda_events::sqs::{SqsMessage, SqsMessageAttribute};
use grapnel_domain::{
    message::{Attribute, AttributeValue, Record},
    ports::IsolateMessages,
    suspect::{self, Isolated, Refused},
    time::Timestamp,
};

/// The messages of a batch. SQS always sets the id; a message without one could not be named in the
/// response.
#[must_use]
pub fn records(event: SqsEvent) -> Vec<Record> {
    event.records.into_iter().map(record).collect()
}

/// The messages of a batch to process, and the ids of suspects that stay in their queue.
#[derive(Debug)]
pub struct Begun {
    pub to_begin: Vec<Record>,
    /// Ids of messages that must be received again.
    pub stayed: Vec<String>,
}

/// The messages of a batch, without the messages that [`suspect::isolate`] moves to the isolation
/// queue.
pub async fn without_suspects(event: SqsEvent, isolation: &impl IsolateMessages) -> Begun {
    let Isolated { to_begin, moved, stayed } = suspect::isolate(records(event), isolation).await;
    if !moved.is_empty() {
        let (count, ids) = (moved.len(), moved.join(" "));
        tracing::warn!(count, message.ids = %ids, "messages that came again were moved to the isolation queue");
    }
    for (id, error) in &stayed {
        tracing::warn!(message.id = %id, %error, "message could not be moved to the isolation queue and comes again");
    }
    Begun { to_begin, stayed: stayed.into_iter().map(|(id, _)| id).collect() }
}

/// Moves messages that a table refused to the isolation queue: see [`suspect::move_refused`]. They are
/// then no longer among the failed ones.
pub async fn move_refused(
    batch: &[Record],
    refused: &[Refused],
    failed: &mut Vec<String>,
    isolation: &impl IsolateMessages,
) {
    let Isolated { moved, .. } = suspect::move_refused(batch, refused, isolation).await;
    if !moved.is_empty() {
        tracing::warn!(
            count = moved.len(),
            "events that a table refused were moved to the isolation queue"
        );
    }
    failed.retain(|id| !moved.contains(id));
}

fn record(message: SqsMessage) -> Record {
    let SqsMessage { mut attributes, message_attributes, .. } = message;
    let receives = attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok());
    let sent_at = attributes.get("SentTimestamp").and_then(|millis| millis.parse().ok());
    let attribute = |(name, attribute)| Some((name, attribute_of(attribute)?));
    Record {
        message_id: message.message_id.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
        receives: receives.unwrap_or(1),
        group: attributes.remove("MessageGroupId"),
        attributes: message_attributes.into_iter().filter_map(attribute).collect(),
        sent_at: sent_at.map(Timestamp::from_millis),
        receipt: message.receipt_handle.unwrap_or_default(),
    }
}

/// An attribute has a type and one value. SQS does not implement lists.
fn attribute_of(attribute: SqsMessageAttribute) -> Option<Attribute> {
    let SqsMessageAttribute { data_type, string_value, binary_value, .. } = attribute;
    let data_type = data_type?;
    let value = match binary_value {
        Some(bytes) if data_type.starts_with("Binary") => AttributeValue::Binary(bytes.0),
        _ => AttributeValue::Text(string_value?),
    };
    Some(Attribute { data_type, value })
}

/// The response: all messages are finished except those with these ids.
#[must_use]
pub fn response(failed: Vec<String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed
        .into_iter()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_batch_is_read_and_answered() {
        let event = include_str!("../../../events/sqs-batch.json");
        let records = records(serde_json::from_str(event).expect("an SQS batch"));
        assert_eq!(records.len(), 2);
        assert!(records.iter().all(|record| record.body.starts_with('{') && record.receives == 1));
        let answer = response(vec![records[1].message_id.clone()]);
        let json = serde_json::to_value(answer).expect("serialises");
        assert_eq!(json["batchItemFailures"][0]["itemIdentifier"], records[1].message_id);
    }

    #[test]
    fn what_a_message_needs_to_be_moved_is_read() {
        let event = serde_json::json!({ "Records": [{
            "messageId": "m-1",
            "receiptHandle": "receipt-1",
            "body": "{}",
            "attributes": {
                "ApproximateReceiveCount": "12", "MessageGroupId": "group",
                "SentTimestamp": "1795501440000",
            },
            "messageAttributes": {
                "reason": { "stringValue": "why", "dataType": "String" },
                "size": { "stringValue": "1", "binaryValue": null, "dataType": "Number.int" },
                "raw": { "binaryValue": "AAH/", "dataType": "Binary" },
            },
        }] });
        let records = records(serde_json::from_value(event).expect("an SQS batch"));
        let attribute = |name: &str, data_type: &str, value| {
            (name.to_owned(), Attribute { data_type: data_type.to_owned(), value })
        };
        let expected = Record {
            receives: 12,
            group: Some("group".into()),
            attributes: BTreeMap::from([
                attribute("reason", "String", AttributeValue::Text("why".into())),
                attribute("size", "Number.int", AttributeValue::Text("1".into())),
                attribute("raw", "Binary", AttributeValue::Binary(vec![0, 1, 255])),
            ]),
            sent_at: Some(Timestamp::from_millis(1_795_501_440_000)),
            receipt: "receipt-1".into(),
            ..Record::new("m-1", "{}")
        };
        assert_eq!(records, [expected]);
    }
}
