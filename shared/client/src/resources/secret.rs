//! Secrets: what signs a webhook's requests.

use crate::{Call, Client, call::path};
use grapnel_wire::secret::{RotatedSecret, Secret, SecretRotation};
use reqwest::Method;

impl Client {
    /// A webhook's secret.
    pub fn secret(&self, webhook_id: &str) -> Call<Secret> {
        self.call(Method::GET, path(&["api", "webhooks", webhook_id, "secret"]))
    }

    /// Makes a new secret. The old one signs too for `grace_seconds` more, up to a week; a day if
    /// `None`. Those that were replaced before keep their own ends.
    pub fn rotate_secret(
        &self,
        webhook_id: &str,
        grace_seconds: Option<u64>,
    ) -> Call<RotatedSecret> {
        self.rotate_to(webhook_id, None, grace_seconds)
    }

    /// Like [`Client::rotate_secret`], with your own secret: `whsec_` and the base64 of 24–64 bytes.
    pub fn rotate_to(
        &self,
        webhook_id: &str,
        secret: Option<&str>,
        grace_seconds: Option<u64>,
    ) -> Call<RotatedSecret> {
        let path = path(&["api", "webhooks", webhook_id, "secret", "rotate"]);
        let body =
            SecretRotation { user_id: None, grace_seconds, secret: secret.map(str::to_owned) };
        self.call_with(Method::POST, path, &body)
    }
}
