//! `GET /console/webhooks`: a user's webhooks.

use super::figures::Shown;
use crate::{
    ask::Ask,
    backend::Backend,
    frame::{Frame, Section},
    links::Links,
    page,
    text::visible,
    visitor::{Stop, Visitor},
};
use askama::Template;
use axum::{extract::State, http::HeaderMap, response::Response};
use grapnel_wire::{
    scope::Scope,
    webhook::{Webhook, WebhookPage, WebhookStatus},
};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "webhooks.html")]
struct Webhooks {
    frame: Frame,
    done: Option<&'static str>,
    rows: Vec<Row>,
    /// The form for a new one, if the session may make one.
    new: Option<String>,
    newest: Option<String>,
    older: Option<String>,
}

struct Row {
    class: &'static str,
    status: String,
    name: String,
    address: String,
    url: String,
    events: Vec<String>,
    deliveries: String,
    /// Of the last day. Absent if they could not be counted, or the session may not see them.
    figures: Option<Shown>,
}

/// The style of a status. What is not known has none.
pub(crate) fn class(status: &WebhookStatus) -> &'static str {
    match status {
        WebhookStatus::Active => "good",
        WebhookStatus::Failing => "bad",
        WebhookStatus::Disabled => "off",
        WebhookStatus::Other(_) => "other",
    }
}

impl Row {
    fn of(webhook: &Webhook, figures: Option<Shown>, links: &Links) -> Self {
        Self {
            class: class(&webhook.status),
            status: visible(webhook.status.as_str()),
            name: visible(&webhook.name),
            address: links.webhook(&webhook.id),
            url: visible(&webhook.url),
            events: webhook.events.iter().map(|event| visible(event)).collect(),
            deliveries: links.to_with("deliveries", &[("webhook", &webhook.id)]),
            figures,
        }
    }
}

pub(crate) async fn list<B: Backend>(
    State(backend): State<Arc<B>>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let cursor = visitor.query.get("cursor");
    let asked: Vec<(&str, &str)> = cursor.map(|cursor| ("cursor", cursor)).into_iter().collect();
    let ask = Ask::new(&*backend, &visitor);
    let (found, mut figures) = futures::join!(
        ask.get::<WebhookPage>("/api/webhooks", &asked),
        ask.figures_of_last_day(&visitor, None),
    );
    let found = found.map_err(|failure| failure.page(&visitor, &visitor.links.deliveries()))?.value;
    let links = &visitor.links;
    let older = found.next_cursor.map(|cursor| links.to_with("webhooks", &[("cursor", &cursor)]));
    let page = Webhooks {
        frame: visitor.frame("Webhooks", Section::Webhooks),
        done: visitor
            .query
            .get("done")
            .filter(|word| *word == "deleted")
            .map(|_| "The webhook was deleted."),
        rows: found
            .items
            .iter()
            .map(|webhook| Row::of(webhook, figures.remove(&webhook.id), links))
            .collect(),
        new: visitor.session.may(Scope::WebhooksWrite).then(|| links.to("webhooks/new")),
        newest: cursor.map(|_| links.webhooks()),
        older,
    };
    Ok(page::tagged(&page, &headers))
}
