//! A delivery whose message is queued leaves the index.

use crate::{Ports, Tend};
use grapnel_domain::{
    ports::{Clock, PortError, TendDeliveries},
    tending::WaitingDelivery,
    time::Timestamp,
};
use std::time::Duration;

/// The longest pause after the first failed try. Each later pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

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
        let (key, last_try) = (delivery.target.key(), deadline.minus(TO_ANSWER));
        let mut pause = FIRST_PAUSE;
        loop {
            let (minute, attempts) = (delivery.minute, delivery.attempts);
            match self.deliveries.stop_waiting(key, minute, attempts).await {
                Err(PortError::Throttled(_) | PortError::Unavailable(_))
                    if self.clock.now().plus(pause) <= last_try => {}
                done => return done,
            }
            self.clock.pause(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}
