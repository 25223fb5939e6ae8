//! Mistakes of explanations: what a wrong one takes of the record.

use super::Mutation;
use crate::sim::Sim;
use grapnel_domain::{delivery::Delivery, webhook::Webhook};
use grapnel_testing::builders::changed;

/// A webhook as an explanation reads it.
pub(crate) fn webhook_explained(sim: &Sim, webhook: &Webhook) -> Webhook {
    match sim.mutation() {
        Some(Mutation::ExplainsByThePresent) => {
            changed(webhook, |it| it.updated_at = it.created_at)
        }
        _ => webhook.clone(),
    }
}

/// A delivery as an explanation reads it.
pub(crate) fn delivery_explained(sim: &Sim, delivery: &Delivery) -> Delivery {
    match sim.mutation() {
        Some(Mutation::ExplainsWithoutReplays) => Delivery { reopened: None, ..delivery.clone() },
        _ => delivery.clone(),
    }
}
