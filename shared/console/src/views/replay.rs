//! Many deliveries sent again: how many there are, the order, and how far it is.

use super::{
    filters::{self, Select, for_field},
    rows,
};
use crate::{
    ask::{Ask, Change, Failure, of_webhook},
    backend::Backend,
    frame::{Frame, Section},
    links::{Query, can_be_id},
    moment::Moment,
    page,
    text::visible,
    visitor::{Form, Stop, Visitor},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, Method, StatusCode},
    response::Response,
};
use grapnel_wire::{
    delivery::DeliveryPage,
    replay::{Replay, ReplayProgress},
};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Deliveries that a page counts: one page of the API.
const COUNTED: &str = "100";

const STATUSES: [(&str, &str); 2] = [("failed", "failed"), ("success", "success")];

/// What chooses deliveries, as it was entered.
const CHOICE: [&str; 4] = ["status", "event", "since", "until"];

/// The same with the webhook, which is in the path of the API.
const WHOLE_CHOICE: [&str; 5] = ["status", "event", "since", "until", "webhook"];

#[derive(Template)]
#[template(path = "replay_new.html")]
struct New {
    frame: Frame,
    fields: Vec<Select>,
    event: String,
    since: String,
    until: String,
    user: Option<String>,
    failure: Option<Failure>,
    /// What would be sent, if that could be counted.
    count: Option<Count>,
    /// The same choice, for the form that begins.
    chosen: Vec<(&'static str, String)>,
    order: String,
    replays: String,
}

/// How many deliveries a choice has.
struct Count {
    text: String,
    is_none: bool,
}

impl Count {
    fn of(page: &DeliveryPage) -> Self {
        let text = match (page.items.len(), page.next_cursor.is_some()) {
            (0, false) => "No delivery is chosen.".to_owned(),
            (0, true) => "The newest deliveries are not chosen. Older ones may be.".to_owned(),
            (1, false) => "1 delivery".to_owned(),
            (count, false) => format!("{count} deliveries"),
            (count, true) => format!("{count} deliveries or more"),
        };
        Self { text, is_none: page.items.is_empty() && page.next_cursor.is_none() }
    }
}

/// What a replay chose, and how far it is.
pub(super) struct Progress {
    pub(super) class: &'static str,
    pub(super) status: String,
    pub(super) choice: String,
    pub(super) examined: u64,
    pub(super) replayed: u64,
    pub(super) created: Moment,
    pub(super) finished: Option<Moment>,
}

impl Progress {
    pub(super) fn of(replay: &Replay) -> Self {
        let filter = &replay.filter;
        let event = filter.event.as_deref();
        let event = event.map(|event| format!(" of the type {}", visible(event)));
        Self {
            class: match replay.status {
                ReplayProgress::Finished => "good",
                _ => "waits",
            },
            status: visible(replay.status.as_str()),
            choice: format!("{}{}", visible(&filter.status), event.unwrap_or_default()),
            examined: replay.examined,
            replayed: replay.replayed,
            created: Moment(replay.created_at),
            finished: replay.finished_at.map(Moment),
        }
    }
}

#[derive(Template)]
#[template(path = "replay.html")]
struct Shown {
    frame: Frame,
    id: String,
    progress: Progress,
    is_running: bool,
    since: Option<Moment>,
    until: Moment,
    /// Its address and name, unless all are meant.
    webhook: Option<(String, String)>,
    replays: String,
    deliveries: String,
}

pub(crate) async fn new<B: Backend>(
    State(backend): State<Arc<B>>,
    visitor: Visitor,
) -> Result<Response, Stop> {
    let ask = Ask::new(&*backend, &visitor);
    let query = &visitor.query;
    if query.get("webhook").is_some_and(|id| !can_be_id(id)) {
        return Err(visitor.not_found());
    }
    // A replay sends failed ones if nothing is said.
    let chosen = filters::parameters(&CHOICE, query);
    let mut asked: Vec<(&str, &str)> =
        chosen.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if query.get("status").is_none() {
        asked.push(("status", STATUSES[0].0));
    }
    asked.push(("limit", COUNTED));
    let path = filters::deliveries_of(query.get("webhook"));
    let (count, failure) = match ask.get::<DeliveryPage>(&path, &asked).await {
        Ok(got) => (Some(Count::of(&got.value)), None),
        Err(failure) if failure.status == StatusCode::BAD_REQUEST => (None, Some(failure)),
        Err(failure) => return Err(failure.page(&visitor, &visitor.links.deliveries())),
    };
    let page = form(&ask, &visitor, query, count, failure).await;
    Ok(page::html(
        if page.failure.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK },
        &page,
    ))
}

async fn form<B: Backend>(
    ask: &Ask<'_, B>,
    visitor: &Visitor,
    query: &Query,
    count: Option<Count>,
    failure: Option<Failure>,
) -> New {
    let names = rows::names(&ask.webhooks().await.unwrap_or_default());
    let entered = |name| query.get(name).unwrap_or_default().to_owned();
    New {
        frame: visitor.frame("Send many again", Section::Deliveries),
        fields: vec![
            filters::webhooks(query, &names),
            Select::new("status", "Status", query, &STATUSES),
        ],
        event: entered("event"),
        since: for_field(entered("since")),
        until: for_field(entered("until")),
        user: visitor.links.user().map(ToOwned::to_owned),
        failure,
        count,
        chosen: filters::entered(&WHOLE_CHOICE, query)
            .into_iter()
            .map(|(name, value)| (name, value.to_owned()))
            .collect(),
        order: visitor.links.to("replays"),
        replays: visitor.links.to("replays"),
    }
}

pub(crate) async fn order<B: Backend>(
    State(backend): State<Arc<B>>,
    Form { visitor, fields }: Form,
) -> Result<Response, Stop> {
    let path = match fields.get("webhook") {
        Some(id) => format!("{}/replay", of_webhook(visitor.id(id)?)),
        None => "/api/replays".to_owned(),
    };
    let body: Map<String, Value> = filters::parameters(&CHOICE, &fields)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect();
    let ask = Ask::new(&*backend, &visitor);
    let change = Change { body: Some(Value::from(body).to_string()), ..Change::default() };
    let ordered = ask.change::<Replay>(Method::POST, &path, change).await;
    let chosen = filters::entered(&WHOLE_CHOICE, &fields);
    let back = visitor.links.to_with("replays/new", &chosen);
    let replay = ordered.map_err(|failure| failure.page(&visitor, &back))?.value;
    let id = visitor.id(&replay.id)?;
    Ok(page::see_other(&visitor.links.replay(id)))
}

pub(crate) async fn show<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    let ask = Ask::new(&*backend, &visitor);
    let links = &visitor.links;
    let found = ask.get::<Replay>(&format!("/api/replays/{id}"), &[]).await;
    let replay = found.map_err(|failure| failure.page(&visitor, &links.deliveries()))?.value;
    let names = match &replay.webhook_id {
        Some(_) => rows::names(&ask.webhooks().await.unwrap_or_default()),
        None => Default::default(),
    };
    let webhook = replay
        .webhook_id
        .as_deref()
        .map(|id| (links.webhook(id), names.get(id).cloned().unwrap_or_else(|| id.to_owned())));
    let filter = match &replay.webhook_id {
        Some(id) => vec![("webhook", id.as_str())],
        None => Vec::new(),
    };
    let page = Shown {
        frame: visitor.frame("Replay", Section::Deliveries),
        id: replay.id.clone(),
        is_running: replay.status != ReplayProgress::Finished,
        since: replay.filter.since.map(Moment),
        until: Moment(replay.filter.until),
        webhook,
        replays: links.to("replays"),
        deliveries: links.to_with("deliveries", &filter),
        progress: Progress::of(&replay),
    };
    Ok(page::tagged(&page, &headers))
}
