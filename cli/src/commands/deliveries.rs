//! `grapnel deliveries`: the log of what was sent.

use crate::{args::Global, failure::Failure, output::Output, render};

/// What to do with deliveries.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List a webhook's deliveries, newest first
    List {
        /// The webhook
        webhook: String,
        /// At most so many
        #[arg(long, short = 'n', default_value_t = 20, value_name = "N")]
        limit: usize,
        /// All of them
        #[arg(long, conflicts_with = "limit")]
        all: bool,
    },
    /// Show a delivery with every attempt and its payload
    Get {
        /// The webhook
        webhook: String,
        /// The delivery
        delivery: String,
    },
    /// Send a delivery again now
    Retry {
        /// The webhook
        webhook: String,
        /// The delivery
        delivery: String,
    },
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
        Command::List { webhook, limit, all } => {
            let list = client.deliveries(&webhook).most(if all { usize::MAX } else { limit });
            let none = "No deliveries yet. Send one: grapnel webhooks test ID";
            output.list(list, render::delivery::table(), render::delivery::row, none).await
        }
        Command::Get { webhook, delivery } => {
            let call = client.delivery(&webhook, &delivery);
            output.one(call, render::delivery::facts).await.map(|_| ())
        }
        Command::Retry { webhook, delivery } => {
            let call = client.retry_delivery(&webhook, &delivery);
            let render = |found: &grapnel_client::Delivery, _| {
                let next = found.attempts.len() + 1;
                format!(
                    "Attempt {next} is on its way. See it: grapnel deliveries get {webhook} {delivery}"
                )
            };
            output.one(call, render).await.map(|_| ())
        }
    }
}
