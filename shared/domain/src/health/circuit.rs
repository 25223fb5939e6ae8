//! Whether requests are made.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Why a webhook was disabled, if not by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledCause {
    /// The receiver answered 410.
    Gone,
    /// The receiver requested it by the header `webhook-delivery: disable`.
    Asked,
    /// No success for [`DISABLED_AFTER`](super::DISABLED_AFTER).
    Failing,
}

/// Whether requests are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Circuit {
    /// All requests are made.
    #[default]
    Closed,
    /// One request at a time is made, when it is due.
    Open {
        /// When the next probe may be made.
        due: Timestamp,
    },
    /// No request is made until the owner sets the webhook to `active`.
    Disabled { cause: DisabledCause },
}

impl Circuit {
    /// Until when no request is made, if the circuit breaker is open and not due.
    #[must_use]
    pub fn keeps_back_until(self, now: Timestamp) -> Option<Timestamp> {
        match self {
            Self::Open { due } if now < due => Some(due),
            Self::Open { .. } | Self::Closed | Self::Disabled { .. } => None,
        }
    }
}
