//! `grapnel doctor`. The stack `doctor` is for these tests alone: its queues hold what the doctor
//! sends, and its dead letters are nobody else's.

use super::{
    operator::{documented_policy, with_policy},
    program::{Program, Ran},
};
use anyhow::{Context, ensure};
use grapnel_tests::world::{SOON, World};
use serde_json::Value;
use std::collections::BTreeMap;

/// The part of docs/operate.md that grants the doctor's rights.
const CHECKS: &str = "\n### Check a deployment\n";

/// What each check came to, by its name.
type Outcomes = BTreeMap<String, String>;

/// What the program printed, line by line.
fn lines(ran: &Ran) -> anyhow::Result<Vec<Value>> {
    let lines = ran.stdout.lines().map(serde_json::from_str::<Value>);
    lines.collect::<Result<_, _>>().with_context(|| format!("{ran:?}"))
}

fn outcomes(lines: &[Value]) -> Outcomes {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let checks = lines.iter().filter(|line| line["check"].is_string());
    checks.map(|line| (text(&line["check"]), text(&line["outcome"]))).collect()
}

/// The line of a check.
fn check<'a>(lines: &'a [Value], name: &str) -> anyhow::Result<&'a Value> {
    let line = lines.iter().find(|line| line["check"] == name);
    line.with_context(|| format!("no check {name}: {lines:?}"))
}

/// The word of a check's line that begins so, such as an id.
fn word<'a>(line: &'a Value, beginning: &str) -> anyhow::Result<&'a str> {
    let detail = line["detail"].as_str().unwrap_or_default();
    let is_it = |word: &&str| word.starts_with(beginning);
    detail.split([' ', '/']).find(is_it).with_context(|| format!("{beginning}… in {line}"))
}

/// The program as an admin runs it, without a user's key.
fn admin(world: &World) -> anyhow::Result<Program> {
    let program = Program::of(world)?.without("GRAPNEL_KEY").without("GRAPNEL_URL");
    Ok(program.with("GRAPNEL_ADMIN_KEY", &world.stack.admin_key))
}

/// The doctor's user has no rows any more.
async fn is_clean(world: &World, user: &str) -> anyhow::Result<()> {
    for path in ["webhooks", "keys"] {
        let path = format!("/api/{path}?userId={user}");
        let list: Value = world.admin.get(&path).await?.json(200)?;
        ensure!(list["items"].as_array().is_some_and(Vec::is_empty), "{path}: {list}");
    }
    Ok(())
}

#[tokio::test]
async fn a_deployment_that_works_passes_with_the_documented_rights() -> anyhow::Result<()> {
    let world = World::doctor().await?;
    let stack = world.stack.stack_name.as_str();
    let cli = with_policy(&admin(&world)?, &world, &documented_policy(CHECKS, stack)?).await?;
    let ran =
        cli.run(&["doctor", "--stack", stack, "--api", &world.stack.api_url, "--json"]).await?;
    let lines = lines(&ran)?;
    let mut outcomes = outcomes(&lines);
    assert_eq!(outcomes.remove("long retry").as_deref(), Some("skipped"), "nobody asked for it");
    let expected = [
        "DeliveryIsolationQueue",
        "DeliveryQueue",
        "EventsIsolationQueue",
        "EventsQueue",
        "alarms",
        "clean-up",
        "concurrency",
        "dead letters",
        "functions",
        "health",
        "key",
        "log level",
        "preflight",
        "retry",
        "stack",
        "test delivery",
        "versions",
        "webhook",
    ];
    let passed: Outcomes = expected.map(|name| (name.to_owned(), "passed".to_owned())).into();
    assert_eq!(outcomes, passed, "{ran:?}");
    assert_eq!(ran.code, Some(0), "{ran:?}");

    is_clean(&world, word(check(&lines, "key")?, "doctor-")?).await?;
    let echo = word(check(&lines, "webhook")?, "echo_")?;
    assert_eq!(world.admin.get(&format!("/api/echoes/{echo}")).await?.status, 404, "{echo}");
    for (name, words) in [
        (
            "functions",
            ["ApiFunction (code ", "DeliveryFunction (code ", "IngestFunction (code "].as_slice(),
        ),
        ("versions", &[concat!("delivery runs ", env!("CARGO_PKG_VERSION"), ", like the API")]),
    ] {
        let detail = check(&lines, name)?["detail"].as_str().unwrap_or_default();
        ensure!(words.iter().all(|word| detail.contains(word)), "{name}: {detail}");
    }
    let left: Vec<&Value> = lines.iter().filter(|line| line["left"].is_string()).collect();
    for kind in ["event", "delivery"] {
        ensure!(left.iter().any(|line| line["left"] == kind), "no {kind}: {left:?}");
    }
    ensure!(left.iter().all(|line| line["expiresAt"].is_string()), "{left:?}");
    Ok(())
}

#[tokio::test]
async fn people_read_a_line_for_each_check() -> anyhow::Result<()> {
    let world = World::doctor().await?;
    let cli = admin(&world)?.with("GRAPNEL_URL", &world.stack.api_url);
    let receiver = world.receiver.url("/doctor");
    let words = ["doctor", "--receiver", &receiver, "--origin", "https://app.example.com"];
    let ran = cli.run(&words).await?;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let begins = |mark: &str| ran.stdout.lines().filter(|line| line.starts_with(mark)).count();
    ensure!(begins("✓ ") >= 6 && begins("✗ ") == 0 && begins("– ") >= 9, "{ran:?}");
    ensure!(ran.stdout.contains("– versions"), "a receiver of one's own shows no version: {ran:?}");
    ensure!(ran.stdout.contains("– retry"), "a receiver of one's own fails on no demand: {ran:?}");
    assert_eq!(world.requests("/doctor", 1).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_and_nothing_passes_for_it() -> anyhow::Result<()> {
    let world = World::doctor().await?;
    let stack = world.stack.stack_name.as_str();
    let mut policy = documented_policy(CHECKS, stack)?;
    for statement in policy["Statement"].as_array_mut().context("statements")? {
        let actions = statement["Action"].as_array_mut().context("actions")?;
        actions.retain(|action| {
            !["lambda:GetFunctionConfiguration", "sqs:GetQueueAttributes"]
                .contains(&action.as_str().unwrap_or_default())
        });
        if actions.is_empty() {
            // A statement needs an action.
            actions.push("sts:GetCallerIdentity".into());
        }
    }
    let keyless = admin(&world)?.without("GRAPNEL_ADMIN_KEY");
    let cli = with_policy(&keyless, &world, &policy).await?;
    let ran =
        cli.run(&["doctor", "--stack", stack, "--api", &world.stack.api_url, "--json"]).await?;
    let lines = lines(&ran)?;
    for (name, right) in [
        ("functions", "lambda:GetFunctionConfiguration"),
        ("log level", "lambda:GetFunctionConfiguration"),
        ("EventsQueue", "sqs:GetQueueAttributes"),
        ("dead letters", "sqs:GetQueueAttributes"),
        ("key", "GRAPNEL_ADMIN_KEY"),
    ] {
        let line = check(&lines, name)?;
        ensure!(line["outcome"] == "skipped", "{line}");
        ensure!(line["detail"].as_str().is_some_and(|it| it.contains(right)), "{line}");
    }
    for name in ["stack", "alarms", "concurrency", "health"] {
        ensure!(check(&lines, name)?["outcome"] == "passed", "{name}: {ran:?}");
    }
    assert_eq!(ran.code, Some(0), "nothing is known to be wrong: {ran:?}");

    let unknown = ["doctor", "--stack", "no-such-stack", "--api", &world.stack.api_url, "--json"];
    let ran = cli.with("AWS_SESSION_TOKEN", "").with("AWS_ACCESS_KEY_ID", "test");
    let ran = ran.with("AWS_SECRET_ACCESS_KEY", "test").run(&unknown).await?;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    ensure!(ran.stdout.contains("there is no stack no-such-stack"), "{ran:?}");
    Ok(())
}

#[tokio::test]
async fn what_is_out_of_order_is_told_and_nothing_is_left_behind() -> anyhow::Result<()> {
    let world = World::main().await?;
    world.receiver.answer_with("/broken", 500);
    let cli = admin(&world)?.with("GRAPNEL_URL", &world.stack.api_url);
    let broken = world.receiver.url("/broken");
    let ran = cli.run(&["doctor", "--receiver", &broken, "--json"]).await?;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    let told = lines(&ran)?;
    let failed = check(&told, "test delivery")?;
    ensure!(failed["outcome"] == "failed", "{failed}");
    ensure!(failed["whatToDo"].as_str().is_some_and(|it| it.contains("receiver")), "{failed}");
    for name in ["key", "webhook", "clean-up"] {
        ensure!(check(&told, name)?["outcome"] == "passed", "{name}: {ran:?}");
    }
    is_clean(&world, word(check(&told, "key")?, "doctor-")?).await?;

    let wrong = cli.with("GRAPNEL_ADMIN_KEY", "gak_wrong").run(&["doctor", "--json"]).await?;
    assert_eq!(wrong.code, Some(3), "{wrong:?}");
    let told = lines(&wrong)?;
    let failed = check(&told, "key")?;
    ensure!(failed["outcome"] == "failed" && failed["whatToDo"].is_string(), "{failed}");
    for name in ["webhook", "test delivery", "retry", "versions"] {
        ensure!(check(&told, name)?["outcome"] == "skipped", "{name}: {wrong:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_retry_by_a_shared_wait_is_waited_for() -> anyhow::Result<()> {
    // Its waits take a thousandth of their time.
    let world = World::scaled().await?;
    let cli = admin(&world)?.with("GRAPNEL_URL", &world.stack.api_url);
    let ran = cli.run(&["doctor", "--long", "--json"]).await?;
    let lines = lines(&ran)?;
    for name in ["test delivery", "retry", "long retry", "clean-up"] {
        ensure!(check(&lines, name)?["outcome"] == "passed", "{name}: {ran:?}");
    }
    ensure!(ran.stderr.contains("long retry: due in"), "it says for what it waits: {ran:?}");
    Ok(())
}

#[tokio::test]
async fn a_doctor_that_is_interrupted_leaves_nothing() -> anyhow::Result<()> {
    let world = World::doctor().await?;
    let cli = admin(&world)?.with("GRAPNEL_URL", &world.stack.api_url);
    let mut running = cli.start(&["doctor", "--long", "--json"]).await?;
    let mut lines: Vec<Value> = Vec::new();
    // From then on it waits for a quarter of an hour.
    while lines.last().is_none_or(|line| line["check"] != "retry") {
        lines.push(running.line(SOON * 2).await?);
    }
    let user = word(check(&lines, "key")?, "doctor-")?;
    let list: Value = world.admin.get(&format!("/api/webhooks?userId={user}")).await?.json(200)?;
    ensure!(list["items"].as_array().is_some_and(|items| items.len() == 1), "at work: {list}");
    assert_eq!(running.interrupt(SOON).await?, Some(1));
    is_clean(&world, user).await
}
