//! `/api/keys`: for admins. Sessions of portal links are keys too, and listed and ended as such.

pub(super) mod draft;

use crate::{
    auth::Caller,
    body::Incoming,
    contract::{parameters, schemas},
    pages::{self, PageRequest, PageWriter},
    path::Ids,
    ports::{Api, Ports},
    problem::Problem,
    views::{self, KeyView, NewKeyView},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use grapnel_domain::ports::{ApiKey, Clock, GenerateIds, KeyHash, ListKeys, RevokeKeys, StoreKeys};
use std::sync::Arc;

/// What a key begins with, so that one that leaked is recognised.
const KEY_PREFIX: &str = "gk_";

/// `POST /api/keys`: makes a key for a user. Only its hash is stored: this answer is the one time
/// that the key is shown.
#[utoipa::path(
    post,
    path = "/api/keys",
    tag = "Keys",
    operation_id = "createKey",
    summary = "Create a key",
    description = "Creates an API key for a user. Only a hash of the key is stored: this response is the only one that contains the key.",
    request_body = schemas::keys::NewKey,
    responses(
        (status = 201, description = "The key.", body = schemas::keys::CreatedKey),
    ),
    extensions(("x-required-scope" = json!("admin"))),
)]
pub(super) async fn create<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may_administer(&[])?;
    let mut input = body.object().await?;
    let user_id = permit.user_with(input.take_user()?)?;
    let now = api.clock.now();
    let draft = draft::parse(&input, now).map_err(Problem::invalid_fields)?;

    let key = new_token(&api, KEY_PREFIX);
    let stored = ApiKey {
        name: draft.name,
        description: draft.description,
        expires_at: draft.expires_at,
        ..ApiKey::new(api.ids.key_id(), user_id, draft.scopes, now)
    };
    api.keys.store_key(&KeyHash::of(&key), &stored).await?;
    views::json(StatusCode::CREATED, &NewKeyView::new(&stored, &key))
}

/// A text that nobody can guess: 256 random bits behind a prefix.
pub(super) fn new_token<P: Ports>(api: &Api<P>, prefix: &str) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(api.ids.token()))
}

/// `GET /api/keys`: a user's keys, newest first. Those whose time is over are shown until their rows
/// are dropped: they say why a program is refused.
#[utoipa::path(
    get,
    path = "/api/keys",
    tag = "Keys",
    operation_id = "listKeys",
    summary = "List a user's keys",
    description = "Keys of a user, newest first, including portal sessions. Expired keys stay in the list for a few days.",
    params(parameters::Paging),
    responses(
        (status = 200, description = "One page.", body = schemas::keys::KeyPage),
    ),
    extensions(("x-required-scope" = json!("admin"))),
)]
pub(super) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
) -> Result<Response, Problem> {
    let permit = caller.may_administer(pages::PARAMETERS)?;
    let user = permit.user()?;
    let asked = PageRequest::parse(permit.query())?;
    let found = api.keys.list_keys(&user, asked.limit, asked.after).await?;
    let page = PageWriter::new().with(&found.items, |key| Ok((key.id, KeyView::new(key))))?;
    Ok(page.finish(found.next))
}

/// `DELETE /api/keys/{keyId}`: ends a key before the answer is sent. Asked again, it answers 404, as
/// for any key that is not there.
#[utoipa::path(
    delete,
    path = "/api/keys/{keyId}",
    tag = "Keys",
    operation_id = "revokeKey",
    summary = "Revoke a key",
    description = "The key stops working before this response is sent.",
    responses(
        (status = 204, description = "The key was revoked."),
    ),
    extensions(("x-required-scope" = json!("admin"))),
)]
pub(super) async fn revoke<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
) -> Result<Response, Problem> {
    let user = caller.may_administer(&[])?.user()?;
    if !api.keys.revoke_key(&user, ids.key()?).await? {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}
