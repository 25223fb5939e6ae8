//! One event: its data, where it went, and why a webhook did not get it.

use super::rows::{self, Row};
use crate::{
    ask::{Ask, Got},
    backend::Backend,
    frame::{Frame, Section},
    json::{Shown, laid_out},
    links::{Links, can_be_id},
    moment::Moment,
    page,
    text::visible,
    visitor::{Stop, Visitor},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use grapnel_wire::{
    event::Event,
    explanation::{Explanation, ExplanationVerdict},
    webhook::Webhook,
};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "event.html")]
struct EventView {
    frame: Frame,
    id: String,
    kind: String,
    source: String,
    time: Moment,
    stored: Moment,
    data: Option<Shown>,
    erased: Option<Moment>,
    rows: Vec<Row>,
    why: Option<Why>,
    /// Whether the page answers a question: then it does not look for changes, and ask it again.
    is_asked: bool,
}

/// The question why a webhook got the event or not, with its answer if the address asks it.
struct Why {
    /// The user that an admin looks at.
    user: Option<String>,
    webhooks: Vec<Choice>,
    answer: Option<Result<Explained, String>>,
}

struct Choice {
    id: String,
    name: String,
    is_chosen: bool,
}

struct Explained {
    summary: String,
    next: Option<Moment>,
    changed: Option<Moment>,
    /// What the list of conditions is about.
    conditions_of: &'static str,
    conditions: Vec<String>,
    /// The delivery, if it is on record.
    delivery: Option<String>,
}

impl Explained {
    fn of(explanation: &Explanation, webhook: &str, links: &Links) -> Self {
        let conditions_of = match explanation.verdict {
            ExplanationVerdict::WebhookChanged => "Conditions of the present filter that fail:",
            _ => "Conditions of the filter that failed:",
        };
        Self {
            summary: visible(&explanation.summary),
            next: explanation.next_attempt_at.map(Moment),
            changed: explanation.changed_at.map(Moment),
            conditions_of,
            conditions: explanation.failed_conditions.iter().map(|it| visible(it)).collect(),
            delivery: explanation.delivery_id.as_ref().map(|id| links.delivery(webhook, id)),
        }
    }
}

/// Asks why. Nothing is asked of a session that may not see the webhooks to choose from.
async fn why<B: Backend>(
    ask: &Ask<'_, B>,
    visitor: &Visitor,
    event: &str,
    webhooks: Option<&[Webhook]>,
) -> Option<Why> {
    let webhooks = webhooks?;
    let chosen = visitor.query.get("webhook").filter(|id| can_be_id(id));
    let answer = match chosen {
        None => None,
        Some(webhook) => {
            let path = format!("/api/events/{event}/explain");
            let asked = ask.get::<Explanation>(&path, &[("webhook", webhook)]).await;
            let explained =
                |got: Got<Explanation>| Explained::of(&got.value, webhook, &visitor.links);
            Some(asked.map(explained).map_err(|failure| failure.text))
        }
    };
    let choice = |webhook: &Webhook| Choice {
        id: webhook.id.clone(),
        name: visible(&webhook.name),
        is_chosen: chosen == Some(webhook.id.as_str()),
    };
    let mut choices: Vec<Choice> = webhooks.iter().map(choice).collect();
    if let Some(other) = chosen.filter(|_| choices.iter().all(|choice| !choice.is_chosen)) {
        choices.push(Choice { id: other.to_owned(), name: visible(other), is_chosen: true });
    }
    let user = visitor.links.user().map(ToOwned::to_owned);
    (!choices.is_empty()).then_some(Why { user, webhooks: choices, answer })
}

pub(crate) async fn show<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    let ask = Ask::new(&*backend, &visitor);
    let found = ask.get::<Event>(&format!("/api/events/{id}"), &[]).await;
    let back = visitor.links.deliveries();
    let event = found.map_err(|failure| failure.page(&visitor, &back))?.value;
    let known = ask.webhooks().await;
    let why = why(&ask, &visitor, id, known.as_deref()).await;
    let names = rows::names(&known.unwrap_or_default());
    let deliveries = event.deliveries.iter();
    let page = EventView {
        frame: visitor.frame(format!("Event {}", visible(&event.r#type)), Section::Deliveries),
        id: event.id.clone(),
        kind: visible(&event.r#type),
        source: visible(&event.source),
        time: Moment(event.time),
        stored: Moment(event.stored_at),
        data: event.data.as_ref().map(|data| laid_out(data.get())),
        erased: event.payload_erased_at.map(Moment),
        rows: deliveries
            .map(|one| Row::of_event(one, &event.r#type, &visitor.links, &names))
            .collect(),
        is_asked: why.as_ref().is_some_and(|why| why.answer.is_some()),
        why,
    };
    Ok(page::tagged(&page, &headers))
}
