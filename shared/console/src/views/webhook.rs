//! One webhook: how its endpoint is doing, what it gets, and its last deliveries.
//!
//! - `test`: sends it an event; `secret`: its signing secret; `remove`: deletes it.

pub(crate) mod remove;
pub(crate) mod secret;
pub(crate) mod test;

use super::{
    figures::Shown,
    rows::{self, Row},
    webhooks::class,
};
use crate::{
    ask::{Ask, Change, of_webhook},
    backend::Backend,
    frame::{Frame, Section},
    health::{Said, sentences},
    json::laid_out,
    moment::Moment,
    page,
    text::{counted, sentence, visible, visible_lines},
    visitor::{Form, Stop, Visitor},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, Method},
    response::Response,
};
use grapnel_wire::{
    delivery::DeliveryPage,
    scope::Scope,
    webhook::{Header, RetryConfigInForce, Webhook, WebhookStatus},
};
use serde_json::json;
use std::{collections::HashMap, sync::Arc};

/// Deliveries on the page.
const LAST: &str = "10";

#[derive(Template)]
#[template(path = "webhook.html")]
struct WebhookView {
    frame: Frame,
    id: String,
    name: String,
    done: Option<&'static str>,
    class: &'static str,
    status: String,
    said: Vec<Said>,
    failure: Option<LastFailure>,
    url: String,
    description: Option<String>,
    events: Vec<String>,
    headers: Vec<(String, Option<String>)>,
    metadata: Vec<(String, String)>,
    retries: String,
    /// Absent if a template makes the body.
    format: Option<String>,
    limit: Option<String>,
    filter: Option<String>,
    transform: Option<(String, String)>,
    created: Moment,
    changed: Moment,
    sees_deliveries: bool,
    /// Of the last day. Absent if they could not be counted.
    figures: Option<Shown>,
    /// Absent if they could not be read, or the session may not see them.
    rows: Option<Vec<Row>>,
    all: String,
    may_change: bool,
    is_disabled: bool,
    may_see_secret: bool,
    secret: String,
    edit: String,
    remove: String,
    test: String,
    set_status: String,
    /// The version that is shown: a change of another one is refused.
    tag: String,
}

struct LastFailure {
    sentence: String,
    time: Moment,
    /// Absent if the session may not see deliveries.
    address: Option<String>,
}

pub(crate) async fn show<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    let ask = Ask::new(&*backend, &visitor);
    let found = ask.get::<Webhook>(&of_webhook(id), &[]).await;
    let found = found.map_err(|failure| failure.page(&visitor, &visitor.links.webhooks()))?;
    let (last, mut figures) = match visitor.session.may(Scope::DeliveriesRead) {
        true => {
            let path = format!("{}/deliveries", of_webhook(id));
            let figures = async {
                match page::is_of_live_part(&headers) {
                    true => HashMap::new(),
                    false => ask.figures_of_last_day(&visitor, Some(id)).await,
                }
            };
            let last = ask.get::<DeliveryPage>(&path, &[("limit", LAST)]);
            let (last, figures) = futures::join!(last, figures);
            (last.ok(), figures)
        }
        false => (None, HashMap::new()),
    };
    let names = rows::names(std::slice::from_ref(&found.value));
    let rows = last.map(|got| {
        let rows = got.value.items.iter().map(|one| Row::of(one, &visitor.links, &names));
        rows.collect()
    });
    let page = WebhookView {
        figures: figures.remove(&found.value.id),
        ..view(&visitor, &found.value, found.tag, rows)
    };
    Ok(page::tagged(&page, &headers))
}

fn view(visitor: &Visitor, webhook: &Webhook, tag: String, rows: Option<Vec<Row>>) -> WebhookView {
    let links = &visitor.links;
    let page = format!("webhooks/{}", webhook.id);
    let sees = visitor.session.may(Scope::DeliveriesRead);
    let offers = visitor.settings().offers;
    let last = webhook.health.as_ref().and_then(|health| health.last_failure.as_ref());
    let header = |(name, header): (&String, &Header)| match header {
        Header::Plain(value) => (visible(name), Some(visible(value))),
        Header::Sensitive { .. } => (visible(name), None),
    };
    WebhookView {
        frame: visitor.frame(visible(&webhook.name), Section::Webhooks),
        sees_deliveries: sees,
        figures: None,
        id: webhook.id.clone(),
        name: visible(&webhook.name),
        done: visitor.query.get("done").and_then(done),
        class: class(&webhook.status),
        status: visible(webhook.status.as_str()),
        said: sentences(webhook),
        failure: last.map(|last| LastFailure {
            sentence: sentence(&last.error),
            time: Moment(last.attempted_at),
            address: sees.then(|| links.delivery(&webhook.id, &last.delivery_id)),
        }),
        url: visible(&webhook.url),
        description: webhook.description.as_deref().map(visible_lines),
        events: webhook.events.iter().map(|event| visible(event)).collect(),
        headers: webhook.headers.iter().map(header).collect(),
        metadata: webhook.metadata.iter().map(|(k, v)| (visible(k), visible(v))).collect(),
        retries: retries(&webhook.retry_config),
        format: webhook.transform.is_none().then(|| visible(webhook.payload_format.as_str())),
        limit: webhook.rate_limit.map(|most| format!("{most} a second")),
        filter: webhook
            .filter
            .as_ref()
            .filter(|_| offers.filters)
            .map(|filter| laid_out(filter.get()).text),
        transform: webhook.transform.as_ref().filter(|_| offers.transforms).map(|transform| {
            (visible_lines(&transform.template), visible(&transform.content_type))
        }),
        created: Moment(webhook.created_at),
        changed: Moment(webhook.updated_at),
        rows,
        all: links.to_with("deliveries", &[("webhook", &webhook.id)]),
        may_change: visitor.session.may(Scope::WebhooksWrite),
        is_disabled: webhook.status == WebhookStatus::Disabled,
        may_see_secret: offers.secrets && visitor.session.may(Scope::WebhooksSecrets),
        secret: links.to(&format!("{page}/secret")),
        remove: links.to(&format!("{page}/delete")),
        edit: links.to(&format!("{page}/edit")),
        test: links.to(&format!("{page}/test")),
        set_status: links.to(&format!("{page}/status")),
        tag,
    }
}

fn retries(config: &RetryConfigInForce) -> String {
    let most = usize::try_from(config.max_attempts).unwrap_or(usize::MAX);
    let attempts = counted(most, "attempt");
    let limit = format!("{attempts}, each with {} s for the answer", config.timeout_seconds);
    if most == 1 {
        return limit;
    }
    match (&config.delays_seconds, &config.backoff) {
        (Some(delays), _) => {
            let delays: Vec<String> = delays.iter().map(|delay| format!("{delay} s")).collect();
            format!("{limit}; delays: {}", delays.join(", "))
        }
        (None, Some(backoff)) => format!(
            "{limit}; delays grow from {} s by the factor {} to {} s",
            backoff.initial_seconds, backoff.multiplier, backoff.max_seconds
        ),
        (None, None) => limit,
    }
}

/// What the page says after a form.
fn done(word: &str) -> Option<&'static str> {
    match word {
        "active" => Some("The webhook is enabled."),
        "created" => {
            Some("The webhook was created. Send a test to see whether its endpoint takes it.")
        }
        "saved" => Some("The changes were saved."),
        "tested" => Some("The test was sent."),
        "unchanged" => Some("Nothing was changed, so nothing was saved."),
        "disabled" => Some("The webhook is disabled: it gets no events."),
        _ => None,
    }
}

pub(crate) async fn set_status<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(id): Path<String>,
    Form { visitor, fields }: Form,
) -> Result<Response, Stop> {
    let id = visitor.id(&id)?;
    let status = fields.get("status").unwrap_or_default();
    let change = Change {
        body: Some(json!({ "status": status }).to_string()),
        if_match: Some(fields.get("version").unwrap_or_default()),
        ..Change::default()
    };
    let ask = Ask::new(&*backend, &visitor);
    let changed = ask.change::<Webhook>(Method::PATCH, &of_webhook(id), change).await;
    let back = visitor.links.webhook(id);
    changed.map_err(|failure| failure.page(&visitor, &back))?;
    let page = format!("webhooks/{id}");
    Ok(page::see_other(&visitor.links.to_with(&page, &[("done", status)])))
}
