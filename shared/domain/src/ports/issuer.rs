use super::PortError;

/// Asks the issuer of tokens for its public keys.
pub trait FetchIssuerKeys: Send + Sync {
    /// The issuer's keys as it publishes them now: a JSON Web Key Set (RFC 7517), as text.
    fn fetch_keys(&self) -> impl Future<Output = Result<String, PortError>> + Send;
}
