//! `/console/webhooks/{id}/test`: an event for this webhook alone, with data that can be edited, and how its
//! endpoint answers it.

use crate::{
    ask::{Ask, Change, Failure, of_webhook},
    backend::Backend,
    cause::cause,
    frame::{Frame, Section},
    json::indented,
    links::can_be_id,
    page,
    text::{Editable, visible},
    unsent::Typing,
    views::{
        catalogue::Catalogue,
        rows::{AttemptView, class},
    },
    visitor::{Form, Stop, Visitor},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::{Method, StatusCode},
    response::Response,
};
use grapnel_wire::{delivery::Delivery, scope::Scope, webhook::Webhook};
use serde_json::value::{RawValue, to_raw_value};
use std::{collections::BTreeMap, sync::Arc};

#[derive(Template)]
#[template(path = "test.html")]
struct TestPage {
    frame: Frame,
    name: String,
    alert: Option<String>,
    faults: Vec<(String, String)>,
    types: Vec<(String, String, bool)>,
    data: String,
    sent: Option<Sent>,
    action: String,
    back: String,
}

/// The delivery of a test.
struct Sent {
    class: &'static str,
    status: String,
    cause: String,
    is_settled: bool,
    attempts: Vec<AttemptView>,
    address: String,
}

impl TestPage {
    fn edit<'a>(&self, text: &'a str) -> Editable<'a> {
        Editable(text)
    }
}

/// What stands in the form.
#[derive(Debug, Default)]
struct Typed {
    event: Option<String>,
    data: Option<String>,
}

/// The page without a result.
async fn page<B: Backend>(
    ask: &Ask<'_, B>,
    visitor: &Visitor,
    id: &str,
    typed: Typed,
) -> Result<TestPage, Stop> {
    let found = ask.get::<Webhook>(&of_webhook(id), &[]).await;
    let failed = |failure: Failure| failure.page(visitor, &visitor.links.webhooks());
    let webhook = found.map_err(failed)?.value;
    let catalogue = Catalogue::read(ask).await;
    let own = catalogue.names().find(|name| webhook.events.iter().any(|it| includes(it, name)));
    let first = own.or_else(|| catalogue.names().next()).unwrap_or_default().to_owned();
    let event = typed.event.unwrap_or(first);
    let mut types: Vec<_> =
        catalogue.names().map(|name| (name.to_owned(), visible(name), name == event)).collect();
    if !event.is_empty() && types.iter().all(|(_, _, is_chosen)| !is_chosen) {
        types.push((event.clone(), visible(&event), true));
    }
    let sample = || catalogue.sample(&event).map_or_else(|| "{}".to_owned(), indented);
    Ok(TestPage {
        frame: visitor.frame("Send a test", Section::Webhooks),
        name: visible(&webhook.name),
        alert: None,
        faults: Vec::new(),
        data: typed.data.unwrap_or_else(sample),
        types,
        sent: None,
        action: visitor.links.to(&format!("webhooks/{id}/test")),
        back: visitor.links.webhook(id),
    })
}

/// Whether a pattern of event types includes a type.
fn includes(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(begin) => name.starts_with(begin),
        None => pattern == name,
    }
}

/// `GET`: the form, with the result of the test that was sent with it.
pub(crate) async fn show<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    visitor.needs(Scope::WebhooksWrite)?;
    let ask = Ask::new(&*backend, &visitor);
    let Some(delivery) = visitor.query.get("delivery") else {
        let shown = page(&ask, &visitor, id, Typed::default()).await?;
        return Ok(page::html(StatusCode::OK, &shown));
    };
    let delivery = visitor.id(delivery)?;
    let path = format!("{}/deliveries/{delivery}", of_webhook(id));
    let found = ask.get::<Delivery>(&path, &[]).await;
    let back = visitor.links.webhook(id);
    let found = found.map_err(|failure| failure.page(&visitor, &back))?.value;
    let typed = Typed {
        event: Some(found.event.clone()),
        data: found.payload.as_ref().map(|data| indented(data.get())),
    };
    let sent = Sent {
        class: class(&found.status),
        status: visible(found.status.as_str()),
        cause: cause(&found),
        is_settled: found.is_settled(),
        attempts: found.attempts.iter().map(AttemptView::of).collect(),
        address: visitor.links.delivery(id, &found.id),
    };
    let shown = TestPage { sent: Some(sent), ..page(&ask, &visitor, id, typed).await? };
    Ok(page::html(StatusCode::OK, &shown))
}

/// `POST`: sends the test. A form without data, which other pages have, sends the sample and leads to its
/// delivery.
pub(crate) async fn send<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    Typing(Form { visitor, fields }): Typing,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    let ask = Ask::new(&*backend, &visitor);
    let (event, data) = (fields.get("event"), fields.all("data").next());
    let typed = |data: Option<&str>| Typed {
        event: event.map(ToOwned::to_owned),
        data: data.map(|data| data.replace("\r\n", "\n")),
    };
    if fields.get("do") == Some("sample") {
        visitor.needs(Scope::WebhooksWrite)?;
        let shown = page(&ask, &visitor, id, typed(None)).await?;
        return Ok(page::html(StatusCode::OK, &shown));
    }
    let mut order: BTreeMap<&str, Box<RawValue>> = BTreeMap::new();
    order.extend(event.and_then(|event| Some(("event", to_raw_value(event).ok()?))));
    // What is no JSON is sent as text, which the API refuses with every other fault.
    let raw = |data: &str| match serde_json::from_str::<Box<RawValue>>(data) {
        Ok(raw) => Some(raw),
        Err(_) => to_raw_value(data).ok(),
    };
    order.extend(data.and_then(|data| Some(("data", raw(data)?))));
    let body = if order.is_empty() { None } else { serde_json::to_string(&order).ok() };
    let change = Change { body, ..Change::default() };
    let path = format!("{}/test", of_webhook(id));
    match ask.change::<Delivery>(Method::POST, &path, change).await {
        Ok(sent) => Ok(result(&visitor, id, &sent.value.id, data.is_some())),
        Err(failure) if data.is_some() && !failure.faults.is_empty() => {
            let no_json = data.and_then(|data| serde_json::from_str::<Box<RawValue>>(data).err());
            let mut faults = failure.faults;
            if let Some(fault) = no_json {
                faults.retain(|(field, _)| field != "data");
                faults.push(("data".to_owned(), format!("is no JSON: {fault}")));
            }
            let alert = Some("The test was not sent.".to_owned());
            let again = page(&ask, &visitor, id, typed(data)).await?;
            Ok(page::html(failure.status, &TestPage { alert, faults, ..again }))
        }
        Err(failure) => Err(failure.page(&visitor, &visitor.links.webhook(id))),
    }
}

/// Where the result of the test is.
fn result(visitor: &Visitor, id: &str, delivery: &str, in_place: bool) -> Response {
    let links = &visitor.links;
    if !can_be_id(delivery) || !visitor.session.may(Scope::DeliveriesRead) {
        return page::see_other(&links.to_with(&format!("webhooks/{id}"), &[("done", "tested")]));
    }
    let address = match in_place {
        true => links.to_with(&format!("webhooks/{id}/test"), &[("delivery", delivery)]),
        false => {
            let page = format!("webhooks/{id}/deliveries/{delivery}");
            links.to_with(&page, &[("done", "tested")])
        }
    };
    page::see_other(&address)
}
