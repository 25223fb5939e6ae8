//! `/api/webhooks/{id}/secret`.

use super::webhooks::change_webhook;
use crate::{
    answers,
    openapi::parameters,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{ForUser, OptionalBody, WebhooksSecrets},
        etag::{IfMatch, tagged},
        path_ids::Ids,
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_domain::{
    ports::{Clock, GenerateIds},
    signature::Secret,
    webhook::Webhook,
};
use grapnel_wire::{
    limits::GRACE_SECONDS_DEFAULT,
    secret::{self, RotatedSecret, SecretRotation},
};
use std::{sync::Arc, time::Duration};

type Show = ForUser<WebhooksSecrets>;

/// `GET /api/webhooks/{id}/secret`. It takes the scope `webhooks:secrets`: a caller that has a secret can sign as Grapnel
/// does.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/secret",
    tag = "Secrets",
    operation_id = "getSecret",
    summary = "Show a secret",
    description = "Returns the signing secret, and previous secrets that still sign. Needs the scope `webhooks:secrets`, because anyone who has the secret can sign requests.",
    responses(
        (status = 200, description = "The secret.", body = secret::Secret),
    ),
    extensions(("x-required-scope" = json!(Show::SCOPE))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, .. }: Show,
) -> Result<Response, Problem> {
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    answers::json(StatusCode::OK, &answers::secret(&webhook, api.clock.now()))
}

type Rotate = ForUser<WebhooksSecrets, OptionalBody<SecretRotation>>;

/// `POST /api/webhooks/{id}/secret/rotate`: a new secret, ours or the caller's own, beside which the
/// old one signs for `graceSeconds` more. Secrets that were replaced before keep their own ends.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/secret/rotate",
    tag = "Secrets",
    operation_id = "rotateSecret",
    summary = "Replace a secret",
    description = "Creates a new signing secret. The old secret keeps signing, beside the new one, for `graceSeconds`. Secrets from earlier rotations keep their own end times. At most ten old secrets sign; the oldest stop first.",
    params(parameters::IfMatch),
    request_body = Option<SecretRotation>,
    responses(
        (status = 200, description = "The new secret.", body = RotatedSecret, headers(("ETag" = String, description = "Version of the configuration, to send as `If-Match`."))),
    ),
    extensions(("x-required-scope" = json!(Rotate::SCOPE)), ("x-problems" = json!(["changed_meanwhile"]))),
)]
pub(super) async fn rotate<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    if_match: IfMatch,
    ForUser { user, content: OptionalBody(mut asked), .. }: Rotate,
) -> Result<Response, Problem> {
    let own = asked.check("secret", |asked| {
        let own = asked.secret.as_deref().map(Secret::parse).transpose();
        own.map_err(|invalid| invalid.to_string())
    });
    let asked = asked.finish().map_err(Problem::invalid_fields)?;
    let grace = Duration::from_secs(asked.grace_seconds.unwrap_or(GRACE_SECONDS_DEFAULT));

    let (secret, now) = (own.flatten().unwrap_or_else(|| api.ids.secret()), api.clock.now());
    let valid_until = now.plus(grace);
    let change = |existing: &Webhook| {
        if_match.check(existing)?;
        Ok(existing.rotated(&secret, valid_until, now))
    };
    let webhook = change_webhook(&api, &user, ids.webhook()?, change).await?;
    // A secret that is replaced without grace is not on record.
    let replaced = webhook.previous_secrets.first().filter(|_| !grace.is_zero());
    let ends = replaced.map_or(now, |replaced| replaced.valid_until);
    let answer = answers::rotated_secret(&webhook, now, ends);
    Ok(tagged(answers::json(StatusCode::OK, &answer)?, &webhook))
}
