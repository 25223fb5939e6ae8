//! `GET /health`.

use crate::{problem::Problem, views};
use axum::{http::StatusCode, response::Response};
use serde::Serialize;

#[derive(Serialize)]
struct HealthView {
    status: &'static str,
    version: &'static str,
}

/// Answers that the function runs. It needs no key and touches nothing.
pub(super) async fn show() -> Result<Response, Problem> {
    let view = HealthView { status: "ok", version: env!("CARGO_PKG_VERSION") };
    views::json(StatusCode::OK, &view)
}
