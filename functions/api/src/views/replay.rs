use grapnel_domain::{
    ids::{ReplayId, WebhookId},
    replay::{Replay, ReplayFilter},
    time::Timestamp,
};
use serde::Serialize;

/// A replay with its progress.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayView<'a> {
    id: ReplayId,
    /// Absent if it is of all webhooks.
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_id: Option<WebhookId>,
    status: &'static str,
    filter: &'a ReplayFilter,
    examined: u64,
    replayed: u64,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<Timestamp>,
}

impl<'a> ReplayView<'a> {
    /// The view of a replay.
    pub(crate) fn new(replay: &'a Replay) -> Self {
        Self {
            id: replay.id,
            webhook_id: replay.order.webhook_id,
            status: if replay.finished_at.is_some() { "finished" } else { "running" },
            filter: &replay.order.filter,
            examined: replay.examined,
            replayed: replay.replayed,
            created_at: replay.order.created_at,
            finished_at: replay.finished_at,
        }
    }
}
