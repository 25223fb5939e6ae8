//! What a user asks a webhook to be: read from JSON, with every fault named at once.

mod details;
mod fields;
mod headers;
mod retry;

use crate::{
    event::Retention,
    fault::{Faults, FieldFault},
    filter::Filter,
    health::Health,
    ids::{UserId, WebhookId},
    limit::RateLimit,
    retry::RetryConfig,
    signature::Secret,
    time::Timestamp,
    transform::Transform,
    url_policy::UrlPolicy,
    webhook::{EventPattern, Headers, PayloadFormat, Webhook, WebhookStatus},
};
use fields::Fields;
use serde_json::{Map, Value};
use std::{collections::BTreeMap, time::Duration};

/// Most characters of a name.
pub const MAX_NAME_CHARS: usize = 200;
/// Most entries of `events`.
pub const MAX_EVENTS: usize = 50;

/// What may be set in one deployment.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Which URLs.
    pub urls: UrlPolicy,
    /// How long rows live, which bounds a retry schedule.
    pub retention: Retention,
    /// The longest time limit of a request, in seconds.
    pub longest_request_seconds: u32,
    /// Most webhooks of one user.
    pub max_webhooks: usize,
}

/// Why a draft is read.
#[derive(Debug, Clone, Copy)]
pub enum Purpose<'a> {
    /// For a new webhook.
    Create,
    /// In place of this one. What reading it returned can be sent back: its read-only fields are
    /// ignored, and a sensitive header without its value keeps the value.
    Replace(&'a Webhook),
}

/// A webhook's configuration as it came.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// All of it.
    pub fields: &'a Map<String, Value>,
    /// The JSON text of its `filter`, if there is one: numbers keep their digits.
    pub filter: Option<&'a str>,
}

/// A webhook's configuration, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    name: String,
    url: String,
    events: Vec<EventPattern>,
    filter: Option<Filter>,
    headers: Headers,
    description: Option<String>,
    metadata: BTreeMap<String, String>,
    secret: Option<Secret>,
    status: WebhookStatus,
    retry_config: RetryConfig,
    payload_format: PayloadFormat,
    transform: Option<Transform>,
    rate_limit: Option<RateLimit>,
}

/// What may be set.
const FIELDS: &[&str] = &[
    "name",
    "url",
    "events",
    "filter",
    "headers",
    "description",
    "metadata",
    "status",
    "retryConfig",
    "payloadFormat",
    "transform",
    "rateLimit",
];
/// What may be set at creation only.
const ON_CREATION: &[&str] = &["secret"];
const READ_ONLY: &[&str] = &["id", "userId", "secret", "health", "createdAt", "updatedAt"];

impl Draft {
    /// The patterns that `events` of an input names and that nothing built in matches: whether one of
    /// the deployment's own types does is to be found out, and said by `known` of [`Draft::parse`].
    #[must_use]
    pub fn patterns_to_look_up(input: &Map<String, Value>) -> Vec<EventPattern> {
        let named = input.get("events").and_then(Value::as_array);
        let named = named.filter(|list| list.len() <= MAX_EVENTS).into_iter().flatten();
        let patterns = named.filter_map(|entry| entry.as_str()?.parse::<EventPattern>().ok());
        patterns.filter(|pattern| !pattern.matches_built_in()).collect()
    }

    /// Reads a draft. Options that are left out take their defaults. `known` are patterns that match
    /// one of the deployment's own event types; those that a webhook has already are taken too, so
    /// that an event type that is gone stands in no one's way.
    ///
    /// # Errors
    /// Every fault, with its field.
    pub fn parse(
        input: Input<'_>,
        purpose: Purpose<'_>,
        rules: &Rules,
        known: &[EventPattern],
    ) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        let mut fields = Fields::new(input.fields, "", &mut faults);
        match purpose {
            Purpose::Create => fields.refuse_others(&[FIELDS, ON_CREATION].concat(), &[]),
            Purpose::Replace(_) => fields.refuse_others(FIELDS, READ_ONLY),
        }
        let draft = Self {
            name: name(&mut fields),
            url: url(&mut fields, rules.urls),
            events: events(&mut fields, purpose, known),
            filter: filter(&mut fields, input.filter),
            headers: headers::headers(&mut fields, purpose),
            description: details::description(&mut fields),
            metadata: details::metadata(&mut fields),
            secret: secret(&mut fields, purpose),
            status: status(&mut fields, purpose),
            retry_config: retry::retry_config(&mut fields, rules),
            payload_format: payload_format(&mut fields),
            transform: transform(&mut fields),
            rate_limit: rate_limit(&mut fields),
        };
        if faults.is_empty() { Ok(draft) } else { Err(faults.into_vec()) }
    }

    /// The new webhook that it describes, with `secret` unless it brings its own.
    #[must_use]
    pub fn into_webhook(
        self,
        id: WebhookId,
        user_id: UserId,
        secret: Secret,
        now: Timestamp,
    ) -> Webhook {
        Webhook {
            id,
            user_id,
            name: self.name,
            url: self.url,
            events: self.events,
            filter: self.filter,
            secret: self.secret.unwrap_or(secret),
            previous_secrets: Vec::new(),
            headers: self.headers,
            description: self.description,
            metadata: self.metadata,
            status: self.status,
            retry_config: self.retry_config,
            payload_format: self.payload_format,
            transform: self.transform,
            rate_limit: self.rate_limit,
            created_at: now,
            updated_at: now,
            health: Health::default(),
            next_slot: None,
        }
    }

    /// `existing` with this configuration, which was read to replace it. Its identity and its
    /// secrets stay.
    #[must_use]
    pub fn replace(self, existing: &Webhook, now: Timestamp) -> Webhook {
        let secret = existing.secret.clone();
        Webhook {
            previous_secrets: existing.previous_secrets.clone(),
            created_at: existing.created_at,
            health: existing.health,
            next_slot: existing.next_slot,
            // A repeated failure must not become `active` merely by saving what was read.
            status: match (self.status, existing.status) {
                (WebhookStatus::Failing, current) => current,
                (asked, _) => asked,
            },
            updated_at: existing.updated_after(now),
            ..self.into_webhook(existing.id, existing.user_id.clone(), secret, now)
        }
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

fn name(fields: &mut Fields<'_>) -> String {
    let Some(name) = fields.required_string("name") else { return String::new() };
    let chars = name.chars().count();
    if name.trim().is_empty() || chars > MAX_NAME_CHARS || name.chars().any(char::is_control) {
        fields.fault(
            "name",
            format!("must have 1 to {MAX_NAME_CHARS} characters, not only spaces, and no control characters"),
        );
    }
    name.to_owned()
}

fn url(fields: &mut Fields<'_>, policy: UrlPolicy) -> String {
    let Some(url) = fields.required_string("url") else { return String::new() };
    if let Err(sentences) = policy.check(url) {
        for sentence in sentences {
            fields.fault("url", sentence);
        }
    }
    url.to_owned()
}

fn events(
    fields: &mut Fields<'_>,
    purpose: Purpose<'_>,
    known: &[EventPattern],
) -> Vec<EventPattern> {
    let had = match purpose {
        Purpose::Create => &[],
        Purpose::Replace(existing) => existing.events.as_slice(),
    };
    let known = [known, had].concat();
    let Some(list) = fields.required_list("events") else { return Vec::new() };
    if !(1..=MAX_EVENTS).contains(&list.len()) {
        fields.fault("events", format!("must name 1 to {MAX_EVENTS} event types or patterns"));
        return Vec::new();
    }
    let mut events = Vec::with_capacity(list.len());
    for (index, entry) in list.iter().enumerate() {
        let field = format!("events[{index}]");
        match entry.as_str().map(|text| EventPattern::parse_known(text, &known)) {
            None => fields.fault(&field, "must be a string"),
            Some(Err(invalid)) => fields.fault(&field, invalid.to_string()),
            Some(Ok(pattern)) if events.contains(&pattern) => {
                fields.fault(&field, format!("`{pattern}` is named twice"));
            }
            Some(Ok(pattern)) => events.push(pattern),
        }
    }
    events
}

fn filter(fields: &mut Fields<'_>, text: Option<&str>) -> Option<Filter> {
    fields.optional_object("filter")?;
    fields.found(Filter::parse(text.unwrap_or_default(), "filter"))
}

fn transform(fields: &mut Fields<'_>) -> Option<Transform> {
    let map = fields.optional_object("transform")?;
    fields.found(Transform::parse(map, "transform"))
}

fn secret(fields: &mut Fields<'_>, purpose: Purpose<'_>) -> Option<Secret> {
    let Purpose::Create = purpose else { return None };
    let secret = Secret::parse(fields.optional_string("secret")?);
    secret.map_err(|invalid| fields.fault("secret", invalid.to_string())).ok()
}

fn status(fields: &mut Fields<'_>, purpose: Purpose<'_>) -> WebhookStatus {
    match fields.optional_string("status") {
        None | Some("active") => WebhookStatus::Active,
        Some("disabled") => WebhookStatus::Disabled,
        Some("failing") if matches!(purpose, Purpose::Replace(_)) => WebhookStatus::Failing,
        Some(_) => {
            fields.fault("status", "must be `active` or `disabled`");
            WebhookStatus::Active
        }
    }
}

fn payload_format(fields: &mut Fields<'_>) -> PayloadFormat {
    match fields.optional_string("payloadFormat") {
        None | Some("envelope") => PayloadFormat::Envelope,
        Some("raw") => PayloadFormat::Raw,
        Some("cloudevents") => PayloadFormat::CloudEvents,
        Some(_) => {
            fields.fault("payloadFormat", "must be `envelope`, `raw` or `cloudevents`");
            PayloadFormat::Envelope
        }
    }
}

fn rate_limit(fields: &mut Fields<'_>) -> Option<RateLimit> {
    fields.whole_within("rateLimit", &RateLimit::PER_SECOND).and_then(RateLimit::new)
}

#[cfg(test)]
#[path = "draft_tests.rs"]
mod tests;
