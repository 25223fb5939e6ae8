//! Handlers with deliberate mistakes: tests of the tests.
//!
//! The layer between the real handlers and AWS makes each mistake, so the handlers contain no
//! switches. The simulation must find every mistake.

mod batches;
mod calls;
mod circuits;
mod explained;
mod kept;
mod rules;
mod tending;
mod times;

pub(crate) use batches::{
    delivery_read, for_delivery, for_ingest, read_together, subscriptions_read, taken_for_healthy,
    webhook_read,
};
pub(crate) use calls::{
    after_enqueue, after_record, before_enqueue, held_back, holds_back, never_starts, started_early,
};
pub(crate) use explained::{delivery_explained, webhook_explained};
pub(crate) use kept::Kept;
pub(crate) use rules::{after_parked, on_reading, recorded, reopened};
pub(crate) use tending::{after_due, after_stopping, read_waiting};
pub(crate) use times::{deadline, time_budget};

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A message whose attempt is recorded is acknowledged, without a check.
    StaleIsMerelyAcknowledged,
    /// A message whose record is refused is acknowledged, without a check.
    RefusedIsMerelyAcknowledged,
    /// A page of a replay that is already recorded is acknowledged, without the next page's
    /// message.
    StalePageIsMerelyAcknowledged,
    /// A page of a replay is recorded before its messages are queued.
    RecordsPageBeforeSending,
    /// The next attempt is scheduled before the last one is recorded.
    SchedulesBeforeRecording,
    /// The message is acknowledged after the record, before the next attempt is scheduled.
    AcknowledgesBeforeScheduling,
    /// A visit removes deliveries from the index before their messages are queued.
    TakesOutBeforeEnqueuing,
    /// Fan-out does not enqueue a delivery that exists and is pending.
    SkipsPending,
    /// Fan-out ignores an event that is already stored.
    SkipsKnownEvents,
    /// An execution ends after its first visit.
    LooksOnce,
    /// After a failure an execution comes again soon, although messages may have been sent.
    SendsAgainSoon,
    /// A visit reads no other minute than its own.
    AdoptsNobody,
    /// A visit releases what the index shows, without reading it.
    TrustsTheIndex,
    /// A delivery is taken out of the index even if it waits for something else by now.
    TakesOutWhateverItWaitsFor,
    /// A delivery that a read of several left out is taken for one that does not exist.
    TakesUnreadForMissing,
    /// A webhook whose health is behind the end of a page is taken for healthy.
    TakesCutForHealthy,
    /// A batch relies on rows of deliveries that an earlier batch read.
    KeepsDeliveries,
    /// A batch sends to webhooks as an earlier batch read them.
    KeepsWebhooks,
    /// A batch fans out to the webhooks that an earlier batch read.
    KeepsSubscriptions,
    /// A check makes the missing attempt itself.
    CheckRecords,
    /// The results for single messages of a batch are ignored.
    TrustsBatches,
    /// A message is acknowledged because another message of the same call was sent.
    TrustsOneEntry,
    /// A delivery ends because of an eventually consistent read.
    EndsOnLaggingReads,
    /// Unfinished messages are acknowledged with the rest of their batch.
    AcknowledgesFailures,
    /// An attempt is recorded without a condition.
    RecordsWithoutCondition,
    /// A stale message sends the next attempt at once, in place of a check.
    StaleSendsAttempts,
    /// Delays are a tenth too short.
    HurriesRetries,
    /// Requests are made while the circuit breaker is open.
    IgnoresCircuits,
    /// Every claim of a probe succeeds, even if another process was first.
    ClaimsEveryProbe,
    /// A release removes parked deliveries from the index before their messages are queued.
    UnparksBeforeEnqueuing,
    /// Deliveries are parked, and nothing wakes the circuit breaker.
    ParksWithoutWakeUp,
    /// A probe is claimed and made, and nothing wakes the circuit breaker at its next due time.
    ProbesWithoutWakeUp,
    /// A wake-up is noted in the health before it is sent.
    NotesBeforeWakeUp,
    /// A wake-up that comes too early is acknowledged.
    DropsEarlyWakeUps,
    /// A release of parked deliveries does not look again.
    LooksForParkedOnce,
    /// A release of parked deliveries goes on although a later one began.
    ReleasesSideBySide,
    /// Attempts are made without regard to their slots.
    IgnoresSlots,
    /// An attempt gets a slot and is not scheduled for it.
    ForgetsSlots,
    /// Deliveries wait for their slots in shared waits without an execution.
    AwaitsSlotsUnreleased,
    /// A message that is received again is removed before it is on the isolation queue.
    RemovesBeforeIsolating,
    /// Every message of a larger batch is isolated, even if it is received for the first time.
    IsolatesEverything,
    /// Messages that are received again are processed together with the others of their batch.
    BeginsSuspects,
    /// Messages are isolated when they are received for the third time, not for the second.
    IsolatesLate,
    /// An event's data is erased, and its deliveries are not marked.
    ErasesUntold,
    /// The delivery function ignores that data was erased.
    SendsErasedData,
    /// A failed record is tried about three times, within a third of a second.
    RecordIsTriedThreeTimes,
    /// Requests are begun even if little time is left.
    BeginsRequestsTooLate,
    /// A delivery that is recorded after its minute relies only on the shared wait.
    TrustsWaitsThatStruck,
    /// A stale message relies on the wake-up of a circuit breaker that is due.
    TrustsWakeUpsThatAreDue,
    /// No check is sent after parking a delivery, or after scheduling it for a slot.
    ParksUnchecked,
    /// A copy of a message ignores the slot in its delivery's row.
    ForgetsSlotsInRows,
    /// A check looks when its attempt is due, without the two visibility timeouts.
    ChecksTooEarly,
    /// A check looks at any time, even before its time.
    ChecksAtOnce,
    /// A check treats an attempt that waits for its slot as missing.
    ChecksIgnoreSlots,
    /// A release, or a visit, ends at a page on which no delivery waits any more.
    LosesPages,
    /// A pending delivery that exists already is enqueued again without a delay.
    RepeatsPendingAtOnce,
    /// A name server may be silent for ever.
    ResolverNeverCounts,
    /// A record does not change the expiry of its row.
    LeavesExpiry,
    /// A record makes its row expire earlier.
    BringsExpiryNearer,
    /// A replay does not change the expiry of a reopened delivery.
    LeavesExpiryOfReopened,
    /// A delivery is parked although it may expire meanwhile.
    ParksWhatExpires,
    /// A test is retried like any delivery.
    RetriesTests,
    /// A batch judges an endpoint by a health that it has itself overwritten.
    JudgesByOldHealth,
    /// A manual retry is accepted, and no message is sent for it.
    LosesManualRetries,
    /// A replay of successes leaves out the last delivery of each page.
    ReplaysLeaveOutSuccesses,
    /// An explanation takes a webhook for one that never changed.
    ExplainsByThePresent,
    /// An explanation ignores that a replay starts the schedule again.
    ExplainsWithoutReplays,
}

impl Mutation {
    /// All mistakes that break a promise.
    pub const ALL: &'static [Self] = &[
        Self::StaleIsMerelyAcknowledged,
        Self::RefusedIsMerelyAcknowledged,
        Self::StalePageIsMerelyAcknowledged,
        Self::RecordsPageBeforeSending,
        Self::SchedulesBeforeRecording,
        Self::AcknowledgesBeforeScheduling,
        Self::TakesOutBeforeEnqueuing,
        Self::SkipsPending,
        Self::SkipsKnownEvents,
        Self::LooksOnce,
        Self::AdoptsNobody,
        Self::TrustsTheIndex,
        Self::TakesOutWhateverItWaitsFor,
        Self::TakesUnreadForMissing,
        Self::TakesCutForHealthy,
        Self::KeepsDeliveries,
        Self::KeepsWebhooks,
        Self::KeepsSubscriptions,
        Self::CheckRecords,
        Self::TrustsBatches,
        Self::TrustsOneEntry,
        Self::EndsOnLaggingReads,
        Self::AcknowledgesFailures,
        Self::RecordsWithoutCondition,
        Self::StaleSendsAttempts,
        Self::HurriesRetries,
        Self::IgnoresCircuits,
        Self::ClaimsEveryProbe,
        Self::UnparksBeforeEnqueuing,
        Self::ParksWithoutWakeUp,
        Self::ProbesWithoutWakeUp,
        Self::NotesBeforeWakeUp,
        Self::DropsEarlyWakeUps,
        Self::LooksForParkedOnce,
        Self::ReleasesSideBySide,
        Self::IgnoresSlots,
        Self::ForgetsSlots,
        Self::AwaitsSlotsUnreleased,
        Self::RemovesBeforeIsolating,
        Self::IsolatesEverything,
        Self::ErasesUntold,
        Self::SendsErasedData,
        Self::RecordIsTriedThreeTimes,
        Self::BeginsRequestsTooLate,
        Self::TrustsWaitsThatStruck,
        Self::TrustsWakeUpsThatAreDue,
        Self::ParksUnchecked,
        Self::ForgetsSlotsInRows,
        Self::ChecksTooEarly,
        Self::ChecksAtOnce,
        Self::ChecksIgnoreSlots,
        Self::LosesPages,
        Self::RepeatsPendingAtOnce,
        Self::ResolverNeverCounts,
        Self::LeavesExpiry,
        Self::BringsExpiryNearer,
        Self::LeavesExpiryOfReopened,
        Self::ParksWhatExpires,
        Self::RetriesTests,
        Self::JudgesByOldHealth,
        Self::LosesManualRetries,
        Self::ReplaysLeaveOutSuccesses,
        Self::ExplainsByThePresent,
        Self::ExplainsWithoutReplays,
    ];

    /// Mistakes that only cause delay. They are visible where messages kill their functions.
    pub const OF_ISOLATION: &'static [Self] = &[Self::BeginsSuspects, Self::IsolatesLate];
}
