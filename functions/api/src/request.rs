//! What a request passes before its route, and what its route takes from it.

pub(crate) mod asked;
pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod etag;
pub(crate) mod gateway;
pub(crate) mod idempotency;
pub(crate) mod identity;
pub(crate) mod middleware;
pub(crate) mod pagination;
pub(crate) mod path_ids;
pub(crate) mod preflight;
pub(crate) mod query;
pub(crate) mod quotas;
pub(crate) mod tokens;
