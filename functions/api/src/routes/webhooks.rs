//! `/api/webhooks` and `/api/webhooks/{id}`.

pub(super) mod create;
mod health;
pub(super) mod list;
mod merge_patch;
mod patterns;

pub(super) use create::create;
pub(super) use list::list;

use patterns::known_patterns;

use crate::{
    answers,
    openapi::parameters,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{ForUser, WebhooksRead, WebhooksWrite},
        body::Object,
        etag::{IfMatch, tagged},
        path_ids::Ids,
    },
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use grapnel_domain::{
    delay::QueueDelay,
    fault::FieldFault,
    filter::Filter,
    health::Health,
    ids::{UserId, WebhookId},
    message::{Outgoing, QueueMessage},
    ports::{Clock, EnqueueAttempts, StoreWebhooks, Webhooks},
    release::ReleaseParked,
    webhook::{
        EventPattern, Webhook, WebhookStatus,
        draft::{Draft, Purpose},
    },
};
use grapnel_wire::{read::Read, webhook as wire};
use serde_json::value::RawValue;
use std::sync::Arc;

/// How often a change is tried when others change the same webhook meanwhile.
const TRIES: usize = 4;

type Show = ForUser<WebhooksRead>;

/// `GET /api/webhooks/{id}`.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}",
    tag = "Webhooks",
    operation_id = "getWebhook",
    summary = "Read a webhook",
    description = "The secret and sensitive header values are masked. `health` shows whether the endpoint is failing, and why.",
    responses(
        (status = 200, description = "The webhook.", body = grapnel_wire::webhook::Webhook, headers(("ETag" = String, description = "Version of the configuration, to send as `If-Match`."))),
    ),
    extensions(("x-required-scope" = json!(Show::SCOPE))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, .. }: Show,
) -> Result<Response, Problem> {
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let health = Some(health::of(&api, &webhook).await?);
    let answer = wire::Webhook { health, ..answers::webhook(&webhook)? };
    Ok(tagged(answers::json(StatusCode::OK, &answer)?, &webhook))
}

fn masked(webhook: &Webhook) -> Result<Response, Problem> {
    Ok(tagged(answers::json(StatusCode::OK, &answers::webhook(webhook)?)?, webhook))
}

type Replace = ForUser<WebhooksWrite, Object>;

/// `PUT /api/webhooks/{id}`: replaces the configuration. What `GET` answered can be sent back.
#[utoipa::path(
    put,
    path = "/api/webhooks/{id}",
    tag = "Webhooks",
    operation_id = "replaceWebhook",
    summary = "Replace a webhook's configuration",
    description = "Replaces the whole configuration. You can send back what GET returned; read-only fields are ignored. Omitted options return to their defaults. The secret does not change.",
    params(parameters::IfMatch),
    request_body = grapnel_wire::webhook::described::WebhookReplacement,
    responses(
        (status = 200, description = "The updated webhook.", body = grapnel_wire::webhook::Webhook, headers(("ETag" = String, description = "Version of the configuration, to send as `If-Match`."))),
    ),
    extensions(("x-required-scope" = json!(Replace::SCOPE)), ("x-problems" = json!(["changed_meanwhile"]))),
)]
pub(super) async fn replace<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    if_match: IfMatch,
    ForUser { user, content: input, .. }: Replace,
) -> Result<Response, Problem> {
    let known = known_patterns(&api, input.fields()).await?;
    let whole = |existing: &Webhook| {
        let read = Draft::read(input.fields(), input.text(), Purpose::Replace(existing));
        Ok(Document { read, faults: Vec::new() })
    };
    let ask = Ask { if_match: &if_match, enables: true, known: &known };
    configure(&api, &user, ids.webhook()?, &ask, whole).await
}

type Patch = ForUser<WebhooksWrite, Object>;

/// `PATCH /api/webhooks/{id}`: changes what is named, by a JSON merge patch (RFC 7396). `null`
/// returns an option to its default.
#[utoipa::path(
    patch,
    path = "/api/webhooks/{id}",
    tag = "Webhooks",
    operation_id = "changeWebhook",
    summary = "Change a webhook",
    description = "Changes the fields in the body and leaves all others.",
    params(parameters::IfMatch),
    request_body(content((grapnel_wire::webhook::described::WebhookPatch = "application/merge-patch+json"), (grapnel_wire::webhook::described::WebhookPatch = "application/json"))),
    responses(
        (status = 200, description = "The updated webhook.", body = grapnel_wire::webhook::Webhook, headers(("ETag" = String, description = "Version of the configuration, to send as `If-Match`."))),
    ),
    extensions(("x-required-scope" = json!(Patch::SCOPE)), ("x-problems" = json!(["changed_meanwhile"]))),
)]
pub(super) async fn patch<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    if_match: IfMatch,
    ForUser { user, content: input, .. }: Patch,
) -> Result<Response, Problem> {
    let patched = |existing: &Webhook| {
        let mut fields = answers::configured_webhook(existing)?;
        let faults = merge_patch::apply_to_webhook(&mut fields, input.fields());
        let mut read = Draft::read(&fields, None, Purpose::Replace(existing));
        let before = existing.filter.as_ref();
        // A filter's numbers keep their digits, which the merged fields do not.
        let filter = match input.raw("filter") {
            Some(patch) => Filter::patched(before, patch),
            None => before.map(|filter| filter.as_str().to_owned()),
        };
        if read.value.filter.is_some() {
            read.value.filter = filter.and_then(|text| RawValue::from_string(text).ok());
        }
        Ok(Document { read, faults })
    };
    let enables = input.get("status").is_some_and(|status| status == "active");
    let known = known_patterns(&api, input.fields()).await?;
    let ask = Ask { if_match: &if_match, enables, known: &known };
    configure(&api, &user, ids.webhook()?, &ask, patched).await
}

/// A configuration as it is to be.
struct Document {
    read: Read<wire::NewWebhook>,
    /// What is wrong with it beside what a draft finds.
    faults: Vec<FieldFault>,
}

/// What a change of a configuration is asked with.
struct Ask<'a> {
    if_match: &'a IfMatch,
    /// Whether a webhook that was disabled for its endpoint's failures starts with a clean health.
    enables: bool,
    /// Patterns that match an event type of the deployment's own.
    known: &'a [EventPattern],
}

/// Stores the configuration that `document` makes of the present one, unless it or the draft has
/// faults. A webhook that was disabled for its endpoint's failures starts with a clean health if the
/// caller enables it; a webhook that gets another URL always does.
async fn configure<P: Ports>(
    api: &Api<P>,
    user: &UserId,
    id: WebhookId,
    ask: &Ask<'_>,
    document: impl Fn(&Webhook) -> Result<Document, Problem>,
) -> Result<Response, Problem> {
    let mut before = None;
    let change = |existing: &Webhook| {
        ask.if_match.check(existing)?;
        let Document { read, faults } = document(existing)?;
        let draft = match Draft::check(read, Purpose::Replace(existing), &api.rules, ask.known) {
            Ok(draft) if faults.is_empty() => draft,
            read => {
                let more = read.err().unwrap_or_default();
                return Err(Problem::invalid_fields([faults, more].concat()));
            }
        };
        before.get_or_insert_with(|| existing.clone());
        Ok(draft.replace(existing, api.clock.now())?)
    };
    let mut webhook = change_webhook(api, user, id, change).await?;
    let begins_anew = before.is_some_and(|before| {
        before.url != webhook.url || ask.enables && before.health.is_disabled()
    });
    if webhook.status == WebhookStatus::Active && begins_anew {
        webhook.health = restart(api, &webhook).await?;
    }
    masked(&webhook)
}

/// Clears the endpoint's health: its owner asked for it, or the URL is another one. Deliveries
/// that the circuit parked are sent.
async fn restart<P: Ports>(api: &Api<P>, webhook: &Webhook) -> Result<Health, Problem> {
    for _ in 0..TRIES {
        let health = api.find_webhook(&webhook.user_id, webhook.id).await?.health;
        let Some(fresh) = health.restarted() else { return Ok(health) };
        if api.webhooks.store_health(&webhook.user_id, webhook.id, &fresh).await? {
            if health.is_failing() {
                let release = ReleaseParked::now(webhook.user_id.clone(), webhook.id);
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

type Delete = ForUser<WebhooksWrite>;

/// `DELETE /api/webhooks/{id}`.
#[utoipa::path(
    delete,
    path = "/api/webhooks/{id}",
    tag = "Webhooks",
    operation_id = "deleteWebhook",
    summary = "Delete a webhook",
    description = "Deletes the webhook. Its open deliveries end as `failed`.",
    params(parameters::IfMatch),
    responses(
        (status = 204, description = "The webhook was deleted."),
    ),
    extensions(("x-required-scope" = json!(Delete::SCOPE))),
)]
pub(super) async fn delete<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    if_match: IfMatch,
    ForUser { user, .. }: Delete,
) -> Result<Response, Problem> {
    let id = ids.webhook()?;
    if if_match.is_given() {
        let webhook = api.find_webhook(&user, id).await?;
        if_match.check(&webhook)?;
        if !api.webhooks.delete_unchanged_webhook(&user, id, webhook.updated_at).await? {
            return Err(Problem::precondition_failed());
        }
    } else if !api.webhooks.delete_webhook(&user, id).await? {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Reads a webhook, changes it and stores it if it is still the one that was read; starts over if
/// not. `change` must be repeatable: a write whose answer was lost looks like a lost race, and the
/// change then meets its own effect.
///
/// # Errors
/// 404 if there is none, 409 after [`TRIES`] lost races, and what `change` answers.
pub(super) async fn change_webhook<P: Ports>(
    api: &Api<P>,
    user: &UserId,
    id: WebhookId,
    mut change: impl FnMut(&Webhook) -> Result<Webhook, Problem>,
) -> Result<Webhook, Problem> {
    for _ in 0..TRIES {
        let existing = api.find_webhook(user, id).await?;
        let changed = change(&existing)?;
        if api.webhooks.replace_webhook(&changed, existing.updated_at).await? {
            return Ok(changed);
        }
    }
    Err(changed_meanwhile())
}

fn changed_meanwhile() -> Problem {
    let detail = "Other requests keep changing this webhook. Try again.";
    Problem::conflict("changed_meanwhile", detail)
}
