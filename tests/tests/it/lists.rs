//! Lists of a user's events and deliveries, and an event by its source id.

use anyhow::{Context, ensure};
use grapnel_tests::{
    until::{Look, until},
    world::{SOON, World},
};
use serde_json::{Value, json};

async fn page(world: &World, path: &str) -> anyhow::Result<Value> {
    world.api.get(path).await?.json(200)
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().into_iter().flatten();
    items.filter_map(|item| item["id"].as_str().map(str::to_owned)).collect()
}

/// The ids on all pages of one item each.
async fn one_by_one(world: &World, path: &str) -> anyhow::Result<Vec<String>> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = page(world, &format!("{path}?limit=1{cursor}")).await?;
        seen.extend(ids(&page));
        let Some(next) = page["nextCursor"].as_str() else { return Ok(seen) };
        cursor = format!("&cursor={next}");
    }
}

/// The list at this path, when it has `count` items. Indexes lag behind their tables.
async fn complete(world: &World, path: &str, count: usize) -> anyhow::Result<Value> {
    until(&format!("{count} items at {path}"), SOON, async || {
        let page = page(world, path).await?;
        Ok(if ids(&page).len() == count { Look::Found(page) } else { Look::not_yet(page) })
    })
    .await
}

#[tokio::test]
async fn events_are_listed_newest_first_and_found_by_their_sources_id() -> anyhow::Result<()> {
    let world = World::main().await?;
    let mut published = Vec::new();
    for event_type in ["lead.created", "lead.enriched", "task.failed"] {
        published.push(world.publish(event_type, json!({})).await?);
        // One after the other, so that the order of arrival is known.
        complete(&world, "/api/events", published.len()).await?;
    }
    let page_of_all = complete(&world, "/api/events", 3).await?;
    let types: Vec<&str> = page_of_all["items"]
        .as_array()
        .context("items")?
        .iter()
        .filter_map(|it| it["type"].as_str())
        .collect();
    assert_eq!(types, ["task.failed", "lead.enriched", "lead.created"]);
    assert_eq!(one_by_one(&world, "/api/events").await?, ids(&page_of_all));
    let leads = page(&world, "/api/events?type=lead.*").await?;
    assert_eq!(ids(&leads), ids(&page_of_all)[1..]);
    let since = page_of_all["items"][1]["storedAt"].as_str().context("a time")?;
    let since = page(&world, &format!("/api/events?since={since}")).await?;
    assert_eq!(ids(&since), ids(&page_of_all)[..2]);

    let source = &world.stack.event_source;
    let source_id = &published[1].source_id;
    let found = page(&world, &format!("/api/events?source={source}&sourceId={source_id}")).await?;
    assert_eq!(ids(&found), [ids(&page_of_all)[1].clone()]);
    let none = page(&world, &format!("/api/events?source={source}&sourceId=another")).await?;
    assert_eq!(none, json!({"items": []}));
    Ok(())
}

#[tokio::test]
async fn deliveries_of_all_webhooks_are_one_list() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhooks =
        [world.webhook("/one", json!({})).await?, world.webhook("/two", json!({})).await?];
    for n in 1..=3 {
        world.publish("lead.created", json!({ "n": n })).await?;
        complete(&world, "/api/deliveries?status=success", 2 * n).await?;
    }
    let all = page(&world, "/api/deliveries").await?;
    let mut newest_first = ids(&all);
    newest_first.sort_unstable_by(|one, other| other.cmp(one));
    assert_eq!(ids(&all), newest_first);
    ensure!(newest_first.len() == 6, "{all}");
    assert_eq!(one_by_one(&world, "/api/deliveries").await?, newest_first);
    for webhook in webhooks {
        let of_one = page(&world, &format!("/api/webhooks/{}/deliveries", webhook.id)).await?;
        ensure!(ids(&of_one).len() == 3, "{of_one}");
        ensure!(ids(&of_one).iter().all(|id| newest_first.contains(id)), "{of_one}");
    }
    Ok(())
}
