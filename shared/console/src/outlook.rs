//! What happens next to a delivery, and when.

use crate::{moment::Moment, text::counted};
use grapnel_wire::{
    delivery::{Delivery, DeliveryStatus, WaitingFor},
    time::Timestamp,
};

/// A sentence with a time in it, if the time is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outlook {
    pub(crate) text: String,
    /// When. It stands behind the text.
    pub(crate) time: Option<Moment>,
}

impl Outlook {
    fn of(text: impl Into<String>) -> Self {
        Self { text: text.into(), time: None }
    }
}

/// What happens next, for a webhook that is not disabled.
pub(crate) fn outlook(delivery: &Delivery) -> Outlook {
    match &delivery.status {
        DeliveryStatus::Success => Outlook::of("Nothing more happens by itself."),
        DeliveryStatus::Failed if delivery.reason.as_deref() == Some("attempts_exhausted") => {
            let made = counted(delivery.attempts.len(), "attempt");
            Outlook::of(format!("Nothing more happens by itself, after {made}."))
        }
        DeliveryStatus::Failed => Outlook::of("Nothing more happens by itself."),
        _ => waiting(delivery),
    }
}

/// What happens next while the webhook is disabled.
pub(crate) fn outlook_of_disabled(delivery: &Delivery) -> Outlook {
    match &delivery.status {
        DeliveryStatus::Success | DeliveryStatus::Failed => outlook(delivery),
        _ => Outlook::of(
            "The webhook is disabled: unless it is enabled before, the delivery ends without a \
             further attempt.",
        ),
    }
}

fn waiting(delivery: &Delivery) -> Outlook {
    let attempt = next_attempt(delivery);
    let time = delivery.until.or(delivery.next_attempt_at).map(Moment);
    let text = match (&delivery.waiting_for, time) {
        (Some(WaitingFor::Circuit), Some(_)) => {
            "Waiting: the circuit breaker of the endpoint is open. The next look is at".to_owned()
        }
        (Some(WaitingFor::Circuit), None) => {
            "Waiting: the circuit breaker of the endpoint is open.".to_owned()
        }
        (Some(WaitingFor::RateLimit), Some(_)) => {
            format!("{attempt} waits for the rate limit of the webhook. Its turn is at")
        }
        (_, Some(_)) => format!("{attempt} is due at"),
        // A short wait for the rate limit is not on record.
        (_, None) => format!("{attempt} comes soon."),
    };
    Outlook { text, time }
}

/// The same in few words, for a list: `None` if nothing more happens by itself.
pub(crate) fn brief(
    status: &DeliveryStatus,
    waiting_for: Option<&WaitingFor>,
    time: Option<Timestamp>,
) -> Option<Outlook> {
    if matches!(status, DeliveryStatus::Success | DeliveryStatus::Failed) {
        return None;
    }
    let text = match (waiting_for, time) {
        (Some(WaitingFor::Circuit), Some(_)) => "Circuit breaker open, next look at",
        (Some(WaitingFor::Circuit), None) => "Circuit breaker open",
        (Some(WaitingFor::RateLimit), Some(_)) => "Rate limit, next attempt at",
        (_, Some(_)) => "Next attempt at",
        (_, None) => "Next attempt soon",
    };
    Some(Outlook { text: text.to_owned(), time: time.map(Moment) })
}

/// `Attempt 3 of 5`, if the API says where the schedule ends.
fn next_attempt(delivery: &Delivery) -> String {
    let number = delivery.attempts.len().saturating_add(1);
    match delivery.final_attempt {
        Some(last) => format!("Attempt {number} of {last}"),
        None => format!("Attempt {number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    const DUE: &str = "2026-11-24T14:05:00.000Z";

    fn delivery(fields: Value) -> Delivery {
        let mut delivery = json!({
            "id": "dlv_1", "webhookId": "wh_1", "event": "lead.created", "eventId": "evt_1",
            "payload": null, "status": "retrying", "attempts": attempts(2), "finalAttempt": 5,
            "createdAt": "2026-11-24T06:24:00.000Z",
        });
        for (name, value) in fields.as_object().expect("an object") {
            delivery[name] = value.clone();
        }
        serde_json::from_value(delivery).expect("a delivery")
    }

    fn attempts(count: u32) -> Vec<Value> {
        let at = "2026-11-24T06:24:00.000Z";
        let one = |n| json!({"attemptNumber": n, "duration": 1, "attemptedAt": at});
        (1..=count).map(one).collect()
    }

    #[rstest]
    #[case(json!({"waitingFor": "retry", "until": DUE, "nextAttemptAt": DUE}), "Attempt 3 of 5 is due at", true)]
    #[case(json!({"nextAttemptAt": DUE}), "Attempt 3 of 5 is due at", true)]
    #[case(json!({"waitingFor": "circuit", "until": DUE}), "Waiting: the circuit breaker of the endpoint is open. The next look is at", true)]
    #[case(json!({"waitingFor": "circuit"}), "Waiting: the circuit breaker of the endpoint is open.", false)]
    #[case(json!({"waitingFor": "rateLimit", "until": DUE}), "Attempt 3 of 5 waits for the rate limit of the webhook. Its turn is at", true)]
    #[case(json!({"status": "pending", "attempts": []}), "Attempt 1 of 5 comes soon.", false)]
    #[case(json!({"attempts": attempts(1), "finalAttempt": 6, "nextAttemptAt": DUE}), "Attempt 2 of 6 is due at", true)]
    #[case(json!({"finalAttempt": null, "nextAttemptAt": DUE}), "Attempt 3 is due at", true)]
    #[case(json!({"status": "success"}), "Nothing more happens by itself.", false)]
    #[case(json!({"status": "failed", "reason": "cancelled"}), "Nothing more happens by itself.", false)]
    #[case(json!({"status": "failed", "reason": "attempts_exhausted"}), "Nothing more happens by itself, after 2 attempts.", false)]
    fn what_comes_next_is_said_with_its_time(
        #[case] fields: Value,
        #[case] text: &str,
        #[case] timed: bool,
    ) {
        let found = outlook(&delivery(fields));
        assert_eq!(found.text, text);
        assert_eq!(found.time, timed.then(|| Moment(DUE.parse().expect("a time"))));
    }

    #[test]
    fn a_disabled_webhook_ends_what_waits_and_changes_nothing_that_ended() {
        let waits = outlook_of_disabled(&delivery(json!({"nextAttemptAt": DUE})));
        assert!(waits.text.starts_with("The webhook is disabled"), "{waits:?}");
        assert_eq!(waits.time, None);
        let ended = outlook_of_disabled(&delivery(json!({"status": "success"})));
        assert_eq!(ended.text, "Nothing more happens by itself.");
    }

    #[rstest]
    #[case(DeliveryStatus::Pending, None, false, Some("Next attempt soon"))]
    #[case(DeliveryStatus::Retrying, Some(WaitingFor::Retry), true, Some("Next attempt at"))]
    #[case(
        DeliveryStatus::Retrying,
        Some(WaitingFor::Circuit),
        true,
        Some("Circuit breaker open, next look at")
    )]
    #[case(DeliveryStatus::Pending, Some(WaitingFor::Circuit), false, Some("Circuit breaker open"))]
    #[case(
        DeliveryStatus::Retrying,
        Some(WaitingFor::RateLimit),
        true,
        Some("Rate limit, next attempt at")
    )]
    #[case(DeliveryStatus::Success, None, true, None)]
    #[case(DeliveryStatus::Failed, None, true, None)]
    fn a_list_says_it_in_few_words(
        #[case] status: DeliveryStatus,
        #[case] waiting_for: Option<WaitingFor>,
        #[case] timed: bool,
        #[case] expected: Option<&str>,
    ) {
        let time = timed.then(|| DUE.parse().expect("a time"));
        let found = brief(&status, waiting_for.as_ref(), time);
        assert_eq!(found.as_ref().map(|found| found.text.as_str()), expected);
    }
}
