//! One dead letter, and what its text says of it.

use super::source::Source;
use grapnel_domain::{event::inbound::InboundEvent, time::Timestamp};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The ids that a delivery message may have, as it calls them and as the API does.
const DELIVERY_IDS: [(&str, &str); 6] = [
    ("deliveryId", "deliveryId"),
    ("eventId", "eventId"),
    ("replayId", "replayId"),
    ("replay", "replayId"),
    ("userId", "userId"),
    ("webhookId", "webhookId"),
];

/// The ids that tell a message from others, the most telling first.
const TELLING: [&str; 4] = ["deliveryId", "eventId", "replayId", "webhookId"];

/// A dead letter, as `--json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Letter {
    /// SQS's id.
    pub(crate) message_id: String,
    pub(crate) queue: Source,
    /// When it was first sent to a queue.
    pub(crate) sent_at: Option<Timestamp>,
    /// Why its function put it aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(flatten)]
    pub(crate) subject: Subject,
    pub(crate) body: String,
    /// What SQS deletes it by.
    #[serde(skip)]
    pub(crate) receipt: String,
    #[serde(skip)]
    pub(crate) group: Option<String>,
}

/// What a message is about, as far as it can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Subject {
    /// The kind of a delivery message, or the type of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(flatten)]
    pub(crate) ids: BTreeMap<&'static str, String>,
}

impl Subject {
    /// Reads a message of a queue.
    pub(crate) fn read(queue: Source, body: &str) -> Self {
        match queue {
            Source::Delivery => Self::of_delivery(body),
            Source::Events | Source::Rule => Self::of_event(body),
        }
    }

    fn of_delivery(body: &str) -> Self {
        let message: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name: &str| message[name].as_str().map(str::to_owned);
        let ids = DELIVERY_IDS.into_iter().filter_map(|(field, id)| Some((id, text(field)?)));
        Self { kind: text("kind"), ids: ids.collect() }
    }

    /// An event that cannot be read as one still names its type and its source's id.
    fn of_event(body: &str) -> Self {
        // The time is not looked at.
        if let Ok(event) = InboundEvent::parse(body, Timestamp::from_millis(0)) {
            let ids = [("eventId", event.id.to_string()), ("userId", event.user_id.to_string())];
            return Self { kind: Some(event.content.event_type), ids: ids.into() };
        }
        let event: Value = serde_json::from_str(body).unwrap_or_default();
        let text = |name: &str| event[name].as_str().map(str::to_owned);
        // The same order as in docs/events.md: EventBridge's id stands in for the source's own.
        let own = match &event["detail"]["id"] {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        };
        let ids = [("source", text("source")), ("sourceId", own.or_else(|| text("id")))];
        let ids = ids.into_iter().filter_map(|(name, id)| Some((name, id?)));
        Self { kind: text("detail-type"), ids: ids.collect() }
    }

    /// The id that tells it from others.
    pub(crate) fn id(&self) -> Option<&str> {
        let telling = TELLING.iter().chain(&["sourceId"]).find_map(|name| self.ids.get(name));
        telling.map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    const ATTEMPT: &str = r#"{"kind":"attempt","deliveryId":"dlv_1","webhookId":"wh_1","userId":"u","eventId":"evt_1","attempt":3,"replay":"rpl_1"}"#;
    const RELEASE: &str = r#"{"kind":"release","webhookId":"wh_1","userId":"u","minute":7}"#;
    const EVENT: &str =
        r#"{"id":"7","source":"shop","detail-type":"lead.created","detail":{"userId":"u"}}"#;
    const NO_USER: &str = r#"{"id":"7","source":"shop","detail-type":"lead.created","detail":{}}"#;
    const OWN_ID: &str =
        r#"{"id":"7","source":"shop","detail-type":"lead.created","detail":{"id":"task-17"}}"#;
    const NUMBER: &str =
        r#"{"id":"7","source":"shop","detail-type":"lead.created","detail":{"id":17}}"#;

    #[rstest]
    #[case::an_attempt(Source::Delivery, ATTEMPT, Some("attempt"), Some("dlv_1"))]
    #[case::a_release(Source::Delivery, RELEASE, Some("release"), Some("wh_1"))]
    #[case::an_event_without_a_user(Source::Events, NO_USER, Some("lead.created"), Some("7"))]
    #[case::its_sources_own_id(Source::Rule, OWN_ID, Some("lead.created"), Some("task-17"))]
    #[case::an_id_that_is_a_number(Source::Events, NUMBER, Some("lead.created"), Some("17"))]
    #[case::not_json(Source::Delivery, "{", None, None)]
    #[case::an_event_that_is_no_json(Source::Rule, "{", None, None)]
    #[case::no_object(Source::Events, "[1]", None, None)]
    fn a_message_says_what_it_is_about(
        #[case] queue: Source,
        #[case] body: &str,
        #[case] kind: Option<&str>,
        #[case] id: Option<&str>,
    ) {
        let subject = Subject::read(queue, body);
        assert_eq!((subject.kind.as_deref(), subject.id()), (kind, id));
    }

    #[test]
    fn an_event_is_named_by_the_id_that_the_api_knows() {
        let subject = Subject::read(Source::Rule, EVENT);
        assert!(subject.id().is_some_and(|id| id.starts_with("evt_")), "{subject:?}");
        assert_eq!(subject.ids["userId"], "u");
    }

    #[test]
    fn json_has_every_id_and_nothing_that_only_sqs_needs() {
        let letter = Letter {
            message_id: "m-1".to_owned(),
            queue: Source::Delivery,
            sent_at: Some("2026-11-24T06:00:00Z".parse().expect("a time")),
            reason: Some("not a delivery message".to_owned()),
            subject: Subject::read(Source::Delivery, ATTEMPT),
            body: ATTEMPT.to_owned(),
            receipt: "r".to_owned(),
            group: Some("g".to_owned()),
        };
        let expected = json!({
            "messageId": "m-1", "queue": "delivery", "sentAt": "2026-11-24T06:00:00.000Z",
            "reason": "not a delivery message", "kind": "attempt", "deliveryId": "dlv_1",
            "webhookId": "wh_1", "userId": "u", "eventId": "evt_1", "replayId": "rpl_1",
            "body": ATTEMPT,
        });
        assert_eq!(serde_json::to_value(&letter).expect("JSON"), expected);
    }
}
