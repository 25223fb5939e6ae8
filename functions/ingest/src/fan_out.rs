//! Fan-out of one event: store it, find its webhooks, record a delivery for each.

use crate::{
    audience::{Audience, FilterWork, Pace, audience},
    ports::{Ingest, Ports, Subscriptions},
};
use futures::{StreamExt, stream};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{AttemptNumber, Delivery, DeliveryStatus},
    event::{Event, inbound::InboundEvent},
    filter::Undecided,
    ids::WebhookId,
    message::{MakeAttempt, Outgoing, QueueMessage, Record},
    notice::ConflictNotice,
    ports::{Clock, CreateDeliveries, Created, PortError, ReadSubscriptions, StoreEvents},
    webhook::WebhookStatus,
};

/// How many deliveries of one event are written concurrently.
const WRITES_AT_ONCE: usize = 16;

/// The result for one event.
pub(crate) struct Prepared {
    /// Attempts to enqueue.
    pub(crate) outgoing: Vec<Outgoing>,
    /// Set if another event is stored with the same id.
    pub(crate) conflict: Option<ConflictNotice>,
    /// The error, if there was one.
    pub(crate) error: Option<PreparationError>,
    pub(crate) filters: FilterWork,
}

impl Prepared {
    /// The result for an event that could not be prepared at all.
    pub(crate) fn failed(error: PreparationError) -> Self {
        Self {
            outgoing: Vec::new(),
            conflict: None,
            error: Some(error),
            filters: FilterWork::default(),
        }
    }
}

/// A webhook that gets the event.
#[derive(Clone, Copy)]
struct Recipient {
    webhook_id: WebhookId,
    /// Its status; `Active` if the webhook was deleted.
    status: WebhookStatus,
    /// The result of this run. A run that repeats a fan-out after the filter was changed uses the
    /// new filter. That may omit the note, but changes no delivery.
    undecided_filter: Option<Undecided>,
}

/// An event and its webhooks.
struct Decided {
    event: Event,
    recipients: Vec<Recipient>,
    test: bool,
    filters: FilterWork,
    conflict: Option<ConflictNotice>,
}

/// Why an event was not fanned out, or not to all its webhooks.
pub(crate) enum PreparationError {
    /// Temporary: a later run may succeed.
    Later(PortError),
    /// Permanent, for this reason.
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

impl<P: Ports> Ingest<P> {
    /// Does everything except enqueueing. `None` if the event's filters take longer than the pace
    /// allows: then nothing is recorded.
    pub(crate) async fn prepare<'a>(
        &'a self,
        record: &Record,
        pace: Pace,
        subscriptions: &Subscriptions<'a>,
    ) -> Option<Prepared> {
        let decided = match self.decide(&record.body, pace, subscriptions).await {
            Ok(decided) => decided?,
            Err(error) => return Some(Prepared::failed(error)),
        };
        let mut outgoing = Vec::new();
        let mut first_error = None;
        for result in self.record_deliveries(&decided).await {
            match result {
                Ok(message) => {
                    outgoing.extend(message.map(|message| {
                        message.accepted_at(record.sent_at, decided.event.stored_at)
                    }))
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        let error = first_error.map(PreparationError::from);
        Some(Prepared { outgoing, error, filters: decided.filters, conflict: decided.conflict })
    }

    async fn decide<'a>(
        &'a self,
        body: &str,
        pace: Pace,
        subscriptions: &Subscriptions<'a>,
    ) -> Result<Option<Decided>, PreparationError> {
        let now = self.clock.now();
        let inbound = InboundEvent::parse(body, now)
            .map_err(|rejection| PreparationError::Never(rejection.to_string()))?;
        let stored_at = inbound.test.map_or(now, |test| test.ordered_at);
        let read = || {
            let user = inbound.user_id.clone();
            async move { self.subscriptions.subscriptions(&user).await }
        };
        let subscriptions = subscriptions.get(inbound.user_id.clone(), read).await?;
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
        // An event that is stored already is fanned out as it was first stored, to the webhooks
        // that were decided then.
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
        // Owned, because a closure over references would make the whole future not `Send`.
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
        // A repeated message does not restore erased data: a delivery that is not recorded yet ends
        // at once.
        let delivery = match event.payload_erased_at {
            None => new,
            Some(at) => new.of_erased(at),
        };
        let delay = match self.deliveries.create_delivery(&delivery).await? {
            Created::New if delivery.status.is_settled() => return Ok(None),
            Created::New => QueueDelay::NONE,
            // Recorded by a run that may have died before it enqueued. The delay lets a running
            // attempt end first.
            Created::Existed(found) if found.status == DeliveryStatus::Pending => {
                self.rules.repeat_delay()
            }
            // After its first attempt, a delivery has its own wake-up.
            Created::Existed(_) => return Ok(None),
        };
        let attempt = MakeAttempt::scheduled(delivery.target(), AttemptNumber::FIRST);
        let attempt = match event.payload_erased_at {
            None => attempt.carrying(&event.content),
            Some(_) => attempt,
        };
        let message = Outgoing::new(QueueMessage::MakeAttempt(attempt), delay);
        Ok(Some(message.for_status(status, &event.user_id)))
    }
}
