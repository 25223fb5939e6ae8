//! From the domain's types to those of the API's JSON.

mod delivery;
mod echo;
mod event;
mod event_type;
mod explanation;
mod health;
mod key;
mod replay;
mod secret;
mod stats;
mod webhook;

pub(crate) use delivery::{OfWebhook, delivery};
pub(crate) use echo::echo;
pub(crate) use event::{event, listed_event};
pub(crate) use event_type::event_type;
pub(crate) use explanation::{explained_delivery, explained_event};
pub(crate) use health::{last_failure, webhook_health};
pub(crate) use key::{created_key, key, portal_link};
pub(crate) use replay::replay;
pub(crate) use secret::{rotated_secret, secret};
pub(crate) use stats::figures;
pub(crate) use webhook::{configured_webhook, created_webhook, webhook};

use crate::problem::Problem;
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// A word of the domain as the API's.
fn word<W: From<String>>(word: &impl Serialize) -> W {
    let word = serde_json::to_value(word).unwrap_or_default();
    W::from(word.as_str().unwrap_or_default().to_owned())
}

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
