//! [`Webhooks::store_health`], and how it shows in what is read of webhooks.

use super::{a_user, somebodys_webhook};
use futures::future::join_all;
use grapnel_domain::{
    health::{Circuit, DisabledCause, Health, Note},
    ports::{Consistency, GenerateIds, ReadSubscriptions, StoreWebhooks, Webhooks},
    time::Timestamp,
    webhook::{Webhook, WebhookStatus},
};
use grapnel_testing::{
    builders::{a_failing_health, a_webhook, changed},
    clock::START,
    ids::SequentialIds,
};

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_health {
    ($ports:expr) => {
        $crate::contract_tests!(
            health,
            $ports,
            [
                health_is_read_with_its_webhook,
                health_is_stored_over_what_was_read_only,
                of_many_who_claim_one_wins,
                a_new_configuration_leaves_health_alone,
                subscriptions_and_lists_show_each_webhooks_own_health,
                a_deleted_webhook_takes_its_health_along,
                a_note_is_beside_the_version_and_only_grows,
                a_note_is_written_into_a_health_that_exists_only,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: StoreWebhooks + Webhooks + ReadSubscriptions {}
impl<S: StoreWebhooks + Webhooks + ReadSubscriptions> Store for S {}

const LATER: Timestamp = Timestamp::from_millis(START.as_millis() + 1);

async fn created<S: Store>(stores: &S) -> Webhook {
    let webhook = somebodys_webhook();
    stores.create_webhook(&webhook).await.expect("created");
    webhook
}

async fn store<S: Store>(stores: &S, webhook: &Webhook, health: &Health) -> bool {
    stores.store_health(&webhook.user_id, webhook.id, health).await.expect("stored or not")
}

async fn health_of<S: Store>(stores: &S, webhook: &Webhook) -> Option<Health> {
    let read = stores.webhook(&webhook.user_id, webhook.id, Consistency::Strong).await;
    read.expect("read").map(|webhook| webhook.health)
}

fn first() -> Health {
    Health { version: 1, ..a_failing_health() }
}

pub async fn health_is_read_with_its_webhook<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    assert_eq!(health_of(stores, &webhook).await, Some(Health::default()));
    assert!(store(stores, &webhook, &first()).await);
    assert_eq!(health_of(stores, &webhook).await, Some(first()));
}

pub async fn health_is_stored_over_what_was_read_only<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    let second = Health { version: 2, failures: 77, ..first() };
    assert!(!store(stores, &webhook, &second).await, "there is no first one");
    assert!(store(stores, &webhook, &first()).await);
    assert!(!store(stores, &webhook, &first()).await, "there is one already");
    assert!(store(stores, &webhook, &second).await);
    assert_eq!(health_of(stores, &webhook).await, Some(second));
}

pub async fn of_many_who_claim_one_wins<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    assert!(store(stores, &webhook, &first()).await);
    let claims = (0..8).map(|n| Health { version: 2, failures: n, ..first() });
    let won = join_all(claims.map(async |claim| store(stores, &webhook, &claim).await)).await;
    assert_eq!(won.into_iter().filter(|won| *won).count(), 1);
}

pub async fn a_new_configuration_leaves_health_alone<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    assert!(store(stores, &webhook, &first()).await);
    let renamed = changed(&webhook, |it| it.texts.name = "other".into());
    assert_eq!(stores.replace_webhook(&renamed, webhook.updated_at).await, Ok(true));
    assert_eq!(health_of(stores, &webhook).await, Some(first()));
    // Said twice by somebody who has read the health as well: the first time did it.
    let renamed = changed(&renamed, |it| it.updated_at = LATER);
    let renamed = renamed.with_state(first(), None);
    for _ in 0..2 {
        assert_eq!(stores.replace_webhook(&renamed, webhook.updated_at).await, Ok(true));
    }
}

pub async fn subscriptions_and_lists_show_each_webhooks_own_health<S: Store>(stores: &S) {
    let (user, ids) = (a_user(), SequentialIds::new());
    let disabled = Circuit::Disabled { cause: DisabledCause::Gone };
    let healths = [None, Some(first()), Some(Health { circuit: disabled, ..first() }), None];
    for health in healths {
        let webhook = a_webhook().id(ids.webhook_id()).for_user(user.as_str()).build();
        stores.create_webhook(&webhook).await.expect("created");
        if let Some(health) = health {
            assert!(store(stores, &webhook, &health).await);
        }
    }
    let expected = [
        WebhookStatus::Active,
        WebhookStatus::Failing,
        WebhookStatus::Disabled,
        WebhookStatus::Active,
    ];
    let subscriptions = stores.subscriptions(&user).await.expect("read");
    assert_eq!(subscriptions.iter().map(|each| each.status).collect::<Vec<_>>(), expected);
    // Pages of every size: a webhook and its health may lie on either side of a page's end.
    for limit in 1..=5 {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = stores.list_webhooks(&user, limit, after).await.expect("listed");
            listed.extend(page.items.iter().map(Webhook::effective_status));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(listed, expected, "{limit} a page");
    }
}

pub async fn a_deleted_webhook_takes_its_health_along<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    assert!(store(stores, &webhook, &first()).await);
    assert_eq!(stores.delete_webhook(&webhook.user_id, webhook.id).await, Ok(true));
    stores.create_webhook(&webhook).await.expect("created");
    assert_eq!(health_of(stores, &webhook).await, Some(Health::default()));
}

pub async fn a_note_is_beside_the_version_and_only_grows<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    assert!(store(stores, &webhook, &first()).await);
    let later = [Note::WakeUp(LATER), Note::Release(START)];
    for (note, is_new) in [
        (Note::WakeUp(START), true),
        (later[0], true),
        (later[0], false),
        (Note::WakeUp(START), false),
        (later[1], true),
    ] {
        assert_eq!(stores.note(&webhook.user_id, webhook.id, note).await, Ok(is_new), "{note:?}");
    }
    let noted = later.into_iter().fold(first(), Health::noted);
    assert_eq!(health_of(stores, &webhook).await, Some(noted));
    // Written by a function that read the health before the notes.
    let second = Health { version: 2, ..first() };
    assert!(store(stores, &webhook, &second).await);
    assert_eq!(health_of(stores, &webhook).await, Some(Health { version: 2, ..noted }));
}

pub async fn a_note_is_written_into_a_health_that_exists_only<S: Store>(stores: &S) {
    let webhook = created(stores).await;
    for note in [Note::WakeUp(START), Note::Release(START)] {
        assert_eq!(stores.note(&webhook.user_id, webhook.id, note).await, Ok(false));
    }
    assert_eq!(health_of(stores, &webhook).await, Some(Health::default()));
    assert!(store(stores, &webhook, &first()).await, "no health was stored before");
}
