//! Moving the messages of one dead-letter queue.

use crate::terminal::Step;
use anyhow::{Context, Result};
use aws_sdk_sqs::{
    Client,
    types::{Message, MessageSystemAttributeName, QueueAttributeName},
};
use console::style;
use std::collections::{HashMap, HashSet};
use tokio::task::JoinSet;

/// Messages that are received at a time: the most that SQS gives.
const PAGE: i32 = 10;

/// Seconds to wait for a message. More than none makes SQS ask all its servers, so that an empty
/// answer means an empty queue.
const WAIT_SECONDS: i32 = 1;

/// Seconds for which a received message is hidden. What is left is given back at the end; this is
/// when it shows again if there is no end.
const HIDDEN_SECONDS: i32 = 120;

/// Messages of a queue that are shown.
const MOST_SHOWN: usize = 20;

/// Characters of a body or a reason that are shown.
const SHOWN: usize = 160;

/// The attribute that a function adds to what it puts aside.
const REASON: &str = "reason";

/// One dead-letter queue, to be emptied into another queue.
pub(super) struct Redrive<'a> {
    pub(super) sqs: &'a Client,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) include_unprocessable: bool,
    pub(super) step: &'a Step,
}

/// What became of the messages.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Messages that were sent back and deleted.
    pub(super) sent: usize,
    /// Messages that were left for their reason.
    pub(super) left: usize,
    /// Why it ended early.
    pub(super) error: Option<anyhow::Error>,
}

/// What has been seen so far.
#[derive(Debug, Default)]
struct Seen {
    /// Messages by id. One that is left comes again when its time hidden is over.
    ids: HashSet<String>,
    /// Bodies with a reason that were sent back. The function may put them aside again at once.
    sent_with_reason: HashSet<String>,
    /// What has to be given back: the receipt by the message's id.
    held: HashMap<String, String>,
}

/// What is done with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is sent back.
    Send,
    /// It is shown and stays.
    Leave,
    /// It was left before.
    Again,
}

impl Seen {
    fn fate(&mut self, id: &str, body: &str, reason: Option<&str>, include: bool) -> Fate {
        if !self.ids.insert(id.to_owned()) {
            return Fate::Again;
        }
        match reason {
            None => Fate::Send,
            Some(_) if include && self.sent_with_reason.insert(body.to_owned()) => Fate::Send,
            Some(_) => Fate::Leave,
        }
    }
}

impl Redrive<'_> {
    /// Sends back what can be, until the queue has nothing new.
    pub(super) async fn run(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let mut seen = Seen::default();
        let about = self.count().await;
        loop {
            self.step.say(format!("{} sent back, {} left, of {about}", outcome.sent, outcome.left));
            match self.page(&mut seen, &mut outcome).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    outcome.error = Some(error);
                    break;
                }
            }
        }
        if outcome.left > MOST_SHOWN {
            self.step.print_above(&format!("  and {} more", outcome.left - MOST_SHOWN));
        }
        for receipt in seen.held.values() {
            // If this fails it shows again by itself.
            let _ = self
                .sqs
                .change_message_visibility()
                .queue_url(self.from)
                .receipt_handle(receipt)
                .visibility_timeout(0)
                .send()
                .await;
        }
        outcome
    }

    /// Receives and moves up to ten messages; `false` if there was nothing new among them.
    async fn page(&self, seen: &mut Seen, outcome: &mut Outcome) -> Result<bool> {
        let received = self
            .sqs
            .receive_message()
            .queue_url(self.from)
            .max_number_of_messages(PAGE)
            .wait_time_seconds(WAIT_SECONDS)
            .visibility_timeout(HIDDEN_SECONDS)
            .message_attribute_names(REASON)
            .message_system_attribute_names(MessageSystemAttributeName::MessageGroupId)
            .send()
            .await
            .map_err(super::reason)
            .context("receiving dead letters")?;
        let mut moves = JoinSet::new();
        let mut is_new = false;
        for message in received.messages.unwrap_or_default() {
            let (id, body, receipt) = parts(&message)?;
            let reason = reason(&message);
            let fate = seen.fate(id, body, reason, self.include_unprocessable);
            seen.held.insert(id.to_owned(), receipt.to_owned());
            is_new |= fate != Fate::Again;
            match fate {
                Fate::Again => {}
                Fate::Leave => {
                    outcome.left += 1;
                    if outcome.left <= MOST_SHOWN {
                        let reason = shown(reason.unwrap_or_default());
                        self.step.print_above(&format!("  {}", style(reason).yellow()));
                        self.step.print_above(&format!("    {}", style(shown(body)).dim()));
                    }
                }
                Fate::Send => {
                    let (sqs, from, to) =
                        (self.sqs.clone(), self.from.to_owned(), self.to.to_owned());
                    moves.spawn(async move { send_back(&sqs, &from, &to, message).await });
                }
            }
        }
        let mut error = None;
        while let Some(moved) = moves.join_next().await {
            match moved.context("a task ended early").flatten() {
                Ok(id) => {
                    outcome.sent += 1;
                    seen.held.remove(&id);
                }
                Err(failure) => error = Some(failure),
            }
        }
        error.map_or(Ok(is_new), Err)
    }

    /// How many messages there are, as far as SQS knows.
    async fn count(&self) -> String {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let asked = self.sqs.get_queue_attributes().queue_url(self.from);
        let answer = asked.attribute_names(name.clone()).send().await;
        // Only shown: a caller who may not ask can still send back.
        let count = answer.ok().and_then(|answer| answer.attributes?.remove(&name));
        count.map_or_else(|| "an unknown number".to_owned(), |count| format!("about {count}"))
    }
}

/// Sends a message and then deletes it, in this order. Returns its id.
async fn send_back(sqs: &Client, from: &str, to: &str, message: Message) -> Result<String> {
    let (id, body, receipt) = parts(&message)?;
    let group = message
        .attributes()
        .and_then(|all| all.get(&MessageSystemAttributeName::MessageGroupId))
        .cloned();
    sqs.send_message()
        .queue_url(to)
        .message_body(body)
        .set_message_group_id(group)
        .send()
        .await
        .map_err(super::reason)
        .context("sending a message back; it stays a dead letter")?;
    sqs.delete_message()
        .queue_url(from)
        .receipt_handle(receipt)
        .send()
        .await
        .map_err(super::reason)
        .context("deleting a message that was sent back; a copy stays a dead letter")?;
    Ok(id.to_owned())
}

fn parts(message: &Message) -> Result<(&str, &str, &str)> {
    let id = message.message_id().context("SQS gave a message without an id")?;
    let body = message.body().context("SQS gave a message without a body")?;
    let receipt = message.receipt_handle().context("SQS gave a message without a receipt")?;
    Ok((id, body, receipt))
}

fn reason(message: &Message) -> Option<&str> {
    message.message_attributes()?.get(REASON)?.string_value()
}

/// The start of a text that anybody may have written, fit for a terminal.
fn shown(text: &str) -> String {
    let mut start: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if text.chars().nth(SHOWN).is_some() {
        start.push('…');
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_reason_is_sent_and_what_has_one_only_if_asked_for() {
        for (reason, include, expected) in [
            (None, false, Fate::Send),
            (None, true, Fate::Send),
            (Some("not JSON"), false, Fate::Leave),
            (Some("not JSON"), true, Fate::Send),
        ] {
            assert_eq!(Seen::default().fate("1", "{", reason, include), expected, "{reason:?}");
        }
    }

    #[test]
    fn what_comes_back_is_left_the_second_time() {
        let mut seen = Seen::default();
        assert_eq!(seen.fate("1", "{", Some("not JSON"), true), Fate::Send);
        // The function has put it aside again, as a message of its own.
        assert_eq!(seen.fate("2", "{", Some("not JSON"), true), Fate::Leave);
        assert_eq!(seen.fate("2", "{", Some("not JSON"), true), Fate::Again);
        // Two that are alike and failed because AWS did are two messages.
        assert_eq!(seen.fate("3", "[]", None, true), Fate::Send);
        assert_eq!(seen.fate("4", "[]", None, true), Fate::Send);
    }

    #[test]
    fn text_cannot_steer_the_terminal() {
        assert_eq!(shown("a\u{1b}[2J\n\"é\""), "a\\u{1b}[2J\\n\\\"é\\\"");
        assert_eq!(shown(&"x".repeat(SHOWN)), "x".repeat(SHOWN));
        assert_eq!(shown(&"x".repeat(SHOWN + 1)), "x".repeat(SHOWN) + "…");
    }
}
