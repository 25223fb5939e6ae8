use super::word;
use crate::problem::Problem;
use grapnel_domain::{
    retry::{RetryConfig, Schedule},
    webhook::{HeaderValue, Webhook},
};
use grapnel_wire::webhook::{self as wire, Header, RetryConfigInForce, TransformInForce};
use serde_json::{Map, Value};

/// A webhook with its secret masked.
///
/// # Errors
/// 500 if its filter has no JSON.
pub(crate) fn webhook(webhook: &Webhook) -> Result<wire::Webhook, Problem> {
    with_secret(webhook, webhook.secret.masked())
}

/// A webhook with its secret in full: for the answer to its creation, and for nothing else.
///
/// # Errors
/// 500 if its filter has no JSON.
pub(crate) fn created_webhook(webhook: &Webhook) -> Result<wire::Webhook, Problem> {
    with_secret(webhook, webhook.secret.reveal())
}

/// A webhook as its owner configured it, as a document that can be changed and read again.
///
/// # Errors
/// 500 if it has no JSON.
pub(crate) fn configured_webhook(existing: &Webhook) -> Result<Map<String, Value>, Problem> {
    let answer = wire::Webhook { status: word(&existing.status), ..webhook(existing)? };
    match serde_json::to_value(answer) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Problem::internal("a webhook has no JSON")),
    }
}

fn with_secret(webhook: &Webhook, secret: &str) -> Result<wire::Webhook, Problem> {
    let filter = webhook.filter.as_ref().map(serde_json::value::to_raw_value).transpose();
    Ok(wire::Webhook {
        id: webhook.id.to_string(),
        user_id: webhook.user_id.to_string(),
        name: webhook.texts.name.clone(),
        url: webhook.url.to_string(),
        events: webhook.events.iter().map(ToString::to_string).collect(),
        filter: filter.map_err(|_| Problem::internal("a filter has no JSON"))?,
        secret: secret.to_owned(),
        headers: webhook
            .headers
            .iter()
            .map(|(name, value)| (name.to_owned(), header(value)))
            .collect(),
        description: webhook.texts.description.clone(),
        metadata: webhook.metadata.clone(),
        status: word(&webhook.effective_status()),
        health: None,
        retry_config: retry_config(&webhook.retry_config),
        payload_format: word(&webhook.payload_format),
        transform: webhook.transform.as_ref().map(|transform| TransformInForce {
            template: transform.template.clone(),
            content_type: transform.content_type.clone(),
        }),
        rate_limit: webhook.rate_limit.map(|limit| limit.per_second()),
        created_at: webhook.created_at,
        updated_at: webhook.updated_at,
    })
}

/// A header's value, unless it is sensitive. Sent back like this, it stays.
fn header(value: &HeaderValue) -> Header {
    match value.sensitive {
        true => Header::Sensitive { sensitive: true },
        false => Header::Plain(value.text.clone()),
    }
}

fn retry_config(config: &RetryConfig) -> RetryConfigInForce {
    let (delays_seconds, backoff) = match &config.schedule {
        Schedule::DelaysSeconds(delays) => (Some(delays.clone()), None),
        Schedule::Backoff(backoff) => (None, Some(backoff)),
    };
    RetryConfigInForce {
        max_attempts: config.max_attempts,
        timeout_seconds: config.timeout_seconds,
        delays_seconds,
        backoff: backoff.map(|backoff| wire::Backoff {
            initial_seconds: backoff.initial_seconds,
            multiplier: backoff.multiplier,
            max_seconds: backoff.max_seconds,
        }),
    }
}
