//! Handlers that are wrong on purpose: tests of the tests.
//!
//! Each is made from outside, by what stands between the real handlers and AWS, so that the handlers
//! themselves hold no switch. The simulation must find every one of them.

mod batches;
mod calls;
mod rules;
mod times;

pub(crate) use batches::{for_delivery, for_ingest};
pub(crate) use calls::{
    after_enqueue, after_record, before_enqueue, held_back, holds_back, never_starts, started_early,
};

pub(crate) use rules::{after_parked, after_waiting, on_reading, recorded, reopened};
pub(crate) use times::{deadline, time_budget};

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutation {
    /// A message whose attempt is on record is acknowledged, and nothing else.
    StaleIsMerelyAcknowledged,
    /// A message whose record is refused is acknowledged, and nothing else.
    RefusedIsMerelyAcknowledged,
    /// A page of a replay that is on record is acknowledged, and nothing else.
    StalePageIsMerelyAcknowledged,
    /// A page of a replay is recorded before what it sends again is on the queue.
    RecordsPageBeforeSending,
    /// The next attempt is scheduled before the last one is recorded.
    SchedulesBeforeRecording,
    /// The message is acknowledged once its attempt is recorded, before the next one is scheduled.
    AcknowledgesBeforeScheduling,
    /// A release takes deliveries out of the index before their messages are on the queue.
    TakesOutBeforeEnqueuing,
    /// Fan-out leaves a delivery alone that is pending already.
    SkipsPending,
    /// Fan-out leaves an event alone that is stored already.
    SkipsKnownEvents,
    /// An execution ends when one look finds nobody.
    LooksOnce,
    /// A check makes the missing attempt itself.
    CheckRecords,
    /// What a batch answers for single messages is not looked at.
    TrustsBatches,
    /// A delivery ends on an eventually consistent read.
    EndsOnLaggingReads,
    /// Messages that were not finished are acknowledged with the rest of their batch.
    AcknowledgesFailures,
    /// An attempt is recorded whatever is on record.
    RecordsWithoutCondition,
    /// A stale message sends the next attempt at once, in place of a check.
    StaleSendsAttempts,
    /// Delays are a tenth too short.
    HurriesRetries,
    /// Requests are made while the circuit is open.
    IgnoresCircuits,
    /// Whoever wants the probe has it, also when somebody else was first.
    ClaimsEveryProbe,
    /// A release takes parked deliveries out of the index before their messages are on the queue.
    UnparksBeforeEnqueuing,
    /// Deliveries are parked, and nobody is asked to watch the circuit.
    ParksUnwatched,
    /// Attempts are made without regard to the slots that they got.
    IgnoresSlots,
    /// An attempt gets a slot and is not scheduled for it.
    ForgetsSlots,
    /// Deliveries wait for their slots in shared waits that nobody was asked to end.
    AwaitsSlotsUnreleased,
    /// A message that comes again is removed before it is on the isolation queue.
    RemovesBeforeIsolating,
    /// Every message of a batch of several is isolated, also one that comes for the first time.
    IsolatesEverything,
    /// Messages that come again are begun beside the others of their batch.
    BeginsSuspects,
    /// Messages are isolated when they come for the third time, and not for the second.
    IsolatesLate,
    /// An event's data is erased, and its deliveries are not told.
    ErasesUntold,
    /// Whoever makes attempts takes no notice of data that was erased.
    SendsErasedData,
    /// A record that fails is tried about three times, within a third of a second.
    RecordIsTriedThreeTimes,
    /// Requests are begun however little time is left.
    BeginsRequestsTooLate,
    /// A delivery that is recorded after its minute relies on the shared wait alone.
    TrustsWaitsThatStruck,
    /// A delivery is parked though whoever watches its circuit has ended.
    TrustsWatchesThatEnded,
    /// A stale message relies on the watch of a circuit that is due.
    TrustsWatchesThatAreDue,
    /// Who parks a delivery, or has it wait for its slot, sends no check.
    ParksUnchecked,
    /// A copy of a message takes no notice of the slot that its delivery waits for.
    ForgetsSlotsInRows,
    /// A check looks when its attempt is due, without the two visibility timeouts.
    ChecksTooEarly,
    /// A check looks whenever it comes, before its time too.
    ChecksAtOnce,
    /// A check takes an attempt for lost that waits for its slot.
    ChecksIgnoreSlots,
    /// A release ends at a page on which nobody waits any more.
    LosesPages,
    /// A pending delivery that exists already is enqueued again without a delay.
    RepeatsPendingAtOnce,
    /// A name server may be silent for ever.
    ResolverNeverCounts,
    /// A record leaves the expiry of its row where it was.
    LeavesExpiry,
    /// A record brings the expiry of its row nearer.
    BringsExpiryNearer,
    /// A replay leaves the expiry of what it reopens where it was.
    LeavesExpiryOfReopened,
    /// A delivery is parked that may expire before that is over.
    ParksWhatExpires,
    /// A test is retried as any delivery is.
    RetriesTests,
    /// A batch judges an endpoint by a health that it has itself written over.
    JudgesByOldHealth,
    /// A manual retry is accepted, and no message is sent for it.
    LosesManualRetries,
    /// A replay of what succeeded leaves out the last of each page.
    ReplaysLeaveOutSuccesses,
}

impl Mutation {
    /// All that break a promise.
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
        Self::CheckRecords,
        Self::TrustsBatches,
        Self::EndsOnLaggingReads,
        Self::AcknowledgesFailures,
        Self::RecordsWithoutCondition,
        Self::StaleSendsAttempts,
        Self::HurriesRetries,
        Self::IgnoresCircuits,
        Self::ClaimsEveryProbe,
        Self::UnparksBeforeEnqueuing,
        Self::ParksUnwatched,
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
        Self::TrustsWatchesThatEnded,
        Self::TrustsWatchesThatAreDue,
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
    ];

    /// Those of which nothing comes but delay. Where messages kill their functions, it shows.
    pub const OF_ISOLATION: &'static [Self] = &[Self::BeginsSuspects, Self::IsolatesLate];
}
