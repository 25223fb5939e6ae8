//! What a body asks a replay to choose by. Everything may be left out.

use crate::body::Object;
use grapnel_domain::{
    event::InvalidTypeFilter,
    fault::{Faults, FieldFault},
    replay::{ReplayFilter, ReplayStatus},
    time::Timestamp,
};

const FIELDS: &[&str] = &["status", "event", "since", "until"];

/// Reads `status`, `event`, `since` and `until`. `until` is now at the latest: a replay that went
/// on with what arrives meanwhile might never end.
///
/// # Errors
/// Every field at fault.
pub(super) fn parse(input: &Object, now: Timestamp) -> Result<ReplayFilter, Vec<FieldFault>> {
    let mut faults = Faults::default();
    input.refuse_others(FIELDS, &mut faults);
    let status = match input.get("status").map(|value| value.as_str()) {
        None => Some(ReplayStatus::default()),
        Some(Some("failed")) => Some(ReplayStatus::Failed),
        Some(Some("success")) => Some(ReplayStatus::Success),
        Some(_) => {
            faults.add("status", "must be `failed` or `success`");
            None
        }
    };
    let event = input.get("event").and_then(|value| {
        let parsed = value.as_str().unwrap_or_default().parse();
        parsed.map_err(|invalid: InvalidTypeFilter| faults.add("event", invalid.to_string())).ok()
    });
    let since = time(input, "since", &mut faults);
    let until = time(input, "until", &mut faults).map_or(now, |until| until.min(now));
    if since.is_some_and(|since| since >= until) {
        faults.add("since", "must be earlier than `until`, and than now");
    }
    match status {
        Some(status) if faults.is_empty() => Ok(ReplayFilter { status, event, since, until }),
        _ => Err(faults.into_vec()),
    }
}

fn time(input: &Object, field: &str, faults: &mut Faults) -> Option<Timestamp> {
    let value = input.get(field)?;
    let time = value.as_str().and_then(|text| text.parse().ok());
    if time.is_none() {
        faults.add(field, "must be a time as in RFC 3339, such as `2026-11-24T06:24:00Z`");
    }
    time
}
