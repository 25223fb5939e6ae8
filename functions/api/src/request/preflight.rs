//! The answer to `OPTIONS`.
//!
//! API Gateway passes preflights on to the `$default` route, although it has a CORS configuration,
//! and a browser refuses a preflight whose status is not 2xx. API Gateway sets the CORS headers on
//! the answer, in place of any that the function sends, so the function sends none.

use axum::{
    extract::Request,
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// The middleware: 204 to every `OPTIONS`, on any path. It runs before authentication and quota,
/// because a browser sends no credentials with a preflight.
pub(crate) async fn answer(request: Request, next: Next) -> Response {
    if request.method() == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    next.run(request).await
}
