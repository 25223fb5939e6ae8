//! `grapnel listen`: a receiver on this machine, to see what arrives and to try what a webhook does
//! when its receiver fails.

mod kept;

use super::verify::SecretOptions;
use crate::{
    failure::Failure,
    global::Global,
    listen::{Answering, Forward, Receiver, Seen, Stop, Target},
    moment::parse_span,
    output::Output,
    render::folded,
    say::say,
    verdict,
};
use grapnel_verify::Secrets;
use kept::KeptWebhook;
use serde_json::json;
use std::{path::PathBuf, time::Duration};

/// Receive webhooks on this machine: verify, print and forward them.
///
/// Only a Grapnel on this machine reaches it; one on AWS needs a tunnel. With --events the command
/// creates a webhook that sends here. At the end, the command disables the webhook and does not delete
/// it: you can look at its deliveries, and the next run uses it again, with the same secret. Ctrl-C ends
/// the command.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, short, default_value_t = 9876)]
    port: u16,
    #[command(flatten)]
    secrets: SecretOptions,
    /// Create or reuse a webhook that sends these events here
    #[arg(long, value_name = "TYPE", value_delimiter = ',', conflicts_with_all = ["secrets", "webhook"])]
    events: Vec<String>,
    /// Forward each request to this address and return its response
    #[arg(long, value_name = "URL", value_parser = Target::parse)]
    forward: Option<Target>,
    /// Also trust the certificate authorities in this PEM file when forwarding to https
    #[arg(long, value_name = "FILE", requires = "forward")]
    forward_ca: Option<PathBuf>,
    /// Respond with this status
    #[arg(long, value_name = "CODE", default_value_t = 200, conflicts_with = "forward",
        value_parser = clap::value_parser!(u16).range(200..=599))]
    status: u16,
    /// Respond after this delay
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    delay: Option<Duration>,
    /// Save each request as a file in this folder, for `grapnel verify`
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
    let forward = options.forward.map(|to| Forward::new(to, options.forward_ca.as_deref()));
    let forward = forward.transpose()?;
    let receiver = Receiver::bind(options.port).await?;
    // Before there is a webhook, so that nothing ends this program without disabling it.
    let mut stop = Stop::listen()?;
    let url = receiver.url();
    let (kept, secrets) = if options.events.is_empty() {
        (None, options.secrets.read(global).await?)
    } else {
        let kept = KeptWebhook::take(global.client()?, &url, &options.events).await?;
        let secrets = verdict::secrets(&[kept.secret().to_owned()])?;
        (Some(kept), secrets)
    };
    let answering =
        Answering { delay: options.delay.unwrap_or_default(), status: options.status, forward };
    let serving =
        listen(receiver, secrets, answering, options.save, &mut stop, output, kept.as_ref());
    let result = serving.await;
    // Whatever ended it.
    if let Some(kept) = kept {
        put_away(&kept, &mut stop).await?;
    }
    result
}

async fn listen(
    receiver: Receiver,
    secrets: Secrets,
    answering: Answering,
    save: Option<PathBuf>,
    stop: &mut Stop,
    output: &mut Output,
    kept: Option<&KeptWebhook>,
) -> Result<(), Failure> {
    let url = receiver.url();
    if output.is_json() {
        output.json(&match kept {
            Some(kept) => {
                json!({ "listening": url, "webhook": kept.id(), "secret": kept.secret() })
            }
            None => json!({ "listening": url }),
        })?;
    } else {
        say(&format!("Listening on {url}. Ctrl-C ends it."));
        say(&sender(kept, secrets.is_empty()));
    }
    let view = output.view().clone();
    let mut count = 0_u64;
    let print = |seen: &Seen| -> Result<(), Failure> {
        count += 1;
        match output.is_json() {
            true => output.json(&seen.json()),
            false => output.line(folded(&seen.line(&view.clock), "  ", view.width)),
        }
    };
    let result = receiver.run(secrets, answering, save, stop.wanted(), print).await;
    say(&format!("\n{count} received."));
    result
}

/// Who sends here, and how its requests are checked.
fn sender(kept: Option<&KeptWebhook>, no_secret: bool) -> String {
    match (kept, no_secret) {
        (Some(kept), _) => format!(
            "Webhook {} sends here. Its secret, the same each time: {}",
            kept.id(),
            kept.secret()
        ),
        (None, false) => "Signatures are checked.".to_owned(),
        (None, true) => {
            "Nothing sends here yet. `grapnel listen --events '*'` creates a webhook that sends \
             here. Or change a webhook of yours so that it sends here, and name it with \
             --webhook, so that signatures are checked."
                .to_owned()
        }
    }
}

/// Disables the webhook until the next run, unless somebody will not wait for that.
async fn put_away(kept: &KeptWebhook, stop: &mut Stop) -> Result<(), Failure> {
    let id = kept.id();
    let left = |why: Failure| why.advise(format!("It still sends: grapnel webhooks disable {id}"));
    tokio::select! {
        done = kept.put_away() => done.map_err(left)?,
        () = stop.wanted() => return Err(left(Failure::new("the webhook is not disabled"))),
    }
    say(&format!(
        "Webhook {id} is disabled until the next run. What it sent:\n  grapnel deliveries list {id}"
    ));
    Ok(())
}
