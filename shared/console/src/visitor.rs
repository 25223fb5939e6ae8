//! Who looks at a page: the session that a request brings, and the user whose things are shown.

use crate::{
    backend::{Backend, Kind, Session},
    cookies, form_token,
    frame::{Frame, Section},
    links::{self, Links, Query},
    page::{self, Message},
    settings::Settings,
};
use askama::Template;
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use grapnel_wire::scope::Scope;
use std::sync::Arc;

/// Most bytes of a form.
const MOST_FORM_BYTES: usize = 256 * 1024;

/// An answer in place of a page. Boxed, since it travels in every `Result`.
#[derive(Debug)]
pub(crate) struct Stop(Box<Response>);

impl From<Response> for Stop {
    fn from(response: Response) -> Self {
        Self(Box::new(response))
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// A running session, and what it looks at.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) session: Session,
    pub(crate) token: String,
    pub(crate) links: Links,
    pub(crate) query: Query,
    path: String,
    settings: Arc<Settings>,
}

/// A visitor's form, which carries the token of the session's forms.
#[derive(Debug)]
pub(crate) struct Form {
    pub(crate) visitor: Visitor,
    pub(crate) fields: Query,
}

/// The fields of any form.
#[derive(Debug)]
pub(crate) struct Fields(pub(crate) Query);

#[derive(Template)]
#[template(path = "user.html")]
struct WhichUser {
    frame: Frame,
}

/// The first running session among the cookies, with its token.
pub(crate) async fn running<B: Backend>(
    backend: &B,
    path: &str,
    headers: &HeaderMap,
) -> Result<Option<(Session, String)>, Stop> {
    for kind in cookies::KINDS {
        let embeds = backend.settings().embeds();
        let Some(token) = cookies::token(headers, kind, embeds) else { continue };
        let found = backend.session(token).await;
        let found = found.map_err(|_| unavailable(backend.settings(), path))?;
        if let Some(session) = found {
            return Ok(Some((session, token.to_owned())));
        }
    }
    Ok(None)
}

pub(crate) const UNAVAILABLE: &str =
    "The service is busy or cannot reach its data. Try again shortly.";

pub(crate) fn unavailable(settings: &Arc<Settings>, path: &str) -> Stop {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    page::message(settings, path, status, "Temporarily unavailable", UNAVAILABLE).into()
}

impl Visitor {
    /// The frame of a page.
    pub(crate) fn frame(&self, title: impl Into<String>, section: Section) -> Frame {
        let session = Some((&self.session, self.token.as_str()));
        Frame::new(title, section, self.links.clone(), &self.settings, session)
    }

    /// The page for what does not exist, which is the same for what is somebody else's.
    pub(crate) fn not_found(&self) -> Stop {
        let text = "There is no such page, or it is not yours to see.";
        let page = Message {
            frame: self.frame("Not found", Section::Other),
            text: text.to_owned(),
            faults: Vec::new(),
            back: Some((self.links.deliveries(), "To the deliveries")),
        };
        page::html(StatusCode::NOT_FOUND, &page).into()
    }

    /// An id of the path, which goes into a path of the API.
    pub(crate) fn id<'a>(&self, id: &'a str) -> Result<&'a str, Stop> {
        if links::can_be_id(id) { Ok(id) } else { Err(self.not_found()) }
    }

    /// Whether the session has the scope; the page that says that it has not.
    pub(crate) fn needs(&self, scope: Scope) -> Result<(), Stop> {
        if self.session.may(scope) {
            return Ok(());
        }
        let page = Message {
            frame: self.frame("Not allowed", Section::Other),
            text: format!("Your session lacks the scope `{scope}`."),
            faults: Vec::new(),
            back: Some((self.links.webhooks(), "Back")),
        };
        Err(page::html(StatusCode::FORBIDDEN, &page).into())
    }

    /// An admin acts for a user, and names the user first.
    fn with_user(self) -> Result<Self, Stop> {
        if !self.session.is_admin() || self.links.user().is_some() {
            return Ok(self);
        }
        let frame = self.frame("Whose webhooks?", Section::Other);
        Err(page::html(StatusCode::OK, &WhichUser { frame }).into())
    }

    pub(crate) async fn of<B: Backend>(parts: &Parts, backend: &B) -> Result<Self, Stop> {
        let path = parts.uri.path();
        let query = Query::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let Some((session, token)) = running(backend, path, &parts.headers).await? else {
            return Err(to_sign_in(parts, backend.settings()));
        };
        let user = query.get("user").filter(|_| session.is_admin());
        let links = Links::from(path, user);
        let settings = backend.settings().clone();
        Ok(Self { session, token, links, query, path: path.to_owned(), settings })
    }

    /// The path of the page.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// What the deployment decides.
    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }
}

/// The way to sign in, and back to this page.
///
/// A browser sends no `SameSite=Strict` cookie with a link from another site. So such a request is sent
/// again by a page of ours, with the cookie, before anybody has to sign in.
fn to_sign_in(parts: &Parts, settings: &Settings) -> Stop {
    #[derive(Template)]
    #[template(path = "again.html")]
    struct Again;

    let path = parts.uri.path();
    let site = parts.headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
    let is_from_elsewhere = matches!(site, Some("cross-site" | "same-site"));
    // Within another page, the cookie of a portal session comes at once.
    if parts.method == Method::GET && is_from_elsewhere && !is_embedded(parts, settings) {
        return page::html(StatusCode::OK, &Again).into();
    }
    let below = path.strip_prefix("/console/").unwrap_or_default();
    // The address of a form is no page: the one that holds it is above.
    let next = match parts.method == Method::GET {
        true => below,
        false => below.rsplit_once('/').map_or("", |(page, _)| page),
    };
    let next = match parts.uri.query() {
        Some(query) => format!("{next}?{query}"),
        None => next.to_owned(),
    };
    let had = |kind| cookies::token(&parts.headers, kind, settings.embeds()).is_some();
    let had_cookie = cookies::KINDS.into_iter().any(had);
    let mut parameters = Vec::new();
    if had_cookie {
        parameters.push(("ended", "1"));
    }
    if links::next(&next).is_some() {
        parameters.push(("next", next.as_str()));
    }
    let door = match is_of_portal(parts, settings) && !had(Kind::Key) {
        true => "portal",
        false => "sign-in",
    };
    page::see_other(&Links::from(path, None).to_with(door, &parameters)).into()
}

/// Whether a listed page shows this one.
fn is_embedded(parts: &Parts, settings: &Settings) -> bool {
    let place = parts.headers.get("sec-fetch-dest").and_then(|place| place.to_str().ok());
    settings.embeds() && matches!(place, Some("iframe" | "frame"))
}

/// Whether the page was one of a portal session, or is embedded, where only such a session can be opened.
fn is_of_portal(parts: &Parts, settings: &Settings) -> bool {
    is_embedded(parts, settings)
        || cookies::token(&parts.headers, Kind::Portal, settings.embeds()).is_some()
}

impl<B: Backend> FromRequestParts<Arc<B>> for Visitor {
    type Rejection = Stop;

    async fn from_request_parts(parts: &mut Parts, backend: &Arc<B>) -> Result<Self, Stop> {
        Self::of(parts, &**backend).await?.with_user()
    }
}

impl<B: Backend> FromRequest<Arc<B>> for Form {
    type Rejection = Stop;

    async fn from_request(request: Request, backend: &Arc<B>) -> Result<Self, Stop> {
        let (parts, body) = request.into_parts();
        let visitor = Visitor::of(&parts, &**backend).await?;
        let fields = fields(backend.settings(), &parts, body).await?;
        Self::of(visitor, fields)
    }
}

impl Form {
    /// The form, if it carries the token of the visitor's session.
    pub(crate) fn of(visitor: Visitor, fields: Query) -> Result<Self, Stop> {
        if !form_token::is_form_of(&visitor.token, fields.get("form")) {
            let text = "This form belongs to another session, so nothing was done. Open the page \
                        again and send the form from there.";
            let title = "This form was refused";
            let status = StatusCode::FORBIDDEN;
            let refused = page::message(visitor.settings(), visitor.path(), status, title, text);
            return Err(refused.into());
        }
        Ok(Self { visitor, fields })
    }
}

impl<B: Backend> FromRequest<Arc<B>> for Fields {
    type Rejection = Stop;

    async fn from_request(request: Request, backend: &Arc<B>) -> Result<Self, Stop> {
        let (parts, body) = request.into_parts();
        fields(backend.settings(), &parts, body).await.map(Self)
    }
}

pub(crate) async fn fields(
    settings: &Arc<Settings>,
    parts: &Parts,
    body: Body,
) -> Result<Query, Stop> {
    let content_type = parts.headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let is_form = essence.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    match to_bytes(body, MOST_FORM_BYTES).await {
        Ok(bytes) if is_form => Ok(Query::parse(&bytes)),
        _ => {
            let text = "This is no form of the console, so nothing was done.";
            let title = "This form was refused";
            let status = StatusCode::BAD_REQUEST;
            Err(page::message(settings, parts.uri.path(), status, title, text).into())
        }
    }
}
