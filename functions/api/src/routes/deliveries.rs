//! `/api/webhooks/{id}/deliveries`.

mod filter;
pub(super) mod list;
pub(super) mod list_all;
mod merge;

pub(super) use list::list;
pub(super) use list_all::list_all;

use super::waiting::{PreferWait, Seen, wait_for_attempt};
use crate::{
    auth::{Caller, Permit},
    body::Incoming,
    contract::{parameters, schemas},
    path::Ids,
    payloads::{self, Payload},
    ports::{Api, Ports},
    problem::Problem,
    views::{self, DeliveryView},
};
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode},
    response::Response,
};
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, DeliveryStatus, MAX_ATTEMPTS_ON_RECORD, Reason},
    fault::Faults,
    ids::UserId,
    message::{Attempt, QueueDelay, QueueMessage},
    ports::{Clock, EndDeliveries, Ending, EnqueueAttempts, Outgoing, ReadDeliveries, Recorded},
    scope::Scope,
    webhook::{Webhook, WebhookStatus},
};
use std::sync::Arc;

/// How often a delivery is changed anew because an attempt was recorded meanwhile.
pub(super) const TRIES: usize = 4;

/// `GET /api/webhooks/{id}/deliveries/{deliveryId}`.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/deliveries/{deliveryId}",
    tag = "Deliveries",
    operation_id = "getDelivery",
    summary = "Read a delivery",
    description = "Returns a delivery with its event's data and every attempt.",
    responses(
        (status = 200, description = "The delivery.", body = schemas::deliveries::Delivery),
    ),
    extensions(("x-required-scope" = json!("deliveries:read"))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    let user = caller.may(Scope::DeliveriesRead, &[])?.user()?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let delivery = find_delivery(&api, &webhook, &ids).await?;
    answer(&api, StatusCode::OK, &webhook, &delivery).await
}

/// `POST /api/webhooks/{id}/deliveries/{deliveryId}/retry`: one more attempt. It is only asked for
/// here, by a message that carries its number; nothing is written. Asked for twice before it is
/// recorded, it is recorded once.
///
/// Answers 202 with the delivery as it stands; with `Prefer: wait=<seconds>` 200 with the delivery
/// after the attempt, if it is recorded in that time.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/deliveries/{deliveryId}/retry",
    tag = "Deliveries",
    operation_id = "retryDelivery",
    summary = "Retry a delivery",
    description = "Makes one more attempt now. Two requests before that attempt is recorded make one attempt. With `Prefer: wait=5` the response waits for the attempt; each second of waiting counts as one request of the rate limit.",
    params(parameters::PreferWait),
    request_body = Option<schemas::deliveries::ForUser>,
    responses(
        (status = 200, description = "The delivery with the attempt, if the response waited for it.", body = schemas::deliveries::Delivery, headers(("Preference-Applied" = String, description = "How many seconds the response was allowed to wait."))),
        (status = 202, description = "The delivery as it is now. The attempt is still running.", body = schemas::deliveries::Delivery, headers(("Preference-Applied" = String, description = "How many seconds the response waited."))),
    ),
    extensions(("x-required-scope" = json!("deliveries:retry")), ("x-problems" = json!(["webhook_disabled", "first_attempt_pending", "too_many_attempts", "payload_erased"]))),
)]
pub(super) async fn retry<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
    PreferWait(wait): PreferWait,
    body: Incoming,
) -> Result<Response, Problem> {
    let (permit, user) = acting_for(caller, body).await?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let delivery = find_delivery(&api, &webhook, &ids).await?;
    refuse_retry(&webhook, &delivery)?;
    let payload = payloads::of(&api, &delivery).await?;
    if matches!(payload, Payload::Erased(_)) {
        let detail = "The event's data was erased: there is nothing left to send.";
        return Err(Problem::conflict("payload_erased", detail));
    }

    let number = delivery.next_attempt_number();
    let attempt = Attempt { manual: true, ..Attempt::scheduled(delivery.target(), number) };
    let message = Outgoing::new(QueueMessage::Attempt(attempt), QueueDelay::NONE);
    for sent in api.delivery_queue.enqueue(vec![message]).await {
        sent?;
    }
    let Some(wait) = wait else {
        let view = DeliveryView::new(&delivery, webhook.health.circuit, &payload);
        return views::json(StatusCode::ACCEPTED, &view);
    };
    let waited = wait_for_attempt(&api, &permit, delivery.key(), number, wait).await;
    let mut response = match waited.seen {
        Seen::Attempted(delivery) => answer(&api, StatusCode::OK, &webhook, &delivery).await?,
        Seen::Waiting(delivery) => answer(&api, StatusCode::ACCEPTED, &webhook, &delivery).await?,
        Seen::Nothing => answer(&api, StatusCode::ACCEPTED, &webhook, &delivery).await?,
    };
    let applied = HeaderValue::try_from(format!("wait={}", waited.longest.as_secs()));
    if let Ok(applied) = applied {
        response.headers_mut().insert("preference-applied", applied);
    }
    Ok(response)
}

/// `POST /api/webhooks/{id}/deliveries/{deliveryId}/cancel`: no further attempt. One that is under
/// way is made to its end and recorded. Said twice, it is done once.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/deliveries/{deliveryId}/cancel",
    tag = "Deliveries",
    operation_id = "cancelDelivery",
    summary = "Cancel a delivery",
    description = "Ends the delivery as `failed`; no further attempt is made. An attempt that is running now finishes and is recorded.",
    request_body = Option<schemas::deliveries::ForUser>,
    responses(
        (status = 200, description = "The ended delivery.", body = schemas::deliveries::Delivery),
    ),
    extensions(("x-required-scope" = json!("deliveries:retry")), ("x-problems" = json!(["already_settled", "changed_meanwhile"]))),
)]
pub(super) async fn cancel<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
    body: Incoming,
) -> Result<Response, Problem> {
    let (_, user) = acting_for(caller, body).await?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let mut delivery = find_delivery(&api, &webhook, &ids).await?;
    let mut tries = 0;
    loop {
        if delivery.reason == Some(Reason::Cancelled) {
            return answer(&api, StatusCode::OK, &webhook, &delivery).await;
        }
        if delivery.status.is_settled() {
            let detail = "The delivery is settled: there is nothing to cancel.";
            return Err(Problem::conflict("already_settled", detail));
        }
        if tries == TRIES {
            return Err(changed_meanwhile());
        }
        tries += 1;
        let ending = Ending {
            key: delivery.key(),
            attempts: delivery.attempt_count(),
            reason: Reason::Cancelled,
            expires_at: delivery.expiry(api.rules.retention, api.clock.now()),
        };
        // Whatever came of it, what is there now is the answer.
        delivery = match api.deliveries.end_delivery(ending).await? {
            Recorded::Yes => find_delivery(&api, &webhook, &ids).await?,
            Recorded::Refused(Some(found)) => *found,
            Recorded::Refused(None) => return Err(Problem::not_found()),
        };
    }
}

pub(super) fn changed_meanwhile() -> Problem {
    let detail = "Attempts of this delivery keep being recorded. Try again.";
    Problem::conflict("changed_meanwhile", detail)
}

/// The user that the caller acts for, of a request whose body says nothing else.
async fn acting_for(caller: Caller, body: Incoming) -> Result<(Permit, UserId), Problem> {
    let permit = caller.may(Scope::DeliveriesRetry, &[])?;
    let mut input = body.object_or_empty().await?;
    let user = permit.user_with(input.take_user()?)?;
    let mut faults = Faults::default();
    input.refuse_others(&[], &mut faults);
    if faults.is_empty() {
        Ok((permit, user))
    } else {
        Err(Problem::invalid_fields(faults.into_vec()))
    }
}

fn refuse_retry(webhook: &Webhook, delivery: &Delivery) -> Result<(), Problem> {
    let refusal = if webhook.effective_status() == WebhookStatus::Disabled {
        ("webhook_disabled", "The webhook is disabled. Set it to `active` first.")
    } else if delivery.status == DeliveryStatus::Pending {
        ("first_attempt_pending", "The first attempt has not been made yet.")
    } else if delivery.attempt_count() >= MAX_ATTEMPTS_ON_RECORD {
        ("too_many_attempts", "This delivery has the maximum number of attempts.")
    } else {
        return Ok(());
    };
    let (code, detail) = refusal;
    Err(Problem::conflict(code, detail))
}

pub(super) async fn find_delivery<P: Ports>(
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
    webhook: &Webhook,
    delivery: &Delivery,
) -> Result<Response, Problem> {
    let payload = payloads::of(api, delivery).await?;
    views::json(status, &DeliveryView::new(delivery, webhook.health.circuit, &payload))
}
