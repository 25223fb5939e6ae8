//! The pages.

mod catalogue;
pub(crate) mod deliveries;
pub(crate) mod delivery;
pub(crate) mod edit;
pub(crate) mod event;
mod figures;
mod filters;
pub(crate) mod overview;
pub(crate) mod replay;
pub(crate) mod replays;
mod rows;
pub(crate) mod sign_in;
pub(crate) mod sign_out;
pub(crate) mod verify;
pub(crate) mod webhook;
pub(crate) mod webhooks;

use crate::{
    assets,
    backend::Backend,
    links::Links,
    page,
    visitor::{self, Stop},
};
use axum::{
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// `GET /console`: the first page.
pub(crate) async fn home(request: Request) -> Response {
    let first = Links::from(request.uri().path(), None).overview();
    match request.uri().query() {
        Some(query) => page::see_other(&format!("{first}?{query}")),
        None => page::see_other(&first),
    }
}

/// Every other path below `/console`.
pub(crate) async fn missing<B: Backend>(
    State(backend): State<Arc<B>>,
    request: Request,
) -> Response {
    let text = "There is no such page.";
    let (path, status) = (request.uri().path(), StatusCode::NOT_FOUND);
    page::message(backend.settings(), path, status, "Not found", text)
}

/// `GET /console/alive`: an open page keeps its session.
pub(crate) async fn alive<B: Backend>(
    State(backend): State<Arc<B>>,
    headers: HeaderMap,
) -> Result<StatusCode, Stop> {
    let running = visitor::running(&*backend, "/console/alive", &headers).await?;
    Ok(running.map_or(StatusCode::NOT_FOUND, |_| StatusCode::NO_CONTENT))
}

/// `GET /console/assets/{name}`.
pub(crate) async fn asset<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(name): Path<String>,
) -> Response {
    let accent = backend.settings().accent.as_ref().map(|accent| &accent.sheet);
    let mut all = assets::all().into_iter().chain(accent);
    let found = all.find(|asset| asset.name == name);
    found.map_or_else(|| StatusCode::NOT_FOUND.into_response(), assets::Asset::answer)
}
