//! `grapnel admin dead-letters`: a message that was put aside because AWS failed is finished like any
//! other, and one that cannot be processed stays until somebody asks for it.

use super::{
    operator::{documented_policy, with_policy},
    program::Program,
};
use anyhow::{Context, ensure};
use aws_sdk_sqs::{Client, types::MessageAttributeValue};
use grapnel_domain::delivery::{AttemptNumber, Delivery, DeliveryStatus};
use grapnel_tests::{
    forged,
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::{Value, json};

/// The words of a command, for this world's stack.
fn words<'a>(world: &'a World, command: &'a str, options: &[&'a str]) -> Vec<&'a str> {
    let words = ["admin", "dead-letters", command, "--stack", &world.stack.stack_name];
    [&words[..], options].concat()
}

/// The program with the rights that the documentation grants, and nothing that leads to the API.
async fn operator(world: &World) -> anyhow::Result<Program> {
    let policy = documented_policy("\n## Dead letters\n", &world.stack.stack_name)?;
    let program = Program::of(world)?.without("GRAPNEL_KEY").without("GRAPNEL_URL");
    with_policy(&program, world, &policy).await
}

/// Sends the dead letters of a queue back, as an operator does.
pub(crate) async fn redrive(world: &World, queue: &str) -> anyhow::Result<()> {
    let words = words(world, "redrive", &["--queue", queue, "--yes"]);
    operator(world).await?.done(&words).await.map(|_| ())
}

/// What the program prints, line by line.
async fn lines(cli: &Program, words: &[&str]) -> anyhow::Result<Vec<Value>> {
    let text = cli.done(&[words, &["--json"]].concat()).await?;
    text.lines().map(|line| serde_json::from_str(line).context(line.to_owned())).collect()
}

/// Puts the message of a delivery's first attempt aside.
async fn put_aside(world: &World, delivery: &Delivery, reason: Option<&str>) -> anyhow::Result<()> {
    let reason = reason.map(|text| {
        MessageAttributeValue::builder().data_type("String").string_value(text).build()
    });
    let mut request = Client::new(world.aws.config())
        .send_message()
        .queue_url(&world.stack.outputs.delivery_dead_letter_queue_url)
        .message_body(forged::message(delivery, AttemptNumber::FIRST));
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

/// One test, as all messages come out of one queue.
#[tokio::test]
async fn a_redriven_message_is_finished_and_an_impossible_one_is_left() -> anyhow::Result<()> {
    // Nothing else is put aside on this stack.
    let world = World::scaled().await?;
    let cli = operator(&world).await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let failed = forged::pending(&world, &webhook).await?;
    let impossible = forged::pending(&world, &webhook).await?;
    let other = forged::pending(&world, &webhook).await?;
    put_aside(&world, &failed, None).await?;
    put_aside(&world, &impossible, Some("the reason\u{1b}[2J of a test")).await?;
    put_aside(&world, &other, Some("another reason")).await?;

    // A list leaves everything where it is, to be seen again at once.
    for _ in 0..2 {
        let listed = lines(&cli, &words(&world, "list", &[])).await?;
        let mut ids: Vec<_> = listed.iter().filter_map(|it| it["deliveryId"].as_str()).collect();
        ids.sort_unstable();
        let mut expected = [&failed, &impossible, &other].map(|it| it.id.to_string());
        expected.sort_unstable();
        assert_eq!(ids, expected);
    }
    let text = cli.done(&words(&world, "list", &["--queue", "delivery"])).await?;
    ensure!(text.contains("the reason\\u{1b}[2J of a test"), "{text}");
    ensure!(text.contains(&impossible.id.to_string()), "{text}");
    let listed = lines(&cli, &words(&world, "list", &["--reason", "another"])).await?;
    let [line] = &listed[..] else { anyhow::bail!("one: {listed:?}") };
    assert_eq!(line["deliveryId"], other.id.to_string());
    ensure!(lines(&cli, &words(&world, "list", &["--until", "1d"])).await?.is_empty());

    let refused = cli.run(&words(&world, "redrive", &[])).await?;
    assert_eq!(refused.code, Some(2), "nobody was there to say yes: {refused:?}");

    let ran = cli.run(&words(&world, "redrive", &["--yes"])).await?;
    ensure!(ran.code == Some(0) && ran.stdout.contains("delivery  1 sent back, 2 left"), "{ran:?}");
    ensure!(
        ran.stdout.contains("another reason") && ran.stderr.contains("--with-reason"),
        "{ran:?}"
    );
    is_delivered(&world, &failed).await?;
    assert_eq!(world.state.delivery(impossible.key()).await?, impossible);

    // By its id a message is sent back with its reason.
    let id = line["messageId"].as_str().context("its id")?;
    let sent = lines(&cli, &words(&world, "redrive", &[&id[..8], "--yes"])).await?;
    let [sent] = &sent[..] else { anyhow::bail!("one: {sent:?}") };
    assert_eq!((&sent["messageId"], &sent["outcome"]), (&line["messageId"], &json!("sentBack")));
    is_delivered(&world, &other).await?;

    let ran = cli.run(&words(&world, "redrive", &["--with-reason", "--yes"])).await?;
    ensure!(ran.stdout.contains("delivery  1 sent back, 0 left"), "{ran:?}");
    is_delivered(&world, &impossible).await?;

    // Nothing was sent twice, and nothing is left.
    let ran = cli.run(&words(&world, "redrive", &["--with-reason", "--yes"])).await?;
    ensure!(ran.stdout.contains("delivery  0 sent back, 0 left"), "{ran:?}");
    ensure!(lines(&cli, &words(&world, "list", &[])).await?.is_empty());
    assert_eq!(world.receiver.received("/hook").len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_right_or_a_stack_that_is_missing_is_named() -> anyhow::Result<()> {
    let world = World::scaled().await?;
    let program = Program::of(&world)?;
    let mut policy = documented_policy("\n## Dead letters\n", &world.stack.stack_name)?;
    for statement in policy["Statement"].as_array_mut().context("statements")? {
        let actions = statement["Action"].as_array_mut().context("actions")?;
        actions.retain(|action| *action != "sqs:ReceiveMessage");
    }
    let cli = with_policy(&program, &world, &policy).await?;
    let ran = cli.run(&words(&world, "list", &[])).await?;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    ensure!(ran.stderr.contains("the right sqs:ReceiveMessage is missing"), "{ran:?}");

    let unknown = ["admin", "dead-letters", "list", "--stack", "no-such-stack"];
    let owner = cli.without("AWS_SESSION_TOKEN").with("AWS_ACCESS_KEY_ID", "test");
    let ran = owner.with("AWS_SECRET_ACCESS_KEY", "test").run(&unknown).await?;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    ensure!(ran.stderr.contains("there is no stack no-such-stack"), "{ran:?}");
    let keyless = program.with("AWS_EC2_METADATA_DISABLED", "true").with("AWS_REGION", "us-east-1");
    let ran = keyless.run(&words(&world, "list", &[])).await?;
    ensure!(ran.code == Some(1) && ran.stderr.contains("AWS credentials"), "{ran:?}");
    Ok(())
}
