//! The queues of a stack, in SQS.

use super::{
    letter::{Letter, Subject},
    source::Source,
    walk::Queues,
};
use crate::{
    aws::{answer::Unchecked, cloudformation, connection, right},
    failure::Failure,
};
use aws_sdk_sqs::{
    Client,
    types::{Message, MessageSystemAttributeName as System, QueueAttributeName},
};
use futures::future::join_all;
use grapnel_domain::time::Timestamp;
use std::collections::HashMap;

/// Messages that are received at a time: the most that SQS gives.
const PAGE: usize = 10;

/// Seconds to wait for a message. More than none makes SQS ask all its servers, so that an empty
/// answer means an empty queue.
const WAIT_SECONDS: i32 = 1;

/// Seconds for which a received message is hidden. Messages that are left are given back at the end;
/// after this time they show again if there is no end.
const HIDDEN_SECONDS: i32 = 120;

/// The attribute that a function adds to a message that it puts aside.
const REASON: &str = "reason";

/// The dead-letter queues of a stack, and where their messages go back to.
pub(crate) struct StackQueues {
    client: Client,
    urls: HashMap<Source, (String, String)>,
}

/// The queues of this stack.
///
/// # Errors
/// When there are no credentials, no region, no such stack, or it is another template's.
pub(crate) async fn open(stack: &str, region: Option<String>) -> Result<StackQueues, Failure> {
    let config = connection::connect(region).await.map_err(refused)?;
    let found = cloudformation::describe(&config, stack).await.map_err(refused)?;
    let output = |name: &str| {
        found.outputs.get(name).cloned().ok_or_else(|| {
            Failure::new(format!("stack {stack} has no output {name}"))
                .advise("Name the stack that was deployed from Grapnel's template.")
        })
    };
    let mut urls = HashMap::new();
    for source in Source::ALL {
        urls.insert(source, (output(source.output())?, output(source.destination())?));
    }
    Ok(StackQueues { client: Client::new(&config), urls })
}

fn refused(why: Unchecked) -> Failure {
    let advice = match why.is_fault {
        true => "Is the name right, and the region?",
        false => {
            "docs/operate.md, \"Dead letters\", has the rights and where credentials come from."
        }
    };
    Failure::new(why.reason).advise(advice)
}

impl StackQueues {
    /// How many messages a queue has, as far as SQS knows; `None` for a caller that may not ask.
    pub(crate) async fn count(&self, queue: Source) -> Option<u64> {
        let name = QueueAttributeName::ApproximateNumberOfMessages;
        let asked = self.client.get_queue_attributes().queue_url(self.url(queue));
        let answer = asked.attribute_names(name.clone()).send().await.ok()?;
        answer.attributes()?.get(&name)?.parse().ok()
    }

    fn url(&self, queue: Source) -> &str {
        self.urls.get(&queue).map_or("", |(from, _)| from)
    }

    fn destination(&self, queue: Source) -> &str {
        self.urls.get(&queue).map_or("", |(_, to)| to)
    }
}

impl Queues for StackQueues {
    async fn receive(&self, queue: Source) -> Result<Vec<Letter>, Failure> {
        let received = self
            .client
            .receive_message()
            .queue_url(self.url(queue))
            .max_number_of_messages(PAGE as i32)
            .wait_time_seconds(WAIT_SECONDS)
            .visibility_timeout(HIDDEN_SECONDS)
            .message_attribute_names(REASON)
            .message_system_attribute_names(System::MessageGroupId)
            .message_system_attribute_names(System::SentTimestamp)
            .send()
            .await
            .map_err(connection::refusal(right::RECEIVE))
            .map_err(refused)?;
        received.messages().iter().map(|message| read(queue, message)).collect()
    }

    async fn send(&self, letter: &Letter) -> Result<(), Failure> {
        self.client
            .send_message()
            .queue_url(self.destination(letter.queue))
            .message_body(&letter.body)
            .set_message_group_id(letter.group.clone())
            .send()
            .await
            .map_err(connection::refusal(right::SEND))
            .map_err(refused)?;
        Ok(())
    }

    async fn delete(&self, letter: &Letter) -> Result<(), Failure> {
        self.client
            .delete_message()
            .queue_url(self.url(letter.queue))
            .receipt_handle(&letter.receipt)
            .send()
            .await
            .map_err(connection::refusal(right::DELETE))
            .map_err(refused)?;
        Ok(())
    }

    async fn give_back(&self, queue: Source, receipts: Vec<String>) {
        for some in receipts.chunks(PAGE) {
            let calls = some.iter().map(|receipt| {
                let call = self.client.change_message_visibility().queue_url(self.url(queue));
                call.receipt_handle(receipt).visibility_timeout(0).send()
            });
            // If this fails they show again by themselves.
            join_all(calls).await;
        }
    }
}

fn read(queue: Source, message: &Message) -> Result<Letter, Failure> {
    let missing = |what: &str| Failure::new(format!("SQS gave a message without {what}"));
    let body = message.body().ok_or_else(|| missing("a body"))?;
    let reason = message.message_attributes().and_then(|all| all.get(REASON)?.string_value());
    let system = |name| message.attributes().and_then(|all| all.get(&name)).map(String::as_str);
    let sent = system(System::SentTimestamp).and_then(|millis| millis.parse().ok());
    Ok(Letter {
        message_id: message.message_id().ok_or_else(|| missing("an id"))?.to_owned(),
        queue,
        sent_at: sent.map(Timestamp::from_millis),
        reason: reason.map(str::to_owned),
        subject: Subject::read(queue, body),
        body: body.to_owned(),
        receipt: message.receipt_handle().ok_or_else(|| missing("a receipt"))?.to_owned(),
        group: system(System::MessageGroupId).map(str::to_owned),
    })
}
