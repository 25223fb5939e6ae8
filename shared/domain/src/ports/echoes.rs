use super::PortError;
use crate::{
    echo::{Echo, EchoedRequest},
    ids::EchoId,
};

/// Stores echoes and their requests.
pub trait Echoes: Send + Sync {
    fn store_echo(&self, echo: &Echo) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The echo, even if it has expired. Sees every write that was answered before.
    fn echo(&self, id: EchoId) -> impl Future<Output = Result<Option<Echo>, PortError>> + Send;

    /// Adds a request to the echo and returns its position, counted from 0; each request has a
    /// different one. `None`, without a record, if the echo has its maximum of requests or does not
    /// exist.
    ///
    /// The call is not retried: after a lost response that would record the request twice.
    fn record_request(
        &self,
        id: EchoId,
        request: &EchoedRequest,
    ) -> impl Future<Output = Result<Option<usize>, PortError>> + Send;

    /// Deletes the echo. Returns whether it existed.
    fn delete_echo(&self, id: EchoId) -> impl Future<Output = Result<bool, PortError>> + Send;
}
