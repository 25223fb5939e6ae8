use super::{USER, user};
use crate::clock::START;
use grapnel_domain::{
    filter::Filter,
    health::{Circuit, Health},
    ids::WebhookId,
    limit::{RateLimit, SlotTime},
    retry::RetryConfig,
    signature::Secret,
    target_url::TargetUrl,
    time::Timestamp,
    transform::Transform,
    webhook::{
        Configuration, HeaderValue, Headers, PayloadFormat, PreviousSecret, Texts, Webhook,
        WebhookStatus,
    },
};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// An active webhook of [`USER`] for every event, at `https://receiver.example/hook`, with the
/// default retry schedule, created at [`START`].
#[must_use]
pub fn a_webhook() -> WebhookBuilder {
    WebhookBuilder {
        configuration: Configuration {
            id: WebhookId::from_uuid(Uuid::now_v7()),
            user_id: user(USER),
            texts: Texts { name: "orders".into(), ..Texts::default() },
            url: target_url("https://receiver.example/hook"),
            events: vec![grapnel_domain::webhook::EventPattern::Any],
            filter: None,
            secret: Secret::from_random([1; 32]),
            previous_secrets: Vec::new(),
            headers: Headers::default(),
            metadata: BTreeMap::new(),
            status: WebhookStatus::Active,
            retry_config: RetryConfig::default(),
            payload_format: PayloadFormat::Envelope,
            transform: None,
            rate_limit: None,
            created_at: START,
            updated_at: START,
        },
        health: Health::default(),
        next_slot: None,
    }
}

/// The health of a failing endpoint: its circuit breaker is open, and due a minute after [`START`].
#[must_use]
pub fn a_failing_health() -> Health {
    let due = START.plus(Duration::from_secs(60));
    Health {
        version: 10,
        circuit: Circuit::Open { due },
        failures: 10,
        failing_since: Some(START),
        deliveries: 10,
        intervals: 1,
        last_due: Some(due),
        ..Health::default()
    }
}

/// A URL that no policy has checked.
///
/// # Panics
/// If it is not a URL.
#[must_use]
pub fn target_url(url: &str) -> TargetUrl {
    TargetUrl::stored(url.to_owned()).expect("a URL")
}

/// A webhook with a change of its configuration.
///
/// # Panics
/// If the configuration is then outside its limits.
#[must_use]
pub fn changed(webhook: &Webhook, change: impl FnOnce(&mut Configuration)) -> Webhook {
    webhook.changed(change).expect("within its limits")
}

/// Builds a [`Webhook`], see [`a_webhook`].
#[derive(Debug, Clone)]
pub struct WebhookBuilder {
    configuration: Configuration,
    health: Health,
    next_slot: Option<SlotTime>,
}

impl WebhookBuilder {
    #[must_use]
    pub fn id(mut self, id: WebhookId) -> Self {
        self.configuration.id = id;
        self
    }

    #[must_use]
    pub fn for_user(mut self, id: &str) -> Self {
        self.configuration.user_id = user(id);
        self
    }

    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.configuration.texts.name);
        self
    }

    /// Sets its URL, which no policy checks.
    ///
    /// # Panics
    /// If it is not a URL.
    #[must_use]
    pub fn url(mut self, url: &str) -> Self {
        self.configuration.url = target_url(url);
        self
    }

    /// Sets its event types.
    ///
    /// # Panics
    /// If one of them is not a pattern.
    #[must_use]
    pub fn events<const N: usize>(mut self, patterns: [&str; N]) -> Self {
        self.configuration.events =
            patterns.iter().map(|text| text.parse().expect("pattern")).collect();
        self
    }

    /// Sets its filter: JSON text, which is not checked.
    #[must_use]
    pub fn filter(mut self, text: &str) -> Self {
        self.configuration.filter = Some(Filter::stored(text.to_owned()));
        self
    }

    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.configuration.secret = secret;
        self
    }

    /// Adds a previous secret, and the time until which it signs.
    #[must_use]
    pub fn previous_secret(mut self, secret: Secret, valid_until: Timestamp) -> Self {
        self.configuration.previous_secrets.push(PreviousSecret { secret, valid_until });
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.configuration.headers.insert(name, HeaderValue::plain(value));
        self
    }

    /// Adds a header that is never shown.
    #[must_use]
    pub fn sensitive_header(mut self, name: &str, value: &str) -> Self {
        self.configuration.headers.insert(name, HeaderValue::sensitive(value));
        self
    }

    #[must_use]
    pub fn retry(mut self, config: RetryConfig) -> Self {
        self.configuration.retry_config = config;
        self
    }

    #[must_use]
    pub fn format(mut self, format: PayloadFormat) -> Self {
        self.configuration.payload_format = format;
        self
    }

    /// Sets a template for plain text, which is not checked.
    #[must_use]
    pub fn transform(mut self, template: &str) -> Self {
        let (template, content_type) = (template.to_owned(), "text/plain".to_owned());
        self.configuration.transform = Some(Transform { template, content_type });
        self
    }

    /// Disables it.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.configuration.status = WebhookStatus::Disabled;
        self
    }

    /// Its endpoint is failing: its circuit breaker is open, and due a minute after [`START`].
    #[must_use]
    pub fn failing(self) -> Self {
        self.health(a_failing_health())
    }

    #[must_use]
    pub fn health(mut self, health: Health) -> Self {
        self.health = health;
        self
    }

    /// Sets its rate limit.
    ///
    /// # Panics
    /// If the limit is not allowed.
    #[must_use]
    pub fn limited_to(mut self, per_second: u32) -> Self {
        self.configuration.rate_limit = Some(RateLimit::new(per_second).expect("a limit"));
        self
    }

    /// Every slot before this time is taken.
    #[must_use]
    pub fn next_slot(mut self, time: Timestamp) -> Self {
        self.next_slot = Some(SlotTime::at(time));
        self
    }

    /// When it was created and last changed.
    #[must_use]
    pub fn created_at(mut self, time: Timestamp) -> Self {
        self.configuration.created_at = time;
        self.configuration.updated_at = time;
        self
    }

    /// The webhook.
    ///
    /// # Panics
    /// If its configuration is outside its limits.
    #[must_use]
    pub fn build(self) -> Webhook {
        let webhook = Webhook::new(self.configuration).expect("within its limits");
        webhook.with_state(self.health, self.next_slot)
    }
}
