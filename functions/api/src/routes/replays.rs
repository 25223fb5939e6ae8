//! `/api/replays`, and `POST /api/webhooks/{id}/replay`: many deliveries sent again.
//!
//! A replay is only asked for here. Its first message goes out before anything is stored, and is
//! enough to begin: if storing fails after it, the first page stores the replay; if sending fails,
//! nothing is left of it. The other way round, a replay could be on record that nobody carries out.

mod filter;

use crate::{
    auth::Caller,
    body::Incoming,
    contract::{parameters, schemas},
    pages::{self, PageRequest, PageWriter},
    path::Ids,
    ports::{Api, Ports},
    problem::Problem,
    views::{self, ReplayView},
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    message::{QueueDelay, QueueMessage},
    ports::{
        Clock, Consistency, EnqueueAttempts, GenerateIds, ListReplays, Outgoing, ReadReplays,
        Stored, WriteReplays,
    },
    replay::{Replay, ReplayFilter, ReplayOrder},
    scope::Scope,
    time::Timestamp,
    webhook::WebhookStatus,
};
use std::sync::Arc;

/// `POST /api/webhooks/{id}/replay`: of one webhook.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/replay",
    tag = "Replays",
    operation_id = "replayWebhook",
    summary = "Replay a webhook's deliveries",
    description = "Sends failed or successful deliveries of a time range again.",
    request_body = Option<schemas::replays::ReplayOrder>,
    responses(
        (status = 202, description = "The replay has started.", body = schemas::replays::Replay, headers(("Location" = String, description = "Path of the replay."))),
    ),
    extensions(("x-required-scope" = json!("deliveries:retry")), ("x-problems" = json!(["webhook_disabled"]))),
)]
pub(super) async fn order_one<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::DeliveriesRetry, &[])?;
    let mut input = body.object_or_empty().await?;
    let user = permit.user_with(input.take_user()?)?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let now = api.clock.now();
    let filter = filter::parse(&input, now).map_err(Problem::invalid_fields)?;
    if webhook.effective_status() == WebhookStatus::Disabled {
        let detail = "The webhook is disabled. Set it to `active` first.";
        return Err(Problem::conflict("webhook_disabled", detail));
    }
    order(&api, user, Some(webhook.id), filter, now).await
}

/// `POST /api/replays`: of all the caller's webhooks, but those that are disabled.
#[utoipa::path(
    post,
    path = "/api/replays",
    tag = "Replays",
    operation_id = "replayAll",
    summary = "Replay deliveries of all webhooks",
    description = "Sends failed or successful deliveries of a time range again. Disabled webhooks are skipped.",
    request_body = Option<schemas::replays::ReplayOrder>,
    responses(
        (status = 202, description = "The replay has started.", body = schemas::replays::Replay, headers(("Location" = String, description = "Path of the replay."))),
    ),
    extensions(("x-required-scope" = json!("deliveries:retry"))),
)]
pub(super) async fn order_all<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::DeliveriesRetry, &[])?;
    let mut input = body.object_or_empty().await?;
    let user = permit.user_with(input.take_user()?)?;
    let now = api.clock.now();
    let filter = filter::parse(&input, now).map_err(Problem::invalid_fields)?;
    order(&api, user, None, filter, now).await
}

async fn order<P: Ports>(
    api: &Api<P>,
    user: UserId,
    webhook_id: Option<WebhookId>,
    filter: ReplayFilter,
    created_at: Timestamp,
) -> Result<Response, Problem> {
    let order = ReplayOrder { webhook_id, filter, created_at };
    let new = Replay::new(api.ids.replay_id(), user, order, api.rules.retention);
    let first = Outgoing::new(QueueMessage::Replay(new.first_page()), QueueDelay::NONE);
    for sent in api.delivery_queue.enqueue(vec![first]).await {
        sent?;
    }
    let replay = match api.events.store_replay(&new).await? {
        // Its first page was faster.
        Stored::Refused(Some(stored)) => *stored,
        Stored::Yes | Stored::Refused(None) => new,
    };
    let location = [(header::LOCATION, format!("/api/replays/{}", replay.id))];
    let answer = views::json(StatusCode::ACCEPTED, &ReplayView::new(&replay))?;
    Ok((location, answer).into_response())
}

/// `GET /api/replays`: newest first.
#[utoipa::path(
    get,
    path = "/api/replays",
    tag = "Replays",
    operation_id = "listReplays",
    summary = "List replays",
    description = "Replays, newest first.",
    params(parameters::Paging),
    responses(
        (status = 200, description = "One page.", body = schemas::replays::ReplayPage),
    ),
    extensions(("x-required-scope" = json!("deliveries:read"))),
)]
pub(super) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::DeliveriesRead, pages::PARAMETERS)?;
    let user = permit.user()?;
    let asked = PageRequest::parse(permit.query())?;
    let found = api.events.list_replays(&user, asked.limit, asked.after).await?;
    let page =
        PageWriter::new().with(&found.items, |replay| Ok((replay.id, ReplayView::new(replay))))?;
    Ok(page.finish(found.next))
}

/// `GET /api/replays/{replayId}`.
#[utoipa::path(
    get,
    path = "/api/replays/{replayId}",
    tag = "Replays",
    operation_id = "getReplay",
    summary = "Read a replay",
    description = "Returns a replay with its progress.",
    responses(
        (status = 200, description = "The replay.", body = schemas::replays::Replay),
    ),
    extensions(("x-required-scope" = json!("deliveries:read"))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    let user = caller.may(Scope::DeliveriesRead, &[])?.user()?;
    let found = api.events.replay(&user, ids.replay()?, Consistency::Strong).await?;
    let replay = found.ok_or_else(Problem::not_found)?;
    views::json(StatusCode::OK, &ReplayView::new(&replay))
}
