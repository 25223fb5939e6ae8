//! `/api/webhooks/{id}/deliveries`.

use crate::{
    auth::Caller,
    body::Incoming,
    pages::{self, PageRequest, PageWriter},
    path::Ids,
    payloads::{self, Payloads},
    ports::{Api, Ports},
    problem::Problem,
    views::{self, DeliveryView},
};
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, DeliveryStatus, MAX_ATTEMPTS_ON_RECORD},
    fault::Faults,
    message::{Attempt, QueueDelay, QueueMessage},
    ports::{EnqueueAttempts, ListDeliveries, Outgoing, ReadDeliveries},
    scope::Scope,
    webhook::{Webhook, WebhookStatus},
};
use std::sync::Arc;

/// `GET /api/webhooks/{id}/deliveries`: newest first.
pub(super) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::DeliveriesRead, pages::PARAMETERS)?;
    let user = permit.user()?;
    let asked = PageRequest::parse(permit.query())?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;

    let found = api.deliveries.list_deliveries(webhook.id, asked.limit, asked.after).await?;
    let mut payloads = Payloads::of(&api, &user, &found.items);
    let mut page = PageWriter::new();
    for delivery in &found.items {
        let payload = payloads.next(delivery.event_id).await?;
        if !page.add(delivery.id, &DeliveryView::new(delivery, payload))? {
            break;
        }
    }
    Ok(page.finish(found.next))
}

/// `GET /api/webhooks/{id}/deliveries/{deliveryId}`.
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    let user = caller.may(Scope::DeliveriesRead, &[])?.user()?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let delivery = find_delivery(&api, &webhook, &ids).await?;
    answer(&api, StatusCode::OK, &delivery).await
}

/// `POST /api/webhooks/{id}/deliveries/{deliveryId}/retry`: one more attempt. It is only asked for
/// here, by a message that carries its number; nothing is written. Asked for twice before it is
/// recorded, it is recorded once.
pub(super) async fn retry<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::DeliveriesRetry, &[])?;
    let mut input = body.object_or_empty().await?;
    let user = permit.user_with(input.take_user()?)?;
    let mut faults = Faults::default();
    input.refuse_others(&[], &mut faults);
    if !faults.is_empty() {
        return Err(Problem::invalid_fields(faults.into_vec()));
    }
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let delivery = find_delivery(&api, &webhook, &ids).await?;
    refuse_retry(&webhook, &delivery)?;

    let attempt = Attempt {
        manual: true,
        ..Attempt::scheduled(delivery.target(), delivery.next_attempt_number())
    };
    let message = Outgoing::new(QueueMessage::Attempt(attempt), QueueDelay::NONE);
    for sent in api.delivery_queue.enqueue(vec![message]).await {
        sent?;
    }
    answer(&api, StatusCode::ACCEPTED, &delivery).await
}

fn refuse_retry(webhook: &Webhook, delivery: &Delivery) -> Result<(), Problem> {
    let refusal = if webhook.effective_status() == WebhookStatus::Disabled {
        ("webhook_disabled", "The webhook is disabled. Set it to `active` first.")
    } else if delivery.status == DeliveryStatus::Pending {
        ("first_attempt_pending", "The first attempt is still on its way.")
    } else if delivery.attempt_count() >= MAX_ATTEMPTS_ON_RECORD {
        ("too_many_attempts", "This delivery has as many attempts as can be kept.")
    } else {
        return Ok(());
    };
    let (code, detail) = refusal;
    Err(Problem::conflict(code, detail))
}

async fn find_delivery<P: Ports>(
    api: &Api<P>,
    webhook: &Webhook,
    ids: &Ids,
) -> Result<Delivery, Problem> {
    let key = DeliveryKey { webhook_id: webhook.id, id: ids.delivery()? };
    api.deliveries.delivery(key).await?.ok_or_else(Problem::not_found)
}

async fn answer<P: Ports>(
    api: &Api<P>,
    status: StatusCode,
    delivery: &Delivery,
) -> Result<Response, Problem> {
    let payload = payloads::read(api, &delivery.user_id, delivery.event_id).await?;
    views::json(status, &DeliveryView::new(delivery, payload.as_deref()))
}
