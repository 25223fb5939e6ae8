//! Instructions for a delivery, by callgrind: the difference between a longer and a shorter run, so
//! without the start. They do not depend on what else the machine does.

use crate::{
    case::{Case, number},
    process::{DELIVERY, Function, INGEST},
    traffic::event,
    world::World,
};
use anyhow::{Context, Result};
use std::{fs, path::Path};
use tokio::process::Command;

/// Messages of both runs before these, one by one.
const WARM_UP: usize = 5;

/// Instructions for a delivery.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instructions {
    pub(crate) ingest: f64,
    pub(crate) delivery: f64,
}

impl Instructions {
    /// Those of ingest and of delivery, in thousands.
    pub(crate) fn thousands(self) -> [String; 2] {
        [self.ingest, self.delivery].map(|instructions| format!("{:.0}", instructions / 1e3))
    }
}

/// Whether valgrind is there, or why it is not used.
pub(crate) async fn available() -> Result<(), String> {
    let version = Command::new("valgrind").arg("--version").output().await;
    match version {
        Ok(version) if version.status.success() => Ok(()),
        Ok(version) => Err(format!("valgrind --version failed: {}", version.status)),
        Err(error) => Err(format!("valgrind cannot be started: {error}")),
    }
}

/// Counts them for a case, each run in a new world. `runs` are the deliveries of the shorter and of the longer run.
pub(crate) async fn count(
    case: Case,
    runs: [usize; 2],
    programs: &Path,
    folder: &Path,
) -> Result<Instructions> {
    count_in(case, runs, folder, async || case.world(programs, folder).await).await
}

/// Counts them in prepared worlds, one for each run.
pub(crate) async fn count_in(
    case: Case,
    runs: [usize; 2],
    folder: &Path,
    world: impl AsyncFn() -> Result<World>,
) -> Result<Instructions> {
    let mut totals = Vec::new();
    for deliveries in runs {
        totals.push(total(case, &world().await?, folder, deliveries).await?);
    }
    let [(few_ingest, few_delivery), (many_ingest, many_delivery)] =
        totals.try_into().ok().context("two runs")?;
    let more = number(runs[1] - runs[0]);
    Ok(Instructions {
        ingest: (many_ingest - few_ingest) / more,
        delivery: (many_delivery - few_delivery) / more,
    })
}

async fn total(case: Case, world: &World, folder: &Path, deliveries: usize) -> Result<(f64, f64)> {
    let events = deliveries / case.webhooks;
    for event_number in 0..WARM_UP + events {
        world.aws.put("EventsQueue", event(event_number, case.bytes), None);
    }
    let ingest = run(world, folder, INGEST, "EventsQueue", events, case.batch).await?;
    let delivery = run(world, folder, DELIVERY, "DeliveryQueue", deliveries, case.batch).await?;
    world.check()?;
    Ok((ingest, delivery))
}

async fn run(
    world: &World,
    folder: &Path,
    function: Function,
    queue: &str,
    messages: usize,
    batch: usize,
) -> Result<f64> {
    let file = folder.join("callgrind.out");
    let mut running = world.start_counted(function, &file).await?;
    for _ in 0..WARM_UP {
        world.process_patiently(&mut running, queue).await?;
    }
    world.process_all(&mut running, queue, messages, batch).await?;
    running.end().await?;
    let text = fs::read_to_string(&file).context("valgrind wrote no counts")?;
    let total = text.lines().find_map(|line| {
        line.strip_prefix("summary: ")
            .or_else(|| line.strip_prefix("totals: "))?
            .trim()
            .parse()
            .ok()
    });
    total.context("valgrind wrote no sum")
}
