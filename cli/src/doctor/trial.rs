//! A webhook of the doctor's own, and deliveries to it: a test, a retry after a short delay, and with
//! `--long` a retry after a delay that no queue can hold.

mod judge;

use super::{
    belongings::Belongings,
    check::Verdict,
    random,
    stop::{Break, StopFlag},
};
use crate::{clock::now, say::say};
use futures::TryStreamExt;
use grapnel_client::{
    Client, Delivery, Echo, EventType, NewEcho, NewEvent, NewWebhook, RetryConfig, Webhook,
};
use grapnel_domain::{signature::Secret, time::Timestamp};
use serde_json::json;
use std::time::Duration;

/// Seconds before a retry by the queue.
const SHORT_DELAY: u32 = 5;

/// Seconds before a retry by a shared wait: more than the 900 that a queue can hold.
const LONG_DELAY: u32 = 960;

/// Seconds that the receiver has to answer. The echo may have to start a function first.
const RECEIVER_TIMEOUT: u32 = 15;

/// How long after its time an attempt may come: functions start, a shared wait ends with a minute.
const GRACE: Duration = Duration::from_secs(180);

/// How often a delivery is looked at.
const PAUSE: Duration = Duration::from_secs(1);

/// How often a delivery is looked at that is not due for minutes.
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// How often a long wait is mentioned.
const BETWEEN_MENTIONS: Duration = Duration::from_secs(60);

/// How long before a late attempt it gets a new receiver. An echo lives for ten minutes.
const FRESH_ECHO: Duration = Duration::from_secs(120);

/// Who receives.
#[derive(Debug, Clone)]
pub(super) enum Receiver {
    /// A receiver that was given. It must answer 2xx.
    Given(String),
    /// The API itself.
    Echo,
}

/// What the deliveries are made with.
pub(super) struct Trial<'a> {
    admin: Client,
    client: Client,
    receiver: Receiver,
    secret: Secret,
    stop: StopFlag,
    belongings: &'a mut Belongings,
    event_type: Option<EventType>,
    webhook: Option<Webhook>,
}

impl<'a> Trial<'a> {
    /// Nothing is made yet.
    ///
    /// # Errors
    /// When there is no secret.
    pub(super) fn new(
        admin: &Client,
        receiver: Receiver,
        belongings: &'a mut Belongings,
        stop: &StopFlag,
    ) -> Result<Self, Break> {
        Ok(Self {
            admin: admin.clone(),
            client: admin.for_user(belongings.user()),
            receiver,
            secret: random::secret().map_err(Break::Refused)?,
            stop: stop.clone(),
            belongings,
            event_type: None,
            webhook: None,
        })
    }

    /// Makes the webhook, and the echo that it sends to.
    ///
    /// # Errors
    /// When the API refuses, or somebody wants to stop.
    pub(super) async fn make_webhook(&mut self) -> Result<Verdict, Break> {
        let Some(event_type) = self.stop.or_stop(self.usable_type()).await?? else {
            return Ok(Verdict::failed(
                "no event type of the catalogue has a sample",
                "Give one a sample: grapnel event-types set, docs/events.md.",
            ));
        };
        let url = match self.receiver.clone() {
            Receiver::Given(url) => url,
            Receiver::Echo => self.make_echo(0).await?,
        };
        let new = NewWebhook {
            secret: Some(self.secret.reveal().to_owned()),
            retry_config: Some(retry_after(SHORT_DELAY)),
            ..NewWebhook::new("grapnel doctor", url, [&event_type.name])
        };
        // Without `or_stop`: what is made must be known, to be removed.
        let webhook = self.client.create_webhook(&new).await?;
        let verdict =
            Verdict::passed(format!("made; it sends {} to {}", event_type.name, webhook.url));
        self.webhook = Some(webhook);
        self.event_type = Some(event_type);
        Ok(verdict)
    }

    /// The first event type that is not deprecated and has a sample.
    async fn usable_type(&self) -> Result<Option<EventType>, grapnel_client::Error> {
        let mut types = std::pin::pin!(self.client.event_types().stream());
        while let Some(event_type) = types.try_next().await? {
            if !event_type.deprecated && event_type.sample.is_some() {
                return Ok(Some(event_type));
            }
        }
        Ok(None)
    }

    /// An echo that fails so many requests first, and its address. The address is made of the one that
    /// the doctor itself was given: it shows that the API can be reached there from AWS, too.
    async fn make_echo(&mut self, fail_first: usize) -> Result<String, Break> {
        let order =
            NewEcho { secret: self.secret.reveal().to_owned(), fail_first: Some(fail_first) };
        // Without `or_stop`: what is made must be known, to be removed.
        let echo = self.admin.create_echo(&order).await?;
        self.belongings.add_echo(&echo.id);
        Ok(self.admin.echo_url(&echo))
    }

    /// The webhook and the event type, once they are made.
    fn made(&self) -> Result<(Webhook, EventType), Verdict> {
        match (&self.webhook, &self.event_type) {
            (Some(webhook), Some(event_type)) => Ok((webhook.clone(), event_type.clone())),
            _ => Err(Verdict::skipped("there is no webhook")),
        }
    }

    /// Sends the webhook a test.
    ///
    /// # Errors
    /// When the API refuses, or somebody wants to stop.
    pub(super) async fn test(&mut self) -> Result<Verdict, Break> {
        let webhook = match self.made() {
            Ok((webhook, _)) => webhook,
            Err(verdict) => return Ok(verdict),
        };
        let test = self.client.test_webhook(&webhook.id, None).send();
        let delivery = self.stop.or_stop(test).await??;
        let deadline = now().plus(GRACE);
        let delivery = self.settled(&webhook, delivery, deadline).await?;
        let echoes = self.echoes().await?;
        Ok(judge::test(&delivery, echoes.as_deref()))
    }

    /// Publishes an event whose first attempt fails, and waits for the second.
    ///
    /// # Errors
    /// When the API refuses, or somebody wants to stop.
    pub(super) async fn retry(&mut self) -> Result<Verdict, Break> {
        self.fail_once(SHORT_DELAY, "retry").await
    }

    /// Compares the version of the delivery function, which its requests name, with the API's.
    ///
    /// # Errors
    /// When the API refuses, or somebody wants to stop.
    pub(super) async fn versions(&self, api: &str) -> Result<Verdict, Break> {
        Ok(match self.echoes().await? {
            Some(echoes) => judge::versions(&echoes, api),
            None => Verdict::skipped(
                "a receiver was given; only the API's own echo shows what delivery runs",
            ),
        })
    }

    /// The same with a delay that only a shared wait can hold.
    ///
    /// # Errors
    /// When the API refuses, or somebody wants to stop.
    pub(super) async fn long_retry(&mut self) -> Result<Verdict, Break> {
        self.fail_once(LONG_DELAY, "long retry").await
    }

    async fn fail_once(&mut self, delay: u32, name: &str) -> Result<Verdict, Break> {
        let (webhook, event_type) = match self.made() {
            Ok(made) => made,
            Err(verdict) => return Ok(verdict),
        };
        if let Receiver::Given(_) = self.receiver {
            return Ok(Verdict::skipped(
                "a receiver was given; only the API's own echo fails on demand",
            ));
        }
        let url = self.make_echo(1).await?;
        let changes = json!({ "url": url, "retryConfig": retry_after(delay) });
        self.stop.or_stop(self.client.patch_webhook(&webhook.id, &changes).send()).await??;
        let event = self.publish(&event_type).await?;
        let Some(delivery) = self.delivery_of(&webhook, &event).await? else {
            return Ok(judge::nothing_came(&event));
        };
        let Some(due) = self.retry_due(&webhook, &delivery).await? else {
            let delivery = self.look(&webhook, &delivery.id).await?;
            return Ok(judge::retry(&delivery, &self.echoes().await?.unwrap_or_default()));
        };
        self.wait_until(due, &webhook, &delivery, name).await?;
        let delivery = self.settled(&webhook, delivery, due.plus(GRACE)).await?;
        Ok(judge::retry(&delivery, &self.echoes().await?.unwrap_or_default()))
    }

    async fn publish(&mut self, event_type: &EventType) -> Result<String, Break> {
        let data = event_type.sample.clone().unwrap_or_default();
        let event = NewEvent::new(&event_type.name, data);
        let published = self.client.publish_events(&[event], None).await?;
        let Some(event) = published.items.into_iter().next() else {
            let odd = "the API took an event and named none";
            return Err(Break::Refused(crate::failure::Failure::new(odd)));
        };
        self.belongings.add_event(&event.id, now());
        Ok(event.id)
    }

    /// The event's delivery, as soon as there is one.
    async fn delivery_of(&self, webhook: &Webhook, event: &str) -> Result<Option<Delivery>, Break> {
        let deadline = now().plus(GRACE);
        while now() < deadline {
            let list = self.client.deliveries(&webhook.id).most(10);
            let deliveries = self.stop.or_stop(list.all()).await??;
            if let Some(delivery) = deliveries.into_iter().find(|it| it.event_id == event) {
                return Ok(Some(delivery));
            }
            self.pause().await?;
        }
        Ok(None)
    }

    /// When the second attempt is due; `None` if the first did not come in time, or was no failure.
    async fn retry_due(
        &self,
        webhook: &Webhook,
        delivery: &Delivery,
    ) -> Result<Option<Timestamp>, Break> {
        let deadline = now().plus(GRACE);
        while now() < deadline {
            let delivery = self.look(webhook, &delivery.id).await?;
            if let Some(due) = delivery.next_attempt_at.filter(|_| !delivery.attempts.is_empty()) {
                return Ok(Some(due));
            }
            if delivery.is_settled() {
                break;
            }
            self.pause().await?;
        }
        Ok(None)
    }

    /// Waits until shortly before a retry is due. Where the echo would be gone by then, the webhook
    /// gets a new one: the attempt goes to the address that the webhook has at that time.
    async fn wait_until(
        &mut self,
        due: Timestamp,
        webhook: &Webhook,
        delivery: &Delivery,
        name: &str,
    ) -> Result<(), Break> {
        let mut mentioned: Option<Timestamp> = None;
        if now().until(due) <= FRESH_ECHO {
            return Ok(());
        }
        while now().until(due) > FRESH_ECHO {
            if mentioned.is_none_or(|at| at.until(now()) >= BETWEEN_MENTIONS) {
                say(&format!("  {name}: due in {} …", grapnel_verify::span(now().until(due))));
                mentioned = Some(now());
            }
            // On a deployment whose waits are shortened, it comes before it is due.
            if self.look(webhook, &delivery.id).await?.is_settled() {
                return Ok(());
            }
            self.stop.or_stop(tokio::time::sleep(LONG_PAUSE)).await?;
        }
        let url = self.make_echo(0).await?;
        let changes = json!({ "url": url });
        self.stop.or_stop(self.client.patch_webhook(&webhook.id, &changes).send()).await??;
        Ok(())
    }

    async fn settled(
        &self,
        webhook: &Webhook,
        delivery: Delivery,
        deadline: Timestamp,
    ) -> Result<Delivery, Break> {
        let mut delivery = delivery;
        while !delivery.is_settled() && now() < deadline {
            self.pause().await?;
            delivery = self.look(webhook, &delivery.id).await?;
        }
        Ok(delivery)
    }

    async fn look(&self, webhook: &Webhook, delivery: &str) -> Result<Delivery, Break> {
        Ok(self.stop.or_stop(self.client.delivery(&webhook.id, delivery).send()).await??)
    }

    /// What the echoes received; `None` with a receiver that was given. One that has ended shows
    /// nothing.
    async fn echoes(&self) -> Result<Option<Vec<Echo>>, Break> {
        if let Receiver::Given(_) = self.receiver {
            return Ok(None);
        }
        let mut echoes = Vec::new();
        for id in self.belongings.echoes() {
            match self.stop.or_stop(self.admin.echo(id).send()).await? {
                Ok(echo) => echoes.push(echo),
                Err(error) if error.problem().is_some_and(|it| it.status == 404) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(echoes))
    }

    async fn pause(&self) -> Result<(), Break> {
        self.stop.or_stop(tokio::time::sleep(PAUSE)).await
    }
}

/// Two attempts, and the delay between them.
fn retry_after(seconds: u32) -> RetryConfig {
    RetryConfig {
        max_attempts: Some(2),
        timeout_seconds: Some(RECEIVER_TIMEOUT),
        delays_seconds: Some(vec![seconds]),
        backoff: None,
    }
}
