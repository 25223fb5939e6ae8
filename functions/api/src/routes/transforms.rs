//! `POST /api/webhooks/{id}/transform/preview`: what a transform makes of an event. Nothing is sent or
//! stored.

use super::samples::{self, fault};
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
    request,
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
    event_type: String,
    data: String,
}

/// Renders the `transform` of the body, or else the webhook's own, with the `data` of the body, or
/// else the sample of `event`, or of the first type that the webhook asks for.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/transform/preview",
    tag = "Tests and previews",
    operation_id = "previewTransform",
    summary = "Try a transform",
    description = "Shows the request body that a transform produces for an event. Nothing is sent or stored.",
    request_body = Option<schemas::webhooks::TransformPreview>,
    responses(
        (status = 200, description = "The rendered body.", body = schemas::webhooks::TransformedBody),
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
    let Preview { transform, event_type, data } = read(&api, &input, &webhook).await?;

    let id = EventId::derive(&user, OWN_SOURCE, "preview");
    let event =
        EventContent { event_type, source: OWN_SOURCE.to_owned(), time: api.clock.now(), data };
    let body = request::render(&transform, id, &event).map_err(|error| {
        let field = "transform.template".to_owned();
        Problem::invalid_fields(vec![FieldFault { field, message: error.to_string() }])
    })?;
    let view = PreviewView { content_type: &transform.content_type, body };
    views::json(StatusCode::OK, &view)
}

async fn read<P: Ports>(
    api: &Api<P>,
    input: &Object,
    webhook: &Webhook,
) -> Result<Preview, Problem> {
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
    let wants_sample = input.get("data").is_none();
    let tried = samples::tried(api, input, webhook, wants_sample, &mut faults).await?;
    let data = samples::given_data(input, &mut faults);
    match (transform, tried) {
        (Some(transform), Some(tried)) if faults.is_empty() => {
            let data = data.unwrap_or_else(|| tried.sample()).to_owned();
            Ok(Preview { transform, event_type: tried.name, data })
        }
        _ => Err(Problem::invalid_fields(faults.into_vec())),
    }
}
