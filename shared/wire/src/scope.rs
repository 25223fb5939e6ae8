//! What an API key may do.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A right that a key can have. The admin key has every right for every user, and so has a stored
/// key with [`Scope::Admin`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Read webhooks, their secrets excepted.
    #[serde(rename = "webhooks:read")]
    WebhooksRead,
    /// Create, change, delete and test webhooks.
    #[serde(rename = "webhooks:write")]
    WebhooksWrite,
    /// Read and rotate the secrets of webhooks.
    #[serde(rename = "webhooks:secrets")]
    WebhooksSecrets,
    /// Publish events.
    #[serde(rename = "events:publish")]
    EventsPublish,
    /// Read deliveries with their payloads and responses.
    #[serde(rename = "deliveries:read")]
    DeliveriesRead,
    /// Send deliveries again.
    #[serde(rename = "deliveries:retry")]
    DeliveriesRetry,
    /// Act for any user, and manage keys: what the deployment's admin key does.
    #[serde(rename = "admin")]
    Admin,
}

impl Scope {
    /// Every scope, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::WebhooksRead,
        Self::WebhooksWrite,
        Self::WebhooksSecrets,
        Self::EventsPublish,
        Self::DeliveriesRead,
        Self::DeliveriesRetry,
        Self::Admin,
    ];

    /// Those that concern one user: all but [`Scope::Admin`].
    pub const OF_USERS: [Self; 6] = [
        Self::WebhooksRead,
        Self::WebhooksWrite,
        Self::WebhooksSecrets,
        Self::EventsPublish,
        Self::DeliveriesRead,
        Self::DeliveriesRetry,
    ];

    /// The names of [`Self::ALL`].
    pub const NAMES: &[&str] = &names(&Self::ALL);

    /// The names of [`Self::OF_USERS`].
    pub const NAMES_OF_USERS: &[&str] = &names(&Self::OF_USERS);

    /// Its name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebhooksRead => "webhooks:read",
            Self::WebhooksWrite => "webhooks:write",
            Self::WebhooksSecrets => "webhooks:secrets",
            Self::EventsPublish => "events:publish",
            Self::DeliveriesRead => "deliveries:read",
            Self::DeliveriesRetry => "deliveries:retry",
            Self::Admin => "admin",
        }
    }
}

const fn names<const N: usize>(scopes: &[Scope; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut index = 0;
    while index < N {
        names[index] = scopes[index].as_str();
        index += 1;
    }
    names
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a scope: use webhooks:read, webhooks:write, webhooks:secrets, events:publish, \
     deliveries:read, deliveries:retry or admin"
)]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_as_it_is_written_and_listed_in_order() {
        for scope in Scope::ALL {
            assert_eq!(scope.as_str().parse(), Ok(scope));
            assert_eq!(serde_json::to_value(scope).ok(), Some(scope.as_str().into()));
            assert!(UnknownScope.to_string().contains(scope.as_str()), "{scope}");
        }
        assert!(Scope::ALL.is_sorted());
        assert_eq!([&Scope::OF_USERS[..], &[Scope::Admin]].concat(), Scope::ALL);
        assert_eq!("Admin".parse::<Scope>(), Err(UnknownScope));
    }
}
