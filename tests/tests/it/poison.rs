//! A message that kills its function each time, among nine healthy ones, on the deployed stack: the
//! nine are delivered, it ends as a dead letter, and a redrive finishes it once it kills no more.

use crate::cli::dead_letters::redrive;
use anyhow::ensure;
use grapnel_domain::delivery::{AttemptNumber, Delivery, DeliveryStatus};
use grapnel_tests::{
    aws::Aws,
    forged, functions,
    permissions::{DENIED, log_lines},
    proxy::{Cut, Moment, Proxy, Times},
    stack::{Function, Stack, StackKind},
    until::{Look, until},
    world::World,
};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// Time for a visibility timeout of 30 s on the queue, and for all receives of the isolation queue,
/// on a machine that is busy with other tests.
const IN_THE_END: Duration = Duration::from_secs(180);

/// How often the isolation queues hand a message out here, and how long they hide it, so that nobody
/// waits for twelve hours.
const RECEIVES: u32 = 5;
const HIDDEN: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_message_that_kills_its_function_takes_no_other_with_it() -> anyhow::Result<()> {
    let stack = Stack::get(StackKind::Poison).await?;
    let aws = Aws::of(&stack).await?;
    let proxy = Proxy::start(&stack.endpoint_url).await?;
    functions::put_behind(&proxy, &stack, &aws).await?;
    let world = World::poison().await?;
    let outputs = &world.stack.outputs;
    for queue in [&outputs.events_isolation_queue_url, &outputs.delivery_isolation_queue_url] {
        world.queues.hand_out_at_most(queue, RECEIVES, HIDDEN).await?;
    }

    tokio::try_join!(one_of_ten_deliveries(&world, &proxy), one_of_ten_events(&world, &proxy))?;

    for function in ["ingest", "delivery"] {
        let moved = log_lines(&aws, &stack, function, "moved to the isolation queue").await?;
        ensure!(!moved.is_empty(), "{function} moved nothing: the test proves nothing");
        let denied = log_lines(&aws, &stack, function, DENIED).await?;
        ensure!(denied.is_empty(), "{function} was refused something: {denied:?}");
    }
    Ok(())
}

async fn one_of_ten_deliveries(world: &World, proxy: &Proxy) -> anyhow::Result<()> {
    let outputs = &world.stack.outputs;
    let webhook = world.webhook("/delivery", json!({ "events": ["task.failed"] })).await?;
    let mut deliveries = Vec::new();
    for _ in 0..10 {
        deliveries.push(forged::pending(world, &webhook).await?);
    }
    let lethal = deliveries[4].clone();
    let cut = proxy.arm(Cut {
        function: Function::Delivery,
        // Its row is read together with those of its batch, and alone when it is isolated.
        operation: "UpdateItem",
        says: vec![outputs.deliveries_table.clone(), lethal.id.to_string()],
        times: Times::Each,
        moment: Moment::Before,
    });
    let batch: Vec<String> =
        deliveries.iter().map(|each| forged::message(each, AttemptNumber::FIRST)).collect();
    world.queues.send_batch(&outputs.delivery_queue_url, &batch).await?;

    for delivery in deliveries.iter().filter(|each| each.id != lethal.id) {
        is_delivered(world, delivery).await?;
    }
    let dead_letters = &outputs.delivery_dead_letter_queue_url;
    world.queues.holds(dead_letters, 1, IN_THE_END).await?;
    // Nothing was recorded of it, and nothing ended.
    assert_eq!(world.state.delivery(lethal.key()).await?, lethal);
    ensure!(proxy.has_killed(cut)?, "no function was killed");

    proxy.disarm(cut);
    redrive(world, "delivery").await?;
    is_delivered(world, &lethal).await
}

async fn is_delivered(world: &World, delivery: &Delivery) -> anyhow::Result<()> {
    until("the delivery's success", IN_THE_END, async || {
        let row = world.state.delivery(delivery.key()).await?;
        let done = row.status == DeliveryStatus::Success && row.attempts.len() == 1;
        Ok(if done { Look::Found(()) } else { Look::not_yet(row) })
    })
    .await
}

async fn one_of_ten_events(world: &World, proxy: &Proxy) -> anyhow::Result<()> {
    let outputs = &world.stack.outputs;
    world.webhook("/event", json!({ "events": ["lead.created"] })).await?;
    let lethal_user = format!("user-{}", Uuid::new_v4());
    let cut = proxy.arm(Cut {
        function: Function::Ingest,
        operation: "Query",
        says: vec![outputs.webhooks_table.clone(), lethal_user.clone()],
        times: Times::Each,
        moment: Moment::Before,
    });
    let event = |user: &str| {
        let id = Uuid::new_v4().to_string();
        forged::envelope(world, &id, &json!({ "userId": user, "id": id }).to_string())
    };
    let mut batch: Vec<String> = (0..9).map(|_| event(&world.user)).collect();
    batch.insert(4, event(&lethal_user));
    world.queues.send_batch(&outputs.events_queue_url, &batch).await?;

    world.receiver.wait_for("/event", 9, IN_THE_END).await?;
    let dead_letters = &outputs.events_dead_letter_queue_url;
    world.queues.holds(dead_letters, 1, IN_THE_END).await?;
    ensure!(proxy.has_killed(cut)?, "no function was killed");

    proxy.disarm(cut);
    redrive(world, "events").await?;
    until("the event is stored", IN_THE_END, async || {
        let events = world.state.count_events(&lethal_user).await?;
        Ok(if events == 1 { Look::Found(()) } else { Look::not_yet(events) })
    })
    .await
}
