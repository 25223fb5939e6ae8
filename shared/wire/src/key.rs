//! API keys.

use crate::time::Timestamp;
#[cfg(feature = "read")]
use crate::{limits::*, scope::Scope};
use std::fmt;

request! {
    #[derive(Debug, Default)]
    NewKey: "A new key. It expires by `expiresInDays` or by `expiresAt`, not both; without them it does not expire." {
        for_user;
        optional name: String = line(KEY_NAME_CHARS), "A name for the key.";
        optional description: String = line(KEY_DESCRIPTION_CHARS), "What the key is for.";
        optional scopes: Vec<String> = set(word(Scope::NAMES).named("Scope"), 1..=Scope::NAMES.len()), "Scopes of the key, each once. Default: all but `admin`.";
        optional expires_in_days: u32 = whole(KEY_DAYS), "Days until the key expires.";
        optional expires_at: Timestamp = time(), "When the key expires: in the future, and at most ten years ahead.";
        not_both expires_in_days, expires_at;
    }
    example serde_json::json!({
        "userId": "demo",
        "name": "Reporting",
        "scopes": ["webhooks:read", "deliveries:read"],
        "expiresInDays": 90,
    });
}

/// Declares an answer about a key: `id`, some fields of its own, what all have, and some more.
macro_rules! key {
    ($(#[$meta:meta])* $name:ident: $about:literal { $($first:tt)* } { $($last:tt)* } example $example:expr;) => {
        answer! {
            $(#[$meta])*
            $name: $about {
                required id: String = is("KeyId"), "Id.";
                $($first)*
                required user_id: String = is("UserId"), "The user that the key acts for.";
                optional name: String = line(KEY_NAME_CHARS), "Name, for people.";
                optional description: String = line(KEY_DESCRIPTION_CHARS), "Description, for people.";
                required scopes: Vec<String> = list(is("Scope"), 0..=Scope::NAMES.len()), "Scopes: what the key may do.";
                required created_at: Timestamp = is("Instant"), "When it was created.";
                optional expires_at: Timestamp = is("Instant"), "When the key expires. Absent if it does not expire.";
                flag portal, "Whether the key is the session of a portal link.";
                $($last)*
            }
            example $example;
        }
    };
}

key! {
    #[derive(Debug)]
    Key: "A key, without its secret value." {} {
        flag console, "Whether the key is a session of the console. It counts for `/console` alone: a request to the API with it is refused.";
        optional last_used_on: String = matching(r"^\d{4}-\d{2}-\d{2}$"), "Day of its last use, in UTC.";
    }
    example serde_json::json!({
        "id": "key_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "userId": "demo",
        "name": "Reporting",
        "scopes": ["webhooks:read", "deliveries:read"],
        "createdAt": "2026-11-24T06:24:00.000Z",
        "expiresAt": "2027-02-22T06:24:00.000Z",
        "lastUsedOn": "2026-11-25",
    });
}

key! {
    CreatedKey: "A new key. It is shown only once." {
        required key: String = matching("^g(k|ps)_[A-Za-z0-9_-]{43}$"), "The key. Send it as `Authorization: Bearer`.";
    } {}
    example serde_json::json!({
        "id": "key_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "key": "gk_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
        "userId": "demo",
        "scopes": ["webhooks:read"],
        "createdAt": "2026-11-24T06:24:00.000Z",
    });
}

impl fmt::Debug for CreatedKey {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedKey")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// A page of a list.
pub type KeyPage = crate::page::Page<Key>;
