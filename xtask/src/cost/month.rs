//! A month's traffic, and how much of each service of AWS it uses.

use super::{
    deployment::{Deployment, Function},
    units::{Counted, Units},
};

/// Seconds and minutes of a month of 30 days.
const SECONDS: f64 = 30.0 * 86_400.0;
const MINUTES: f64 = 30.0 * 1440.0;

/// SQS and EventBridge charge for each started chunk of so many bytes.
const CHUNK: f64 = 65_536.0;

/// Messages of a batch, and of a request that sends.
const BATCH: f64 = 10.0;

/// Lambda keeps so many long polls open on each of so many queues; each ends after 20 seconds.
const POLLS: f64 = 5.0;
const QUEUES: f64 = 4.0;
const POLL_SECONDS: f64 = 20.0;

/// Metrics of the functions that have a value in a month, at most.
pub(super) const METRICS: f64 = 21.0;

/// Bytes of log lines: of an invocation of ingest, delivery or tend, and of a request to the API.
pub(super) const LOG_OF_AN_INVOCATION: f64 = 700.0;
pub(super) const LOG_OF_A_REQUEST: f64 = 300.0 + 400.0;

/// Memory for which Lambda gives a whole processor.
const MEGABYTES_OF_A_PROCESSOR: f64 = 1769.0;

/// Data over this many bytes does not travel with messages, but is read from the events table.
const INLINE: f64 = 4096.0;

/// Bytes of rows, with user ids of 36 bytes, types of 13, and answers of a few bytes: an event
/// without its data and webhooks, its row in the index, a delivery, and one with five failures.
const EVENT_ROW: f64 = 207.0;
const WEBHOOK_ID: f64 = 16.0;
const LIST_ROW: f64 = 180.0;
const DELIVERY_ROW: f64 = 376.0;
const FAILED_ROW: f64 = 1075.0;
/// What DynamoDB stores for each row beside it.
const BESIDE_A_ROW: f64 = 100.0;

const GIGABYTE: f64 = 1e9;

/// What a month's bill is for, and what is assumed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Month {
    pub(super) deliveries: f64,
    pub(super) fan_out: f64,
    /// Bytes of an event's data.
    pub(super) payload: f64,
    /// The share of its size that data takes when it is compressed.
    pub(super) compressed: f64,
    /// The share of deliveries that fail.
    pub(super) fail_rate: f64,
    /// How many of their attempts fail.
    pub(super) failures: usize,
    /// Deliveries a second. `None` spreads them evenly over the month.
    pub(super) rate: Option<f64>,
    /// Messages of a batch. `None` derives them from the rate.
    pub(super) batch: Option<f64>,
    pub(super) receiver_millis: f64,
    /// How long a batch waits for AWS.
    pub(super) aws_millis: f64,
    /// Bytes of a request beside its data: headers, TLS.
    pub(super) request_bytes: f64,
    pub(super) over_http: bool,
    pub(super) event_list: bool,
}

/// How much of each service a month uses.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Usage {
    pub(super) ingest_batch: f64,
    pub(super) delivery_batch: f64,
    /// Events that go into EventBridge, Grapnel's notices included.
    pub(super) bus_events: f64,
    pub(super) api_requests: f64,
    pub(super) queue_requests: f64,
    /// Of them, those with a message group.
    pub(super) fair_requests: f64,
    /// Requests of polls that find nothing.
    pub(super) empty_polls: f64,
    pub(super) writes: f64,
    pub(super) list_writes: f64,
    pub(super) reads: f64,
    pub(super) stored_gigabytes: f64,
    pub(super) listed_gigabytes: f64,
    pub(super) invocations: f64,
    /// Gigabytes of memory times seconds.
    pub(super) memory_time: f64,
    pub(super) executions: f64,
    pub(super) transitions: f64,
    pub(super) log_gigabytes: f64,
    pub(super) kept_log_gigabytes: f64,
    pub(super) metrics: f64,
    pub(super) alarms: f64,
    pub(super) sent_gigabytes: f64,
}

impl Month {
    pub(super) fn events(&self) -> f64 {
        self.deliveries / self.fan_out
    }

    /// What the month uses. Where a rule leaves a choice, the dearer is taken.
    pub(super) fn usage(&self, counted: &Counted, deployment: &Deployment) -> Usage {
        let (events, deliveries) = (self.events(), self.deliveries);
        let failing = deliveries * self.fail_rate;
        let extra = counted.failing(self.failures) * failing;
        let row = self.event_row();

        let ingest_batch = self.batch_of(&deployment.ingest, self.rate() / self.fan_out, 0.0);
        let delivery_batch = self.batch_of(&deployment.delivery, self.rate(), self.receiver_millis);
        let ingests = events / ingest_batch;
        // A retry is alone in its batch, as it is at its endpoint.
        let attempts = deliveries + extra.messages;
        let sends = deliveries / delivery_batch + extra.messages;

        let waits = failing * f64::from(counted.waits(self.failures));
        let executions = minutes_with(waits);
        let visits = executions * counted.execution.visits;

        let to_events = self.to_events_queue(events, ingests, ingest_batch);
        let to_delivery =
            ingests * (ingest_batch * self.fan_out / BATCH).max(1.0) + extra.messages + 2.0 * sends;
        let (requests, published) =
            if self.over_http { (events, 0.0) } else { (0.0, events * self.chunks()) };
        let all = counted.event * events + counted.delivery * deliveries + extra;

        // Deliveries of a batch share the wait for their receivers.
        let spent = |number: f64, function: &Function, each: f64, wait: f64| {
            let millis = each * function.processor / processor(function) + self.aws_millis + wait;
            number * millis / 1000.0 * function.megabytes / 1024.0
        };
        let Deployment { api, ingest, delivery, .. } = deployment;
        let wait = self.receiver_millis;
        let memory_time = spent(requests, api, 1.0, 0.0)
            + spent(ingests, ingest, ingest_batch * self.fan_out, 0.0)
            + spent(deliveries / delivery_batch, delivery, delivery_batch, wait)
            + spent(extra.messages, delivery, 1.0, wait)
            + visits * self.aws_millis / 1000.0 * deployment.tend_megabytes / 1024.0;

        let logs = (ingests + sends + visits) * LOG_OF_AN_INVOCATION + requests * LOG_OF_A_REQUEST;
        let kept = deployment.retention_days / 30.0;
        let stored = events * (row + BESIDE_A_ROW)
            + deliveries * (DELIVERY_ROW + BESIDE_A_ROW)
            + failing * (FAILED_ROW - DELIVERY_ROW);
        let listed = if self.event_list { events } else { 0.0 };
        let polls = POLLS * QUEUES * SECONDS / POLL_SECONDS;
        Usage {
            ingest_batch,
            delivery_batch,
            bus_events: published + all.notices,
            api_requests: requests,
            queue_requests: to_events + to_delivery,
            fair_requests: to_delivery + if self.over_http { to_events } else { 0.0 },
            empty_polls: polls,
            writes: all.writes + all.index_writes + events * (units(row) - 1.0),
            list_writes: listed * counted.event.list_writes,
            reads: all.reads
                + deliveries * counted.webhooks.each(delivery_batch.min(self.fan_out))
                + self.event_reads(&extra, attempts, row)
                + executions * counted.execution.reads
                + requests,
            stored_gigabytes: stored * kept / GIGABYTE,
            listed_gigabytes: listed * (LIST_ROW + BESIDE_A_ROW) * kept / GIGABYTE,
            invocations: ingests + sends + visits + requests,
            memory_time,
            executions,
            transitions: executions * counted.execution.transitions,
            log_gigabytes: logs / GIGABYTE,
            kept_log_gigabytes: logs * deployment.log_retention_days / 30.0 / GIGABYTE,
            metrics: METRICS,
            alarms: deployment.alarms,
            sent_gigabytes: attempts * (self.payload + self.request_bytes) / GIGABYTE,
        }
    }

    pub(super) fn rate(&self) -> f64 {
        self.rate.unwrap_or(self.deliveries / SECONDS)
    }

    /// Lambda adds instances as long as messages are left, so batches are smallest, and dearest,
    /// when all are at work: then each takes its part of what arrives while it is busy.
    fn batch_of(&self, function: &Function, messages_a_second: f64, wait: f64) -> f64 {
        let busy = (self.aws_millis + wait) / 1000.0;
        let batch = self.batch.unwrap_or(messages_a_second * busy / function.most);
        batch.clamp(1.0, BATCH)
    }

    pub(super) fn chunks(&self) -> f64 {
        (self.payload / CHUNK).ceil().max(1.0)
    }

    /// Each event is sent alone; a batch is received by one request, or by one for each 64 KiB, and
    /// deleted by one.
    fn to_events_queue(&self, events: f64, ingests: f64, batch: f64) -> f64 {
        let received = (self.payload * batch / CHUNK).ceil().max(1.0);
        events * self.chunks() + ingests * (received + 1.0)
    }

    /// Bytes of an event's row: its data is compressed where that saves write units.
    fn event_row(&self) -> f64 {
        let rest = EVENT_ROW + WEBHOOK_ID * self.fan_out;
        let (plain, small) = (rest + self.payload, rest + self.payload * self.compressed);
        if units(small) < units(plain) { small } else { plain }
    }

    /// Read units of events' data: of every attempt if the data is large, or else of the attempts for
    /// which it was counted.
    fn event_reads(&self, extra: &Units, attempts: f64, row: f64) -> f64 {
        let of_one = (row / 4096.0).ceil();
        if self.payload > INLINE { attempts * 0.5 * of_one } else { extra.event_reads * of_one }
    }
}

/// The expected number of minutes for which at least one of so many deliveries waits, if each falls
/// into any minute of the month.
fn minutes_with(waits: f64) -> f64 {
    MINUTES * -(-waits / MINUTES).exp_m1()
}

/// Write units of a row.
fn units(bytes: f64) -> f64 {
    (bytes / 1024.0).ceil()
}

/// The share of a processor that a function has.
fn processor(function: &Function) -> f64 {
    (function.megabytes / MEGABYTES_OF_A_PROCESSOR).min(1.0)
}

#[cfg(test)]
#[path = "month_tests.rs"]
mod tests;
