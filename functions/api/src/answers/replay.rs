use super::word;
use grapnel_domain::replay::Replay;
use grapnel_wire::replay::{self as wire, ReplayFilter, ReplayProgress};

/// A replay with its progress.
pub(crate) fn replay(replay: &Replay) -> wire::Replay {
    let filter = &replay.order.filter;
    wire::Replay {
        id: replay.id.to_string(),
        webhook_id: replay.order.webhook_id.map(|id| id.to_string()),
        status: match replay.finished_at {
            Some(_) => ReplayProgress::Finished,
            None => ReplayProgress::Running,
        },
        filter: ReplayFilter {
            status: word(&filter.status),
            event: filter.event.as_ref().map(ToString::to_string),
            since: filter.since,
            until: filter.until,
        },
        examined: replay.examined,
        replayed: replay.replayed,
        created_at: replay.order.created_at,
        finished_at: replay.finished_at,
    }
}
