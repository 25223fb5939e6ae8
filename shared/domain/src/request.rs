//! Builds the receiver's request from an event and a webhook: body, headers, signatures.

mod cloud_event;
mod uri_reference;

use crate::{
    delivery::TRANSFORM_FAILED,
    event::EventContent,
    ids::EventId,
    outbound::OutboundRequest,
    time::Timestamp,
    transform::{TemplateEvent, Transform, TransformError},
    webhook::{PayloadFormat, Webhook},
};
use cloud_event::CloudEvent;
use serde::Serialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The `User-Agent` of requests.
pub const USER_AGENT: &str = concat!("Grapnel/", env!("CARGO_PKG_VERSION"));

/// The event's data is not JSON: the stored row is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event's stored data is not JSON")]
pub struct DamagedData;

/// Why there is no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRequest {
    /// The stored row is damaged.
    #[error(transparent)]
    Damaged(#[from] DamagedData),
    /// The webhook's transform failed. Its owner must correct it.
    #[error("{begin}: {0}", begin = TRANSFORM_FAILED)]
    Transform(#[from] TransformError),
}

#[derive(Serialize)]
struct Envelope<'a> {
    id: &'a EventId,
    #[serde(rename = "type")]
    event_type: &'a str,
    timestamp: Timestamp,
    data: &'a RawValue,
}

/// Builds the request of an attempt at `now`. URL, headers, format, transform and secret are the
/// webhook's current ones. The data is the event's, byte for byte unless a transform makes the
/// body.
///
/// # Errors
/// [`NoRequest`].
pub fn build(
    webhook: &Webhook,
    event_id: EventId,
    event: &EventContent,
    now: Timestamp,
) -> Result<OutboundRequest, NoRequest> {
    let (body, content_type) = body(webhook, event_id, event)?;
    let message_id = event_id.to_string();
    let timestamp = now.as_secs();
    let previous: Vec<_> = webhook.live_previous_secrets(now).map(|it| &it.secret).collect();

    let mut standard = webhook.secret.sign_standard(&message_id, timestamp, &body);
    let mut headers = vec![
        ("content-type".to_owned(), content_type.into_owned()),
        ("user-agent".to_owned(), USER_AGENT.to_owned()),
        ("x-webhook-signature".to_owned(), webhook.secret.sign_body(&body)),
    ];
    if !previous.is_empty() {
        let signatures: Vec<_> = previous.iter().map(|secret| secret.sign_body(&body)).collect();
        headers.push(("x-webhook-signature-previous".to_owned(), signatures.join(" ")));
    }
    for secret in previous {
        standard = format!("{standard} {}", secret.sign_standard(&message_id, timestamp, &body));
    }
    headers.extend([
        ("webhook-id".to_owned(), message_id),
        ("webhook-timestamp".to_owned(), timestamp.to_string()),
        ("webhook-signature".to_owned(), standard),
    ]);
    let custom =
        webhook.headers.iter().filter(|(name, _)| !super::webhook::headers::is_reserved(name));
    headers.extend(custom.map(|(name, value)| (name.to_ascii_lowercase(), value.text.clone())));
    Ok(OutboundRequest {
        user_id: webhook.user_id.clone(),
        url: webhook.url.clone(),
        headers,
        body,
        timeout: webhook.retry_config.timeout(),
    })
}

/// The body and its content type: from the transform if there is one, otherwise by the format.
///
/// # Errors
/// [`NoRequest`].
pub fn body<'a>(
    webhook: &'a Webhook,
    id: EventId,
    event: &EventContent,
) -> Result<(Vec<u8>, Cow<'a, str>), NoRequest> {
    if let Some(transform) = &webhook.transform {
        let body = render(transform, id, event)?;
        return Ok((body.into_bytes(), Cow::Borrowed(&transform.content_type)));
    }
    let (body, content_type) = formatted(webhook.payload_format, id, event)?;
    Ok((body, Cow::Borrowed(content_type)))
}

/// Renders a transform for an event.
///
/// # Errors
/// [`TransformError`] if the template fails, exceeds its budget, or renders a body that is too long
/// or does not match its content type.
pub fn render(
    transform: &Transform,
    id: EventId,
    event: &EventContent,
) -> Result<String, TransformError> {
    transform.render(&TemplateEvent {
        id: &id.to_string(),
        event_type: &event.event_type,
        timestamp: &event.time.to_string(),
        data: &event.data,
    })
}

fn formatted(
    format: PayloadFormat,
    id: EventId,
    event: &EventContent,
) -> Result<(Vec<u8>, &'static str), DamagedData> {
    let data: &RawValue = serde_json::from_str(&event.data).map_err(|_| DamagedData)?;
    let written = match format {
        PayloadFormat::Raw => return Ok((event.data.clone().into_bytes(), "application/json")),
        PayloadFormat::Envelope => serde_json::to_vec(&Envelope {
            id: &id,
            event_type: &event.event_type,
            timestamp: event.time,
            data,
        }),
        PayloadFormat::CloudEvents => serde_json::to_vec(&CloudEvent::new(id, event, data)),
    };
    let content_type = match format {
        PayloadFormat::CloudEvents => cloud_event::CONTENT_TYPE,
        PayloadFormat::Envelope | PayloadFormat::Raw => "application/json",
    };
    written.map(|body| (body, content_type)).map_err(|_| DamagedData)
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
