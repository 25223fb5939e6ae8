//! Transforms: templates that users write for the bodies of their webhooks.
//!
//! The language is a small part of Jinja. A template is a user's program that runs in the same
//! functions as other users' deliveries, so its cost must be limited. [`language`] compiles it into
//! a program that contains only supported parts; [`run`] runs that program step by step; each
//! operation whose cost depends on the size of a value is charged to a [`meter`] before it is done.
//! [`context`] turns the event into values.

mod context;
mod filters;
mod language;
mod meter;
mod print;
mod program;
mod run;
mod value;

use crate::fault::{Faults, FieldFault};
use meter::Meter;
use program::shown;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Map, Value};

pub use context::TemplateEvent;
pub use meter::MAX_OUTPUT_BYTES;

/// Maximum size of a template, in bytes.
pub const MAX_TEMPLATE_BYTES: usize = 8192;
/// Maximum size of a content type, in bytes.
pub const MAX_CONTENT_TYPE_BYTES: usize = 128;

/// Maximum number of steps of one rendering. A step is worth 64 bytes.
const MAX_STEPS: usize = 100_000;

/// Longest description of an error.
const MAX_ERROR_CHARS: usize = 400;

const DEFAULT_CONTENT_TYPE: &str = "application/json";

/// A webhook's template and its content type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transform {
    /// 1–[`MAX_TEMPLATE_BYTES`] bytes.
    pub template: String,
    /// The `Content-Type` of the rendered body.
    pub content_type: String,
}

/// Why there is no body. The text is for the webhook's owner, and may repeat parts of the template
/// and of the data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TransformError {
    message: String,
}

impl Transform {
    /// Reads a transform.
    ///
    /// # Errors
    /// Every fault, under `field`. A fault in the template has its line.
    pub fn parse(input: &Map<String, Value>, field: &str) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Faults::default();
        for name in
            input.keys().filter(|name| !["template", "contentType"].contains(&name.as_str()))
        {
            let message = "unknown field; known are template, contentType";
            faults.add(format!("{field}.{}", shown(name)), message);
        }
        let template_field = format!("{field}.template");
        let template = match input.get("template") {
            Some(Value::String(text)) => {
                check_template(text, &template_field, &mut faults);
                text.clone()
            }
            None | Some(Value::Null) => {
                faults.add(template_field, "is required");
                String::new()
            }
            Some(_) => {
                faults.add(template_field, "must be a string");
                String::new()
            }
        };
        let content_type = match input.get("contentType") {
            None | Some(Value::Null) => DEFAULT_CONTENT_TYPE,
            Some(value) => match value.as_str().filter(|text| is_content_type(text)) {
                Some(text) => text,
                None => {
                    let message = format!(
                        "must be a media type such as `text/plain; charset=utf-8`, of at most \
                         {MAX_CONTENT_TYPE_BYTES} bytes"
                    );
                    faults.add(format!("{field}.contentType"), message);
                    ""
                }
            },
        };
        if faults.is_empty() {
            Ok(Self { template, content_type: content_type.to_owned() })
        } else {
            Err(faults.into_vec())
        }
    }

    /// The body for an event.
    ///
    /// # Errors
    /// [`TransformError`] if the template fails, exceeds its budget, renders a body that is too
    /// long, or renders no JSON although the content type requires it.
    pub fn render(&self, event: &TemplateEvent<'_>) -> Result<String, TransformError> {
        self.render_within(&mut Meter::new(MAX_STEPS), event)
    }

    fn render_within(
        &self,
        meter: &mut Meter,
        event: &TemplateEvent<'_>,
    ) -> Result<String, TransformError> {
        // A template that an older version accepted is refused if it is not accepted now.
        let program = language::compile(&self.template).map_err(|faults| {
            TransformError::new(&faults.into_iter().next().unwrap_or_default())
        })?;
        let values = context::of(event).map_err(|error| TransformError::new(error.as_ref()))?;
        let body = run::run(&program, values, meter).map_err(|failure| {
            TransformError::new(&match failure.line {
                Some(line) => format!("line {line}: {}", failure.message),
                None => failure.message.to_string(),
            })
        })?;
        self.check_output(body)
    }

    fn check_output(&self, body: String) -> Result<String, TransformError> {
        if is_json(&self.content_type) {
            serde_json::from_str::<IgnoredAny>(&body).map_err(|error| {
                TransformError::new(&format!(
                    "what it makes is no JSON at line {}, column {}; print values with `tojson`",
                    error.line(),
                    error.column()
                ))
            })?;
        }
        Ok(body)
    }
}

impl TransformError {
    fn new(message: &str) -> Self {
        Self { message: message.chars().take(MAX_ERROR_CHARS).collect() }
    }
}

fn check_template(text: &str, field: &str, faults: &mut Faults) {
    if text.is_empty() || text.len() > MAX_TEMPLATE_BYTES {
        faults.add(field, format!("must have 1 to {MAX_TEMPLATE_BYTES} bytes, not {}", text.len()));
        return;
    }
    for fault in language::compile(text).err().into_iter().flatten() {
        faults.add(field, fault);
    }
}

fn essence(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

fn is_json(content_type: &str) -> bool {
    let essence = essence(content_type).to_ascii_lowercase();
    essence == "application/json" || essence.ends_with("+json")
}

/// `type/subtype` with parameters, in the characters of a header's value (RFC 9110 section 8.3.1).
fn is_content_type(text: &str) -> bool {
    let token = |part: &str| {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        !part.is_empty() && part.bytes().all(is_token)
    };
    let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    let named = essence(text).split_once('/').is_some_and(|(one, two)| token(one) && token(two));
    text.len() <= MAX_CONTENT_TYPE_BYTES && printable && text.trim() == text && named
}

#[cfg(test)]
mod cost_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod tests;
