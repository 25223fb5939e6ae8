//! `POST /api/webhooks`.

use super::patterns::known_patterns;
use crate::{
    answers,
    openapi::parameters,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{ForUser, WebhooksWrite},
        body::Object,
        etag::tagged,
        idempotency::Keyed,
    },
    routes::test_delivery::random_id,
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use grapnel_domain::{
    event::publish::{Claim, body_hash},
    ids::WebhookId,
    ports::{ClaimKeys, Clock, Consistency, GenerateIds, StoreWebhooks, Webhooks},
    scope::Scope,
    webhook::{
        Webhook,
        draft::{Draft, Purpose},
    },
};
use std::{sync::Arc, time::Duration};

/// Longest time from the claim of an idempotency key to the storage of its webhook: the API's function
/// ends after 29 s.
const CREATION: Duration = Duration::from_secs(60);

type Create = ForUser<WebhooksWrite, Object>;

/// `POST /api/webhooks`: the answer holds the secret.
#[utoipa::path(
    post,
    path = "/api/webhooks",
    tag = "Webhooks",
    operation_id = "createWebhook",
    summary = "Create a webhook",
    description = "The response contains the signing secret in full, or masked if the caller lacks the scope `webhooks:secrets`. With an `Idempotency-Key`, repeating a request creates no second webhook.",
    params(parameters::CreationKey),
    request_body = grapnel_wire::webhook::NewWebhook,
    responses(
        (status = 201, description = "The webhook was created.", body = grapnel_wire::webhook::described::CreatedWebhook, headers(("ETag" = String, description = "Version of the configuration, to send as `If-Match`."), ("Location" = String, description = "Path of the new webhook."))),
    ),
    extensions(("x-required-scope" = json!(Create::SCOPE)), ("x-problems" = json!(["webhook_limit_reached", "invalid_idempotency_key", "idempotency_key_reused", "webhook_deleted"]))),
)]
pub(crate) async fn create<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    Keyed(key): Keyed,
    ForUser { user, content: input, permit, .. }: Create,
) -> Result<Response, Problem> {
    let key = key?;
    let reveals = permit.has(Scope::WebhooksSecrets);
    let known = known_patterns(&api, input.fields()).await?;
    let draft = Draft::check(input.read(), Purpose::Create, &api.rules, &known)
        .map_err(Problem::invalid_fields)?;

    let now = api.clock.now();
    let claim = key.map(|key| {
        let hash = body_hash(&user, input.text().unwrap_or_default().as_bytes());
        Claim::new(user.clone(), key, hash, random_id(&api), now)
    });
    let first = match &claim {
        Some(claim) => api.events.claimed(&user, &claim.key, now).await?,
        None => None,
    };
    if let (Some(claim), Some(first)) = (&claim, first) {
        match api.webhooks.webhook(&user, id_of(claim, &first)?, Consistency::Strong).await? {
            Some(made) => return created(&made, reveals),
            // Under the id of a deleted webhook, its deliveries that wait would be sent again.
            None if first.accepted_at.plus(CREATION) < now => {
                return Err(Problem::conflict("webhook_deleted", DELETED));
            }
            None => {}
        }
    }

    // Those that are created at this moment are not counted: a bound on costs, not a quota to the
    // unit, for which each creation would take a transaction.
    if api.webhooks.count_webhooks(&user).await? >= api.rules.max_webhooks {
        return Err(Problem::too_many_webhooks(api.rules.max_webhooks));
    }
    // Not before: a request that is refused keeps no key.
    let named = match claim {
        Some(claim) => Some(id_of(&claim, &api.events.claim_key(&claim, now).await?)?),
        None => None,
    };
    let (id, secret) = (named.unwrap_or_else(|| api.ids.webhook_id()), api.ids.secret());
    let webhook = draft.into_webhook(id, user, secret, now)?;
    api.webhooks.create_webhook(&webhook).await?;
    match named {
        // Of two requests at the same moment, one stores its secret.
        Some(id) => created(&api.find_webhook(&webhook.user_id, id).await?, reveals),
        None => created(&webhook, reveals),
    }
}

const DELETED: &str = "The webhook that the `Idempotency-Key` stands for is not there: it was deleted, or its \
                       creation failed. To create one, use another key.";

/// The id of the webhook that a request creates whose key stands for `first`: the same for a repeat. It is
/// in the order of creation, as other ids are.
///
/// # Errors
/// 422 if the key stands for another request.
fn id_of(claim: &Claim, first: &Claim) -> Result<WebhookId, Problem> {
    if first.body_hash != claim.body_hash {
        return Err(Problem::idempotency_key_reused());
    }
    Ok(WebhookId::derive(&claim.user_id, &first.seed, first.accepted_at))
}

fn created(webhook: &Webhook, reveals: bool) -> Result<Response, Problem> {
    let made = match reveals {
        true => answers::created_webhook(webhook)?,
        false => answers::webhook(webhook)?,
    };
    let location = [(header::LOCATION, format!("/api/webhooks/{}", webhook.id))];
    let answer = answers::json(StatusCode::CREATED, &made)?;
    Ok((location, tagged(answer, webhook)).into_response())
}
