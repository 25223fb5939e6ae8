//! What every request passes on its way in and every answer on its way out: panics become a 500,
//! one line is logged, and the headers that all answers share are set.
//!
//! A request has an id: the caller's `X-Request-Id`, if that can be one, or a new one. The answer
//! names it and so does the line, so that one finds the other.
//!
//! The line names the method, the route as declared (`/api/webhooks/{id}`), the status, the time
//! taken and the user acted for. Never a key, a body, a query string or a raw path: paths that
//! match nothing may hold anything.

use crate::{
    problem::{Cause, Problem},
    request::quotas,
};
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use grapnel_domain::{ids::UserId, quota::Standing};
use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};
use tokio::time::{Duration, Instant};

/// Notes the user that a request acts for and what is left of the user's quota, once both are known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Acting(Arc<Notes>);

#[derive(Debug, Default)]
struct Notes {
    user: OnceLock<UserId>,
    standing: Mutex<Option<Standing>>,
}

impl Acting {
    /// Notes it. Only the first note counts.
    pub(crate) fn for_user(&self, user: &UserId) {
        self.0.user.get_or_init(|| user.clone());
    }

    /// Notes where the caller stands. The last note counts.
    pub(crate) fn with_standing(&self, standing: Standing) {
        *self.0.standing.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
    }

    fn standing(&self) -> Option<Standing> {
        *self.0.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The header that names a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a caller.
const MAX_REQUEST_ID_BYTES: usize = 128;

/// For a year, no browser tries this host without TLS (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The caller's id for the request, if it is one and can stand in a line; else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let mut given = headers.get_all(REQUEST_ID).iter();
    let id = given.next().filter(|id| {
        let bytes = id.as_bytes();
        (1..=MAX_REQUEST_ID_BYTES).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    });
    match (id, given.next()) {
        (Some(id), None) => id.clone(),
        // The text of a UUID is a header's value.
        _ => HeaderValue::try_from(uuid::Uuid::new_v4().to_string())
            .unwrap_or_else(|_| HeaderValue::from_static("-")),
    }
}

/// The middleware.
pub(crate) async fn guard(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let id = request_id(request.headers());
    let acting = Acting::default();
    request.extensions_mut().insert(acting.clone());

    // All values of the request end with a panic, so no later request sees a half-made change.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    let mut response = answer.unwrap_or_else(|_| Problem::internal("a panic").into_response());

    let headers = response.headers_mut();
    // Only what is the same for everybody says otherwise.
    let no_store = HeaderValue::from_static("no-store");
    headers.entry(header::CACHE_CONTROL).or_insert(no_store);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    headers.insert(REQUEST_ID, id.clone());
    if let Some(standing) = acting.standing() {
        quotas::tell(&standing, headers);
    }
    let route = route.as_ref().map_or("(none)", MatchedPath::as_str);
    log(&method, route, &id, &response, started.elapsed(), acting.0.user.get());
    response
}

fn log(
    method: &Method,
    route: &str,
    id: &HeaderValue,
    response: &Response,
    taken: Duration,
    user: Option<&UserId>,
) {
    let id = id.to_str().ok();
    let status = response.status();
    let user = user.map(UserId::as_str);
    let cause = response.extensions().get::<Cause>().map(|cause| cause.0.as_str());
    let duration_ms = u64::try_from(taken.as_millis()).unwrap_or(u64::MAX);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                http.method = method.as_str(),
                http.route = route,
                http.request_id = id,
                http.status = status.as_u16(),
                duration_ms,
                user.id = user,
                error = cause,
                "answered",
            )
        };
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        line!(warn);
    } else if status.is_server_error() {
        line!(error);
    } else {
        line!(info);
    }
}
