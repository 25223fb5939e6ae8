//! From the `Authorization` header to who that is.

use crate::{
    ports::{Api, Ports},
    problem::Problem,
    request::tokens::{self, Denied, Tokens},
};
use axum::http::{HeaderMap, header};
use grapnel_domain::{
    ids::UserId,
    key::{ApiKey, KeyHash},
    ports::{Clock, FetchIssuerKeys, Keys},
    scope::Scope,
    time::{Day, Timestamp},
};

/// Who presented something valid.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// Acts for any user: by the deployment's admin key, or by a stored key with the scope `admin`.
    Admin,
    /// Acts for one user.
    User {
        /// That user.
        id: UserId,
        /// What they may do.
        scopes: Vec<Scope>,
    },
}

/// Who the headers say that this is.
///
/// # Errors
/// 401 if they name nobody; 503 if that cannot be told now.
pub(crate) async fn of<P: Ports>(api: &Api<P>, headers: &HeaderMap) -> Result<Identity, Problem> {
    let presented = bearer(headers).ok_or_else(Problem::unauthorized)?;
    let hash = KeyHash::of(presented);
    if api.admin_keys.contain(&hash) {
        return Ok(Identity::Admin);
    }
    let now = api.clock.now();
    if let Some(tokens) = api.tokens.as_ref().filter(|_| tokens::is_token(presented)) {
        return of_token(tokens, presented, now).await;
    }
    let found = api.keys.key(&hash).await?;
    // Time-to-live drops a row days after its time, so that a row alone is no key.
    // A session of the console comes with a cookie, to the console alone.
    let key = found.filter(|key| key.is_valid(now) && !key.is_of_console());
    let key = key.ok_or_else(Problem::unauthorized)?;
    note_use(api, &hash, &key, now.day()).await;
    Ok(of_holder(key.user_id, key.scopes))
}

/// The user that a token of the issuer stands for.
async fn of_token<F: FetchIssuerKeys>(
    tokens: &Tokens<F>,
    token: &str,
    now: Timestamp,
) -> Result<Identity, Problem> {
    match tokens.user(token, now).await {
        Ok(user) => Ok(Identity::User { id: user.id, scopes: user.scopes }),
        Err(Denied::Refused(why)) => Err(Problem::refused_token(&why)),
        Err(Denied::Unknown(error)) => Err(error.into()),
    }
}

/// Who holds a key or a session of this user, with these scopes.
pub(crate) fn of_holder(user: UserId, scopes: Vec<Scope>) -> Identity {
    if scopes.contains(&Scope::Admin) {
        Identity::Admin
    } else {
        Identity::User { id: user, scopes }
    }
}

/// Notes the first use of a day. Only the day: one write a day, not one for each request. If the
/// write fails, the request goes on, and the next one notes the day.
pub(crate) async fn note_use<P: Ports>(api: &Api<P>, hash: &KeyHash, key: &ApiKey, today: Day) {
    if key.last_used_on >= Some(today) {
        return;
    }
    if let Err(error) = api.keys.note_key_use(hash, today).await {
        tracing::warn!(%error, key.id = %key.id, "the use of a key was not noted");
    }
}

/// The key of the one `Authorization: Bearer <key>` header (RFC 6750 section 2.1), if it is well
/// formed. The scheme is case-insensitive (RFC 9110 section 11.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    let key = key.trim_matches(' ');
    let visible = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    (scheme.eq_ignore_ascii_case("bearer") && visible).then_some(key)
}
