//! How a webhook's endpoint is doing, with the reads that it takes to say so. An endpoint that is well
//! costs none.

use crate::{
    answers,
    ports::{Api, Ports},
    problem::Problem,
};
use futures::try_join;
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey},
    ports::{Clock, Deliveries},
    webhook::Webhook,
};
use grapnel_wire::webhook::{ParkedDeliveries, WebhookHealth};

/// How the endpoint is doing.
pub(super) async fn of<P: Ports>(
    api: &Api<P>,
    webhook: &Webhook,
) -> Result<WebhookHealth, Problem> {
    let (last_tried, parked) = try_join!(last_tried(api, webhook), parked(api, webhook))?;
    let behind = webhook.health.behind_at(api.clock.now());
    Ok(answers::webhook_health(&webhook.health, last_tried.as_ref(), parked, behind))
}

/// The delivery that shows what is wrong: one consistent read.
async fn last_tried<P: Ports>(
    api: &Api<P>,
    webhook: &Webhook,
) -> Result<Option<Delivery>, Problem> {
    let Some(id) = webhook.health.last_tried else { return Ok(None) };
    Ok(api.deliveries.delivery(DeliveryKey { webhook_id: webhook.id, id }).await?)
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
