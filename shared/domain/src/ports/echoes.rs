use super::PortError;
use crate::{
    echo::{Echo, EchoedRequest},
    ids::EchoId,
};

/// Keeps echoes and records what they answer.
pub trait Echoes: Send + Sync {
    /// Stores a new echo.
    fn store_echo(&self, echo: &Echo) -> impl Future<Output = Result<(), PortError>> + Send;

    /// The echo, whether or not its time is over. Sees every write that was answered before.
    fn echo(&self, id: EchoId) -> impl Future<Output = Result<Option<Echo>, PortError>> + Send;

    /// Adds a request to those of the echo and answers its place, counted from 0; each has its own.
    /// `None`, and nothing is recorded, if the echo has its most requests or is gone.
    ///
    /// It is not tried again by itself: after a lost answer that would record the request twice.
    fn record_request(
        &self,
        id: EchoId,
        request: &EchoedRequest,
    ) -> impl Future<Output = Result<Option<usize>, PortError>> + Send;

    /// Deletes the echo. Whether it was there.
    fn delete_echo(&self, id: EchoId) -> impl Future<Output = Result<bool, PortError>> + Send;
}
