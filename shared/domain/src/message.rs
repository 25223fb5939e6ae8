//! The messages of the delivery queue. Each is JSON with a `kind`. A message that cannot be read
//! goes to the dead-letter queue, so that a version change loses nothing.

mod outgoing;
mod record;

pub use outgoing::{MOST_WEBHOOK_GROUPS, Outgoing};
pub use record::{Attribute, AttributeValue, Record};

use crate::{
    delivery::{AttemptNumber, Target},
    event::EventContent,
    ids::{DeliveryId, EventId, ReplayId, UserId, WebhookId},
    limit::Slot,
    release::ReleaseParked,
    replay::{ReplayPage, Resend},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Data up to this size is part of the message, which saves reading the event. Ten such messages
/// with their envelopes fit into 64 KB, the size of one billed SQS request.
pub const INLINE_DATA_BYTES: usize = 4096;

/// A message for the delivery function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueueMessage {
    MakeAttempt(MakeAttempt),
    /// Make sure that this attempt is made: the check ends if the attempt is recorded, and
    /// otherwise sends the attempt's ordinary message. It never sends a request and never records.
    Check(Check),
    /// An open circuit breaker is due, or has closed; or it is time to look whether anybody is parked.
    ReleaseParked(ReleaseParked),
    /// The next page of a replay.
    Replay(ReplayPage),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MakeAttempt {
    pub target: Target,
    pub attempt: AttemptNumber,
    /// A manual retry, outside the schedule.
    pub manual: bool,
    /// The replay that requested it: the replay first reopens a failed delivery. With `manual`, a
    /// successful delivery is resent, and stays successful.
    pub replay: Option<ReplayId>,
    /// The event, if it is small.
    pub event: Option<EventContent>,
    /// Since when the name server has not answered for this attempt.
    pub resolver_silent_since: Option<Timestamp>,
    /// The rate limit slot that was reserved for it.
    pub slot: Option<Slot>,
    /// When the event reached its queue, if it waited there.
    pub accepted_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub target: Target,
    /// The attempt to look for.
    pub attempt: AttemptNumber,
    /// Before this time it is too early to look. A queue delays by at most 15 minutes, so a check
    /// may have to be sent again.
    pub not_before: Timestamp,
    /// Sent after a delivery was parked or put into a shared wait for its slot, when its message
    /// was acknowledged. Another run may have had the same message, made the attempt, and died
    /// before it scheduled the next one: then this check replaces that message. Otherwise it ends.
    pub after_parking: bool,
    /// The check was sent again until all slots that were assigned before it were past: the attempt
    /// no longer waits for its slot.
    pub after_slots: bool,
}

/// A message that could not be read. The text describes the error and repeats no part of the
/// message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a delivery message: {0}")]
pub struct UnreadableMessage(String);

/// The form on the queue. One flat struct and not a tagged enum or `flatten`: serde buffers those,
/// which a raw value does not survive.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    delivery_id: DeliveryId,
    webhook_id: WebhookId,
    user_id: UserId,
    event_id: EventId,
    attempt: AttemptNumber,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    manual: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    replay: Option<ReplayId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    resolver_silent_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    not_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    after_parking: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    after_slots: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    slot: Option<Slot>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    accepted_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default, borrow)]
    event: Option<WireEvent<'a>>,
}

#[derive(Serialize, Deserialize)]
struct WireEvent<'a> {
    #[serde(rename = "type")]
    event_type: String,
    source: String,
    time: Timestamp,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Serialize)]
struct Tagged<'a, T> {
    kind: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

#[derive(Deserialize)]
struct Kind {
    kind: String,
}

impl QueueMessage {
    #[must_use]
    pub fn to_json(&self) -> String {
        // Serialising these structs cannot fail: every key is a string and every value is plain.
        let written = match self {
            Self::MakeAttempt(attempt) => attempt.to_json(),
            Self::Check(check) => {
                let wire = Wire {
                    not_before: Some(check.not_before),
                    after_parking: check.after_parking,
                    after_slots: check.after_slots,
                    ..Wire::new(&check.target, check.attempt)
                };
                serde_json::to_string(&Tagged { kind: "check", body: &wire })
            }
            Self::ReleaseParked(release) => {
                serde_json::to_string(&Tagged { kind: "releaseParked", body: release })
            }
            Self::Replay(page) => serde_json::to_string(&Tagged { kind: "replay", body: page }),
        };
        written.unwrap_or_default()
    }

    /// Reads a message.
    ///
    /// # Errors
    /// [`UnreadableMessage`] for a message that [`QueueMessage::to_json`] of this version could not
    /// have written. Unknown fields are ignored.
    pub fn parse(text: &str) -> Result<Self, UnreadableMessage> {
        let kind = serde_json::from_str::<Kind>(text).map_err(unreadable)?.kind;
        match kind.as_str() {
            "attempt" => Ok(Self::MakeAttempt(Wire::parse(text)?.into_attempt())),
            "check" => {
                let wire = Wire::parse(text)?;
                let not_before = wire
                    .not_before
                    .ok_or_else(|| UnreadableMessage("missing field `notBefore`".into()))?;
                Ok(Self::Check(Check {
                    attempt: wire.attempt,
                    not_before,
                    after_parking: wire.after_parking,
                    after_slots: wire.after_slots,
                    target: wire.target(),
                }))
            }
            "releaseParked" => {
                serde_json::from_str(text).map(Self::ReleaseParked).map_err(unreadable)
            }
            "replay" => serde_json::from_str(text).map(Self::Replay).map_err(unreadable),
            _ => Err(UnreadableMessage("unknown kind".into())),
        }
    }
}

impl MakeAttempt {
    /// An ordinary attempt of the schedule.
    #[must_use]
    pub fn scheduled(target: Target, attempt: AttemptNumber) -> Self {
        Self {
            target,
            attempt,
            manual: false,
            replay: None,
            event: None,
            resolver_silent_since: None,
            slot: None,
            accepted_at: None,
        }
    }

    /// The attempt of a replay.
    #[must_use]
    pub fn resent(resend: Resend) -> Self {
        let Resend { target, attempt, replay, manual } = resend;
        Self { replay: Some(replay), manual, ..Self::scheduled(target, attempt) }
    }

    /// Adds the event to this attempt, if it is small enough.
    #[must_use]
    pub fn carrying(self, event: &EventContent) -> Self {
        let small = event.data.len() <= INLINE_DATA_BYTES;
        Self { event: small.then(|| event.clone()), ..self }
    }

    fn to_json(&self) -> serde_json::Result<String> {
        let event = self
            .event
            .as_ref()
            .map(|event| {
                serde_json::from_str::<&RawValue>(&event.data).map(|data| WireEvent {
                    event_type: event.event_type.clone(),
                    source: event.source.clone(),
                    time: event.time,
                    data,
                })
            })
            .transpose()?;
        let wire = Wire {
            manual: self.manual,
            replay: self.replay,
            resolver_silent_since: self.resolver_silent_since,
            slot: self.slot,
            accepted_at: self.accepted_at,
            event,
            ..Wire::new(&self.target, self.attempt)
        };
        serde_json::to_string(&Tagged { kind: "attempt", body: &wire })
    }
}

impl<'a> Wire<'a> {
    fn new(target: &Target, attempt: AttemptNumber) -> Self {
        Self {
            delivery_id: target.delivery_id,
            webhook_id: target.webhook_id,
            user_id: target.user_id.clone(),
            event_id: target.event_id,
            attempt,
            manual: false,
            replay: None,
            resolver_silent_since: None,
            not_before: None,
            after_parking: false,
            after_slots: false,
            slot: None,
            accepted_at: None,
            event: None,
        }
    }

    fn parse(text: &'a str) -> Result<Self, UnreadableMessage> {
        serde_json::from_str(text).map_err(unreadable)
    }

    fn target(&self) -> Target {
        Target {
            delivery_id: self.delivery_id,
            webhook_id: self.webhook_id,
            user_id: self.user_id.clone(),
            event_id: self.event_id,
        }
    }

    fn into_attempt(self) -> MakeAttempt {
        MakeAttempt {
            target: self.target(),
            attempt: self.attempt,
            manual: self.manual,
            replay: self.replay,
            resolver_silent_since: self.resolver_silent_since,
            slot: self.slot,
            accepted_at: self.accepted_at,
            event: self.event.map(|event| EventContent {
                event_type: event.event_type,
                source: event.source,
                time: event.time,
                data: event.data.get().to_owned(),
            }),
        }
    }
}

/// Keeps the kind and the position of a JSON error, but no text of the message: an error names
/// fields and types, and values must not reach a log.
fn unreadable(error: serde_json::Error) -> UnreadableMessage {
    let class = match error.classify() {
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof => "not JSON",
        _ => "a field is missing or has the wrong type",
    };
    UnreadableMessage(format!("{class} (line {}, column {})", error.line(), error.column()))
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
