//! Mistakes in how open circuit breakers are woken.

use super::Mutation;
use crate::{aws::Aws, sim::Sim};
use grapnel_domain::{
    health::Note,
    ids::WebhookId,
    message::{Outgoing, QueueMessage},
    ports::Webhooks,
    release::Look,
    time::Timestamp,
};

/// Whether a wrong function leaves this wake-up out.
fn makes_no_wake_up(sim: &Sim, webhook: WebhookId, due: Timestamp) -> bool {
    let mutation = sim.mutation();
    sim.with(|state| {
        let Some(invocation) = state.invocation() else { return false };
        match mutation {
            Some(Mutation::ParksWithoutWakeUp) => invocation.parks(webhook),
            Some(Mutation::ProbesWithoutWakeUp) => invocation.probes.contains(&(webhook, due)),
            Some(Mutation::DropsEarlyWakeUps) => invocation.has_wake_up(webhook, due),
            _ => false,
        }
    })
}

/// Whether a wrong function leaves this message out.
pub(super) fn is_left_out(sim: &Sim, outgoing: &Outgoing) -> bool {
    let QueueMessage::ReleaseParked(release) = &outgoing.message else { return false };
    match release.look {
        Some(Look { due: Some(due), .. }) => makes_no_wake_up(sim, release.webhook_id, due),
        Some(_) => sim.mutation() == Some(Mutation::LooksForParkedOnce) && release.cursor.is_none(),
        None => false,
    }
}

/// What a wrong function does before it sends a message.
pub(super) async fn before_message(aws: &Aws, outgoing: &Outgoing) {
    if let QueueMessage::ReleaseParked(release) = &outgoing.message
        && let Some(due) = release.look.and_then(|look| look.due)
    {
        // The result is ignored.
        drop(aws.note(&release.user_id, release.webhook_id, Note::WakeUp(due)).await);
    }
}
