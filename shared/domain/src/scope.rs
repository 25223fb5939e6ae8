//! What an API key may do.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A right that a user key can have. The admin key has every right for every user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Scope {
    /// Read webhooks, their secrets excepted.
    #[serde(rename = "webhooks:read")]
    WebhooksRead,
    /// Create, change, delete and test webhooks, read and rotate their secrets.
    #[serde(rename = "webhooks:write")]
    WebhooksWrite,
    /// Read deliveries with their payloads and responses.
    #[serde(rename = "deliveries:read")]
    DeliveriesRead,
    /// Send deliveries again.
    #[serde(rename = "deliveries:retry")]
    DeliveriesRetry,
}

impl Scope {
    /// Every scope, in the order in which they are listed.
    pub const ALL: [Self; 4] =
        [Self::WebhooksRead, Self::WebhooksWrite, Self::DeliveriesRead, Self::DeliveriesRetry];

    /// Its name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebhooksRead => "webhooks:read",
            Self::WebhooksWrite => "webhooks:write",
            Self::DeliveriesRead => "deliveries:read",
            Self::DeliveriesRetry => "deliveries:retry",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a scope: use webhooks:read, webhooks:write, deliveries:read or deliveries:retry")]
pub struct UnknownScope;

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(text: &str) -> Result<Self, UnknownScope> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(UnknownScope)
    }
}
