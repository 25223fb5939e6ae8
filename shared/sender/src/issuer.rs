//! Reads the public keys of an OpenID Connect issuer over the guarded client.

use crate::{FetchLimits, Sender};
use grapnel_domain::{
    ports::{FetchIssuerKeys, PortError},
    token,
};
use std::time::Duration;

/// Limits for each of the two documents. Issuers answer in a fraction of this time, and a caller is
/// waiting.
const LIMITS: FetchLimits = FetchLimits { timeout: Duration::from_secs(4), max_bytes: 256 * 1024 };

/// Reads one issuer's keys over HTTP.
#[derive(Debug)]
pub struct IssuerKeys {
    sender: Sender,
    issuer: String,
}

impl IssuerKeys {
    /// `issuer` is an absolute URL, as it is written in tokens.
    #[must_use]
    pub fn new(sender: Sender, issuer: impl Into<String>) -> Self {
        Self { sender, issuer: issuer.into() }
    }

    async fn document(&self, what: &str, url: &str) -> Result<Vec<u8>, PortError> {
        let read = self.sender.fetch(url, LIMITS).await;
        read.map_err(|error| PortError::Unavailable(format!("the issuer's {what}: {error}")))
    }
}

impl FetchIssuerKeys for IssuerKeys {
    /// Reads the issuer's description first each time: it has the URL of the keys, which may
    /// change.
    async fn fetch_keys(&self) -> Result<String, PortError> {
        let url = token::discovery_url(&self.issuer);
        let description = self.document("description", &url).await?;
        let url = token::keys_url(&self.issuer, &description)
            .map_err(|error| PortError::Unavailable(error.to_owned()))?;
        let keys = self.document("keys", &url).await?;
        String::from_utf8(keys)
            .map_err(|_| PortError::Unavailable("the issuer's keys are not text".to_owned()))
    }
}
