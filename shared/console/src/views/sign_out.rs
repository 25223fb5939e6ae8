//! Signing out: here, or everywhere.

use crate::{
    backend::{Backend, Kind},
    cookies,
    frame::Section,
    links::Links,
    page::{self, Message},
    visitor::{self, Form, Stop, Visitor},
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::Response,
};
use std::sync::Arc;

/// `POST /console/sign-out`.
pub(crate) async fn close<B: Backend>(
    State(backend): State<Arc<B>>,
    Form { visitor, .. }: Form,
) -> Result<Response, Stop> {
    let ended = backend.sign_out(&visitor.token).await;
    ended.map_err(|_| visitor::unavailable(visitor.settings(), visitor.path()))?;
    Ok(left(&visitor))
}

/// `POST /console/sign-out-everywhere`: ends every session of the user, this one last. So where only some were ended, the
/// reader can go on.
pub(crate) async fn close_all<B: Backend>(
    State(backend): State<Arc<B>>,
    Form { visitor, .. }: Form,
) -> Result<Response, Stop> {
    let ended = backend.sign_out_everywhere(&visitor.session, &visitor.token).await;
    match ended.map_err(|_| visitor::unavailable(visitor.settings(), visitor.path()))? {
        true => Ok(left(&visitor)),
        false => {
            let page = Message {
                frame: visitor.frame("Some sessions are left", Section::Other),
                text:
                    "There were more sessions than can be ended at once. Sign out everywhere again."
                        .to_owned(),
                faults: Vec::new(),
                back: Some((visitor.links.deliveries(), "To the deliveries")),
            };
            Ok(page::html(StatusCode::OK, &page))
        }
    }
}

/// The way to the sign-in, without cookies.
fn left(visitor: &Visitor) -> Response {
    let door = match visitor.session.kind {
        Kind::Key => "sign-in",
        Kind::Portal => "portal",
    };
    let address = Links::from(visitor.path(), None).to_with(door, &[("left", "1")]);
    let mut response = page::see_other(&address);
    let embeds = visitor.settings().embeds();
    let cleared = cookies::KINDS.into_iter().filter_map(|kind| cookies::clear(kind, embeds));
    for cookie in cleared {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
