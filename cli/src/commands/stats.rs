//! `grapnel stats`: figures of deliveries.

use crate::{
    failure::Failure,
    global::Global,
    ids,
    moment::{Moment, resolve},
    output::Output,
    render,
};
use clap::ValueEnum;
use grapnel_client::{StatsBy, StatsFilter};

/// Count deliveries: how many succeeded and failed, and how fast receivers answer
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Webhook id; default: all webhooks
    webhook: Option<String>,
    /// The last hours or days, such as 24h or 7d; default: 24h
    #[arg(long, value_name = "SPAN", conflicts_with_all = ["since", "until"])]
    last: Option<String>,
    /// Only events since the hour of this time: 03:00, today, or 2h for two hours ago
    #[arg(long, value_name = "TIME")]
    since: Option<Moment>,
    /// Only events before this time
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// Periods; default: hours for up to 48 hours
    #[arg(long)]
    by: Option<Period>,
    /// Filter by event type, or a group such as 'lead.*'
    #[arg(long, value_name = "TYPE")]
    event: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Period {
    Hour,
    Day,
}

/// Does it.
///
/// # Errors
/// When the API refuses.
pub(crate) async fn run(
    options: Options,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let client = global.client()?;
    let Options { webhook, last, since, until, by, event } = options;
    let webhook = match webhook {
        Some(webhook) => Some(ids::webhook(&client, &webhook).await?),
        None => None,
    };
    let filter = StatsFilter {
        from: resolve(since, output.clock())?,
        to: resolve(until, output.clock())?,
        last,
        by: by.map(|by| match by {
            Period::Hour => StatsBy::Hour,
            Period::Day => StatsBy::Day,
        }),
        webhook,
        event,
    };
    output.one(client.stats(filter), render::stats::report).await?;
    Ok(())
}
