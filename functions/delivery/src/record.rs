//! Decides what to record about an attempt. Pure functions.

use crate::Rules;
use grapnel_domain::{
    delivery::{
        AttemptNumber, AttemptRecord, Delivery, DeliveryAttempt, DeliveryStatus, Reason,
        SUCCESS_RESPONSE_BYTES, body_to_drop,
    },
    health::{Evidence, counts_against},
    outbound::{DeliveryControl, SendOutcome, Sent, is_redirect},
    retry::{
        RetryConfig,
        after::parse_retry_after,
        next::{Made, NextStep, Verdict, next_step},
    },
    time::Timestamp,
};

/// An attempt that was made.
pub(crate) struct Attempted<'a> {
    pub(crate) delivery: &'a Delivery,
    pub(crate) config: &'a RetryConfig,
    pub(crate) number: AttemptNumber,
    pub(crate) manual: bool,
    pub(crate) begun: Timestamp,
    pub(crate) sent: Sent,
}

/// What to record, and what to do after the record.
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
        status_code: None,
        response: None,
        response_remark: None,
        location: None,
        error: None,
    };
    let attempt = with_outcome(attempt, sent.outcome, verdict);
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
        SendOutcome::Failed { .. }
        | SendOutcome::ConnectionLost { .. }
        | SendOutcome::ResolverUnavailable { .. } => {
            Verdict::Failure { retry_after: None, end: None }
        }
        SendOutcome::NotSent { .. } => {
            Verdict::Failure { retry_after: None, end: Some(Reason::TransformFailed) }
        }
    }
}

/// What an attempt shows about its endpoint; `None` if the name server did not answer, a kept
/// connection broke, or nothing was sent.
pub(crate) fn evidence(
    outcome: &SendOutcome,
    delivery: &Delivery,
    begun: Timestamp,
    next: NextStep,
) -> Option<Evidence> {
    let status = match outcome {
        SendOutcome::Answered(answer) => match answer.stops() {
            Some(cause) => return Some(Evidence::Stop(cause)),
            None if (200..300).contains(&answer.status) => return Some(Evidence::Success),
            None => Some(answer.status),
        },
        SendOutcome::Failed { .. } => None,
        SendOutcome::ConnectionLost { .. }
        | SendOutcome::NotSent { .. }
        | SendOutcome::ResolverUnavailable { .. } => return None,
    };
    Some(Evidence::Failure {
        at: begun,
        counts: counts_against(status),
        failed_before: delivery.last_attempted_at(),
        exhausted: next == NextStep::Fail(Reason::AttemptsExhausted),
    })
}

fn with_outcome(
    attempt: DeliveryAttempt,
    outcome: SendOutcome,
    verdict: Verdict,
) -> DeliveryAttempt {
    let error = match outcome {
        SendOutcome::Answered(answer) => {
            let location = answer.redirects_to().map(str::to_owned);
            let (response, error) = match verdict {
                Verdict::Success => (shortened(answer.body, SUCCESS_RESPONSE_BYTES), None),
                Verdict::Failure { .. } => (answer.body, Some(answered(answer.status))),
            };
            return DeliveryAttempt {
                status_code: Some(answer.status),
                response: (!response.is_empty()).then_some(response),
                response_remark: answer.remark.map(|remark| remark.to_string()),
                location,
                error,
                ..attempt
            };
        }
        SendOutcome::Failed { error }
        | SendOutcome::ConnectionLost { error }
        | SendOutcome::NotSent { error } => error,
        SendOutcome::ResolverUnavailable { error } => {
            format!("the name server did not answer for an hour: {error}")
        }
    };
    DeliveryAttempt { error: Some(error), ..attempt }
}

fn answered(status: u16) -> String {
    match status {
        304 => {
            "the receiver answered 304 (not modified), which is neither a success nor a redirect"
                .to_owned()
        }
        status if is_redirect(status) => {
            format!("the receiver answered {status}; redirects are not followed")
        }
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
