//! What the messages of a batch share: reads, and what they saw of endpoints.

use crate::{Deliver, Ports, health::Observations, outbox::Outbox};
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey, Target},
    ids::{UserId, WebhookId},
    ports::{Consistency, Deliveries, PortError, ReadOnce, ReadTogether, Webhooks},
    time::Timestamp,
    webhook::Webhook,
};
use std::collections::{BTreeMap, BTreeSet};

/// What the messages of a batch share.
pub(crate) struct Common<'a> {
    /// The results of their requests, for the health of the endpoints.
    pub(crate) observations: Observations,
    /// When Lambda stops this function.
    pub(crate) deadline: Timestamp,
    /// Where they send messages to the delivery queue.
    pub(crate) outbox: Outbox,
    /// The webhooks of the attempts, by user.
    webhook_ids: BTreeMap<UserId, BTreeSet<WebhookId>>,
    webhooks_together: ReadOnce<'a, UserId, ReadTogether<Webhook, WebhookId>>,
    /// The webhooks that are read alone.
    webhooks: ReadOnce<'a, (UserId, WebhookId), Option<Webhook>>,
    /// The deliveries of the attempts.
    keys: BTreeSet<DeliveryKey>,
    deliveries: ReadOnce<'a, (), ReadTogether<Delivery, DeliveryKey>>,
}

impl Common<'_> {
    /// For attempts with these targets.
    pub(crate) fn new(deadline: Timestamp, outbox: Outbox, targets: &[&Target]) -> Self {
        let mut webhook_ids: BTreeMap<UserId, BTreeSet<WebhookId>> = BTreeMap::new();
        for target in targets {
            webhook_ids.entry(target.user_id.clone()).or_default().insert(target.webhook_id);
        }
        Self {
            observations: Observations::default(),
            deadline,
            outbox,
            webhook_ids,
            webhooks_together: ReadOnce::default(),
            webhooks: ReadOnce::default(),
            keys: targets.iter().map(|target| target.key()).collect(),
            deliveries: ReadOnce::default(),
        }
    }
}

impl<P: Ports> Deliver<P> {
    /// The target's webhook, by a read that may lag: one read for all messages of the batch that go
    /// to webhooks of its user. A webhook that this read leaves out, and all of them if it fails, is
    /// read alone, once for all messages that go to it.
    pub(crate) async fn webhook_of<'a>(
        &'a self,
        target: &Target,
        common: &Common<'a>,
    ) -> Result<Option<Webhook>, PortError> {
        let id = target.webhook_id;
        if let Some(ids) = common.webhook_ids.get(&target.user_id).filter(|ids| ids.len() > 1) {
            let read = || {
                let (user, ids) = (target.user_id.clone(), Vec::from_iter(ids.iter().copied()));
                async move {
                    let read = self.webhooks.webhooks_together(&user, &ids).await;
                    read.inspect_err(|error| {
                        tracing::warn!(%error, "the webhooks of a batch are read one by one");
                    })
                }
            };
            if let Ok(together) = common.webhooks_together.get(target.user_id.clone(), read).await
                && !together.unread.contains(&id)
            {
                return Ok(together.found.iter().find(|found| found.id == id).cloned());
            }
        }
        let read = || {
            let user = target.user_id.clone();
            async move { self.webhooks.webhook(&user, id, Consistency::Eventual).await }
        };
        let read = common.webhooks.get((target.user_id.clone(), id), read).await?;
        Ok(read.as_ref().clone())
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
                let keys = Vec::from_iter(common.keys.iter().copied());
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
