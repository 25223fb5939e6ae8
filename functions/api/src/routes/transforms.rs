//! `POST /api/webhooks/{id}/transform/preview`: what a transform makes of an event. Nothing is sent or
//! stored.

use super::samples;
use crate::{
    answers,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{ForUser, OptionalBody, WebhooksRead},
        path_ids::Ids,
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use grapnel_domain::{
    event::{EventContent, inbound::OWN_SOURCE},
    fault::FieldFault,
    ids::EventId,
    ports::Clock,
    request,
    transform::Transform,
    webhook::Webhook,
};
use grapnel_wire::{
    read::Read,
    webhook::{TransformPreview, TransformedBody},
};
use std::sync::Arc;

/// What is to be tried.
struct Preview {
    transform: Transform,
    event_type: String,
    data: String,
}

type Try = ForUser<WebhooksRead, OptionalBody<TransformPreview>>;

/// Renders the `transform` of the body, or else the webhook's own, with the `data` of the body, or
/// else the sample of `event`, or of the first type that the webhook asks for.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/transform/preview",
    tag = "Tests and previews",
    operation_id = "previewTransform",
    summary = "Try a transform",
    description = "Shows the request body that a transform produces for an event. Nothing is sent or stored.",
    request_body = Option<TransformPreview>,
    responses(
        (status = 200, description = "The rendered body.", body = TransformedBody),
    ),
    extensions(("x-required-scope" = json!(Try::SCOPE))),
)]
pub(super) async fn preview<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, content: OptionalBody(asked), .. }: Try,
) -> Result<Response, Problem> {
    let webhook = api.find_webhook(&user, ids.webhook()?).await?;
    let Preview { transform, event_type, data } = read(&api, asked, &webhook).await?;

    let id = EventId::derive(&user, OWN_SOURCE, "preview");
    let event =
        EventContent { event_type, source: OWN_SOURCE.to_owned(), time: api.clock.now(), data };
    let body = request::render(&transform, id, &event).map_err(|error| {
        let field = "transform.template".to_owned();
        Problem::invalid_fields(vec![FieldFault { field, message: error.to_string() }])
    })?;
    let rendered = TransformedBody { content_type: transform.content_type, body };
    answers::json(StatusCode::OK, &rendered)
}

async fn read<P: Ports>(
    api: &Api<P>,
    mut asked: Read<TransformPreview>,
    webhook: &Webhook,
) -> Result<Preview, Problem> {
    let transform = match asked.value.transform.take() {
        Some(given) => asked.found(Transform::parse(&given, "transform")),
        None if asked.is_sound("transform") && webhook.transform.is_none() => {
            asked.fault("transform", "is required: the webhook has none");
            None
        }
        None => webhook.transform.clone(),
    };
    let wants_sample = asked.value.data.is_none();
    let event = asked.value.event.clone();
    let tried = samples::tried(api, event, webhook, wants_sample, &mut asked).await?;
    let asked = asked.finish().map_err(Problem::invalid_fields)?;
    let (Some(transform), Some(tried)) = (transform, tried) else {
        return Err(Problem::internal("a preview has no transform or no event type"));
    };
    let data = asked.data.as_ref().map_or_else(|| tried.sample(), |data| data.get()).to_owned();
    Ok(Preview { transform, event_type: tried.name, data })
}
