use super::PortError;
use crate::notice::Notice;

/// Publishes notices to the platform on EventBridge.
pub trait SendNotices: Send + Sync {
    /// Puts the notices on the bus.
    fn notify(&self, notices: &[Notice]) -> impl Future<Output = Result<(), PortError>> + Send;
}
