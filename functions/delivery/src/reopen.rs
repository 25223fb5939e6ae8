//! A replay resends a failed delivery.
//!
//! The delivery is reopened by one write before the attempt is made. From then on it is `retrying`,
//! this message is its wake-up until the attempt is recorded, and the attempt is like any other. If
//! the function dies in between, the message is received again and finds the delivery reopened.

use crate::{Deliver, Done, Ports, StepError, outbox::Outbox};
use grapnel_domain::{
    delivery::{AttemptNumber, Delivery, DeliveryStatus, Reopened, Reopening},
    ids::ReplayId,
    ports::{Clock, Recorded, UpdateDeliveries},
    replay::Reopen,
};
use std::ops::ControlFlow;

impl<P: Ports> Deliver<P> {
    /// The delivery, read consistently and reopened, whose attempt `number` is due; or how the
    /// message is finished without it.
    pub(crate) async fn reopen(
        &self,
        mut found: Delivery,
        number: AttemptNumber,
        by: ReplayId,
        outbox: &Outbox,
    ) -> Result<ControlFlow<Done, Delivery>, StepError> {
        loop {
            match Reopen::decide(&found, number, by) {
                Reopen::IsDone => return Ok(ControlFlow::Continue(found)),
                Reopen::No => return Ok(ControlFlow::Break(Done::NothingToDo)),
                Reopen::Stale => {
                    return Ok(ControlFlow::Break(self.stale(&found, outbox).await?));
                }
                Reopen::Now => {}
            }
            let reopening = self.reopening(&found, by);
            match self.deliveries.reopen_delivery(reopening).await? {
                Recorded::Yes => {
                    return Ok(ControlFlow::Continue(Delivery {
                        status: DeliveryStatus::Retrying,
                        reason: None,
                        next_attempt_at: Some(reopening.due),
                        reopened: Some(reopening.reopened),
                        expires_at: reopening.expires_at,
                        ..found
                    }));
                }
                // Another message for this attempt was faster, or an earlier try of this write
                // succeeded and its response was lost. The delivery that was found cannot be
                // reopened, so the loop ends.
                Recorded::Refused(Some(now)) => found = *now,
                Recorded::Refused(None) => return Ok(ControlFlow::Break(Done::NothingToDo)),
            }
        }
    }

    fn reopening(&self, delivery: &Delivery, by: ReplayId) -> Reopening {
        let due = self.clock.now();
        let expiry = self.rules.retention.delivery_expiry(due, delivery.id.event_stored_at());
        Reopening {
            key: delivery.key(),
            reopened: Reopened { by, attempts: delivery.attempt_count() },
            due,
            expires_at: expiry.max(delivery.expires_at),
        }
    }
}
