//! A webhook: where a user wants events to go, and how.

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
    time::Timestamp,
    transform::Transform,
};
pub use headers::{HeaderValue, Headers};
pub use pattern::EventPattern;
pub use rotation::{MAX_PREVIOUS_SECRETS, PreviousSecret};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether a webhook receives events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookStatus {
    /// Receives events.
    Active,
    /// Receives none, until its owner sets it to `active`.
    Disabled,
    /// Receives events, but its endpoint has been failing.
    Failing,
}

impl WebhookStatus {
    /// Whether an event that matches is to be delivered.
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

/// A webhook's whole configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Its owner.
    pub user_id: UserId,
    /// What its owner calls it, at most 200 characters.
    pub name: String,
    /// Where requests go; it passed [`crate::url_policy::UrlPolicy`] when it was saved.
    pub url: String,
    /// What it wants: 1–50 patterns.
    pub events: Vec<EventPattern>,
    /// Which of these it wants, by their data.
    pub filter: Option<Filter>,
    /// What signs its requests.
    pub secret: Secret,
    /// The secrets before, the last one first, of which some may still sign.
    pub previous_secrets: Vec<PreviousSecret>,
    /// Headers that its owner adds to each request.
    pub headers: Headers,
    /// What it is for, in its owner's words.
    pub description: Option<String>,
    /// What its owner's own programs keep with it.
    pub metadata: BTreeMap<String, String>,
    /// Whether it receives events.
    pub status: WebhookStatus,
    /// Attempts, time-out and delays.
    pub retry_config: RetryConfig,
    /// How an event becomes a body.
    pub payload_format: PayloadFormat,
    /// What makes the body in place of the format.
    pub transform: Option<Transform>,
    /// How many requests it takes a second; as many as there are if `None`.
    pub rate_limit: Option<RateLimit>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its configuration last changed.
    pub updated_at: Timestamp,
    /// How its endpoint is doing. Kept beside the configuration, and written by nobody who writes
    /// that.
    pub health: Health,
    /// The first free slot of its rate limit, if one was ever handed out. Kept beside it likewise.
    pub next_slot: Option<SlotTime>,
}

impl Webhook {
    /// It without what is kept beside its configuration: what a store of configurations holds.
    #[must_use]
    pub fn configuration(&self) -> Self {
        Self { health: Health::default(), next_slot: None, ..self.clone() }
    }

    /// What its owner sees: their own `disabled` first, then what its endpoint's health says.
    #[must_use]
    pub fn effective_status(&self) -> WebhookStatus {
        effective_status(self.status, &self.health)
    }
}

/// The status that a configured one and an endpoint's health come to.
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
    /// The webhook.
    pub webhook_id: WebhookId,
    /// What it wants.
    pub events: Vec<EventPattern>,
    /// Which of these it wants, by their data.
    pub filter: Option<Filter>,
    /// Whether it receives events: its effective status.
    pub status: WebhookStatus,
}

impl Subscription {
    /// Whether an event of this type is to be delivered to the webhook.
    #[must_use]
    pub fn wants(&self, event_type: &str) -> bool {
        self.status.receives() && self.events.iter().any(|pattern| pattern.matches(event_type))
    }

    /// Whether an event with this data (JSON text) passes its filter.
    #[must_use]
    pub fn judge(&self, data: &str) -> Judgement {
        let everything = Judgement { verdict: Verdict::Matches, steps: 0 };
        self.filter.as_ref().map_or(everything, |filter| filter.judge(data))
    }
}
