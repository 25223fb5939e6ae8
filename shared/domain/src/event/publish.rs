//! Publishing over HTTP: how strictly data are checked by the schemas of their types, and what makes
//! a repeated request the same request.
//!
//! A request with an idempotency key is recorded before any of its events is enqueued: what its
//! events' ids and times derive from, and the hash of its body. A repeated request enqueues the same
//! events once more, which is harmless, since an event that is there already is only fanned out to
//! those that it went to. So it does not matter where the first try ended, nor whether two run at once.

use crate::{ids::UserId, time::Timestamp};
use sha2::{Digest, Sha256};
use std::{str::FromStr, time::Duration};

/// Most events of one request.
pub use grapnel_wire::limits::EVENTS as MAX_EVENTS;
/// Most bytes of a request's body.
pub use grapnel_wire::limits::EVENTS_BODY_BYTES as MAX_BODY_BYTES;
/// For how long a key stands for its request.
pub const KEY_LIFETIME: Duration = Duration::from_secs(86_400);
/// Most characters of a key.
const MAX_KEY_CHARS: usize = 255;

/// How strictly events are checked by the catalogue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EventValidation {
    /// Not at all.
    #[default]
    Off,
    /// The answer lists the faults, and the event is published.
    Warn,
    /// The answer lists the faults, and no event of the request is published.
    Reject,
}

/// None of the three words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be off, warn or reject")]
pub struct InvalidValidation;

impl FromStr for EventValidation {
    type Err = InvalidValidation;

    fn from_str(text: &str) -> Result<Self, InvalidValidation> {
        match text {
            "off" => Ok(Self::Off),
            "warn" => Ok(Self::Warn),
            "reject" => Ok(Self::Reject),
            _ => Err(InvalidValidation),
        }
    }
}

/// What a client calls its request: 1–255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IdempotencyKey(String);

/// A text that cannot be one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 255 visible ASCII characters, without spaces")]
pub struct InvalidIdempotencyKey;

impl IdempotencyKey {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = InvalidIdempotencyKey;

    fn from_str(text: &str) -> Result<Self, InvalidIdempotencyKey> {
        let fits = (1..=MAX_KEY_CHARS).contains(&text.len());
        let fits = fits && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(InvalidIdempotencyKey) }
    }
}

/// A request that is on record under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Whose request it is. Another user's key of the same text is another.
    pub user_id: UserId,
    /// Its key.
    pub key: IdempotencyKey,
    /// The hash of its body, see [`body_hash`].
    pub body_hash: String,
    /// What the ids of its events derive from where they have none of their own.
    pub seed: String,
    /// The time of its events where they have none of their own.
    pub accepted_at: Timestamp,
    /// From then on the key is free again; a whole second.
    pub expires_at: Timestamp,
}

impl Claim {
    /// The claim of a request that comes in now.
    #[must_use]
    pub fn new(
        user_id: UserId,
        key: IdempotencyKey,
        body_hash: String,
        seed: String,
        now: Timestamp,
    ) -> Self {
        let expires_at = now.plus(KEY_LIFETIME).whole_second();
        Self { user_id, key, body_hash, seed, accepted_at: now, expires_at }
    }

    /// Whether the key still stands for it.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// The hash of a body, as a user sent it.
#[must_use]
pub fn body_hash(user: &UserId, body: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update((user.as_str().len() as u64).to_be_bytes());
    hash.update(user.as_str().as_bytes());
    hash.update(body);
    hex::encode(hash.finalize())
}

/// What an event without an id of its own is called: by its place in its request.
#[must_use]
pub fn source_id(seed: &str, place: usize) -> String {
    format!("{seed}-{place}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_text_of_some_length() {
        let longest = "k".repeat(255);
        for key in ["a", "order-7/2", &longest] {
            assert_eq!(
                key.parse::<IdempotencyKey>().map(|it| it.as_str().to_owned()),
                Ok(key.into())
            );
        }
        for key in ["", " ", "a b", "ü", "a\n", &"k".repeat(256)] {
            assert_eq!(key.parse::<IdempotencyKey>(), Err(InvalidIdempotencyKey));
        }
    }

    #[test]
    fn a_claim_ends_a_day_later() {
        let now = Timestamp::from_millis(1_795_000_000_500);
        let user = UserId::parse("u").expect("valid");
        let key: IdempotencyKey = "k".parse().expect("valid");
        let claim = Claim::new(user, key, String::new(), "s".into(), now);
        assert!(claim.is_live(now.plus(KEY_LIFETIME - Duration::from_secs(1))));
        assert!(!claim.is_live(now.plus(KEY_LIFETIME)));
    }

    #[test]
    fn a_body_is_its_users() {
        let user = |text: &str| UserId::parse(text).expect("valid");
        assert_eq!(body_hash(&user("u"), b"{}"), body_hash(&user("u"), b"{}"));
        assert_ne!(body_hash(&user("u"), b"{}"), body_hash(&user("v"), b"{}"));
        assert_ne!(body_hash(&user("u"), b"{}"), body_hash(&user("u"), b"{} "));
        assert_ne!(body_hash(&user("ab"), b"c"), body_hash(&user("a"), b"bc"));
    }
}
