//! The health of endpoints.

use super::Ledger;
use crate::{invocation::Invocation, task::TaskId, trace::short, vocabulary::Function};
use grapnel_domain::{health::Health, ids::WebhookId};

impl Ledger {
    /// This function wrote a webhook's health.
    pub(crate) fn health_written_by(&mut self, webhook: WebhookId, task: TaskId) {
        self.health_writers.insert(webhook, task);
    }

    /// Whether this function was the last to write it.
    pub(crate) fn last_wrote_health(&self, webhook: WebhookId, task: TaskId) -> bool {
        self.health_writers.get(&webhook) == Some(&task)
    }

    /// A write of health was refused. Without a fault, the newest health that a batch knows is the
    /// one that it wrote itself when it claimed a probe.
    pub(crate) fn health_refused(
        &mut self,
        webhook: WebhookId,
        health: &Health,
        task: TaskId,
        invocation: &Invocation,
    ) {
        let own = self.last_wrote_health(webhook, task);
        let undisturbed = invocation.faults == 0 && !invocation.postpones;
        if own && undisturbed && !health.is_failing() {
            let what = "judged by a health that the same function had written over";
            self.broken(format!("{}: {what}", short(webhook)));
        }
    }

    /// Health was written over an earlier version.
    pub(crate) fn health_written(
        &mut self,
        webhook: WebhookId,
        before: &Health,
        after: &Health,
        by: Option<Function>,
    ) {
        let fault = if after.last_due < before.last_due {
            "a due time went back"
        } else if after.intervals > before.intervals && after.last_due == before.last_due {
            "a probe was claimed and its due time stayed"
        } else if before.is_disabled() && !after.is_disabled() && by != Some(Function::Api) {
            "a disabled webhook was enabled by nobody"
        } else {
            return;
        };
        self.broken(format!("{}: {fault}: {before:?} became {after:?}", short(webhook)));
    }
}
