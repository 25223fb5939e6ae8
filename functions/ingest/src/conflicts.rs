//! Events that differ from the stored event with the same id. They are reported in the log, by a
//! metric that the caller emits, and by a notice on the bus.

use grapnel_domain::{
    notice::{ConflictNotice, Notice},
    ports::SendNotices,
};

/// Logs these conflicts and sends notices. Their messages are acknowledged even if the bus does not
/// accept the notices: the stored event is delivered, and the log and the metric remain.
pub async fn tell(bus: &impl SendNotices, conflicts: &[ConflictNotice]) {
    if conflicts.is_empty() {
        return;
    }
    for conflict in conflicts {
        tracing::warn!(
            user.id = %conflict.user_id, event.id = %conflict.event_id, reason = ?conflict.reason,
            "an event came under the id of another one and is not delivered"
        );
    }
    let notices: Vec<Notice> = conflicts.iter().cloned().map(Notice::from).collect();
    // The bus may refuse only for a moment, so the notices are sent once more.
    if bus.notify(&notices).await.is_err()
        && let Err(error) = bus.notify(&notices).await
    {
        tracing::warn!(notices = notices.len(), %error, "the platform was not told of events under one id");
    }
}
