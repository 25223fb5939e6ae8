//! [`StoreWebhooks`], [`Webhooks`] and [`ReadSubscriptions`].

use super::{a_user, somebodys_webhook};
use futures::future::join_all;
use grapnel_domain::{
    filter::Filter,
    health::Health,
    ids::UserId,
    ports::{Consistency, GenerateIds, ReadSubscriptions, StoreWebhooks, Webhooks},
    retry::{Backoff, RetryConfig, Schedule},
    signature::Secret,
    time::Timestamp,
    webhook::{Headers, PayloadFormat, Subscription, Webhook, WebhookStatus},
};
use grapnel_testing::{
    builders::{a_webhook, changed},
    clock::START,
    ids::SequentialIds,
};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_webhooks {
    ($ports:expr) => {
        $crate::contract_tests!(
            webhooks,
            $ports,
            [
                a_webhook_reads_back_with_everything,
                an_unknown_webhook_is_none,
                a_webhook_is_its_owners_only,
                creating_a_webhook_again_changes_nothing,
                subscriptions_are_all_of_the_users_webhooks,
                webhooks_are_listed_by_age_in_pages,
                a_webhook_is_replaced_if_it_is_unchanged,
                a_webhook_that_changed_is_not_replaced,
                a_webhook_that_is_gone_is_not_replaced,
                replacing_with_the_same_again_is_no_conflict,
                of_many_replacements_at_once_one_wins,
                a_deleted_webhook_is_gone,
                a_webhook_that_changed_is_not_deleted,
                webhooks_are_counted_without_what_lies_beside_them,
            ]
        );
    };
}

/// All that a webhook store can do.
pub trait Store: StoreWebhooks + Webhooks + ReadSubscriptions {}
impl<S: StoreWebhooks + Webhooks + ReadSubscriptions> Store for S {}

const LATER: Timestamp = Timestamp::from_millis(START.as_millis() + 1);

async fn read(stores: &impl Store, webhook: &Webhook) -> Option<Webhook> {
    let read = stores.webhook(&webhook.user_id, webhook.id, Consistency::Strong).await;
    read.expect("read")
}

fn renamed(webhook: &Webhook, name: &str, at: Timestamp) -> Webhook {
    changed(webhook, |it| {
        it.texts.name = name.into();
        it.updated_at = at;
    })
}

pub async fn a_webhook_reads_back_with_everything<S: Store>(stores: &S) {
    let backoff = Backoff { initial_seconds: 30, multiplier: 1.5, max_seconds: 36_000 };
    let webhook = a_webhook()
        .for_user(a_user().as_str())
        .named("Bestellungen ✓")
        .url("https://receiver.example/hook?key=a%20b")
        .events(["workflow.*", "lead.created"])
        .filter(r#"{"n":[9007199254740993,{"prefix":"ä"}]}"#)
        .previous_secret(Secret::from_random([2; 32]), LATER)
        .previous_secret(Secret::from_random([3; 32]), LATER)
        .header("X-Api-Key", "k")
        .header("X-Empty", "")
        .retry(RetryConfig { schedule: Schedule::Backoff(backoff), ..RetryConfig::default() })
        .format(PayloadFormat::CloudEvents)
        .transform("{{ data.name }} ✓\n")
        .build();
    let webhook = changed(&webhook, |it| it.updated_at = LATER);
    stores.create_webhook(&webhook).await.expect("created");
    for consistency in [Consistency::Strong, Consistency::Eventual] {
        let read = stores.webhook(&webhook.user_id, webhook.id, consistency).await;
        assert_eq!(read, Ok(Some(webhook.clone())));
    }
}

pub async fn an_unknown_webhook_is_none<S: Store>(stores: &S) {
    assert_eq!(read(stores, &somebodys_webhook()).await, None);
}

pub async fn a_webhook_is_its_owners_only<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    stores.create_webhook(&webhook).await.expect("created");
    let stranger = a_user();
    let seen = stores.webhook(&stranger, webhook.id, Consistency::Strong).await;
    assert_eq!(seen, Ok(None));
    assert_eq!(stores.delete_webhook(&stranger, webhook.id).await, Ok(false));
    let stolen = changed(&webhook, |it| it.user_id = stranger);
    assert_eq!(stores.replace_webhook(&stolen, webhook.updated_at).await, Ok(false));
    assert_eq!(read(stores, &webhook).await, Some(webhook));
}

pub async fn creating_a_webhook_again_changes_nothing<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    stores.create_webhook(&webhook).await.expect("created");
    let changed = renamed(&webhook, "changed since", LATER);
    assert_eq!(stores.replace_webhook(&changed, webhook.updated_at).await, Ok(true));
    stores.create_webhook(&webhook).await.expect("repeated");
    assert_eq!(read(stores, &webhook).await, Some(changed));
}

/// Webhooks of one user, in order of creation.
async fn created<S: Store>(stores: &S, user: &UserId, count: usize) -> Vec<Webhook> {
    let ids = SequentialIds::new();
    let webhooks: Vec<Webhook> = (0..count)
        .map(|_| a_webhook().for_user(user.as_str()).id(ids.webhook_id()).build())
        .collect();
    for done in join_all(webhooks.iter().map(|webhook| stores.create_webhook(webhook))).await {
        done.expect("created");
    }
    webhooks
}

pub async fn subscriptions_are_all_of_the_users_webhooks<S: Store>(stores: &S) {
    let user = a_user();
    assert_eq!(stores.subscriptions(&user).await, Ok(vec![]));
    let webhooks = created(stores, &user, 3).await;
    let disabled = changed(&webhooks[1], |it| {
        it.status = WebhookStatus::Disabled;
        it.events = vec!["workflow.*".parse().expect("a pattern")];
        it.filter = Some(Filter::stored(r#"{"a":["x"]}"#.into()));
        it.updated_at = LATER;
    });
    assert_eq!(stores.replace_webhook(&disabled, START).await, Ok(true));
    let expected: Vec<Subscription> = [&webhooks[0], &disabled, &webhooks[2]]
        .map(|webhook| Subscription {
            webhook_id: webhook.id,
            events: webhook.events.clone(),
            filter: webhook.filter.clone(),
            status: webhook.status,
        })
        .into();
    assert_eq!(stores.subscriptions(&user).await, Ok(expected));
}

pub async fn webhooks_are_listed_by_age_in_pages<S: Store>(stores: &S) {
    let user = a_user();
    let webhooks = created(stores, &user, 5).await;
    for limit in [1, 2, 4, 5, 100] {
        let mut listed = Vec::new();
        let mut after = None;
        loop {
            let page = stores.list_webhooks(&user, limit, after).await.expect("listed");
            assert!((1..=limit).contains(&page.items.len()), "limit {limit}");
            listed.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed, webhooks, "limit {limit}");
    }
    let last = webhooks.last().map(|webhook| webhook.id);
    let beyond = stores.list_webhooks(&user, 10, last).await.expect("listed");
    assert!(beyond.items.is_empty() && beyond.next.is_none());
}

pub async fn a_webhook_is_replaced_if_it_is_unchanged<S: Store>(stores: &S) {
    let full = a_webhook()
        .for_user(a_user().as_str())
        .header("X-Old", "1")
        .filter(r#"{"a":["old"]}"#)
        .transform("old")
        .previous_secret(Secret::from_random([2; 32]), LATER)
        .previous_secret(Secret::from_random([3; 32]), LATER)
        .build();
    stores.create_webhook(&full).await.expect("created");
    // What the new one has no more must not shine through.
    let plain = changed(&renamed(&full, "replaced", LATER), |it| {
        it.filter = None;
        it.transform = None;
        it.headers = Headers::default();
        it.previous_secrets = Vec::new();
    });
    assert_eq!(stores.replace_webhook(&plain, full.updated_at).await, Ok(true));
    assert_eq!(read(stores, &full).await, Some(plain));
}

pub async fn a_webhook_that_changed_is_not_replaced<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    stores.create_webhook(&webhook).await.expect("created");
    let first = renamed(&webhook, "first", LATER);
    assert_eq!(stores.replace_webhook(&first, START).await, Ok(true));
    let second = renamed(&webhook, "second", LATER);
    assert_eq!(stores.replace_webhook(&second, START).await, Ok(false));
    assert_eq!(read(stores, &webhook).await, Some(first));
}

pub async fn a_webhook_that_is_gone_is_not_replaced<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    assert_eq!(stores.replace_webhook(&webhook, webhook.updated_at).await, Ok(false));
    assert_eq!(read(stores, &webhook).await, None);
}

pub async fn replacing_with_the_same_again_is_no_conflict<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    stores.create_webhook(&webhook).await.expect("created");
    let changed = changed(&renamed(&webhook, "rotated", LATER), |it| {
        it.secret = Secret::from_random([9; 32])
    });
    for _ in 0..2 {
        assert_eq!(stores.replace_webhook(&changed, START).await, Ok(true));
    }
    assert_eq!(read(stores, &webhook).await, Some(changed));
}

pub async fn of_many_replacements_at_once_one_wins<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    stores.create_webhook(&webhook).await.expect("created");
    let changes: Vec<Webhook> =
        (0..8).map(|n| renamed(&webhook, &format!("change {n}"), LATER)).collect();
    let done = join_all(changes.iter().map(|change| stores.replace_webhook(change, START))).await;
    let winners: Vec<&Webhook> =
        changes.iter().zip(&done).filter(|(_, done)| **done == Ok(true)).map(|(c, _)| c).collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(read(stores, &webhook).await.as_ref(), Some(winners[0]));
}

pub async fn a_deleted_webhook_is_gone<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    stores.create_webhook(&webhook).await.expect("created");
    let (user, id) = (&webhook.user_id, webhook.id);
    assert_eq!(stores.delete_webhook(user, id).await, Ok(true));
    assert_eq!(stores.delete_webhook(user, id).await, Ok(false));
    assert_eq!(read(stores, &webhook).await, None);
    assert_eq!(stores.subscriptions(user).await, Ok(vec![]));
}

pub async fn a_webhook_that_changed_is_not_deleted<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    stores.create_webhook(&webhook).await.expect("created");
    let (user, id) = (&webhook.user_id, webhook.id);
    assert_eq!(stores.delete_unchanged_webhook(user, id, LATER).await, Ok(false));
    assert_eq!(read(stores, &webhook).await.as_ref(), Some(&webhook));
    assert_eq!(stores.delete_unchanged_webhook(user, id, START).await, Ok(true));
    assert_eq!(read(stores, &webhook).await, None);
    assert_eq!(stores.delete_unchanged_webhook(user, id, START).await, Ok(false));
}

pub async fn webhooks_are_counted_without_what_lies_beside_them<S: Store>(stores: &S) {
    let user = a_user();
    assert_eq!(stores.count_webhooks(&user).await, Ok(0));
    for _ in 0..3 {
        let webhook = a_webhook().for_user(user.as_str()).build();
        stores.create_webhook(&webhook).await.expect("created");
        let first = Health { version: 1, failures: 1, ..Health::default() };
        assert_eq!(stores.store_health(&user, webhook.id, &first).await, Ok(true));
    }
    assert_eq!(stores.count_webhooks(&user).await, Ok(3));
}
