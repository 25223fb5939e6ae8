//! What a measurement runs in: a stand-in for AWS with users and webhooks, and a receiver.

use crate::{
    process::{API, Function, Running, Start},
    receiver::{Receiver, Transport},
    traffic::{USERS, batch, new_webhook, user},
};
use anyhow::{Context, Result, bail, ensure};
use grapnel_bench::{
    counts::Counts,
    standin::{Message, StandIn},
};
use serde_json::Value;
use std::{path::PathBuf, time::Duration};
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
        programs: &std::path::Path,
        folder: &std::path::Path,
        webhooks: usize,
        transport: Transport,
    ) -> Result<Self> {
        let aws = StandIn::start()?;
        let certificate = folder.join("receiver.pem");
        let receiver = Receiver::start(transport, &certificate).await?;
        let url = aws.url();
        let (programs, folder) = (programs.to_owned(), folder.to_owned());
        let world = Self { aws, receiver, programs, folder, url, certificate, transport };
        let mut api = world.start(API).await?;
        for user in (0..USERS).map(user) {
            for number in 0..webhooks {
                let request = new_webhook(&user, number, &world.receiver.url());
                let answer: Value = serde_json::from_slice(&api.invoke(request).await?)?;
                ensure!(answer["statusCode"] == 201, "no webhook was created: {answer}");
            }
        }
        Ok(world)
    }

    /// Starts a function in it.
    pub(crate) async fn start(&self, function: Function) -> Result<Running> {
        Running::start(function, self.how(None)).await
    }

    /// The same under valgrind.
    pub(crate) async fn start_counted(
        &self,
        function: Function,
        counted_in: &std::path::Path,
    ) -> Result<Running> {
        Running::start(function, self.how(Some(counted_in))).await
    }

    fn how<'a>(&'a self, counted_in: Option<&'a std::path::Path>) -> Start<'a> {
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

    /// The same for one message, which may fail a few times: under valgrind the first call of AWS
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
