//! `/api/keys`: for admins. Sessions of portal links are keys too, and listed and ended as such.

use crate::{
    answers,
    openapi::parameters,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{Admin, Body, ForUser, Listed},
        pagination::{self, PageWriter},
        path_ids::Ids,
    },
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use futures::future::try_join_all;
use grapnel_domain::{
    ids::KeyId,
    key::{ApiKey, KeyHash},
    ports::{Clock, GenerateIds, Keys, PortError},
    scope::Scope,
    time::Timestamp,
};
use grapnel_wire::{
    key::{CreatedKey, NewKey},
    limits::KEY_DAYS,
    portal::EndedSessions,
};
use std::{sync::Arc, time::Duration};

/// What a key begins with, so that one that leaked is recognised.
const KEY_PREFIX: &str = "gk_";

const DAY: Duration = Duration::from_secs(86_400);

type Create = ForUser<Admin, Body<NewKey>>;

/// `POST /api/keys`: makes a key for a user. Only its hash is stored: this answer is the one time
/// that the key is shown.
#[utoipa::path(
    post,
    path = "/api/keys",
    tag = "Keys",
    operation_id = "createKey",
    summary = "Create a key",
    description = "Creates an API key for a user. Only a hash of the key is stored: this response is the only one that contains the key.",
    request_body = NewKey,
    responses(
        (status = 201, description = "The key.", body = CreatedKey),
    ),
    extensions(("x-required-scope" = json!(Create::SCOPE))),
)]
pub(super) async fn create<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForUser { user: user_id, content: Body(mut asked), .. }: Create,
) -> Result<Response, Problem> {
    let now = api.clock.now();
    let expires_at = asked.check("expiresAt", |asked| expiry(asked, now)).flatten();
    let asked = asked.finish().map_err(Problem::invalid_fields)?;

    let key = new_token(&api, KEY_PREFIX);
    let scopes = asked.scopes.as_deref().map_or(Scope::OF_USERS.to_vec(), scopes);
    let stored = ApiKey {
        name: asked.name,
        description: asked.description,
        expires_at,
        ..ApiKey::new(api.ids.key_id(), user_id, scopes, now)
    };
    api.keys.store_key(&KeyHash::of(&key), &stored).await?;
    answers::json(StatusCode::CREATED, &answers::created_key(&stored, key))
}

/// When a key ends: a whole second, later than now.
fn expiry(asked: &NewKey, now: Timestamp) -> Result<Option<Timestamp>, String> {
    let most = *KEY_DAYS.end();
    match (asked.expires_at.map(Timestamp::whole_second), asked.expires_in_days) {
        (Some(end), _) if now < end && end <= now.plus(DAY * most) => Ok(Some(end)),
        (Some(_), _) => Err(format!("must be later than now, and at most {most} days ahead")),
        (None, days) => Ok(days.map(|days| now.plus(DAY * days).whole_second())),
    }
}

/// The scopes of these names, sorted.
pub(super) fn scopes(names: &[String]) -> Vec<Scope> {
    let mut scopes: Vec<Scope> = names.iter().filter_map(|name| name.parse().ok()).collect();
    scopes.sort_unstable();
    scopes
}

/// A text that nobody can guess: 256 random bits behind a prefix.
pub(crate) fn new_token<P: Ports>(api: &Api<P>, prefix: &str) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(api.ids.token()))
}

type List = ForUser<Admin, Listed<KeyId>>;

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
        (status = 200, description = "One page.", body = grapnel_wire::key::KeyPage),
    ),
    extensions(("x-required-scope" = json!(List::SCOPE))),
)]
pub(super) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForUser { user, content: Listed { page: asked, .. }, .. }: List,
) -> Result<Response, Problem> {
    let found = api.keys.list_keys(&user, asked.limit, asked.after).await?;
    let page = PageWriter::new().with(&found.items, |key| Ok((key.id, answers::key(key))))?;
    Ok(page.finish(found.next))
}

type Revoke = ForUser<Admin>;

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
    extensions(("x-required-scope" = json!(Revoke::SCOPE))),
)]
pub(super) async fn revoke<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, .. }: Revoke,
) -> Result<Response, Problem> {
    if !api.keys.revoke_key(&user, ids.key()?).await? {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Keys that one look through a user's sessions reads.
pub(crate) const SESSIONS_AT_ONCE: usize = 100;

/// Sessions that are ended at the same time.
const SIDE_BY_SIDE: usize = 10;

/// Ends these sessions. Each of them is ended for itself: if the function dies in between, a repeat ends the rest.
pub(crate) async fn end(keys: &impl Keys, sessions: &[KeyHash]) -> Result<(), PortError> {
    for some in sessions.chunks(SIDE_BY_SIDE) {
        try_join_all(some.iter().map(|session| keys.delete_key(session))).await?;
    }
    Ok(())
}

type EndSessions = ForUser<Admin, Listed<KeyId>>;

/// `DELETE /api/sessions`: ends a user's sessions, page by page, before each answer is sent.
#[utoipa::path(
    delete,
    path = "/api/sessions",
    tag = "Keys",
    operation_id = "endSessions",
    summary = "End all sessions of a user",
    description = "Ends a user's sessions: of portal links, and of the console. The user's keys stay. One request looks at up to `limit` keys and sessions, newest first; while the answer has a `nextCursor`, repeat the request with it. Portal links that were not opened are not ended: they expire. A session that began in the last second can be missed.",
    params(parameters::Paging),
    responses(
        (status = 200, description = "The sessions are ended.", body = EndedSessions),
    ),
    extensions(("x-required-scope" = json!(EndSessions::SCOPE))),
)]
pub(super) async fn end_sessions<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForUser { user, content: Listed { page: asked, .. }, .. }: EndSessions,
) -> Result<Response, Problem> {
    let found = api.keys.list_sessions(&user, asked.limit, asked.after).await?;
    end(&api.keys, &found.items).await?;
    let next_cursor = found.next.map(|next| pagination::write_cursor(&next));
    answers::json(StatusCode::OK, &EndedSessions { ended: found.items.len(), next_cursor })
}
