//! Events: publishing them, and their deliveries.

#[cfg(feature = "read")]
use crate::limits::*;
use crate::{
    delivery::{DeliveryStatus, WaitingFor},
    problem::FieldFault,
    time::Timestamp,
};
use serde_json::value::RawValue;

/// The source of events that Grapnel makes itself, such as tests.
pub const OWN_SOURCE: &str = "grapnel";

/// The source of events that name none.
pub const DEFAULT_SOURCE: &str = "api";

/// Declares the request for an event.
macro_rules! event {
    ($name:ident: $about:literal { $($first:tt)* } $(example $example:expr;)?) => {
        request! {
            #[derive(Debug, Default, serde::Deserialize)]
            $name: $about {
                $($first)*
                required r#type: String = type_name(EVENT_NAME_BYTES), "Event type.";
                optional id: String = name(EVENT_NAME_BYTES), "Id that the source gives the event. The same source and id are the same event.";
                optional source: String = default(source(EVENT_NAME_BYTES), DEFAULT_SOURCE), "Source of the event.";
                optional time: Timestamp = time(), "When the event happened. Default: now.";
                required data: Box<RawValue> = event_data(), "Data of the event, at most 256 KiB. It is kept and sent byte for byte.";
            }
            $(example $example;)?
        }
    };
}

event! {
    NewEvent: "An event to publish." { for_user; }
    example serde_json::json!({ "type": "lead.created", "data": { "email": "hello@example.com" }, "id": "lead-81" });
}

event! { EventOfBatch: "One of several events." {} }

request! {
    EventBatch: "Up to 100 events of one user. All are accepted, or none." {
        for_user;
        required events: Vec<EventOfBatch> = events(1..=EVENTS), "The events.";
    }
}

impl NewEvent {
    /// With what it needs.
    #[must_use]
    pub fn new(r#type: impl Into<String>, data: Box<RawValue>) -> Self {
        Self { user_id: None, r#type: r#type.into(), data, id: None, source: None, time: None }
    }
}

impl EventOfBatch {
    /// Whether both have an id, and it is the same of the same source.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.id.is_some() && self.id == other.id && self.source() == other.source()
    }

    /// Its source.
    #[must_use]
    pub fn source(&self) -> &str {
        self.source.as_deref().unwrap_or(DEFAULT_SOURCE)
    }
}

impl From<NewEvent> for EventOfBatch {
    fn from(one: NewEvent) -> Self {
        let NewEvent { user_id: _, r#type, data, id, source, time } = one;
        Self { r#type, data, id, source, time }
    }
}

/// One event or several.
#[cfg(feature = "openapi")]
pub enum Publication {}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for Publication {
    fn schema() -> crate::shape::Shape {
        use crate::shape::{exactly_one, example_of, is, with_example};
        let either = exactly_one([is("NewEvent"), is("EventBatch")]);
        with_example(either, example_of(&NewEvent::schema()))
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for Publication {
    fn name() -> std::borrow::Cow<'static, str> {
        "Publication".into()
    }
}

answer! {
    #[derive(Debug)]
    Published: "The events, in the order of the request." {
        required items: Vec<PublishedEvent> = list(is("PublishedEvent"), 1..=EVENTS), "The events.";
    }
    example serde_json::json!({ "items": [{ "id": "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab", "type": "lead.created" }] });
}

answer! {
    #[derive(Debug)]
    PublishedEvent: "An accepted event." {
        required id: String = is("EventId"), "Id.";
        required r#type: String = text(), "Event type.";
        several warnings: FieldFault = is("FieldFault"), "What does not fit the event type's schema, if the deployment only warns about it.";
    }
}

/// Declares an answer about an event.
macro_rules! stored {
    ($name:ident: $about:literal { $($last:tt)* } example $example:expr;) => {
        answer! {
            #[derive(Debug)]
            $name: $about {
                required id: String = is("EventId"), "Id.";
                required r#type: String = text(), "Event type.";
                required source: String = text(), "Source of the event. `grapnel` for a test.";
                required time: Timestamp = is("Instant"), "When the event happened, according to its source.";
                required stored_at: Timestamp = is("Instant"), "When the event arrived.";
                $($last)*
            }
            example $example;
        }
    };
}

stored! {
    Event: "An event with its deliveries." {
        required data: Option<Box<RawValue>> = or_null(free()), "Data of the event, unchanged. `null` after it was erased.";
        optional payload_erased_at: Timestamp = is("Instant"), "When the data was erased.";
        required deliveries: Vec<DeliveryOfEvent> = list_of_any_length(is("DeliveryOfEvent")), "Deliveries of the event, including tests.";
    }
    example serde_json::json!({
        "id": "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab",
        "type": "lead.created",
        "source": "api",
        "time": "2026-11-24T06:23:59.400Z",
        "storedAt": "2026-11-24T06:23:59.500Z",
        "data": { "email": "hello@example.com" },
        "deliveries": [{
            "id": "dlv_01938d2e-7b1c-8c3a-9f00-1234567890ab",
            "webhookId": "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab",
            "status": "success",
            "attemptCount": 1,
            "lastAttempt": { "statusCode": 200, "duration": 84, "attemptedAt": "2026-11-24T06:24:00.000Z" },
            "createdAt": "2026-11-24T06:23:59.500Z",
        }],
    });
}

stored! {
    ListedEvent: "An event, without its data and deliveries." {
        optional payload_erased_at: Timestamp = is("Instant"), "When the data was erased.";
    }
    example serde_json::json!({
        "id": "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab",
        "type": "lead.created",
        "source": "api",
        "time": "2026-11-24T06:23:59.400Z",
        "storedAt": "2026-11-24T06:23:59.500Z",
    });
}

answer! {
    #[derive(Debug)]
    DeliveryOfEvent: "A delivery, without the event's data and without response bodies." {
        required id: String = is("DeliveryId"), "Id.";
        required webhook_id: String = is("WebhookId"), "The webhook.";
        required status: DeliveryStatus = is("DeliveryStatus"), "Status.";
        optional waiting_for: WaitingFor = is("WaitingFor"), "Why the next attempt is not made yet. Absent if nothing delays it.";
        optional until: Timestamp = is("Instant"), "Earliest time at which that wait ends.";
        flag test, "Whether this is a test. A test has one attempt and is never retried.";
        required attempt_count: u32 = at_least(0), "Number of recorded attempts.";
        optional last_attempt: LastAttempt = is("LastAttempt"), "The last attempt.";
        optional next_attempt_at: Timestamp = is("Instant"), "When the next attempt is due, while `retrying`.";
        optional reason: String = text(), "Why the delivery ended as `failed`.";
        required created_at: Timestamp = is("Instant"), "When it was created.";
    }
}

answer! {
    #[derive(Debug)]
    LastAttempt: "The last attempt, without its response body." {
        optional status_code: u16 = whole(100..=999), "Status code of the response, if there was one.";
        optional error: String = text(), "Why the attempt failed. Absent on success.";
        required duration: u64 = at_least(0), "Duration of the attempt in milliseconds.";
        required attempted_at: Timestamp = is("Instant"), "When the request was started.";
    }
}

/// A page of a list.
pub type EventPage = crate::page::Page<ListedEvent>;
