//! `grapnel replay`: many deliveries sent again.

use super::limit::Limit;
use crate::{
    failure::Failure,
    global::Global,
    ids,
    moment::{Moment, resolve},
    output::{Output, read},
    render::{self, View},
};
use clap::ValueEnum;
use grapnel_client::{Client, Replay, ReplayOrder, ReplayProgress};
use std::time::Duration;

/// How often progress is asked for.
const LOOK: Duration = Duration::from_millis(500);

/// What to do with replays.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Send failed deliveries of one webhook, or of all webhooks, again
    Start(Start),
    /// List replays, newest first
    List {
        #[command(flatten)]
        limit: Limit,
    },
    /// Show a replay
    Get {
        /// Replay id
        replay: String,
    },
    /// Show a replay's progress until it is finished
    Watch {
        /// Replay id
        replay: String,
    },
}

/// Which deliveries to send again.
#[derive(Debug, clap::Args)]
pub(crate) struct Start {
    /// Webhook id
    #[arg(required_unless_present = "all_webhooks")]
    webhook: Option<String>,
    /// All webhooks that are not disabled
    #[arg(long, conflicts_with = "webhook")]
    all_webhooks: bool,
    /// Status of the deliveries
    #[arg(long, value_enum, default_value_t)]
    status: Ended,
    /// Only this event type, or a group such as 'lead.*'
    #[arg(long, value_name = "TYPE")]
    event: Option<String>,
    /// Only events since this time: 03:00, today, '2026-11-29 03:00', or 2h for two hours ago
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only events before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// Show progress until the replay is finished
    #[arg(long)]
    watch: bool,
}

/// How a delivery ended.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Ended {
    /// Given up
    #[default]
    Failed,
    /// Accepted by the receiver
    Success,
}

/// Does it.
///
/// # Errors
/// When the API refuses.
pub(crate) async fn run(
    command: Command,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let client = global.client()?;
    match command {
        Command::Start(start) => start.run(&client, output).await,
        Command::List { limit } => {
            let (list, most) = (client.replays(), limit.most());
            let (table, row) = (render::replay::table, render::replay::row);
            output.list(list, most, table, row, "No replays.").await
        }
        Command::Get { replay } => {
            let replay = ids::replay(&client, &replay).await?;
            output.one(client.replay(&replay), render::replay::facts).await.map(|_| ())
        }
        Command::Watch { replay } => {
            let replay = ids::replay(&client, &replay).await?;
            watch(&client, &replay, output).await
        }
    }
}

impl Start {
    async fn run(self, client: &Client, output: &mut Output) -> Result<(), Failure> {
        let status = match self.status {
            Ended::Failed => "failed",
            Ended::Success => "success",
        };
        let order = ReplayOrder {
            user_id: None,
            status: Some(status.to_owned()),
            event: self.event,
            since: resolve(self.since, output.clock())?,
            until: resolve(self.until, output.clock())?,
        };
        let call = match &self.webhook {
            Some(webhook) => client.replay_webhook(&ids::webhook(client, webhook).await?, &order),
            None => client.replay_all(&order),
        };
        if !self.watch {
            let render = |replay: &Replay, _: &View| {
                let id = &replay.id;
                format!("{id} has begun. See its progress:\n  grapnel replay watch {id}")
            };
            return output.one(call, render).await.map(|_| ());
        }
        let begun: Replay = call.await?;
        watch(client, &begun.id, output).await
    }
}

/// Prints the progress whenever it has changed: on a terminal in one place.
async fn watch(client: &Client, id: &str, output: &mut Output) -> Result<(), Failure> {
    let terminal = console::Term::stderr();
    let shows = terminal.is_term() && !output.is_json();
    let mut shown = None;
    loop {
        let raw = client.replay(id).raw().await?;
        let replay: Replay = read(&raw)?;
        let is_over = replay.status == ReplayProgress::Finished;
        let seen = (replay.examined, replay.replayed);
        if is_over || (shown != Some(seen) && !shows) {
            if shows {
                terminal.clear_line()?;
            }
            match output.is_json() {
                true => output.raw(&raw)?,
                false => output.line(render::replay::progress(&replay))?,
            }
        } else if shows {
            terminal.clear_line()?;
            terminal.write_str(&render::replay::progress(&replay))?;
        }
        if is_over {
            return Ok(());
        }
        shown = Some(seen);
        tokio::time::sleep(LOOK).await;
    }
}
