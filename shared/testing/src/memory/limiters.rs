use super::{Memory, Operation, deliveries::update, whole_second};
use grapnel_domain::{
    delivery::Delivery,
    ids::{UserId, WebhookId},
    limit::{Reservation, SlotTime},
    ports::{AwaitSlots, PortError, Recorded, ReserveSlots, SlotWait},
};

impl ReserveSlots for Memory {
    async fn reserve_slots(
        &self,
        user: &UserId,
        webhook: WebhookId,
        reservation: &Reservation,
    ) -> Result<SlotTime, PortError> {
        self.run(Operation::ReserveSlots, |state| {
            let key = (user.clone(), webhook);
            let first = reservation.begins(state.tables.limiters.get(&key).copied());
            let next = first.plus_micros(reservation.span_micros());
            state.tables.limiters.insert(key, next);
            Ok(first)
        })
        .await
    }
}

impl AwaitSlots for Memory {
    async fn await_slot(&self, wait: SlotWait) -> Result<Recorded, PortError> {
        self.run(Operation::AwaitSlot, |state| {
            let fits = |delivery: &Delivery| {
                delivery.attempt_count() == wait.attempts && !delivery.status.is_settled()
            };
            Ok(update(state, wait.key, fits, |delivery| {
                delivery.waits_for = Some(wait.minute);
                delivery.parked_until = None;
                delivery.slot = Some(wait.slot);
                delivery.expires_at = whole_second(wait.expires_at);
            }))
        })
        .await
    }
}
