//! `/api/webhooks` and `/api/webhooks/{id}`.

use crate::{
    auth::Caller,
    body::Incoming,
    pages::{self, PageRequest, PageWriter},
    path::Ids,
    ports::{Api, Ports},
    problem::Problem,
    views::{self, WebhookView},
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use grapnel_domain::{
    health::Health,
    ids::{UserId, WebhookId},
    message::{QueueDelay, QueueMessage, ReleaseParked},
    ports::{
        Clock, EnqueueAttempts, GenerateIds, ListWebhooks, Outgoing, StoreHealth, StoreWebhooks,
    },
    scope::Scope,
    webhook::{
        Webhook, WebhookStatus,
        draft::{Draft, Purpose},
    },
};
use std::sync::Arc;

/// How often a change is tried when others change the same webhook meanwhile.
const TRIES: usize = 4;

/// `GET /api/webhooks`: in order of creation.
pub(super) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::WebhooksRead, pages::PARAMETERS)?;
    let user = permit.user()?;
    let asked = PageRequest::parse(permit.query())?;

    let found = api.webhooks.list_webhooks(&user, asked.limit, asked.after).await?;
    let mut page = PageWriter::new();
    for webhook in &found.items {
        if !page.add(webhook.id, &WebhookView::masked(webhook))? {
            break;
        }
    }
    Ok(page.finish(found.next))
}

/// `POST /api/webhooks`: the answer holds the secret.
pub(super) async fn create<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::WebhooksWrite, &[])?;
    let mut input = body.object().await?;
    let user = permit.user_with(input.take_user()?)?;
    let draft = Draft::parse(input.fields(), Purpose::Create, &api.rules)
        .map_err(Problem::invalid_fields)?;

    let webhook = draft.into_webhook(api.ids.webhook_id(), user, api.ids.secret(), api.clock.now());
    api.webhooks.create_webhook(&webhook).await?;
    let location = [(header::LOCATION, format!("/api/webhooks/{}", webhook.id))];
    let answer = views::json(StatusCode::CREATED, &WebhookView::with_secret(&webhook))?;
    Ok((location, answer).into_response())
}

/// `GET /api/webhooks/{id}`.
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    let user = caller.may(Scope::WebhooksRead, &[])?.user()?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    views::json(StatusCode::OK, &WebhookView::masked(&webhook))
}

/// `PUT /api/webhooks/{id}`: replaces the configuration. What `GET` answered can be sent back.
pub(super) async fn replace<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::WebhooksWrite, &[])?;
    let mut input = body.object().await?;
    let user = permit.user_with(input.take_user()?)?;
    let id = ids.webhook()?;
    let before = api.find_webhook(&user, id).await?;
    let draft = Draft::parse(input.fields(), Purpose::Replace, &api.rules)
        .map_err(Problem::invalid_fields)?;

    let change = |existing: &Webhook| draft.clone().replace(existing, api.clock.now());
    let mut webhook = change_webhook(&api, &user, id, change).await?;
    if webhook.status == WebhookStatus::Active
        && (before.health.is_disabled() || before.url != webhook.url)
    {
        webhook.health = restart(&api, &webhook).await?;
    }
    views::json(StatusCode::OK, &WebhookView::masked(&webhook))
}

/// Forgets how the endpoint did: its owner wants to begin anew, or it is another one. What the
/// circuit kept back goes on.
async fn restart<P: Ports>(api: &Api<P>, webhook: &Webhook) -> Result<Health, Problem> {
    for _ in 0..TRIES {
        let health = api.find_webhook(&webhook.user_id, webhook.id).await?.health;
        let Some(fresh) = health.restarted() else { return Ok(health) };
        if api.webhooks.store_health(&webhook.user_id, webhook.id, &fresh).await? {
            if health.is_failing() {
                let (user_id, webhook_id) = (webhook.user_id.clone(), webhook.id);
                let release = ReleaseParked { webhook_id, user_id, cursor: None };
                let message = Outgoing::new(QueueMessage::ReleaseParked(release), QueueDelay::NONE);
                for sent in api.delivery_queue.enqueue(vec![message]).await {
                    sent?;
                }
            }
            return Ok(fresh);
        }
    }
    Err(changed_meanwhile())
}

/// `DELETE /api/webhooks/{id}`.
pub(super) async fn delete<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    let user = caller.may(Scope::WebhooksWrite, &[])?.user()?;
    if !api.webhooks.delete_webhook(&user, ids.webhook()?).await? {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Reads a webhook, changes it and stores it if it is still the one that was read; starts over if
/// not. `change` must be repeatable: a write whose answer was lost looks like a lost race, and the
/// change then meets its own effect.
///
/// # Errors
/// 404 if there is none, 409 after [`TRIES`] lost races.
pub(super) async fn change_webhook<P: Ports>(
    api: &Api<P>,
    user: &UserId,
    id: WebhookId,
    change: impl Fn(&Webhook) -> Webhook,
) -> Result<Webhook, Problem> {
    for _ in 0..TRIES {
        let existing = api.find_webhook(user, id).await?;
        let changed = change(&existing);
        if api.webhooks.replace_webhook(&changed, existing.updated_at).await? {
            return Ok(changed);
        }
    }
    Err(changed_meanwhile())
}

fn changed_meanwhile() -> Problem {
    let detail = "Others keep changing this webhook. Read it again and decide anew.";
    Problem::conflict("changed_meanwhile", detail)
}
