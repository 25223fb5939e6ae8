//! Secrets: what signs a webhook's requests.

use crate::{Call, Client, call::path};
use grapnel_domain::time::Timestamp;
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt;

/// A webhook's secret.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// `whsec_…`, whole.
    pub secret: String,
    /// Old ones that sign beside it, the one replaced last first.
    #[serde(default)]
    pub previous_secrets: Vec<PreviousSecret>,
}

/// A secret that was replaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviousSecret {
    /// From then on it signs no more.
    pub valid_until: Timestamp,
}

/// A new secret, and until when old ones sign beside it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Rotation {
    /// The new secret, whole.
    pub secret: String,
    /// From then on the one that was replaced signs no more.
    pub previous_secret_valid_until: Timestamp,
    /// All old ones that sign beside it, the one replaced last first.
    #[serde(default)]
    pub previous_secrets: Vec<PreviousSecret>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rotation")
            .field("previous_secret_valid_until", &self.previous_secret_valid_until)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// A webhook's secret.
    pub fn secret(&self, webhook_id: &str) -> Call<Secret> {
        self.call(Method::GET, path(&["api", "webhooks", webhook_id, "secret"]))
    }

    /// Makes a new secret. The old one signs too for `grace_seconds` more, up to a week; a day if
    /// `None`. Those that were replaced before keep their own ends.
    pub fn rotate_secret(&self, webhook_id: &str, grace_seconds: Option<u64>) -> Call<Rotation> {
        self.rotate_to(webhook_id, None, grace_seconds)
    }

    /// The same, to a secret of one's own: `whsec_` and the base64 of 24–64 bytes.
    pub fn rotate_to(
        &self,
        webhook_id: &str,
        secret: Option<&str>,
        grace_seconds: Option<u64>,
    ) -> Call<Rotation> {
        let path = path(&["api", "webhooks", webhook_id, "secret", "rotate"]);
        let mut body = json!({});
        if let Some(grace) = grace_seconds {
            body["graceSeconds"] = grace.into();
        }
        if let Some(secret) = secret {
            body["secret"] = secret.into();
        }
        self.call_with(Method::POST, path, &body)
    }
}
