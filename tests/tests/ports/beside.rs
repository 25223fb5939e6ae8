//! What lies beside a webhook in its table, and is none.

use crate::deployed;
use aws_sdk_dynamodb::types::AttributeValue;
use grapnel_aws::WebhookStore;
use grapnel_domain::{
    health::Health,
    ports::{ReadSubscriptions, StoreWebhooks, Webhooks},
};
use grapnel_port_suite::a_user;
use grapnel_testing::builders::{a_failing_health, a_webhook};

#[tokio::test]
async fn a_webhooks_health_is_never_taken_for_a_webhook_and_goes_with_it() {
    let deployed = deployed().await;
    let table = &deployed.stack.outputs.webhooks_table;
    let store = WebhookStore::new(&deployed.clients(), table);
    let raw = aws_sdk_dynamodb::Client::new(&deployed.config);

    let user = a_user();
    let health = Health { version: 1, ..a_failing_health() };
    let webhooks: Vec<_> =
        (0..3).map(|_| a_webhook().for_user(user.as_str()).health(health).build()).collect();
    for webhook in &webhooks {
        store.create_webhook(webhook).await.expect("created");
        let stored = store.store_health(&user, webhook.id, &webhook.health).await;
        assert_eq!(stored, Ok(true));
    }

    let subscriptions = store.subscriptions(&user).await.expect("read");
    assert_eq!(subscriptions.len(), 3);
    let page = store.list_webhooks(&user, 2, None).await.expect("listed");
    assert_eq!((page.items.as_slice(), page.next), (&webhooks[..2], Some(webhooks[1].id)));
    let page = store.list_webhooks(&user, 2, page.next).await.expect("listed");
    assert_eq!((page.items.as_slice(), page.next), (&webhooks[2..], None));

    assert_eq!(store.delete_webhook(&user, webhooks[0].id).await, Ok(true));
    let rest = raw
        .query()
        .table_name(table)
        .key_condition_expression("userId = :user")
        .expression_attribute_values(":user", AttributeValue::S(user.to_string()))
        .send()
        .await
        .expect("read");
    assert_eq!(rest.count(), 4);
}
