//! The webhooks of the path, with the expected course of each delivery.

use grapnel_domain::ids::WebhookId;
use uuid::Builder;

/// The webhooks, with the expected course of each delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// Succeeds at once.
    Success,
    /// Fails once, then is retried by queue delay.
    Delayed,
    /// Fails, is retried by a shared wait, fails for good, and gets a manual retry.
    Exhausted,
    /// Waits for its slot in a shared wait and then by queue delay, and succeeds.
    Limited,
}

impl Path {
    pub(super) const ALL: [Self; 4] =
        [Self::Success, Self::Delayed, Self::Exhausted, Self::Limited];

    /// The receiver's answers to consecutive attempts.
    pub(super) const fn answers(self) -> &'static [u16] {
        match self {
            Self::Success | Self::Limited => &[200],
            Self::Delayed => &[503, 200],
            Self::Exhausted => &[503, 503, 200],
        }
    }

    pub(super) fn webhook(self) -> WebhookId {
        let number = self as u8 + 1;
        let id = Builder::from_unix_timestamp_millis(u64::from(number), &[number; 10]);
        WebhookId::from_uuid(id.into_uuid())
    }
}
