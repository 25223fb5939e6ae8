//! Events: publishing them, and what became of them.

use super::{for_user, formatted, page, schemas};
use crate::contract::shape::{
    CONTROLS, Fields, Shape, at_least, exactly_one, except, free, is, list, list_of_any_length,
    object, only_true, or_null, text, text_of, time, whole, with_example,
};
use serde_json::{Value, json};
use utoipa::openapi::Object;

/// A name of any kind: bytes are bounded, so there may be fewer characters.
fn name() -> Object {
    let mut name = text_of(1..=256);
    name.pattern = Some(format!("^[^{CONTROLS}]+$"));
    name
}

fn event(fields: Fields) -> Fields {
    fields
        .required("type", formatted(name(), "event-type"), "Event type.")
        .required(
            "data",
            free(),
            "Data of the event, at most 256 KiB. It is kept and sent byte for byte.",
        )
        .optional(
            "id",
            name(),
            "Id that the source gives the event. The same source and id are the same event.",
        )
        .optional("source", except(name(), &["grapnel"]), "Source of the event. Default: `api`.")
        .optional("time", time(), "When the event happened. Default: now.")
}

fn one() -> Value {
    json!({ "type": "lead.created", "data": { "email": "hello@example.com" }, "id": "lead-81" })
}

fn publication() -> Shape {
    with_example(exactly_one([is("NewEvent"), is("EventBatch")]), one())
}

fn listed_example() -> Value {
    json!({
        "id": "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab",
        "type": "lead.created",
        "source": "api",
        "time": "2026-11-24T06:23:59.400Z",
        "storedAt": "2026-11-24T06:23:59.500Z",
    })
}

schemas! {
    /// One event or several.
    Publication = publication();
    /// One event.
    NewEvent = for_user(event(object("An event to publish."))).example(one());
    /// Several.
    EventBatch = for_user(object("Up to 100 events of one user. All are accepted, or none."))
        .required("events", list(is("EventOfBatch"), 1..=100), "The events.")
        .done();
    /// One of several.
    EventOfBatch = event(object("One of several events.")).done();
    /// What was published.
    Published = object("The events, in the order of the request.")
        .required("items", list(is("PublishedEvent"), 1..=100), "The events.")
        .example(json!({ "items": [{ "id": "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab", "type": "lead.created" }] }));
    /// An event that was published.
    PublishedEvent = object("An accepted event.")
        .required("id", is("EventId"), "Id.")
        .required("type", text(), "Event type.")
        .maybe("warnings", list_of_any_length(is("FieldFault")), "What does not fit the event type's schema, if the deployment only warns about it.")
        .done();
    /// An event.
    Event = object("An event with its deliveries.")
        .required("id", is("EventId"), "Id.")
        .required("type", text(), "Event type.")
        .required("source", text(), "Source of the event. `grapnel` for a test.")
        .required("time", is("Instant"), "When the event happened, according to its source.")
        .required("storedAt", is("Instant"), "When the event arrived.")
        .required("data", or_null(free()), "Data of the event, unchanged. `null` after it was erased.")
        .maybe("payloadErasedAt", is("Instant"), "When the data was erased.")
        .required("deliveries", list_of_any_length(is("DeliveryOfEvent")), "Deliveries of the event, including tests.")
        .example(json!({
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
        }));
    /// An event in a list.
    ListedEvent = object("An event, without its data and deliveries.")
        .required("id", is("EventId"), "Id.")
        .required("type", text(), "Event type.")
        .required("source", text(), "Source of the event. `grapnel` for a test.")
        .required("time", is("Instant"), "When the event happened, according to its source.")
        .required("storedAt", is("Instant"), "When the event arrived.")
        .maybe("payloadErasedAt", is("Instant"), "When the data was erased.")
        .example(listed_example());
    /// A page of events.
    EventPage = page("ListedEvent", listed_example());
    /// A delivery of it.
    DeliveryOfEvent = object("A delivery, without the event's data and without response bodies.")
        .required("id", is("DeliveryId"), "Id.")
        .required("webhookId", is("WebhookId"), "The webhook.")
        .required("status", is("DeliveryStatus"), "Status.")
        .maybe("waitingFor", is("WaitingFor"), "Why the next attempt is not made yet. Absent if nothing delays it.")
        .maybe("until", is("Instant"), "Earliest time at which that wait ends.")
        .maybe("test", only_true(), "Whether this is a test. A test has one attempt and is never retried.")
        .required("attemptCount", at_least(0), "Number of recorded attempts.")
        .maybe("lastAttempt", is("LastAttempt"), "The last attempt.")
        .maybe("nextAttemptAt", is("Instant"), "When the next attempt is due, while `retrying`.")
        .maybe("reason", text(), "Why the delivery ended as `failed`.")
        .required("createdAt", is("Instant"), "When it was created.")
        .done();
    /// Its last attempt.
    LastAttempt = object("The last attempt, without its response body.")
        .maybe("statusCode", whole(100..=999), "Status code of the response, if there was one.")
        .maybe("error", text(), "Why the attempt failed. Absent on success.")
        .required("duration", at_least(0), "Duration of the attempt in milliseconds.")
        .required("attemptedAt", is("Instant"), "When the request was started.")
        .done();
}
