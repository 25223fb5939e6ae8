//! Explains every event to every webhook of its owner, and compares the explanations with the ledger.

use crate::{counts::Count, ledger::Subject, mutation, sim::Sim};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, Reason},
    explain::{Matched, OfEvent, Progress, of_delivery, of_event},
    ids::WebhookId,
    webhook::Webhook,
};
use std::collections::BTreeMap;

/// Checks the explanations of the record as it is now.
pub(crate) fn check(sim: &Sim) {
    let memory = sim.memory();
    let (retention, now) = (sim.plan().settings.retention, sim.now());
    let webhooks: BTreeMap<WebhookId, Webhook> =
        memory.webhooks().into_iter().map(|webhook| (webhook.id, webhook)).collect();
    for event in memory.events() {
        for id in sim.with(|state| state.history.webhooks_of(&event.user_id)) {
            let webhook = webhooks.get(&id);
            let delivery = event.delivery_key_to(id).and_then(|key| memory.delivery_now(key));
            let delivery = delivery.as_ref();
            let seen = webhook.map(|webhook| mutation::webhook_explained(sim, webhook));
            let explained = of_event(&event, (id, seen.as_ref()), delivery, retention, now);
            let last =
                delivery.zip(webhook).and_then(|(it, webhook)| said_to_be_last(sim, it, webhook));
            count(sim, explained.as_ref());
            sim.with(|state| {
                let explained = explained.as_ref();
                let subject = Subject { event: &event, id, webhook, delivery, explained, last };
                if let Some(fault) = state.ledger.faulty_explanation(&subject, &state.history) {
                    state.ledger.broken(format!("{}: {fault}: {explained:?}", subject.name()));
                }
            });
        }
    }
}

/// The attempt that was said to be the last one, when the schedule of an exhausted delivery began.
fn said_to_be_last(sim: &Sim, delivery: &Delivery, webhook: &Webhook) -> Option<u32> {
    if delivery.reason != Some(Reason::AttemptsExhausted) {
        return None;
    }
    let mut before = Delivery {
        status: DeliveryStatus::Retrying,
        reason: None,
        ..mutation::delivery_explained(sim, delivery)
    };
    before.attempts.truncate(usize::try_from(delivery.schedule_from()).ok()?);
    match of_delivery(&before, Some(webhook), sim.now()).progress {
        Progress::Waits { final_attempt, .. } | Progress::Due { final_attempt, .. } => {
            final_attempt
        }
        Progress::Delivered { .. } | Progress::Ended(_) | Progress::Ends(_) => None,
    }
}

fn count(sim: &Sim, explained: Option<&OfEvent>) {
    match explained {
        Some(OfEvent::Matched(Matched::OnRecord(_))) => sim.count(Count::DeliveriesExplained),
        Some(OfEvent::NotMatched(_)) => sim.count(Count::MissesExplained),
        Some(OfEvent::Unknown(_)) => sim.count(Count::Unexplained),
        Some(OfEvent::Matched(Matched::Pending | Matched::Expired)) | None => {}
    }
}
