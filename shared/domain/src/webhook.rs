//! A webhook: where a user's events are sent, and how.

mod configuration;
pub mod draft;
pub mod headers;
pub mod pattern;
mod rotation;
mod rules;
mod texts;

use crate::{
    filter::{Filter, Judgement, Verdict},
    health::Health,
    ids::WebhookId,
    limit::SlotTime,
};
pub use configuration::{Configuration, PayloadFormat, PreviousSecret, WebhookStatus};
pub use headers::{HeaderValue, Headers};
pub use pattern::EventPattern;
pub use rotation::MAX_PREVIOUS_SECRETS;
pub use rules::BrokenRule;
use std::ops::Deref;
pub use texts::Texts;

/// A webhook: a configuration within its limits, and what is stored beside it.
///
/// The fields of the configuration are read like the webhook's own. Nothing changes them in place: a
/// change makes another webhook, which is checked again.
#[derive(Debug, Clone, PartialEq)]
pub struct Webhook {
    configuration: Configuration,
    /// The health of its endpoint. Stored separately from the configuration, and never written
    /// together with it.
    pub health: Health,
    /// The first free slot of its rate limit, if one was ever assigned. Stored separately, like the
    /// health.
    pub next_slot: Option<SlotTime>,
}

impl Deref for Webhook {
    type Target = Configuration;

    fn deref(&self) -> &Configuration {
        &self.configuration
    }
}

impl Webhook {
    /// A webhook with this configuration. Its health and its rate limit slots are new.
    ///
    /// # Errors
    /// [`BrokenRule`] if the configuration is outside its limits.
    pub fn new(configuration: Configuration) -> Result<Self, BrokenRule> {
        rules::check(&configuration)?;
        Ok(Self { configuration, health: Health::default(), next_slot: None })
    }

    /// This webhook with a change of its configuration.
    ///
    /// # Errors
    /// [`BrokenRule`] if the configuration is then outside its limits.
    pub fn changed(&self, change: impl FnOnce(&mut Configuration)) -> Result<Self, BrokenRule> {
        let mut configuration = self.configuration.clone();
        change(&mut configuration);
        Ok(Self::new(configuration)?.with_state(self.health, self.next_slot))
    }

    /// This webhook with what is stored beside its configuration.
    #[must_use]
    pub fn with_state(self, health: Health, next_slot: Option<SlotTime>) -> Self {
        Self { health, next_slot, ..self }
    }

    #[must_use]
    pub fn configuration(&self) -> &Configuration {
        &self.configuration
    }

    /// Whether an attempt may be made. A test is also sent to a disabled webhook: its owner tries the
    /// webhook before enabling it.
    #[must_use]
    pub fn takes_attempts(&self, test: bool) -> bool {
        test || self.effective_status().receives()
    }

    /// What fan-out would read of it if its endpoint were well.
    #[must_use]
    pub fn configured_subscription(&self) -> Subscription {
        Subscription {
            webhook_id: self.id,
            events: self.events.clone(),
            filter: self.filter.clone(),
            status: self.status,
        }
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

/// What fan-out finds out about a webhook and an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interest {
    /// The webhook is disabled.
    Disabled,
    /// The webhook does not get events of this type.
    OtherType,
    /// Its filter decides.
    Judged(Judgement),
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
    /// Whether the webhook gets an event of this type with this data (JSON text).
    #[must_use]
    pub fn interest(&self, event_type: &str, data: &str) -> Interest {
        if !self.status.receives() {
            return Interest::Disabled;
        }
        if !self.events.iter().any(|pattern| pattern.matches(event_type)) {
            return Interest::OtherType;
        }
        let everything = Judgement { verdict: Verdict::Matches, steps: 0 };
        Interest::Judged(self.filter.as_ref().map_or(everything, |filter| filter.judge(data)))
    }
}
