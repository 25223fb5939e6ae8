//! `GET /console/replays`: what was sent again, newest first.

use super::replay::Progress;
use crate::{
    ask::Ask,
    backend::Backend,
    frame::{Frame, Section},
    page,
    visitor::{Stop, Visitor},
};
use askama::Template;
use axum::{extract::State, http::HeaderMap, response::Response};
use grapnel_wire::{
    replay::{Replay, ReplayPage},
    scope::Scope,
};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "replays.html")]
struct Replays {
    frame: Frame,
    rows: Vec<Row>,
    /// The first page, if this is another.
    newest: Option<String>,
    older: Option<String>,
    /// Where a replay begins, if the session may.
    new: Option<String>,
}

struct Row {
    address: String,
    progress: Progress,
}

pub(crate) async fn list<B: Backend>(
    State(backend): State<Arc<B>>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let ask = Ask::new(&*backend, &visitor);
    let cursor = visitor.query.get("cursor");
    let asked: Vec<_> = cursor.map(|cursor| ("cursor", cursor)).into_iter().collect();
    let links = &visitor.links;
    let found = ask.get::<ReplayPage>("/api/replays", &asked).await;
    let found = found.map_err(|failure| failure.page(&visitor, &links.deliveries()))?.value;
    let older = |cursor: String| links.to_with("replays", &[("cursor", &cursor)]);
    let row =
        |replay: &Replay| Row { address: links.replay(&replay.id), progress: Progress::of(replay) };
    let page = Replays {
        frame: visitor.frame("Replays", Section::Deliveries),
        newest: cursor.map(|_| links.to("replays")),
        older: found.next_cursor.map(older),
        new: visitor.session.may(Scope::DeliveriesRetry).then(|| links.to("replays/new")),
        rows: found.items.iter().map(row).collect(),
    };
    Ok(page::tagged(&page, &headers))
}
