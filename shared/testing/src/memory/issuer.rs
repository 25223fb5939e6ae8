use super::{Memory, Operation};
use grapnel_domain::ports::{FetchIssuerKeys, PortError};

impl Memory {
    /// Sets the issuer's published keys.
    pub fn publish_issuer_keys(&self, text: impl Into<String>) {
        self.state().issuer_keys = text.into();
    }
}

impl FetchIssuerKeys for Memory {
    async fn fetch_keys(&self) -> Result<String, PortError> {
        self.run(Operation::FetchIssuerKeys, |state| Ok(state.issuer_keys.clone())).await
    }
}
