//! One delivery: why it stands where it stands, what happens next, what was sent, and every attempt.

use super::rows::{AttemptView, class};
use crate::{
    ask::{Ask, Change},
    backend::Backend,
    cause::cause,
    frame::{Frame, Section},
    json::{Shown, laid_out},
    moment::Moment,
    outlook::{Outlook, outlook, outlook_of_disabled},
    page,
    text::visible,
    visitor::{Form, Stop, Visitor},
};
use askama::Template;
use axum::{
    extract::{Path, State},
    http::{HeaderMap, Method},
    response::Response,
};
use grapnel_wire::{
    delivery::{Delivery, DeliveryStatus, UndecidedFilter},
    scope::Scope,
    webhook::{Webhook, WebhookStatus},
};
use std::sync::Arc;

/// How long the answer to a retry waits for its attempt.
const RETRY_WAIT_SECONDS: u32 = 5;

#[derive(Template)]
#[template(path = "delivery.html")]
struct DeliveryPage {
    frame: Frame,
    id: String,
    /// What was just done here.
    done: Option<&'static str>,
    class: &'static str,
    status: String,
    cause: String,
    outlook: Outlook,
    test: bool,
    undecided: Option<&'static str>,
    event: String,
    event_id: String,
    event_address: String,
    webhook: String,
    webhook_address: String,
    /// Its URL, if the session may see it.
    url: Option<String>,
    created: Moment,
    payload: Option<Shown>,
    payload_erased: Option<Moment>,
    responses_erased: Option<Moment>,
    attempts: Vec<AttemptView>,
    may_retry: bool,
    may_cancel: bool,
    retry: String,
    cancel: String,
    is_settled: bool,
}

fn api_path(webhook: &str, id: &str) -> String {
    format!("/api/webhooks/{webhook}/deliveries/{id}")
}

pub(crate) async fn show<B: Backend>(
    State(backend): State<Arc<B>>,
    Path((webhook_id, id)): Path<(String, String)>,
    visitor: Visitor,
    headers: HeaderMap,
) -> Result<Response, Stop> {
    let (webhook_id, id) = (visitor.id(&webhook_id)?, visitor.id(&id)?);
    let ask = Ask::new(&*backend, &visitor);
    let found = ask.get::<Delivery>(&api_path(webhook_id, id), &[]).await;
    let delivery =
        found.map_err(|failure| failure.page(&visitor, &visitor.links.webhooks()))?.value;
    let webhook = match visitor.session.may(Scope::WebhooksRead) {
        true => ask.get::<Webhook>(&format!("/api/webhooks/{webhook_id}"), &[]).await.ok(),
        false => None,
    };
    let page = view(&visitor, &delivery, webhook.map(|got| got.value).as_ref());
    Ok(page::tagged(&page, &headers))
}

fn view(visitor: &Visitor, delivery: &Delivery, webhook: Option<&Webhook>) -> DeliveryPage {
    let links = &visitor.links;
    let address = format!("webhooks/{}/deliveries/{}", delivery.webhook_id, delivery.id);
    let may = visitor.session.may(Scope::DeliveriesRetry);
    let is_enabled = webhook.is_none_or(|webhook| webhook.status != WebhookStatus::Disabled);
    let outlook = match is_enabled {
        true => outlook(delivery),
        false => outlook_of_disabled(delivery),
    };
    let has_data = delivery.payload.is_some();
    let mut attempts: Vec<AttemptView> = delivery.attempts.iter().map(AttemptView::of).collect();
    attempts.reverse();
    DeliveryPage {
        frame: visitor
            .frame(format!("Delivery of {}", visible(&delivery.event)), Section::Deliveries),
        id: delivery.id.clone(),
        done: visitor.query.get("done").and_then(done),
        class: class(&delivery.status),
        status: visible(delivery.status.as_str()),
        cause: cause(delivery),
        outlook,
        test: delivery.test,
        undecided: delivery.undecided_filter.as_ref().map(undecided),
        event: visible(&delivery.event),
        event_id: delivery.event_id.clone(),
        event_address: links.event(&delivery.event_id),
        webhook: webhook.map_or_else(|| delivery.webhook_id.clone(), |it| visible(&it.name)),
        webhook_address: links.webhook(&delivery.webhook_id),
        url: webhook.map(|it| visible(&it.url)),
        created: Moment(delivery.created_at),
        payload: delivery.payload.as_ref().map(|data| laid_out(data.get())),
        payload_erased: delivery.payload_erased_at.map(Moment),
        responses_erased: delivery.responses_erased_at.map(Moment),
        attempts,
        may_retry: may && is_enabled && has_data && delivery.status != DeliveryStatus::Pending,
        may_cancel: may && !delivery.is_settled(),
        retry: links.to(&format!("{address}/retry")),
        cancel: links.to(&format!("{address}/cancel")),
        is_settled: delivery.is_settled(),
    }
}

/// What the page says after a form. Only these words are shown, whatever the address says.
fn done(word: &str) -> Option<&'static str> {
    match word {
        "retried" => {
            Some("One more attempt was asked for. Its result is below as soon as it is there.")
        }
        "cancelled" => Some("The delivery was cancelled."),
        "tested" => Some("The test was sent. This is its delivery."),
        _ => None,
    }
}

fn undecided(why: &UndecidedFilter) -> &'static str {
    match why {
        UndecidedFilter::OutOfSteps => {
            "The webhook's filter took too many steps on this event, so it was delivered anyway."
        }
        UndecidedFilter::Unreadable | UndecidedFilter::Other(_) => {
            "The webhook's filter could not decide about this event, so it was delivered anyway."
        }
    }
}

pub(crate) async fn retry<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(ids): Path<(String, String)>,
    Form { visitor, .. }: Form,
) -> Result<Response, Stop> {
    let change = Change { wait_seconds: Some(RETRY_WAIT_SECONDS), ..Change::default() };
    order(&*backend, &visitor, &ids, "retry", change, "retried").await
}

pub(crate) async fn cancel<B: Backend>(
    State(backend): State<Arc<B>>,
    Path(ids): Path<(String, String)>,
    Form { visitor, .. }: Form,
) -> Result<Response, Stop> {
    order(&*backend, &visitor, &ids, "cancel", Change::default(), "cancelled").await
}

async fn order<B: Backend>(
    backend: &B,
    visitor: &Visitor,
    (webhook_id, id): &(String, String),
    what: &str,
    change: Change<'_>,
    done: &str,
) -> Result<Response, Stop> {
    let (webhook_id, id) = (visitor.id(webhook_id)?, visitor.id(id)?);
    let path = format!("{}/{what}", api_path(webhook_id, id));
    let ordered = Ask::new(backend, visitor).change::<Delivery>(Method::POST, &path, change).await;
    let back = visitor.links.delivery(webhook_id, id);
    ordered.map_err(|failure| failure.page(visitor, &back))?;
    let address = format!("webhooks/{webhook_id}/deliveries/{id}");
    Ok(page::see_other(&visitor.links.to_with(&address, &[("done", done)])))
}
