//! Rate limits: that slots are apart, and that each request to a limited webhook has one.

use super::{Key, Ledger, name};
use crate::{task::TaskId, trace::short};
use grapnel_domain::{
    ids::WebhookId,
    limit::{Reservation, SLOT_LEAD, Slot, SlotTime},
    time::Timestamp,
};
use std::collections::BTreeMap;

/// An attempt of a delivery.
type Attempt = (Key, u32);

/// What was handed out.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// The first slot of each webhook that may be handed out next.
    free: BTreeMap<WebhookId, SlotTime>,
    slots: BTreeMap<(WebhookId, Timestamp), Holder>,
}

/// Who has a slot.
#[derive(Debug)]
struct Holder {
    /// Who reserved it.
    by: Option<TaskId>,
    /// What it is for, once that is known.
    of: Option<Attempt>,
}

impl Ledger {
    /// A limiter has handed out slots.
    pub(crate) fn reserved(
        &mut self,
        by: Option<TaskId>,
        webhook: WebhookId,
        reservation: &Reservation,
        first: SlotTime,
    ) {
        let limits = &mut self.limits;
        let next = first.plus_micros(reservation.span_micros());
        let free = limits.free.insert(webhook, next);
        for slot in reservation.slots(first) {
            limits.slots.insert((webhook, slot), Holder { by, of: None });
        }
        if free.is_some_and(|free| first < free) {
            self.broken(format!("{}: slots were handed out twice", short(webhook)));
        }
    }

    /// An attempt is scheduled for its slot.
    pub(crate) fn scheduled(&mut self, attempt: Attempt, slot: Slot) {
        let (key, number) = attempt;
        let fault = match self.limits.slots.get_mut(&(key.0, slot.at)) {
            None => "has a slot that nobody handed out",
            Some(holder) if holder.of.is_some_and(|of| of != attempt) => "has another's slot",
            Some(holder) => {
                holder.of = Some(attempt);
                return;
            }
        };
        self.broken(format!("{}: attempt {number} {fault}: {}", name(key), slot.at));
    }

    /// A request is made that keeps to a limit. It must have a slot of its own, and that must not be
    /// further ahead than attempts may go before theirs, by the clock of whoever makes it.
    pub(crate) fn uses_slot(&mut self, by: TaskId, attempt: Attempt, now: Timestamp) {
        let (key, number) = attempt;
        let latest = now.plus(SLOT_LEAD);
        let from = (key.0, Timestamp::from_millis(0));
        let mut reached = self.limits.slots.range_mut(from..=(key.0, latest));
        if reached.any(|(_, holder)| holder.of == Some(attempt)) {
            return;
        }
        // Not scheduled: then it was reserved just now, and has come already.
        let mut reached = self.limits.slots.range_mut(from..=(key.0, latest));
        match reached.find(|(_, holder)| holder.by == Some(by) && holder.of.is_none()) {
            Some((_, holder)) => holder.of = Some(attempt),
            None => self.broken(format!("{}: attempt {number} has no slot", name(key))),
        }
    }
}
