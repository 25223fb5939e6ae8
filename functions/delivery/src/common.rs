//! What the messages of a batch share: reads, and what they saw of endpoints.

use crate::{Deliver, Ports, health::Observations, outbox::Outbox};
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, Target},
    ids::{UserId, WebhookId},
    ports::{Consistency, Deliveries, PortError, ReadOnce, ReadTogether, Webhooks},
    time::Timestamp,
    webhook::Webhook,
};
use std::{collections::BTreeSet, sync::Arc};

/// What the messages of a batch share.
pub(crate) struct Common<'a> {
    /// The results of their requests, for the health of the endpoints.
    pub(crate) observations: Observations,
    /// When Lambda stops this function.
    pub(crate) deadline: Timestamp,
    /// Where they send messages to the delivery queue.
    pub(crate) outbox: Outbox,
    webhooks: ReadOnce<'a, (UserId, WebhookId), Option<Webhook>>,
    /// The deliveries of the attempts, each once.
    keys: Vec<DeliveryKey>,
    deliveries: ReadOnce<'a, (), ReadTogether<Delivery, DeliveryKey>>,
}

impl Common<'_> {
    /// For attempts of these deliveries.
    pub(crate) fn new(deadline: Timestamp, outbox: Outbox, keys: BTreeSet<DeliveryKey>) -> Self {
        Self {
            observations: Observations::default(),
            deadline,
            outbox,
            webhooks: ReadOnce::default(),
            keys: keys.into_iter().collect(),
            deliveries: ReadOnce::default(),
        }
    }
}

impl<P: Ports> Deliver<P> {
    /// The target's webhook, by a read that may lag: one read for all messages of the batch.
    pub(crate) async fn webhook_of<'a>(
        &'a self,
        target: &Target,
        common: &Common<'a>,
    ) -> Result<Arc<Option<Webhook>>, PortError> {
        let key = (target.user_id.clone(), target.webhook_id);
        let read = || {
            let (user, id) = (target.user_id.clone(), target.webhook_id);
            async move { self.webhooks.webhook(&user, id, Consistency::Eventual).await }
        };
        common.webhooks.get(key, read).await
    }

    /// The delivery, by a consistent read: one read for all attempts of the batch. What that read
    /// leaves out, and everything if it fails, is read alone.
    pub(crate) async fn delivery_of<'a>(
        &'a self,
        key: DeliveryKey,
        common: &Common<'a>,
    ) -> Result<Option<Delivery>, PortError> {
        if common.keys.len() > 1 {
            let read = || {
                let keys = common.keys.clone();
                async move {
                    let read = self.deliveries.deliveries_together(&keys).await;
                    read.inspect_err(|error| {
                        tracing::warn!(%error, "the deliveries of a batch are read one by one");
                    })
                }
            };
            if let Ok(together) = common.deliveries.get((), read).await
                && !together.unread.contains(&key)
            {
                return Ok(together.found.iter().find(|found| found.key() == key).cloned());
            }
        }
        self.deliveries.delivery(key).await
    }
}
