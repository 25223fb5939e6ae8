use grapnel_domain::{time::Timestamp, webhook::Webhook};
use grapnel_wire::secret::{PreviousSecret, RotatedSecret, Secret};

/// A webhook's secrets that sign now.
pub(crate) fn secret(webhook: &Webhook, now: Timestamp) -> Secret {
    Secret {
        secret: webhook.secret.reveal().to_owned(),
        previous_secrets: previous_secrets(webhook, now),
    }
}

/// The same after a rotation. The secret that was replaced signs until `valid_until`.
pub(crate) fn rotated_secret(
    webhook: &Webhook,
    now: Timestamp,
    valid_until: Timestamp,
) -> RotatedSecret {
    RotatedSecret {
        secret: webhook.secret.reveal().to_owned(),
        previous_secret_valid_until: valid_until,
        previous_secrets: previous_secrets(webhook, now),
    }
}

fn previous_secrets(webhook: &Webhook, now: Timestamp) -> Vec<PreviousSecret> {
    let previous = webhook.live_previous_secrets(now);
    previous.map(|previous| PreviousSecret { valid_until: previous.valid_until }).collect()
}
