//! Whether a delivery takes more instructions when more is stored: deliveries of the same webhook in
//! the log, or webhooks of the same user that the event does not go to.

use crate::{
    case::{Case, number},
    instructions::{Instructions, count_in},
    report::table,
    traffic::{idle_webhook, orders_webhook},
    world::World,
};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::path::Path;

/// Deliveries in the log, of all webhooks together.
const STORED: [usize; 2] = [100, 1_000_000];

/// Webhooks of each user that the event does not go to. A user may have a hundred by default.
const IDLE: [usize; 3] = [0, 9, 99];

/// Deliveries of the two runs of a count.
const RUNS: [usize; 2] = [50, 150];

/// Instructions by what was there.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    stored: Vec<(usize, Instructions)>,
    idle: Vec<(usize, Instructions)>,
}

impl Growth {
    pub(crate) fn text(&self) -> String {
        let row = |what: &str, (size, count): &(usize, Instructions)| {
            let [ingest, delivery] = count.thousands();
            vec![format!("{size} {what}"), ingest, delivery]
        };
        let stored = self.stored.iter().map(|found| row("deliveries in the log", found));
        let idle = self.idle.iter().map(|found| row("other webhooks of the user", found));
        let rows: Vec<_> = stored.chain(idle).collect();
        if rows.is_empty() {
            return String::new();
        }
        let mut text = table(&["thousand instructions with", "ingest", "delivery"], &rows);
        if let [(few, least), .., (many, most)] = &self.idle[..] {
            let each = (most.ingest - least.ingest) / number(many - few) / 1e3;
            text.push_str(&format!("\nEach other webhook adds {each:.1} thousand to ingest.\n"));
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        let one = |(size, count): &(usize, Instructions)| json!({ "size": size, "ingest": count.ingest, "delivery": count.delivery });
        let list = |found: &[(usize, Instructions)]| -> Value { found.iter().map(one).collect() };
        json!({ "storedDeliveries": list(&self.stored), "otherWebhooks": list(&self.idle) })
    }
}

pub(crate) async fn measure(programs: &Path, folder: &Path) -> Result<Growth> {
    let mut growth = Growth::default();
    for rows in STORED {
        println!("growth: {rows} deliveries in the log");
        let world = async || {
            let world = World::plain(programs, folder, 0).await?;
            let webhooks = world.create(&[orders_webhook(0, &world.receiver.url())]).await?;
            fill(&world, &webhooks, rows)?;
            Ok(world)
        };
        growth.stored.push((rows, count_in(Case::USUAL, RUNS, folder, world).await?));
    }
    for idle in IDLE {
        println!("growth: {idle} other webhooks of the user");
        let world = async || {
            let world = World::plain(programs, folder, 1).await?;
            let url = world.receiver.url();
            let webhooks: Vec<_> = (0..idle).map(|number| idle_webhook(number, &url)).collect();
            world.create(&webhooks).await?;
            Ok(world)
        };
        growth.idle.push((idle, count_in(Case::USUAL, RUNS, folder, world).await?));
    }
    Ok(growth)
}

/// Puts so many deliveries into the log, of the webhooks in turn.
fn fill(world: &World, webhooks: &[String], rows: usize) -> Result<()> {
    for (row, webhook) in (0..rows).zip(webhooks.iter().cycle()) {
        // Ids of the log are in the order of time: these are older than those of the measurement.
        let id = format!("00000000-0000-7000-8000-{row:012}");
        let put = json!({
            "TableName": "DeliveriesTable",
            "Item": { "webhookId": { "S": webhook }, "id": { "S": id }, "status": { "S": "success" } },
        });
        let (status, answer) =
            world.aws.answer("DynamoDB_20120810.PutItem", put.to_string().as_bytes());
        ensure!(status == 200, "a delivery was not stored: {}", String::from_utf8_lossy(&answer));
    }
    Ok(())
}
