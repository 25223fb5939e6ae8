//! `/api/webhooks/{id}/secret`.

use super::webhooks::change_webhook;
use crate::{
    auth::Caller,
    body::{Incoming, Object},
    conditions::{IfMatch, tagged},
    contract::{parameters, schemas},
    path::Ids,
    ports::{Api, Ports},
    problem::Problem,
    views,
};
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_domain::{
    fault::{Faults, FieldFault},
    number::whole,
    ports::{Clock, GenerateIds},
    scope::Scope,
    signature::Secret,
    time::Timestamp,
    webhook::Webhook,
};
use serde::Serialize;
use std::{sync::Arc, time::Duration};

/// How long an old secret signs beside the new one, unless the caller says: a day.
const DEFAULT_GRACE_SECONDS: u64 = 86_400;
/// The longest that it may: a week.
const MAX_GRACE_SECONDS: u64 = 604_800;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SecretView<'a> {
    secret: &'a str,
    previous_secrets: Vec<PreviousSecretView>,
}

/// An old secret: when it ends, and not what it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PreviousSecretView {
    valid_until: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RotationView<'a> {
    previous_secret_valid_until: Timestamp,
    #[serde(flatten)]
    secrets: SecretView<'a>,
}

impl<'a> SecretView<'a> {
    fn of(webhook: &'a Webhook, now: Timestamp) -> Self {
        let previous = webhook.live_previous_secrets(now);
        let previous =
            previous.map(|previous| PreviousSecretView { valid_until: previous.valid_until });
        Self { secret: webhook.secret.reveal(), previous_secrets: previous.collect() }
    }
}

/// `GET /api/webhooks/{id}/secret`. It takes the right to write: whoever can read a secret can sign
/// as we do.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/secret",
    tag = "Secrets",
    operation_id = "getSecret",
    summary = "Show a secret",
    description = "Returns the signing secret, and previous secrets that still sign. Needs the scope for writing, because anyone who has the secret can sign requests.",
    responses(
        (status = 200, description = "The secret.", body = schemas::webhooks::Secret),
    ),
    extensions(("x-required-scope" = json!("webhooks:write"))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    let user = caller.may(Scope::WebhooksWrite, &[])?.user()?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    views::json(StatusCode::OK, &SecretView::of(&webhook, api.clock.now()))
}

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
    request_body = Option<schemas::webhooks::SecretRotation>,
    responses(
        (status = 200, description = "The new secret.", body = schemas::webhooks::RotatedSecret, headers(("ETag" = String, description = "Version of the configuration, to send as `If-Match`."))),
    ),
    extensions(("x-required-scope" = json!("webhooks:write")), ("x-problems" = json!(["changed_meanwhile"]))),
)]
pub(super) async fn rotate<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
    if_match: IfMatch,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::WebhooksWrite, &[])?;
    let mut input = body.object_or_empty().await?;
    let user = permit.user_with(input.take_user()?)?;
    let Rotation { secret, grace } = rotation(&input).map_err(Problem::invalid_fields)?;

    let (secret, now) = (secret.unwrap_or_else(|| api.ids.secret()), api.clock.now());
    let valid_until = now.plus(grace);
    let change = |existing: &Webhook| {
        if_match.check(existing)?;
        Ok(existing.rotated(&secret, valid_until, now))
    };
    let webhook = change_webhook(&api, &user, ids.webhook()?, change).await?;
    // A secret that is replaced without grace is not on record.
    let replaced = webhook.previous_secrets.first().filter(|_| !grace.is_zero());
    let view = RotationView {
        previous_secret_valid_until: replaced.map_or(now, |replaced| replaced.valid_until),
        secrets: SecretView::of(&webhook, now),
    };
    Ok(tagged(views::json(StatusCode::OK, &view)?, &webhook))
}

/// What a rotation is to be.
struct Rotation {
    secret: Option<Secret>,
    grace: Duration,
}

fn rotation(input: &Object) -> Result<Rotation, Vec<FieldFault>> {
    let mut faults = Faults::default();
    input.refuse_others(&["graceSeconds", "secret"], &mut faults);
    let seconds = match input.get("graceSeconds") {
        None => Some(DEFAULT_GRACE_SECONDS),
        Some(value) => whole(value).filter(|seconds| *seconds <= MAX_GRACE_SECONDS),
    };
    if seconds.is_none() {
        let message = format!("must be a whole number from 0 to {MAX_GRACE_SECONDS}");
        faults.add("graceSeconds", message);
    }
    let secret = input.get("secret").map(|value| Secret::parse(value.as_str().unwrap_or_default()));
    if let Some(Err(invalid)) = &secret {
        faults.add("secret", invalid.to_string());
    }
    match seconds {
        Some(seconds) if faults.is_empty() => {
            let grace = Duration::from_secs(seconds);
            Ok(Rotation { secret: secret.and_then(Result::ok), grace })
        }
        _ => Err(faults.into_vec()),
    }
}
