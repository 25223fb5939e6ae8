//! How a request is answered: as was asked for, or as another server does.

use super::forward::{Answer, Forward, Passed};
use http_body_util::{BodyExt, Full};
use hyper::{Response, StatusCode, body::Bytes, http::request::Parts};
use std::{convert::Infallible, time::Duration};

/// Longest wait for the answer of the server that a request is passed on to: the largest time limit of a
/// webhook.
const LIMIT: Duration = Duration::from_secs(30);

/// What to answer.
#[derive(Debug)]
pub(crate) struct Answering {
    /// After this time.
    pub(crate) delay: Duration,
    /// With this status, if the request is not passed on.
    pub(crate) status: u16,
    /// Pass it on to this address and answer as it does.
    pub(crate) forward: Option<Forward>,
}

/// An answer, and what went wrong.
pub(super) struct Reply {
    pub(super) response: Answer,
    pub(super) remark: Option<String>,
    /// The fate of the body of an answer that was passed on.
    pub(super) passed: Option<Passed>,
}

impl Reply {
    /// An answer that says why.
    pub(super) fn refusal(status: StatusCode, why: &str) -> Self {
        let text = format!("grapnel listen: {why}\n");
        Self { remark: Some(why.to_owned()), ..Self::of(status, text) }
    }

    fn of(status: StatusCode, text: impl Into<Bytes>) -> Self {
        let body = Full::new(text.into()).map_err(|never: Infallible| match never {}).boxed();
        let mut response = Response::new(body);
        *response.status_mut() = status;
        Self { response, remark: None, passed: None }
    }
}

impl Answering {
    /// Answers a request.
    pub(super) async fn reply(&self, head: &Parts, body: Bytes) -> Reply {
        tokio::time::sleep(self.delay).await;
        let Some(forward) = &self.forward else {
            return Reply::of(StatusCode::from_u16(self.status).unwrap_or_default(), "");
        };
        match tokio::time::timeout(LIMIT, forward.pass_on(head, body)).await {
            Ok(Ok((response, passed))) => Reply { response, remark: None, passed: Some(passed) },
            Ok(Err(why)) => Reply::refusal(StatusCode::BAD_GATEWAY, &why),
            Err(_) => Reply::refusal(StatusCode::GATEWAY_TIMEOUT, "no answer within 30 s"),
        }
    }
}
