//! `Idempotency-Key`: a caller's name for a request, which makes a repeat harmless.

use crate::problem::Problem;
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use grapnel_domain::event::publish::IdempotencyKey;
use std::convert::Infallible;

/// The header.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// What a caller calls the request: nothing, a key, or what cannot be one.
#[derive(Debug)]
pub(crate) struct Keyed(pub(crate) Result<Option<IdempotencyKey>, Problem>);

impl Keyed {
    fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else { return Self(Ok(None)) };
        let key = value.to_str().ok().filter(|_| values.next().is_none());
        let key = key.and_then(|text| text.parse().ok());
        Self(key.map(Some).ok_or_else(|| {
            let detail =
                "`Idempotency-Key` must be 1 to 255 visible ASCII characters, and be given once.";
            Problem::bad_request("invalid_idempotency_key", detail)
        }))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Keyed {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}
