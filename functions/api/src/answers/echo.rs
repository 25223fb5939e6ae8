use crate::problem::Problem;
use axum::http::StatusCode;
use grapnel_domain::echo::{Echo, EchoAnswer};
use grapnel_wire::echo::{self as wire, EchoedRequest};

/// An echo with what it answered, without its secret.
pub(crate) fn echo(echo: &Echo) -> wire::Echo {
    let requests = echo.requests.iter().enumerate().map(|(place, request)| EchoedRequest {
        message_id: request.message_id.clone(),
        at: request.at,
        answered: status(echo.answer(place)).as_u16(),
        sender_version: request.sender_version.clone(),
    });
    wire::Echo {
        id: echo.id.to_string(),
        // The API does not know the name by which it is called, so that is for the caller to add.
        path: format!("/echo/{}", echo.id),
        expires_at: echo.expires_at,
        requests_left: echo.requests_left(),
        requests: requests.collect(),
    }
}

/// The status of an answer; that of a failure is its problem's.
fn status(answer: EchoAnswer) -> StatusCode {
    match answer {
        EchoAnswer::Failure => Problem::echo_fails_first().status(),
        EchoAnswer::Success => StatusCode::OK,
    }
}
