//! What happened in a run, counted.

use std::fmt;

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident: $label:literal, $group:ident;)+) => {
        /// Something that is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Count { $($(#[$doc])* $name,)+ }

        impl Count {
            /// All of them, in the order of a report.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// What a report calls it.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)+ }
            }

            /// What kind of thing it is.
            #[must_use]
            pub const fn group(self) -> Group {
                match self { $(Self::$name => Group::$group,)+ }
            }
        }
    };
}

/// What kinds of things are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// What was put in, and what came of it.
    Traffic,
    /// What AWS did wrong, and what users did outside the schedule. After one of these a message may
    /// be sent, or a request be made, that would not have been without it.
    Fault,
    /// What the functions did about it.
    Repair,
}

counts! {
    /// Events accepted, orders for tests among them.
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
    /// Release messages, of executions and of pages.
    Releases: "releases", Traffic;
    /// Attempts postponed because the name server was silent.
    Postponed: "attempts postponed", Traffic;
    /// Times that a function was invoked.
    Invocations: "invocations", Traffic;
    /// Shared waits started.
    Waits: "shared waits", Traffic;
    /// Circuits opened.
    Opened: "circuits opened", Traffic;
    /// Probes claimed.
    Probes: "probes claimed", Traffic;
    /// Circuits closed, or their webhooks disabled.
    Closed: "circuits closed", Traffic;
    /// Times that a delivery was parked.
    Parked: "times parked", Traffic;
    /// Checks that whoever parked sent, and sent on.
    ParkingChecks: "checks after parking", Traffic;
    /// Reservations of slots.
    Reservations: "reservations of slots", Traffic;
    /// Slots that limiters handed out.
    Slots: "slots handed out", Traffic;
    /// Attempts whose messages were delayed until their slots.
    SlotSends: "attempts sent on for their slots", Traffic;
    /// Attempts that were sent on once more with the slot that they had.
    SlotHops: "attempts sent on with the same slot", Traffic;
    /// Times that a delivery waited for its slot in a shared wait.
    SlotWaits: "times in a shared wait for a slot", Traffic;
    /// Executions that watched a circuit.
    Watches: "circuits watched", Traffic;
    /// Calls of the API that changed something or asked for something.
    ApiCalls: "API calls", Traffic;
    /// Manual retries that the API sent.
    ManualRetries: "manual retries", Fault;
    /// Manual retries that the API accepted, and said so.
    RetriesAccepted: "manual retries accepted", Traffic;
    /// Attempts that pages of replays asked for.
    Replayed: "deliveries sent again by replays", Fault;
    /// Deliveries that were taken up again.
    Reopened: "deliveries reopened", Traffic;
    /// Events whose data the API said to have erased.
    Erased: "payloads erased", Traffic;
    /// Messages for pages of replays.
    ReplayPages: "pages of replays", Traffic;
    /// Orders for tests that the API took.
    Tests: "tests ordered", Traffic;
    /// Requests to publish that were answered with ids.
    Published: "requests to publish", Traffic;
    /// Events put a second time.
    EventsRepeated: "events put twice", Fault;
    /// Messages that no function can read.
    Malformed: "malformed events", Traffic;
    /// Calls refused because there were too many.
    Throttled: "throttled calls", Fault;
    /// Writes throttled by a wave; a record that is tried again counts once.
    WaveThrottles: "writes throttled by a wave", Fault;
    /// Calls that timed out and had no effect.
    RequestsLost: "timed out before the effect", Fault;
    /// Calls that had their effect and timed out.
    AnswersLost: "timed out after the effect", Fault;
    /// Calls that timed out and had their effect later.
    LateEffects: "effect after the time-out", Fault;
    /// Calls that the SDK sent twice, both with effect.
    Repeated: "calls repeated by the SDK", Fault;
    /// Calls that took seconds.
    Slow: "slow calls", Fault;
    /// Calls during an outage of their service.
    Outages: "calls during an outage", Fault;
    /// Entries of a batch that failed alone.
    PartialFailures: "batch entries failed alone", Fault;
    /// Functions killed between two steps.
    Killed: "functions killed", Fault;
    /// Batches that were received while no function could be invoked.
    InvocationsRefused: "invocations refused", Fault;
    /// Functions that stood still for up to a minute.
    Stalled: "functions stalled", Fault;
    /// Functions that ran into their timeout.
    TimedOut: "functions timed out", Fault;
    /// Messages handed out twice at once.
    Duplicated: "messages duplicated", Fault;
    /// Messages that were passed over in favour of later ones.
    Reordered: "messages passed over", Fault;
    /// Messages that were finished and came again.
    AcknowledgementsLost: "acknowledgements lost", Fault;
    /// Messages that came again while they were being worked on.
    Overlaps: "redelivered while running", Fault;
    /// Reads that showed something that was past.
    LaggingReads: "reads that lagged", Fault;
    /// Executions that began to work late.
    LateExecutions: "executions late", Fault;
    /// Executions that somebody stopped before anybody relied on them.
    Stopped: "executions stopped", Fault;
    /// Messages that an execution sent twice.
    ReleasesRepeated: "releases sent twice", Fault;
    /// Messages received too often and put aside by the queue.
    Exhausted: "dead letters by receive limit", Fault;
    /// Shared waits that had ended when somebody wanted to wait in them.
    WaitsOver: "shared waits found over", Repair;
    /// Messages whose attempt was on record already.
    Stale: "stale messages", Repair;
    /// Checks that were sent, and sent on.
    Checks: "checks sent", Repair;
    /// Checks that found their attempt missing.
    Healed: "wake-ups healed", Repair;
    /// Messages that came again and were moved to an isolation queue.
    Isolated: "messages isolated", Repair;
    /// Messages put aside by a function, each malformed.
    PutAside: "put aside with a reason", Repair;
    /// Tries of a record after one that failed.
    RecordRetries: "records tried again", Repair;
    /// Requests made again: the function died before the record.
    RepeatedAfterDeath: "requests repeated: died before the record", Repair;
    /// Requests made again: the record had failed.
    RepeatedAfterFailure: "requests repeated: record failed", Repair;
    /// Requests made again: two messages for the attempt ran at once.
    RepeatedAtOnce: "requests repeated: two messages at once", Repair;
}

/// How often each thing happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts([u64; Count::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; Count::ALL.len()])
    }
}

impl Counts {
    /// How often it happened.
    #[must_use]
    pub const fn of(&self, count: Count) -> u64 {
        self.0[count as usize]
    }

    /// How often anything of this kind happened.
    #[must_use]
    pub fn of_group(&self, group: Group) -> u64 {
        Count::ALL.iter().filter(|c| c.group() == group).map(|c| self.of(*c)).sum()
    }

    pub(crate) fn add(&mut self, count: Count, more: u64) {
        self.0[count as usize] += more;
    }

    /// Adds what happened elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

impl fmt::Display for Counts {
    /// One line each, in the order of [`Count::ALL`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for count in Count::ALL {
            writeln!(f, "{:>12}  {}", self.of(*count), count.label())?;
        }
        Ok(())
    }
}
