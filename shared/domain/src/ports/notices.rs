use super::PortError;
use crate::notice::Notice;

/// Tells a platform.
pub trait SendNotices: Send + Sync {
    /// Puts the notices on the bus.
    fn notify(&self, notices: &[Notice]) -> impl Future<Output = Result<(), PortError>> + Send;
}
