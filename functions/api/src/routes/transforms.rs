//! `POST /api/webhooks/{id}/transform/preview`: what a transform makes of an event. Nothing is sent or
//! stored.

use super::tests::{event_type, sample};
use crate::{
    auth::Caller,
    body::{Incoming, Object},
    contract::schemas,
    path::Ids,
    ports::{Api, Ports},
    problem::Problem,
    views,
};
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_domain::{
    event::{EventContent, inbound::OWN_SOURCE},
    fault::{Faults, FieldFault},
    ids::EventId,
    ports::Clock,
    scope::Scope,
    transform::Transform,
    webhook::Webhook,
};
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PreviewView<'a> {
    content_type: &'a str,
    body: String,
}

/// What is to be tried.
struct Preview {
    transform: Transform,
    event_type: &'static str,
    data: String,
}

/// Renders the `transform` of the body, or else the webhook's own, with the `data` of the body, or
/// else the sample of `event`, or of the first type that the webhook asks for.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/transform/preview",
    tag = "Tries",
    operation_id = "previewTransform",
    summary = "Try a transform",
    description = "What a transform makes of an event. Nothing is sent or stored.",
    request_body = Option<schemas::webhooks::TransformPreview>,
    responses(
        (status = 200, description = "What it makes.", body = schemas::webhooks::TransformedBody),
    ),
    extensions(("x-required-scope" = json!("webhooks:read"))),
)]
pub(super) async fn preview<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    caller: Caller,
    ids: Ids,
    body: Incoming,
) -> Result<Response, Problem> {
    let permit = caller.may(Scope::WebhooksRead, &[])?;
    let mut input = body.object_or_empty().await?;
    let user = permit.user_with(input.take_user()?)?;
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let Preview { transform, event_type, data } =
        read(&input, &webhook).map_err(Problem::invalid_fields)?;

    let id = EventId::derive(&user, OWN_SOURCE, "preview");
    let event = EventContent {
        event_type: event_type.to_owned(),
        source: OWN_SOURCE.to_owned(),
        time: api.clock.now(),
        data,
    };
    let body = transform.render(id, &event).map_err(|error| {
        let field = "transform.template".to_owned();
        Problem::invalid_fields(vec![FieldFault { field, message: error.to_string() }])
    })?;
    let view = PreviewView { content_type: &transform.content_type, body };
    views::json(StatusCode::OK, &view)
}

fn read(input: &Object, webhook: &Webhook) -> Result<Preview, Vec<FieldFault>> {
    let mut faults = Faults::default();
    input.refuse_others(&["transform", "event", "data"], &mut faults);
    let read = match input.get("transform") {
        Some(Value::Object(map)) => Transform::parse(map, "transform").map(Some),
        Some(_) => Err(fault("transform", "must be an object")),
        None if webhook.transform.is_none() => {
            Err(fault("transform", "is required: the webhook has none"))
        }
        None => Ok(webhook.transform.clone()),
    };
    let transform = faults.found(read).flatten();
    let event_type =
        event_type(input, webhook).map_err(|fault| faults.add(fault.field, fault.message)).ok();
    let data = match input.get("data") {
        Some(Value::Object(_)) => input.raw("data"),
        Some(_) => {
            faults.add("data", "must be the data of an event: an object");
            None
        }
        None => event_type.and_then(|known| sample(known).ok()),
    };
    match (transform, event_type, data) {
        (Some(transform), Some(known), Some(data)) if faults.is_empty() => {
            Ok(Preview { transform, event_type: known.name, data: data.to_owned() })
        }
        _ => Err(faults.into_vec()),
    }
}

fn fault(field: &str, message: &str) -> Vec<FieldFault> {
    vec![FieldFault { field: field.to_owned(), message: message.to_owned() }]
}
