//! Signing in: with any credential, and by a portal link alone.

use crate::{
    backend::{Backend, Kind, Refusal, Session, SignedIn},
    cookies, form_token,
    frame::Frame,
    guard::FromElsewhere,
    links::{self, Links, Query},
    page,
    settings::Settings,
    text::visible,
    visitor::{self, Fields, Stop},
};
use askama::Template;
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::Response,
};
use grapnel_wire::scope::Scope;
use std::sync::Arc;

/// What the token of a portal link begins with.
const LINK: &str = "gpl_";

/// Which page signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Takes any credential.
    Any,
    /// Takes portal links alone, so that it may be embedded.
    Portal,
}

impl Door {
    fn path(self) -> &'static str {
        match self {
            Self::Any => "/console/sign-in",
            Self::Portal => page::PORTAL,
        }
    }

    /// Whether it takes such a credential.
    fn takes(self, credential: &str) -> bool {
        let fits = (1..=MOST_BYTES).contains(&credential.len());
        fits && (self == Self::Any || credential.starts_with(LINK))
    }

    /// What to enter.
    fn asks(self) -> &'static str {
        match self {
            Self::Any => "Enter an API key, the admin key, or the token of a portal link.",
            Self::Portal => "Enter the token of a portal link.",
        }
    }
}

/// Longest credential that is looked at.
const MOST_BYTES: usize = 512;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    frame: Frame,
    /// Why the last try failed, or the last session ended.
    message: Option<&'static str>,
    /// The page to open afterwards.
    next: String,
    /// What was entered and not used, to send again.
    entered: String,
    /// Whether the script sends what was entered at once.
    sends_entered: bool,
    /// A session that runs, which signing in ends.
    running: Option<Running>,
    is_portal: bool,
    /// Whether the script opens a link without a click. Such a form ends no session of another user.
    opens_links: bool,
}

struct Running {
    user: String,
    /// The token of its forms: only a page that showed it can end it.
    form: String,
}

impl Running {
    fn of((session, token): &(Session, String)) -> Self {
        Self { user: visible(&session.user), form: form_token::of(token) }
    }
}

impl SignIn {
    fn new(
        door: Door,
        settings: &Arc<Settings>,
        message: Option<&'static str>,
        next: Option<&str>,
    ) -> Self {
        let next = next.and_then(links::next).unwrap_or_default().to_owned();
        let frame = Frame::bare(settings, "Sign in", door.path());
        let is_portal = door == Door::Portal;
        Self {
            frame: if is_portal { frame.of_portal() } else { frame },
            message,
            next,
            entered: String::new(),
            sends_entered: false,
            running: None,
            is_portal,
            opens_links: true,
        }
    }

    /// The same where a session may run. A link for the user of a portal session replaces it without a click; whose the link
    /// is, the server finds when it gets it.
    fn beside(self, running: Option<&(Session, String)>) -> Self {
        let opens_links = running.is_none_or(|(session, _)| session.kind == Kind::Portal);
        Self { running: running.map(Running::of), opens_links, ..self }
    }
}

/// `GET /console/sign-in`.
pub(crate) async fn form<B: Backend>(
    State(backend): State<Arc<B>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    show(Door::Any, &*backend, &uri, &headers).await
}

/// `GET /console/portal`.
pub(crate) async fn portal_form<B: Backend>(
    State(backend): State<Arc<B>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    show(Door::Portal, &*backend, &uri, &headers).await
}

async fn show<B: Backend>(
    door: Door,
    backend: &B,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Stop> {
    let query = Query::parse(uri.query().unwrap_or_default().as_bytes());
    let message = match (query.get("ended"), query.get("left"), door) {
        (Some(_), _, Door::Any) => Some("Your session has ended. Sign in again."),
        (Some(_), _, Door::Portal) => Some("Your session has ended. Open a new link."),
        (None, Some(_), _) => Some("You are signed out."),
        (None, None, _) => None,
    };
    let running = visitor::running(backend, door.path(), headers).await?;
    let page = SignIn::new(door, backend.settings(), message, query.get("next"));
    Ok(page::html(StatusCode::OK, &page.beside(running.as_ref())))
}

/// `POST /console/sign-in`.
pub(crate) async fn open<B: Backend>(
    State(backend): State<Arc<B>>,
    headers: HeaderMap,
    Fields(fields): Fields,
) -> Result<Response, Stop> {
    sign_in(Door::Any, &*backend, &headers, &fields).await
}

/// `POST /console/portal`. What another site sends comes again from a page of ours: see `guard`.
pub(crate) async fn open_link<B: Backend>(
    State(backend): State<Arc<B>>,
    elsewhere: Option<Extension<FromElsewhere>>,
    headers: HeaderMap,
    Fields(fields): Fields,
) -> Result<Response, Stop> {
    let credential = fields.get("credential").unwrap_or_default().trim();
    if elsewhere.is_some() && Door::Portal.takes(credential) {
        let page = SignIn {
            entered: credential.to_owned(),
            sends_entered: true,
            ..SignIn::new(Door::Portal, backend.settings(), None, fields.get("next"))
        };
        return Ok(page::html(StatusCode::OK, &page));
    }
    sign_in(Door::Portal, &*backend, &headers, &fields).await
}

/// Whether a credential is a link for the user of this portal session.
async fn is_for_same_user<B: Backend>(
    backend: &B,
    session: &Session,
    credential: &str,
    path: &str,
) -> Result<bool, Stop> {
    if session.kind != Kind::Portal || !credential.starts_with(LINK) {
        return Ok(false);
    }
    let user = backend.link_user(credential).await;
    let user = user.map_err(|_| visitor::unavailable(backend.settings(), path))?;
    Ok(user.as_deref() == Some(session.user.as_str()))
}

/// Opens a session. One that runs is replaced only if the form says so, which its reader sees and clicks, or by a link
/// for the same user.
async fn sign_in<B: Backend>(
    door: Door,
    backend: &B,
    headers: &HeaderMap,
    fields: &Query,
) -> Result<Response, Stop> {
    let settings = backend.settings();
    let credential = fields.get("credential").unwrap_or_default().trim();
    let again = |message| SignIn::new(door, settings, Some(message), fields.get("next"));
    if !door.takes(credential) {
        return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &again(door.asks())));
    }
    let running = visitor::running(backend, door.path(), headers).await?;
    if let Some((session, token)) = &running
        && !form_token::is_form_of(token, fields.get("replace"))
        && !is_for_same_user(backend, session, credential, door.path()).await?
    {
        let page = again("You are signed in already. Sign in again to replace that session.");
        let page = SignIn {
            entered: credential.to_owned(),
            opens_links: false,
            ..page.beside(running.as_ref())
        };
        return Ok(page::html(StatusCode::CONFLICT, &page));
    }
    let opened = match backend.sign_in(credential).await {
        Ok(opened) => opened,
        Err(refusal) => {
            let (status, message) = refused(refusal);
            return Ok(page::html(status, &again(message).beside(running.as_ref())));
        }
    };
    if let Some((_, token)) = running {
        // If that fails, the old session ends by its time. The new one must not be lost with it: a link is
        // used up.
        let _ = backend.sign_out(&token).await;
    }
    let next = fields.get("next").or(opened.next.as_deref());
    let first = first_page(door, &opened.session, next);
    Ok(with_cookie(settings.embeds(), page::see_other(&first), &opened))
}

fn refused(refusal: Refusal) -> (StatusCode, &'static str) {
    match refusal {
        Refusal::UnknownKey => (
            StatusCode::FORBIDDEN,
            "This is no key of this deployment: it was mistyped, or it was revoked.",
        ),
        Refusal::ExpiredKey => (StatusCode::FORBIDDEN, "This key has expired. Ask for a new one."),
        Refusal::UsedLink => (
            StatusCode::FORBIDDEN,
            "This portal link was used before, or does not exist. Ask for a new one.",
        ),
        Refusal::ExpiredLink => {
            (StatusCode::FORBIDDEN, "This portal link has expired. Ask for a new one.")
        }
        Refusal::TooMany => (
            StatusCode::TOO_MANY_REQUESTS,
            "There were too many requests in this minute. Try again in the next one.",
        ),
        Refusal::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, visitor::UNAVAILABLE),
    }
}

/// The page that was asked for, or the first that the session may see.
fn first_page(door: Door, session: &Session, next: Option<&str>) -> String {
    let links = Links::from(door.path(), None);
    match next.and_then(links::next) {
        Some(next) => links.to(next),
        None if !session.may(Scope::DeliveriesRead) => links.webhooks(),
        None => links.overview(),
    }
}

/// The new session's cookie, and the other one removed.
fn with_cookie(embeds: bool, mut response: Response, opened: &SignedIn) -> Response {
    for kind in cookies::KINDS {
        let cookie = match kind == opened.session.kind {
            true => cookies::set(kind, embeds, &opened.token),
            false => cookies::clear(kind, embeds),
        };
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}
