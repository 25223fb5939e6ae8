//! Splits messages into batches that SQS accepts.

use grapnel_domain::{
    delay::QueueDelay,
    message::{Attribute, AttributeValue},
    ports::MOST_MESSAGES,
};
use std::collections::BTreeMap;

/// Maximum size of one batch. SQS has accepted 1 MiB since August 2025; this is the earlier limit,
/// which emulators and private regions may still have.
pub(super) const MAX_BYTES: usize = 256 * 1024;

/// A message as text.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) body: String,
    /// The message group, for the fairness between groups.
    pub(super) group: Option<String>,
    pub(super) delay: QueueDelay,
    pub(super) attributes: BTreeMap<String, Attribute>,
}

impl Entry {
    /// The size as SQS counts it: the text, and the names, types and values of attributes.
    fn bytes(&self) -> usize {
        let attribute = |(name, Attribute { data_type, value }): (&String, &Attribute)| {
            let value = match value {
                AttributeValue::Text(text) => text.len(),
                AttributeValue::Binary(bytes) => bytes.len(),
            };
            name.len() + data_type.len() + value
        };
        self.body.len() + self.attributes.iter().map(attribute).sum::<usize>()
    }
}

pub(super) type Chunk = Vec<Entry>;

/// Keeps the order. A message over the limit gets a separate batch, so that only this message is
/// refused.
pub(super) fn split(entries: Vec<Entry>) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.bytes();
        match chunks.last_mut() {
            Some(open) if open.len() < MOST_MESSAGES && bytes + size <= MAX_BYTES => {
                open.push(entry);
                bytes += size;
            }
            _ => {
                chunks.push(vec![entry]);
                bytes = size;
            }
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_domain::{
        ids::{UserId, WebhookId},
        message::{Outgoing, QueueMessage},
        release::ReleaseParked,
        time::Timestamp,
    };
    use uuid::Uuid;

    fn entry(outgoing: &Outgoing) -> Entry {
        Entry {
            body: outgoing.message.to_json(),
            group: Some(outgoing.group.clone()),
            delay: outgoing.delay,
            attributes: BTreeMap::new(),
        }
    }

    fn message(number: usize) -> Entry {
        let user = UserId::parse("u").expect("valid");
        let release = ReleaseParked::now(user, WebhookId::from_uuid(Uuid::from_u128(1)));
        entry(&Outgoing {
            message: QueueMessage::ReleaseParked(release),
            group: number.to_string(),
            delay: QueueDelay::NONE,
        })
    }

    #[test]
    fn batches_have_at_most_ten_messages_in_their_order() {
        let chunks = split((0..23).map(message).collect());
        assert_eq!(chunks.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 3]);
        let groups: Vec<_> = chunks.into_iter().flatten().map(|entry| entry.group).collect();
        assert_eq!(groups, (0..23).map(|n| Some(n.to_string())).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_to_send_makes_no_batch() {
        assert!(split(vec![]).is_empty());
    }

    #[test]
    fn attributes_count_as_part_of_a_message() {
        let long = |bytes: usize| {
            let value = AttributeValue::Binary(vec![0; bytes]);
            let attribute = Attribute { data_type: "Binary".into(), value };
            Entry { attributes: BTreeMap::from([("raw".into(), attribute)]), ..message(1) }
        };
        let half = MAX_BYTES / 2;
        assert_eq!(split(vec![long(half), long(half)]).len(), 2);
        assert_eq!(split(vec![long(half), long(half / 2)]).len(), 1);
    }

    #[test]
    fn a_full_batch_of_the_largest_attempts_is_within_the_limit() {
        use grapnel_domain::{
            delivery::{AttemptNumber, Target},
            event::EventContent,
            ids::{DeliveryId, EventId},
            message::{INLINE_DATA_BYTES, MakeAttempt},
        };
        let user_id = UserId::parse("u".repeat(128)).expect("valid");
        let target = Target {
            delivery_id: DeliveryId::from_uuid(Uuid::from_u128(1)),
            webhook_id: WebhookId::from_uuid(Uuid::from_u128(2)),
            user_id,
            event_id: EventId::from_uuid(Uuid::from_u128(3)),
        };
        let data = format!("\"{}\"", "x".repeat(INLINE_DATA_BYTES - 2));
        let event = EventContent {
            event_type: "t".repeat(256),
            source: "s".repeat(256),
            time: Timestamp::from_millis(0),
            data,
        };
        let attempt = MakeAttempt {
            event: Some(event),
            ..MakeAttempt::scheduled(target, AttemptNumber::FIRST)
        };
        let outgoing = Outgoing {
            message: QueueMessage::MakeAttempt(attempt),
            group: "g".into(),
            delay: QueueDelay::NONE,
        };
        let chunks = split((0..MOST_MESSAGES).map(|_| entry(&outgoing)).collect());
        assert_eq!(chunks.len(), 1);
        let bytes: usize = chunks[0].iter().map(|entry| entry.body.len()).sum();
        assert!(bytes < 64 * 1024, "{bytes} bytes are more than one billed request");
    }
}
