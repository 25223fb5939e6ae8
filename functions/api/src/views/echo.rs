use crate::problem::Problem;
use axum::http::StatusCode;
use grapnel_domain::{
    echo::{Echo, EchoAnswer},
    ids::EchoId,
    time::Timestamp,
};
use serde::Serialize;

/// An echo with what it answered, without its secret.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EchoView<'a> {
    id: EchoId,
    /// Where it receives. The API does not know the name by which it is called, so that is for the
    /// caller to add.
    path: String,
    expires_at: Timestamp,
    requests_left: usize,
    requests: Vec<RequestView<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestView<'a> {
    message_id: &'a str,
    at: Timestamp,
    answered: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender_version: Option<&'a str>,
}

impl<'a> EchoView<'a> {
    pub(crate) fn new(echo: &'a Echo) -> Self {
        let requests = echo.requests.iter().enumerate().map(|(place, request)| RequestView {
            message_id: &request.message_id,
            at: request.at,
            answered: status(echo.answer(place)).as_u16(),
            sender_version: request.sender_version.as_deref(),
        });
        Self {
            id: echo.id,
            path: format!("/echo/{}", echo.id),
            expires_at: echo.expires_at,
            requests_left: echo.requests_left(),
            requests: requests.collect(),
        }
    }
}

/// The status of an answer; that of a failure is its problem's.
fn status(answer: EchoAnswer) -> StatusCode {
    match answer {
        EchoAnswer::Failure => Problem::echo_fails_first().status(),
        EchoAnswer::Success => StatusCode::OK,
    }
}
