//! Signing secrets of webhooks.

#[cfg(feature = "read")]
use crate::limits::*;
use crate::time::Timestamp;
use std::fmt;

answer! {
    Secret: "The secret in full, and previous secrets that still sign." {
        required secret: String = crate::parts::secret(), "The secret that signs requests.";
        defaulted previous_secrets: Vec<PreviousSecret> = list(is("PreviousSecret"), 0..=PREVIOUS_SECRETS), "Previous secrets that still sign, the last replaced first.";
    }
    example serde_json::json!({ "secret": crate::parts::SECRET_EXAMPLE, "previousSecrets": [] });
}

answer! {
    #[derive(Debug)]
    PreviousSecret: "A previous secret. Its value is not shown." {
        required valid_until: Timestamp = is("Instant"), "When the secret stops signing.";
    }
    example serde_json::json!({ "validUntil": "2026-11-24T07:24:00.000Z" });
}

request! {
    #[derive(Default)]
    SecretRotation: "How to rotate the secret. All fields are optional." {
        for_user;
        optional grace_seconds: u64 = default(whole(GRACE_SECONDS), GRACE_SECONDS_DEFAULT), "Seconds for which the old secret keeps signing.";
        optional secret: String = secret(), "Your own signing secret. Default: a new random one.";
    }
    example serde_json::json!({ "graceSeconds": 3600 });
}

answer! {
    RotatedSecret: "The new secret in full." {
        required secret: String = crate::parts::secret(), "The secret that signs requests from now on.";
        required previous_secret_valid_until: Timestamp = is("Instant"), "When the replaced secret stops signing.";
        defaulted previous_secrets: Vec<PreviousSecret> = list(is("PreviousSecret"), 0..=PREVIOUS_SECRETS), "All previous secrets that still sign, the last replaced first.";
    }
    example serde_json::json!({
        "secret": crate::parts::SECRET_EXAMPLE,
        "previousSecretValidUntil": "2026-11-24T07:24:00.000Z",
        "previousSecrets": [{ "validUntil": "2026-11-24T07:24:00.000Z" }],
    });
}

impl fmt::Debug for Secret {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

impl fmt::Debug for RotatedSecret {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotatedSecret")
            .field("previous_secret_valid_until", &self.previous_secret_valid_until)
            .finish_non_exhaustive()
    }
}
