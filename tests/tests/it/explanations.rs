//! Why a webhook got an event, or did not.

use anyhow::ensure;
use grapnel_client::{Explanation, ExplanationVerdict};
use grapnel_tests::world::World;
use serde_json::json;

#[tokio::test]
async fn an_event_is_explained_to_the_webhook_that_got_it_and_to_those_that_did_not()
-> anyhow::Result<()> {
    let world = World::main().await?;
    let filter = json!({ "score": [{ "numeric": [">", 50] }], "state": ["new"] });
    let filtered = world.webhook("/filtered", json!({ "filter": filter })).await?;
    let other_type = world.webhook("/other-type", json!({ "events": ["task.failed"] })).await?;
    let all = world.webhook("/all", json!({})).await?;
    world.publish("lead.created", json!({ "score": 40, "state": "new" })).await?;
    let delivery = world.settled(&all).await?;

    let explain = async |webhook: &str| -> anyhow::Result<Explanation> {
        let path = format!("/api/events/{}/explain?webhook={webhook}", delivery.event_id);
        world.api.get(&path).await?.json(200)
    };
    let delivered = explain(&all.id).await?;
    assert_eq!(delivered.verdict, ExplanationVerdict::Delivered);
    assert_eq!(delivered.delivery_id.as_deref(), Some(delivery.id.as_str()));
    let failed = explain(&filtered.id).await?;
    assert_eq!(failed.verdict, ExplanationVerdict::FilterFailed);
    assert_eq!(failed.failed_conditions, ["/score"]);
    assert_eq!(explain(&other_type.id).await?.verdict, ExplanationVerdict::TypeNotSubscribed);

    world.api.change_webhook(&filtered.id, &json!({ "filter": null })).await?;
    let changed = explain(&filtered.id).await?;
    assert_eq!(changed.verdict, ExplanationVerdict::WebhookChanged);
    assert_eq!(changed.matches_now, Some(true));

    let path = format!("/api/webhooks/{}/deliveries/{}/explain", all.id, delivery.id);
    let of_delivery: Explanation = world.api.get(&path).await?.json(200)?;
    ensure!(of_delivery.summary.starts_with("Delivered at attempt 1."), "{of_delivery:?}");
    Ok(())
}
