//! The port contract: what every implementation of the ports must do.
//!
//! A case is an async function over the ports that it needs. It creates its own webhooks and users,
//! so it can run next to others against shared tables. A suite runs all cases of a part with one
//! line, for example `contract_of_deliveries!(crate::deliveries())`: each becomes a test with its
//! own name, and no suite can leave one out.
//!
//! The cases also check the other end of queues and waits. A suite provides it by [`Arrivals`],
//! [`PutAside`], [`TwoQueues`] and [`EndWaits`].

pub mod claims;
pub mod dead_letters;
pub mod deliveries;
pub mod echoes;
pub mod endings;
pub mod erasures;
pub mod event_list;
pub mod event_types;
pub mod events;
pub mod figures;
pub mod health;
pub mod isolation;
pub mod keys;
pub mod limits;
pub mod listing;
pub mod orders;
pub mod parking;
pub mod portal;
pub mod publishing;
pub mod queues;
pub mod records;
pub mod reopening;
pub mod replays;
pub mod settled;
pub mod slots;
pub mod together;
pub mod waiting;
pub mod waits;
pub mod webhooks;

use grapnel_domain::{
    delivery::Delivery,
    event::Event,
    ids::{DeliveryId, UserId, WebhookId},
    message::Record,
    ports::TendDeliveries,
    tending::{Minutes, Spread},
    time::{Minute, Timestamp},
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, an_event},
    clock::NEVER,
};
use std::{future::Future, time::Duration};
use uuid::Uuid;

/// How long an index or a queue may lag before a case fails.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A message that arrived at the other end of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    pub body: String,
    /// Its group; empty if it has none.
    pub group: String,
    /// When it could be received.
    pub at: Timestamp,
}

/// The other end of a queue.
pub trait Arrivals: Send + Sync {
    /// The present, on the clock of [`Arrival::at`].
    fn present(&self) -> Timestamp;
    /// Waits until this many messages have arrived, or [`PATIENCE`] has passed, and removes them.
    fn arrivals(&self, count: usize) -> impl Future<Output = Vec<Arrival>> + Send;
}

/// Access to a dead-letter queue.
pub trait PutAside: Send + Sync {
    /// Waits until this many messages have arrived, or [`PATIENCE`] has passed, and removes them.
    /// Returns the unchanged texts, each with its reason.
    fn put_aside(&self, count: usize) -> impl Future<Output = Vec<(String, String)>> + Send;
}

/// A queue and its isolation queue.
pub trait TwoQueues: Send + Sync {
    /// Sends messages to the queue.
    fn send_to_source(&self, messages: &[Record]) -> impl Future<Output = ()> + Send;
    /// Receives messages as a function gets them, until there are this many or [`PATIENCE`] has
    /// passed. They stay on the queue, hidden.
    fn receive_from_source(&self, count: usize) -> impl Future<Output = Vec<Record>> + Send;
    /// How many messages are on the queue, including hidden ones.
    fn left_on_source(&self) -> impl Future<Output = usize> + Send;
    /// Like [`TwoQueues::receive_from_source`], from the isolation queue.
    fn receive_isolated(&self, count: usize) -> impl Future<Output = Vec<Record>> + Send;
}

/// The other end of shared waits.
pub trait EndWaits: Send + Sync {
    /// Ends a wait, even before its minute.
    fn end_wait(&self, minute: Minute) -> impl Future<Output = ()> + Send;
    /// The same waits in another instance, which remembers nothing.
    fn another_instance(&self) -> Self;
}

/// Makes a test of each case of a part.
#[macro_export]
macro_rules! contract_tests {
    ($part:ident, $ports:expr, [$($case:ident),+ $(,)?]) => {
        mod $part {
            $(
                #[tokio::test]
                async fn $case() {
                    $crate::$part::$case(&$ports.await).await;
                }
            )+
        }
    };
}

/// All contracts, on the ports that these expressions make: one list for every implementation, so
/// that none leaves a contract out.
#[macro_export]
macro_rules! contract_of_all_ports {
    (
        webhooks: $webhooks:expr,
        event_types: $event_types:expr,
        events: $events:expr,
        keys: $keys:expr,
        deliveries: $deliveries:expr,
        delivery_queue: $delivery_queue:expr,
        events_queue: $events_queue:expr,
        dead_letters: $dead_letters:expr,
        isolation: $isolation:expr,
        waits: $waits:expr,
    ) => {
        $crate::contract_of_webhooks!($webhooks);
        $crate::contract_of_together!($webhooks);
        $crate::contract_of_health!($webhooks);
        $crate::contract_of_limits!($webhooks);
        $crate::contract_of_event_types!($event_types);
        $crate::contract_of_events!($events);
        $crate::contract_of_event_list!($events);
        $crate::contract_of_keys!($keys);
        $crate::contract_of_portal!($keys);
        $crate::contract_of_echoes!($keys);
        $crate::contract_of_deliveries!($deliveries);
        $crate::contract_of_records!($deliveries);
        $crate::contract_of_endings!($deliveries);
        $crate::contract_of_erasures!($deliveries);
        $crate::contract_of_listing!($deliveries);
        $crate::contract_of_figures!($deliveries);
        $crate::contract_of_parking!($deliveries);
        $crate::contract_of_slots!($deliveries);
        $crate::contract_of_reopening!($deliveries);
        $crate::contract_of_settled!($deliveries);
        $crate::contract_of_replays!($events);
        $crate::contract_of_claims!($events);
        $crate::contract_of_waiting!($deliveries);
        $crate::contract_of_queues!($delivery_queue);
        $crate::contract_of_orders!($events_queue);
        $crate::contract_of_publishing!($events_queue);
        $crate::contract_of_dead_letters!($dead_letters);
        $crate::contract_of_isolation!($isolation);
        $crate::contract_of_waits!($waits);
    };
}

/// A minute that no other case waits for, and that never strikes: a deployed stack releases what is
/// due.
#[must_use]
pub fn a_minute() -> Minute {
    let random = u64::from(Uuid::now_v7().as_fields().3[7])
        + (u64::from(Uuid::now_v7().as_fields().3[6]) << 8);
    let apart = Duration::from_secs(60 * 10);
    Minute::at_or_after(NEVER.plus(apart * u32::try_from(random).unwrap_or(0)))
}

/// The webhook's deliveries that wait for this minute, by id.
async fn who_waits(
    stores: &impl TendDeliveries,
    webhook: WebhookId,
    minute: Minute,
) -> Vec<DeliveryId> {
    let mut found = Vec::new();
    for spread in Spread::all() {
        let mut after = None;
        loop {
            let page = stores.due(spread, Minutes::Only(minute), after).await.expect("found");
            found.extend(page.rows.into_iter().map(|row| row.key));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    found.retain(|key| key.webhook_id == webhook);
    let mut ids: Vec<DeliveryId> = found.into_iter().map(|key| key.id).collect();
    ids.sort_unstable();
    ids
}

/// A new user.
#[must_use]
pub fn a_user() -> UserId {
    grapnel_testing::builders::user(&format!("user-{}", Uuid::now_v7()))
}

/// A webhook of a new user.
fn somebodys_webhook() -> Webhook {
    a_webhook().for_user(a_user().as_str()).build()
}

/// An event of a new user.
fn somebodys_event() -> Event {
    Event { expires_at: NEVER, ..an_event().for_user(a_user().as_str()).build() }
}

/// A pending delivery to a new webhook.
fn somebodys_delivery() -> Delivery {
    a_delivery().to(&somebodys_webhook()).expires_at(NEVER).build()
}

/// Repeats a question until it has the expected answer. An index lags behind its table.
async fn eventually<T, A>(expected: &T, mut ask: impl FnMut() -> A)
where
    T: PartialEq + std::fmt::Debug,
    A: Future<Output = T>,
{
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let answer = ask().await;
        if answer == *expected || tokio::time::Instant::now() >= deadline {
            assert_eq!(answer, *expected);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
