//! The demo: a user with a key and a webhook, created as any client would, and the sample events.

use crate::{emulator::CREDENTIALS, http_client::HttpClient, stack::Stack};
use anyhow::{Context, Result, ensure};
use aws_sdk_eventbridge::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::PutEventsRequestEntry,
};
use grapnel_domain::catalogue;
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use std::time::{Duration, Instant};

/// The user of the sample events.
pub(crate) const USER: &str = "demo";

/// The results of the setup.
#[derive(Debug)]
pub(crate) struct Demo {
    pub(crate) user_key: String,
    pub(crate) webhook_id: String,
    pub(crate) secret: String,
}

impl Demo {
    /// Creates a key with every scope of a user and a webhook for every event.
    ///
    /// # Errors
    /// If the API refuses; with its answer.
    pub(crate) async fn set_up(stack: &Stack, receiver_url: &str) -> Result<Self> {
        let client = HttpClient::new();
        let user_key = stack.user_key(USER).await?;
        let webhooks = format!("{}/api/webhooks", stack.api_url);
        let webhook = json!({"name": "Demo receiver", "url": receiver_url, "events": ["*"]});
        let webhook = client.post_json(&webhooks, &user_key, &webhook).await?;
        Ok(Self { user_key, webhook_id: text(&webhook, "id")?, secret: text(&webhook, "secret")? })
    }
}

/// An address that opens the console as the demo's user, once and within an hour.
///
/// # Errors
/// If the API refuses.
pub(crate) async fn console_link(stack: &Stack) -> Result<String> {
    let url = format!("{}/api/portal-links", stack.api_url);
    let link = json!({
        "userId": USER,
        "scopes": [
            "webhooks:read", "webhooks:write", "webhooks:secrets", "deliveries:read", "deliveries:retry",
        ],
        "expiresInMinutes": 60,
        "sessionHours": 12,
    });
    let link = HttpClient::new().post_json(&url, &stack.admin_key, &link).await?;
    Ok(format!("{}/console/portal#token={}", stack.api_url, text(&link, "token")?))
}

/// The address of the console that signs in with this key or token: what stands behind `#` is sent to no
/// server.
pub(crate) fn sign_in(stack: &Stack, credential: &str) -> String {
    format!("{}/console/sign-in#token={credential}", stack.api_url)
}

/// A delivery in the API's answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoggedDelivery {
    /// The event's type.
    pub(crate) event: String,
    pub(crate) status: String,
    pub(crate) attempts: Vec<LoggedAttempt>,
}

/// An attempt in the API's answers.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoggedAttempt {
    pub(crate) status_code: Option<u16>,
    /// In milliseconds.
    pub(crate) duration: u64,
}

/// The webhook's deliveries, when each has been recorded as sent: that takes a moment longer than
/// the receiver's answer.
///
/// # Errors
/// If the API refuses, or one is still not recorded after ten seconds.
pub(crate) async fn log_of_deliveries(stack: &Stack, demo: &Demo) -> Result<Vec<LoggedDelivery>> {
    let url = format!("{}/api/webhooks/{}/deliveries?limit=100", stack.api_url, demo.webhook_id);
    let client = HttpClient::new();
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let mut answer = client.get_json(&url, &demo.user_key).await?;
        let deliveries: Vec<LoggedDelivery> = serde_json::from_value(answer["items"].take())?;
        if deliveries.iter().all(|delivery| delivery.status != "pending") {
            return Ok(deliveries);
        }
        ensure!(Instant::now() < deadline, "deliveries are still pending on record");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn text(answer: &Value, field: &str) -> Result<String> {
    let value = answer.get(field).and_then(Value::as_str);
    value.map(str::to_owned).with_context(|| format!("the API's answer has no {field}"))
}

/// A sample event: the part that a producer sets.
#[derive(Debug, Deserialize)]
pub(crate) struct SampleEvent {
    #[serde(rename = "detail-type")]
    detail_type: String,
    source: String,
    resources: Vec<String>,
    detail: Box<RawValue>,
}

/// The sample events, one of each type.
///
/// # Errors
/// If a sample is not an event.
pub(crate) fn sample_events() -> Result<Vec<SampleEvent>> {
    let read = |known: &catalogue::BuiltIn| {
        serde_json::from_str(known.sample)
            .with_context(|| format!("the sample of {} is not an event", known.name))
    };
    catalogue::BUILT_IN.iter().map(read).collect()
}

/// Puts events on the bus, as a platform does.
///
/// # Errors
/// If the bus refuses one.
pub(crate) async fn publish(stack: &Stack, events: &[SampleEvent]) -> Result<()> {
    let credentials = Credentials::new(CREDENTIALS.0, CREDENTIALS.1, None, None, "emulator");
    let config = aws_sdk_eventbridge::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(stack.region.clone()))
        .endpoint_url(&stack.endpoint_url)
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let entries = events.iter().map(|event| {
        PutEventsRequestEntry::builder()
            .event_bus_name(&stack.event_bus_name)
            .source(&event.source)
            .detail_type(&event.detail_type)
            .set_resources(Some(event.resources.clone()))
            .detail(event.detail.get())
            .build()
    });
    let put = Client::from_conf(config).put_events().set_entries(Some(entries.collect()));
    let answer = put.send().await.context("putting events on the bus")?;
    ensure!(answer.failed_entry_count() == 0, "the bus refused events: {:?}", answer.entries());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn there_is_a_sample_of_each_type_for_the_demo_user_under_an_id_of_its_own() {
        let events = sample_events().expect("all are events");
        let mut ids = HashSet::new();
        for (event, known) in events.iter().zip(catalogue::BUILT_IN) {
            assert_eq!(event.detail_type, known.name);
            assert_eq!(event.source, crate::stack::SAMPLE_SOURCE);
            let detail: Value = serde_json::from_str(event.detail.get()).expect("JSON");
            assert_eq!(detail["userId"], USER, "{}", known.name);
            assert!(ids.insert(detail["id"].as_str().expect("an id").to_owned()), "{}", known.name);
        }
        assert_eq!(ids.len(), 10);
    }
}
