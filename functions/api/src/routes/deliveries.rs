//! `/api/webhooks/{id}/deliveries`.

mod filter;
pub(super) mod list;
pub(super) mod list_all;
mod merge;

pub(super) use list::list;
pub(super) use list_all::list_all;

use super::prefer_wait::{PreferWait, Seen, wait_for_attempt};
use crate::{
    answers,
    openapi::parameters,
    payloads::{self, Payload},
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{DeliveriesRead, DeliveriesRetry, ForUser, OptionalBody},
        path_ids::Ids,
    },
};
use axum::{
    extract::State,
    http::{HeaderValue, StatusCode},
    response::Response,
};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{Delivery, DeliveryKey, DeliveryStatus, Ending, MAX_ATTEMPTS_ON_RECORD, Reason},
    message::{MakeAttempt, Outgoing, QueueMessage},
    ports::{Clock, Deliveries, EnqueueAttempts, Recorded},
    webhook::{Webhook, WebhookStatus},
};
use grapnel_wire::delivery as wire;
use std::sync::Arc;

/// How often the change of a delivery is tried, as an attempt may be recorded meanwhile.
pub(super) const TRIES: usize = 4;

type Show = ForUser<DeliveriesRead>;

/// `GET /api/webhooks/{id}/deliveries/{deliveryId}`.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/deliveries/{deliveryId}",
    tag = "Deliveries",
    operation_id = "getDelivery",
    summary = "Read a delivery",
    description = "Returns a delivery with its event's data and every attempt.",
    responses(
        (status = 200, description = "The delivery.", body = grapnel_wire::delivery::Delivery),
    ),
    extensions(("x-required-scope" = json!(Show::SCOPE))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, .. }: Show,
) -> Result<Response, Problem> {
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let delivery = find_delivery(&api, &webhook, &ids).await?;
    answer(&api, StatusCode::OK, &webhook, &delivery).await
}

type Retry = ForUser<DeliveriesRetry, OptionalBody<wire::ForUser>>;

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
    request_body = Option<wire::ForUser>,
    responses(
        (status = 200, description = "The delivery with the attempt, if the response waited for it.", body = grapnel_wire::delivery::Delivery, headers(("Preference-Applied" = String, description = "How many seconds the response was allowed to wait."))),
        (status = 202, description = "The delivery as it is now. The attempt is still running.", body = grapnel_wire::delivery::Delivery, headers(("Preference-Applied" = String, description = "How many seconds the response waited."))),
    ),
    extensions(("x-required-scope" = json!(Retry::SCOPE)), ("x-problems" = json!(["webhook_disabled", "first_attempt_pending", "too_many_attempts", "payload_erased"]))),
)]
pub(super) async fn retry<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    PreferWait(wait): PreferWait,
    ForUser { user, content: OptionalBody(asked), permit, .. }: Retry,
) -> Result<Response, Problem> {
    asked.finish().map_err(Problem::invalid_fields)?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let delivery = find_delivery(&api, &webhook, &ids).await?;
    refuse_retry(&webhook, &delivery)?;
    let payload = payloads::of(&api, &delivery).await?;
    if matches!(payload, Payload::Erased(_)) {
        let detail = "The event's data was erased: there is nothing left to send.";
        return Err(Problem::conflict("payload_erased", detail));
    }

    let number = delivery.next_attempt_number();
    let attempt = MakeAttempt { manual: true, ..MakeAttempt::scheduled(delivery.target(), number) };
    let message = Outgoing::new(QueueMessage::MakeAttempt(attempt), QueueDelay::NONE);
    for sent in api.delivery_queue.enqueue(vec![message]).await {
        sent?;
    }
    let Some(wait) = wait else {
        let view = answers::delivery(&delivery, &webhook, &payload);
        return answers::json(StatusCode::ACCEPTED, &view);
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

type Cancel = ForUser<DeliveriesRetry, OptionalBody<wire::ForUser>>;

/// `POST /api/webhooks/{id}/deliveries/{deliveryId}/cancel`: no further attempt. One that is under
/// way is made to its end and recorded. Said twice, it is done once.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/deliveries/{deliveryId}/cancel",
    tag = "Deliveries",
    operation_id = "cancelDelivery",
    summary = "Cancel a delivery",
    description = "Ends the delivery as `failed`; no further attempt is made. An attempt that is running now finishes and is recorded.",
    request_body = Option<wire::ForUser>,
    responses(
        (status = 200, description = "The ended delivery.", body = grapnel_wire::delivery::Delivery),
    ),
    extensions(("x-required-scope" = json!(Cancel::SCOPE)), ("x-problems" = json!(["already_settled", "changed_meanwhile"]))),
)]
pub(super) async fn cancel<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, content: OptionalBody(asked), .. }: Cancel,
) -> Result<Response, Problem> {
    asked.finish().map_err(Problem::invalid_fields)?;
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
    answers::json(status, &answers::delivery(delivery, webhook, &payload))
}
