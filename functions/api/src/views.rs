//! The JSON of answers. Names are the contract's; what is read here is borrowed.

mod delivery;
mod echo;
mod event;
mod event_type;
mod health;
mod key;
mod portal;
mod replay;
mod webhook;

pub(crate) use delivery::{DeliveryView, WaitView};
pub(crate) use echo::EchoView;
pub(crate) use event::{AcceptedView, EventView, ListedEventView, PublishedView};
pub(crate) use event_type::EventTypeView;
pub(crate) use health::{HealthView, ParkedView};
pub(crate) use key::{KeyView, NewKeyView};
pub(crate) use portal::PortalLinkView;
pub(crate) use replay::ReplayView;
pub(crate) use webhook::WebhookView;

use crate::problem::Problem;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// The JSON text of a value.
///
/// # Errors
/// 500 if it has none.
pub(crate) fn text(value: &impl Serialize) -> Result<String, Problem> {
    serde_json::to_string(value)
        .map_err(|error| Problem::internal(format!("an answer has no JSON: {error}")))
}

/// An answer of ready JSON text.
pub(crate) fn json_text(status: StatusCode, text: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// An answer.
///
/// # Errors
/// As [`text`].
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Result<Response, Problem> {
    Ok(json_text(status, text(value)?))
}
