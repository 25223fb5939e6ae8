//! The webhooks of the path, each with what is to become of its delivery.

use grapnel_domain::ids::WebhookId;
use uuid::Builder;

/// The webhooks, each with what is to become of its delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    /// Takes it at once.
    Success,
    /// Fails once, then comes back by queue delay.
    Delayed,
    /// Fails, comes back by a shared wait, fails for good, and is asked for once more.
    Exhausted,
    /// Waits for its slot in a shared wait, then by queue delay, and takes it.
    Limited,
}

impl Path {
    pub(super) const ALL: [Self; 4] =
        [Self::Success, Self::Delayed, Self::Exhausted, Self::Limited];

    /// What its receiver answers to one attempt after the other.
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
