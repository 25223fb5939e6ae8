//! Counts what happens in a run.

use std::fmt;

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident: $label:literal, $group:ident;)+) => {
        /// An event that is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Count { $($(#[$doc])* $name,)+ }

        impl Count {
            /// All counts, in the order of a report.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name in a report.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }

            #[must_use]
            pub const fn group(self) -> Group {
                match self { $(Self::$name => Group::$group,)+ }
            }
        }
    };
}

/// The kinds of counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// The input of a run, and its results.
    Traffic,
    /// Faults of AWS, and users' actions outside the schedule. Each of them may cause a message or
    /// a request that would not exist without it.
    Fault,
    /// The functions' reactions to faults.
    Repair,
}

counts! {
    /// Accepted events, including orders for tests.
    Events: "events", Traffic;
    /// Deliveries created.
    Deliveries: "deliveries", Traffic;
    /// Requests that reached a receiver.
    Requests: "requests", Traffic;
    /// Attempts on record.
    Attempts: "attempts", Traffic;
    /// Deliveries that ended without an attempt.
    Ended: "deliveries ended without an attempt", Traffic;
    /// Messages put on the delivery queue.
    Messages: "messages", Traffic;
    /// Messages of parked deliveries that releases sent.
    Released: "deliveries released", Traffic;
    /// Release messages: wake-ups, looks and pages.
    Releases: "releases", Traffic;
    /// Attempts postponed because the name server was silent.
    Postponed: "attempts postponed", Traffic;
    /// Times that a function was invoked.
    Invocations: "invocations", Traffic;
    /// Shared waits started.
    Waits: "shared waits", Traffic;
    /// Calls of the tend function by executions.
    Visits: "visits of shared waits", Traffic;
    /// Circuits opened.
    Opened: "circuits opened", Traffic;
    /// Probes claimed.
    Probes: "probes claimed", Traffic;
    /// Circuits closed, or their webhooks disabled.
    Closed: "circuits closed", Traffic;
    /// Times that a delivery was parked.
    Parked: "times parked", Traffic;
    /// Checks that were sent after parking, and sent again.
    ParkingChecks: "checks after parking", Traffic;
    /// Reservations of slots.
    Reservations: "reservations of slots", Traffic;
    /// Slots that limiters handed out.
    Slots: "slots handed out", Traffic;
    /// Attempts whose messages were delayed until their slots.
    SlotSends: "attempts sent on for their slots", Traffic;
    /// Attempts that were sent again with the same slot.
    SlotHops: "attempts sent on with the same slot", Traffic;
    /// Times that a delivery waited for its slot in a shared wait.
    SlotWaits: "times in a shared wait for a slot", Traffic;
    /// Wake-ups of circuits, those that were sent on included.
    WakeUps: "wake-ups of circuits", Traffic;
    /// Releases that looked again whether anybody is parked.
    Looks: "looks for who is parked", Traffic;
    /// Calls of the API that changed something or asked for something.
    ApiCalls: "API calls", Traffic;
    /// Manual retries that the API sent.
    ManualRetries: "manual retries", Fault;
    /// Manual retries that the API answered with 202.
    RetriesAccepted: "manual retries accepted", Traffic;
    /// Attempts that pages of replays requested.
    Replayed: "deliveries sent again by replays", Fault;
    Reopened: "deliveries reopened", Traffic;
    /// Events whose data was erased, by the API's answer.
    Erased: "payloads erased", Traffic;
    ReplayPages: "pages of replays", Traffic;
    /// Orders for tests that the API accepted.
    Tests: "tests ordered", Traffic;
    /// Requests to publish that were answered with ids.
    Published: "requests to publish", Traffic;
    /// Deliveries that were explained, at the end of a run or before.
    DeliveriesExplained: "explanations of deliveries", Traffic;
    /// Events and webhooks for which an explanation says why nothing came.
    MissesExplained: "explanations why nothing came", Traffic;
    /// Events and webhooks for which the record cannot tell.
    Unexplained: "explanations without a verdict", Traffic;
    /// Events put a second time.
    EventsRepeated: "events put twice", Fault;
    /// Messages that no function can read.
    Malformed: "malformed events", Traffic;
    Throttled: "throttled calls", Fault;
    /// Writes throttled by a wave; a record that is tried again counts once.
    WaveThrottles: "writes throttled by a wave", Fault;
    /// Calls that timed out and had no effect.
    RequestsLost: "timed out before the effect", Fault;
    /// Calls that had their effect and timed out.
    AnswersLost: "timed out after the effect", Fault;
    /// Kept connections that broke after a request was written.
    ConnectionsLost: "kept connections lost", Traffic;
    /// Calls that timed out and had their effect later.
    LateEffects: "effect after the time-out", Fault;
    /// Calls that the SDK sent twice, both with effect.
    Repeated: "calls repeated by the SDK", Fault;
    /// Calls that took seconds.
    Slow: "slow calls", Fault;
    /// Calls during an outage of their service.
    Outages: "calls during an outage", Fault;
    PartialFailures: "batch entries failed alone", Fault;
    Killed: "functions killed", Fault;
    /// Batches that were received while no function could be invoked.
    InvocationsRefused: "invocations refused", Fault;
    /// Functions that were paused for up to a minute.
    Stalled: "functions stalled", Fault;
    TimedOut: "functions timed out", Fault;
    /// Messages that were delivered twice at the same time.
    Duplicated: "messages duplicated", Fault;
    /// Messages that were received after later ones.
    Reordered: "messages passed over", Fault;
    /// Messages that were finished and received again.
    AcknowledgementsLost: "acknowledgements lost", Fault;
    /// Messages that were received again while they were being processed.
    Overlaps: "redelivered while running", Fault;
    /// Reads that showed an earlier state.
    LaggingReads: "reads that lagged", Fault;
    /// Reads of several deliveries that left some out.
    LeftUnread: "reads that left deliveries out", Fault;
    /// Reads of several webhooks whose page ended before the last of them.
    WebhooksUnread: "reads that left webhooks out", Fault;
    /// Executions that started late.
    LateExecutions: "executions late", Fault;
    /// Executions that somebody stopped.
    Stopped: "executions stopped", Fault;
    /// Messages that were received too often, so that the queue moved them to the dead letters.
    Exhausted: "dead letters by receive limit", Fault;
    /// Shared waits that had already ended when a delivery wanted to wait in them.
    WaitsOver: "shared waits found over", Repair;
    /// Messages whose attempt was already recorded.
    Stale: "stale messages", Repair;
    /// Checks that were sent, and sent again.
    Checks: "checks sent", Repair;
    /// Checks that found their attempt missing.
    Healed: "wake-ups healed", Repair;
    /// Messages that were received again and moved to an isolation queue.
    Isolated: "messages isolated", Repair;
    /// Messages that a function sent to the dead letters; each is malformed.
    PutAside: "put aside with a reason", Repair;
    /// Retries of a record.
    RecordRetries: "records tried again", Repair;
    /// Repeated requests: the function died before the record.
    RepeatedAfterDeath: "requests repeated: died before the record", Repair;
    /// Repeated requests: the record had failed.
    RepeatedAfterFailure: "requests repeated: record failed", Repair;
    /// Repeated requests: two messages for the attempt ran at the same time.
    RepeatedAtOnce: "requests repeated: two messages at once", Repair;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts([u64; Count::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; Count::ALL.len()])
    }
}

impl Counts {
    #[must_use]
    pub const fn of(&self, count: Count) -> u64 {
        self.0[count as usize]
    }

    /// The total of this kind.
    #[must_use]
    pub fn of_group(&self, group: Group) -> u64 {
        Count::ALL.iter().filter(|c| c.group() == group).map(|c| self.of(*c)).sum()
    }

    pub(crate) fn add(&mut self, count: Count, more: u64) {
        self.0[count as usize] += more;
    }

    /// Adds the counts of another run.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

impl fmt::Display for Counts {
    /// One line for each, in the order of [`Count::ALL`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for count in Count::ALL {
            writeln!(f, "{:>12}  {}", self.of(*count), count.label())?;
        }
        Ok(())
    }
}
