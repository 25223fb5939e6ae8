//! Identifiers: a prefix that names the kind, then a UUID, so that the kind is visible in a log
//! line or a support request. Derived ids make every step repeatable: fan-out of the same event
//! gives the same event id and the same delivery ids.

use crate::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use uuid::{Builder, Uuid};

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid id: expected `{prefix}` followed by a UUID")]
pub struct InvalidId {
    /// The expected prefix, with its underscore.
    pub prefix: &'static str,
}

macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Uuid);

        impl $name {
            /// The prefix, with its underscore.
            pub const PREFIX: &'static str = $prefix;

            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID without the prefix.
            #[must_use]
            pub const fn uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($prefix, "{}"), self.0.hyphenated())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            /// Accepts only the spelling that `Display` writes: two spellings of an id would be two
            /// keys of one row.
            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let invalid = InvalidId { prefix: $prefix };
                let uuid = text
                    .strip_prefix($prefix)
                    .and_then(|rest| Uuid::try_parse(rest).ok())
                    .ok_or(invalid.clone())?;
                let id = Self(uuid);
                if id.to_string() == text { Ok(id) } else { Err(invalid) }
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

prefixed_id!(
    /// A webhook: `wh_` + UUID v7, so that a user's webhooks list in order of creation.
    WebhookId,
    "wh_"
);
prefixed_id!(
    /// An event: `evt_` + UUID v8 derived from who sent what, see [`EventId::derive`].
    EventId,
    "evt_"
);
prefixed_id!(
    /// A delivery: `dlv_` + UUID v8 that begins with a time, see [`DeliveryId::derive`].
    DeliveryId,
    "dlv_"
);
prefixed_id!(
    /// An API key: `key_` + UUID v7. Identifies the key; it is not the secret.
    KeyId,
    "key_"
);

prefixed_id!(
    /// A replay: `rpl_` + UUID v7, so that a user's replays list in order of creation.
    ReplayId,
    "rpl_"
);

prefixed_id!(
    /// An echo: `echo_` + UUID v7.
    EchoId,
    "echo_"
);

impl WebhookId {
    /// The id of the webhook that `user`'s request with this seed creates: the same two and the same time
    /// always give the same id. It is a UUID v7, so it sorts as others do.
    #[must_use]
    pub fn derive(user: &UserId, seed: &str, created_at: Timestamp) -> Self {
        let digest = digest16(&[user.as_str(), seed]);
        let mut rest = [0; 10];
        rest.copy_from_slice(&digest[..10]);
        let millis = u64::try_from(created_at.as_millis()).unwrap_or(0);
        Self(Builder::from_unix_timestamp_millis(millis, &rest).into_uuid())
    }
}

impl EventId {
    /// The id of `user`'s event that `source` calls `source_id`: the same three always give the
    /// same id, so an event that is published twice is one event.
    #[must_use]
    pub fn derive(user: &UserId, source: &str, source_id: &str) -> Self {
        Self(Builder::from_custom_bytes(digest16(&[user.as_str(), source, source_id])).into_uuid())
    }
}

impl DeliveryId {
    /// The id of the delivery of `event` to `webhook`. Its first 48 bits are the time, in
    /// milliseconds, at which the event was first stored: a webhook's deliveries sort by time
    /// without an index.
    #[must_use]
    pub fn derive(webhook: &WebhookId, event: &EventId, first_stored: Timestamp) -> Self {
        let mut bytes = digest16(&[&webhook.to_string(), &event.to_string()]);
        let millis = u64::try_from(first_stored.as_millis()).unwrap_or(0);
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        Self(Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Sorts before the id of every delivery whose event was first stored at `time` or later, and
    /// after all earlier ids. No delivery has this id: a derived id is a UUID v8.
    #[must_use]
    pub fn first_at(time: Timestamp) -> Self {
        let mut bytes = [0; 16];
        let millis = u64::try_from(time.as_millis()).unwrap_or(0);
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        Self(Uuid::from_bytes(bytes))
    }

    /// The first id that sorts after this one.
    #[must_use]
    pub fn successor(&self) -> Self {
        Self(Uuid::from_u128(self.0.as_u128().saturating_add(1)))
    }

    /// The time in the id: when its event was first stored.
    #[must_use]
    pub fn event_stored_at(&self) -> Timestamp {
        let bytes = self.0.as_bytes();
        let millis = bytes[..6].iter().fold(0_i64, |sum, byte| (sum << 8) | i64::from(*byte));
        Timestamp::from_millis(millis)
    }
}

/// SHA-256 over length-prefixed parts, cut to 16 bytes. The lengths distinguish `("a", "bc")` from
/// `("ab", "c")`.
fn digest16(parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let full = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&full[..16]);
    bytes
}

/// The owner of webhooks and events, in the platform's notation: 1–128 visible ASCII characters.
///
/// The limit is that of an SQS message group id, which may contain a user id. None of the allowed
/// characters can break a key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct UserId(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 128 visible ASCII characters, without spaces")]
pub struct InvalidUserId;

impl UserId {
    /// Checks a text.
    ///
    /// # Errors
    /// [`InvalidUserId`] if it is empty, longer than 128 bytes, or has another character than
    /// visible ASCII.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidUserId> {
        let text = text.into();
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        if fits { Ok(Self(text)) } else { Err(InvalidUserId) }
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
#[path = "ids_tests.rs"]
mod tests;
