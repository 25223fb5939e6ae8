//! `grapnel verify`: checks a saved request.

use crate::{
    failure::{self, Failure},
    global::Global,
    ids,
    moment::{Moment, parse_span, resolve},
    output::Output,
    say::say,
    verdict::{self, ReportJson},
};
use grapnel_verify::{InvalidRequest, SavedRequest, Secrets, TOLERANCE};
use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

/// Most bytes of a request that is read.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// Check the signatures of a saved request.
///
/// The request is a file, or standard input: headers, an empty line, then the body byte for byte; a
/// request line may come first. Or give its parts with -H and --body-file. Exit code 0: the request
/// is verified; 3: it is not, and the output says why.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// File with the request; `-` is standard input
    #[arg(default_value = "-", conflicts_with = "headers")]
    file: PathBuf,
    /// A header of the request, instead of a file
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE",
        value_parser = SavedRequest::parse_header)]
    headers: Vec<(String, String)>,
    /// The body
    #[arg(long, value_name = "TEXT", requires = "headers", conflicts_with = "body_file")]
    body: Option<String>,
    /// A file with the body; `-` is standard input
    #[arg(long, value_name = "FILE", requires = "headers")]
    body_file: Option<PathBuf>,
    #[command(flatten)]
    secrets: SecretOptions,
    /// How far webhook-timestamp may be from now
    #[arg(long, value_name = "SPAN", value_parser = parse_span, conflicts_with = "any_age")]
    tolerance: Option<Duration>,
    /// Accept a signature of any age
    #[arg(long)]
    any_age: bool,
    /// Verify as of this time: when the request arrived
    #[arg(long, value_name = "TIME")]
    at: Option<Moment>,
}

/// Where the secret comes from.
#[derive(Debug, clap::Args)]
pub(crate) struct SecretOptions {
    /// Secret of the webhook; repeatable: one of them must match [env: GRAPNEL_SECRET]
    #[arg(long = "secret", value_name = "SECRET")]
    secrets: Vec<String>,
    /// Webhook id, to read its secret from the API
    #[arg(long, value_name = "ID")]
    webhook: Option<String>,
}

impl SecretOptions {
    /// The secrets. The environment's counts where none is given otherwise.
    ///
    /// # Errors
    /// When one is none, or the API does not show it.
    pub(crate) async fn read(&self, global: &Global) -> Result<Secrets, Failure> {
        let mut texts = self.secrets.clone();
        if let Some(webhook) = &self.webhook {
            let client = global.client()?;
            let webhook = ids::webhook(&client, webhook).await?;
            texts.push(client.secret(&webhook).await?.secret);
        }
        if texts.is_empty() {
            let variable = std::env::var("GRAPNEL_SECRET").ok();
            texts.extend(variable.filter(|text| !text.is_empty()));
        }
        verdict::secrets(&texts)
    }
}

/// Checks it.
///
/// # Errors
/// When it cannot be read or there is no secret. That it is not verified is none.
pub(crate) async fn run(
    options: Options,
    global: &Global,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    let secrets = options.secrets.read(global).await?;
    if secrets.is_empty() {
        return Err(Failure::usage("there is no secret to check with")
            .advise("Give it by --secret or GRAPNEL_SECRET, or name the webhook by --webhook."));
    }
    let captured = options.request()?;
    let now = resolve(options.at, output.clock())?.unwrap_or(output.clock().now());
    let tolerance =
        if options.any_age { Duration::MAX } else { options.tolerance.unwrap_or(TOLERANCE) };
    let report = secrets
        .judge(&captured.received(), now, tolerance)
        .ok_or_else(|| Failure::usage("there is no secret to check with"))?;
    for remark in &captured.remarks {
        say(&format!("note: {remark}"));
    }
    if output.is_json() {
        output.json(&ReportJson::of(&report))?;
    } else {
        output.prose(verdict::text(&report).trim_end())?;
    }
    Ok(failure::yes_or_no(report.is_verified()))
}

impl Options {
    fn request(&self) -> Result<SavedRequest, Failure> {
        if self.headers.is_empty() {
            return SavedRequest::parse(&read(&self.file)?).map_err(refused);
        }
        let body = match (&self.body, &self.body_file) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(file)) => read(file)?,
            (None, None) => read(Path::new("-"))?,
        };
        Ok(SavedRequest { headers: self.headers.clone(), body, remarks: Vec::new() })
    }
}

/// What to do about a text that is no request.
fn refused(error: InvalidRequest) -> Failure {
    let advice = match error {
        InvalidRequest::Encoded(_) => "Give it apart: --body-file FILE",
        InvalidRequest::NoEnd | InvalidRequest::NoHeaders(_) => {
            "Expected: headers, an empty line, then the body as it arrived; a request line such as \
             `POST /hook HTTP/1.1` may come first. Or give the parts: -H 'webhook-id: …' … \
             --body-file FILE"
        }
    };
    Failure::new(error.to_string()).advise(advice)
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let is_input = file == Path::new("-");
    let read = if is_input {
        std::io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)
    } else {
        fs::File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
    };
    let name = if is_input { "standard input".into() } else { file.display().to_string() };
    match read {
        Ok(length) if length as u64 == MOST_BYTES => {
            Err(Failure::new(format!("{name} is over {MOST_BYTES} bytes")))
        }
        Ok(_) => Ok(bytes),
        Err(error) => Err(Failure::new(format!("{name}: {error}"))),
    }
}
