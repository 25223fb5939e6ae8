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
        .required("type", formatted(name(), "event-type"), "Its type.")
        .required("data", free(), "Its data, at most 256 KiB; kept byte for byte.")
        .optional(
            "id",
            name(),
            "What its source calls it: the same source and id are the same event.",
        )
        .optional("source", except(name(), &["grapnel"]), "Who publishes it; `api` if left out.")
        .optional("time", time(), "When it happened; now if left out.")
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
    NewEvent = for_user(event(object("One event."))).example(one());
    /// Several.
    EventBatch = for_user(object("Up to a hundred events of one user, all or none of which are taken."))
        .required("events", list(is("EventOfBatch"), 1..=100), "The events.")
        .done();
    /// One of several.
    EventOfBatch = event(object("One of several events.")).done();
    /// What was published.
    Published = object("The events, in the order of the request.")
        .required("items", list(is("PublishedEvent"), 1..=100), "The events.")
        .example(json!({ "items": [{ "id": "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab", "type": "lead.created" }] }));
    /// An event that was published.
    PublishedEvent = object("An event on its way to the webhooks that want it.")
        .required("id", is("EventId"), "Its id.")
        .required("type", text(), "Its type.")
        .maybe("warnings", list_of_any_length(is("FieldFault")), "What is wrong with it by the catalogue, if the deployment is told to say so and publish all the same.")
        .done();
    /// An event.
    Event = object("An event, and what became of it.")
        .required("id", is("EventId"), "Its id.")
        .required("type", text(), "Its type.")
        .required("source", text(), "Who published it; `grapnel` if it is a test.")
        .required("time", is("Instant"), "When it happened, as its source says.")
        .required("storedAt", is("Instant"), "When it arrived.")
        .required("data", or_null(free()), "Its data as they came; `null` once they were erased.")
        .maybe("payloadErasedAt", is("Instant"), "When its data was erased.")
        .required("deliveries", list_of_any_length(is("DeliveryOfEvent")), "Its deliveries, tests among them.")
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
    ListedEvent = object("An event, without its data and without its deliveries.")
        .required("id", is("EventId"), "Its id.")
        .required("type", text(), "Its type.")
        .required("source", text(), "Who published it; `grapnel` if it is a test.")
        .required("time", is("Instant"), "When it happened, as its source says.")
        .required("storedAt", is("Instant"), "When it arrived.")
        .maybe("payloadErasedAt", is("Instant"), "When its data was erased.")
        .example(listed_example());
    /// A page of events.
    EventPage = page("ListedEvent", listed_example());
    /// A delivery of it.
    DeliveryOfEvent = object("A delivery, without the event's data and without what was answered.")
        .required("id", is("DeliveryId"), "Its id.")
        .required("webhookId", is("WebhookId"), "The webhook that it is for.")
        .required("status", is("DeliveryStatus"), "Where it stands.")
        .maybe("waitingFor", is("WaitingFor"), "What keeps its next attempt back, if something does.")
        .maybe("until", is("Instant"), "When that wait ends at the earliest.")
        .maybe("test", only_true(), "It is a test: one attempt, never repeated.")
        .required("attemptCount", at_least(0), "How many attempts are on record.")
        .maybe("lastAttempt", is("LastAttempt"), "The last of them.")
        .maybe("nextAttemptAt", is("Instant"), "When it is tried again, while `retrying`.")
        .maybe("reason", text(), "Why it ended as `failed`.")
        .required("createdAt", is("Instant"), "When it was created.")
        .done();
    /// Its last attempt.
    LastAttempt = object("The last request and what came of it.")
        .maybe("statusCode", whole(100..=999), "What the receiver answered, if it did.")
        .maybe("error", text(), "Why the attempt failed; absent on success.")
        .required("duration", at_least(0), "Milliseconds from start to outcome.")
        .required("attemptedAt", is("Instant"), "When the request was begun.")
        .done();
}
