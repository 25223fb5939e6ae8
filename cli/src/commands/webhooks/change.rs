//! Making and changing a webhook.
//!
//! To change some of a configuration, the whole is read, changed and sent back as JSON, so that what
//! this version does not know stays as it is; and only if nobody has changed it meanwhile.

use crate::{
    failure::Failure,
    input::{ask, read_text},
    moment::parse_span,
    output::Output,
    render,
    say::say,
};
use clap::{Args, ValueEnum};
use grapnel_client::Client;
use grapnel_domain::{fault::Faults, webhook::Headers};
use serde_json::{Map, Value, json};
use std::{path::Path, time::Duration};

/// A new webhook.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// URL that requests are sent to
    url: String,
    /// Event types: lead.created, lead.*, or *; repeatable
    #[arg(long, value_name = "TYPE", value_delimiter = ',', default_value = "*")]
    events: Vec<String>,
    /// Name; default: the host of the URL
    #[arg(long)]
    name: Option<String>,
    /// Create it disabled
    #[arg(long)]
    disabled: bool,
    /// Use your own secret, from a prompt or standard input
    #[arg(long)]
    own_secret: bool,
    #[command(flatten)]
    fields: Fields,
}

/// What is to change.
#[derive(Debug, Default, PartialEq, Args)]
pub(crate) struct Update {
    /// Webhook id
    id: String,
    /// URL that requests are sent to
    #[arg(long)]
    url: Option<String>,
    /// Event types, replacing all current ones
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    events: Vec<String>,
    /// Name
    #[arg(long)]
    name: Option<String>,
    /// Remove a header; repeatable
    #[arg(long = "without-header", value_name = "NAME")]
    without_headers: Vec<String>,
    /// Remove a metadata entry; repeatable
    #[arg(long, value_name = "KEY")]
    without_metadata: Vec<String>,
    /// Reset a field to its default; repeatable
    #[arg(long, value_enum, value_name = "OPTION", value_delimiter = ',')]
    without: Vec<Optional>,
    #[command(flatten)]
    fields: Fields,
}

/// What a webhook can be without.
#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Optional {
    Description,
    Metadata,
    Headers,
    Filter,
    Transform,
    RateLimit,
    RetryConfig,
    PayloadFormat,
}

impl Optional {
    /// Its name in the API.
    fn field(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::Metadata => "metadata",
            Self::Headers => "headers",
            Self::Filter => "filter",
            Self::Transform => "transform",
            Self::RateLimit => "rateLimit",
            Self::RetryConfig => "retryConfig",
            Self::PayloadFormat => "payloadFormat",
        }
    }
}

/// What both can say.
#[derive(Debug, Default, PartialEq, Args)]
struct Fields {
    /// Header to send; repeatable
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE",
        value_parser = grapnel_verify::SavedRequest::parse_header)]
    headers: Vec<(String, String)>,
    /// Header to send whose value is never shown again; repeatable
    #[arg(long = "sensitive-header", value_name = "NAME: VALUE",
        value_parser = grapnel_verify::SavedRequest::parse_header)]
    sensitive_headers: Vec<(String, String)>,
    /// Description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Metadata for your own programs; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    metadata: Vec<(String, String)>,
    /// Filter on the data of events, JSON or @FILE: '{"amount": [{"numeric": [">", 100]}]}'
    #[arg(long, value_name = "PATTERN", value_parser = parse_object)]
    filter: Option<Map<String, Value>>,
    /// Template that produces the body, or @FILE
    #[arg(long, value_name = "TEMPLATE", value_parser = text_or_file)]
    template: Option<String>,
    /// Content type of the template's body; default: application/json
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Maximum requests per second, 1–1000
    #[arg(long, value_name = "N")]
    rate_limit: Option<u32>,
    /// Format of the body: envelope, raw or cloudevents
    #[arg(long, value_name = "FORMAT")]
    format: Option<String>,
    /// Maximum attempts, 1–20
    #[arg(long, value_name = "N")]
    max_attempts: Option<u32>,
    /// Time limit of an attempt: up to 30s
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    time_limit: Option<Duration>,
    /// Delays between attempts, the last one repeats: 30s,5m,1h
    #[arg(long, value_name = "SPANS", value_delimiter = ',', value_parser = parse_span)]
    delays: Vec<Duration>,
    /// Fields as in the API, overriding the other options: '{"retryConfig": {…}}'
    #[arg(long, value_name = "OBJECT", value_parser = parse_object)]
    json_fields: Option<Map<String, Value>>,
}

/// A JSON object, or `@FILE` with one.
pub(super) fn parse_object(text: &str) -> Result<Map<String, Value>, String> {
    let text = text_or_file(text)?;
    serde_json::from_str(&text).map_err(|error| format!("expected a JSON object: {error}"))
}

/// A text as it was typed, or of the file that `@FILE` names.
pub(super) fn text_or_file(text: &str) -> Result<String, String> {
    match text.strip_prefix('@') {
        Some(path) => read_text(Path::new(path)).map_err(|failure| failure.to_string()),
        None => Ok(text.to_owned()),
    }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

impl Create {
    /// Makes it.
    ///
    /// # Errors
    /// When the API refuses.
    pub(crate) async fn run(self, client: &Client, output: &mut Output) -> Result<(), Failure> {
        let mut body = self.body()?;
        if self.own_secret {
            body["secret"] = json!(ask("Secret (whsec_…)", true)?);
        }
        let call = client.create_webhook(&body);
        output.one(call, render::webhook::facts).await?;
        if !output.is_json() {
            say(
                "\nGrapnel signs the requests of this webhook with the secret. Give the secret to the \
                 receiver, which verifies them.",
            );
        }
        Ok(())
    }

    fn body(&self) -> Result<Value, Failure> {
        let name = self.name.clone().unwrap_or_else(|| host(&self.url).to_owned());
        let mut body = json!({ "name": name, "url": self.url, "events": self.events });
        if self.disabled {
            body["status"] = json!("disabled");
        }
        self.fields.change(&mut body)?;
        Ok(body)
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
        if self.changes_nothing() {
            let advice = "`grapnel webhooks update --help` lists the options.";
            return Err(Failure::usage("no option says what to change").advise(advice));
        }
        let id = crate::ids::webhook(client, &self.id).await?;
        change(client, &id, output, |body| self.change(body)).await
    }

    // clap could require one of the options, but would name all of them in the usage and in the error.
    fn changes_nothing(&self) -> bool {
        *self == Self { id: self.id.clone(), ..Self::default() }
    }

    fn change(&self, body: &mut Value) -> Result<(), Failure> {
        if let Some(url) = &self.url {
            body["url"] = json!(url);
        }
        if !self.events.is_empty() {
            body["events"] = json!(self.events);
        }
        if let Some(name) = &self.name {
            body["name"] = json!(name);
        }
        if let Some(headers) = body.get_mut("headers").and_then(Value::as_object_mut) {
            let mut kept: Headers<Value> = std::mem::take(headers).into_iter().collect();
            for name in &self.without_headers {
                kept.remove(name);
            }
            headers.extend(kept);
        }
        if let Some(metadata) = body.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.retain(|key, _| !self.without_metadata.contains(key));
        }
        if let Some(body) = body.as_object_mut() {
            for option in &self.without {
                body.remove(option.field());
            }
        }
        self.fields.change(body)
    }
}

impl Fields {
    /// The headers of both options.
    ///
    /// # Errors
    /// When one comes twice.
    fn given_headers(&self) -> Result<Headers<Value>, Failure> {
        let plain = self.headers.iter().map(|(name, value)| (name, json!(value)));
        let sensitive = self
            .sensitive_headers
            .iter()
            .map(|(name, value)| (name, json!({ "value": value, "sensitive": true })));
        let mut faults = Faults::default();
        let headers = Headers::read(plain.chain(sensitive), &mut faults);
        let sentences: Vec<String> = faults
            .into_vec()
            .into_iter()
            .map(|fault| format!("{}: {}", fault.field, fault.message))
            .collect();
        if sentences.is_empty() { Ok(headers) } else { Err(Failure::usage(sentences.join("; "))) }
    }

    /// Writes what was given into a webhook as the API has it.
    ///
    /// # Errors
    /// When a header comes twice.
    fn change(&self, body: &mut Value) -> Result<(), Failure> {
        let given = self.given_headers()?;
        if !given.is_empty() {
            let stored = body["headers"].as_object().cloned().unwrap_or_default();
            let mut headers: Headers<Value> = stored.into_iter().collect();
            for (name, value) in given {
                headers.insert(name, value);
            }
            body["headers"] = headers.into_iter().collect::<Map<_, _>>().into();
        }
        if let Some(description) = &self.description {
            body["description"] = json!(description);
        }
        for (key, value) in &self.metadata {
            body["metadata"][key] = json!(value);
        }
        if let Some(filter) = &self.filter {
            body["filter"] = json!(filter);
        }
        if let Some(template) = &self.template {
            body["transform"]["template"] = json!(template);
        }
        if let Some(content_type) = &self.content_type {
            body["transform"]["contentType"] = json!(content_type);
        }
        if let Some(limit) = self.rate_limit {
            body["rateLimit"] = json!(limit);
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
        Ok(())
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
    let set = |body: &mut Value| {
        body["status"] = json!(status);
        Ok(())
    };
    change(client, id, output, set).await
}

async fn change(
    client: &Client,
    id: &str,
    output: &mut Output,
    change: impl FnOnce(&mut Value) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let found = client.webhook(id).raw().tagged().await?;
    let mut body: Value = crate::output::read(&found.value)?;
    change(&mut body)?;
    let mut call = client.replace_webhook(id, &body);
    if let Some(tag) = &found.tag {
        call = call.if_match(tag);
    }
    output.one(call, render::webhook::facts).await?;
    Ok(())
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
