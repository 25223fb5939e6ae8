//! Replacing a webhook's secret, while the receiver changes over in its own time.

use super::{Configuration, PreviousSecret, Webhook};
use crate::{signature::Secret, time::Timestamp};

/// Most old secrets that sign beside the current one. Each adds a signature to every request.
pub use grapnel_wire::limits::PREVIOUS_SECRETS as MAX_PREVIOUS_SECRETS;

impl Webhook {
    /// The old secrets that still sign at `now`, the one replaced last first.
    pub fn live_previous_secrets(&self, now: Timestamp) -> impl Iterator<Item = &PreviousSecret> {
        self.previous_secrets.iter().filter(move |previous| now < previous.valid_until)
    }

    /// The webhook with `secret`; the present one signs beside it until `valid_until`. Secrets that
    /// were replaced before keep their own ends, but of more than [`MAX_PREVIOUS_SECRETS`] the ones
    /// replaced first sign no more.
    ///
    /// If the webhook has `secret` already, this very rotation was stored before: to do it once more
    /// would make the new secret its own predecessor.
    #[must_use]
    pub fn rotated(&self, secret: &Secret, valid_until: Timestamp, now: Timestamp) -> Self {
        let updated_at = self.updated_after(now);
        if self.secret == *secret {
            return self.with(Configuration { updated_at, ..self.configuration.clone() });
        }
        let replaced = PreviousSecret { secret: self.secret.clone(), valid_until };
        let before = self.previous_secrets.iter().cloned();
        let previous = std::iter::once(replaced).chain(before).filter(|previous| {
            // One that comes back signs as the current one.
            now < previous.valid_until && previous.secret != *secret
        });
        self.with(Configuration {
            secret: secret.clone(),
            previous_secrets: previous.take(MAX_PREVIOUS_SECRETS).collect(),
            updated_at,
            ..self.configuration.clone()
        })
    }

    /// This webhook with a configuration that is within the limits, as its own is.
    fn with(&self, configuration: Configuration) -> Self {
        Self { configuration, ..self.clone() }
    }
}

#[cfg(test)]
#[path = "rotation_tests.rs"]
mod tests;
