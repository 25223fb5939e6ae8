//! Events that came under the id of a stored event and differ from it. They are told: in the log, by a
//! metric that the caller emits, and by a notice on the bus.

use grapnel_domain::{
    notice::{ConflictNotice, Notice},
    ports::SendNotices,
};

/// Logs these conflicts and tells the platform. Their messages are acknowledged whether the bus takes the
/// notices or not: what was stored first is delivered all the same, and the log and the metric stay.
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
    // What the bus refuses for a moment, it is asked to take once more.
    if bus.notify(&notices).await.is_err()
        && let Err(error) = bus.notify(&notices).await
    {
        tracing::warn!(notices = notices.len(), %error, "the platform was not told of events under one id");
    }
}
