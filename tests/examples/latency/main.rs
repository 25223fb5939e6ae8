//! Measures speed and size: the time from an event's put to its receiver, and the memory of the
//! functions after a thousand deliveries. Prints the figures and does not judge them.
//!
//! Uses the stack `main` from the file that `GRAPNEL_STACKS` names, as the black-box tests do.
//! Figures on an emulator include the emulator, which is one Python program.

mod memory;

use anyhow::Context;
use grapnel_receiver::TestReceiver;
use grapnel_tests::{bus::BusEvent, world::World};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval};

/// How many events are timed, and how many are put per second.
const TIMED: usize = 200;
const PER_SECOND: u32 = 10;
/// Deliveries before the functions' memory is read.
const MANY: usize = 1000;
/// Longest wait for events that have not arrived.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let world = World::main().await?;
    let mut latencies = timed(&world).await?;
    latencies.sort_unstable();
    println!("Event to receiver, {TIMED} events at {PER_SECOND} per second:");
    for (name, latency) in [
        ("p50", percentile(&latencies, 50)),
        ("p99", percentile(&latencies, 99)),
        ("most", percentile(&latencies, 100)),
    ] {
        println!("  {name:<5} {:>6} ms", latency.as_millis());
    }

    let took = many(&world).await?;
    let rate = MANY as f64 / took.as_secs_f64();
    println!("{MANY} deliveries in {:.1} s ({rate:.0} per second).", took.as_secs_f64());
    println!("Resident memory of each function after that:");
    for function in memory::of_functions(&world.stack.stack_name)? {
        println!(
            "  {:<9} {:>5.1} MB (the biggest of {}; {:.1} MB at its most)",
            function.name, function.resident_mb, function.processes, function.peak_mb
        );
    }
    Ok(())
}

/// Puts events at a steady rate and returns how long each took to its receiver, counted from just
/// before it was put.
async fn timed(world: &World) -> anyhow::Result<Vec<Duration>> {
    let webhook = world.webhook("/timed", json!({ "payloadFormat": "raw" })).await?;
    let mut ticks = interval(Duration::from_secs(1) / PER_SECOND);
    // A late put must not make the next ones come closer together.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut puts = Vec::with_capacity(TIMED);
    for number in 0..TIMED {
        ticks.tick().await;
        puts.push(Instant::now());
        world.publish("lead.created", json!({ "number": number })).await?;
    }
    let requests = world.receiver.wait_for("/timed", TIMED, PATIENCE).await?;
    world.api.delete_webhook(&webhook.id).await?;
    let latency = |request: &grapnel_receiver::ReceivedRequest| {
        let data: Value = serde_json::from_slice(&request.body)?;
        let number = data["number"].as_u64().context("a number")?;
        let put = puts.get(usize::try_from(number)?).context("a number that was put")?;
        anyhow::Ok(request.arrived - *put)
    };
    requests.iter().map(latency).collect()
}

/// Puts many events as fast as the bus accepts them, and returns the time until all of them were
/// delivered.
async fn many(world: &World) -> anyhow::Result<Duration> {
    world.webhook("/many", json!({})).await?;
    let events: Vec<BusEvent> =
        (0..MANY).map(|_| world.event("task.completed", &json!({})).event).collect();
    let began = Instant::now();
    world.bus.put(&events).await?;
    arrived(&world.receiver, began).await
}

async fn arrived(receiver: &TestReceiver, began: Instant) -> anyhow::Result<Duration> {
    let requests = receiver.wait_for("/many", MANY, PATIENCE).await?;
    let last = requests.iter().map(|request| request.arrived).max().context("a request")?;
    Ok(last - began)
}

/// The value that this many percent do not exceed (nearest rank).
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or_default()
}
