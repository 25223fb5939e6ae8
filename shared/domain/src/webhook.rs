//! A webhook: where a user's events are sent, and how.

pub mod draft;
pub mod headers;
pub mod pattern;
mod rotation;

use crate::{
    filter::{Filter, Judgement, Verdict},
    health::Health,
    ids::{UserId, WebhookId},
    limit::{RateLimit, SlotTime},
    retry::RetryConfig,
    signature::Secret,
    target_url::TargetUrl,
    time::Timestamp,
    transform::Transform,
};
pub use headers::{HeaderValue, Headers};
pub use pattern::EventPattern;
pub use rotation::MAX_PREVIOUS_SECRETS;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookStatus {
    /// Receives events.
    Active,
    /// Receives no events until its owner sets it to `active`.
    Disabled,
    /// Receives events, but its endpoint has been failing.
    Failing,
}

impl WebhookStatus {
    /// Whether a matching event is delivered.
    #[must_use]
    pub fn receives(self) -> bool {
        !matches!(self, Self::Disabled)
    }
}

/// How an event becomes a body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PayloadFormat {
    /// `{"id","type","timestamp","data"}`.
    #[default]
    Envelope,
    /// The event's data alone.
    Raw,
    /// CloudEvents 1.0, structured mode.
    CloudEvents,
}

/// The whole configuration of a webhook.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    pub id: WebhookId,
    pub user_id: UserId,
    /// At most 200 characters.
    pub name: String,
    pub url: TargetUrl,
    /// 1–50 patterns.
    pub events: Vec<EventPattern>,
    /// A filter on the data of the events.
    pub filter: Option<Filter>,
    /// The secret of its requests' signatures.
    pub secret: Secret,
    /// The previous secrets, the latest first. Some of them may still sign.
    pub previous_secrets: Vec<PreviousSecret>,
    /// Headers that its owner adds to each request.
    pub headers: Headers,
    /// The owner's description.
    pub description: Option<String>,
    /// Data of the owner's programs.
    pub metadata: BTreeMap<String, String>,
    pub status: WebhookStatus,
    /// Attempts, time limit and delays.
    pub retry_config: RetryConfig,
    pub payload_format: PayloadFormat,
    /// A template that makes the body in place of the format.
    pub transform: Option<Transform>,
    /// Maximum number of requests per second; unlimited if `None`.
    pub rate_limit: Option<RateLimit>,
    pub created_at: Timestamp,
    /// When its configuration last changed.
    pub updated_at: Timestamp,
    /// The health of its endpoint. Stored separately from the configuration, and never written
    /// together with it.
    pub health: Health,
    /// The first free slot of its rate limit, if one was ever assigned. Stored separately, like the
    /// health.
    pub next_slot: Option<SlotTime>,
}

/// A secret that was replaced and still signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousSecret {
    /// The old secret.
    pub secret: Secret,
    /// From this instant on it signs no more.
    pub valid_until: Timestamp,
}

impl Webhook {
    /// This webhook without health and rate limit state, which are separate items.
    #[must_use]
    pub fn configuration(&self) -> Self {
        Self { health: Health::default(), next_slot: None, ..self.clone() }
    }

    /// The status that its owner sees: `disabled` by the owner first, then the endpoint's health.
    #[must_use]
    pub fn effective_status(&self) -> WebhookStatus {
        effective_status(self.status, &self.health)
    }
}

/// The status from the configured status and the endpoint's health.
#[must_use]
pub fn effective_status(configured: WebhookStatus, health: &Health) -> WebhookStatus {
    match configured {
        WebhookStatus::Disabled => WebhookStatus::Disabled,
        _ if health.is_disabled() => WebhookStatus::Disabled,
        _ if health.is_failing() => WebhookStatus::Failing,
        WebhookStatus::Active | WebhookStatus::Failing => WebhookStatus::Active,
    }
}

/// The part of a webhook that fan-out needs: no secret, no headers.
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    pub webhook_id: WebhookId,
    /// The patterns of its event types.
    pub events: Vec<EventPattern>,
    /// A filter on the data of the events.
    pub filter: Option<Filter>,
    /// The effective status.
    pub status: WebhookStatus,
}

impl Subscription {
    /// Whether the webhook gets events of this type.
    #[must_use]
    pub fn wants(&self, event_type: &str) -> bool {
        self.status.receives() && self.events.iter().any(|pattern| pattern.matches(event_type))
    }

    /// Whether an event with this data (JSON text) satisfies its filter.
    #[must_use]
    pub fn judge(&self, data: &str) -> Judgement {
        let everything = Judgement { verdict: Verdict::Matches, steps: 0 };
        self.filter.as_ref().map_or(everything, |filter| filter.judge(data))
    }
}
