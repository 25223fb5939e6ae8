//! `GET /health`.

use crate::{answers, problem::Problem};
use axum::{http::StatusCode, response::Response};
use grapnel_wire::health::Health;

/// Answers that the function runs. It needs no key and touches nothing.
#[utoipa::path(
    get,
    path = "/health",
    tag = "Service",
    operation_id = "getHealth",
    summary = "Check that the API runs",
    description = "Reads no data and needs no key.",
    responses(
        (status = 200, description = "The API runs.", body = Health),
    ),
)]
pub(super) async fn show() -> Result<Response, Problem> {
    let health = Health { status: "ok".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    answers::json(StatusCode::OK, &health)
}
