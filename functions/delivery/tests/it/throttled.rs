//! DynamoDB throttles the deliveries table after the requests were sent: the real adapter and SDK
//! against a server in place of DynamoDB.

use crate::world::{OverMemory, World};
use aws_config::Region;
use aws_sdk_dynamodb::config::Credentials;
use grapnel_aws::{Clients, DeliveryStore, sdk_defaults};
use grapnel_delivery::{Deliver, Done};
use grapnel_domain::{
    delivery::Delivery,
    message::{MakeAttempt, QueueMessage, Record},
    ports::Clock,
    time_budget::TimeBudget,
};
use grapnel_receiver::{ReceivedRequest, Reply, Script, TestReceiver};
use grapnel_testing::builders::{a_webhook, nth};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// Messages of a batch, as in the template.
const BATCH: usize = 10;

/// How often the record of each attempt is throttled. During ten seconds of throttling it is tried
/// about 25 times. The SDK's retry tokens allow 100 retries in total.
const THROTTLES: usize = 30;

/// The ten loops of a batch advance one clock, so the time passes ten times too fast.
const BUDGET: TimeBudget = TimeBudget {
    function_timeout: Duration::from_secs(900),
    longest_request: Duration::from_secs(30),
    record_retries: Duration::from_secs(300),
};

/// A table of deliveries that throttles each record this often before it accepts it.
struct Throttling {
    server: TestReceiver,
    records: Arc<Mutex<HashMap<String, usize>>>,
}

impl Throttling {
    async fn with(rows: &[Delivery]) -> Self {
        let server = TestReceiver::start().await.expect("a free port");
        let records: Arc<Mutex<HashMap<String, usize>>> = Arc::default();
        let items: HashMap<String, Value> =
            rows.iter().map(|row| (row.id.to_string(), item(row))).collect();
        let counted = Arc::clone(&records);
        let answer = move |request: &ReceivedRequest| {
            let body: Value = serde_json::from_slice(&request.body).expect("JSON");
            let id = body["Key"]["id"]["S"].as_str().expect("a delivery's id").to_owned();
            let target = request.header("x-amz-target").expect("an operation");
            match target.rsplit('.').next() {
                Some("GetItem") => ok(&json!({ "Item": items[&id] })),
                Some("UpdateItem") => {
                    let mut records = counted.lock().expect("no panic");
                    let tries = records.entry(id).or_default();
                    *tries += 1;
                    match *tries {
                        ..=THROTTLES => throttled(*tries),
                        _ => ok(&json!({})),
                    }
                }
                other => panic!("{other:?} was not to be called"),
            }
        };
        server.answer_with("/", Script::by_request(answer));
        Self { server, records }
    }

    async fn store(&self) -> DeliveryStore {
        let config = sdk_defaults()
            .endpoint_url(self.server.url(""))
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .load()
            .await;
        DeliveryStore::new(&Clients::new(&config), "deliveries")
    }
}

fn item(row: &Delivery) -> Value {
    json!({
        "webhookId": { "S": row.webhook_id.to_string() },
        "id": { "S": row.id.to_string() },
        "userId": { "S": row.user_id.as_str() },
        "eventId": { "S": row.event_id.to_string() },
        "event": { "S": row.event_type },
        "status": { "S": "pending" },
        "attemptCount": { "N": "0" },
        "attempts": { "L": [] },
        "createdAt": { "S": row.created_at.to_string() },
        "expiresAt": { "N": row.expires_at.as_secs().to_string() },
    })
}

fn ok(body: &Value) -> Reply {
    Reply::status(200).header("content-type", "application/x-amz-json-1.0").body(body.to_string())
}

fn throttled(number: usize) -> Reply {
    let code = match number % 2 {
        0 => "ThrottlingException",
        _ => "ProvisionedThroughputExceededException",
    };
    let body = json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}") });
    Reply::status(400).header("content-type", "application/x-amz-json-1.0").body(body.to_string())
}

#[tokio::test]
async fn ten_records_outlast_a_throttling_wave_twice_in_a_row() {
    let world = World::new();
    let webhook = a_webhook().build();
    let batches: Vec<Vec<Delivery>> =
        (0..2).map(|_| (0..BATCH).map(|_| world.delivery_to(&webhook).1).collect()).collect();
    let table = Throttling::with(&batches.concat()).await;
    let World { memory, sender, clock, deliver } = world;
    let deliver = Deliver::<OverMemory<DeliveryStore>> {
        deliveries: table.store().await,
        webhooks: deliver.webhooks,
        events: deliver.events,
        queue: deliver.queue,
        dead_letters: deliver.dead_letters,
        waits: deliver.waits,
        sender: sender.clone(),
        notices: memory,
        clock: clock.clone(),
        rules: grapnel_delivery::Rules { time_budget: BUDGET, ..deliver.rules },
    };
    for (number, batch) in batches.iter().enumerate() {
        let record = |delivery: &Delivery| {
            let message =
                QueueMessage::MakeAttempt(MakeAttempt::scheduled(delivery.target(), nth(1)));
            Record::new(delivery.id.to_string(), message.to_json())
        };
        let records: Vec<Record> = batch.iter().map(record).collect();
        let deadline = deliver.clock.now().plus(BUDGET.function_timeout);
        let report = deliver.handle(&records, deadline).await;
        assert_eq!(report.done, [Done::Delivered; BATCH], "batch {number}: {report:?}");
        assert_eq!(sender.requests().len(), (number + 1) * BATCH, "each is sent once");
    }
    let tries = table.records.lock().expect("no panic");
    assert_eq!(tries.len(), 2 * BATCH);
    assert!(tries.values().all(|tries| *tries == THROTTLES + 1), "{tries:?}");
}
