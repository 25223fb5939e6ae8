//! Making and changing a webhook.
//!
//! The API replaces a configuration as a whole. To change some of it, the whole is read, changed and
//! sent back as JSON, so that what this version does not know stays as it is.

use crate::{failure::Failure, moment::parse_span, output::Output, render};
use clap::{ArgGroup, Args};
use grapnel_client::Client;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// A new webhook.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Where requests go
    url: String,
    /// The event types that it wants: lead.created, lead.*, or *; may be given more than once
    #[arg(long, value_name = "TYPE", value_delimiter = ',', default_value = "*")]
    events: Vec<String>,
    /// What to call it; its host, if left out
    #[arg(long)]
    name: Option<String>,
    /// Let it receive no events yet
    #[arg(long)]
    disabled: bool,
    #[command(flatten)]
    fields: Fields,
}

/// What is to change.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true).args([
    "url", "events", "name", "headers", "without_headers", "format", "max_attempts", "time_limit",
    "delays", "json_fields",
]))]
pub(crate) struct Update {
    /// The webhook
    id: String,
    /// Where requests go
    #[arg(long)]
    url: Option<String>,
    /// The event types that it wants, in place of all it has
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    events: Vec<String>,
    /// What to call it
    #[arg(long)]
    name: Option<String>,
    /// A header to send no more; may be given more than once
    #[arg(long = "without-header", value_name = "NAME")]
    without_headers: Vec<String>,
    #[command(flatten)]
    fields: Fields,
}

/// What both can say.
#[derive(Debug, Default, Args)]
struct Fields {
    /// A header to send; may be given more than once
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE",
        value_parser = crate::capture::Captured::parse_header)]
    headers: Vec<(String, String)>,
    /// The body's form: envelope, raw or cloudevents
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Attempts in all, 1–20
    #[arg(long, value_name = "N")]
    max_attempts: Option<u32>,
    /// How long the receiver has to answer: up to 30s
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    time_limit: Option<Duration>,
    /// The delays between attempts, the last of which repeats: 30s,5m,1h
    #[arg(long, value_name = "SPANS", value_delimiter = ',', value_parser = parse_span)]
    delays: Vec<Duration>,
    /// Fields as the API has them, over all others: '{"retryConfig": {…}}'
    #[arg(long, value_name = "OBJECT", value_parser = parse_object)]
    json_fields: Option<Map<String, Value>>,
}

fn parse_object(text: &str) -> Result<Map<String, Value>, String> {
    serde_json::from_str(text).map_err(|error| format!("expected a JSON object: {error}"))
}

impl Create {
    /// Makes it.
    ///
    /// # Errors
    /// When the API refuses.
    pub(crate) async fn run(self, client: &Client, output: &mut Output) -> Result<(), Failure> {
        let call = client.create_webhook(&self.body());
        output.one(call, render::webhook::facts).await?;
        if !output.is_json() {
            eprintln!("\nThe secret signs its requests. Keep it where its receiver finds it.");
        }
        Ok(())
    }

    fn body(&self) -> Value {
        let name = self.name.clone().unwrap_or_else(|| host(&self.url).to_owned());
        let mut body = json!({ "name": name, "url": self.url, "events": self.events });
        if self.disabled {
            body["status"] = json!("disabled");
        }
        self.fields.change(&mut body);
        body
    }
}

/// The host of a URL, or all of a text that is none.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

impl Update {
    /// Changes it.
    ///
    /// # Errors
    /// When the API refuses.
    pub(crate) async fn run(self, client: &Client, output: &mut Output) -> Result<(), Failure> {
        change(client, &self.id, output, |body| self.change(body)).await
    }

    fn change(&self, body: &mut Value) {
        if let Some(url) = &self.url {
            body["url"] = json!(url);
        }
        if !self.events.is_empty() {
            body["events"] = json!(self.events);
        }
        if let Some(name) = &self.name {
            body["name"] = json!(name);
        }
        if let Some(headers) = body["headers"].as_object_mut() {
            let goes =
                |name: &String| self.without_headers.iter().any(|it| it.eq_ignore_ascii_case(name));
            headers.retain(|name, _| !goes(name));
        }
        self.fields.change(body);
    }
}

impl Fields {
    fn change(&self, body: &mut Value) {
        for (name, value) in &self.headers {
            // A header has one name, however it is written.
            if let Some(headers) = body["headers"].as_object_mut() {
                headers.retain(|there, _| !there.eq_ignore_ascii_case(name));
            }
            body["headers"][name] = json!(value);
        }
        if let Some(format) = &self.format {
            body["payloadFormat"] = json!(format);
        }
        if let Some(attempts) = self.max_attempts {
            body["retryConfig"]["maxAttempts"] = json!(attempts);
        }
        if let Some(limit) = self.time_limit {
            body["retryConfig"]["timeoutSeconds"] = json!(limit.as_secs());
        }
        if !self.delays.is_empty() {
            let delays: Vec<u64> = self.delays.iter().map(Duration::as_secs).collect();
            body["retryConfig"]["delaysSeconds"] = json!(delays);
            // One or the other says how long to wait.
            if let Some(retry) = body["retryConfig"].as_object_mut() {
                retry.remove("backoff");
            }
        }
        for (name, value) in self.json_fields.iter().flatten() {
            body[name] = value.clone();
        }
    }
}

/// Sets a webhook's status.
///
/// # Errors
/// When the API refuses.
pub(super) async fn set_status(
    client: &Client,
    id: &str,
    status: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    change(client, id, output, |body| body["status"] = json!(status)).await
}

async fn change(
    client: &Client,
    id: &str,
    output: &mut Output,
    change: impl FnOnce(&mut Value),
) -> Result<(), Failure> {
    let raw = client.webhook(id).raw().await?;
    let mut body: Value = crate::output::read(&raw)?;
    change(&mut body);
    output.one(client.replace_webhook(id, &body), render::webhook::facts).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    enum Typed {
        Create(Create),
        Update(Update),
    }

    fn typed(words: &[&str]) -> Result<Typed, clap::Error> {
        Typed::try_parse_from([&["grapnel"], words].concat())
    }

    fn created(words: &[&str]) -> Value {
        match typed(&[&["create"], words].concat()).expect("understood") {
            Typed::Create(create) => create.body(),
            Typed::Update(_) => unreachable!("create was typed"),
        }
    }

    fn updated(words: &[&str], mut body: Value) -> Value {
        match typed(&[&["update", "wh_1"], words].concat()).expect("understood") {
            Typed::Update(update) => update.change(&mut body),
            Typed::Create(_) => unreachable!("update was typed"),
        }
        body
    }

    #[test]
    fn a_new_webhook_says_only_what_was_typed() {
        assert_eq!(
            created(&["https://crm.example.com/hook"]),
            json!({"name": "crm.example.com", "url": "https://crm.example.com/hook", "events": ["*"]})
        );
        let words = [
            "https://a",
            "--name",
            "Leads",
            "--events",
            "lead.*,task.failed",
            "--events",
            "email.sent",
            "-H",
            "X-Team: sales",
            "--delays",
            "30s,5m",
            "--max-attempts",
            "4",
            "--time-limit",
            "5s",
            "--format",
            "raw",
            "--disabled",
            "--json-fields",
            r#"{"description": "new"}"#,
        ];
        assert_eq!(
            created(&words),
            json!({
                "name": "Leads", "url": "https://a", "status": "disabled",
                "events": ["lead.*", "task.failed", "email.sent"], "headers": {"X-Team": "sales"},
                "retryConfig": {"maxAttempts": 4, "timeoutSeconds": 5, "delaysSeconds": [30, 300]},
                "payloadFormat": "raw", "description": "new",
            })
        );
    }

    #[test]
    fn a_change_leaves_the_rest_as_it_is() {
        let before = json!({
            "name": "n", "events": ["*"], "future": {"kept": 1.0}, "headers": {"X-A": "1", "X-B": "2"},
            "retryConfig": {"maxAttempts": 5, "timeoutSeconds": 10, "backoff": {"multiplier": 2}},
        });
        let words = ["--name", "m", "-H", "x-b: 3", "--without-header", "x-a", "--delays", "1m"];
        assert_eq!(
            updated(&words, before),
            json!({
                "name": "m", "events": ["*"], "future": {"kept": 1.0}, "headers": {"x-b": "3"},
                "retryConfig": {"maxAttempts": 5, "timeoutSeconds": 10, "delaysSeconds": [60]},
            })
        );
    }

    #[test]
    fn a_change_of_nothing_is_refused() {
        assert!(typed(&["update", "wh_1"]).is_err());
    }
}
