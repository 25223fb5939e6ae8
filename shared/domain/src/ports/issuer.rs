use super::PortError;

/// Reads the public keys of the issuer of tokens.
pub trait FetchIssuerKeys: Send + Sync {
    /// The issuer's present keys: a JSON Web Key Set (RFC 7517), as text.
    fn fetch_keys(&self) -> impl Future<Output = Result<String, PortError>> + Send;
}
