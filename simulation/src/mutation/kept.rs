use grapnel_domain::{
    delivery::{Delivery, DeliveryKey},
    ids::{UserId, WebhookId},
    webhook::{Subscription, Webhook},
};
use std::collections::BTreeMap;

/// What wrong functions read for one batch and kept for the next ones. All of them share it, as if
/// they were one instance.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(super) deliveries: BTreeMap<DeliveryKey, Delivery>,
    pub(super) webhooks: BTreeMap<(UserId, WebhookId), Webhook>,
    pub(super) subscriptions: BTreeMap<UserId, Vec<Subscription>>,
}
