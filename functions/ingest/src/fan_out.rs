//! One event: store it, find who wants it, record a delivery for each.

use crate::{
    Ingest,
    audience::{Audience, FilterWork, Pace, audience},
};
use futures::{StreamExt, stream};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus},
    event::{Event, inbound::InboundEvent},
    filter::Undecided,
    ids::WebhookId,
    message::{Attempt, QueueDelay, QueueMessage},
    notice::ConflictNotice,
    ports::{
        Clock, CreateDeliveries, Created, Outgoing, PortError, ReadSubscriptions, StoreEvents,
    },
    webhook::WebhookStatus,
};

/// Deliveries of one event that are written at the same time.
const WRITES_AT_ONCE: usize = 16;

/// What one event came to.
pub(crate) struct Prepared {
    /// Attempts to enqueue.
    pub(crate) outgoing: Vec<Outgoing>,
    /// That it came under the id of another event.
    pub(crate) conflict: Option<ConflictNotice>,
    /// What went wrong, if anything did.
    pub(crate) error: Option<PreparationError>,
    pub(crate) filters: FilterWork,
}

impl Prepared {
    /// Of an event that could not be prepared at all.
    pub(crate) fn failed(error: PreparationError) -> Self {
        Self {
            outgoing: Vec::new(),
            conflict: None,
            error: Some(error),
            filters: FilterWork::default(),
        }
    }
}

/// A webhook that an event goes to.
#[derive(Clone, Copy)]
struct Recipient {
    webhook_id: WebhookId,
    /// Its status, or `Active` if the webhook is gone.
    status: WebhookStatus,
    /// What this run found. A run that repeats a fan-out after the filter was changed finds what the
    /// filter says now, which may leave the note out but changes no delivery.
    undecided_filter: Option<Undecided>,
}

/// An event and whom it goes to.
struct Decided {
    event: Event,
    recipients: Vec<Recipient>,
    test: bool,
    filters: FilterWork,
    conflict: Option<ConflictNotice>,
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
    D: CreateDeliveries,
    C: Clock,
{
    /// Does everything but enqueue. `None` if the event's filters take longer than the pace allows:
    /// nothing is recorded then.
    pub(crate) async fn prepare(&self, body: &str, pace: Pace) -> Option<Prepared> {
        let decided = match self.decide(body, pace).await {
            Ok(decided) => decided?,
            Err(error) => return Some(Prepared::failed(error)),
        };
        let mut outgoing = Vec::new();
        let mut first_error = None;
        for result in self.record_deliveries(&decided).await {
            match result {
                Ok(message) => outgoing.extend(message),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        let error = first_error.map(PreparationError::from);
        Some(Prepared { outgoing, error, filters: decided.filters, conflict: decided.conflict })
    }

    async fn decide(&self, body: &str, pace: Pace) -> Result<Option<Decided>, PreparationError> {
        let now = self.clock.now();
        let inbound = InboundEvent::parse(body, now)
            .map_err(|rejection| PreparationError::Never(rejection.to_string()))?;
        let stored_at = inbound.test.map_or(now, |test| test.ordered_at);
        let subscriptions = self.subscriptions.subscriptions(&inbound.user_id).await?;
        let wanted_by = audience(&subscriptions, &inbound.content, inbound.test, pace).await;
        let Some(Audience { webhooks: wanted_by, undecided, filters }) = wanted_by else {
            return Ok(None);
        };
        let event = Event {
            id: inbound.id,
            user_id: inbound.user_id,
            content: inbound.content,
            audience: Some(wanted_by.clone()),
            stored_at,
            expires_at: self.rules.retention.event_expiry(stored_at),
            payload_erased_at: None,
        };
        // An event that exists is fanned out all the same, as it was first stored and to whom it was
        // for then.
        let offered = event;
        let event = self.events.store_event(&offered).await?;
        let conflict = ConflictNotice::of(&event, &offered.content, now);
        let audience = event.audience.clone().unwrap_or(wanted_by);
        let status = |id: &WebhookId| {
            let known = subscriptions.iter().find(|subscription| subscription.webhook_id == *id);
            known.map_or(WebhookStatus::Active, |subscription| subscription.status)
        };
        let recipient = |id: &WebhookId| Recipient {
            webhook_id: *id,
            status: status(id),
            undecided_filter: undecided.get(id).copied(),
        };
        let recipients = audience.iter().map(recipient).collect();
        let test = inbound.test.is_some();
        Ok(Some(Decided { event, recipients, test, filters, conflict }))
    }

    async fn record_deliveries(
        &self,
        decided: &Decided,
    ) -> Vec<Result<Option<Outgoing>, PortError>> {
        let Decided { event, recipients, test, .. } = decided;
        let audience = recipients.len();
        // Owned: a closure over references would make the whole future less than `Send`.
        let recorded: Vec<_> = stream::iter(recipients.clone())
            .map(|recipient| self.record_delivery(event, recipient, *test))
            .buffered(WRITES_AT_ONCE)
            .collect()
            .await;
        let grouped = |message: Outgoing| message.for_audience(audience, &event.user_id);
        recorded.into_iter().map(|each| each.map(|message| message.map(grouped))).collect()
    }

    async fn record_delivery(
        &self,
        event: &Event,
        recipient: Recipient,
        test: bool,
    ) -> Result<Option<Outgoing>, PortError> {
        let Recipient { webhook_id, status, undecided_filter } = recipient;
        let now = self.clock.now();
        let new = Delivery {
            test,
            undecided_filter,
            ..Delivery::of(event, webhook_id, self.rules.retention, now)
        };
        // What was erased is not brought back by whoever repeats it: a delivery that nobody has
        // recorded yet ends before it begins.
        let delivery = match event.payload_erased_at {
            None => new,
            Some(at) => new.of_erased(at),
        };
        let delay = match self.deliveries.create_delivery(&delivery).await? {
            Created::New if delivery.status.is_settled() => return Ok(None),
            Created::New => QueueDelay::NONE,
            // Recorded by a run that may have died before it enqueued. The delay lets an attempt
            // that is under way end first.
            Created::Existed(found) if found.status == DeliveryStatus::Pending => {
                self.rules.repeat_delay()
            }
            // Past its first attempt, it has a wake-up of its own.
            Created::Existed(_) => return Ok(None),
        };
        let attempt = Attempt::scheduled(delivery.target(), 1);
        let attempt = match event.payload_erased_at {
            None => attempt.carrying(&event.content),
            Some(_) => attempt,
        };
        let message = Outgoing::new(QueueMessage::Attempt(attempt), delay);
        Ok(Some(message.for_status(status, &event.user_id)))
    }
}
