//! The paths of a delivery whose costs are counted.

use crate::deployment::{Deployment, Work};
use grapnel_domain::{
    delay::QueueDelay,
    ids::WebhookId,
    message::{Outgoing, QueueMessage},
    ports::{Clock, EnqueueAttempts, StoreWebhooks},
    retry::RetryConfig,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_replay, a_webhook},
    sender::answered,
};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// How receivers behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// All requests succeed.
    Success,
    /// So many requests to each endpoint fail first.
    FailFirst(usize),
}

/// A path: events of users, and how it goes with them.
#[derive(Debug, Clone)]
pub(crate) struct Path {
    name: &'static str,
    users: usize,
    /// Of each user. Each event goes to all of them.
    webhooks: usize,
    /// In all; the users take turns.
    events: usize,
    bytes: usize,
    answers: Answers,
    rate_limit: Option<u32>,
    /// Every delivery fails at its only attempt, and is replayed then. The replay is counted.
    replayed: bool,
}

/// What a path costs.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) name: &'static str,
    pub(crate) deliveries: usize,
    pub(crate) work: Work,
}

pub(crate) fn all() -> Vec<Path> {
    let usual = Path {
        name: "healthy, one webhook",
        users: 10,
        webhooks: 1,
        events: 10,
        bytes: 500,
        answers: Answers::Success,
        rate_limit: None,
        replayed: false,
    };
    vec![
        usual.clone(),
        Path { name: "healthy, ten webhooks", webhooks: 10, ..usual.clone() },
        Path { name: "a large payload", bytes: 20_000, ..usual.clone() },
        // The first delay is a minute, by a queue.
        Path {
            name: "a retry after a delay of the queue",
            answers: Answers::FailFirst(1),
            ..usual.clone()
        },
        // The third is half an hour, longer than a queue's. The two before it are part of the path.
        Path {
            name: "a retry after a long wait, alone at its endpoint",
            answers: Answers::FailFirst(3),
            ..usual.clone()
        },
        // Ten failures open the circuit breaker; the others are parked until a probe succeeds.
        Path {
            name: "an open circuit breaker",
            users: 1,
            events: 30,
            answers: Answers::FailFirst(10),
            ..usual.clone()
        },
        Path { name: "a rate limit", users: 1, events: 30, rate_limit: Some(5), ..usual.clone() },
        // Too few failures at each endpoint to open its circuit breaker.
        Path {
            name: "a replay of failed deliveries",
            users: 1,
            webhooks: 4,
            events: 9,
            answers: Answers::FailFirst(9),
            replayed: true,
            ..usual
        },
    ]
}

fn user(number: usize) -> String {
    format!("user-{number:02}")
}

/// Webhooks with fixed ids: ids decide about jitter, and so about times.
fn webhook(path: &Path, user: usize, number: usize) -> Webhook {
    let id = WebhookId::from_uuid(Uuid::from_u128((user * 1000 + number + 1) as u128));
    let webhook = a_webhook()
        .id(id)
        .for_user(&self::user(user))
        .url(&format!("https://receiver.example/{user}/{number}"));
    let webhook = match path.rate_limit {
        Some(limit) => webhook.limited_to(limit),
        None => webhook,
    };
    let once = RetryConfig { max_attempts: 1, ..RetryConfig::default() };
    if path.replayed { webhook.retry(once).build() } else { webhook.build() }
}

fn event(path: &Path, number: usize) -> String {
    let user = number % path.users;
    // Text that compresses to about a third.
    let words = (0..path.bytes / 9).map(|word| format!("{:08x}", word * 0x9E37_79B9 % 0xFFFF_FFFF));
    let text: String = words.collect::<Vec<_>>().join(" ").chars().take(path.bytes).collect();
    json!({
        "version": "0",
        "id": format!("{number:08x}-0000-4000-8000-000000000000"),
        "detail-type": "order.created",
        "source": "shop.platform",
        "time": "2026-11-24T06:24:00Z",
        "detail": { "userId": self::user(user), "text": text },
    })
    .to_string()
}

pub(crate) async fn counted(path: &Path) -> Counted {
    let deployment = Deployment::new().await;
    for user in 0..path.users {
        for number in 0..path.webhooks {
            let webhook = webhook(path, user, number);
            deployment.webhooks.create_webhook(&webhook).await.expect("created");
            if let Answers::FailFirst(failures) = path.answers {
                let failures = vec![answered(500); failures];
                deployment.sender.answer(webhook.url.as_str(), failures);
            }
        }
    }
    for number in 0..path.events {
        deployment.publish(event(path, number));
    }
    let mut work = deployment.work().await;
    if path.replayed {
        work = replay(&deployment).await;
    }
    let deliveries = path.events * path.webhooks;
    let failures = match path.answers {
        Answers::Success => 0,
        Answers::FailFirst(failures) => failures * path.users * path.webhooks,
    };
    let requests = deployment.sender.requests().len();
    assert_eq!(requests, deliveries + failures, "{}: every delivery succeeds at last", path.name);
    Counted { name: path.name, deliveries, work }
}

/// Replays all failed deliveries of the only user.
async fn replay(deployment: &Deployment) -> Work {
    deployment.clock.advance(Duration::from_secs(3600));
    let replay = a_replay().for_user(&user(0)).asked_at(deployment.clock.now()).build();
    let page = Outgoing::new(QueueMessage::Replay(replay.first_page()), QueueDelay::NONE);
    for sent in deployment.queue.enqueue(vec![page]).await {
        sent.expect("sent");
    }
    deployment.work().await
}
