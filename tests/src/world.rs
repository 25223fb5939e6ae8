//! A test's part of a stack: a new user with a key, a receiver, and tools for the rest.

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
use grapnel_receiver::{ReceivedRequest, TestReceiver};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Time limit for things that happen at once. Generous: many tests share two processors and one
/// emulator, and a deadline only costs time if a test fails.
pub const SOON: Duration = Duration::from_secs(60);

/// See the [module](self).
#[derive(Debug)]
pub struct World {
    pub stack: Stack,
    /// Its AWS, with the account owner's credentials.
    pub aws: Aws,
    pub user: String,
    /// The user's key, which has every scope.
    pub key: String,
    /// The API with that key.
    pub api: Api,
    /// The API with the admin key.
    pub admin: Api,
    /// The user's endpoints.
    pub receiver: TestReceiver,
    /// The bus for events.
    pub bus: Bus,
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
    /// The event, to be put again.
    pub event: BusEvent,
}

impl World {
    /// A world in the stack with the defaults.
    ///
    /// # Errors
    /// If there is no stack, or it creates no key.
    pub async fn main() -> anyhow::Result<Self> {
        Self::on(StackKind::Main).await
    }

    /// A world in the stack with short queue delays and time limits.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn tight() -> anyhow::Result<Self> {
        Self::on(StackKind::Tight).await
    }

    /// A world in the stack whose waits are a thousand times shorter.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn scaled() -> anyhow::Result<Self> {
        Self::on(StackKind::Scaled).await
    }

    /// A world in the stack whose circuit breakers open soon.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn circuit() -> anyhow::Result<Self> {
        Self::on(StackKind::Circuit).await
    }

    /// A world in the stack that accepts an issuer's tokens.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn tokens() -> anyhow::Result<Self> {
        Self::on(StackKind::Tokens).await
    }

    /// A world in the stack with production's restrictions.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn strict() -> anyhow::Result<Self> {
        Self::on(StackKind::Strict).await
    }

    /// A world in the stack whose functions are killed.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn crash() -> anyhow::Result<Self> {
        Self::on(StackKind::Crash).await
    }

    /// A world in the stack in which messages kill their functions.
    ///
    /// # Errors
    /// As [`World::main`].
    pub async fn poison() -> anyhow::Result<Self> {
        Self::on(StackKind::Poison).await
    }

    /// A world in the stack that the doctor checks.
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

    /// The body of a webhook for every event to `path` of the receiver. `fields` are added to the
    /// default fields or replace them.
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

    /// Creates such a webhook.
    ///
    /// # Errors
    /// If it is refused.
    pub async fn webhook(&self, path: &str, fields: Value) -> anyhow::Result<Webhook> {
        self.api.create_webhook(&self.webhook_body(path, &fields)).await
    }

    /// A new event of this user, which is not sent yet.
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
    /// If EventBridge refuses it.
    pub async fn publish(&self, event_type: &str, more: Value) -> anyhow::Result<Published> {
        let published = self.event(event_type, &more);
        self.bus.put(std::slice::from_ref(&published.event)).await?;
        Ok(published)
    }

    /// The requests to `path`, when there are `n`.
    ///
    /// # Errors
    /// If there are fewer at the deadline.
    pub async fn requests(&self, path: &str, n: usize) -> anyhow::Result<Vec<ReceivedRequest>> {
        Ok(self.receiver.wait_for(path, n, SOON).await?)
    }

    /// Tests a webhook, with this body (JSON text), and returns the delivery when its attempt is
    /// recorded, which may be later than the API waits for it.
    ///
    /// # Errors
    /// If the test is refused, or its attempt does not come in time.
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

    /// The webhook's one delivery, when `fits` accepts it. `what` describes the expected state.
    ///
    /// # Errors
    /// If it does not within `deadline`, or if there is more than one.
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

    /// [`World::delivery_within`] the usual deadline.
    ///
    /// # Errors
    /// As [`World::delivery_within`].
    pub async fn delivery(
        &self,
        webhook: &Webhook,
        what: &str,
        fits: impl Fn(&Delivery) -> bool,
    ) -> anyhow::Result<Delivery> {
        self.delivery_within(SOON, webhook, what, fits).await
    }

    /// The webhook's one delivery, when it is settled.
    ///
    /// # Errors
    /// If it is not settled in time.
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
