//! One measurement: events of a size, to so many webhooks, in batches.

use crate::{
    process::{API, DELIVERY, Function, INGEST, Running},
    receiver::{Connections, Transport},
    traffic::{event, publish},
    world::World,
};
use anyhow::{Result, ensure};
use grapnel_bench::counts::{Count, Counts};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};

const EVENTS: &str = "EventsQueue";
const DELIVERIES: &str = "DeliveryQueue";

/// Invocations before the measurement begins: connections are open and memory is warm then.
const WARM_UP: usize = 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Case {
    /// Of the data of an event.
    pub(crate) bytes: usize,
    /// Webhooks that an event goes to.
    pub(crate) webhooks: usize,
    /// Messages of an invocation.
    pub(crate) batch: usize,
    pub(crate) transport: Transport,
    pub(crate) connections: Connections,
}

/// What a function took for so many deliveries, or the API for so many events.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) count: usize,
    pub(crate) cpu: Duration,
    pub(crate) wall: Duration,
    pub(crate) calls: Counts,
    pub(crate) logged: u64,
    pub(crate) peak_mib: f64,
    pub(crate) start: Duration,
}

/// A run of a case.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) ingest: Taken,
    pub(crate) delivery: Taken,
    /// Connections to the receiver for each delivery.
    pub(crate) connections: f64,
}

impl Taken {
    pub(crate) fn cpu_ms(&self) -> f64 {
        self.per(self.cpu.as_secs_f64() * 1e3)
    }

    pub(crate) fn per(&self, value: f64) -> f64 {
        value / number(self.count)
    }

    pub(crate) fn each(&self, of: fn(&Count) -> u64) -> f64 {
        self.per(of(&self.calls.total()) as f64)
    }

    pub(crate) fn json(&self) -> Value {
        let each = |name: &str, of: fn(&Count) -> u64| (name.to_owned(), json!(self.each(of)));
        let mut counted = serde_json::Map::from_iter([
            each("calls", |count| count.calls),
            each("halfReadUnits", |count| count.half_reads),
            each("writeUnits", |count| count.writes),
            each("indexWriteUnits", |count| count.index_writes),
            each("queueRequests", |count| count.queue_requests),
            each("bytesToAws", |count| count.bytes_in),
            each("bytesFromAws", |count| count.bytes_out),
        ]);
        let lines = self.calls.lines();
        let lines: Value = lines
            .map(|(line, count)| (line.to_owned(), json!(self.per(count.calls as f64))))
            .collect::<serde_json::Map<_, _>>()
            .into();
        counted.insert("callsByKind".to_owned(), lines);
        json!({
            "count": self.count,
            "cpuMilliseconds": self.cpu_ms(),
            "perSecond": number(self.count) / self.wall.as_secs_f64(),
            "logBytes": self.per(self.logged as f64),
            "peakMiB": self.peak_mib,
            "startMilliseconds": self.start.as_secs_f64() * 1e3,
            "perOne": counted,
        })
    }
}

/// A count as a number to divide by. No count here comes near the precision of a float.
pub(crate) const fn number(count: usize) -> f64 {
    count as f64
}

/// What is known of a function and of AWS at one time.
struct Mark {
    cpu: Duration,
    counts: Counts,
    logged: u64,
    at: Instant,
}

impl Mark {
    fn now(world: &World, function: &Running) -> Result<Self> {
        let (cpu, logged) = (function.cpu()?, function.logged()?);
        Ok(Self { cpu, counts: world.counts(), logged, at: Instant::now() })
    }

    /// What was taken since, for so many.
    fn taken(self, world: &World, function: &Running, count: usize) -> Result<Taken> {
        ensure!(count > 0, "nothing was measured");
        let wall = self.at.elapsed();
        Ok(Taken {
            count,
            cpu: function.cpu()? - self.cpu,
            wall,
            calls: world.counts().since(&self.counts),
            logged: function.logged()? - self.logged,
            peak_mib: function.peak_mib()?,
            start: function.start,
        })
    }
}

impl Case {
    /// The case in which versions are compared.
    pub(crate) const USUAL: Self = Self {
        bytes: 500,
        webhooks: 1,
        batch: 10,
        transport: Transport::Plain,
        connections: Connections::Kept,
    };

    pub(crate) fn name(self) -> String {
        let Self { bytes, webhooks, batch, transport, connections } = self;
        let (transport, connections) = (transport.name(), connections.name());
        format!(
            "{bytes} B, {webhooks} webhooks, batches of {batch}, {transport}, {connections} connections"
        )
    }

    /// A world with its webhooks and its receiver.
    pub(crate) async fn world(self, programs: &Path, folder: &Path) -> Result<World> {
        World::new(programs, folder, self.webhooks, self.transport, self.connections).await
    }

    /// Measures so many deliveries.
    pub(crate) async fn run(
        self,
        programs: &Path,
        folder: &Path,
        deliveries: usize,
    ) -> Result<Run> {
        let world = self.world(programs, folder).await?;
        // At least one batch is measured, and no more than as many deliveries again to warm up.
        let events = deliveries.div_ceil(self.webhooks).next_multiple_of(self.batch);
        let warm = (WARM_UP * self.batch).min(events).next_multiple_of(self.batch);
        for event_number in 0..warm + events {
            world.aws.put(EVENTS, event(event_number, self.bytes), None);
        }

        let ingest = self.function(&world, INGEST, EVENTS, warm, events, self.webhooks).await?;
        let all = (warm + events) * self.webhooks;
        let queued = world.aws.queued(DELIVERIES);
        ensure!(queued == all, "{queued} messages were sent, not {all}");

        let warm = (WARM_UP * self.batch).min(all / 2);
        let connections = world.receiver.connections();
        let delivery = self.function(&world, DELIVERY, DELIVERIES, warm, all - warm, 1).await?;
        ensure!(world.receiver.requests() == all as u64, "not every request arrived, or one twice");
        world.check()?;
        let connections = (world.receiver.connections() - connections) as f64 / number(all);
        Ok(Run { ingest, delivery, connections })
    }

    /// Has a function process `warm` messages and then `measured` of them, each of which is `each`
    /// deliveries.
    async fn function(
        self,
        world: &World,
        function: Function,
        queue: &str,
        warm: usize,
        measured: usize,
        each: usize,
    ) -> Result<Taken> {
        let mut function = world.start(function).await?;
        world.process_all(&mut function, queue, warm, self.batch).await?;
        let mark = Mark::now(world, &function)?;
        world.process_all(&mut function, queue, measured, self.batch).await?;
        mark.taken(world, &function, measured * each)
    }
}

/// Publishes so many events over HTTP, one a request, and measures the API function.
pub(crate) async fn publishing(
    programs: &Path,
    folder: &Path,
    bytes: usize,
    events: usize,
) -> Result<Taken> {
    let world = World::plain(programs, folder, 1).await?;
    let mut api = world.start(API).await?;
    let publish_one = async |api: &mut Running, number: usize| {
        let answer: Value = serde_json::from_slice(&api.invoke(publish(number, bytes)).await?)?;
        ensure!(answer["statusCode"] == 202, "the event was not taken: {answer}");
        anyhow::Ok(())
    };
    for number in 0..WARM_UP {
        publish_one(&mut api, number).await?;
    }
    let mark = Mark::now(&world, &api)?;
    for number in WARM_UP..WARM_UP + events {
        publish_one(&mut api, number).await?;
    }
    let taken = mark.taken(&world, &api, events)?;
    world.check()?;
    Ok(taken)
}

/// How long a function takes from the start of its program until it asks for work.
pub(crate) async fn starts(
    programs: &Path,
    folder: &Path,
    function: Function,
    times: usize,
) -> Result<Vec<f64>> {
    let world = World::plain(programs, folder, 0).await?;
    let mut found = Vec::new();
    for _ in 0..times {
        found.push(world.start(function).await?.start.as_secs_f64() * 1e3);
    }
    Ok(found)
}
