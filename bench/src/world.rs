//! What a measurement runs in: a stand-in for AWS with users and webhooks, and a receiver.

use crate::{
    process::{API, Function, Running, Start},
    receiver::{Connections, Receiver, Transport},
    traffic::{USERS, batch, new_webhook, orders_webhook, user},
};
use anyhow::{Context, Result, bail, ensure};
use grapnel_bench::{
    counts::Counts,
    standin::{Message, StandIn},
};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// How long messages may take to be due.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often a message may be processed until it succeeds, where it may fail.
const TRIES: usize = 5;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) aws: StandIn,
    pub(crate) receiver: Receiver,
    programs: PathBuf,
    folder: PathBuf,
    url: String,
    certificate: PathBuf,
    transport: Transport,
}

impl World {
    /// Makes one in which each user has so many webhooks. The API function creates them.
    pub(crate) async fn new(
        programs: &Path,
        folder: &Path,
        webhooks: usize,
        transport: Transport,
        connections: Connections,
    ) -> Result<Self> {
        let aws = StandIn::start()?;
        let certificate = folder.join("receiver.pem");
        let receiver = Receiver::start(transport, connections, &certificate).await?;
        let url = aws.url();
        let (programs, folder) = (programs.to_owned(), folder.to_owned());
        let world = Self { aws, receiver, programs, folder, url, certificate, transport };
        let webhooks: Vec<Value> =
            (0..webhooks).map(|number| orders_webhook(number, &world.receiver.url())).collect();
        world.create(&webhooks).await?;
        Ok(world)
    }

    /// One whose receiver has no TLS.
    pub(crate) async fn plain(programs: &Path, folder: &Path, webhooks: usize) -> Result<Self> {
        Self::new(programs, folder, webhooks, Transport::Plain, Connections::Kept).await
    }

    /// Creates webhooks for each user, and returns their ids.
    pub(crate) async fn create(&self, webhooks: &[Value]) -> Result<Vec<String>> {
        let mut ids = Vec::new();
        let mut api = self.start(API).await?;
        for user in (0..USERS).map(user) {
            for webhook in webhooks {
                let answer = api.invoke(new_webhook(&user, webhook)).await?;
                let answer: Value = serde_json::from_slice(&answer)?;
                ensure!(answer["statusCode"] == 201, "no webhook was created: {answer}");
                let created: Value = serde_json::from_str(answer["body"].as_str().unwrap_or(""))?;
                ids.push(created["id"].as_str().context("a webhook without an id")?.to_owned());
            }
        }
        Ok(ids)
    }

    /// Starts a function in it.
    pub(crate) async fn start(&self, function: Function) -> Result<Running> {
        Running::start(function, self.how(None)).await
    }

    /// The same under valgrind.
    pub(crate) async fn start_counted(
        &self,
        function: Function,
        counted_in: &Path,
    ) -> Result<Running> {
        Running::start(function, self.how(Some(counted_in))).await
    }

    fn how<'a>(&'a self, counted_in: Option<&'a Path>) -> Start<'a> {
        let has_tls = self.transport != Transport::Plain;
        Start {
            programs: &self.programs,
            folder: &self.folder,
            aws: &self.url,
            certificate: has_tls.then_some(self.certificate.as_path()),
            counted_in,
        }
    }

    /// Receives a batch of a queue and has a function process it. Returns how many messages it had.
    pub(crate) async fn process(
        &self,
        function: &mut Running,
        queue: &str,
        most: usize,
    ) -> Result<usize> {
        let messages = self.receive(queue, most).await?;
        let failed = invoke(function, &messages).await?;
        ensure!(failed == 0, "{failed} of {} messages failed", messages.len());
        self.aws.remove(queue, &messages);
        Ok(messages.len())
    }

    /// Has a function process so many messages of a queue, in batches.
    pub(crate) async fn process_all(
        &self,
        function: &mut Running,
        queue: &str,
        messages: usize,
        batch: usize,
    ) -> Result<()> {
        let mut left = messages;
        while left > 0 {
            left -= self.process(function, queue, batch.min(left)).await?;
        }
        Ok(())
    }

    /// Has a function process one message, which may fail a few times: under valgrind the first call of AWS
    /// takes longer than its time limit.
    pub(crate) async fn process_patiently(
        &self,
        function: &mut Running,
        queue: &str,
    ) -> Result<()> {
        let messages = self.receive(queue, 1).await?;
        for _ in 0..TRIES {
            if invoke(function, &messages).await? == 0 {
                self.aws.remove(queue, &messages);
                return Ok(());
            }
        }
        bail!("a message failed {TRIES} times")
    }

    async fn receive(&self, queue: &str, most: usize) -> Result<Vec<Message>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let messages = self.aws.receive(queue, most);
            if !messages.is_empty() {
                return Ok(messages);
            }
            ensure!(Instant::now() < deadline, "no message came to {queue}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        self.aws.counts()
    }

    /// A measurement in which AWS refused a call, or a message could not be processed, is void.
    pub(crate) fn check(&self) -> Result<()> {
        let refusals = self.aws.refusals();
        ensure!(refusals.is_empty(), "the stand-in refused calls: {}", refusals.join("; "));
        for queue in ["EventsDeadLetterQueue", "DeliveryDeadLetterQueue"] {
            ensure!(self.aws.queued(queue) == 0, "there are messages in {queue}");
        }
        Ok(())
    }
}

/// Invokes a function with messages, and returns how many of them failed.
async fn invoke(function: &mut Running, messages: &[Message]) -> Result<usize> {
    let answer = function.invoke(batch(messages)).await?;
    let answer: Value = serde_json::from_slice(&answer).context("an answer that is not JSON")?;
    Ok(answer["batchItemFailures"].as_array().map_or(0, Vec::len))
}
