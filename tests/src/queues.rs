//! Direct access to the queues: messages that no producer of ours would send, and dead letters.

use crate::{
    aws::Aws,
    until::{Look, until},
};
use anyhow::{Context, ensure};
use aws_sdk_sqs::{
    Client,
    types::{Message, QueueAttributeName, SendMessageBatchRequestEntry},
};
use std::time::Duration;

/// For how many seconds a look hides messages, in case the test dies. Normally a look makes
/// everything visible again at once.
const LOOK_SECONDS: i32 = 5;

/// The stack's SQS.
#[derive(Debug, Clone)]
pub struct Queues {
    client: Client,
}

#[derive(Debug, Clone)]
pub struct DeadLetter {
    /// Its unchanged text.
    pub body: String,
    pub reason: Option<String>,
}

impl Queues {
    #[must_use]
    pub fn of(aws: &Aws) -> Self {
        Self { client: Client::new(aws.config()) }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn send(&self, queue_url: &str, body: &str) -> anyhow::Result<()> {
        self.client.send_message().queue_url(queue_url).message_body(body).send().await?;
        Ok(())
    }

    /// Sends up to ten messages in one call.
    ///
    /// # Errors
    /// If one of them is refused.
    pub async fn send_batch(&self, queue_url: &str, bodies: &[String]) -> anyhow::Result<()> {
        let entries = bodies
            .iter()
            .enumerate()
            .map(|(index, body)| {
                SendMessageBatchRequestEntry::builder()
                    .id(index.to_string())
                    .message_body(body)
                    .build()
            })
            .collect::<Result<Vec<_>, _>>()?;
        let answer = self
            .client
            .send_message_batch()
            .queue_url(queue_url)
            .set_entries(Some(entries))
            .send()
            .await?;
        ensure!(answer.failed().is_empty(), "messages were not taken: {:?}", answer.failed());
        Ok(())
    }

    /// Limits how often a queue delivers each message, and sets the visibility timeout.
    ///
    /// # Errors
    /// If the queue has no dead-letter queue, or cannot be changed.
    pub async fn hand_out_at_most(
        &self,
        queue_url: &str,
        receives: u32,
        hidden: Duration,
    ) -> anyhow::Result<()> {
        let name = QueueAttributeName::RedrivePolicy;
        let asked = self.client.get_queue_attributes().queue_url(queue_url);
        let answer = asked.attribute_names(name.clone()).send().await?;
        let policy = answer.attributes().and_then(|all| all.get(&name)).context("no policy")?;
        let mut policy: serde_json::Value = serde_json::from_str(policy)?;
        policy["maxReceiveCount"] = receives.into();
        let hidden = hidden.as_secs().to_string();
        self.client
            .set_queue_attributes()
            .queue_url(queue_url)
            .attributes(name, policy.to_string())
            .attributes(QueueAttributeName::VisibilityTimeout, hidden)
            .send()
            .await?;
        Ok(())
    }

    /// Waits until a queue has this many visible messages.
    ///
    /// # Errors
    /// If it does not within `deadline`.
    pub async fn holds(
        &self,
        queue_url: &str,
        count: usize,
        deadline: Duration,
    ) -> anyhow::Result<()> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        until(&format!("{count} messages on {queue_url}"), deadline, async || {
            let asked = self.client.get_queue_attributes().queue_url(queue_url);
            let answer = asked.attribute_names(name.clone()).send().await?;
            let held = answer.attributes().and_then(|all| all.get(&name)).context("a number")?;
            Ok(if held.parse() == Ok(count) { Look::Found(()) } else { Look::not_yet(held) })
        })
        .await
    }

    /// Waits for the dead letter whose body contains `marker`, and deletes it.
    ///
    /// # Errors
    /// If none came within `deadline`.
    pub async fn dead_letter(
        &self,
        queue_url: &str,
        marker: &str,
        deadline: Duration,
    ) -> anyhow::Result<DeadLetter> {
        let what = format!("a dead letter with {marker}");
        until(&what, deadline, async || {
            let (found, others): (Vec<_>, Vec<_>) = self
                .visible(queue_url)
                .await?
                .into_iter()
                .partition(|message| message.body().is_some_and(|body| body.contains(marker)));
            for message in &others {
                self.give_back(queue_url, message).await;
            }
            let Some(message) = found.first() else {
                return Ok(Look::NotYet(format!("{} others", others.len())));
            };
            let receipt = message.receipt_handle().context("a receipt handle")?;
            let deleted = self
                .client
                .delete_message()
                .queue_url(queue_url)
                .receipt_handle(receipt)
                .send()
                .await;
            // Another test that searches the queue received the message meanwhile.
            if let Err(error) = deleted {
                return Ok(Look::NotYet(error.into_service_error().to_string()));
            }
            let reason = message.message_attributes().and_then(|all| all.get("reason"));
            Ok(Look::Found(DeadLetter {
                body: message.body().unwrap_or_default().to_owned(),
                reason: reason.and_then(|value| value.string_value()).map(str::to_owned),
            }))
        })
        .await
    }

    /// Every visible message, page by page; hidden until it is made visible again.
    async fn visible(&self, queue_url: &str) -> anyhow::Result<Vec<Message>> {
        let mut all = Vec::new();
        loop {
            let page = self
                .client
                .receive_message()
                .queue_url(queue_url)
                .max_number_of_messages(10)
                .message_attribute_names("All")
                .visibility_timeout(LOOK_SECONDS)
                .send()
                .await?
                .messages
                .unwrap_or_default();
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// Makes a message visible at once. If SQS refuses, the look took longer than the message was
    /// hidden: it is visible already, or another test has received or deleted it.
    async fn give_back(&self, queue_url: &str, message: &Message) {
        let _ = self
            .client
            .change_message_visibility()
            .queue_url(queue_url)
            .set_receipt_handle(message.receipt_handle().map(str::to_owned))
            .visibility_timeout(0)
            .send()
            .await;
    }
}
