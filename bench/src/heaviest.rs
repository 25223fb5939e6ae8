//! The memory of a batch of the largest events, in the shapes that make most of few bytes.
//!
//! Each event goes to two webhooks: one with a filter on the shape, one with a template that prints all of the data.

use crate::{
    process::{DELIVERY, INGEST},
    report::table,
    traffic::{event_with, user},
    world::World,
};
use anyhow::{Result, ensure};
use serde_json::{Value, json};
use std::path::Path;

/// The most data of an event, as in `docs/events.md`.
const DATA_BYTES: usize = 256 * 1024;

/// The messages that Lambda hands over at once at most.
const BATCH: usize = 10;

/// Batches of each shape: memory that a batch leaves behind shows in the second.
const BATCHES: usize = 2;

/// Peak memory of the functions' processes, in MiB.
#[derive(Debug)]
struct Peak {
    shape: &'static str,
    ingest: f64,
    delivery: f64,
}

#[derive(Debug, Default)]
pub(crate) struct Heaviest(Vec<Peak>);

impl Heaviest {
    pub(crate) fn text(&self) -> String {
        if self.0.is_empty() {
            return String::new();
        }
        let row = |peak: &Peak| {
            let Peak { shape, ingest, delivery } = peak;
            vec![(*shape).to_owned(), format!("{ingest:.0} MiB"), format!("{delivery:.0} MiB")]
        };
        let rows: Vec<_> = self.0.iter().map(row).collect();
        table(&["ten events of 256 KiB of", "ingest", "delivery"], &rows)
    }

    pub(crate) fn json(&self) -> Value {
        let one = |peak: &Peak| json!({ "shape": peak.shape, "ingestMiB": peak.ingest, "deliveryMiB": peak.delivery });
        self.0.iter().map(one).collect()
    }
}

/// Measures each shape with new processes.
pub(crate) async fn measure(programs: &Path, folder: &Path) -> Result<Heaviest> {
    let mut peaks = Vec::new();
    for (shape, element) in SHAPES {
        println!("the heaviest batch: {shape}");
        let world = World::plain(programs, folder, 0).await?;
        world.create(&webhooks(&world.receiver.url())).await?;
        let events = BATCH * BATCHES;
        for number in 0..events {
            world.aws.put("EventsQueue", event_with(number, &data(number, *element)), None);
        }
        let ingest = peak(&world, INGEST, "EventsQueue", events).await?;
        let deliveries = world.aws.queued("DeliveryQueue");
        ensure!(deliveries == 2 * events, "{deliveries} deliveries of {events} events");
        let delivery = peak(&world, DELIVERY, "DeliveryQueue", deliveries).await?;
        let requests = world.receiver.requests();
        ensure!(requests == deliveries as u64, "{requests} of {deliveries} requests arrived");
        world.check()?;
        peaks.push(Peak { shape, ingest, delivery });
    }
    Ok(Heaviest(peaks))
}

async fn peak(
    world: &World,
    function: crate::process::Function,
    queue: &str,
    messages: usize,
) -> Result<f64> {
    let mut running = world.start(function).await?;
    world.process_all(&mut running, queue, messages, BATCH).await?;
    running.peak_mib()
}

fn webhooks(url: &str) -> [Value; 2] {
    let webhook = json!({ "name": "filtered", "url": url, "events": ["task.completed"] });
    let (mut filtered, mut transformed) = (webhook.clone(), webhook);
    filtered["filter"] = json!({ "kind": ["heavy"], "list": { "none": [{ "exists": false }] } });
    transformed["name"] = json!("transformed");
    transformed["transform"] =
        json!({ "template": "{{ data|tojson }}", "contentType": "application/json" });
    [filtered, transformed]
}

/// What a list is made of, with a number to put into it.
type Element = fn(usize) -> String;

const SHAPES: &[(&str, Element)] = &[
    ("zeros", |_| "0".to_owned()),
    ("empty objects", |_| "{}".to_owned()),
    ("objects with a field", |_| r#"{"":0}"#.to_owned()),
    ("empty texts", |_| r#""""#.to_owned()),
    ("control characters", |_| r#""\u0001\u0001""#.to_owned()),
    ("random texts", |place| {
        let mixed = (place as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        format!(r#""{:016x}{:016x}""#, mixed.rotate_left(31).wrapping_mul(mixed), mixed)
    }),
];

/// Data with a list of as many elements as there is room for.
fn data(number: usize, element: Element) -> String {
    let mut text = format!(r#"{{"userId":"{}","kind":"heavy","list":["#, user(number));
    for place in 0.. {
        let element = element(place);
        if text.len() + element.len() + 3 > DATA_BYTES {
            break;
        }
        if place > 0 {
            text.push(',');
        }
        text.push_str(&element);
    }
    text + "]}"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_of_each_shape_is_json_and_nearly_as_large_as_allowed() {
        for (shape, element) in SHAPES {
            let data = data(3, *element);
            assert!(
                (DATA_BYTES - 64..=DATA_BYTES).contains(&data.len()),
                "{shape}: {}",
                data.len()
            );
            let value: Value = serde_json::from_str(&data).expect("JSON");
            assert_eq!(value["userId"], user(3));
        }
    }
}
