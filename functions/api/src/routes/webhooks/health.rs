//! How a webhook's endpoint is doing, with the reads that it takes to say so. An endpoint that is well
//! costs none.

use crate::{
    answers,
    ports::{Api, Ports},
    problem::Problem,
};
use futures::try_join;
use grapnel_domain::{
    delivery::DeliveryKey,
    health::Health,
    ports::{Clock, Deliveries},
    webhook::Webhook,
};
use grapnel_wire::webhook::{ParkedDeliveries, WebhookFailure, WebhookHealth};

/// How the endpoint is doing.
pub(super) async fn of<P: Ports>(
    api: &Api<P>,
    webhook: &Webhook,
) -> Result<WebhookHealth, Problem> {
    let (last_failure, parked) = try_join!(last_failure(api, webhook), parked(api, webhook))?;
    let behind = webhook.health.behind_at(api.clock.now());
    Ok(answers::webhook_health(&webhook.health, last_failure, parked, behind))
}

/// What is wrong: one consistent read, or two while a delivery that was never sent before probes.
async fn last_failure<P: Ports>(
    api: &Api<P>,
    webhook: &Webhook,
) -> Result<Option<WebhookFailure>, Problem> {
    let Health { last_tried, tried_before, .. } = webhook.health;
    for id in [last_tried, tried_before].into_iter().flatten() {
        let tried = api.deliveries.delivery(DeliveryKey { webhook_id: webhook.id, id }).await?;
        let failure = tried.as_ref().and_then(answers::last_failure);
        if failure.is_some() {
            return Ok(failure);
        }
    }
    Ok(None)
}

/// How many deliveries are parked while the circuit is open: one page of the index, and so at most as
/// many as a page has.
async fn parked<P: Ports>(
    api: &Api<P>,
    webhook: &Webhook,
) -> Result<Option<ParkedDeliveries>, Problem> {
    if !webhook.health.is_failing() {
        return Ok(None);
    }
    let page = api.deliveries.parked(webhook.id, None).await?;
    Ok(Some(ParkedDeliveries { count: page.items.len(), more: page.next.is_some() }))
}
