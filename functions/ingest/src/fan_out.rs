//! One event: store it, find who wants it, record a delivery for each.

use crate::Ingest;
use futures::{StreamExt, stream};
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, DeliveryStatus},
    event::{
        Event,
        inbound::{InboundEvent, TestTarget},
    },
    ids::{DeliveryId, WebhookId},
    message::{Attempt, QueueDelay, QueueMessage},
    ports::{
        Clock, CreateDeliveries, Created, Outgoing, PortError, ReadDeliveries, ReadSubscriptions,
        StoreEvents,
    },
    webhook::Subscription,
};

/// Deliveries of one event that are written at the same time.
const WRITES_AT_ONCE: usize = 16;

/// What one event came to.
pub(crate) struct Prepared {
    /// Attempts to enqueue.
    pub(crate) outgoing: Vec<Outgoing>,
    /// What went wrong, if anything did.
    pub(crate) error: Option<PreparationError>,
}

/// An event on its way to webhooks.
struct FanOut {
    event: Event,
    /// Who gets it.
    audience: Vec<WebhookId>,
    /// Who does not, or no longer: looked at only when the event was here before.
    left: Vec<WebhookId>,
    test: bool,
}

/// Why an event was not fanned out, or not to everybody.
pub(crate) enum PreparationError {
    /// It may work another time.
    Later(PortError),
    /// It never will, for this reason.
    Never(String),
}

impl From<PortError> for PreparationError {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Unusable(reason) => Self::Never(reason),
            PortError::Throttled(_) | PortError::Unavailable(_) => Self::Later(error),
        }
    }
}

impl<S, E, D, Q, L, C> Ingest<S, E, D, Q, L, C>
where
    S: ReadSubscriptions,
    E: StoreEvents,
    D: CreateDeliveries + ReadDeliveries,
    C: Clock,
{
    /// Does everything but enqueue.
    pub(crate) async fn prepare(&self, body: &str) -> Prepared {
        let fanned = match self.read(body).await {
            Ok(fan_out) => self.record_deliveries(fan_out).await,
            Err(error) => return Prepared { outgoing: Vec::new(), error: Some(error) },
        };
        let mut outgoing = Vec::new();
        let mut first_error = None;
        for result in fanned {
            match result {
                Ok(message) => outgoing.extend(message),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        Prepared { outgoing, error: first_error.map(PreparationError::from) }
    }

    async fn read(&self, body: &str) -> Result<FanOut, PreparationError> {
        let now = self.clock.now();
        let inbound = InboundEvent::parse(body, now)
            .map_err(|rejection| PreparationError::Never(rejection.to_string()))?;
        let stored_at = inbound.test.map_or(now, |test| test.ordered_at);
        let event = Event {
            id: inbound.id,
            user_id: inbound.user_id,
            content: inbound.content,
            stored_at,
            expires_at: self.rules.retention.event_expiry(stored_at),
        };
        // Side by side: what is wanted does not depend on whether the event is new. An event that
        // exists is fanned out all the same, as it was first stored.
        let (event, subscriptions) = futures::try_join!(
            self.events.store_event(&event),
            self.subscriptions.subscriptions(&event.user_id)
        )?;
        let (audience, others): (Vec<_>, Vec<_>) = subscriptions
            .into_iter()
            .partition(|subscription| wants(subscription, &event.content.event_type, inbound.test));
        let ids = |part: Vec<Subscription>| part.into_iter().map(|s| s.webhook_id).collect();
        let repeated = event.stored_at != stored_at;
        Ok(FanOut {
            event,
            audience: ids(audience),
            left: if repeated { ids(others) } else { Vec::new() },
            test: inbound.test.is_some(),
        })
    }

    async fn record_deliveries(&self, fan_out: FanOut) -> Vec<Result<Option<Outgoing>, PortError>> {
        let FanOut { event, audience, left, test } = fan_out;
        let event = &event;
        // Owned before the stream begins: a borrow in it would make the whole future less than
        // `Send`.
        let wanting = audience.into_iter().map(|id| (id, true));
        let everybody: Vec<_> = wanting.chain(left.into_iter().map(|id| (id, false))).collect();
        stream::iter(everybody)
            .map(|(webhook_id, wants)| async move {
                if wants {
                    self.record_delivery(event, webhook_id, test).await
                } else {
                    self.wake_pending(event, webhook_id).await
                }
            })
            .buffered(WRITES_AT_ONCE)
            .collect()
            .await
    }

    /// The attempt of a delivery that an earlier run recorded for a webhook that wants the event no
    /// more. If that run died before it enqueued, nobody else knows of it.
    async fn wake_pending(
        &self,
        event: &Event,
        webhook_id: WebhookId,
    ) -> Result<Option<Outgoing>, PortError> {
        let id = DeliveryId::derive(&webhook_id, &event.id, event.stored_at);
        let found = self.deliveries.delivery(DeliveryKey { webhook_id, id }).await?;
        let pending = found.filter(|delivery| delivery.status == DeliveryStatus::Pending);
        Ok(pending.map(|delivery| first_attempt(&delivery, event, self.rules.repeat_delay())))
    }

    async fn record_delivery(
        &self,
        event: &Event,
        webhook_id: WebhookId,
        test: bool,
    ) -> Result<Option<Outgoing>, PortError> {
        let now = self.clock.now();
        let delivery =
            Delivery { test, ..Delivery::of(event, webhook_id, self.rules.retention, now) };
        let delay = match self.deliveries.create_delivery(&delivery).await? {
            Created::New => QueueDelay::NONE,
            // Recorded by a run that may have died before it enqueued. The delay lets an attempt
            // that is under way end first.
            Created::Existed(found) if found.status == DeliveryStatus::Pending => {
                self.rules.repeat_delay()
            }
            // Past its first attempt, it has a wake-up of its own.
            Created::Existed(_) => return Ok(None),
        };
        Ok(Some(first_attempt(&delivery, event, delay)))
    }
}

fn first_attempt(delivery: &Delivery, event: &Event, delay: QueueDelay) -> Outgoing {
    let attempt = Attempt::scheduled(delivery.target(), 1).carrying(&event.content);
    Outgoing::new(QueueMessage::Attempt(attempt), delay)
}

/// Whether an event goes to a webhook. A test goes to its webhook alone, even a disabled one, as
/// long as the event's owner has it.
fn wants(subscription: &Subscription, event_type: &str, test: Option<TestTarget>) -> bool {
    match test {
        Some(test) => subscription.webhook_id == test.webhook_id,
        None => subscription.wants(event_type),
    }
}
