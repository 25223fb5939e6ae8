//! `grapnel deliveries`: the log of what was sent.

use super::limit::Limit;
use crate::{
    clock::Clock,
    failure::{self, Failure},
    global::Global,
    ids,
    input::confirm,
    moment::{Moment, resolve},
    output::Output,
    render::{self, View},
    say::say,
};
use grapnel_client::{Delivery, DeliveryFilter, DeliveryStatus};
use std::process::ExitCode;

/// What to do with deliveries.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List deliveries, newest first
    List {
        /// Webhook id; default: all webhooks
        webhook: Option<String>,
        #[command(flatten)]
        limit: Limit,
        #[command(flatten)]
        which: Which,
    },
    /// Show a delivery with its attempts and payload
    Get {
        /// Webhook id
        webhook: String,
        /// Delivery id
        delivery: String,
    },
    /// Explain why a delivery is delivered, ended or waiting, and what comes next
    Explain {
        /// Webhook id
        webhook: String,
        /// Delivery id
        delivery: String,
    },
    /// Erase the stored response bodies of an ended delivery; status codes stay
    Erase {
        /// Webhook id
        webhook: String,
        /// Delivery id
        delivery: String,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
    /// Retry a delivery now
    Retry {
        /// Webhook id
        webhook: String,
        /// Delivery id
        delivery: String,
        /// Wait up to 10s for the attempt and show it; exit code 3 if it failed
        #[arg(long)]
        wait: bool,
    },
    /// Cancel a delivery: no further attempt
    Cancel {
        /// Webhook id
        webhook: String,
        /// Delivery id
        delivery: String,
    },
}

/// Which deliveries to list.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Filter by status: pending, retrying, success or failed
    #[arg(long)]
    status: Option<String>,
    /// Filter by what the next attempt waits for: retry, circuit or rateLimit
    #[arg(long, value_name = "WAIT")]
    waiting_for: Option<String>,
    /// Filter by event type, or a group such as 'lead.*'
    #[arg(long, value_name = "TYPE")]
    event: Option<String>,
    /// Filter by the last response: 503, 5xx, or none
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// Only events since this time: 03:00, today, '2026-11-29 03:00', or 2h for two hours ago
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only events before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
}

impl Which {
    /// Whether every delivery is meant.
    fn is_any(&self) -> bool {
        let Self { status, waiting_for, event, code, since, until } = self;
        let texts = [status, waiting_for, event, code];
        texts.iter().all(|it| it.is_none()) && since.is_none() && until.is_none()
    }

    fn filter(self, clock: &Clock) -> Result<DeliveryFilter, Failure> {
        Ok(DeliveryFilter {
            status: self.status.map(DeliveryStatus::from),
            waiting_for: self.waiting_for.map(Into::into),
            event: self.event,
            status_code: self.code,
            since: resolve(self.since, clock)?,
            until: resolve(self.until, clock)?,
        })
    }
}

/// How long the API waits for an attempt.
const WAIT_SECONDS: u32 = 10;

/// Does it.
///
/// # Errors
/// When the API refuses.
pub(crate) async fn run(
    command: Command,
    global: &Global,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    let client = global.client()?;
    let find = async |webhook: &str, delivery: &str| {
        let webhook = ids::webhook(&client, webhook).await?;
        let delivery = ids::delivery(&client, &webhook, delivery).await?;
        Ok::<_, Failure>((webhook, delivery))
    };
    match command {
        Command::List { webhook, limit, which } => {
            let is_any = which.is_any();
            let filter = which.filter(output.clock())?;
            let none = match is_any {
                true => "No deliveries. Send one: `grapnel webhooks test ID`",
                false => "No delivery matches.",
            };
            match webhook {
                Some(webhook) => {
                    let webhook = ids::webhook(&client, &webhook).await?;
                    let list = client.deliveries_where(&webhook, filter);
                    let most = limit.most();
                    output
                        .list(list, most, render::delivery::table, render::delivery::row, none)
                        .await?;
                }
                None => {
                    let list = client.all_deliveries_where(filter);
                    let (table, row) =
                        (render::delivery::table_of_all, render::delivery::row_of_all);
                    output.list(list, limit.most(), table, row, none).await?;
                }
            }
        }
        Command::Get { webhook, delivery } => {
            let (webhook, delivery) = find(&webhook, &delivery).await?;
            output.one(client.delivery(&webhook, &delivery), render::delivery::facts).await?;
        }
        Command::Explain { webhook, delivery } => {
            let (webhook, delivery) = find(&webhook, &delivery).await?;
            let call = client.explain_delivery(&webhook, &delivery);
            output.one(call, render::explanation::facts).await?;
        }
        Command::Erase { webhook, delivery, yes } => {
            let (webhook, delivery) = find(&webhook, &delivery).await?;
            confirm(&format!("Erase what receivers answered to {delivery}?"), yes)?;
            client.erase_responses(&webhook, &delivery).await?;
            if !output.is_json() {
                output.line(format!("What receivers answered to {delivery} is erased."))?;
            }
        }
        Command::Retry { webhook, delivery, wait: false } => {
            let (webhook, delivery) = find(&webhook, &delivery).await?;
            let call = client.retry_delivery(&webhook, &delivery);
            let render = |found: &Delivery, _: &View| on_its_way(found, found.attempts.len() + 1);
            output.one(call, render).await?;
        }
        Command::Retry { webhook, delivery, wait: true } => {
            let (webhook, delivery) = find(&webhook, &delivery).await?;
            let before = client.delivery(&webhook, &delivery).await?.attempts.len();
            let call = client.retry_delivery_and_wait(&webhook, &delivery, WAIT_SECONDS);
            let found = output.one(call, render::delivery::facts).await?;
            // A success stays one, so it is the attempt that tells.
            let Some(attempt) = found.attempts.get(before..).and_then(<[_]>::last) else {
                say(&on_its_way(&found, before + 1));
                return Ok(failure::yes_or_no(false));
            };
            return Ok(failure::yes_or_no(attempt.error.is_none()));
        }
        Command::Cancel { webhook, delivery } => {
            let (webhook, delivery) = find(&webhook, &delivery).await?;
            let call = client.cancel_delivery(&webhook, &delivery);
            output.one(call, render::delivery::facts).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn on_its_way(delivery: &Delivery, number: usize) -> String {
    let (webhook, id) = (&delivery.webhook_id, &delivery.id);
    format!("Attempt {number} is on its way. See it:\n  grapnel deliveries get {webhook} {id}")
}
