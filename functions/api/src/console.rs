//! What the console needs of the API: its sessions, and the way to its routes.
//!
//! A session is a row among the keys, under the hash of a random token that only the cookie has. So it is
//! listed and revoked as keys are. It counts for the console alone: `request::identity` believes no bearer
//! token that is one.
//!
//! A session that was opened with a key ends with that key. So a request to the console costs two reads
//! before its page: the session's row, and the row of the key that opened it.
//!
//! A session that is used goes on: a request in the second half of its idle time moves its end, up to the latest one. If
//! the function dies before, the next request does it.

use crate::{
    ports::{Api, Ports},
    problem::Problem,
    request::identity::{self, Identity},
    routes::{
        keys::{self, new_token},
        portal, test_delivery,
    },
};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, Response, StatusCode},
    response::IntoResponse,
};
use grapnel_console::{
    Answer, Backend, Kind, Look, Refusal, Session, Settings, SignedIn, Unavailable,
};
use grapnel_domain::{
    ids::UserId,
    key::{ApiKey, KeyHash, KeyUse, Opener},
    ports::{Clock, GenerateIds, Keys, PortError, PortalLinks},
    scope::Scope,
    time::Timestamp,
};
use std::{sync::Arc, time::Duration};
use tower::ServiceExt;

/// What a session's token begins with, so that one that leaked is recognised.
const SESSION_PREFIX: &str = "gcs_";

/// Who holds the sessions of the deployment's admin key, which belongs to no user.
const ADMIN_HOLDER: &str = "deployment-admin";

/// Pages of a user's keys that one form looks through.
const MOST_PAGES: usize = 10;

const HOUR: Duration = Duration::from_secs(3600);

/// How long a session lasts at most. One that acts for any user is as short as is bearable.
fn longest(scopes: &[Scope]) -> Duration {
    if scopes.contains(&Scope::Admin) { HOUR } else { 12 * HOUR }
}

/// The API and its routes.
pub(crate) struct Console<P: Ports> {
    api: Arc<Api<P>>,
    routes: Router,
}

impl<P: Ports> Console<P> {
    pub(crate) fn new(api: Arc<Api<P>>, routes: Router) -> Self {
        Self { api, routes }
    }

    /// Opens a session of the user who holds a key.
    async fn with_key(&self, presented: &str) -> Result<SignedIn, Refused> {
        let (api, hash) = (&self.api, KeyHash::of(presented));
        let now = api.clock.now();
        let holder = if api.admin_keys.contain(&hash) {
            let holder = UserId::parse(ADMIN_HOLDER).map_err(|_| Refusal::UnknownKey)?;
            Holder { user: holder, scopes: vec![Scope::Admin], name: None, expires_at: None }
        } else {
            let found = api.keys.key(&hash).await?.filter(|key| !key.is_of_console());
            let key = found.ok_or(Refusal::UnknownKey)?;
            if !key.is_valid(now) {
                return Err(Refusal::ExpiredKey.into());
            }
            // A sign-in stores a row, so it counts as a request of the user. Admins have no quota.
            if !key.scopes.contains(&Scope::Admin) {
                let standing = api.quotas.take(&api.keys, &key.user_id, now).await;
                if standing.is_some_and(|standing| !standing.admitted) {
                    return Err(Refusal::TooMany.into());
                }
            }
            identity::note_use(api, &hash, &key, now.day()).await;
            let ApiKey { user_id: user, scopes, name, expires_at, .. } = key;
            Holder { user, scopes, name, expires_at }
        };
        let latest = now.plus(longest(&holder.scopes)).whole_second();
        let latest = holder.expires_at.map_or(latest, |key_ends| key_ends.min(latest));
        let token = new_token(api, SESSION_PREFIX);
        let session = ApiKey {
            name: holder.name,
            purpose: KeyUse::Console(Opener::Key(hash)),
            ..ApiKey::new(api.ids.key_id(), holder.user, holder.scopes, now)
        };
        let session = session.in_use_until(latest, now);
        api.keys.store_key(&KeyHash::of(&token), &session).await?;
        Ok(SignedIn { token, session: seen(&session, latest), next: None })
    }

    /// Opens a portal link.
    async fn with_link(&self, presented: &str) -> Result<SignedIn, Refused> {
        let (api, hash) = (&self.api, KeyHash::of(presented));
        let now = api.clock.now();
        let link = api.keys.link(&hash).await?.ok_or(Refusal::UsedLink)?;
        if link.expires_at <= now {
            return Err(Refusal::ExpiredLink.into());
        }
        let token = new_token(api, SESSION_PREFIX);
        let (next, look) = (link.next.clone(), link.look.clone());
        let latest = now.plus(link.session);
        let session = portal::session_of(api, link, KeyUse::Console(Opener::Link), now);
        let session = ApiKey { look, ..session }.in_use_until(latest, now);
        if !api.keys.exchange_link(&hash, &KeyHash::of(&token), &session).await? {
            return Err(Refusal::UsedLink.into());
        }
        Ok(SignedIn { session: seen(&session, latest), token, next })
    }

    /// The session of this token, as it is stored, if it counts now.
    async fn running(&self, token: &str) -> Result<Option<ApiKey>, PortError> {
        let api = &self.api;
        if !token.starts_with(SESSION_PREFIX) {
            return Ok(None);
        }
        let (hash, now) = (KeyHash::of(token), api.clock.now());
        let Some(session) = api.keys.key(&hash).await?.filter(|key| key.is_valid(now)) else {
            return Ok(None);
        };
        let counts = match &session.purpose {
            KeyUse::Api | KeyUse::Portal => false,
            KeyUse::Console(Opener::Link) => true,
            KeyUse::Console(Opener::Key(opener)) if api.admin_keys.contain(opener) => true,
            KeyUse::Console(Opener::Key(opener)) => {
                api.keys.key(opener).await?.is_some_and(|key| key.is_valid(now))
            }
        };
        if !counts {
            return Ok(None);
        }
        identity::note_use(api, &hash, &session, now.day()).await;
        Ok(Some(self.kept(&hash, session, now).await))
    }

    /// The session with its end moved, if it is time. A move that fails stops no request.
    async fn kept(&self, hash: &KeyHash, session: ApiKey, now: Timestamp) -> ApiKey {
        let Some((end, later)) = session.moved_end(now) else { return session };
        match self.api.keys.move_end(hash, end, later).await {
            Ok(()) => ApiKey { expires_at: Some(later), ..session },
            Err(error) => {
                tracing::warn!(%error, key.id = %session.id, "the end of a session was not moved");
                session
            }
        }
    }

    /// Ends a user's sessions but for one. Answers whether there are no more.
    async fn end_sessions(&self, user: &UserId, but: &KeyHash) -> Result<bool, PortError> {
        let mut after = None;
        for _ in 0..MOST_PAGES {
            let found = self.api.keys.list_sessions(user, keys::SESSIONS_AT_ONCE, after).await?;
            let ended: Vec<KeyHash> =
                found.items.into_iter().filter(|session| session != but).collect();
            keys::end(&self.api.keys, &ended).await?;
            after = found.next;
            if after.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The user of a key that opens a session.
struct Holder {
    user: UserId,
    scopes: Vec<Scope>,
    name: Option<String>,
    expires_at: Option<Timestamp>,
}

/// Why no session was opened.
struct Refused(Refusal);

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<PortError> for Refused {
    fn from(error: PortError) -> Self {
        tracing::warn!(%error, "a session of the console could not be opened");
        Self(Refusal::Unavailable)
    }
}

/// A session as the console sees it.
fn seen(session: &ApiKey, expires_at: Timestamp) -> Session {
    Session {
        id: session.id.to_string(),
        user: session.user_id.to_string(),
        scopes: session.scopes.clone(),
        kind: if session.is_of_portal() { Kind::Portal } else { Kind::Key },
        expires_at,
        look: Look {
            theme: session.look.theme.clone(),
            hides_navigation: session.look.hides_navigation,
        },
    }
}

/// The caller that the API sees in a session: the same as in a key with its scopes.
fn identity_of(session: &Session) -> Option<Identity> {
    let user = UserId::parse(session.user.as_str()).ok()?;
    Some(identity::of_holder(user, session.scopes.clone()))
}

impl<P: Ports> Backend for Console<P> {
    fn settings(&self) -> &Arc<Settings> {
        &self.api.console
    }

    async fn sign_in(&self, credential: &str) -> Result<SignedIn, Refusal> {
        let opened = match credential.starts_with(portal::LINK_PREFIX) {
            true => self.with_link(credential).await,
            false => self.with_key(credential).await,
        };
        opened.map_err(|Refused(refusal)| refusal)
    }

    async fn session(&self, token: &str) -> Result<Option<Session>, Unavailable> {
        let found = self.running(token).await.map_err(|error| {
            tracing::warn!(%error, "a session of the console could not be read");
            Unavailable
        })?;
        Ok(found.and_then(|session| Some(seen(&session, session.expires_at?))))
    }

    async fn sign_out(&self, token: &str) -> Result<(), Unavailable> {
        self.api.keys.delete_key(&KeyHash::of(token)).await.map_err(|error| {
            tracing::warn!(%error, "a session of the console could not be ended");
            Unavailable
        })
    }

    fn now(&self) -> Timestamp {
        self.api.clock.now()
    }

    fn form_name(&self) -> String {
        test_delivery::random_id(&*self.api)
    }

    async fn sign_out_everywhere(
        &self,
        session: &Session,
        token: &str,
    ) -> Result<bool, Unavailable> {
        let Ok(user) = UserId::parse(session.user.as_str()) else { return Err(Unavailable) };
        let own = KeyHash::of(token);
        let ended = self.end_sessions(&user, &own).await.map_err(|error| {
            tracing::warn!(%error, user.id = user.as_str(), "sessions could not be ended");
            Unavailable
        })?;
        if ended {
            self.sign_out(token).await?;
        }
        Ok(ended)
    }

    async fn link_user(&self, token: &str) -> Result<Option<String>, Unavailable> {
        let now = self.api.clock.now();
        let found = self.api.keys.link(&KeyHash::of(token)).await.map_err(|error| {
            tracing::warn!(%error, "a portal link could not be read");
            Unavailable
        })?;
        let link = found.filter(|link| now < link.expires_at);
        Ok(link.map(|link| link.user_id.to_string()))
    }

    async fn call(&self, session: &Session, request: Request<Vec<u8>>) -> Answer {
        let mut request = request.map(Body::from);
        let response = match identity_of(session) {
            Some(identity) => {
                request.extensions_mut().insert(identity);
                let Ok(response) = self.routes.clone().oneshot(request).await;
                response
            }
            None => Problem::unauthorized().into_response(),
        };
        read(response).await
    }
}

async fn read(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(body) => Answer { status: parts.status, headers: parts.headers, body },
        // The API's own bodies are in memory already.
        Err(_) => Answer {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            headers: parts.headers,
            body: Default::default(),
        },
    }
}
