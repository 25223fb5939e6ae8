//! `GET /health`.

use crate::{contract::schemas, problem::Problem, views};
use axum::{http::StatusCode, response::Response};
use serde::Serialize;

#[derive(Serialize)]
struct HealthView {
    status: &'static str,
    version: &'static str,
}

/// Answers that the function runs. It needs no key and touches nothing.
#[utoipa::path(
    get,
    path = "/health",
    tag = "Service",
    operation_id = "getHealth",
    summary = "Check that the API runs",
    description = "Reads no data and needs no key.",
    responses(
        (status = 200, description = "The API runs.", body = schemas::Health),
    ),
)]
pub(super) async fn show() -> Result<Response, Problem> {
    let view = HealthView { status: "ok", version: env!("CARGO_PKG_VERSION") };
    views::json(StatusCode::OK, &view)
}
