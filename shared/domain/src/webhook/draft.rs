//! What a user asks a webhook to be: read from JSON, with every fault named at once.

mod headers;
mod retry;
mod rules;

pub use rules::{Purpose, Rules};

use crate::{
    catalogue,
    fault::FieldFault,
    filter::Filter,
    ids::{UserId, WebhookId},
    limit::RateLimit,
    retry::RetryConfig,
    signature::Secret,
    target_url::TargetUrl,
    time::Timestamp,
    transform::Transform,
    url_policy::UrlPolicy,
    webhook::{
        BrokenRule, Configuration, EventPattern, Headers, PayloadFormat, Texts, Webhook,
        WebhookStatus,
    },
};
use grapnel_wire::{
    limits::WEBHOOK_EVENTS,
    read::Read,
    webhook::{self as wire, NewWebhook, READ_ONLY},
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, time::Duration};

/// A webhook's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    texts: Texts,
    url: TargetUrl,
    events: Vec<EventPattern>,
    filter: Option<Filter>,
    headers: Headers,
    metadata: BTreeMap<String, String>,
    secret: Option<Secret>,
    status: WebhookStatus,
    retry_config: RetryConfig,
    payload_format: PayloadFormat,
    transform: Option<Transform>,
    rate_limit: Option<RateLimit>,
}

impl Draft {
    /// The patterns that `events` of an input names and that nothing built in matches: whether one of
    /// the deployment's own types does is to be found out, and said by `known` of [`Draft::check`].
    #[must_use]
    pub fn patterns_to_look_up(input: &Map<String, Value>) -> Vec<EventPattern> {
        let named = input.get("events").and_then(Value::as_array);
        let named = named.filter(|list| WEBHOOK_EVENTS.contains(&list.len())).into_iter().flatten();
        let patterns = named.filter_map(|entry| entry.as_str()?.parse::<EventPattern>().ok());
        patterns.filter(|pattern| catalogue::first(pattern).is_none()).collect()
    }

    /// Reads a body, whose text is `text` if that is known. In place of a webhook, what is shown of it
    /// and cannot be changed is ignored.
    #[must_use]
    pub fn read(
        fields: &Map<String, Value>,
        text: Option<&str>,
        purpose: Purpose<'_>,
    ) -> Read<NewWebhook> {
        match purpose {
            Purpose::Create => Read::of(fields, text),
            Purpose::Replace(_) => {
                let mut fields = fields.clone();
                fields.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
                Read::of(&fields, text)
            }
        }
    }

    /// Checks what was read. Options that are left out take their defaults. `known` are patterns that
    /// match one of the deployment's own event types; those that a webhook has already are taken too,
    /// so that an event type that is gone stands in no one's way.
    ///
    /// # Errors
    /// Every fault, with its field.
    pub fn check(
        mut read: Read<NewWebhook>,
        purpose: Purpose<'_>,
        rules: &Rules,
        known: &[EventPattern],
    ) -> Result<Self, Vec<FieldFault>> {
        let url = url(&mut read, rules.urls);
        let events = events(&mut read, purpose, known);
        let filter = read
            .value
            .filter
            .take()
            .and_then(|filter| read.found(Filter::parse(filter.get(), "filter")));
        let headers = headers::headers(&mut read, purpose);
        let secret = read.check("secret", |given| {
            let secret = given.secret.as_deref().map(Secret::parse).transpose();
            secret.map_err(|invalid| invalid.to_string())
        });
        let status = read.check("status", |given| status(given.status.as_ref(), purpose));
        let retry_config = retry::retry_config(&mut read, rules);
        let transform = read.value.transform.take();
        let transform =
            transform.and_then(|given| read.found(Transform::parse(&given, "transform")));
        let (given, url) = read.finish_with(url)?;
        Ok(Self {
            texts: Texts::of(&given),
            url,
            events,
            filter,
            headers,
            metadata: given.metadata.unwrap_or_default(),
            secret: secret.flatten(),
            status: status.unwrap_or(WebhookStatus::Active),
            retry_config,
            payload_format: payload_format(given.payload_format.as_ref()),
            transform,
            rate_limit: given.rate_limit.and_then(RateLimit::new),
        })
    }

    /// The new webhook that it describes, with `secret` unless it brings its own.
    ///
    /// # Errors
    /// [`BrokenRule`] if a draft allows what a webhook does not: a fault of this crate.
    pub fn into_webhook(
        self,
        id: WebhookId,
        user_id: UserId,
        secret: Secret,
        now: Timestamp,
    ) -> Result<Webhook, BrokenRule> {
        Webhook::new(self.into_configuration(id, user_id, secret, now))
    }

    fn into_configuration(
        self,
        id: WebhookId,
        user_id: UserId,
        secret: Secret,
        now: Timestamp,
    ) -> Configuration {
        Configuration {
            id,
            user_id,
            texts: self.texts,
            url: self.url,
            events: self.events,
            filter: self.filter,
            secret: self.secret.unwrap_or(secret),
            previous_secrets: Vec::new(),
            headers: self.headers,
            metadata: self.metadata,
            status: self.status,
            retry_config: self.retry_config,
            payload_format: self.payload_format,
            transform: self.transform,
            rate_limit: self.rate_limit,
            created_at: now,
            updated_at: now,
        }
    }

    /// `existing` with this configuration, which was read to replace it. Its identity and its
    /// secrets stay.
    ///
    /// # Errors
    /// As for [`Draft::into_webhook`].
    pub fn replace(self, existing: &Webhook, now: Timestamp) -> Result<Webhook, BrokenRule> {
        let secret = existing.secret.clone();
        // A repeated failure must not become `active` merely by saving what was read.
        let status = match (self.status, existing.status) {
            (WebhookStatus::Failing, current) => current,
            (asked, _) => asked,
        };
        let webhook = Webhook::new(Configuration {
            previous_secrets: existing.previous_secrets.clone(),
            created_at: existing.created_at,
            status,
            updated_at: existing.updated_after(now),
            ..self.into_configuration(existing.id, existing.user_id.clone(), secret, now)
        })?;
        Ok(webhook.with_state(existing.health, existing.next_slot))
    }
}

impl Webhook {
    /// The time of a change made at `now`. It always differs from the change before, since a
    /// conditional write tells versions apart by it.
    #[must_use]
    pub fn updated_after(&self, now: Timestamp) -> Timestamp {
        now.max(self.updated_at.plus(Duration::from_millis(1)))
    }
}

fn url(read: &mut Read<NewWebhook>, policy: UrlPolicy) -> Option<TargetUrl> {
    if !read.is_sound("url") {
        return None;
    }
    let checked = policy.check(&read.value.url);
    checked.map_err(|faults| faults.into_iter().for_each(|fault| read.fault("url", fault))).ok()
}

fn events(
    read: &mut Read<NewWebhook>,
    purpose: Purpose<'_>,
    known: &[EventPattern],
) -> Vec<EventPattern> {
    let had = match purpose {
        Purpose::Create => &[],
        Purpose::Replace(existing) => existing.events.as_slice(),
    };
    let known = [known, had].concat();
    let mut events = Vec::with_capacity(read.value.events.len());
    for (index, text) in read.value.events.clone().into_iter().enumerate() {
        let field = format!("events[{index}]");
        if !read.is_sound_at(&field) {
            continue;
        }
        match catalogue::parse_known(&text, &known) {
            Ok(pattern) => events.push(pattern),
            Err(invalid) => read.fault(field, invalid.to_string()),
        }
    }
    events
}

fn status(
    given: Option<&wire::WebhookStatus>,
    purpose: Purpose<'_>,
) -> Result<WebhookStatus, String> {
    match given {
        None | Some(wire::WebhookStatus::Active) => Ok(WebhookStatus::Active),
        Some(wire::WebhookStatus::Disabled) => Ok(WebhookStatus::Disabled),
        Some(wire::WebhookStatus::Failing) if matches!(purpose, Purpose::Replace(_)) => {
            Ok(WebhookStatus::Failing)
        }
        Some(_) => Err("must be `active` or `disabled`".to_owned()),
    }
}

fn payload_format(given: Option<&wire::PayloadFormat>) -> PayloadFormat {
    match given {
        Some(wire::PayloadFormat::Raw) => PayloadFormat::Raw,
        Some(wire::PayloadFormat::CloudEvents) => PayloadFormat::CloudEvents,
        // No other word is read.
        _ => PayloadFormat::Envelope,
    }
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
