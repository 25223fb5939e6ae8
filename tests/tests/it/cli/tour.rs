//! The README's tour, word by word: with the command line, with curl, and with both.

use super::program::Program;
use anyhow::{Context, ensure};
use grapnel_receiver::Reply;
use grapnel_tests::world::World;

/// The README's section with this name.
fn section(name: &str) -> anyhow::Result<String> {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
    let readme = std::fs::read_to_string(readme)?;
    let (_, rest) = readme.split_once(&format!("\n## {name}\n")).context("the section")?;
    Ok(rest.split_once("\n## ").context("its end")?.0.to_owned())
}

/// A way to take the tour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    CommandLine,
    Curl,
    Both,
}

/// The step that makes an attempt and waits for it.
const TEST: &str = r#"grapnel webhooks test "$WEBHOOK""#;

/// The tour's steps as one script.
fn script(way: Way) -> anyhow::Result<String> {
    let tour = section("A tour")?;
    let fences: Vec<&str> =
        tour.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [set_up, steps @ ..] = fences.as_slice() else { anyhow::bail!("no fences") };
    ensure!(set_up.contains("cargo xtask env"), "{set_up}");
    // curl alone treats an error answer as a success.
    let mut script = "curl() { command curl --fail-with-body \"$@\"; }\n".to_owned();
    for step in steps {
        let is_curl = step.contains("curl ");
        if way == Way::Both || is_curl == (way == Way::Curl) {
            // On a busy machine a test may take longer than the API waits for it.
            script.push_str(&step.replace(TEST, &format!("until {TEST}; do :; done")));
        }
        // A person who reads on gives the delivery enough time.
        if step.contains("events publish") || step.contains("Idempotency-Key") {
            script.push_str(
                "for _ in $(seq 600); do grapnel deliveries list \"$WEBHOOK\" --json | \
                 grep -q '\"status\":\"failed\"' && break; done\n",
            );
        }
    }
    Ok(script)
}

async fn take(way: Way, failures: usize) -> anyhow::Result<String> {
    let world = World::main().await?;
    let broken = Reply::status(503).body(r#"{"error":"the database is down"}"#);
    world.receiver.answer_with("/out-of-order", broken);
    let receiver = world.receiver.url("");
    let cli = Program::of(&world)?.with("GRAPNEL_RECEIVER", receiver.trim_end_matches('/'));
    let taken = cli.script(&script(way)?).await?;
    assert_eq!(taken.code, Some(0), "{taken:?}");
    world.requests("/out-of-order", failures).await?;
    ensure!(taken.stdout.contains("the database is down"), "the cause is shown: {taken:?}");
    // The test event, and the replayed event.
    world.requests("/crm", 2).await?;
    Ok(taken.stdout + &taken.stderr)
}

#[tokio::test]
async fn the_tour_can_be_taken_with_the_command_line() -> anyhow::Result<()> {
    let shown = take(Way::CommandLine, 1).await?;
    ensure!(shown.contains("whsec_"), "a new webhook shows its secret: {shown}");
    ensure!(shown.contains("finished: 1 examined, 1 sent again"), "{shown}");
    Ok(())
}

#[tokio::test]
async fn the_tour_can_be_taken_with_curl() -> anyhow::Result<()> {
    let shown = take(Way::Curl, 1).await?;
    ensure!(shown.contains("whsec_") && shown.contains("rpl_"), "{shown}");
    Ok(())
}

#[tokio::test]
async fn the_tour_can_be_taken_both_ways_at_once() -> anyhow::Result<()> {
    let shown = take(Way::Both, 2).await?;
    ensure!(shown.contains("finished: 2 examined, 2 sent again"), "{shown}");
    Ok(())
}
