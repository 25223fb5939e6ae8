//! Why a delivery stands where it stands, and why a webhook did not get an event.

use crate::{delivery::WaitingFor, time::Timestamp};

#[cfg(feature = "openapi")]
use crate::delivery::REASONS;

open_enum! {
    /// The explanation in one word.
    ExplanationVerdict {
        /// The receiver accepted the delivery.
        Delivered = "delivered",
        /// The delivery ended as `failed`.
        Ended = "ended",
        /// The next attempt waits.
        Waiting = "waiting",
        /// The next attempt is due, or its request is under way.
        Due = "due",
        /// The delivery ends without a further attempt.
        Ending = "ending",
        /// The event matched, and its delivery is not on record yet.
        DeliveryPending = "delivery_pending",
        /// The event matched, and its delivery is not on record any more.
        DeliveryExpired = "delivery_expired",
        /// The webhook was created too late for the event.
        WebhookCreatedLater = "webhook_created_later",
        /// The webhook was disabled.
        WebhookDisabled = "webhook_disabled",
        /// The webhook does not get events of this type.
        TypeNotSubscribed = "type_not_subscribed",
        /// The webhook's filter does not match.
        FilterFailed = "filter_failed",
        /// The event is a test of another webhook.
        TestOfAnotherWebhook = "test_of_another_webhook",
        /// The webhook has changed since: no verdict about the past.
        WebhookChanged = "webhook_changed",
        /// The event's data was erased, so that the filter cannot be checked again.
        DataErased = "data_erased",
        /// The event's webhooks are not decided yet.
        FanOutPending = "fan_out_pending",
        /// The record does not say.
        Unknown = "unknown",
    }
}

answer! {
    #[derive(Debug)]
    Explanation: "Why a delivery stands where it stands, or why a webhook did not get an event." {
        required verdict: ExplanationVerdict = one_of(ExplanationVerdict::WORDS), "The explanation in one word. The last four words are no verdict: the record cannot tell.";
        required summary: String = text(), "The same in one or two sentences.";
        optional matched: bool = flag(), "Whether the webhook was to get the event. Absent if that is not decided yet.";
        optional delivery_id: String = is("DeliveryId"), "The delivery, if it is on record.";
        optional attempt: u32 = at_least(1), "Number of the attempt that was accepted, or of the next one.";
        optional final_attempt: u32 = at_least(1), "Number of the attempt at which the retry schedule ends, if another attempt is planned. A replay starts the schedule again behind the attempts so far.";
        optional waiting_for: WaitingFor = is("WaitingFor"), "What the next attempt waits for.";
        optional next_attempt_at: Timestamp = is("Instant"), "Earliest time of the next attempt, if it waits.";
        optional reason: String = one_of(REASONS), "Why the delivery ended, or will end.";
        several failed_conditions: String = text(), "Conditions of the webhook's filter that the event's data does not satisfy, as JSON pointers. Shown with the scope `webhooks:read`. With `webhook_changed`, the conditions are those of the present filter.";
        optional changed_at: Timestamp = is("Instant"), "When the webhook changed last, if that may be the reason.";
        optional matches_now: bool = flag(), "With `webhook_changed`: whether the webhook as it is now would get the event.";
    }
    example serde_json::json!({
        "verdict": "filter_failed",
        "summary": "It did not match: the data does not satisfy one condition of the webhook's filter.",
        "matched": false,
        "failedConditions": ["/score"],
    });
}
