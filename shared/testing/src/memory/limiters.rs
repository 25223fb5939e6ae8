use super::{Memory, Operation};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    limit::{Reservation, SlotTime},
    ports::{PortError, ReserveSlots},
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
