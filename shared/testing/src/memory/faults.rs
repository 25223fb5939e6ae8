//! Counts calls, and lets calls fail.

use grapnel_domain::ports::PortError;
use std::collections::{HashMap, VecDeque};

/// An operation of a port, named after its method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    Webhook,
    WebhooksTogether,
    ReserveSlots,
    Subscriptions,
    ListWebhooks,
    CountWebhooks,
    CreateWebhook,
    ReplaceWebhook,
    DeleteWebhook,
    FirstEventType,
    EventTypes,
    ListEventTypes,
    CountEventTypes,
    StoreEventType,
    DeleteEventType,
    Event,
    ListEvents,
    StoreEvent,
    ErasePayload,
    Delivery,
    Deliveries,
    DeliveriesTogether,
    ListDeliveries,
    Outcomes,
    KeptFigures,
    KeepFigures,
    CreateDelivery,
    RecordAttempt,
    EndDelivery,
    ReopenDelivery,
    NotePayloadErased,
    EraseResponses,
    Settled,
    Replay,
    ListReplays,
    StoreReplay,
    AdvanceReplay,
    Due,
    Waiting,
    StopWaiting,
    GiveUp,
    AwaitSlot,
    Key,
    StoreKey,
    ListKeys,
    RevokeKey,
    DeleteKey,
    ListSessions,
    MoveEnd,
    NoteKeyUse,
    CountRequests,
    StoreLink,
    Link,
    ExchangeLink,
    StoreEcho,
    Echo,
    RecordRequest,
    DeleteEcho,
    FetchIssuerKeys,
    Enqueue,
    DeadLetter,
    OrderTest,
    PublishEvent,
    ClaimKey,
    Claimed,
    EnsureWaiting,
    StoreHealth,
    Park,
    Parked,
    Unpark,
    Note,
    Notify,
}

/// Whether a failed call has its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It failed before it had an effect.
    Before,
    /// It had its effect, and the response was lost.
    After,
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    /// The results of the next calls, in order; `None` is a call that succeeds.
    next: HashMap<Operation, VecDeque<Option<(PortError, Effect)>>>,
    calls: HashMap<Operation, usize>,
}

impl Faults {
    pub(super) fn add(
        &mut self,
        operation: Operation,
        skipped: usize,
        error: PortError,
        effect: Effect,
    ) {
        let next = self.next.entry(operation).or_default();
        next.extend(std::iter::repeat_n(None, skipped));
        next.push_back(Some((error, effect)));
    }

    pub(super) fn take(&mut self, operation: Operation) -> Option<(PortError, Effect)> {
        self.next.get_mut(&operation)?.pop_front().flatten()
    }

    pub(super) fn count(&mut self, operation: Operation) {
        *self.calls.entry(operation).or_default() += 1;
    }

    pub(super) fn called(&self) -> Vec<Operation> {
        self.calls.keys().copied().collect()
    }

    pub(super) fn calls(&self, operation: Operation) -> usize {
        self.calls.get(&operation).copied().unwrap_or_default()
    }
}
