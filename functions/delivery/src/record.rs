//! From what came of a request to what is written about it: pure.

use crate::Rules;
use grapnel_domain::{
    delivery::{
        Delivery, DeliveryAttempt, DeliveryStatus, Reason, SUCCESS_RESPONSE_BYTES, body_to_drop,
    },
    health::{Sign, counts_against},
    outbound::{DeliveryControl, SendOutcome, Sent},
    ports::AttemptRecord,
    retry::{
        RetryConfig,
        next::{Made, NextStep, Verdict, next_step, parse_retry_after},
    },
    time::Timestamp,
};

/// An attempt that was made.
pub(crate) struct Attempted<'a> {
    pub(crate) delivery: &'a Delivery,
    pub(crate) config: &'a RetryConfig,
    pub(crate) number: u32,
    pub(crate) manual: bool,
    pub(crate) begun: Timestamp,
    pub(crate) sent: Sent,
}

/// What to record, and what follows once it is on record.
pub(crate) fn decide(
    made: Attempted<'_>,
    rules: &Rules,
    now: Timestamp,
) -> (AttemptRecord, NextStep) {
    let Attempted { delivery, config, number, manual, begun, sent } = made;
    let verdict = verdict(&sent.outcome, now);
    let stored_at = delivery.id.event_stored_at();
    let next = next_step(&Made {
        delivery_id: delivery.id,
        attempt: number,
        schedule_from: delivery.schedule_from(),
        before: delivery.status,
        test: delivery.test,
        verdict,
        config,
        now,
        event_expires_at: rules.retention.last_delivery_expiry(stored_at),
        longest_queue_delay: rules.longest_queue_delay,
    });
    let attempt = DeliveryAttempt {
        attempt_number: number,
        duration: u64::try_from(sent.duration.as_millis()).unwrap_or(u64::MAX),
        attempted_at: begun,
        manual,
        ..outcome(sent.outcome, verdict)
    };
    let (status, reason, retry) = match next {
        NextStep::Succeed => (Some(DeliveryStatus::Success), None, None),
        NextStep::Fail(reason) => (Some(DeliveryStatus::Failed), Some(reason), None),
        NextStep::LeaveSettled => (None, None, None),
        NextStep::Retry(retry) => (Some(DeliveryStatus::Retrying), None, Some(retry)),
    };
    let record = AttemptRecord {
        key: delivery.key(),
        attempt,
        status,
        reason,
        next_attempt_at: retry.map(|retry| retry.due),
        waits_for: retry.and_then(|retry| retry.wait),
        expires_at: delivery.expiry(rules.retention, retry.map_or(now, |retry| retry.due)),
        drop_body: body_to_drop(number),
    };
    (record, next)
}

fn verdict(outcome: &SendOutcome, now: Timestamp) -> Verdict {
    match outcome {
        SendOutcome::Answered(answer) if (200..300).contains(&answer.status) => Verdict::Success,
        SendOutcome::Answered(answer) => Verdict::Failure {
            retry_after: answer
                .retry_after
                .as_deref()
                .and_then(|text| parse_retry_after(text, now)),
            end: match (answer.stops(), answer.control()) {
                (Some(_), _) => Some(Reason::WebhookDisabled),
                (None, Some(DeliveryControl::AbortMessage)) => Some(Reason::Aborted),
                (None, _) => None,
            },
        },
        SendOutcome::Failed { .. } | SendOutcome::ResolverUnavailable { .. } => {
            Verdict::Failure { retry_after: None, end: None }
        }
        SendOutcome::NotSent { .. } => {
            Verdict::Failure { retry_after: None, end: Some(Reason::TransformFailed) }
        }
    }
}

/// What an attempt says about the endpoint; `None` if it says nothing, because the name server did
/// not answer or nothing was sent.
pub(crate) fn sign(
    outcome: &SendOutcome,
    delivery: &Delivery,
    begun: Timestamp,
    next: NextStep,
) -> Option<Sign> {
    let status = match outcome {
        SendOutcome::Answered(answer) => match answer.stops() {
            Some(cause) => return Some(Sign::Stop(cause)),
            None if (200..300).contains(&answer.status) => return Some(Sign::Success),
            None => Some(answer.status),
        },
        SendOutcome::Failed { .. } => None,
        SendOutcome::NotSent { .. } | SendOutcome::ResolverUnavailable { .. } => return None,
    };
    Some(Sign::Failure {
        at: begun,
        counts: counts_against(status),
        failed_before: delivery.last_attempted_at(),
        exhausted: next == NextStep::Fail(Reason::AttemptsExhausted),
    })
}

/// The part of an attempt that tells what happened; its number and times are filled in by
/// [`decide`].
fn outcome(outcome: SendOutcome, verdict: Verdict) -> DeliveryAttempt {
    let (status_code, response, error) = match outcome {
        SendOutcome::Answered(answer) => {
            let (response, error) = match verdict {
                Verdict::Success => (shortened(answer.body, SUCCESS_RESPONSE_BYTES), None),
                Verdict::Failure { .. } => (answer.body, Some(answered(answer.status))),
            };
            (Some(answer.status), (!response.is_empty()).then_some(response), error)
        }
        SendOutcome::Failed { error } | SendOutcome::NotSent { error } => (None, None, Some(error)),
        SendOutcome::ResolverUnavailable { error } => {
            (None, None, Some(format!("the name server did not answer for an hour: {error}")))
        }
    };
    DeliveryAttempt {
        attempt_number: 0,
        status_code,
        response,
        error,
        duration: 0,
        attempted_at: Timestamp::from_millis(0),
        manual: false,
    }
}

fn answered(status: u16) -> String {
    match status {
        300..400 => format!("the receiver answered {status}; redirects are not followed"),
        _ => format!("the receiver answered {status}"),
    }
}

/// The text cut to at most `bytes`, between characters.
fn shortened(mut text: String, bytes: usize) -> String {
    let cut = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.truncate(cut.unwrap_or(0));
    text
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
