//! A delivery whose message is queued leaves the index.

use crate::{Ports, Tend};
use grapnel_domain::{
    patience::with_patience,
    ports::{PortError, TendDeliveries},
    tending::WaitingDelivery,
    time::Timestamp,
};
use std::time::Duration;

/// Time to answer the execution.
const TO_ANSWER: Duration = Duration::from_secs(10);

impl<P: Ports> Tend<P> {
    /// Removes a delivery from the index. The write is tried again for a time, not a number of
    /// times: a webhook's partition takes 1,000 writes a second, and the message is queued already,
    /// so a delivery that stays in the index is sent twice.
    pub(crate) async fn leave(
        &self,
        delivery: &WaitingDelivery,
        deadline: Timestamp,
    ) -> Result<(), PortError> {
        let (key, minute, attempts) = (delivery.target.key(), delivery.minute, delivery.attempts);
        let leave = || self.deliveries.stop_waiting(key, minute, attempts);
        with_patience(&self.clock, deadline.minus(TO_ANSWER), leave).await
    }
}
