//! What the console needs of the process that it is part of.

use crate::settings::Settings;
use axum::body::Bytes;
use grapnel_wire::{portal::Theme, scope::Scope, time::Timestamp};
use http::{HeaderMap, Request, StatusCode};
use std::{fmt, sync::Arc};

/// Sessions, and the API.
pub trait Backend: Send + Sync + 'static {
    /// What the deployment decides about its console.
    fn settings(&self) -> &Arc<Settings>;

    /// Opens a session with an API key, an admin key or a portal link's token.
    fn sign_in(&self, credential: &str) -> impl Future<Output = Result<SignedIn, Refusal>> + Send;

    /// The session of a token, if it is still valid and so is the key that opened it.
    fn session(
        &self,
        token: &str,
    ) -> impl Future<Output = Result<Option<Session>, Unavailable>> + Send;

    /// Ends a session: after the answer, its token is worth nothing.
    fn sign_out(&self, token: &str) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// The time of day.
    fn now(&self) -> Timestamp;

    /// A new name for a form, by which a second submit of it is recognised. Nobody can guess it.
    fn form_name(&self) -> String;

    /// Ends every session of the session's user, and this one last. Returns whether all are ended: a user may have too many for
    /// one call, and then this one goes on, so that the call can be repeated.
    fn sign_out_everywhere(
        &self,
        session: &Session,
        token: &str,
    ) -> impl Future<Output = Result<bool, Unavailable>> + Send;

    /// The user that a portal link was made for, without opening it; `None` if it opens nothing.
    fn link_user(
        &self,
        token: &str,
    ) -> impl Future<Output = Result<Option<String>, Unavailable>> + Send;

    /// Sends a request to the API as this session, and reads the whole answer.
    fn call(
        &self,
        session: &Session,
        request: Request<Vec<u8>>,
    ) -> impl Future<Output = Answer> + Send;
}

/// Which credential opened a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An API key or the admin key.
    Key,
    /// A portal link.
    Portal,
}

/// Who looks at the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The id of its key, by which an admin can revoke it.
    pub id: String,
    /// The user that it acts for; for an admin, the holder of the key.
    pub user: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// How it was opened.
    pub kind: Kind,
    /// When it ends, unless a request comes before.
    pub expires_at: Timestamp,
    /// How its pages look.
    pub look: Look,
}

/// How a portal link wants its session's pages to look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// The deployment's, if absent.
    pub theme: Option<Theme>,
    /// Whether the bar with the way to other pages is left out.
    pub hides_navigation: bool,
}

impl Session {
    /// Whether it acts for any user.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.scopes.contains(&Scope::Admin)
    }

    /// Whether it has the scope.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.is_admin() || self.scopes.contains(&scope)
    }
}

/// A new session.
pub struct SignedIn {
    /// For the cookie. Only its hash is stored.
    pub token: String,
    /// The session.
    pub session: Session,
    /// The page to open first, relative to the console, if the credential names one.
    pub next: Option<String>,
}

impl fmt::Debug for SignedIn {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Why a credential opens no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No such key: it was mistyped or revoked.
    UnknownKey,
    /// The key has expired.
    ExpiredKey,
    /// No such link: it was mistyped or used before.
    UsedLink,
    /// The link has expired.
    ExpiredLink,
    /// The user of the key has made too many requests in this minute.
    TooMany,
    /// Nobody can tell now.
    Unavailable,
}

/// The sessions cannot be reached now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unavailable;

/// An answer of the API.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its whole body.
    pub body: Bytes,
}
