//! Why a delivery stands where it stands, in one plain sentence.

use crate::text::{sentence, visible};
use grapnel_wire::delivery::{Attempt, Delivery, DeliveryStatus};

/// The cause, for people.
pub(crate) fn cause(delivery: &Delivery) -> String {
    let last = delivery.attempts.last();
    match (&delivery.status, delivery.reason.as_deref()) {
        (DeliveryStatus::Success, _) => delivered(&delivery.attempts),
        (DeliveryStatus::Failed, Some(reason)) => ended(reason, last),
        (DeliveryStatus::Other(word), _) => {
            sentence(&format!("its status is `{word}`, which this page does not know"))
        }
        _ => last.map_or_else(|| "No attempt has been made yet.".to_owned(), failure),
    }
}

/// A delivery stays a success, whatever comes of resending it.
fn delivered(attempts: &[Attempt]) -> String {
    let mut successes = attempts.iter().filter(|attempt| attempt.error.is_none());
    let Some(first) = successes.next() else { return "Delivered.".to_owned() };
    let how = match (first.manual, successes.any(|later| later.manual)) {
        (true, _) => ", a manual retry",
        (false, true) => ", and resent by a manual retry",
        (false, false) => "",
    };
    let has_failed_since = attempts.last().is_some_and(|last| last.error.is_some());
    let since = if has_failed_since { "; a later resend failed" } else { "" };
    format!("Delivered at the {} attempt{how}{since}.", nth(first.attempt_number))
}

fn nth(number: u32) -> String {
    const WORDS: [&str; 10] = [
        "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
        "tenth",
    ];
    let word = usize::try_from(number).ok().and_then(|n| WORDS.get(n.checked_sub(1)?));
    let end = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    word.map_or_else(|| format!("{number}{end}"), |word| (*word).to_owned())
}

fn ended(reason: &str, last: Option<&Attempt>) -> String {
    let sentence = match reason {
        "attempts_exhausted" => {
            return last.map_or_else(|| "Every attempt failed.".to_owned(), failure);
        }
        "webhook_disabled" if last.is_some_and(|last| last.status_code == Some(410)) => {
            "The endpoint answered 410: it wants no further events at this URL, so the webhook was \
             disabled."
        }
        "webhook_disabled" => "The webhook was disabled, so no further attempt is made.",
        "webhook_deleted" => "The webhook was deleted when an attempt was due.",
        "event_expired" => "The event expires before another attempt would be due.",
        "aborted" => "The endpoint asked for no further attempt of this delivery.",
        "transform_failed" => "The webhook's transform made no body from this event.",
        "cancelled" => "The delivery was cancelled.",
        "payload_erased" => "The event's data was erased, so there is nothing left to send.",
        other => return format!("The delivery ended for the reason `{}`.", visible(other)),
    };
    sentence.to_owned()
}

/// Why an attempt failed; for a successful one, that it succeeded.
pub(crate) fn failure(attempt: &Attempt) -> String {
    match (attempt.status_code, attempt.error.as_deref()) {
        (Some(status), None) => format!("The endpoint answered {status}."),
        (Some(status), Some(_)) => format!("The endpoint answered {status}: {}.", meaning(status)),
        (None, Some(error)) => unanswered(error),
        (None, None) => "The attempt has no result on record.".to_owned(),
    }
}

/// What a status of a failed attempt says about its receiver.
fn meaning(status: u16) -> &'static str {
    match status {
        301 | 302 | 303 | 307 | 308 => "redirects are not followed, so enter the new URL",
        304 => "\"not modified\" is neither a success nor a redirect",
        400 => "it could not read the request",
        401 => "it rejected the signature or the credentials",
        403 => "it understood the request and refused it",
        404 => "it has nothing at this URL",
        405 => "it takes no POST requests at this URL",
        407 => "a proxy in front of it wants credentials",
        408 => "it got the request too slowly",
        409 => "the request conflicts with what it has",
        410 => "it wants no further events at this URL",
        413 => "the body is too large for it",
        415 => "it does not take this content type",
        421 => "it is not responsible for this host name",
        422 => "it could read the body and did not accept it",
        429 => "it gets too many requests",
        451 => "it refuses for legal reasons",
        500 => "it failed while it handled the request",
        502 => "a gateway in front of it got no valid answer",
        503 => "it is overloaded or down for maintenance",
        504 => "a gateway in front of it got no answer in time",
        _ => match status / 100 {
            1 => "an interim answer is no success",
            2 => "the answer does not count as a success",
            3 => "only 2xx is a success",
            4 => "it refused the request",
            5 => "it failed",
            _ => "this is no status of HTTP",
        },
    }
}

/// Why there was no answer. Grapnel writes these errors for the webhook's owner already; the most
/// frequent ones are said more shortly here.
fn unanswered(error: &str) -> String {
    const CERTIFICATE: &str = "the receiver's TLS certificate ";
    if let Some(time) = error.strip_prefix("the receiver did not answer within ") {
        return sentence(&format!("No answer within {time}"));
    }
    if let Some(time) = error.strip_prefix("no connection to the receiver came about within ") {
        return sentence(&format!("No connection to the endpoint within {time}"));
    }
    if let Some(fault) = error.strip_prefix(CERTIFICATE) {
        return sentence(&format!("The endpoint's certificate {fault}"));
    }
    if error.starts_with("the name server did not answer for an hour") {
        return "The endpoint's host name could not be looked up: no name server gave a usable answer \
                for an hour."
            .to_owned();
    }
    if error.starts_with("the transform failed") {
        return ended("transform_failed", None);
    }
    if error.contains(" resolves to ") {
        return sentence(&format!("{error}, and requests are sent to public addresses only"));
    }
    sentence(error)
}

#[cfg(test)]
#[path = "cause_tests.rs"]
mod tests;
