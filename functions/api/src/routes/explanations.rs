//! Why a delivery stands where it stands, and why a webhook did not get an event. The functions that
//! decided run again on the record; nothing is written.

use super::deliveries::find_delivery;
use crate::{
    answers,
    openapi::parameters,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{Content, DeliveriesRead, ForUser},
        body::Incoming,
        path_ids::Ids,
        query::{Parameters, Query},
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_domain::{
    explain,
    ids::{UserId, WebhookId},
    ports::{Clock, Consistency, Deliveries, ReadEvents, Webhooks},
    scope::Scope,
};
use std::sync::Arc;

type ExplainDelivery = ForUser<DeliveriesRead>;

/// `GET /api/webhooks/{id}/deliveries/{deliveryId}/explain`: two reads.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/deliveries/{deliveryId}/explain",
    tag = "Deliveries",
    operation_id = "explainDelivery",
    summary = "Explain a delivery",
    description = "Says why the delivery stands where it stands: delivered at which attempt, ended for which reason, or what its next attempt waits for, until when, and at which attempt the retry schedule ends.",
    responses(
        (status = 200, description = "The explanation.", body = grapnel_wire::explanation::Explanation),
    ),
    extensions(("x-required-scope" = json!(ExplainDelivery::SCOPE))),
)]
pub(super) async fn of_delivery<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, .. }: ExplainDelivery,
) -> Result<Response, Problem> {
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let delivery = find_delivery(&api, &webhook, &ids).await?;
    let explained = explain::of_delivery(&delivery, Some(&webhook), api.clock.now());
    answers::json(StatusCode::OK, &answers::explained_delivery(&explained))
}

/// The webhook that a query names.
pub(super) struct Named(WebhookId);

impl Content for Named {
    type Received = ();

    const PARAMETERS: &[&str] = &["webhook"];

    async fn receive(_: Incoming) -> Result<(), Problem> {
        Ok(())
    }

    fn take_user((): &mut ()) -> Result<Option<UserId>, Problem> {
        Ok(None)
    }

    fn read((): (), query: &Query) -> Result<Self, Problem> {
        let mut parameters = Parameters::of(query);
        let webhook = parameters
            .read("webhook", "the id of a webhook", |text| text.parse::<WebhookId>().ok());
        if parameters.text("webhook").is_none() {
            parameters.fault("webhook", "is required: the id of a webhook");
        }
        match parameters.finish(webhook).map_err(Problem::invalid_query)? {
            Some(webhook) => Ok(Self(webhook)),
            None => Err(Problem::not_found()),
        }
    }
}

type ExplainEvent = ForUser<DeliveriesRead, Named>;

/// `GET /api/events/{eventId}/explain?webhook=`: two reads at once, and one of the delivery if the event
/// matched. The delivery of a webhook that was deleted is explained too.
#[utoipa::path(
    get,
    path = "/api/events/{eventId}/explain",
    tag = "Events",
    operation_id = "explainEvent",
    summary = "Explain why a webhook got an event or not",
    description = "Says whether the event matched the webhook, and what has happened to its delivery; or why it did not match: the type, the conditions of the filter that failed, the status, or a webhook that was created later. If the webhook may have changed since the event arrived, the answer says so and gives no verdict about the past.",
    params(parameters::OfWebhook),
    responses(
        (status = 200, description = "The explanation.", body = grapnel_wire::explanation::Explanation),
    ),
    extensions(("x-required-scope" = json!(ExplainEvent::SCOPE))),
)]
pub(super) async fn of_event<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, content: Named(id), permit, .. }: ExplainEvent,
) -> Result<Response, Problem> {
    let (event, webhook) = futures::try_join!(
        api.events.event(&user, ids.event()?, Consistency::Strong),
        api.webhooks.webhook(&user, id, Consistency::Strong),
    )?;
    let event = event.ok_or_else(Problem::not_found)?;
    let delivery = match event.delivery_key_to(id) {
        Some(key) => api.deliveries.delivery(key).await?,
        None => None,
    };
    let (retention, now) = (api.rules.retention, api.clock.now());
    let webhook = (id, webhook.as_ref());
    let explained = explain::of_event(&event, webhook, delivery.as_ref(), retention, now);
    let explained = explained.ok_or_else(Problem::not_found)?;
    let sees_webhooks = permit.has(Scope::WebhooksRead);
    answers::json(StatusCode::OK, &answers::explained_event(&explained, sees_webhooks))
}
