//! The health of endpoints.

use super::Ledger;
use crate::{invocation::Function, trace::short};
use grapnel_domain::{health::Health, ids::WebhookId};

impl Ledger {
    /// Health was written over what was there.
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
