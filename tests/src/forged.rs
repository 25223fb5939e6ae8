//! What no door brings about: rows whose messages never were, and messages as AWS hands them over.

use crate::{
    model::Webhook,
    until::{Look, until},
    world::{SOON, World, now},
};
use grapnel_domain::{
    delivery::{AttemptNumber, AttemptRecord, Delivery, DeliveryAttempt, DeliveryStatus},
    event::{Event, EventContent, Retention},
    ids::{EventId, UserId, WebhookId},
    message::{MakeAttempt, QueueMessage},
    retry::{RetryConfig, next::Retry},
    signature::{SECRET_BYTES, Secret},
    target_url::TargetUrl,
    webhook::{self, EventPattern, PayloadFormat, WebhookStatus},
};
use serde_json::json;
use std::collections::BTreeMap;
use uuid::Uuid;

/// How long the stacks keep their rows.
const RETENTION: Retention = Retention { days: 30 };

/// An event in the form of EventBridge's rule, with exactly this detail (JSON text). The bus may
/// serialise a detail again, so exact bytes begin at the queue.
#[must_use]
pub fn envelope(world: &World, id: &str, detail: &str) -> String {
    format!(
        concat!(
            r#"{{"version":"0","id":"{id}","detail-type":"lead.created","source":"{source}","#,
            r#""account":"111122223333","time":"2026-03-02T10:04:55Z","region":"eu-central-1","#,
            r#""resources":[],"detail":{detail}}}"#
        ),
        id = id,
        source = world.stack.event_source,
        detail = detail
    )
}

/// The ordinary message of a delivery's attempt, as text.
#[must_use]
pub fn message(delivery: &Delivery, attempt: AttemptNumber) -> String {
    QueueMessage::MakeAttempt(MakeAttempt::scheduled(delivery.target(), attempt)).to_json()
}

/// Sends the message of the next attempt of a webhook's one delivery, once one is on record: as the
/// queue will when the delay is over, so that no step of a test must be done within that delay.
///
/// # Errors
/// If no attempt is on record soon, or the message is not taken.
pub async fn next_attempt(world: &World, webhook: &Webhook) -> anyhow::Result<()> {
    let row = until("a delivery with an attempt on record", SOON, async || {
        let rows = world.state.deliveries(&webhook.id).await?;
        let tried = rows.iter().find(|row| !row.attempts.is_empty()).cloned();
        Ok(tried.map_or_else(|| Look::not_yet(&rows), Look::Found))
    })
    .await?;
    let message = message(&row, row.next_attempt_number());
    world.queues.send(&world.stack.outputs.delivery_queue_url, &message).await
}

/// A webhook of every event with a URL that nobody checked.
///
/// # Errors
/// If it cannot be stored.
pub async fn webhook(world: &World, url: &str) -> anyhow::Result<WebhookId> {
    let (id, now) = (WebhookId::from_uuid(Uuid::now_v7()), now()?);
    let configuration = webhook::Configuration {
        id,
        user_id: UserId::parse(&world.user)?,
        texts: webhook::Texts { name: "unchecked".into(), ..webhook::Texts::default() },
        url: TargetUrl::stored(url.to_owned())?,
        events: vec![EventPattern::Any],
        filter: None,
        secret: Secret::from_random([7; SECRET_BYTES]),
        previous_secrets: Vec::new(),
        headers: webhook::Headers::default(),
        metadata: BTreeMap::new(),
        status: WebhookStatus::Active,
        retry_config: RetryConfig::default(),
        payload_format: PayloadFormat::default(),
        transform: None,
        rate_limit: None,
        created_at: now,
        updated_at: now,
    };
    let webhook = webhook::Webhook::new(configuration)?;
    world.state.store_webhook(&webhook).await?;
    Ok(id)
}

/// A delivery that is recorded, with its event, and has no message for its first attempt.
///
/// # Errors
/// If it cannot be stored.
pub async fn pending(world: &World, webhook: &Webhook) -> anyhow::Result<Delivery> {
    let now = now()?;
    let user_id = UserId::parse(&world.user)?;
    let source_id = Uuid::new_v4().to_string();
    let event = Event {
        id: EventId::derive(&user_id, &world.stack.event_source, &source_id),
        content: EventContent {
            event_type: "lead.created".into(),
            source: world.stack.event_source.clone(),
            time: now,
            data: json!({ "userId": world.user, "id": source_id }).to_string(),
        },
        user_id,
        audience: None,
        stored_at: now,
        expires_at: RETENTION.event_expiry(now),
        payload_erased_at: None,
    };
    let webhook_id: WebhookId = webhook.id.parse()?;
    let delivery = Delivery::of(&event, webhook_id, RETENTION, now);
    world.state.store_event(&event).await?;
    world.state.store_delivery(&delivery).await?;
    // As stored: a row keeps its time to live in whole seconds.
    world.state.delivery(delivery.key()).await
}

/// A delivery whose first attempt is on record as failed, and whose next has no message and no
/// wait: what is left if the function dies between recording and scheduling.
///
/// # Errors
/// If it cannot be stored.
pub async fn abandoned(world: &World, webhook: &Webhook, retry: Retry) -> anyhow::Result<Delivery> {
    let delivery = pending(world, webhook).await?;
    let attempt = DeliveryAttempt {
        attempt_number: AttemptNumber::FIRST,
        status_code: Some(500),
        response: None,
        response_remark: None,
        location: None,
        error: Some("the receiver answered 500".into()),
        duration: 5,
        attempted_at: now()?,
        manual: false,
    };
    let record = AttemptRecord {
        key: delivery.key(),
        attempt,
        status: Some(DeliveryStatus::Retrying),
        reason: None,
        next_attempt_at: Some(retry.due),
        waits_for: retry.wait,
        expires_at: delivery.expires_at,
        drop_body: None,
    };
    world.state.record(&record).await?;
    world.state.delivery(delivery.key()).await
}
