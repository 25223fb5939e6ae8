use super::word;
use grapnel_domain::explain::{
    Cause, Doubt, Matched, OfDelivery, OfEvent, Present, Progress, summary,
};
use grapnel_wire::explanation::{Explanation, ExplanationVerdict as Verdict};

/// The explanation of a delivery.
pub(crate) fn explained_delivery(explained: &OfDelivery) -> Explanation {
    let about = of(Verdict::Due, summary::of_delivery(explained), Some(true));
    let about = Explanation {
        delivery_id: Some(explained.id.to_string()),
        attempt: explained.next_attempt().map(|next| next.get()),
        ..about
    };
    match explained.progress {
        Progress::Delivered { attempt } => Explanation {
            verdict: Verdict::Delivered,
            attempt: attempt.map(|attempt| attempt.get()),
            ..about
        },
        Progress::Ended(reason) => Explanation {
            verdict: Verdict::Ended,
            reason: reason.map(|reason| word(&reason)),
            ..about
        },
        Progress::Waits { waiting, final_attempt } => Explanation {
            verdict: Verdict::Waiting,
            waiting_for: Some(word(&waiting.waiting_for)),
            next_attempt_at: Some(waiting.until),
            final_attempt,
            ..about
        },
        Progress::Due { final_attempt, .. } => Explanation { final_attempt, ..about },
        Progress::Ends(reason) => {
            Explanation { verdict: Verdict::Ending, reason: Some(word(&reason)), ..about }
        }
    }
}

/// The explanation of an event and a webhook. A caller that may not read webhooks does not see the
/// conditions of their filters.
pub(crate) fn explained_event(explained: &OfEvent, sees_webhooks: bool) -> Explanation {
    let of = |verdict, matched| of(verdict, summary::of_event(explained), matched);
    let conditions = |cause: &Cause| match cause {
        Cause::Filter(failed) if sees_webhooks => failed.clone(),
        _ => Vec::new(),
    };
    match explained {
        OfEvent::Matched(Matched::OnRecord(delivery)) => {
            Explanation { summary: summary::of_event(explained), ..explained_delivery(delivery) }
        }
        OfEvent::Matched(Matched::Pending) => of(Verdict::DeliveryPending, Some(true)),
        OfEvent::Matched(Matched::Expired) => of(Verdict::DeliveryExpired, Some(true)),
        OfEvent::NotMatched(cause) => {
            let verdict = match cause {
                Cause::CreatedLater { .. } => Verdict::WebhookCreatedLater,
                Cause::Disabled => Verdict::WebhookDisabled,
                Cause::OtherType => Verdict::TypeNotSubscribed,
                Cause::Filter(_) => Verdict::FilterFailed,
                Cause::OtherTest => Verdict::TestOfAnotherWebhook,
            };
            Explanation { failed_conditions: conditions(cause), ..of(verdict, Some(false)) }
        }
        OfEvent::Unknown(Doubt::NotDecided) => of(Verdict::FanOutPending, None),
        OfEvent::Unknown(Doubt::DataErased) => of(Verdict::DataErased, Some(false)),
        OfEvent::Unknown(Doubt::NoCause) => of(Verdict::Unknown, Some(false)),
        OfEvent::Unknown(Doubt::Changed { at, present }) => {
            let (matches_now, failed_conditions) = match present {
                Present::Matches => (Some(true), Vec::new()),
                Present::Differs(cause) => (Some(false), conditions(cause)),
                Present::DataErased => (None, Vec::new()),
            };
            Explanation {
                changed_at: Some(*at),
                matches_now,
                failed_conditions,
                ..of(Verdict::WebhookChanged, Some(false))
            }
        }
    }
}

fn of(verdict: Verdict, summary: String, matched: Option<bool>) -> Explanation {
    Explanation {
        verdict,
        summary,
        matched,
        delivery_id: None,
        attempt: None,
        final_attempt: None,
        waiting_for: None,
        next_attempt_at: None,
        reason: None,
        failed_conditions: Vec::new(),
        changed_at: None,
        matches_now: None,
    }
}
