//! Rate limits: slots are apart, and each request to a limited webhook has one.

use super::{
    Ledger,
    account::{Attempt, Holder, Limits},
    name,
};
use crate::{task::TaskId, trace::short};
use grapnel_domain::{
    ids::WebhookId,
    limit::{Reservation, SLOT_LEAD, Slot, SlotTime},
    time::Timestamp,
};

impl Limits {
    /// Whether an attempt has a slot after this time.
    pub(super) fn has_slot_after(&self, (key, number): Attempt, time: Timestamp) -> bool {
        let later =
            self.slots.range((key.0, time)..).take_while(|((webhook, _), _)| *webhook == key.0);
        later.into_iter().any(|(_, holder)| holder.of == Some((key, number)))
    }
}

impl Ledger {
    /// A rate limiter assigned slots.
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

    /// A webhook was deleted. A reservation that takes effect later starts again, without a
    /// webhook.
    pub(crate) fn limiter_is_gone(&mut self, webhook: WebhookId) {
        self.limits.free.remove(&webhook);
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

    /// A request under a rate limit is made. It must have its own slot, and may be early only by
    /// the allowed margin, by the clock of its function.
    pub(crate) fn uses_slot(&mut self, by: TaskId, attempt: Attempt, now: Timestamp) {
        let (key, number) = attempt;
        let latest = now.plus(SLOT_LEAD);
        let from = (key.0, Timestamp::from_millis(0));
        let mut reached = self.limits.slots.range_mut(from..=(key.0, latest));
        if reached.any(|(_, holder)| holder.of == Some(attempt)) {
            return;
        }
        // It was not scheduled, so its slot was reserved just now and is already due.
        let mut reached = self.limits.slots.range_mut(from..=(key.0, latest));
        match reached.find(|(_, holder)| holder.by == Some(by) && holder.of.is_none()) {
            Some((_, holder)) => holder.of = Some(attempt),
            None => self.broken(format!("{}: attempt {number} has no slot", name(key))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_domain::{delivery::AttemptNumber, ids::DeliveryId, limit::RateLimit};
    use uuid::Uuid;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
    const US: TaskId = TaskId(1);

    fn attempt(delivery: u128) -> Attempt {
        let webhook = WebhookId::from_uuid(Uuid::from_u128(1));
        ((webhook, DeliveryId::from_uuid(Uuid::from_u128(delivery))), AttemptNumber::FIRST)
    }

    fn slot(millis: i64) -> Slot {
        Slot { at: Timestamp::from_millis(NOW.as_millis() + millis), moved: false }
    }

    /// A ledger with three slots, one per second.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::default();
        reserve(&mut ledger, NOW);
        ledger
    }

    fn reserve(ledger: &mut Ledger, from: Timestamp) {
        let limit = RateLimit::new(1).expect("a limit");
        let asked = Reservation { count: 3, limit, now: NOW, seen: None };
        ledger.reserved(Some(US), attempt(0).0.0, &asked, SlotTime::at(from));
    }

    #[test]
    fn each_request_needs_a_slot_of_its_own_that_is_near() {
        let mut ledger = ledger();
        ledger.uses_slot(US, attempt(1), NOW);
        ledger.uses_slot(US, attempt(2), NOW);
        // The request is repeated with the same slot.
        ledger.uses_slot(TaskId(2), attempt(2), NOW);
        assert_eq!(ledger.first_broken(), None);
        ledger.uses_slot(US, attempt(3), NOW);
        assert!(ledger.first_broken().is_some(), "the third is two seconds ahead");
    }

    #[test]
    fn nobody_takes_a_slot_that_another_has_or_that_nobody_handed_out() {
        let mut ours = ledger();
        ours.scheduled(attempt(1), slot(2000));
        ours.scheduled(attempt(1), slot(2000));
        assert_eq!(ours.first_broken(), None);
        ours.scheduled(attempt(2), slot(2000));
        assert!(ours.first_broken().is_some());
        let mut nobodys = ledger();
        nobodys.scheduled(attempt(1), slot(2500));
        assert!(nobodys.first_broken().is_some());
        let mut strange = ledger();
        strange.uses_slot(TaskId(2), attempt(1), NOW);
        assert!(strange.first_broken().is_some(), "reserved by somebody else");
    }

    #[test]
    fn slots_never_overlap() {
        let mut apart = ledger();
        reserve(&mut apart, slot(3000).at);
        assert_eq!(apart.first_broken(), None);
        reserve(&mut apart, slot(5000).at);
        assert!(apart.first_broken().is_some());
    }
}
