//! `cargo xtask cost`: the whole bill of a month, and what other services would charge.
//!
//! [`paths`] reads what a test counts for each path of a delivery, [`units`] derives what an event, a
//! delivery and a failure take, [`month`] how much a month uses, [`bill`] what that costs at the
//! [`prices`] of one dated file. [`deployment`] reads the template and the measured times, and
//! [`basis`] puts these together. [`screen`] shows a bill, [`tables`] are the tables of
//! `docs/cost.md`.

mod basis;
mod bill;
mod deployment;
mod month;
mod paths;
mod prices;
mod screen;
mod tables;
mod units;

use crate::workspace::Workspace;
use anyhow::{Context, Result, ensure};
use basis::{AWS_MILLIS, Basis, COMPRESSED, RECEIVER_MILLIS, REQUEST_BYTES};
use month::Month;
use std::fs;
use tables::DOCUMENT;

/// The month that is computed.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Deliveries in a month of 30 days
    #[arg(long, default_value_t = 1_000_000)]
    deliveries: u64,
    /// Webhooks that each event goes to
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    fan_out: u64,
    /// Bytes of an event's data
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u64).range(0..=262_144))]
    payload: u64,
    /// The share of deliveries that fail, each alone at its endpoint: 0.01 is one in a hundred
    #[arg(long, default_value_t = 0.01)]
    fail_rate: f64,
    /// How many of their attempts fail: with 5 none is left, with fewer the next one succeeds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=5))]
    failures: u64,
    /// Deliveries a second while there is traffic; without it, they are spread over the month
    #[arg(long)]
    rate_per_second: Option<f64>,
    /// Messages of a batch, as your metrics show; without it, they follow from the rate
    #[arg(long)]
    batch: Option<f64>,
    /// How long receivers take to answer
    #[arg(long, default_value_t = RECEIVER_MILLIS)]
    receiver_ms: f64,
    /// How long a batch waits for DynamoDB and SQS
    #[arg(long, default_value_t = AWS_MILLIS)]
    aws_ms: f64,
    /// The share of its size that data takes when it is compressed
    #[arg(long, default_value_t = COMPRESSED)]
    compressed: f64,
    /// Events are published over HTTP, one a request, with a user's key; not over EventBridge
    #[arg(long)]
    http: bool,
    /// Without the index that lists events (`EventIndex` is `false`)
    #[arg(long)]
    no_event_list: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write the tables of docs/cost.md, whose months are fixed
    #[arg(long, conflicts_with = "json")]
    write: bool,
}

impl Options {
    fn month(&self) -> Result<Month> {
        let share = |name: &str, value: f64| {
            ensure!((0.0..=1.0).contains(&value), "--{name} must be from 0 to 1");
            Ok(value)
        };
        let positive = |name: &str, value: Option<f64>| {
            ensure!(value.is_none_or(|value| value > 0.0), "--{name} must be more than 0");
            Ok(value)
        };
        ensure!(self.deliveries > 0, "--deliveries must be more than 0");
        let waits = [self.receiver_ms, self.aws_ms];
        ensure!(waits.iter().all(|wait| *wait >= 0.0), "a time can't be less than 0");
        Ok(Month {
            deliveries: self.deliveries as f64,
            fan_out: self.fan_out as f64,
            payload: self.payload as f64,
            compressed: share("compressed", self.compressed)?,
            fail_rate: share("fail-rate", self.fail_rate)?,
            failures: usize::try_from(self.failures)?,
            rate: positive("rate-per-second", self.rate_per_second)?,
            batch: positive("batch", self.batch)?,
            receiver_millis: self.receiver_ms,
            aws_millis: self.aws_ms,
            request_bytes: REQUEST_BYTES,
            over_http: self.http,
            event_list: !self.no_event_list,
        })
    }
}

/// Prints the bill, or writes the tables of the document.
///
/// # Errors
/// If an option makes no sense, or if the counts, the template or the document are not as expected.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let basis = Basis::read(workspace)?;
    if options.write {
        let path = workspace.path(DOCUMENT);
        let document = fs::read_to_string(&path).context(DOCUMENT)?;
        let written = tables::written_into(&basis, &document)?;
        fs::write(&path, written).context(DOCUMENT)?;
        println!("wrote the tables of {DOCUMENT}");
        return Ok(());
    }
    let month = options.month()?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&screen::json(&basis, &month)?)?);
    } else {
        screen::show(&basis, &month)?;
    }
    Ok(())
}
