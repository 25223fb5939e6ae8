//! An explanation as one or two sentences, for people.

use super::{Cause, Doubt, Matched, OfDelivery, OfEvent, Present, Progress};
use crate::{
    delivery::{AttemptNumber, Reason, Waiting, WaitingFor},
    filter::Undecided,
};

/// A delivery's explanation in words.
#[must_use]
pub fn of_delivery(explained: &OfDelivery) -> String {
    let mut text = progress(explained);
    text.push_str(match explained.undecided_filter {
        None => "",
        Some(Undecided::OutOfSteps) => {
            " The webhook's filter took too many steps on this event, so it was delivered anyway."
        }
        Some(Undecided::Unreadable) => {
            " The webhook's filter could not decide about this event, so it was delivered anyway."
        }
    });
    text
}

/// An event's explanation in words. The names of a filter's fields are not in it.
#[must_use]
pub fn of_event(explained: &OfEvent) -> String {
    match explained {
        OfEvent::Matched(Matched::OnRecord(delivery)) => {
            let test = delivery.test;
            let what = if test { "The event is a test of this webhook." } else { "It matched." };
            format!("{what} {}", of_delivery(delivery))
        }
        OfEvent::Matched(Matched::Pending) => {
            "It matched. Its delivery is not on record yet: fan-out has not finished.".to_owned()
        }
        OfEvent::Matched(Matched::Expired) => {
            "It matched. Its delivery is not on record any more: its retention has ended."
                .to_owned()
        }
        OfEvent::NotMatched(cause) => not_matched(cause),
        OfEvent::Unknown(doubt) => unknown(doubt),
    }
}

fn progress(explained: &OfDelivery) -> String {
    let next = AttemptNumber::after(explained.attempts);
    match explained.progress {
        Progress::Delivered { attempt: Some(attempt) } => {
            format!("Delivered at attempt {attempt}.")
        }
        Progress::Delivered { attempt: None } => "Delivered.".to_owned(),
        Progress::Ended(reason) => {
            let why = reason.map_or("the record does not say why", ended);
            format!("Ended {}: {why}.", attempts(explained.attempts))
        }
        Progress::Waits { waiting: Waiting { waiting_for, until }, final_attempt } => {
            let attempt = numbered(next, final_attempt);
            match waiting_for {
                WaitingFor::Retry => format!("{attempt} is due at {until}."),
                WaitingFor::Circuit => format!(
                    "{attempt} waits: the circuit breaker of the endpoint is open until {until}."
                ),
                WaitingFor::RateLimit => format!(
                    "{attempt} waits for the rate limit of the webhook. Its turn is at {until}."
                ),
            }
        }
        Progress::Due { final_attempt, may_wait_for_slot } => {
            let attempt = numbered(next, final_attempt);
            match may_wait_for_slot {
                true => format!(
                    "{attempt} is due: its request is under way, or waits for the rate limit of the \
                     webhook."
                ),
                false => format!("{attempt} is due, or its request is under way."),
            }
        }
        Progress::Ends(Reason::WebhookDisabled) => {
            "The webhook is disabled: unless it is enabled before, the delivery ends without a \
             further attempt."
                .to_owned()
        }
        Progress::Ends(reason) => format!("It ends without a further attempt: {}.", ended(reason)),
    }
}

fn attempts(count: u32) -> String {
    match count {
        0 => "without an attempt".to_owned(),
        1 => "after 1 attempt".to_owned(),
        count => format!("after {count} attempts"),
    }
}

/// `Attempt 3 of 5`.
fn numbered(attempt: AttemptNumber, last: Option<u32>) -> String {
    match last {
        Some(last) => format!("Attempt {attempt} of {last}"),
        None => format!("Attempt {attempt}"),
    }
}

fn ended(reason: Reason) -> &'static str {
    match reason {
        Reason::AttemptsExhausted => "all attempts failed",
        Reason::WebhookDisabled => "the webhook was disabled when an attempt was due",
        Reason::WebhookDeleted => "the webhook was deleted",
        Reason::EventExpired => "the event expires before another attempt would be due",
        Reason::Aborted => "the endpoint asked for no further attempt",
        Reason::TransformFailed => "the webhook's transform made no body from the event",
        Reason::Cancelled => "it was cancelled",
        Reason::PayloadErased => "the event's data was erased",
    }
}

fn not_matched(cause: &Cause) -> String {
    match cause {
        Cause::CreatedLater { at } => {
            format!("It did not match: the webhook was created at {at}, too late for the event.")
        }
        Cause::Disabled => "It did not match: the webhook was disabled.".to_owned(),
        Cause::OtherType => {
            "It did not match: the webhook does not get events of this type.".to_owned()
        }
        Cause::Filter(failed) => format!("It did not match: {}.", filter(failed)),
        Cause::OtherTest => "The event is a test, which went to another webhook only.".to_owned(),
    }
}

fn filter(failed: &[String]) -> String {
    match failed.len() {
        0 => "the data does not satisfy the webhook's filter as a whole".to_owned(),
        1 => "the data does not satisfy one condition of the webhook's filter".to_owned(),
        count => format!("the data does not satisfy {count} conditions of the webhook's filter"),
    }
}

fn unknown(doubt: &Doubt) -> String {
    match doubt {
        Doubt::NotDecided => {
            "It is not decided yet which webhooks get the event: fan-out has not finished.".to_owned()
        }
        Doubt::Changed { at, present } => {
            let present = match present {
                Present::Matches => "it gets such an event",
                Present::Differs(Cause::Disabled) => "it is disabled",
                Present::Differs(Cause::Filter(_)) => "its filter does not match the event",
                Present::Differs(_) => "it does not get events of this type",
                Present::DataErased => {
                    "its filter decides, and the data that it would need was erased"
                }
            };
            format!(
                "The webhook did not get the event. It has changed since, or about that time, at {at}: \
                 the record does not say what it was like before. As it is now, {present}."
            )
        }
        Doubt::DataErased => {
            "The webhook did not get the event. The event's data was erased, so its filter cannot be \
             checked again."
                .to_owned()
        }
        Doubt::NoCause => {
            "The webhook did not get the event, and the record does not say why: as it is now, it gets \
             such an event."
                .to_owned()
        }
    }
}

#[cfg(test)]
#[path = "summary_tests.rs"]
mod tests;
