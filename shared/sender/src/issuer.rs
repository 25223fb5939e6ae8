//! The public keys of an OpenID Connect issuer, over the guarded client.

use crate::{FetchLimits, Sender};
use grapnel_domain::{
    ports::{FetchIssuerKeys, PortError},
    token,
};
use std::time::Duration;

/// For each of the two documents. Issuers answer in a fraction of it, and a caller waits.
const LIMITS: FetchLimits = FetchLimits { timeout: Duration::from_secs(4), max_bytes: 256 * 1024 };

/// An issuer, asked over HTTP.
#[derive(Debug)]
pub struct IssuerKeys {
    sender: Sender,
    issuer: String,
}

impl IssuerKeys {
    /// The keys of this issuer, an absolute URL as it stands in tokens.
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
    /// The issuer's description first, which says where the keys are: they may move.
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
