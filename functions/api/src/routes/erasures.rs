//! What is erased on demand: the data of an event, and what receivers answered.
//!
//! Data is erased in three steps. First every delivery of the event is read: if one is still
//! pending, nothing is erased. Then one write takes the data out of the event. Then each delivery is
//! marked, and an attempt that reads the mark sends nothing, even if its message carries the data. A
//! delivery that is resent between the first step and the last ends when it is marked, with the
//! erasure as its reason. If the function dies between two steps, some deliveries of an event without
//! data are not marked: the same request, sent again, marks them.

use super::deliveries::{TRIES, changed_meanwhile, find_delivery};
use crate::{
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{ForUser, WebhooksWrite},
        path_ids::Ids,
    },
};
use axum::{extract::State, http::StatusCode};
use futures::{StreamExt, TryStreamExt, stream};
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, PayloadErasure, ResponseErasure},
    event::Event,
    ports::{Clock, Consistency, DeliveryLog, EventLog, ReadEvents, Recorded},
    time::Timestamp,
};
use std::sync::Arc;

/// Deliveries of an event that are read together. Each may hold 50 KB of responses.
const TOGETHER: usize = 100;

/// Deliveries of an event that are marked at the same time.
const TOLD_AT_ONCE: usize = 16;

/// What is known of a delivery that is to be told.
struct Told {
    key: DeliveryKey,
    errors: Vec<u32>,
}

type ErasePayload = ForUser<WebhooksWrite>;

/// `DELETE /api/events/{eventId}/payload`: nothing is sent of the event any more, and its data is
/// gone. Said twice, it is done once.
#[utoipa::path(
    delete,
    path = "/api/events/{eventId}/payload",
    tag = "Deliveries",
    operation_id = "erasePayload",
    summary = "Erase an event's data",
    description = "Erases the event's data permanently. Every delivery of the event must have ended: wait for the open ones, or cancel them. The data is never sent again after this response. The deliveries stay, without data. A repeat has the same result.",
    responses(
        (status = 204, description = "The data was erased."),
    ),
    extensions(("x-required-scope" = json!(ErasePayload::SCOPE)), ("x-problems" = json!(["delivery_open"]))),
)]
pub(super) async fn payload<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, .. }: ErasePayload,
) -> Result<StatusCode, Problem> {
    let found = api.events.event(&user, ids.event()?, Consistency::Strong).await?;
    let event = found.ok_or_else(Problem::not_found)?;
    let told = deliveries_of(&api, &event).await?;
    let erased = api.events.erase_payload(&user, event.id, api.clock.now()).await?;
    // Gone since it was read.
    let at = erased.ok_or_else(Problem::not_found)?;
    let telling = told.into_iter().map(|Told { key, errors }| {
        let api = &api;
        async move {
            // Refused, its row is gone, and nothing is sent for it any more.
            api.deliveries.note_payload_erased(&PayloadErasure { key, at, errors }).await.map(drop)
        }
    });
    stream::iter(telling).buffer_unordered(TOLD_AT_ONCE).try_collect::<()>().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The event's deliveries, read consistently.
///
/// # Errors
/// 409 if one is on its way, or may still come to be; but not if the data is gone already.
async fn deliveries_of<P: Ports>(api: &Api<P>, event: &Event) -> Result<Vec<Told>, Problem> {
    let is_erased = event.payload_erased_at.is_some();
    if event.audience.is_none() {
        return Err(open());
    }
    // One that is not there is still to be recorded when its fan-out comes again. Later than this it
    // was recorded, and has expired.
    let may_be_to_come = api.clock.now() < event.stored_at.plus(api.rules.retention.period());
    let mut told = Vec::new();
    for keys in event.delivery_keys().chunks(TOGETHER) {
        let found = api.deliveries.deliveries_by_key(keys).await?;
        let is_open = found.iter().any(|delivery| !delivery.status.is_settled())
            || (found.len() < keys.len() && may_be_to_come);
        if is_open && !is_erased {
            return Err(open());
        }
        told.extend(
            found.iter().map(|delivery| Told {
                key: delivery.key(),
                errors: delivery.errors_about_payload(),
            }),
        );
    }
    Ok(told)
}

fn open() -> Problem {
    let detail = "A delivery of this event is still on its way, or its fan-out is. Wait until each \
                  is settled, or cancel it.";
    Problem::conflict("delivery_open", detail)
}

type EraseResponses = ForUser<WebhooksWrite>;

/// `DELETE /api/webhooks/{id}/deliveries/{deliveryId}/responses`: what receivers answered is gone,
/// their status codes excepted. Said again, it is done again: attempts that were asked for meanwhile
/// may have brought answers.
#[utoipa::path(
    delete,
    path = "/api/webhooks/{id}/deliveries/{deliveryId}/responses",
    tag = "Deliveries",
    operation_id = "eraseResponses",
    summary = "Erase response bodies",
    description = "Erases the stored response bodies of all attempts. Status codes, durations and errors stay. The delivery must have ended. A repeat also erases what was stored since.",
    responses(
        (status = 204, description = "The data was erased."),
    ),
    extensions(("x-required-scope" = json!(EraseResponses::SCOPE)), ("x-problems" = json!(["delivery_open", "changed_meanwhile"]))),
)]
pub(super) async fn responses<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, .. }: EraseResponses,
) -> Result<StatusCode, Problem> {
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let mut delivery = find_delivery(&api, &webhook, &ids).await?;
    for _ in 0..TRIES {
        if !delivery.status.is_settled() {
            let detail =
                "The delivery is still on its way. Wait until it is settled, or cancel it.";
            return Err(Problem::conflict("delivery_open", detail));
        }
        let erasure = erasure(&delivery, api.clock.now());
        if erasure.responses.is_empty() && delivery.responses_erased_at.is_some() {
            return Ok(StatusCode::NO_CONTENT);
        }
        match api.deliveries.erase_responses(&erasure).await? {
            Recorded::Yes => return Ok(StatusCode::NO_CONTENT),
            Recorded::Refused(Some(found)) => delivery = *found,
            Recorded::Refused(None) => return Err(Problem::not_found()),
        }
    }
    Err(changed_meanwhile())
}

fn erasure(delivery: &Delivery, at: Timestamp) -> ResponseErasure {
    ResponseErasure {
        key: delivery.key(),
        attempts: delivery.attempt_count(),
        at,
        responses: delivery.kept_responses(),
    }
}
