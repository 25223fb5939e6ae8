//! Least privilege, with policies enforced: every call that the functions make is allowed, and what
//! a role does not need is refused.
//!
//! The emulator asks for a function's rights when its program calls, and not when it acts in a role
//! itself: when it reads a queue for a function, or runs a state machine. Those calls are made here.

use crate::echoes;
use anyhow::{Context, ensure};
use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    types::{AttributeValue, Select},
};
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use grapnel_aws::webhook_attributes::SUBSCRIPTION;
use grapnel_domain::{ids::WebhookId, retry::next::Retry};
use grapnel_testing::receiver::Script;
use grapnel_tests::{
    bus::BusEvent,
    forged,
    model::{Delivery, Page, Replay},
    permissions::{DENIED, FUNCTIONS, as_role, log_lines},
    until::{Look, until},
    world::{SOON, World, now},
};
use reqwest::{Method, header::HeaderName};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// A minute to wait for, or the time until a check, and what follows.
const LONG: Duration = Duration::from_secs(200);

/// The function that fans events out.
const INGEST: &str = FUNCTIONS[1];

fn delayed(seconds: u32) -> Value {
    json!({ "retryConfig": { "maxAttempts": 2, "delaysSeconds": [seconds] } })
}

/// Takes a delivery down every way that the functions have, so that each of their calls is made.
async fn tour(world: &World) -> anyhow::Result<Vec<String>> {
    // Success; a retry by queue; one by a shared wait; an end at a release; a check.
    let by_queue = world.webhook("/queue", delayed(1)).await?;
    let by_wait = world.webhook("/wait", delayed(3)).await?;
    let limited = world.webhook("/limit", json!({ "rateLimit": 1 })).await?;
    world.state.hand_out_slots(&world.user, &limited, 100).await?;
    let ended = world.webhook("/end", delayed(3)).await?;
    for path in ["/queue", "/wait"] {
        world.receiver.answer_with(path, Script::statuses([500]));
    }
    world.receiver.answer_with("/end", 500);
    world.publish("lead.created", json!({ "big": "x".repeat(10_000) })).await?;
    world.requests("/end", 1).await?;
    world.api.change_webhook(&ended.id, &json!({ "status": "disabled" })).await?;
    let checked = world.webhook("/check", json!({ "events": ["task.failed"] })).await?;
    let retry = Retry { due: now()?, wait: None };
    let abandoned = forged::abandoned(world, &checked, retry).await?;
    let delivery_queue = &world.stack.outputs.delivery_queue_url;
    world.queues.send(delivery_queue, &forged::message(&abandoned, 1)).await?;

    // The API: every route that reads, writes or enqueues.
    let tested = world.webhook("/test", json!({ "events": ["task.failed"] })).await?;
    ensure!(world.api.test(&tested.id).await?.status == 200, "a test");
    let delivery = world.settled(&tested).await?;
    ensure!(world.api.retry(&tested.id, &delivery.id).await?.status == 202, "a manual retry");
    world.requests("/test", 2).await?;
    // Replays: of what failed and of what succeeded, of one webhook and of all.
    world.api.replay(Some(&tested.id), &json!({ "status": "success" })).await?;
    let replay = world.api.replay(None, &json!({})).await?;
    world.api.get(&format!("/api/replays/{}", replay.id)).await?.json::<Value>(200)?;
    until("a finished replay", SOON, async || {
        let page: Page<Replay> = world.api.get("/api/replays").await?.json(200)?;
        let all = page.items.iter().all(|replay| replay.status == "finished");
        Ok(if all { Look::Found(()) } else { Look::not_yet(page) })
    })
    .await?;
    let erase = format!("/api/webhooks/{}/deliveries/{}/responses", tested.id, delivery.id);
    let erased = world.api.send(Method::DELETE, &erase, None).await?;
    ensure!(erased.status == 204, "{erased:?}");
    let erase = format!("/api/events/{}/payload", delivery.event_id);
    let erased = world.api.send(Method::DELETE, &erase, None).await?;
    ensure!(erased.status == 204, "{erased:?}");
    let rotate = format!("/api/webhooks/{}/secret/rotate", tested.id);
    world.api.post(&rotate, &json!({})).await?.json::<Value>(200)?;
    world.api.webhooks().await?;
    tour_of_keys(world).await?;

    // Dead letters of both queues.
    let outputs = &world.stack.outputs;
    for (queue, dead_letters) in [
        (&outputs.events_queue_url, &outputs.events_dead_letter_queue_url),
        (&outputs.delivery_queue_url, &outputs.delivery_dead_letter_queue_url),
    ] {
        let marker = Uuid::new_v4().to_string();
        world.queues.send(queue, &marker).await?;
        world.queues.dead_letter(dead_letters, &marker, SOON).await?;
    }

    world.settled(&by_queue).await?;
    world.delivery_within(LONG, &limited, "in its slot", Delivery::is_settled).await?;
    world.receiver.wait_for("/check", 1, LONG).await?;
    world.delivery_within(LONG, &by_wait, "that is settled", Delivery::is_settled).await?;
    let ended = world.delivery_within(LONG, &ended, "that ended", Delivery::is_settled).await?;
    assert_eq!(ended.reason.as_deref(), Some("webhook_disabled"));
    // Last, since most of these webhooks want everything, and were looked at for the one event.
    tour_of_events(world).await?;
    world.api.delete_webhook(&tested.id).await?;
    world.state.wait_failures(&by_wait.id).await
}

/// An event type that is made, listed and deleted, and events of it that are published, with a key and
/// checked, and looked at.
async fn tour_of_events(world: &World) -> anyhow::Result<()> {
    let name = format!("t{}.paid", Uuid::new_v4().simple());
    let path = format!("/api/event-types/{name}");
    world.admin.put(&path, &json!({ "sample": {} })).await?.json::<Value>(201)?;
    world.api.get("/api/event-types").await?.json::<Value>(200)?;
    let event = json!({ "type": name, "data": {} }).to_string().into_bytes();
    let key = Some((HeaderName::from_static("idempotency-key"), "key"));
    let published = world.api.send_as(Method::POST, "/api/events", key, event).await?;
    let published: Value = published.json(202)?;
    let id = published["items"][0]["id"].as_str().context("an id")?.to_owned();
    until("an event that was fanned out", SOON, async || {
        let answer = world.api.get(&format!("/api/events/{id}")).await?;
        Ok(if answer.status == 200 { Look::Found(()) } else { Look::not_yet(answer) })
    })
    .await?;
    let page = until("a listed event", SOON, async || {
        let page: Value = world.api.get("/api/events?type=*").await?.json(200)?;
        let listed = page["items"].as_array().is_some_and(|items| !items.is_empty());
        Ok(if listed { Look::Found(page) } else { Look::not_yet(page) })
    });
    page.await?;
    world.api.get("/api/events?source=api&sourceId=x").await?.json::<Value>(200)?;
    world.api.get("/api/deliveries").await?.json::<Value>(200)?;
    // Two events under one id: the second is told on the bus.
    let told = "not delivered";
    let before = log_lines(&world.aws, &world.stack, INGEST, told).await?.len();
    let first = world.event(&name, &json!({ "n": 1 }));
    let other = first.data.to_string().replace("\"n\":1", "\"n\":2");
    for detail in [first.data.to_string(), other] {
        world.bus.put(&[BusEvent { event_type: name.clone(), detail }]).await?;
        let listed =
            format!("/api/events?source={}&sourceId={}", world.stack.event_source, first.source_id);
        until("a stored event", SOON, async || {
            let page: Value = world.api.get(&listed).await?.json(200)?;
            let is_there = page["items"].as_array().is_some_and(|items| !items.is_empty());
            Ok(if is_there { Look::Found(()) } else { Look::not_yet(page) })
        })
        .await?;
    }
    until("a conflict in the log", SOON, async || {
        let lines = log_lines(&world.aws, &world.stack, INGEST, told).await?;
        Ok(if lines.len() > before { Look::Found(()) } else { Look::not_yet(lines) })
    })
    .await?;
    let deleted = world.admin.send(Method::DELETE, &path, None).await?;
    ensure!(deleted.status == 204, "{deleted:?}");
    Ok(())
}

/// A key that is made, used, listed and revoked, and a portal link that is opened.
async fn tour_of_keys(world: &World) -> anyhow::Result<()> {
    let key = world.admin.create_key(&world.user, &[]).await?;
    world.admin.with_key(&key.key).webhooks().await?;
    let of_user = format!("?userId={}", world.user);
    world.admin.get(&format!("/api/keys{of_user}")).await?.json::<Value>(200)?;
    let path = format!("/api/keys/{}{of_user}", key.id);
    until("a revoked key", SOON, async || {
        let answer = world.admin.send(Method::DELETE, &path, None).await?;
        Ok(if answer.status == 204 { Look::Found(()) } else { Look::not_yet(answer) })
    })
    .await?;
    let link = json!({ "userId": world.user, "scopes": ["webhooks:read"] });
    let link: Value = world.admin.post("/api/portal-links", &link).await?.json(201)?;
    let token = json!({ "token": link["token"] });
    world
        .api
        .with_authorization(None)
        .post("/api/portal-sessions", &token)
        .await?
        .json::<Value>(201)?;
    tour_of_echoes(world).await
}

/// An echo is made, answers a delivery, is read and deleted.
async fn tour_of_echoes(world: &World) -> anyhow::Result<()> {
    let (echo, webhook) = echoes::echoing(world, 0).await?;
    let test: Value = world.api.test(&webhook.id).await?.json(200)?;
    ensure!(test["status"] == "success", "{test}");
    let path = format!("/api/echoes/{}", echo.id);
    world.admin.get(&path).await?.json::<Value>(200)?;
    let deleted = world.admin.send(Method::DELETE, &path, None).await?;
    ensure!(deleted.status == 204, "{deleted:?}");
    Ok(())
}

#[tokio::test]
async fn every_call_that_the_functions_make_is_allowed() -> anyhow::Result<()> {
    let world = World::tight().await?;
    let failures = tour(&world).await?;
    assert_eq!(failures, Vec::<String>::new(), "the wait machine's own calls");
    for function in FUNCTIONS {
        let runs = log_lines(&world.aws, &world.stack, function, "START").await?;
        ensure!(!runs.is_empty(), "{function} has run, and its log shows it");
        let denied = log_lines(&world.aws, &world.stack, function, DENIED).await?;
        ensure!(denied.is_empty(), "{function} was refused something: {denied:?}");
    }
    Ok(())
}

/// Checks that a call was refused for want of a permission.
fn refused<T, E: ProvideErrorMetadata>(
    what: &str,
    result: Result<T, SdkError<E>>,
) -> anyhow::Result<()> {
    let error = result.err().with_context(|| format!("{what} was allowed"))?;
    let code = error.code().unwrap_or_default();
    ensure!(code.starts_with(DENIED), "{what}: {code} {:?}", error.message());
    Ok(())
}

/// Checks that a call was not refused for want of a permission, whatever else became of it.
fn allowed<T, E: ProvideErrorMetadata>(
    what: &str,
    result: Result<T, SdkError<E>>,
) -> anyhow::Result<()> {
    let code = result.err().map(|error| error.code().unwrap_or("no answer").to_owned());
    let code = code.unwrap_or_default();
    ensure!(!code.starts_with(DENIED) && code != "no answer", "{what}: {code}");
    Ok(())
}

/// AWS, called with what one role may do.
struct As {
    dynamodb: aws_sdk_dynamodb::Client,
    sqs: aws_sdk_sqs::Client,
    sfn: aws_sdk_sfn::Client,
    events: aws_sdk_eventbridge::Client,
}

impl As {
    async fn role(world: &World, role: &str, policy: &str) -> anyhow::Result<Self> {
        let caller = as_role(&world.aws, &world.stack, role, policy).await?;
        let config = world.aws.config_as(&caller);
        Ok(Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            sfn: aws_sdk_sfn::Client::new(&config),
            events: aws_sdk_eventbridge::Client::new(&config),
        })
    }

    async fn cannot_read(&self, table: &str, partition: &str) -> anyhow::Result<()> {
        let key = AttributeValue::S("nobody".into());
        let mut get = self.dynamodb.get_item().table_name(table).key(partition, key.clone());
        if partition != "hash" {
            get = get.key("id", key);
        }
        refused(&format!("GetItem on {table}"), get.send().await)
    }

    async fn cannot_write(&self, table: &str, partition: &str) -> anyhow::Result<()> {
        let key = AttributeValue::S("nobody".into());
        let put = self
            .dynamodb
            .put_item()
            .table_name(table)
            .item(partition, key.clone())
            .item("id", key.clone());
        refused(&format!("PutItem on {table}"), put.send().await)?;
        self.cannot_delete(table, partition).await
    }

    async fn cannot_delete(&self, table: &str, partition: &str) -> anyhow::Result<()> {
        let key = AttributeValue::S("nobody".into());
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(table)
            .key(partition, key.clone())
            .key("id", key);
        refused(&format!("DeleteItem on {table}"), delete.send().await)
    }

    async fn cannot_scan(&self, table: &str) -> anyhow::Result<()> {
        refused(&format!("Scan of {table}"), self.dynamodb.scan().table_name(table).send().await)
    }

    /// What Lambda does in the role of a function that a queue feeds.
    async fn can_consume(&self, queue: &str) -> anyhow::Result<()> {
        // Visible again at once: it is somebody else's message.
        let receive = self.sqs.receive_message().queue_url(queue).visibility_timeout(0);
        allowed(&format!("ReceiveMessage from {queue}"), receive.send().await)?;
        let delete = self.sqs.delete_message().queue_url(queue).receipt_handle("of-no-message");
        allowed(&format!("DeleteMessage from {queue}"), delete.send().await)?;
        let attributes = self.sqs.get_queue_attributes().queue_url(queue);
        allowed(&format!("GetQueueAttributes of {queue}"), attributes.send().await)
    }

    /// What is sent is put aside at once: no function can read it.
    async fn can_send(&self, queue: &str) -> anyhow::Result<()> {
        let marker = Uuid::new_v4().to_string();
        let sent = self.sqs.send_message().queue_url(queue).message_body(marker).send().await;
        allowed(&format!("SendMessage to {queue}"), sent)
    }

    async fn cannot_send(&self, queue: &str) -> anyhow::Result<()> {
        let sent = self.sqs.send_message().queue_url(queue).message_body("no").send().await;
        refused(&format!("SendMessage to {queue}"), sent)
    }
}

#[tokio::test]
async fn the_api_may_do_no_more_than_it_does() -> anyhow::Result<()> {
    let world = World::main().await?;
    let api = As::role(&world, "ApiRole", "api").await?;
    let outputs = &world.stack.outputs;
    let user = AttributeValue::S(world.user.clone());
    // What it may: the refusals below are the policy's, not those of a broken session.
    let allowed = api
        .dynamodb
        .query()
        .table_name(&outputs.webhooks_table)
        .key_condition_expression("userId = :user")
        .expression_attribute_values(":user", user);
    allowed.send().await?;
    for table in [&outputs.webhooks_table, &outputs.deliveries_table, &outputs.keys_table] {
        api.cannot_scan(table).await?;
    }
    api.cannot_write(&outputs.deliveries_table, "webhookId").await?;
    api.cannot_write(&outputs.events_table, "userId").await?;
    api.cannot_send(&outputs.events_dead_letter_queue_url).await?;
    api.cannot_send(&outputs.events_isolation_queue_url).await?;
    api.cannot_send(&outputs.delivery_isolation_queue_url).await?;
    let started = api.sfn.start_execution().state_machine_arn(&outputs.wait_state_machine_arn);
    refused("StartExecution", started.send().await)
}

#[tokio::test]
async fn ingest_may_do_no_more_than_it_does() -> anyhow::Result<()> {
    let world = World::main().await?;
    let ingest = As::role(&world, "IngestRole", "ingest").await?;
    let outputs = &world.stack.outputs;
    ingest.can_consume(&outputs.events_queue_url).await?;
    ingest.can_consume(&outputs.events_isolation_queue_url).await?;
    ingest.can_send(&outputs.events_isolation_queue_url).await?;
    ingest.cannot_send(&outputs.delivery_isolation_queue_url).await?;
    // Secrets are in the webhooks table: fan-out reads slim rows by query, never whole ones.
    ingest.cannot_read(&outputs.webhooks_table, "userId").await?;
    ingest.cannot_read(&outputs.keys_table, "hash").await?;
    ingest.cannot_write(&outputs.webhooks_table, "userId").await?;
    ingest.cannot_scan(&outputs.events_table).await?;
    ingest.cannot_send(&outputs.events_queue_url).await?;
    ingest.cannot_send(&outputs.delivery_dead_letter_queue_url).await
}

#[tokio::test]
async fn ingest_reads_of_webhooks_what_fan_out_needs_and_no_secret() -> anyhow::Result<()> {
    let world = World::main().await?;
    let ingest = As::role(&world, "IngestRole", "subscriptions").await?;
    let query = || {
        ingest
            .dynamodb
            .query()
            .table_name(&world.stack.outputs.webhooks_table)
            .key_condition_expression("userId = :user")
            .expression_attribute_values(":user", AttributeValue::S(world.user.clone()))
    };
    let projected = |names: &[&str]| {
        let list: Vec<String> = names.iter().map(|name| format!("#{name}")).collect();
        let query = query().select(Select::SpecificAttributes);
        names.iter().fold(query.projection_expression(list.join(", ")), |query, name| {
            query.expression_attribute_names(format!("#{name}"), *name)
        })
    };
    projected(&SUBSCRIPTION).send().await?;
    refused("a query of whole rows", query().send().await)?;
    for secret in ["secret", "previousSecret", "headers", "url"] {
        refused(secret, projected(&["id", secret]).send().await)?;
    }
    Ok(())
}

#[tokio::test]
async fn delivery_replaces_no_webhook_and_tells_nothing_in_anothers_name() -> anyhow::Result<()> {
    let world = World::main().await?;
    let delivery = As::role(&world, "DeliveryRole", "health").await?;
    let table = &world.stack.outputs.webhooks_table;
    let key = |id: &str| {
        [("userId", world.user.clone()), ("id", id.to_owned())]
            .map(|(name, value)| (name.to_owned(), AttributeValue::S(value)))
    };
    let id = WebhookId::from_uuid(Uuid::now_v7());
    let update = delivery
        .dynamodb
        .update_item()
        .table_name(table)
        .set_key(Some(key(&format!("{id}#health")).into()))
        .update_expression("SET failures = :one")
        .expression_attribute_values(":one", AttributeValue::N("1".into()));
    allowed("an update of health", update.send().await)?;
    let item = Some(key(&id.to_string()).into());
    let put = delivery.dynamodb.put_item().table_name(table).set_item(item);
    refused("PutItem of a webhook", put.send().await)?;

    let entry = |source: &str| {
        PutEventsRequestEntry::builder()
            .event_bus_name(&world.stack.event_bus_name)
            .source(source)
            .detail_type("webhook.failing")
            .detail("{}")
            .build()
    };
    let tell = |sources: &[&str]| {
        let entries = sources.iter().map(|source| entry(source)).collect();
        delivery.events.put_events().set_entries(Some(entries)).send()
    };
    allowed("a notice", tell(&["grapnel"]).await)?;
    allowed("two notices", tell(&["grapnel", "grapnel"]).await)?;
    refused("another source", tell(&["grapnel", "platform"]).await)
}

#[tokio::test]
async fn delivery_may_do_no_more_than_it_does() -> anyhow::Result<()> {
    let world = World::main().await?;
    // Together the two policies are longer than a session takes.
    let queues = As::role(&world, "DeliveryRole", "queues").await?;
    let delivery = As { sqs: queues.sqs, ..As::role(&world, "DeliveryRole", "delivery").await? };
    let outputs = &world.stack.outputs;
    delivery.can_consume(&outputs.delivery_queue_url).await?;
    delivery.can_consume(&outputs.delivery_isolation_queue_url).await?;
    delivery.can_send(&outputs.delivery_isolation_queue_url).await?;
    delivery.cannot_send(&outputs.events_isolation_queue_url).await?;
    delivery.cannot_read(&outputs.keys_table, "hash").await?;
    // It writes the health of endpoints and their limiters there, and takes nothing away.
    delivery.cannot_delete(&outputs.webhooks_table, "userId").await?;
    delivery.cannot_scan(&outputs.webhooks_table).await?;
    delivery.cannot_write(&outputs.events_table, "userId").await?;
    delivery.cannot_write(&outputs.deliveries_table, "webhookId").await?;
    delivery.cannot_scan(&outputs.deliveries_table).await?;
    delivery.cannot_send(&outputs.events_queue_url).await?;
    delivery.cannot_send(&outputs.events_dead_letter_queue_url).await
}

#[tokio::test]
async fn the_wait_machine_may_do_what_it_does_and_no_more() -> anyhow::Result<()> {
    let world = World::main().await?;
    let wait = As::role(&world, "WaitRole", "wait").await?;
    let outputs = &world.stack.outputs;
    let webhook = WebhookId::from_uuid(Uuid::now_v7());
    let release = json!({
        "kind": "release", "webhookId": webhook, "userId": world.user, "minute": "20261124T0624Z",
    });
    let send = wait.sqs.send_message().queue_url(&outputs.delivery_queue_url);
    send.message_body(release.to_string()).message_group_id(webhook.to_string()).send().await?;
    let look = wait
        .dynamodb
        .query()
        .table_name(&outputs.deliveries_table)
        .index_name("waiting")
        .key_condition_expression("webhookId = :webhook AND begins_with(waitKey, :minute)")
        .expression_attribute_values(":webhook", AttributeValue::S(webhook.to_string()))
        .expression_attribute_values(":minute", AttributeValue::S("20261124T0624Z#".into()));
    assert_eq!(look.send().await?.count(), 0);

    wait.cannot_read(&outputs.deliveries_table, "webhookId").await?;
    wait.cannot_read(&outputs.webhooks_table, "userId").await?;
    wait.cannot_write(&outputs.deliveries_table, "webhookId").await?;
    wait.cannot_send(&outputs.events_queue_url).await
}

#[tokio::test]
async fn the_circuit_machine_may_do_what_it_does_and_no_more() -> anyhow::Result<()> {
    let world = World::main().await?;
    let circuit = As::role(&world, "CircuitRole", "circuit").await?;
    let outputs = &world.stack.outputs;
    let webhook = WebhookId::from_uuid(Uuid::now_v7());
    let release = json!({ "kind": "releaseParked", "webhookId": webhook, "userId": world.user });
    let send = circuit.sqs.send_message().queue_url(&outputs.delivery_queue_url);
    send.message_body(release.to_string()).message_group_id(webhook.to_string()).send().await?;
    let look = circuit
        .dynamodb
        .query()
        .table_name(&outputs.deliveries_table)
        .index_name("waiting")
        .key_condition_expression("webhookId = :webhook AND begins_with(waitKey, :parked)")
        .expression_attribute_values(":webhook", AttributeValue::S(webhook.to_string()))
        .expression_attribute_values(":parked", AttributeValue::S("parked#".into()));
    assert_eq!(look.send().await?.count(), 0);
    let read = circuit
        .dynamodb
        .get_item()
        .table_name(&outputs.webhooks_table)
        .key("userId", AttributeValue::S(world.user.clone()))
        .key("id", AttributeValue::S(format!("{webhook}#health")))
        .consistent_read(true);
    assert_eq!(read.send().await?.item(), None);

    circuit.cannot_read(&outputs.deliveries_table, "webhookId").await?;
    circuit.cannot_write(&outputs.webhooks_table, "userId").await?;
    circuit.cannot_send(&outputs.events_queue_url).await
}
