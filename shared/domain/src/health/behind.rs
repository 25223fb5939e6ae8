//! Whether Grapnel is behind with a webhook: whether the events that it sends are old.
//!
//! A webhook takes a limited number of deliveries a second, because its deliveries are in one
//! partition of a table; above that they wait. After an outage, too, events are old when they are
//! sent. The health notes since when, and how old they were.
//!
//! The clock limits the writes: a note is renewed at most once in [`NOTE_INTERVAL`], and taken away
//! only after it was not renewed for [`OVER_AFTER`]. Fresh and late attempts alternate while a webhook is
//! behind, because queues keep no order.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An attempt is late if its event is older than this: more than the longest time for which ingest gathers
/// events (`EventsBatchingWindowSeconds`).
pub const BEHIND_AFTER: Duration = Duration::from_secs(120);

/// Minimum time between two notes about one webhook.
pub const NOTE_INTERVAL: Duration = Duration::from_secs(60);

/// A fresh attempt takes a note away that was not renewed for this long: longer than a message is hidden after
/// a refused write (`VisibilityTimeoutSeconds` by default). Late attempts come in rounds of that time.
const OVER_AFTER: Duration = Duration::from_secs(480);

/// A note that was not renewed for this long says nothing about the present. It is longer than a
/// message is hidden after a failure, and still shown meanwhile.
const NOTE_IS_SHOWN_FOR: Duration = Duration::from_secs(900);

/// How far Grapnel is behind with a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Behind {
    /// When the first late attempt was made.
    pub since: Timestamp,
    /// The age of the event of the late attempt that was noted last.
    pub age_seconds: u64,
    /// When it was noted.
    pub noted_at: Timestamp,
}

impl Behind {
    /// The note after attempts whose oldest event had this age.
    pub(super) fn after(noted: Option<Self>, age: Duration, now: Timestamp) -> Option<Self> {
        let since_note = noted.map(|noted| noted.noted_at.until(now));
        let is_late = age >= BEHIND_AFTER;
        match noted {
            Some(noted) if noted.is_past(now) => is_late.then(|| Self::new(now, age, now)),
            Some(noted) if is_late && since_note >= Some(NOTE_INTERVAL) => {
                Some(Self::new(noted.since, age, now))
            }
            Some(_) if !is_late && since_note >= Some(OVER_AFTER) => None,
            Some(noted) => Some(noted),
            None => is_late.then(|| Self::new(now, age, now)),
        }
    }

    /// Whether the webhook was behind for a minute: the first note was renewed.
    pub(super) fn is_confirmed(self) -> bool {
        self.since < self.noted_at
    }

    fn new(since: Timestamp, age: Duration, noted_at: Timestamp) -> Self {
        Self { since, age_seconds: age.as_secs(), noted_at }
    }

    /// Whether nothing renewed it for so long that it says nothing about the present.
    pub(super) fn is_past(self, now: Timestamp) -> bool {
        self.noted_at.until(now) >= NOTE_IS_SHOWN_FOR
    }
}
