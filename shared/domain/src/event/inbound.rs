//! Events as they arrive on the events queue: EventBridge's envelope, from its rule or from our own
//! API in the same shape.

use super::{EventContent, MAX_DATA_BYTES};
use crate::{
    ids::{EventId, UserId, WebhookId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Our own source. The rule never lets it in, so that a notice of ours cannot become an event.
pub use grapnel_wire::event::OWN_SOURCE;

/// Longest `detail-type` and `source`, as EventBridge bounds them (bytes, rounded up).
pub use grapnel_wire::limits::EVENT_NAME_BYTES as MAX_NAME_BYTES;

/// Longest `detail.id` that identifies an event.
pub use grapnel_wire::limits::EVENT_NAME_BYTES as MAX_SOURCE_ID_BYTES;

/// An event that was accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundEvent {
    /// Its id, derived from who sent what.
    pub id: EventId,
    /// Its owner.
    pub user_id: UserId,
    /// What reaches receivers.
    pub content: EventContent,
    /// For one webhook only, as a test.
    pub test: Option<TestTarget>,
}

/// Where a test goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestTarget {
    /// The webhook, whatever its status and its events.
    pub webhook_id: WebhookId,
    /// When it was asked for. Taken as the time at which the event is stored, so that the API knows
    /// the delivery's id beforehand.
    pub ordered_at: Timestamp,
}

/// An event that was published over HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedEvent {
    /// Its owner. Said beside the data, which stays as it came.
    pub user_id: UserId,
    /// What its source calls it. No `id` in the data takes its place.
    pub source_id: String,
    /// What reaches receivers.
    pub content: EventContent,
}

/// A test delivery that somebody asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestOrder {
    /// The webhook's owner.
    pub user_id: UserId,
    /// Where it goes.
    pub target: TestTarget,
    /// Tells this order from any other.
    pub source_id: String,
    /// The event's type.
    pub event_type: String,
    /// Its data (JSON text), sent as it is.
    pub data: String,
}

/// Why a message is not an event. The text is the `reason` attribute in the dead-letter queue; it
/// repeats no part of the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// Not EventBridge's envelope.
    #[error("not an EventBridge event: {0}")]
    NotAnEvent(String),
    /// The data is no JSON object.
    #[error("detail is not a JSON object")]
    DetailNotAnObject,
    /// Over [`MAX_DATA_BYTES`].
    #[error("detail is over 262144 bytes")]
    TooLarge,
    /// Nobody owns it.
    #[error("detail.userId is missing")]
    NoUser,
    /// Its owner cannot be one.
    #[error("detail.userId is not valid: it must be a string of 1 to 128 visible ASCII characters")]
    InvalidUser,
}

#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    id: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    source: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    time: Option<Timestamp>,
    #[serde(borrow)]
    detail: &'a RawValue,
    /// The owner, for what comes from our own API. EventBridge builds the envelope itself, so nobody
    /// can put this on the bus, nor the next.
    #[serde(rename = "grapnelUser", skip_serializing_if = "Option::is_none", default)]
    owner: Option<UserId>,
    #[serde(rename = "grapnelTest", skip_serializing_if = "Option::is_none", default)]
    test: Option<TestTarget>,
}

/// The parts of the data that are looked at. Raw, so that a value of a wrong type differs from an absent one.
#[derive(Deserialize)]
struct Probe<'a> {
    #[serde(rename = "userId", borrow, default)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

impl InboundEvent {
    /// Reads one message of the events queue. `now` stands in for a missing `time`.
    ///
    /// # Errors
    /// A [`Rejection`] if it can never become a delivery.
    pub fn parse(body: &str, now: Timestamp) -> Result<Self, Rejection> {
        let envelope: Envelope<'_> = serde_json::from_str(body).map_err(not_an_event)?;
        let data = envelope.detail.get();
        if data.len() > MAX_DATA_BYTES {
            return Err(Rejection::TooLarge);
        }
        if !data.starts_with('{') {
            return Err(Rejection::DetailNotAnObject);
        }
        for (name, text) in [("detail-type", &envelope.detail_type), ("source", &envelope.source)] {
            if text.is_empty() || text.len() > MAX_NAME_BYTES {
                let reason = format!("{name} must have 1 to {MAX_NAME_BYTES} bytes");
                return Err(Rejection::NotAnEvent(reason));
            }
        }
        let (user_id, source_id) = match envelope.owner {
            Some(owner) => (owner, envelope.id),
            None => {
                let probe: Probe<'_> = serde_json::from_str(data).map_err(not_an_event)?;
                let source_id = probe.id.and_then(read_source_id).unwrap_or(envelope.id);
                (read_user(probe.user_id)?, source_id)
            }
        };
        Ok(Self {
            id: EventId::derive(&user_id, &envelope.source, &source_id),
            user_id,
            content: EventContent {
                event_type: envelope.detail_type,
                source: envelope.source,
                time: envelope.time.unwrap_or(now),
                data: data.to_owned(),
            },
            test: envelope.test,
        })
    }
}

impl PublishedEvent {
    /// Its text on the events queue.
    ///
    /// # Errors
    /// A [`Rejection`] if fan-out would refuse it.
    pub fn to_json(&self) -> Result<String, Rejection> {
        let content = &self.content;
        envelope(&content.data, |detail| Envelope {
            id: self.source_id.clone(),
            detail_type: content.event_type.clone(),
            source: content.source.clone(),
            time: Some(content.time),
            detail,
            owner: Some(self.user_id.clone()),
            test: None,
        })
    }

    /// The id that fan-out will give it.
    #[must_use]
    pub fn event_id(&self) -> EventId {
        EventId::derive(&self.user_id, &self.content.source, &self.source_id)
    }
}

impl TestOrder {
    /// Its text on the events queue.
    ///
    /// # Errors
    /// [`Rejection::DetailNotAnObject`] if `data` is no JSON object.
    pub fn to_json(&self) -> Result<String, Rejection> {
        envelope(&self.data, |detail| Envelope {
            id: self.source_id.clone(),
            detail_type: self.event_type.clone(),
            source: OWN_SOURCE.to_owned(),
            time: Some(self.target.ordered_at),
            detail,
            owner: Some(self.user_id.clone()),
            test: Some(self.target),
        })
    }

    /// The id that fan-out will give its event.
    #[must_use]
    pub fn event_id(&self) -> EventId {
        EventId::derive(&self.user_id, OWN_SOURCE, &self.source_id)
    }
}

/// The text of an envelope around data that is an object.
fn envelope<'a>(
    data: &'a str,
    around: impl FnOnce(&'a RawValue) -> Envelope<'a>,
) -> Result<String, Rejection> {
    let detail: &RawValue = serde_json::from_str(data).map_err(|_| Rejection::DetailNotAnObject)?;
    if !detail.get().starts_with('{') {
        return Err(Rejection::DetailNotAnObject);
    }
    if detail.get().len() > MAX_DATA_BYTES {
        return Err(Rejection::TooLarge);
    }
    serde_json::to_string(&around(detail)).map_err(not_an_event)
}

fn read_user(raw: Option<&RawValue>) -> Result<UserId, Rejection> {
    let text = raw.map(RawValue::get).filter(|text| *text != "null").ok_or(Rejection::NoUser)?;
    let text: String = serde_json::from_str(text).map_err(|_| Rejection::InvalidUser)?;
    UserId::parse(text).map_err(|_| Rejection::InvalidUser)
}

/// A string or a number names an event; anything else, and what is empty or too long, does not.
fn read_source_id(raw: &RawValue) -> Option<String> {
    let text = raw.get();
    let id = match text.as_bytes().first()? {
        b'"' => serde_json::from_str(text).ok()?,
        b'-' | b'0'..=b'9' => text.to_owned(),
        _ => return None,
    };
    (1..=MAX_SOURCE_ID_BYTES).contains(&id.len()).then_some(id)
}

fn not_an_event(error: serde_json::Error) -> Rejection {
    use serde_json::error::Category;
    let what = match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => "not JSON",
        Category::Data => "id, detail-type, source or detail is missing or has the wrong type",
    };
    Rejection::NotAnEvent(what.to_owned())
}

#[cfg(test)]
#[path = "inbound_tests.rs"]
mod tests;
