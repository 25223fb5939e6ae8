//! `/api/portal-links` and `/api/portal-sessions`: from a platform's own pages, which know their
//! user, to a session of that user here.
//!
//! The admin makes a link for a user and hands its token over; whoever presents it first gets a
//! session: a key with an end, within the scopes that were chosen. A token opens one session. If the
//! answer to it is lost, so is the session, and the admin makes another link.

use super::keys::{draft, new_token};
use crate::{
    auth::Caller,
    body::{Incoming, Object},
    boundary::Acting,
    contract::schemas,
    ports::{Api, Ports},
    problem::Problem,
    views::{self, NewKeyView, PortalLinkView},
};
use axum::{Extension, extract::State, http::StatusCode, response::Response};
use grapnel_domain::{
    fault::{Faults, FieldFault},
    ports::{
        ApiKey, Clock, ExchangePortalLinks, GenerateIds, KeyHash, PortalLink, StorePortalLinks,
    },
    scope::Scope,
};
use std::{ops::RangeInclusive, sync::Arc, time::Duration};

/// What a link's token begins with, so that one that leaked is recognised.
const LINK_PREFIX: &str = "gpl_";
/// What a session's key begins with.
const SESSION_PREFIX: &str = "gps_";

/// For how many minutes a link may wait to be opened,
const LINK_MINUTES: RangeInclusive<u64> = 1..=60;
/// and does, unless told otherwise.
const DEFAULT_LINK_MINUTES: u64 = 10;
/// For how many hours a session may last,
const SESSION_HOURS: RangeInclusive<u64> = 1..=12;
/// and does, unless told otherwise.
const DEFAULT_SESSION_HOURS: u64 = 1;

/// `POST /api/portal-links`: makes a link. Only its token's hash is stored: this answer is the one
/// time that the token is shown.
#[utoipa::path(
    post,
    path = "/api/portal-links",
    tag = "Portal",
    operation_id = "createPortalLink",
    summary = "Create a portal link",
    description = "Creates a link that opens one session for one user. Only a hash of the token is stored: this response is the only one that contains the token.",
    request_body = schemas::portal::NewPortalLink,
    responses(
        (status = 201, description = "The link.", body = schemas::portal::PortalLink),
    ),
    extensions(("x-required-scope" = json!("admin"))),
)]
pub(super) async fn create_link<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may_administer(&[])?;
    let mut input = body.object().await?;
    let user_id = permit.user_with(input.take_user()?)?;
    let asked = Asked::parse(&input).map_err(Problem::invalid_fields)?;

    let token = new_token(&api, LINK_PREFIX);
    let link = PortalLink {
        user_id,
        scopes: asked.scopes,
        session: asked.session,
        expires_at: api.clock.now().plus(asked.link).whole_second(),
    };
    api.keys.store_link(&KeyHash::of(&token), &link).await?;
    views::json(StatusCode::CREATED, &PortalLinkView::new(&link, &token))
}

/// `POST /api/portal-sessions`: opens a link. It takes no key: the token is what lets in.
#[utoipa::path(
    post,
    path = "/api/portal-sessions",
    tag = "Portal",
    operation_id = "openPortalSession",
    summary = "Open a portal link",
    description = "Exchanges the token of a portal link for a session key. Needs no API key. A token works once.",
    request_body = schemas::portal::PortalSession,
    responses(
        (status = 201, description = "The session's key.", body = schemas::keys::CreatedKey),
    ),
    extensions(("x-problems" = json!(["link_not_valid"]))),
)]
pub(super) async fn open_session<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    Extension(acting): Extension<Acting>,
    body: Incoming,
) -> Result<Response, Problem> {
    let token = token(&body.object().await?).map_err(Problem::invalid_fields)?;
    let link_hash = KeyHash::of(&token);
    let now = api.clock.now();
    let found = api.keys.link(&link_hash).await?;
    let link = found.filter(|link| now < link.expires_at).ok_or_else(Problem::link_not_valid)?;
    acting.for_user(&link.user_id);

    let key = new_token(&api, SESSION_PREFIX);
    let session = ApiKey {
        expires_at: Some(now.plus(link.session).whole_second()),
        portal: true,
        ..ApiKey::new(api.ids.key_id(), link.user_id, link.scopes, now)
    };
    if !api.keys.exchange_link(&link_hash, &KeyHash::of(&key), &session).await? {
        return Err(Problem::link_not_valid());
    }
    views::json(StatusCode::CREATED, &NewKeyView::new(&session, &key))
}

fn token(input: &Object) -> Result<String, Vec<FieldFault>> {
    let mut faults = Faults::default();
    input.refuse_all_but(&["token"], &mut faults);
    let token = input.get("token").and_then(|value| value.as_str());
    if token.is_none() {
        faults.add("token", "must be the token of a portal link");
    }
    match token {
        Some(token) if faults.is_empty() => Ok(token.to_owned()),
        _ => Err(faults.into_vec()),
    }
}

/// What a body asks a link to be.
struct Asked {
    scopes: Vec<Scope>,
    link: Duration,
    session: Duration,
}

impl Asked {
    fn parse(input: &Object) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        input.refuse_others(&["scopes", "expiresInMinutes", "sessionHours"], &mut faults);
        // A link goes through a browser, so nothing is given with it that nobody has named.
        if input.get("scopes").is_none() {
            faults.add("scopes", "must name at least one scope");
        }
        let scopes = draft::scopes(input, &mut faults).unwrap_or_default();
        if scopes.contains(&Scope::Admin) {
            faults.add("scopes", "must not name `admin`: a session is its user's");
        }
        let minutes =
            input.number("expiresInMinutes", LINK_MINUTES, DEFAULT_LINK_MINUTES, &mut faults);
        let hours = input.number("sessionHours", SESSION_HOURS, DEFAULT_SESSION_HOURS, &mut faults);
        if !faults.is_empty() {
            return Err(faults.into_vec());
        }
        let (link, session) =
            (Duration::from_secs(60 * minutes), Duration::from_secs(3600 * hours));
        Ok(Self { scopes, link, session })
    }
}
