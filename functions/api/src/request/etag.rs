//! `ETag` and `If-Match` (RFC 9110 sections 8.8.3 and 13.1.1): two people who edit one webhook do not
//! overwrite each other.
//!
//! A tag covers what an owner configures, and nothing that Grapnel finds out: an endpoint that fails
//! meanwhile is no reason to refuse a change of its name.

use crate::problem::Problem;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::Response,
};
use grapnel_domain::webhook::Webhook;
use std::convert::Infallible;

/// What a change depends on.
#[derive(Debug)]
pub(crate) enum IfMatch {
    /// Nothing: no such header.
    Anything,
    /// One of these tags; `*` is every tag.
    Tags(Vec<String>),
}

/// The tag of a webhook. A change always moves `updated_at` on.
fn tag(webhook: &Webhook) -> String {
    format!("\"{}\"", webhook.updated_at.as_millis())
}

/// The answer with the webhook's tag.
pub(crate) fn tagged(mut response: Response, webhook: &Webhook) -> Response {
    if let Ok(value) = HeaderValue::try_from(tag(webhook)) {
        response.headers_mut().insert(header::ETAG, value);
    }
    response
}

impl IfMatch {
    fn of(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(header::IF_MATCH).iter().peekable();
        if lines.peek().is_none() {
            return Self::Anything;
        }
        // What is not text matches nothing. No tag of ours holds a comma.
        let lists = lines.map(|line| line.to_str().unwrap_or_default());
        Self::Tags(lists.flat_map(|list| list.split(',')).map(|t| t.trim().to_owned()).collect())
    }

    /// Whether it depends on anything.
    pub(crate) fn is_given(&self) -> bool {
        matches!(self, Self::Tags(_))
    }

    /// Checks the webhook as it is stored.
    ///
    /// # Errors
    /// 412 if it is another one than the caller read.
    pub(crate) fn check(&self, webhook: &Webhook) -> Result<(), Problem> {
        match self {
            Self::Tags(tags)
                if !tags.iter().any(|given| given == "*" || *given == tag(webhook)) =>
            {
                Err(Problem::precondition_failed())
            }
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}
