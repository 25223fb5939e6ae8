//! `GET /console/deliveries`: the deliveries of all webhooks or of one, newest first. Its filters are its
//! query, so that a list can be shared and the back button works.

use super::{
    filters::{self, Select, for_field},
    rows::{self, Row},
};
use crate::{
    ask::{Ask, Failure},
    backend::Backend,
    frame::{Frame, Section},
    links::can_be_id,
    page,
    visitor::{Stop, Visitor},
};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use grapnel_wire::{delivery::DeliveryPage, scope::Scope};
use std::{collections::HashMap, sync::Arc};

/// Deliveries on a page. The API reads the data of each.
const ON_A_PAGE: &str = "25";

/// The choices of a filter: value and name.
const STATUSES: [(&str, &str); 4] = [
    ("pending", "pending"),
    ("retrying", "retrying"),
    ("success", "success"),
    ("failed", "failed"),
];
const ANSWERS: [(&str, &str); 5] = [
    ("2xx", "2xx"),
    ("3xx", "3xx (redirect)"),
    ("4xx", "4xx (refused)"),
    ("5xx", "5xx (failed)"),
    ("none", "no answer"),
];
const WAITS: [(&str, &str); 3] = [
    ("retry", "its next attempt"),
    ("circuit", "the circuit breaker"),
    ("rateLimit", "the rate limit"),
];

#[derive(Template)]
#[template(path = "deliveries.html")]
struct Deliveries {
    frame: Frame,
    rows: Vec<Row>,
    failure: Option<Failure>,
    fields: Vec<Select>,
    /// Event type and times, as they were entered.
    event: String,
    since: String,
    until: String,
    user: Option<String>,
    is_filtered: bool,
    /// The same list without filters.
    all: String,
    /// The first page, if this is another.
    newest: Option<String>,
    older: Option<String>,
    webhooks: String,
    /// Where those that this list shows can be sent again, if the session may.
    replay: Option<String>,
    /// Whether there may be one.
    has_webhooks: bool,
}

/// The parameters of the API that a filter of the page is.
const FILTERS: [&str; 6] = ["status", "statusCode", "waitingFor", "event", "since", "until"];

pub(crate) async fn list<B: Backend>(
    State(backend): State<Arc<B>>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let ask = Ask::new(&*backend, &visitor);
    let query = &visitor.query;
    let webhook = query.get("webhook");
    if webhook.is_some_and(|id| !can_be_id(id)) {
        return Err(visitor.not_found());
    }

    let filtered = filters::parameters(&FILTERS, query);
    let mut asked: Vec<(&str, &str)> =
        filtered.iter().map(|(name, value)| (*name, value.as_str())).collect();
    asked.push(("limit", ON_A_PAGE));
    asked.extend(query.get("cursor").map(|cursor| ("cursor", cursor)));
    let path = filters::deliveries_of(webhook);
    let (items, next, failure) = match ask.get::<DeliveryPage>(&path, &asked).await {
        Ok(got) => (got.value.items, got.value.next_cursor, None),
        // What is wrong with a filter is said above the filters, with nothing lost of what was entered.
        Err(failure) if failure.status == StatusCode::BAD_REQUEST => {
            (Vec::new(), None, Some(failure))
        }
        Err(failure) => return Err(failure.page(&visitor, &visitor.links.webhooks())),
    };
    let known = ask.webhooks().await;
    let has_webhooks = known.as_ref().is_none_or(|webhooks| !webhooks.is_empty());
    let names = rows::names(&known.unwrap_or_default());

    let page = view(&visitor, &names, failure);
    let page = Deliveries {
        rows: items.iter().map(|one| Row::of(one, &visitor.links, &names)).collect(),
        older: next.map(|cursor| link(&visitor, Some(&cursor))),
        has_webhooks,
        ..page
    };
    match page.failure {
        Some(_) => Ok(page::html(StatusCode::BAD_REQUEST, &page)),
        None => Ok(page::tagged(&page, &headers)),
    }
}

/// The page without its rows.
fn view(
    visitor: &Visitor,
    names: &HashMap<String, String>,
    failure: Option<Failure>,
) -> Deliveries {
    let query = &visitor.query;
    let entered = |name| query.get(name).unwrap_or_default().to_owned();
    Deliveries {
        frame: visitor.frame("Deliveries", Section::Deliveries),
        rows: Vec::new(),
        failure,
        fields: vec![
            filters::webhooks(query, names),
            Select::new("status", "Status", query, &STATUSES),
            Select::new("statusCode", "Last answer", query, &ANSWERS),
            Select::new("waitingFor", "Waits for", query, &WAITS),
        ],
        event: entered("event"),
        since: for_field(entered("since")),
        until: for_field(entered("until")),
        user: visitor.links.user().map(ToOwned::to_owned),
        is_filtered: FILTERS.iter().any(|name| query.get(name).is_some())
            || query.get("webhook").is_some(),
        all: visitor.links.deliveries(),
        newest: query.get("cursor").map(|_| link(visitor, None)),
        older: None,
        webhooks: visitor.links.webhooks(),
        replay: replay(visitor),
        has_webhooks: false,
    }
}

/// The same list, from another place on.
fn link(visitor: &Visitor, cursor: Option<&str>) -> String {
    let query = &visitor.query;
    let mut parameters = filters::entered(&["webhook"], query);
    parameters.extend(filters::entered(&FILTERS, query));
    parameters.extend(cursor.map(|cursor| ("cursor", cursor)));
    visitor.links.to_with("deliveries", &parameters)
}

/// The page that sends deliveries of this list again. `None` for a list that a replay cannot choose.
fn replay(visitor: &Visitor) -> Option<String> {
    let beyond = ["statusCode", "waitingFor"];
    if !visitor.session.may(Scope::DeliveriesRetry)
        || beyond.iter().any(|name| visitor.query.get(name).is_some())
    {
        return None;
    }
    let kept = ["webhook", "status", "event", "since", "until"];
    Some(visitor.links.to_with("replays/new", &filters::entered(&kept, &visitor.query)))
}
