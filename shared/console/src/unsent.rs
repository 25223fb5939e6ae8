//! The forms in which people type. If the session has ended meanwhile, or is another one now, the answer holds
//! everything that was typed, to be sent again.

use crate::{
    backend::Backend,
    form_token,
    frame::{Frame, Section},
    links::{Links, Query},
    page,
    settings::Settings,
    text::Editable,
    visitor::{self, Form, Stop, Visitor},
};
use askama::Template;
use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// A form in which somebody typed.
#[derive(Debug)]
pub(crate) struct Typing(pub(crate) Form);

impl<B: Backend> FromRequest<Arc<B>> for Typing {
    type Rejection = Stop;

    async fn from_request(request: Request, backend: &Arc<B>) -> Result<Self, Stop> {
        let (parts, body) = request.into_parts();
        let fields = visitor::fields(backend.settings(), &parts, body).await?;
        let path = parts.uri.path();
        let visitor = match Visitor::of(&parts, &**backend).await {
            Ok(visitor) => visitor,
            Err(stop) => {
                let response = stop.into_response();
                let has_ended = response.status() == StatusCode::SEE_OTHER;
                let kept =
                    has_ended.then(|| without_session(backend.settings(), path, &fields)).flatten();
                return Err(kept.unwrap_or(response).into());
            }
        };
        if !form_token::is_form_of(&visitor.token, fields.get("form"))
            && let Some(kept) = of_another_session(&visitor, &fields)
        {
            return Err(kept.into());
        }
        Form::of(visitor, fields).map(Self)
    }
}

/// The field by which a form shows that it has something to lose. The others are clicks.
const HAS_TYPED: &str = "do";

#[derive(Template)]
#[template(path = "unsent.html")]
struct Unsent<'a> {
    frame: Frame,
    text: &'static str,
    fields: Vec<(&'a str, &'a str)>,
    /// Where to sign in, if no session runs.
    sign_in: Option<String>,
}

impl Unsent<'_> {
    fn edit<'a>(&self, text: &'a str) -> Editable<'a> {
        Editable(text)
    }
}

/// Every field but the token of the session's forms.
fn typed(fields: &Query) -> Option<Vec<(&str, &str)>> {
    fields.get(HAS_TYPED)?;
    Some(fields.pairs().filter(|(name, _)| *name != "form").collect())
}

/// The page after the session has ended, if something was typed.
fn without_session(settings: &Arc<Settings>, path: &str, fields: &Query) -> Option<Response> {
    let links = Links::from(path, None);
    let unsent = Unsent {
        text: "Your session has ended, so nothing was done. What you typed is kept on this page: sign in in \
               another tab, and then send it again from here.",
        fields: typed(fields)?,
        sign_in: Some(links.to("sign-in")),
        frame: Frame::new("Sign in again", Section::Other, links, settings, None),
    };
    Some(page::html(StatusCode::FORBIDDEN, &unsent))
}

/// The page for a form of another session, if something was typed.
fn of_another_session(visitor: &Visitor, fields: &Query) -> Option<Response> {
    let unsent = Unsent {
        frame: visitor.frame("Send it again?", Section::Other),
        text: "This form belongs to another session, so nothing was done. What you typed is kept on this \
               page, and can be sent as the user who is signed in now.",
        fields: typed(fields)?,
        sign_in: None,
    };
    Some(page::html(StatusCode::FORBIDDEN, &unsent))
}
