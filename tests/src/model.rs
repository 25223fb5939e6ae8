//! The API's JSON as its documentation gives it, spelt out once more and strictly: a field that
//! appears, disappears or changes its name is a broken contract.

use grapnel_domain::time::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A webhook.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Webhook {
    /// `wh_…`
    pub id: String,
    /// Its owner.
    pub user_id: String,
    /// Its name.
    pub name: String,
    /// Its target.
    pub url: String,
    /// Its patterns.
    pub events: Vec<String>,
    /// Which of them, by their data.
    #[serde(default)]
    pub filter: Option<serde_json::Value>,
    /// Its secret, in full only on creation.
    pub secret: String,
    /// Its own headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// `active`, `disabled` or `failing`.
    pub status: String,
    /// Attempts, time-out, delays.
    pub retry_config: serde_json::Value,
    /// `envelope`, `raw` or `cloudevents`.
    pub payload_format: String,
    /// What makes the body.
    #[serde(default)]
    pub transform: Option<serde_json::Value>,
    /// Requests per second, if they are limited.
    #[serde(default)]
    pub rate_limit: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A delivery.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delivery {
    /// `dlv_…`
    pub id: String,
    /// The webhook.
    pub webhook_id: String,
    /// The event's type.
    pub event: String,
    /// `evt_…`
    pub event_id: String,
    /// The event's data, as received.
    pub payload: Option<Box<RawValue>>,
    /// `pending`, `success`, `failed` or `retrying`.
    pub status: String,
    /// Made by `POST …/test`.
    #[serde(default)]
    pub test: bool,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
    /// When the next attempt is due.
    #[serde(default)]
    pub next_attempt_at: Option<Timestamp>,
    /// Why it failed.
    #[serde(default)]
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One attempt.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attempt {
    /// From 1.
    pub attempt_number: u32,
    /// The receiver's status.
    #[serde(default)]
    pub status_code: Option<u16>,
    /// The beginning of its body.
    #[serde(default)]
    pub response: Option<String>,
    /// Why it failed.
    #[serde(default)]
    pub error: Option<String>,
    /// Milliseconds.
    pub duration: u64,
    /// When it began.
    pub attempted_at: Timestamp,
    /// Asked for by somebody.
    #[serde(default)]
    pub manual: bool,
}

/// A bulk replay.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Replay {
    /// `rpl_…`
    pub id: String,
    /// The webhook; absent if it is of all.
    #[serde(default)]
    pub webhook_id: Option<String>,
    /// `running` or `finished`.
    pub status: String,
    /// What it chooses by.
    pub filter: serde_json::Value,
    /// Deliveries looked at.
    pub examined: u64,
    /// Deliveries sent again.
    pub replayed: u64,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its last page was recorded.
    #[serde(default)]
    pub finished_at: Option<Timestamp>,
}

/// A page of a list.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// Where the next begins.
    #[serde(default = "Option::default")]
    pub next_cursor: Option<String>,
}

/// A new API key.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewKey {
    /// `key_…`
    pub id: String,
    /// The key itself.
    pub key: String,
    /// Whom it acts for.
    pub user_id: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// An error answer (RFC 9457).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// `about:blank`: [`Problem::code`] tells what it is.
    pub r#type: String,
    /// The status in words.
    pub title: String,
    /// The status, as on the answer.
    pub status: u16,
    /// Stable, for programs.
    pub code: String,
    /// A sentence, for people.
    pub detail: String,
    /// What is wrong with which field.
    #[serde(default)]
    pub errors: Vec<FieldError>,
}

/// One field at fault.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldError {
    /// Its path.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl Delivery {
    /// Whether nothing more happens by itself.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.status.as_str(), "success" | "failed")
    }

    /// The status codes of its attempts.
    #[must_use]
    pub fn status_codes(&self) -> Vec<Option<u16>> {
        self.attempts.iter().map(|attempt| attempt.status_code).collect()
    }

    /// The numbers of its attempts.
    #[must_use]
    pub fn attempt_numbers(&self) -> Vec<u32> {
        self.attempts.iter().map(|attempt| attempt.attempt_number).collect()
    }

    /// The payload's bytes; empty if the event is gone.
    #[must_use]
    pub fn payload_text(&self) -> &str {
        self.payload.as_deref().map_or("", RawValue::get)
    }
}

impl Problem {
    /// The fields at fault, in their order.
    #[must_use]
    pub fn fields(&self) -> Vec<&str> {
        self.errors.iter().map(|error| error.field.as_str()).collect()
    }
}
