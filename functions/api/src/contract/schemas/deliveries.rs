//! Deliveries and their attempts.

use super::{for_user, page, schemas};
use crate::contract::shape::{
    at_least, free, is, list_of_any_length, object, one_of, only_true, or_null, text, whole,
};
use grapnel_domain::{delivery::WaitingFor as Waits, filter::Undecided};
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
    Delivery = object("The delivery of one event to one webhook, with every attempt.")
        .required("id", is("DeliveryId"), "Id.")
        .required("webhookId", is("WebhookId"), "The webhook.")
        .required("event", text(), "Type of the event.")
        .required("eventId", is("EventId"), "The event.")
        .required("payload", or_null(free()), "Data of the event, unchanged. `null` after the event has expired or its data was erased.")
        .maybe("payloadErasedAt", is("Instant"), "When the event's data was erased.")
        .required("status", is("DeliveryStatus"), "Status.")
        .maybe("waitingFor", is("WaitingFor"), "Why the next attempt is not made yet: the delay before a retry, the endpoint's open circuit breaker, or the webhook's rate limit. Absent if nothing delays it.")
        .maybe("until", is("Instant"), "Earliest time at which that wait ends.")
        .maybe("test", only_true(), "Whether this is a test. A test has one attempt and is never retried.")
        .maybe(
            "undecidedFilter",
            one_of(&Undecided::ALL.map(Undecided::as_str)),
            "Why the webhook's filter could not decide about the event, which was delivered anyway.",
        )
        .required("attempts", list_of_any_length(is("Attempt")), "Every attempt, oldest first.")
        .maybe("responsesErasedAt", is("Instant"), "When the response bodies were erased.")
        .maybe("nextAttemptAt", is("Instant"), "When the next attempt is due, while `retrying`.")
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
            "Why the delivery ended as `failed`.",
        )
        .required("createdAt", is("Instant"), "When it was created.")
        .example(example());
    /// One request.
    Attempt = object("One request and its result.")
        .required("attemptNumber", at_least(1), "Number of the attempt, starting at 1.")
        .maybe("statusCode", whole(100..=999), "Status code of the response, if there was one.")
        .maybe("response", text(), "First part of the response body.")
        .maybe("responseRemark", text(), "Why the body may be hard to read: it is compressed, or not UTF-8.")
        .maybe("location", text(), "Target of a redirect. Redirects are not followed.")
        .maybe("error", text(), "Why the attempt failed. Absent on success.")
        .required("duration", at_least(0), "Duration of the attempt in milliseconds.")
        .required("attemptedAt", is("Instant"), "When the request was started.")
        .maybe("manual", only_true(), "Whether the attempt is a manual retry, outside the schedule.")
        .done();
    /// A page of deliveries.
    DeliveryPage = page("Delivery", example());
    /// For whom a delivery is retried or cancelled.
    ForUser = for_user(object("The user to act for, with the admin key. The body can be omitted."))
        .example(json!({}));
}
