//! `/api/replays`, and `POST /api/webhooks/{id}/replay`: many deliveries sent again.
//!
//! A replay is only asked for here. Its first message goes out before anything is stored, and is
//! enough to begin: if storing fails after it, the first page stores the replay; if sending fails,
//! nothing is left of it. The other way round, a replay could be on record that nobody carries out.

mod filter;

use crate::{
    answers,
    openapi::parameters,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{DeliveriesRead, DeliveriesRetry, ForUser, Listed, OptionalBody},
        pagination::PageWriter,
        path_ids::Ids,
    },
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use grapnel_domain::{
    delay::QueueDelay,
    ids::{ReplayId, UserId, WebhookId},
    message::{Outgoing, QueueMessage},
    ports::{Clock, Consistency, EnqueueAttempts, EventLog, GenerateIds, Replays, Stored},
    replay::{Replay, ReplayFilter, ReplayOrder},
    time::Timestamp,
    webhook::WebhookStatus,
};
use grapnel_wire::replay as wire;
use std::sync::Arc;

type OrderOne = ForUser<DeliveriesRetry, OptionalBody<wire::ReplayOrder>>;

/// `POST /api/webhooks/{id}/replay`: of one webhook.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/replay",
    tag = "Replays",
    operation_id = "replayWebhook",
    summary = "Replay a webhook's deliveries",
    description = "Sends failed or successful deliveries of a time range again.",
    request_body = Option<grapnel_wire::replay::ReplayOrder>,
    responses(
        (status = 202, description = "The replay has started.", body = grapnel_wire::replay::Replay, headers(("Location" = String, description = "Path of the replay."))),
    ),
    extensions(("x-required-scope" = json!(OrderOne::SCOPE)), ("x-problems" = json!(["webhook_disabled"]))),
)]
pub(super) async fn order_one<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, content: OptionalBody(asked), .. }: OrderOne,
) -> Result<Response, Problem> {
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let now = api.clock.now();
    let filter = filter::of(asked, now).map_err(Problem::invalid_fields)?;
    if webhook.effective_status() == WebhookStatus::Disabled {
        let detail = "The webhook is disabled. Set it to `active` first.";
        return Err(Problem::conflict("webhook_disabled", detail));
    }
    order(&api, user, Some(webhook.id), filter, now).await
}

type OrderAll = ForUser<DeliveriesRetry, OptionalBody<wire::ReplayOrder>>;

/// `POST /api/replays`: of all the caller's webhooks, but those that are disabled.
#[utoipa::path(
    post,
    path = "/api/replays",
    tag = "Replays",
    operation_id = "replayAll",
    summary = "Replay deliveries of all webhooks",
    description = "Sends failed or successful deliveries of a time range again. Disabled webhooks are skipped.",
    request_body = Option<grapnel_wire::replay::ReplayOrder>,
    responses(
        (status = 202, description = "The replay has started.", body = grapnel_wire::replay::Replay, headers(("Location" = String, description = "Path of the replay."))),
    ),
    extensions(("x-required-scope" = json!(OrderAll::SCOPE))),
)]
pub(super) async fn order_all<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForUser { user, content: OptionalBody(asked), .. }: OrderAll,
) -> Result<Response, Problem> {
    let now = api.clock.now();
    let filter = filter::of(asked, now).map_err(Problem::invalid_fields)?;
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
    let answer = answers::json(StatusCode::ACCEPTED, &answers::replay(&replay))?;
    Ok((location, answer).into_response())
}

type List = ForUser<DeliveriesRead, Listed<ReplayId>>;

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
        (status = 200, description = "One page.", body = grapnel_wire::replay::ReplayPage),
    ),
    extensions(("x-required-scope" = json!(List::SCOPE))),
)]
pub(super) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForUser { user, content: Listed { page: asked, .. }, .. }: List,
) -> Result<Response, Problem> {
    let found = api.events.list_replays(&user, asked.limit, asked.after).await?;
    let page =
        PageWriter::new().with(&found.items, |replay| Ok((replay.id, answers::replay(replay))))?;
    Ok(page.finish(found.next))
}

type Show = ForUser<DeliveriesRead>;

/// `GET /api/replays/{replayId}`.
#[utoipa::path(
    get,
    path = "/api/replays/{replayId}",
    tag = "Replays",
    operation_id = "getReplay",
    summary = "Read a replay",
    description = "Returns a replay with its progress.",
    responses(
        (status = 200, description = "The replay.", body = grapnel_wire::replay::Replay),
    ),
    extensions(("x-required-scope" = json!(Show::SCOPE))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, .. }: Show,
) -> Result<Response, Problem> {
    let found = api.events.replay(&user, ids.replay()?, Consistency::Strong).await?;
    let replay = found.ok_or_else(Problem::not_found)?;
    answers::json(StatusCode::OK, &answers::replay(&replay))
}
