//! Trying a filter or a template before it is a webhook's. Nothing is sent.

use super::change::{parse_object, text_or_file};
use crate::{
    failure::{self, Failure},
    output::Output,
    render::{View, visible},
};
use clap::Args;
use grapnel_client::{Client, FilterVerdict, TransformedBody};
use serde::Serialize;
use serde_json::{Map, Value, json, value::RawValue};
use std::process::ExitCode;

/// A filter to try.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Webhook id
    id: String,
    /// Data of an event: JSON, or @FILE
    #[arg(long, value_name = "OBJECT", value_parser = parse_data)]
    data: Box<RawValue>,
    /// Filter: JSON, or @FILE; default: the webhook's own
    #[arg(long, value_name = "PATTERN", value_parser = parse_object)]
    filter: Option<Map<String, Value>>,
}

/// A template to try.
#[derive(Debug, Args)]
pub(crate) struct Template {
    /// Webhook id
    id: String,
    /// Template, or @FILE; default: the webhook's own
    #[arg(long, value_name = "TEMPLATE", value_parser = text_or_file)]
    template: Option<String>,
    /// Event type; default: the first that the webhook subscribes to
    #[arg(long, value_name = "TYPE")]
    event: Option<String>,
    /// Data of the event: JSON, or @FILE; default: the type's sample
    #[arg(long, value_name = "OBJECT", value_parser = parse_data)]
    data: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct FilterOrder<'a> {
    data: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'a Map<String, Value>>,
}

#[derive(Serialize)]
struct TemplateOrder<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    transform: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a RawValue>,
}

/// Data is passed on as it was written: numbers beyond 2^53 and the order of keys are kept.
pub(crate) fn parse_data(text: &str) -> Result<Box<RawValue>, String> {
    let text = text_or_file(text)?;
    serde_json::from_str(&text).map_err(|error| format!("expected JSON: {error}"))
}

impl Filter {
    /// Tries it.
    ///
    /// # Errors
    /// When the API refuses.
    pub(crate) async fn run(
        self,
        client: &Client,
        output: &mut Output,
    ) -> Result<ExitCode, Failure> {
        let order = FilterOrder { data: &self.data, filter: self.filter.as_ref() };
        let id = crate::ids::webhook(client, &self.id).await?;
        let call = client.test_filter(&id, &order);
        let verdict = output.one(call, verdict).await?;
        Ok(failure::yes_or_no(verdict.matches))
    }
}

impl Template {
    /// Tries it.
    ///
    /// # Errors
    /// When the API refuses.
    pub(crate) async fn run(self, client: &Client, output: &mut Output) -> Result<(), Failure> {
        let order = TemplateOrder {
            transform: self.template.map(|template| json!({ "template": template })),
            event: self.event.as_deref(),
            data: self.data.as_deref(),
        };
        let id = crate::ids::webhook(client, &self.id).await?;
        output.one(client.preview_transform(&id, &order), preview).await?;
        Ok(())
    }
}

fn verdict(verdict: &FilterVerdict, _: &View) -> String {
    if verdict.matches {
        return "It passes.".to_owned();
    }
    let mut text = "It does not pass. Not satisfied:".to_owned();
    for pointer in verdict.unsatisfied.iter().flatten() {
        text.push_str("\n  ");
        text.push_str(&visible(pointer));
    }
    text
}

fn preview(preview: &TransformedBody, _: &View) -> String {
    let lines: Vec<_> = preview.body.lines().map(visible).collect();
    format!("Content-Type: {}\n\n{}", visible(&preview.content_type), lines.join("\n"))
}
