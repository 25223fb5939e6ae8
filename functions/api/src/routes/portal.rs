//! `/api/portal-links` and `/api/portal-sessions`: from a platform's own pages, which know their
//! user, to a session of that user here.
//!
//! The admin makes a link for a user and hands its token over. The first request with the token
//! gets a session: a key with an end, within the scopes that were chosen. A token opens one session. If the
//! answer to it is lost, so is the session, and the admin makes another link.

use super::keys::{new_token, scopes};
use crate::{
    answers,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{Admin, Body, ForUser},
        body::Incoming,
        middleware::Acting,
        query::NoQuery,
    },
};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use grapnel_domain::{
    key::{ApiKey, KeyHash, KeyUse, Look, PortalLink},
    ports::{Clock, GenerateIds, PortalLinks},
    scope::Scope,
    time::Timestamp,
};
use grapnel_wire::{
    key::CreatedKey,
    limits::{CONSOLE_PAGES, LINK_MINUTES_DEFAULT, SESSION_HOURS_DEFAULT},
    portal::{self, NewPortalLink, PortalSession},
};
use std::{sync::Arc, time::Duration};

/// What a link's token begins with, so that one that leaked is recognised.
pub(crate) const LINK_PREFIX: &str = "gpl_";
/// What a session's key begins with.
const SESSION_PREFIX: &str = "gps_";

type CreateLink = ForUser<Admin, Body<NewPortalLink>>;

/// `POST /api/portal-links`: makes a link. Only its token's hash is stored: this answer is the one
/// time that the token is shown.
#[utoipa::path(
    post,
    path = "/api/portal-links",
    tag = "Portal",
    operation_id = "createPortalLink",
    summary = "Create a portal link",
    description = "Creates a link that opens one session for one user. Only a hash of the token is stored: this response is the only one that contains the token.",
    request_body = NewPortalLink,
    responses(
        (status = 201, description = "The link.", body = portal::PortalLink),
    ),
    extensions(("x-required-scope" = json!(CreateLink::SCOPE))),
)]
pub(super) async fn create_link<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    headers: HeaderMap,
    ForUser { user: user_id, content: Body(mut asked), .. }: CreateLink,
) -> Result<Response, Problem> {
    let next = asked.check("next", |asked| first_page(asked.next.as_deref())).flatten();
    let scopes = asked.check("scopes", |asked| {
        let scopes = scopes(&asked.scopes);
        match scopes.contains(&Scope::Admin) {
            true => Err("must not name `admin`: a session is its user's".to_owned()),
            false => Ok(scopes),
        }
    });
    let asked = asked.finish().map_err(Problem::invalid_fields)?;
    let minutes = asked.expires_in_minutes.unwrap_or(LINK_MINUTES_DEFAULT);
    let hours = asked.session_hours.unwrap_or(SESSION_HOURS_DEFAULT);

    let token = new_token(&api, LINK_PREFIX);
    let link = PortalLink {
        user_id,
        scopes: scopes.unwrap_or_default(),
        session: Duration::from_secs(3600 * hours),
        next,
        look: Look {
            theme: asked.theme,
            hides_navigation: asked.hide_navigation.unwrap_or_default(),
        },
        expires_at: api.clock.now().plus(Duration::from_secs(60 * minutes)).whole_second(),
    };
    api.keys.store_link(&KeyHash::of(&token), &link).await?;
    let console = console_url(api.console.url.as_deref(), &headers);
    let url = format!("{console}/portal#token={token}");
    answers::json(StatusCode::CREATED, &answers::portal_link(&link, token, url))
}

/// The page of the console that a link opens, relative to the console.
fn first_page(path: Option<&str>) -> Result<Option<String>, String> {
    let Some(path) = path else { return Ok(None) };
    match grapnel_console::page_of_path(path) {
        Some(page) => Ok(Some(page.to_owned())),
        None => Err(format!(
            "must be the path of a page of the console, such as `/console/webhooks`: below one of {}, without `.` and `..`",
            CONSOLE_PAGES.map(|page| format!("`/console/{page}`")).join(", ")
        )),
    }
}

/// The console's address: the deployment's, or that of the host that was asked. Without a host it is relative.
fn console_url(configured: Option<&str>, headers: &HeaderMap) -> String {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    // API Gateway's own name or a custom domain of the API: it takes no other. See `request::gateway`.
    let host = text(header::HOST.as_str()).or_else(|| text("x-forwarded-host"));
    let host = host.filter(|host| !host.is_empty() && host.bytes().all(plain));
    let scheme = if text("x-forwarded-proto") == Some("http") { "http" } else { "https" };
    match (configured, host) {
        (Some(url), _) => url.to_owned(),
        (None, Some(host)) => format!("{scheme}://{host}/console"),
        (None, None) => "/console".to_owned(),
    }
}

/// `POST /api/portal-sessions`: opens a link. It takes no key: the token is what lets in.
#[utoipa::path(
    post,
    path = "/api/portal-sessions",
    tag = "Portal",
    operation_id = "openPortalSession",
    summary = "Open a portal link",
    description = "Exchanges the token of a portal link for a session key. Needs no API key. A token works once.",
    request_body = PortalSession,
    responses(
        (status = 201, description = "The session's key.", body = CreatedKey),
    ),
    extensions(("x-problems" = json!(["invalid_query", "link_not_valid"]))),
)]
pub(super) async fn open_session<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    Extension(acting): Extension<Acting>,
    _: NoQuery,
    body: Incoming,
) -> Result<Response, Problem> {
    let asked = body.object().await?.read::<PortalSession>().finish();
    let link_hash = KeyHash::of(&asked.map_err(Problem::invalid_fields)?.token);
    let now = api.clock.now();
    let found = api.keys.link(&link_hash).await?;
    let link = found.filter(|link| now < link.expires_at).ok_or_else(Problem::link_not_valid)?;
    acting.for_user(&link.user_id);

    let key = new_token(&api, SESSION_PREFIX);
    let session = session_of(&api, link, KeyUse::Portal, now);
    if !api.keys.exchange_link(&link_hash, &KeyHash::of(&key), &session).await? {
        return Err(Problem::link_not_valid());
    }
    answers::json(StatusCode::CREATED, &answers::created_key(&session, key))
}

/// The session that a link opens.
pub(crate) fn session_of<P: Ports>(
    api: &Api<P>,
    link: PortalLink,
    purpose: KeyUse,
    now: Timestamp,
) -> ApiKey {
    ApiKey {
        expires_at: Some(now.plus(link.session).whole_second()),
        purpose,
        ..ApiKey::new(api.ids.key_id(), link.user_id, link.scopes, now)
    }
}
