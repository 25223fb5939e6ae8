//! `cargo xtask up`: starts the whole system on this machine, with a demo.

use crate::{
    artifacts::{self, LOCAL_PROFILE},
    demo::{self, Demo, LoggedDelivery},
    emulator::{self, Emulator},
    process::Group,
    receiver::{Delivery, Follower, Line, Signatures},
    running::{self, Purpose, Record, Service},
    stack::{Deployer, SAMPLE_SOURCE, Stack},
    terminal::{self, Step, pad, seconds},
    workspace::{Workspace, private_file, write_private},
};
use anyhow::{Context, Result, bail};
use console::style;
use serde::Serialize;
use std::{
    collections::HashSet,
    fs,
    path::PathBuf,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tokio::process::Command;

/// Time limit for the arrival of the sample events. They take about a second.
const ARRIVAL: Duration = Duration::from_secs(60);

/// How often the receiver's log is read.
const LOOK: Duration = Duration::from_millis(50);

/// How to bring it up.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Port of the local AWS on 127.0.0.1
    #[arg(long, default_value_t = 4566)]
    port: u16,
    /// Leave it running in the background; `cargo xtask down` stops it
    #[arg(long)]
    detach: bool,
}

/// The content of `target/local/stack.json`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Description<'a> {
    #[serde(flatten)]
    stack: &'a Stack,
    receiver_url: &'a str,
    user_id: &'a str,
    user_key: &'a str,
    webhook_id: &'a str,
    pids: Pids,
}

#[derive(Serialize)]
struct Pids {
    emulator: i32,
    receiver: i32,
}

/// What to do next, in another terminal.
const TRY_IT: &str = r#"  eval "$(cargo xtask env)"    # in another terminal, in this folder
  curl -s "$GRAPNEL_URL/api/webhooks" -H "Authorization: Bearer $GRAPNEL_KEY"
  README.md, "A tour", goes on from here, and shows the command line.
"#;

/// The running programs, to be ended in this order.
struct Running {
    receiver: Service,
    emulator: Emulator,
}

/// Starts the system, delivers the sample events, and stays (or not).
///
/// # Errors
/// If a step fails; everything that was started is then ended.
pub(crate) async fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let began = Instant::now();
    if let Some(how) = already_up(&running::survey(workspace)?) {
        bail!(
            "Grapnel is up already{how}.\nTo use it: eval \"$(cargo xtask env)\"\nTo start again \
             with an empty one: cargo xtask down, then cargo xtask up"
        );
    }
    let purpose = if options.detach { Purpose::Detached } else { Purpose::Up };
    let programs = emulator::install(workspace).await?;

    let artifacts = artifacts::build_for_host(workspace.root(), LOCAL_PROFILE).await?;

    let step = Step::begin("Local AWS");
    let emulator = Emulator::start(
        workspace,
        &emulator::Settings {
            programs: &programs,
            port: options.port,
            purpose,
            wait_scale: 1.0,
            name: "emulator",
        },
    )
    .await?;
    step.done(format!("on {}", emulator.endpoint_url()));

    let step = Step::begin("Stack");
    let deployer = Deployer::upload(workspace, &emulator.endpoint_url(), &artifacts).await?;
    let stack = deployer.deploy("grapnel", SAMPLE_SOURCE, &[]).await?;
    step.done("deployed from template.yaml");

    let step = Step::begin("Demo");
    let log = workspace.local("deliveries.jsonl");
    let secret = workspace.local("demo-secret");
    let receiver = start_receiver(workspace, &log, &secret, purpose)?;
    let mut running = Running { receiver, emulator };
    let mut follower = Follower::new(&log);
    let receiver_url = follower.listening().await?;
    let demo = Demo::set_up(&stack, &receiver_url).await?;
    write_private(&secret, demo.secret.as_bytes())?;
    step.done(format!("user {}, key and webhook", demo::USER));
    let mut description = describe(workspace, &stack, &demo, &receiver_url, &mut running)?;

    let events = demo::sample_events()?;
    let published = SystemTime::now();
    demo::publish(&stack, &events).await?;
    arrivals(&mut follower, published, events.len())
        .await
        .with_context(|| format!("see {}", running.emulator.log().display()))?;

    show_log(&demo::log_of_deliveries(&stack, &demo).await?);
    let console = demo::console_link(&stack).await?;
    show_places(&stack, &demo, &running, &receiver_url, &console);
    println!("Ready after {}.", seconds(began.elapsed()));
    if options.detach {
        println!("It stays up. Stop it with: cargo xtask down");
        description.stays = true;
        running.receiver.release().await;
        running.emulator.release().await;
        return Ok(());
    }
    println!("Deliveries are shown as they come. Stop with Ctrl-C.\n");
    stay(follower, running).await
}

/// Where a Grapnel that is up has its local AWS; `None` if no Grapnel is up. The receiver has a record
/// too, which names no port.
fn already_up(running: &[Record]) -> Option<String> {
    let is_up = |record: &&Record| record.purpose.is_up();
    running.iter().find(is_up)?;
    let local_aws = running.iter().filter(is_up).find(|record| record.name == emulator::NAME);
    Some(local_aws.map_or_else(String::new, |it| {
        format!(", its local AWS on port {} (process {})", it.port, it.group)
    }))
}

fn start_receiver(
    workspace: &Workspace,
    log: &PathBuf,
    secret: &PathBuf,
    purpose: Purpose,
) -> Result<Service> {
    // Empty, and readable only by the owner: it shows which events the user has.
    write_private(log, b"")?;
    write_private(secret, b"")?;
    let program = std::env::current_exe().context("finding this program")?;
    let mut command = Command::new(program);
    command.arg("receiver").arg("--log").arg(log).arg("--secret").arg(secret);
    if !purpose.stays() {
        command.args(["--with", &std::process::id().to_string()]);
    }
    let output = private_file(&workspace.local("receiver.log"))?;
    command.stdout(output.try_clone()?).stderr(output).current_dir(workspace.root());
    let group = Group::start(&mut command)?;
    Service::record(workspace, group, "receiver", purpose, 0)
}

fn describe(
    workspace: &Workspace,
    stack: &Stack,
    demo: &Demo,
    receiver_url: &str,
    running: &mut Running,
) -> Result<DescriptionFile> {
    let description = Description {
        stack,
        receiver_url,
        user_id: demo::USER,
        user_key: &demo.user_key,
        webhook_id: &demo.webhook_id,
        pids: Pids {
            emulator: running.emulator.group().id(),
            receiver: running.receiver.group().id(),
        },
    };
    let path = workspace.local("stack.json");
    write_private(&path, &serde_json::to_vec_pretty(&description)?)?;
    Ok(DescriptionFile { path, stays: false })
}

/// Shows deliveries until one of each event has arrived and been verified.
async fn arrivals(follower: &mut Follower, published: SystemTime, expected: usize) -> Result<()> {
    let step = Step::begin("Sample events");
    let deadline = Instant::now() + ARRIVAL;
    let mut verified = HashSet::new();
    while verified.len() < expected {
        for delivery in follower.news().into_iter().filter_map(delivery) {
            step.print_above(&line(&delivery, Some(published)));
            if delivery.signatures == Signatures::Right {
                verified.insert(delivery.event_id);
            }
        }
        step.say(format!("{} of {expected}", verified.len()));
        if Instant::now() > deadline {
            bail!("{} of {expected} events arrived within {ARRIVAL:?}", verified.len());
        }
        tokio::time::sleep(LOOK).await;
    }
    step.done(format!("{} delivered and verified", verified.len()));
    Ok(())
}

/// Shows deliveries until Ctrl-C, or until one of the programs has ended.
async fn stay(mut follower: Follower, mut running: Running) -> Result<()> {
    loop {
        for delivery in follower.news().into_iter().filter_map(delivery) {
            println!("{}", line(&delivery, None));
        }
        if let Some(status) = running.emulator.group().ended() {
            bail!(
                "the local AWS has ended ({status}); its log: {}",
                running.emulator.log().display()
            );
        }
        if let Some(status) = running.receiver.group().ended() {
            bail!("the receiver has ended ({status})");
        }
        tokio::time::sleep(LOOK).await;
    }
}

fn delivery(line: Line) -> Option<Delivery> {
    match line {
        Line::Delivery(delivery) => Some(delivery),
        Line::Listening { .. } => None,
    }
}

/// ✓ says that both signatures are right; anything else is said in words.
fn line(delivery: &Delivery, since: Option<SystemTime>) -> String {
    let (mark, verdict) = match &delivery.signatures {
        Signatures::Right => (style("✓").green(), ""),
        Signatures::Wrong(fault) => (style("✗").red(), fault.as_str()),
        Signatures::NotChecked => (style("•").dim(), "not checked"),
    };
    let arrived = Duration::from_millis(delivery.at_ms);
    let after = since
        .and_then(|since| since.duration_since(UNIX_EPOCH).ok())
        .map(|since| format!("after {} ms ", arrived.saturating_sub(since).as_millis()));
    let line = format!("  {mark} {} {}", pad(&delivery.event_type, 18), delivery.event_id);
    match (after.unwrap_or_default() + verdict).trim_end() {
        "" => line,
        remark => format!("{line}  {}", style(remark).dim()),
    }
}

/// The API's deliveries, next to what the receiver saw.
fn show_log(deliveries: &[LoggedDelivery]) {
    terminal::heading("On record");
    let rows: Vec<Vec<String>> = deliveries
        .iter()
        .rev()
        .map(|delivery| {
            let last = delivery.attempts.last();
            let answer = last.and_then(|attempt| attempt.status_code);
            vec![
                delivery.event.clone(),
                delivery.status.clone(),
                delivery.attempts.len().to_string(),
                answer.map_or_else(|| "none".to_owned(), |status| status.to_string()),
                last.map_or_else(String::new, |attempt| format!("{} ms", attempt.duration)),
            ]
        })
        .collect();
    terminal::table(&["event", "status", "attempts", "answer", "took"], &rows);
}

fn show_places(stack: &Stack, demo: &Demo, running: &Running, receiver_url: &str, console: &str) {
    terminal::heading("Where everything is");
    let places = [
        ("console", console.to_owned()),
        ("console, admin", demo::sign_in(stack, &stack.admin_key)),
        ("API", stack.api_url.clone()),
        ("admin key", stack.admin_key.clone()),
        ("user demo's key", demo.user_key.clone()),
        ("webhook", demo.webhook_id.clone()),
        ("receiver", receiver_url.to_owned()),
        ("event bus", format!("{}, source {}", stack.event_bus_name, stack.event_source)),
        ("local AWS", format!("{}, keys test/test, region {}", stack.endpoint_url, stack.region)),
        ("logs", running.emulator.log().display().to_string()),
        ("all of this", "target/local/stack.json".to_owned()),
    ];
    for (name, value) in places {
        println!("  {} {value}", style(pad(name, 16)).dim());
    }

    terminal::heading("Try it");
    println!("{TRY_IT}");
}

/// `stack.json`, which must be removed when the system ends.
struct DescriptionFile {
    path: PathBuf,
    stays: bool,
}

impl Drop for DescriptionFile {
    fn drop(&mut self) {
        if !self.stays {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, purpose: Purpose, port: u16) -> Record {
        Record { name: name.to_owned(), purpose, group: i32::from(port) + 1, owner: 1, port }
    }

    #[test]
    fn what_is_up_already_is_named_by_its_local_aws() {
        let receiver = record("receiver", Purpose::Up, 0);
        let local_aws = record(emulator::NAME, Purpose::Up, 4566);
        let of_tests = record(emulator::NAME, Purpose::Test, 4600);
        let running = [receiver.clone(), of_tests.clone(), local_aws];
        let expected = ", its local AWS on port 4566 (process 4567)";
        assert_eq!(already_up(&running).as_deref(), Some(expected));
        assert_eq!(already_up(&[receiver]).as_deref(), Some(""));
        assert_eq!(already_up(&[of_tests]), None);
    }

    #[test]
    fn the_first_lines_that_a_newcomer_sees_fit_80_columns() {
        let delivery = Delivery {
            at_ms: 1505,
            event_type: "workflow.completed".to_owned(),
            event_id: "evt_cdb90426-c621-837a-882c-b6da806f806f".to_owned(),
            bytes: 588,
            signatures: Signatures::Right,
        };
        let line = line(&delivery, Some(UNIX_EPOCH));
        let shown = console::strip_ansi_codes(&line);
        assert!(include_str!("../../README.md").contains(&format!("\n{shown}\n")), "{shown}");
        for line in TRY_IT.lines().chain([line.as_str()]) {
            assert!(console::measure_text_width(line) <= 80, "{line}");
        }
    }
}
