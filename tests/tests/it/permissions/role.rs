//! Calls to AWS with the rights of one role.

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::{
    error::{ProvideErrorMetadata, SdkError},
    types::AttributeValue,
};
use grapnel_tests::{
    permissions::{DENIED, as_role},
    world::World,
};
use uuid::Uuid;

/// Checks that a call was refused because of a missing permission.
pub(super) fn refused<T, E: ProvideErrorMetadata>(
    what: &str,
    result: Result<T, SdkError<E>>,
) -> anyhow::Result<()> {
    let error = result.err().with_context(|| format!("{what} was allowed"))?;
    let code = error.code().unwrap_or_default();
    ensure!(code.starts_with(DENIED), "{what}: {code} {:?}", error.message());
    Ok(())
}

/// Checks that a call was not refused because of a missing permission; other errors are allowed.
pub(super) fn allowed<T, E: ProvideErrorMetadata>(
    what: &str,
    result: Result<T, SdkError<E>>,
) -> anyhow::Result<()> {
    let code = result.err().map(|error| error.code().unwrap_or("no answer").to_owned());
    let code = code.unwrap_or_default();
    ensure!(!code.starts_with(DENIED) && code != "no answer", "{what}: {code}");
    Ok(())
}

/// AWS with the rights of one role.
pub(super) struct Role {
    pub(super) dynamodb: aws_sdk_dynamodb::Client,
    pub(super) sqs: aws_sdk_sqs::Client,
    pub(super) sfn: aws_sdk_sfn::Client,
    pub(super) events: aws_sdk_eventbridge::Client,
}

impl Role {
    pub(super) async fn assume(world: &World, role: &str, policy: &str) -> anyhow::Result<Self> {
        let caller = as_role(&world.aws, &world.stack, role, policy).await?;
        let config = world.aws.config_as(&caller);
        Ok(Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            sfn: aws_sdk_sfn::Client::new(&config),
            events: aws_sdk_eventbridge::Client::new(&config),
        })
    }

    pub(super) async fn cannot_read(&self, table: &str, partition: &str) -> anyhow::Result<()> {
        let key = AttributeValue::S("nobody".into());
        let mut get = self.dynamodb.get_item().table_name(table).key(partition, key.clone());
        if partition != "hash" {
            get = get.key("id", key);
        }
        refused(&format!("GetItem on {table}"), get.send().await)
    }

    pub(super) async fn cannot_write(&self, table: &str, partition: &str) -> anyhow::Result<()> {
        let key = AttributeValue::S("nobody".into());
        let put = self
            .dynamodb
            .put_item()
            .table_name(table)
            .item(partition, key.clone())
            .item("id", key.clone());
        refused(&format!("PutItem on {table}"), put.send().await)?;
        self.cannot_delete(table, partition).await
    }

    pub(super) async fn cannot_delete(&self, table: &str, partition: &str) -> anyhow::Result<()> {
        let key = AttributeValue::S("nobody".into());
        let delete = self
            .dynamodb
            .delete_item()
            .table_name(table)
            .key(partition, key.clone())
            .key("id", key);
        refused(&format!("DeleteItem on {table}"), delete.send().await)
    }

    pub(super) async fn cannot_scan(&self, table: &str) -> anyhow::Result<()> {
        refused(&format!("Scan of {table}"), self.dynamodb.scan().table_name(table).send().await)
    }

    /// Lambda's calls in the role of a function that reads from a queue.
    pub(super) async fn can_consume(&self, queue: &str) -> anyhow::Result<()> {
        // Visible again at once: the message belongs to another test.
        let receive = self.sqs.receive_message().queue_url(queue).visibility_timeout(0);
        allowed(&format!("ReceiveMessage from {queue}"), receive.send().await)?;
        let delete = self.sqs.delete_message().queue_url(queue).receipt_handle("of-no-message");
        allowed(&format!("DeleteMessage from {queue}"), delete.send().await)?;
        let attributes = self.sqs.get_queue_attributes().queue_url(queue);
        allowed(&format!("GetQueueAttributes of {queue}"), attributes.send().await)
    }

    /// The message goes to the dead letters at once, because no function can read it.
    pub(super) async fn can_send(&self, queue: &str) -> anyhow::Result<()> {
        let marker = Uuid::new_v4().to_string();
        let sent = self.sqs.send_message().queue_url(queue).message_body(marker).send().await;
        allowed(&format!("SendMessage to {queue}"), sent)
    }

    pub(super) async fn cannot_send(&self, queue: &str) -> anyhow::Result<()> {
        let sent = self.sqs.send_message().queue_url(queue).message_body("no").send().await;
        refused(&format!("SendMessage to {queue}"), sent)
    }
}
