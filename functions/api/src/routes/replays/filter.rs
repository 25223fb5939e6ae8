//! What a body asks a replay to choose by. Everything may be left out.

use grapnel_domain::{
    event::InvalidTypeFilter,
    fault::FieldFault,
    replay::{ReplayFilter, ReplayStatus},
    time::Timestamp,
};
use grapnel_wire::{read::Read, replay::ReplayOrder};

/// Checks what was read. `until` is now at the latest: a replay that went on with what arrives
/// meanwhile might never end.
///
/// # Errors
/// Every field at fault.
pub(super) fn of(
    mut read: Read<ReplayOrder>,
    now: Timestamp,
) -> Result<ReplayFilter, Vec<FieldFault>> {
    let event = read.check("event", |asked| {
        let event = asked.event.as_deref().map(str::parse).transpose();
        event.map_err(|invalid: InvalidTypeFilter| invalid.to_string())
    });
    let until = read.value.until.map_or(now, |until| until.min(now));
    if read.value.since.is_some_and(|since| since >= until) {
        read.fault("since", "must be earlier than `until`, and than now");
    }
    let asked = read.finish()?;
    let status = match asked.status.as_deref() {
        Some("success") => ReplayStatus::Success,
        // No other word is read.
        _ => ReplayStatus::Failed,
    };
    Ok(ReplayFilter { status, event: event.flatten(), since: asked.since, until })
}
