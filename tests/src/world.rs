//! A test's own corner of a stack: a fresh user with a key, a receiver, and hands for the rest.

use crate::{
    api::Api,
    aws::Aws,
    bus::{Bus, BusEvent},
    model::{Delivery, Webhook},
    queues::Queues,
    stack::{Stack, StackKind},
    state::State,
    until::{Look, until},
};
use anyhow::Context;
use grapnel_domain::time::Timestamp;
use grapnel_testing::receiver::{ReceivedRequest, TestReceiver};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Time for what happens at once. Generous: many tests share two processors and one emulator, and
/// a deadline only costs time where a test fails.
pub const SOON: Duration = Duration::from_secs(60);

/// See the [module](self).
#[derive(Debug)]
pub struct World {
    /// The stack.
    pub stack: Stack,
    /// Its AWS, as the account's owner.
    pub aws: Aws,
    /// The user's id.
    pub user: String,
    /// The user's key, which has every scope.
    pub key: String,
    /// The API with that key.
    pub api: Api,
    /// The API with the admin key.
    pub admin: Api,
    /// The user's endpoints.
    pub receiver: TestReceiver,
    /// Where events are put.
    pub bus: Bus,
    /// The queues.
    pub queues: Queues,
    /// Rows and executions.
    pub state: State,
}

/// An event that was put on the bus.
#[derive(Debug, Clone)]
pub struct Published {
    /// `detail.id`.
    pub source_id: String,
    /// `detail`.
    pub data: Value,
    /// The event as it was put, to be put again.
    pub event: BusEvent,
}

impl World {
    /// A corner of the stack with the defaults.
    ///
    /// # Errors
    /// If there is no stack, or it makes no key.
    pub async fn main() -> anyhow::Result<Self> {
        Self::on(StackKind::Main).await
    }

    /// A corner of the stack with short queue delays and time-outs.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn tight() -> anyhow::Result<Self> {
        Self::on(StackKind::Tight).await
    }

    /// A corner of the stack whose waits are a thousand times shorter.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn scaled() -> anyhow::Result<Self> {
        Self::on(StackKind::Scaled).await
    }

    /// A corner of the stack whose circuits open soon.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn circuit() -> anyhow::Result<Self> {
        Self::on(StackKind::Circuit).await
    }

    /// A corner of the stack that takes the tokens of an issuer.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn tokens() -> anyhow::Result<Self> {
        Self::on(StackKind::Tokens).await
    }

    /// A corner of the stack that allows only what production does.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn strict() -> anyhow::Result<Self> {
        Self::on(StackKind::Strict).await
    }

    /// A corner of the stack whose functions are killed.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn crash() -> anyhow::Result<Self> {
        Self::on(StackKind::Crash).await
    }

    /// A corner of the stack in which messages kill their functions.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn poison() -> anyhow::Result<Self> {
        Self::on(StackKind::Poison).await
    }

    /// A corner of the stack that is checked from end to end.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn doctor() -> anyhow::Result<Self> {
        Self::on(StackKind::Doctor).await
    }

    async fn on(kind: StackKind) -> anyhow::Result<Self> {
        let stack = Stack::get(kind).await?;
        let aws = Aws::of(&stack).await?;
        let user = format!("user-{}", Uuid::new_v4());
        let admin = Api::admin(&stack)?;
        let key = admin.create_key(&user, &[]).await?;
        Ok(Self {
            api: admin.with_key(&key.key),
            key: key.key,
            receiver: TestReceiver::start().await?,
            bus: Bus::of(&stack, &aws),
            queues: Queues::of(&aws),
            state: State::of(&stack, &aws),
            stack,
            aws,
            user,
            admin,
        })
    }

    /// What describes a webhook of every event to `path` of the receiver, with these fields beside
    /// or in place of the usual ones.
    ///
    /// # Panics
    /// If `fields` is not a JSON object.
    #[must_use]
    pub fn webhook_body(&self, path: &str, fields: &Value) -> Value {
        let mut body = json!({
            "name": format!("test of {path}"),
            "url": self.receiver.url(path),
            "events": ["*"],
        });
        for (field, value) in fields.as_object().expect("fields of a webhook") {
            body[field] = value.clone();
        }
        body
    }

    /// Makes such a webhook.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn webhook(&self, path: &str, fields: Value) -> anyhow::Result<Webhook> {
        self.api.create_webhook(&self.webhook_body(path, &fields)).await
    }

    /// An event of this user, not yet put anywhere.
    #[must_use]
    pub fn event(&self, event_type: &str, more: &Value) -> Published {
        let source_id = Uuid::new_v4().to_string();
        let mut data = json!({ "userId": self.user, "id": source_id });
        for (field, value) in more.as_object().into_iter().flatten() {
            data[field] = value.clone();
        }
        let event = BusEvent { event_type: event_type.to_owned(), detail: data.to_string() };
        Published { source_id, data, event }
    }

    /// Puts an event of this user on the bus, with these fields in its data.
    ///
    /// # Errors
    /// If EventBridge does not take it.
    pub async fn publish(&self, event_type: &str, more: Value) -> anyhow::Result<Published> {
        let published = self.event(event_type, &more);
        self.bus.put(std::slice::from_ref(&published.event)).await?;
        Ok(published)
    }

    /// The requests to `path`, once there are `n`.
    ///
    /// # Errors
    /// If fewer came soon.
    pub async fn requests(&self, path: &str, n: usize) -> anyhow::Result<Vec<ReceivedRequest>> {
        Ok(self.receiver.wait_for(path, n, SOON).await?)
    }

    /// Tests a webhook, with this body (JSON text), and answers the delivery once its attempt is on
    /// record, which may be later than the API waits for it.
    ///
    /// # Errors
    /// If the test is refused, or its attempt does not come soon.
    pub async fn tested(&self, webhook: &Webhook, body: &str) -> anyhow::Result<Delivery> {
        let path = format!("/api/webhooks/{}/test", webhook.id);
        let answer = self.api.send(Method::POST, &path, Some(body.into())).await?;
        if answer.status != 202 {
            return answer.json(200);
        }
        let Delivery { id, .. } = answer.json(202)?;
        until("the attempt of a test", SOON, async || {
            let delivery = self.api.delivery(&webhook.id, &id).await?;
            let is_over = delivery.is_settled();
            Ok(if is_over { Look::Found(delivery) } else { Look::not_yet(delivery) })
        })
        .await
    }

    /// The webhook's one delivery, once it is as `what` says and `fits` tells.
    ///
    /// # Errors
    /// If it is not within `deadline`, or if there is more than one.
    pub async fn delivery_within(
        &self,
        deadline: Duration,
        webhook: &Webhook,
        what: &str,
        fits: impl Fn(&Delivery) -> bool,
    ) -> anyhow::Result<Delivery> {
        until(&format!("a delivery {what}"), deadline, async || {
            let mut deliveries = self.api.deliveries(&webhook.id).await?;
            anyhow::ensure!(deliveries.len() <= 1, "more than one delivery: {deliveries:?}");
            Ok(match deliveries.pop() {
                Some(delivery) if fits(&delivery) => Look::Found(delivery),
                seen => Look::not_yet(seen),
            })
        })
        .await
    }

    /// [`World::delivery_within`] what is soon.
    ///
    /// # Errors
    /// If it is not.
    pub async fn delivery(
        &self,
        webhook: &Webhook,
        what: &str,
        fits: impl Fn(&Delivery) -> bool,
    ) -> anyhow::Result<Delivery> {
        self.delivery_within(SOON, webhook, what, fits).await
    }

    /// The webhook's one delivery, once nothing more happens to it by itself.
    ///
    /// # Errors
    /// If that is not soon.
    pub async fn settled(&self, webhook: &Webhook) -> anyhow::Result<Delivery> {
        self.delivery(webhook, "that is settled", Delivery::is_settled).await
    }
}

/// The present, by this machine's clock, which the functions share.
///
/// # Errors
/// If the clock is out of range.
pub fn now() -> anyhow::Result<Timestamp> {
    timestamp(SystemTime::now())
}

/// When a request had arrived, by the same clock.
///
/// # Errors
/// If the clock is out of range.
pub fn arrived_at(request: &ReceivedRequest) -> anyhow::Result<Timestamp> {
    timestamp(request.at)
}

fn timestamp(time: SystemTime) -> anyhow::Result<Timestamp> {
    let since = time.duration_since(UNIX_EPOCH).context("a clock after 1970")?;
    Ok(Timestamp::from_millis(i64::try_from(since.as_millis())?))
}
