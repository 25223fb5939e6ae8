//! Ids in paths. What cannot be an id is an id of nothing: 404, like any other that is not there.

use crate::problem::Problem;
use axum::{
    RequestPartsExt,
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use grapnel_domain::{
    catalogue::EventTypeName,
    fault::FieldFault,
    ids::{DeliveryId, EchoId, EventId, KeyId, ReplayId, WebhookId},
};
use std::convert::Infallible;

/// The ids of a path. Taking them out can fail, extracting them cannot: a handler asks who calls
/// before it looks at what is asked for.
#[derive(Debug)]
pub(crate) struct Ids {
    webhook: Option<WebhookId>,
    delivery: Option<DeliveryId>,
    replay: Option<ReplayId>,
    key: Option<KeyId>,
    echo: Option<EchoId>,
    name: Option<String>,
    event: Option<EventId>,
}

impl Ids {
    /// The `{id}`.
    pub(crate) fn webhook(&self) -> Result<WebhookId, Problem> {
        self.webhook.ok_or_else(Problem::not_found)
    }

    /// The `{deliveryId}`.
    pub(crate) fn delivery(&self) -> Result<DeliveryId, Problem> {
        self.delivery.ok_or_else(Problem::not_found)
    }

    /// The `{replayId}`.
    pub(crate) fn replay(&self) -> Result<ReplayId, Problem> {
        self.replay.ok_or_else(Problem::not_found)
    }

    /// The `{eventId}`.
    pub(crate) fn event(&self) -> Result<EventId, Problem> {
        self.event.ok_or_else(Problem::not_found)
    }

    /// The `{name}` of an event type.
    pub(crate) fn event_type(&self) -> Result<EventTypeName, Problem> {
        self.event_type_to_be().map_err(|_| Problem::not_found())
    }

    /// The `{name}` of one that may be made by it; its fault, if none can have that name.
    pub(crate) fn event_type_to_be(&self) -> Result<EventTypeName, FieldFault> {
        let name = self.name.as_deref().unwrap_or_default().parse::<EventTypeName>();
        name.map_err(|invalid| FieldFault { field: "name".into(), message: invalid.to_string() })
    }

    /// The `{echoId}`.
    pub(crate) fn echo(&self) -> Result<EchoId, Problem> {
        self.echo.ok_or_else(Problem::not_found)
    }

    /// The `{keyId}`.
    pub(crate) fn key(&self) -> Result<KeyId, Problem> {
        self.key.ok_or_else(Problem::not_found)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Ids {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        // A path that is not UTF-8 once decoded is rejected by axum; it holds no id either.
        let named = parts.extract::<Path<Vec<(String, String)>>>().await;
        let named = named.map(|Path(named)| named).unwrap_or_default();
        let text = |name: &str| named.iter().find(|(key, _)| key == name).map(|(_, text)| text);
        Ok(Self {
            webhook: text("id").and_then(|text| text.parse().ok()),
            delivery: text("deliveryId").and_then(|text| text.parse().ok()),
            replay: text("replayId").and_then(|text| text.parse().ok()),
            event: text("eventId").and_then(|text| text.parse().ok()),
            echo: text("echoId").and_then(|text| text.parse().ok()),
            key: text("keyId").and_then(|text| text.parse().ok()),
            name: text("name").cloned(),
        })
    }
}
