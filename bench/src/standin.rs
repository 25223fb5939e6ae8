//! A stand-in for AWS: what the functions call, with the tables, queues and state machines of
//! `template.yaml`, in memory and over plain HTTP.
//!
//! It keeps state as AWS does (conditions, updates, indexes, pages, delays) and counts what AWS
//! charges. What it does not know it refuses: a figure must not rest on a guess. `tests/ports.rs`
//! runs the port suite on it.

mod dynamodb;
mod other;
mod queues;
mod refusal;
mod request;
mod server;

pub use other::Execution;
pub use queues::Message;

use crate::counts::{Count, Counts};
use dynamodb::Tables;
use http::StatusCode;
use other::Machines;
use queues::Queues;
use refusal::{Answer, Refusal};
use serde_json::Value;
use server::Server;
use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

/// The time in milliseconds since 1970.
pub type Clock = Box<dyn Fn() -> i64 + Send>;

struct State {
    tables: Tables,
    queues: Queues,
    machines: Machines,
    clock: Clock,
    counts: Counts,
    refusals: Vec<String>,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State").field("counts", &self.counts).finish_non_exhaustive()
    }
}

/// A running stand-in. Dropping it ends it.
#[derive(Debug)]
pub struct StandIn {
    state: Arc<Mutex<State>>,
    server: Server,
}

impl StandIn {
    /// Starts one with empty tables and the time of this machine.
    ///
    /// # Errors
    /// If there is no free port or thread.
    pub fn start() -> io::Result<Self> {
        Self::with_clock(Box::new(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
        }))
    }

    /// The same with another clock, by which messages are delayed.
    ///
    /// # Errors
    /// As [`StandIn::start`].
    pub fn with_clock(clock: Clock) -> io::Result<Self> {
        let state = State {
            tables: Tables::new(),
            queues: Queues::new(),
            machines: Machines::new(),
            clock,
            counts: Counts::default(),
            refusals: Vec::new(),
        };
        let state = Arc::new(Mutex::new(state));
        let answering = Arc::clone(&state);
        let server = Server::start(Arc::new(move |target: &str, body: &[u8]| {
            locked(&answering).answer(target, body)
        }))?;
        Ok(Self { state, server })
    }

    /// Its address, for `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    /// Answers a call, as over HTTP: the status and the body.
    pub fn answer(&self, target: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let (status, body) = self.state().answer(target, body);
        (status.as_u16(), body)
    }

    /// What was counted so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.state().counts.clone()
    }

    /// Refused calls so far, except for conditions that failed: a measurement has none.
    #[must_use]
    pub fn refusals(&self) -> Vec<String> {
        self.state().refusals.clone()
    }

    /// Receives up to `most` messages of a queue that are due.
    pub fn receive(&self, queue: &str, most: usize) -> Vec<Message> {
        let mut state = self.state();
        let now = (state.clock)();
        state.queues.receive(queue, most, now)
    }

    /// Removes received messages.
    pub fn remove(&self, queue: &str, messages: &[Message]) {
        self.state().queues.remove(queue, messages.iter().map(|message| message.receipt.as_str()));
    }

    /// The number of messages of a queue, including hidden ones.
    #[must_use]
    pub fn queued(&self, queue: &str) -> usize {
        self.state().queues.count(queue)
    }

    /// When the next message of a queue is due.
    #[must_use]
    pub fn next_message_at(&self, queue: &str) -> Option<i64> {
        self.state().queues.next_at(queue)
    }

    /// Puts a message on a queue, as a rule or a state machine does. It is not counted.
    pub fn put(&self, queue: &str, body: impl Into<String>, group: Option<String>) {
        let mut state = self.state();
        let now = (state.clock)();
        state.queues.put(queue, body.into(), group, now);
    }

    /// The executions that run.
    #[must_use]
    pub fn executions(&self) -> Vec<Execution> {
        self.state().machines.executions().filter(|it| it.running).map(|it| it.clone()).collect()
    }

    /// Gives a running execution another input: what it waits for next.
    pub fn continue_execution(&self, name: &str, input: &str) {
        let mut state = self.state();
        let found = state.machines.executions().filter(|it| it.name == name);
        found.for_each(|it| input.clone_into(&mut it.input));
    }

    /// Ends a running execution.
    pub fn end_execution(&self, name: &str) {
        let mut state = self.state();
        state.machines.executions().filter(|it| it.name == name).for_each(|it| it.running = false);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

/// A panic in one call leaves the state as it was before or after a write.
fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Answers one call: the status and the body.
    fn answer(&mut self, target: &str, body: &[u8]) -> (StatusCode, Vec<u8>) {
        let mut counts = Counts::default();
        let answer = serde_json::from_slice(body)
            .map_err(|_| Refusal::new("SerializationException", "the body is not JSON"))
            .and_then(|body: Value| self.carry_out(target, &body, &mut counts));
        let (status, answered) = match &answer {
            Ok(value) => (StatusCode::OK, value.to_string()),
            Err(refusal) => (StatusCode::BAD_REQUEST, refusal.body().to_string()),
        };
        if let Err(refusal) = &answer
            && !refusal.is_expected()
        {
            self.refusals.push(format!("{target}: {refusal}"));
        }
        let bytes = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let (mut bytes_in, mut bytes_out) = (bytes(body.len()), bytes(answered.len()));
        for (line, count) in counts.lines() {
            // The bytes of a call are counted once, also if it is about several tables.
            self.counts.add(line, Count { bytes_in, bytes_out, ..count });
            (bytes_in, bytes_out) = (0, 0);
        }
        (status, answered.into_bytes())
    }

    fn carry_out(&mut self, target: &str, body: &Value, counts: &mut Counts) -> Answer {
        let (service, operation) = target.split_once('.').unwrap_or((target, ""));
        match service {
            "DynamoDB_20120810" => {
                let answer = dynamodb::carry_out(&mut self.tables, operation, body);
                *counts = self.tables.take_counts();
                answer
            }
            "AmazonSQS" => {
                let now = (self.clock)();
                self.queues.carry_out(operation, body, now, counts)
            }
            "AWSStepFunctions" => self.machines.carry_out(operation, body, counts),
            "AWSEvents" if operation == "PutEvents" => other::put_events(body, counts),
            _ => Err(Refusal::unknown(format!("the call `{target}`"))),
        }
    }
}
