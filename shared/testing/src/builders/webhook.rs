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
    webhook::{HeaderValue, Headers, PayloadFormat, PreviousSecret, Webhook, WebhookStatus},
};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// An active webhook of [`USER`] for every event, at `https://receiver.example/hook`, with the
/// default retry schedule, created at [`START`].
#[must_use]
pub fn a_webhook() -> WebhookBuilder {
    WebhookBuilder {
        webhook: Webhook {
            id: WebhookId::from_uuid(Uuid::now_v7()),
            user_id: user(USER),
            name: "orders".into(),
            url: target_url("https://receiver.example/hook"),
            events: vec![grapnel_domain::webhook::EventPattern::Any],
            filter: None,
            secret: Secret::from_random([1; 32]),
            previous_secrets: Vec::new(),
            headers: Headers::default(),
            description: None,
            metadata: BTreeMap::new(),
            status: WebhookStatus::Active,
            retry_config: RetryConfig::default(),
            payload_format: PayloadFormat::Envelope,
            transform: None,
            rate_limit: None,
            created_at: START,
            updated_at: START,
            health: Health::default(),
            next_slot: None,
        },
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

/// Builds a [`Webhook`], see [`a_webhook`].
#[derive(Debug, Clone)]
pub struct WebhookBuilder {
    webhook: Webhook,
}

impl WebhookBuilder {
    #[must_use]
    pub fn id(mut self, id: WebhookId) -> Self {
        self.webhook.id = id;
        self
    }

    #[must_use]
    pub fn for_user(mut self, id: &str) -> Self {
        self.webhook.user_id = user(id);
        self
    }

    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.webhook.name);
        self
    }

    /// Sets its URL, which no policy checks.
    ///
    /// # Panics
    /// If it is not a URL.
    #[must_use]
    pub fn url(mut self, url: &str) -> Self {
        self.webhook.url = target_url(url);
        self
    }

    /// Sets its event types.
    ///
    /// # Panics
    /// If one of them is not a pattern.
    #[must_use]
    pub fn events<const N: usize>(mut self, patterns: [&str; N]) -> Self {
        self.webhook.events = patterns.iter().map(|text| text.parse().expect("pattern")).collect();
        self
    }

    /// Sets its filter: JSON text, which is not checked.
    #[must_use]
    pub fn filter(mut self, text: &str) -> Self {
        self.webhook.filter = Some(Filter::stored(text.to_owned()));
        self
    }

    #[must_use]
    pub fn secret(mut self, secret: Secret) -> Self {
        self.webhook.secret = secret;
        self
    }

    /// Adds a previous secret, and the time until which it signs.
    #[must_use]
    pub fn previous_secret(mut self, secret: Secret, valid_until: Timestamp) -> Self {
        self.webhook.previous_secrets.push(PreviousSecret { secret, valid_until });
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.webhook.headers.insert(name, HeaderValue::plain(value));
        self
    }

    /// Adds a header that is never shown.
    #[must_use]
    pub fn sensitive_header(mut self, name: &str, value: &str) -> Self {
        self.webhook.headers.insert(name, HeaderValue::sensitive(value));
        self
    }

    #[must_use]
    pub fn retry(mut self, config: RetryConfig) -> Self {
        self.webhook.retry_config = config;
        self
    }

    #[must_use]
    pub fn format(mut self, format: PayloadFormat) -> Self {
        self.webhook.payload_format = format;
        self
    }

    /// Sets a template for plain text, which is not checked.
    #[must_use]
    pub fn transform(mut self, template: &str) -> Self {
        let (template, content_type) = (template.to_owned(), "text/plain".to_owned());
        self.webhook.transform = Some(Transform { template, content_type });
        self
    }

    /// Disables it.
    #[must_use]
    pub fn disabled(mut self) -> Self {
        self.webhook.status = WebhookStatus::Disabled;
        self
    }

    /// Its endpoint is failing: its circuit breaker is open, and due a minute after [`START`].
    #[must_use]
    pub fn failing(self) -> Self {
        self.health(a_failing_health())
    }

    #[must_use]
    pub fn health(mut self, health: Health) -> Self {
        self.webhook.health = health;
        self
    }

    /// Sets its rate limit.
    ///
    /// # Panics
    /// If the limit is not allowed.
    #[must_use]
    pub fn limited_to(mut self, per_second: u32) -> Self {
        self.webhook.rate_limit = Some(RateLimit::new(per_second).expect("a limit"));
        self
    }

    /// Every slot before this time is taken.
    #[must_use]
    pub fn next_slot(mut self, time: Timestamp) -> Self {
        self.webhook.next_slot = Some(SlotTime::at(time));
        self
    }

    /// When it was created and last changed.
    #[must_use]
    pub fn created_at(mut self, time: Timestamp) -> Self {
        self.webhook.created_at = time;
        self.webhook.updated_at = time;
        self
    }

    #[must_use]
    pub fn build(self) -> Webhook {
        self.webhook
    }
}
