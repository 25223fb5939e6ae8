//! The demo's receiver: checks every signature as users should, and writes a log.
//!
//! It is a separate program (`cargo xtask receiver`), so that it can continue after `up --detach`
//! ends. The program that started it reads the log: one JSON line when it listens, then one per
//! delivery.

mod verify;

use crate::process;
use anyhow::{Context, Result};
use grapnel_receiver::{ReceivedRequest, Reply, TestReceiver};
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// The path that the demo's webhook points to.
const PATH: &str = "/grapnel";

/// A path that always fails, for the README's tour.
const FAILING_PATH: &str = "/out-of-order";

#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The log to write
    #[arg(long)]
    log: PathBuf,
    /// The file that will hold the webhook's secret once there is one
    #[arg(long)]
    secret: PathBuf,
    /// End when this process does
    #[arg(long)]
    with: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub(crate) enum Line {
    /// The receiver listens.
    Listening { url: String },
    /// A request has arrived.
    Delivery(Delivery),
}

/// The relevant part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivery {
    /// When it arrived, in milliseconds since 1970.
    pub(crate) at_ms: u64,
    /// The event's type.
    pub(crate) event_type: String,
    pub(crate) event_id: String,
    /// The body's size.
    pub(crate) bytes: usize,
    pub(crate) signatures: Signatures,
}

/// The result of the check of a request's signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Signatures {
    /// Both are right.
    Right,
    /// One is wrong; the text says how.
    Wrong(String),
    /// It was sent for another webhook, whose secret only its creator knows.
    NotChecked,
}

/// Receives until it is ended.
///
/// # Errors
/// If there is no free port or the log can't be written.
pub(crate) async fn run(options: Options) -> Result<()> {
    if let Some(parent) = options.with {
        tokio::spawn(async move {
            process::end_with_parent(parent).await;
            std::process::exit(0);
        });
    }
    let receiver = TestReceiver::start().await.context("starting the receiver")?;
    let broken = Reply::status(503).body(r#"{"error":"the database is down"}"#);
    receiver.answer_with(FAILING_PATH, broken);
    let mut requests = receiver.subscribe();
    let mut log = File::options().create(true).append(true).open(&options.log)?;
    let mut write = |line: &Line| -> Result<()> {
        // In one write, so that a reader never treats half a line as a whole one.
        log.write_all(format!("{}\n", serde_json::to_string(line)?).as_bytes())?;
        Ok(())
    };
    write(&Line::Listening { url: receiver.url(PATH) })?;
    while let Some(request) = requests.recv().await {
        write(&Line::Delivery(judge(&request, &options.secret)))?;
    }
    Ok(())
}

fn judge(request: &ReceivedRequest, secret: &Path) -> Delivery {
    #[derive(Deserialize)]
    struct Envelope {
        #[serde(rename = "type")]
        event_type: String,
    }
    let envelope: Option<Envelope> = serde_json::from_slice(&request.body).ok();
    let signatures = if request.path == PATH {
        let secret = fs::read_to_string(secret).unwrap_or_default();
        verify::verify(&request.headers, &request.body, &secret, SystemTime::now())
            .map_or_else(Signatures::Wrong, |()| Signatures::Right)
    } else {
        Signatures::NotChecked
    };
    let at = request.at.duration_since(UNIX_EPOCH).unwrap_or_default();
    Delivery {
        at_ms: u64::try_from(at.as_millis()).unwrap_or(u64::MAX),
        event_type: envelope.map_or_else(|| "(not an envelope)".to_owned(), |it| it.event_type),
        event_id: request.header("webhook-id").unwrap_or("(no id)").to_owned(),
        bytes: request.body.len(),
        signatures,
    }
}

/// Reads a receiver's log while it grows.
#[derive(Debug)]
pub(crate) struct Follower {
    log: PathBuf,
    read: usize,
}

impl Follower {
    /// Starts at the beginning of the log.
    pub(crate) fn new(log: &Path) -> Self {
        Self { log: log.to_owned(), read: 0 }
    }

    /// The complete new lines.
    pub(crate) fn news(&mut self) -> Vec<Line> {
        let content = fs::read(&self.log).unwrap_or_default();
        let new = content.get(self.read..).unwrap_or_default();
        let complete = new.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.read += complete;
        let lines = new[..complete].split(|byte| *byte == b'\n');
        lines.filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }

    /// Waits until the receiver listens. Returns its URL.
    ///
    /// # Errors
    /// If it does not within ten seconds.
    pub(crate) async fn listening(&mut self) -> Result<String> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            for line in self.news() {
                if let Line::Listening { url } = line {
                    return Ok(url);
                }
            }
            anyhow::ensure!(Instant::now() < deadline, "the receiver did not start");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_follower_gives_each_whole_line_once() {
        let log = std::env::temp_dir().join(format!("grapnel-follow-{}", std::process::id()));
        let mut follower = Follower::new(&log);
        assert_eq!(follower.news(), []);
        fs::write(&log, "{\"kind\":\"listening\",\"url\":\"http://r\"}\n{\"kind\":\"list")
            .expect("written");
        assert_eq!(follower.news(), [Line::Listening { url: "http://r".into() }]);
        assert_eq!(follower.news(), []);
        let mut file = File::options().append(true).open(&log).expect("there");
        file.write_all(b"ening\",\"url\":\"http://s\"}\n").expect("written");
        assert_eq!(follower.news(), [Line::Listening { url: "http://s".into() }]);
        fs::remove_file(log).expect("removed");
    }
}
