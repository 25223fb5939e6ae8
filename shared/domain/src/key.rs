//! API keys, and the portal links that become keys.

use crate::{
    ids::{KeyId, UserId},
    scope::Scope,
    time::{Day, Timestamp},
};
pub use grapnel_wire::portal::Theme;
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr, time::Duration};

/// SHA-256 of an API key, in lower-case hex. The key itself is not stored.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct KeyHash(String);

impl KeyHash {
    /// The hash of a presented key.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(hex::encode(Sha256::digest(key.as_bytes())))
    }

    /// 64 hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyHash {
    type Err = InvalidKeyHash;

    /// Reads what [`Self::as_str`] writes.
    fn from_str(text: &str) -> Result<Self, InvalidKeyHash> {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match text.len() == 64 && text.bytes().all(digit) {
            true => Ok(Self(text.to_owned())),
            false => Err(InvalidKeyHash),
        }
    }
}

/// A text that is not the hash of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 64 lower-case hex digits")]
pub struct InvalidKeyHash;

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyHash({}…)", &self.0[..8])
    }
}

/// What a key is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyUse {
    /// Requests to the API.
    Api,
    /// The same, as the session of a portal link.
    Portal,
    /// The console alone: no request to the API is authorized by it.
    Console(Opener),
}

/// What opened a session of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opener {
    /// A portal link, which is used up.
    Link,
    /// The key with this hash, or an admin key of the deployment. The session ends with it.
    Key(KeyHash),
}

/// How a portal link wants the console's pages to look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// The deployment's, if absent.
    pub theme: Option<Theme>,
    /// Whether the bar with the way to other pages is left out.
    pub hides_navigation: bool,
}

/// How long a session of the console goes on after its end was moved. A request moves the end if half of this is left, so an
/// unused session ends after one to two hours.
pub const SESSION_IDLE: Duration = Duration::from_secs(2 * 3600);

/// The stored data of an API key, without the key itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    pub id: KeyId,
    /// The user that it acts for. A key with [`Scope::Admin`] acts for any user: this is its
    /// holder.
    pub user_id: UserId,
    pub name: Option<String>,
    pub description: Option<String>,
    /// Sorted, without duplicates.
    pub scopes: Vec<Scope>,
    pub created_at: Timestamp,
    /// When it stops working, to the second. It may be removed after that.
    pub expires_at: Option<Timestamp>,
    /// Of a session of the console: how far requests may move its end. Absent, its end does not move.
    pub latest_end: Option<Timestamp>,
    /// Of a session of the console that a link opened: how its pages look.
    pub look: Look,
    /// The last day on which it was used. May be too early if a note failed.
    pub last_used_on: Option<Day>,
    pub purpose: KeyUse,
}

impl ApiKey {
    /// A key without a name and an expiry that was never used.
    #[must_use]
    pub fn new(id: KeyId, user_id: UserId, scopes: Vec<Scope>, created_at: Timestamp) -> Self {
        Self {
            id,
            user_id,
            name: None,
            description: None,
            scopes,
            created_at,
            expires_at: None,
            latest_end: None,
            look: Look::default(),
            last_used_on: None,
            purpose: KeyUse::Api,
        }
    }

    /// Whether it is the session of a portal link.
    #[must_use]
    pub fn is_of_portal(&self) -> bool {
        matches!(self.purpose, KeyUse::Portal | KeyUse::Console(Opener::Link))
    }

    /// Whether it is a session of the console.
    #[must_use]
    pub fn is_of_console(&self) -> bool {
        matches!(self.purpose, KeyUse::Console(_))
    }

    /// The same as a session of the console that begins now, and ends at `latest` at the latest.
    #[must_use]
    pub fn in_use_until(self, latest: Timestamp, now: Timestamp) -> Self {
        let latest = latest.whole_second();
        Self { expires_at: Some(end_after(now, latest)), latest_end: Some(latest), ..self }
    }

    /// The end that a request at `now` gives this session, and the end before. `None` while more than half of
    /// [`SESSION_IDLE`] is left, so that a session in use costs one write an hour, and at its latest end.
    #[must_use]
    pub fn moved_end(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        let (end, latest) = (self.expires_at?, self.latest_end?);
        let later = end_after(now, latest);
        let is_due = self.is_valid(now) && end <= now.plus(SESSION_IDLE / 2);
        (is_due && end < later).then_some((end, later))
    }

    /// Whether it still works.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// The end of a session that is in use now.
fn end_after(now: Timestamp, latest: Timestamp) -> Timestamp {
    now.plus(SESSION_IDLE).whole_second().min(latest)
}

/// A portal link, which can be used once. Only the hash of its token is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalLink {
    /// The user that its session acts for.
    pub user_id: UserId,
    /// The scopes of its session; sorted, without duplicates.
    pub scopes: Vec<Scope>,
    /// The duration of its session, in whole seconds.
    pub session: Duration,
    /// The page of the console that opens first, relative to the console.
    pub next: Option<String>,
    /// How its session's pages look.
    pub look: Look,
    /// When it stops working, to the second. It may be removed after that.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_795_501_440_000);

    fn after(minutes: u64) -> Timestamp {
        START.plus(Duration::from_secs(60 * minutes))
    }

    fn session(latest_minutes: u64) -> ApiKey {
        let id = KeyId::from_uuid(uuid::Uuid::from_u128(7));
        let user = UserId::parse("u").expect("valid");
        ApiKey::new(id, user, Vec::new(), START).in_use_until(after(latest_minutes), START)
    }

    #[test]
    fn the_end_of_a_session_moves_in_its_second_half_and_never_beyond_the_latest() {
        let long = session(720);
        assert_eq!(long.expires_at, Some(after(120)));
        assert_eq!(long.moved_end(after(59)), None);
        assert_eq!(long.moved_end(after(60)), Some((after(120), after(180))));
        assert_eq!(long.moved_end(after(120)), None, "it has ended");
        let late = ApiKey { expires_at: Some(after(700)), ..long };
        assert_eq!(late.moved_end(after(690)), Some((after(700), after(720))));
        let last = ApiKey { expires_at: Some(after(720)), ..late };
        assert_eq!(last.moved_end(after(719)), None);
        let short = session(60);
        assert_eq!((short.expires_at, short.moved_end(after(59))), (Some(after(60)), None));
    }

    #[test]
    fn the_end_of_a_key_and_of_an_older_session_does_not_move() {
        let old = ApiKey { latest_end: None, ..session(720) };
        assert_eq!(old.moved_end(after(100)), None);
        assert_eq!(ApiKey { expires_at: None, ..old }.moved_end(after(100)), None);
    }

    #[test]
    fn a_hash_reads_back_and_nothing_else_is_one() {
        let hash = KeyHash::of("a key");
        assert_eq!(hash.as_str().parse(), Ok(hash.clone()));
        for text in ["", &hash.as_str()[1..], &hash.as_str().to_uppercase(), &"g".repeat(64)] {
            assert_eq!(text.parse::<KeyHash>(), Err(InvalidKeyHash), "{text}");
        }
    }
}
