//! `grapnel webhooks`: where events go.

mod attempt;
mod change;

use super::limit::ShortListLimit;
use crate::{
    failure::{self, Failure},
    global::Global,
    ids,
    input::{ask, confirm, json_or_file},
    moment::parse_span,
    output::Output,
    render::{self, Cell, Facts, View},
    say::say,
};
use grapnel_client::{Delivery, DeliveryStatus, RotatedSecret, Secret, WebhookFilter};
use std::{process::ExitCode, time::Duration};

/// What to do with webhooks.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List webhooks, in order of creation
    List {
        #[command(flatten)]
        limit: ShortListLimit,
        /// Filter by status: active, failing or disabled
        #[arg(long)]
        status: Option<String>,
        /// Filter by subscribed event type, or a group such as 'lead.*'
        #[arg(long, value_name = "TYPE")]
        event: Option<String>,
        /// Filter by name prefix
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
    },
    /// Show a webhook
    Get {
        /// Webhook id
        id: String,
    },
    /// Create a webhook and show its secret
    Create(change::Create),
    /// Change the configuration of a webhook
    Update(change::Update),
    /// Delete a webhook
    Delete {
        /// Webhook id
        id: String,
        /// Do not ask for confirmation
        #[arg(long, short)]
        yes: bool,
    },
    /// Enable a webhook
    Enable {
        /// Webhook id
        id: String,
    },
    /// Disable a webhook: it receives no events
    Disable {
        /// Webhook id
        id: String,
    },
    /// Show a webhook's secret
    Secret {
        /// Webhook id
        id: String,
    },
    /// Create a new secret and show it; the old one keeps signing for a while
    RotateSecret {
        /// Webhook id
        id: String,
        /// How long the old secret keeps signing: up to 7d; default: 1d
        #[arg(long, value_name = "SPAN", value_parser = parse_span)]
        grace: Option<Duration>,
        /// Use your own secret, from a prompt or standard input
        #[arg(long)]
        own_secret: bool,
    },
    /// Test data against a webhook's filter, or another filter; exit code 3 if it does not pass
    TestFilter(attempt::Filter),
    /// Show the body that a webhook's template, or another template, produces for an event
    Preview(attempt::Template),
    /// Send a test event to a webhook and show the response; exit code 3 if it failed
    Test {
        /// Webhook id
        id: String,
        /// Event type; default: the first that the webhook subscribes to
        #[arg(long, value_name = "TYPE")]
        event: Option<String>,
        /// Data to send instead of the sample: JSON, or @FILE
        #[arg(long, value_name = "JSON")]
        data: Option<String>,
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
) -> Result<ExitCode, Failure> {
    let client = global.client()?;
    match command {
        Command::List { limit, status, event, name } => {
            let none = match status.is_none() && event.is_none() && name.is_none() {
                true => "No webhooks. Create one: `grapnel webhooks create https://…`",
                false => "No webhook matches.",
            };
            let filter = WebhookFilter { status: status.map(Into::into), event, name };
            let list = client.webhooks_where(filter);
            output
                .list(list, limit.most(), render::webhook::table, render::webhook::row, none)
                .await?;
        }
        Command::Get { id } => {
            let id = ids::webhook(&client, &id).await?;
            output.one(client.webhook(&id), render::webhook::facts).await?;
        }
        Command::Create(create) => create.run(&client, output).await?,
        Command::Update(update) => update.run(&client, output).await?,
        Command::Delete { id, yes } => {
            let id = ids::webhook(&client, &id).await?;
            confirm(&format!("Delete {id}? What is on its way to it will not arrive."), yes)?;
            client.delete_webhook(&id).await?;
            if !output.is_json() {
                output.line(format!("{id} is deleted."))?;
            }
        }
        Command::Enable { id } => {
            let id = ids::webhook(&client, &id).await?;
            change::set_status(&client, &id, "active", output).await?;
        }
        Command::Disable { id } => {
            let id = ids::webhook(&client, &id).await?;
            change::set_status(&client, &id, "disabled", output).await?;
        }
        Command::Secret { id } => {
            let id = ids::webhook(&client, &id).await?;
            output.one(client.secret(&id), |it: &Secret, _: &View| it.secret.clone()).await?;
        }
        Command::TestFilter(filter) => return filter.run(&client, output).await,
        Command::Preview(template) => template.run(&client, output).await?,
        Command::RotateSecret { id, grace, own_secret } => {
            let id = ids::webhook(&client, &id).await?;
            let secret = own_secret.then(|| ask("Secret (whsec_…)", true)).transpose()?;
            let grace = grace.map(|grace| grace.as_secs());
            let call = client.rotate_to(&id, secret.as_deref(), grace);
            let facts = |it: &RotatedSecret, view: &View| {
                let until = it.previous_secret_valid_until;
                Facts::default()
                    .with("secret", Cell::plain(&it.secret))
                    .with("old one ends", Cell::plain(view.clock.full(until)))
                    .text()
            };
            output.one(call, facts).await?;
        }
        Command::Test { id, event, data } => {
            let id = ids::webhook(&client, &id).await?;
            let call = match data {
                None => client.test_webhook(&id, event.as_deref()),
                Some(data) => {
                    client.test_webhook_with(&id, event.as_deref(), &json_or_file("--data", &data)?)
                }
            };
            let delivery: Delivery = output.one(call, render::delivery::facts).await?;
            if !delivery.is_settled() {
                let delivery = &delivery.id;
                say(&format!(
                    "No answer yet. See later:\n  grapnel deliveries get {id} {delivery}"
                ));
            }
            return Ok(failure::yes_or_no(delivery.status == DeliveryStatus::Success));
        }
    }
    Ok(ExitCode::SUCCESS)
}
