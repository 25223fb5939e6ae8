//! `cargo xtask redrive`: what was put aside because AWS failed is finished like any other, and what
//! cannot be processed stays until somebody asks for it.

use anyhow::{Context, ensure};
use aws_sdk_sqs::{Client, types::MessageAttributeValue};
use grapnel_domain::delivery::{Delivery, DeliveryStatus};
use grapnel_tests::{
    forged, stack,
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// A file that describes one stack, as `cargo xtask up` would have written it.
pub(crate) fn description(name: &str) -> anyhow::Result<PathBuf> {
    let stacks = std::env::var_os(stack::VARIABLE).context(stack::VARIABLE)?;
    let stacks: Value = serde_json::from_slice(&std::fs::read(stacks)?)?;
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("redrive-{name}.json"));
    std::fs::write(&file, stacks[name].to_string())?;
    Ok(file)
}

/// Redrives the stack's dead letters of a queue, as an operator would.
pub(crate) async fn redrive(stack: &Path, queue: &str, options: &[&str]) -> anyhow::Result<String> {
    // Not by `cargo run`: that would wait for whoever else builds.
    let xtask =
        std::env::var_os("GRAPNEL_XTASK").context("GRAPNEL_XTASK: run `cargo xtask test`")?;
    let mut command = Command::new(xtask);
    command.args(["redrive", "--queue", queue, "--stack"]).arg(stack).args(options);
    // The receiver has to answer meanwhile.
    let ended = tokio::task::spawn_blocking(move || command.output()).await?;
    let Output { status, stdout, stderr } = ended?;
    let text = String::from_utf8_lossy(&stdout).into_owned();
    ensure!(status.success(), "{text}\n{}", String::from_utf8_lossy(&stderr));
    Ok(text)
}

/// Puts the message of a delivery's first attempt aside.
async fn put_aside(world: &World, delivery: &Delivery, reason: Option<&str>) -> anyhow::Result<()> {
    let reason = reason.map(|text| {
        MessageAttributeValue::builder().data_type("String").string_value(text).build()
    });
    let mut request = Client::new(world.aws.config())
        .send_message()
        .queue_url(&world.stack.outputs.delivery_dead_letter_queue_url)
        .message_body(forged::message(delivery, 1));
    if let Some(reason) = reason.transpose()? {
        request = request.message_attributes("reason", reason);
    }
    request.send().await?;
    Ok(())
}

async fn is_delivered(world: &World, delivery: &Delivery) -> anyhow::Result<()> {
    until("the delivery's success", SOON, async || {
        let row = world.state.delivery(delivery.key()).await?;
        let done = row.status == DeliveryStatus::Success && row.attempts.len() == 1;
        Ok(if done { Look::Found(()) } else { Look::not_yet(row) })
    })
    .await
}

/// One test, as all that is redriven comes out of one queue.
#[tokio::test]
async fn a_redriven_message_is_finished_and_an_impossible_one_is_left() -> anyhow::Result<()> {
    // Nothing else is put aside on this stack.
    let world = World::scaled().await?;
    let stack = description("scaled")?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let failed = forged::pending(&world, &webhook).await?;
    let impossible = forged::pending(&world, &webhook).await?;
    put_aside(&world, &failed, None).await?;
    put_aside(&world, &impossible, Some("the reason\u{1b}[2J of a test")).await?;

    let text = redrive(&stack, "delivery", &[]).await?;
    is_delivered(&world, &failed).await?;
    ensure!(text.contains("the reason\\u{1b}[2J of a test"), "{text}");
    ensure!(text.contains(&impossible.id.to_string()), "{text}");
    ensure!(text.contains("--include-unprocessable"), "{text}");
    assert_eq!(world.state.delivery(impossible.key()).await?, impossible);

    // A second run finds only what the first one left, and at once: it was given back.
    let text = redrive(&stack, "delivery", &["--include-unprocessable"]).await?;
    is_delivered(&world, &impossible).await?;
    ensure!(!text.contains("the reason"), "{text}");

    // Nothing was sent twice, and nothing is left.
    let text = redrive(&stack, "delivery", &["--include-unprocessable"]).await?;
    let row = text.lines().find(|line| line.trim_start().starts_with("delivery"));
    let cells: Vec<_> = row.context("a row of the table")?.split_whitespace().collect();
    assert_eq!(cells, ["delivery", "0", "0"], "{text}");
    assert_eq!(world.receiver.received("/hook").len(), 2);
    Ok(())
}
