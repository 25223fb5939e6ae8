//! Deliveries and their attempts.

use super::{for_user, page, schemas};
use crate::contract::shape::{
    at_least, free, is, list_of_any_length, object, one_of, only_true, or_null, text, whole,
};
use grapnel_domain::delivery::WaitingFor as Waits;
use serde_json::{Value, json};

fn example() -> Value {
    json!({
        "id": "dlv_01938d2e-7b1c-8c3a-9f00-1234567890ab",
        "webhookId": "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "event": "lead.created",
        "eventId": "evt_5f3759df-1c3a-8c3a-9f00-1234567890ab",
        "payload": { "userId": "demo", "id": "lead-81", "email": "hello@example.com" },
        "status": "retrying",
        "waitingFor": "retry",
        "until": "2026-11-24T06:25:00.000Z",
        "attempts": [{
            "attemptNumber": 1,
            "statusCode": 503,
            "response": "try later",
            "error": "The endpoint answered 503.",
            "duration": 84,
            "attemptedAt": "2026-11-24T06:24:00.000Z",
        }],
        "nextAttemptAt": "2026-11-24T06:25:00.000Z",
        "createdAt": "2026-11-24T06:23:59.500Z",
    })
}

schemas! {
    /// Where a delivery stands.
    DeliveryStatus = one_of(&["pending", "retrying", "success", "failed"]);
    /// What keeps the next attempt of a delivery back.
    WaitingFor = one_of(&Waits::ALL.map(Waits::as_str));
    /// An event on its way to a webhook.
    Delivery = object("An event on its way to a webhook, with every attempt.")
        .required("id", is("DeliveryId"), "Its id.")
        .required("webhookId", is("WebhookId"), "The webhook that it is for.")
        .required("event", text(), "The type of the event.")
        .required("eventId", is("EventId"), "The event.")
        .required("payload", or_null(free()), "The event's data as it came; `null` once the event is gone or its data erased.")
        .maybe("payloadErasedAt", is("Instant"), "When the event's data was erased.")
        .required("status", is("DeliveryStatus"), "Where it stands.")
        .maybe("waitingFor", is("WaitingFor"), "What keeps its next attempt back, if something does: the delay before a retry, the open circuit breaker of the endpoint, or the webhook's rate limit.")
        .maybe("until", is("Instant"), "When that wait ends at the earliest.")
        .maybe("test", only_true(), "It is a test: one attempt, never repeated.")
        .required("attempts", list_of_any_length(is("Attempt")), "Every attempt, oldest first.")
        .maybe("responsesErasedAt", is("Instant"), "When what receivers had answered by then was erased.")
        .maybe("nextAttemptAt", is("Instant"), "When it is tried again, while `retrying`.")
        .maybe(
            "reason",
            one_of(&[
                "attempts_exhausted",
                "webhook_disabled",
                "webhook_deleted",
                "event_expired",
                "aborted",
                "transform_failed",
                "cancelled",
                "payload_erased",
            ]),
            "Why it ended as `failed`.",
        )
        .required("createdAt", is("Instant"), "When it was created.")
        .example(example());
    /// One request.
    Attempt = object("One request and what came of it.")
        .required("attemptNumber", at_least(1), "1 for the first.")
        .maybe("statusCode", whole(100..=999), "What the receiver answered, if it did.")
        .maybe("response", text(), "The beginning of its body.")
        .maybe("responseRemark", text(), "What is to be known of the body to read it: it is compressed, or not UTF-8.")
        .maybe("location", text(), "Where a redirect points. It is not followed.")
        .maybe("error", text(), "Why the attempt failed; absent on success.")
        .required("duration", at_least(0), "Milliseconds from start to outcome.")
        .required("attemptedAt", is("Instant"), "When the request was begun.")
        .maybe("manual", only_true(), "Somebody asked for it, outside the schedule.")
        .done();
    /// A page of deliveries.
    DeliveryPage = page("Delivery", example());
    /// For whom a delivery is retried or cancelled.
    ForUser = for_user(object("Nothing but the user, if an admin asks. It may be left out."))
        .example(json!({}));
}
