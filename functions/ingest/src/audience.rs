//! Decides which webhooks get an event.

use grapnel_domain::{
    event::{EventContent, inbound::TestTarget},
    filter::{Undecided, Verdict},
    ids::WebhookId,
    webhook::{Interest, Subscription},
};
use std::collections::HashMap;

/// After this many steps of filters, the other events of the batch have their turn: a fraction of a
/// millisecond.
const STEPS_OF_A_TURN: usize = 100_000;
/// After this many steps of filters, an event is left until the others of its batch are enqueued.
const QUICK_STEPS: usize = 2_000_000;

/// How long the filters of one event may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// So short that the other events of the batch hardly wait.
    Quick,
    /// As long as it takes: at most [`grapnel_domain::fan_out::MAX_STEPS_OF_AN_EVENT`].
    Thorough,
}

/// The webhooks that get an event.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    pub(crate) webhooks: Vec<WebhookId>,
    /// The webhooks whose filter could not decide, and why.
    pub(crate) undecided: HashMap<WebhookId, Undecided>,
    pub(crate) filters: FilterWork,
}

/// The work of one event's filters.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FilterWork {
    pub(crate) steps: usize,
    /// Filters that ran out of steps.
    pub(crate) unfinished: usize,
}

/// A test goes only to its webhook, even if the webhook is disabled or its filter does not match,
/// as long as the event's owner still has the webhook. `None` if it takes longer than the pace
/// allows.
pub(crate) async fn audience(
    subscriptions: &[Subscription],
    content: &EventContent,
    test: Option<TestTarget>,
    pace: Pace,
) -> Option<Audience> {
    let mut audience = Audience::default();
    let mut steps_of_this_turn = 0;
    for subscription in subscriptions {
        let is_wanted = match test {
            Some(test) => subscription.webhook_id == test.webhook_id,
            None => {
                let interest = subscription.interest(&content.event_type, &content.data);
                let Interest::Judged(judgement) = interest else { continue };
                audience.filters.steps += judgement.steps;
                steps_of_this_turn += judgement.steps;
                let undecided = judgement.verdict.undecided();
                let is_unfinished = undecided == Some(Undecided::OutOfSteps);
                audience.filters.unfinished += usize::from(is_unfinished);
                audience.undecided.extend(undecided.map(|why| (subscription.webhook_id, why)));
                log_undecided(subscription.webhook_id, &judgement.verdict);
                judgement.verdict.delivers()
            }
        };
        if is_wanted {
            audience.webhooks.push(subscription.webhook_id);
        }
        if pace == Pace::Quick && audience.filters.steps > QUICK_STEPS {
            return None;
        }
        if steps_of_this_turn > STEPS_OF_A_TURN {
            steps_of_this_turn = 0;
            tokio::task::yield_now().await;
        }
    }
    Some(audience)
}

/// The event is delivered: a webhook can ignore a needless event, but cannot get an event that was
/// left out.
fn log_undecided(webhook: WebhookId, verdict: &Verdict) {
    let reason = match verdict {
        Verdict::Unreadable(reason) => reason.as_str(),
        Verdict::OutOfSteps => "it takes too many steps",
        Verdict::Matches | Verdict::Differs => return,
    };
    tracing::error!(webhook.id = %webhook, reason, "a filter could not be applied; the event is delivered");
}
