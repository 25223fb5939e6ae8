//! Deliveries and their attempts.

use crate::time::Timestamp;
use serde_json::value::RawValue;

open_enum! {
    /// Where a delivery stands.
    DeliveryStatus {
        /// No attempt on record yet.
        Pending = "pending",
        /// At least one attempt failed, another will come.
        Retrying = "retrying",
        /// The receiver took it.
        Success = "success",
        /// Given up.
        Failed = "failed",
    }
}

open_enum! {
    /// What delays the next attempt of a delivery.
    WaitingFor {
        /// The delay before its next attempt.
        Retry = "retry",
        /// The open circuit breaker of its endpoint.
        Circuit = "circuit",
        /// The rate limit of its webhook.
        RateLimit = "rateLimit",
    }
}

open_enum! {
    /// Why a filter could not decide about an event, which is delivered then.
    UndecidedFilter {
        /// The filter took too many steps.
        OutOfSteps = "out_of_steps",
        /// The filter or the event's data could not be read.
        Unreadable = "unreadable",
    }
}

/// Why a delivery ends as `failed`.
pub const REASONS: &[&str] = &[
    "attempts_exhausted",
    "webhook_disabled",
    "webhook_deleted",
    "event_expired",
    "aborted",
    "transform_failed",
    "cancelled",
    "payload_erased",
];

answer! {
    #[derive(Debug)]
    Delivery: "The delivery of one event to one webhook, with every attempt." {
        required id: String = is("DeliveryId"), "Id.";
        required webhook_id: String = is("WebhookId"), "The webhook.";
        required event: String = text(), "Type of the event.";
        required event_id: String = is("EventId"), "The event.";
        required payload: Option<Box<RawValue>> = or_null(free()), "Data of the event, unchanged. `null` after the event has expired or its data was erased.";
        optional payload_erased_at: Timestamp = is("Instant"), "When the event's data was erased.";
        required status: DeliveryStatus = is("DeliveryStatus"), "Status.";
        optional waiting_for: WaitingFor = is("WaitingFor"), "Why the next attempt is not made yet: the delay before a retry, the endpoint's open circuit breaker, or the webhook's rate limit. Absent if nothing delays it.";
        optional until: Timestamp = is("Instant"), "Earliest time at which that wait ends.";
        optional next_attempt_at: Timestamp = is("Instant"), "When the next attempt is due, while `retrying`.";
        optional final_attempt: u32 = at_least(1), "Number of the attempt at which the retry schedule ends, while another attempt is planned. A replay starts the schedule again behind the attempts so far.";
        flag test, "Whether this is a test. A test has one attempt and is never retried.";
        optional undecided_filter: UndecidedFilter = one_of(UndecidedFilter::WORDS), "Why the webhook's filter could not decide about the event, which was delivered anyway.";
        required attempts: Vec<Attempt> = list_of_any_length(is("Attempt")), "Every attempt, oldest first.";
        optional responses_erased_at: Timestamp = is("Instant"), "When the response bodies were erased.";
        optional reason: String = one_of(REASONS), "Why the delivery ended as `failed`.";
        required created_at: Timestamp = is("Instant"), "When it was created.";
    }
    example serde_json::json!({
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
    });
}

answer! {
    #[derive(Debug)]
    Attempt: "One request and its result." {
        required attempt_number: u32 = at_least(1), "Number of the attempt, starting at 1.";
        optional status_code: u16 = whole(100..=999), "Status code of the response, if there was one.";
        optional response: String = text(), "First part of the response body.";
        optional response_remark: String = text(), "Why the body may be hard to read: it is compressed, or not UTF-8.";
        optional location: String = text(), "Target of a redirect. Redirects are not followed.";
        optional error: String = text(), "Why the attempt failed. Absent on success.";
        required duration: u64 = at_least(0), "Duration of the attempt in milliseconds.";
        required attempted_at: Timestamp = is("Instant"), "When the request was started.";
        flag manual, "Whether the attempt is a manual retry, outside the schedule.";
    }
}

request! {
    #[derive(Debug, Default)]
    ForUser: "The user to act for, with the admin key. The body can be omitted." { for_user; }
    example serde_json::json!({});
}

impl Delivery {
    /// Whether nothing more happens by itself.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.status, DeliveryStatus::Success | DeliveryStatus::Failed)
    }

    /// The status codes of its attempts.
    #[must_use]
    pub fn status_codes(&self) -> Vec<Option<u16>> {
        self.attempts.iter().map(|attempt| attempt.status_code).collect()
    }

    /// The numbers of its attempts.
    #[must_use]
    pub fn attempt_numbers(&self) -> Vec<u32> {
        self.attempts.iter().map(|attempt| attempt.attempt_number).collect()
    }

    /// The payload's bytes; empty if the event is gone.
    #[must_use]
    pub fn payload_text(&self) -> &str {
        self.payload.as_deref().map_or("", RawValue::get)
    }
}

/// A page of a list.
pub type DeliveryPage = crate::page::Page<Delivery>;
