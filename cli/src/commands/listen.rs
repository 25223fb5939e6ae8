//! `grapnel listen`: a receiver on this machine, to see what arrives and to try what a webhook does
//! when its receiver fails.

use super::verify::SecretOptions;
use crate::{
    args::Global,
    failure::Failure,
    listen::{Answering, Forward, Receiver, Seen},
    moment::parse_span,
    output::Output,
    verdict::Secrets,
};
use grapnel_client::{Client, NewWebhook};
use serde_json::json;
use std::{path::PathBuf, time::Duration};

/// Receive webhooks on this machine: verify, print a line for each, answer or pass on.
///
/// Only this machine reaches it. A Grapnel that runs here does; one on AWS does through a tunnel of
/// yours. Ctrl-C ends it.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The port on 127.0.0.1; 0 takes any that is free
    #[arg(long, short, default_value_t = 9876)]
    port: u16,
    #[command(flatten)]
    secrets: SecretOptions,
    /// Make a webhook for these events that sends here, and delete it at the end
    #[arg(long, value_name = "TYPE", value_delimiter = ',', conflicts_with_all = ["secrets", "webhook"])]
    events: Vec<String>,
    /// Pass each request on to this address and answer as it does
    #[arg(long, value_name = "URL", value_parser = Forward::parse)]
    forward: Option<Forward>,
    /// Answer with this status
    #[arg(long, value_name = "CODE", default_value_t = 200, conflicts_with = "forward",
        value_parser = clap::value_parser!(u16).range(200..=599))]
    status: u16,
    /// Answer after this time
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    delay: Option<Duration>,
    /// Keep each request in a file of this folder, for `grapnel verify`
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
}

/// Receives until it is ended.
///
/// # Errors
/// When the port is taken, or the API refuses.
pub(crate) async fn run(
    options: Options,
    global: &Global,
    output: &mut Output,
) -> Result<(), Failure> {
    let receiver = Receiver::bind(options.port).await?;
    let url = receiver.url();
    let mut own = None;
    let secrets = if options.events.is_empty() {
        options.secrets.read(global).await?
    } else {
        let made = Own::make(global.client()?, &url, &options.events).await?;
        let secrets = Secrets::parse(std::slice::from_ref(&made.secret));
        own = Some(made);
        secrets?
    };
    let answering = Answering {
        delay: options.delay.unwrap_or_default(),
        status: options.status,
        forward: options.forward,
    };
    let result = listen(receiver, secrets, answering, options.save, output, own.as_ref()).await;
    // Whatever ended it.
    if let Some(own) = own {
        own.client.delete_webhook(&own.id).await?;
        eprintln!("{} is deleted.", own.id);
    }
    result
}

async fn listen(
    receiver: Receiver,
    secrets: Secrets,
    answering: Answering,
    save: Option<PathBuf>,
    output: &mut Output,
    own: Option<&Own>,
) -> Result<(), Failure> {
    let url = receiver.url();
    if output.is_json() {
        output.json(&json!({ "listening": url }))?;
    } else {
        let with = match (own, secrets.is_empty()) {
            (Some(own), _) => format!("{} sends here", own.id),
            (None, true) => "signatures are not checked: give --secret or --webhook".to_owned(),
            (None, false) => "signatures are checked".to_owned(),
        };
        eprintln!("Listening on {url} ({with}). Ctrl-C ends it.");
    }
    let clock = output.clock().clone();
    let mut count = 0_u64;
    let print = |seen: &Seen| -> Result<(), Failure> {
        count += 1;
        match output.is_json() {
            true => output.json(&seen.json()),
            false => output.line(seen.line(&clock)),
        }
    };
    let result = receiver.run(secrets, answering, save, print).await;
    eprintln!("\n{count} received.");
    result
}

/// The webhook that sends here.
struct Own {
    client: Client,
    id: String,
    secret: String,
}

impl Own {
    async fn make(client: Client, url: &str, events: &[String]) -> Result<Self, Failure> {
        let new = NewWebhook::new("grapnel listen", url, events.iter().cloned());
        let made = client.create_webhook(&new).await.map_err(Failure::from)?;
        Ok(Self { client, id: made.id, secret: made.secret })
    }
}
