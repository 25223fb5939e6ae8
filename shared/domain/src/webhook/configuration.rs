//! What a webhook is set to.

use super::{headers::Headers, pattern::EventPattern, texts::Texts};
use crate::{
    filter::Filter,
    ids::{UserId, WebhookId},
    limit::RateLimit,
    retry::RetryConfig,
    signature::Secret,
    target_url::TargetUrl,
    time::Timestamp,
    transform::Transform,
};
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

/// The whole configuration of a webhook, which [`super::Webhook::new`] checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    pub id: WebhookId,
    pub user_id: UserId,
    /// What its owner writes about it.
    pub texts: Texts,
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
}

/// A secret that was replaced and still signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousSecret {
    /// The old secret.
    pub secret: Secret,
    /// From this instant on it signs no more.
    pub valid_until: Timestamp,
}
