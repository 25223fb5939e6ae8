//! Keys from their creation to their expiry, and the sessions of portal links.

use anyhow::{Context, ensure};
use futures::future::join_all;
use grapnel_tests::{
    api::Answer,
    until::{Look, until},
    world::{SOON, World, now},
};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

/// The user's keys, except the one that the world has made.
async fn listed(world: &World) -> anyhow::Result<Vec<Value>> {
    let path = format!("/api/keys?userId={}", world.user);
    let page: Value = world.admin.get(&path).await?.json(200)?;
    let mut items = page["items"].as_array().context("items")?.clone();
    // Newest first.
    items.pop();
    Ok(items)
}

async fn make(world: &World, mut body: Value) -> anyhow::Result<Value> {
    body["userId"] = json!(world.user);
    world.admin.post("/api/keys", &body).await?.json(201)
}

fn text<'a>(value: &'a Value, field: &str) -> anyhow::Result<&'a str> {
    value[field].as_str().with_context(|| format!("{field} in {value}"))
}

#[tokio::test]
async fn a_key_is_listed_with_its_last_use_and_ends_when_it_is_revoked() -> anyhow::Result<()> {
    let world = World::main().await?;
    let body = json!({ "name": "CI", "scopes": ["webhooks:read"], "expiresInDays": 1 });
    let key = make(&world, body).await?;
    let mine = world.api.with_key(text(&key, "key")?);
    let before = now()?.day();
    let shown = until("the key in the list, used", SOON, async || {
        // A use is not noted if that would take long: then the next one is.
        mine.webhooks().await?;
        let found = listed(&world).await?.pop();
        let used = found.clone().filter(|key| key.get("lastUsedOn").is_some());
        Ok(used.map_or_else(|| Look::not_yet(found), Look::Found))
    })
    .await?;
    assert_eq!((&shown["id"], &shown["name"]), (&key["id"], &key["name"]));
    assert_eq!(shown["expiresAt"], key["expiresAt"]);
    ensure!(shown.get("key").is_none() && shown.get("hash").is_none(), "{shown}");
    let used_on = text(&shown, "lastUsedOn")?;
    ensure!(
        [before.to_string(), now()?.day().to_string()].contains(&used_on.to_owned()),
        "{used_on}"
    );

    let path = format!("/api/keys/{}?userId={}", text(&key, "id")?, world.user);
    let revoked = world.admin.send(Method::DELETE, &path, None).await?;
    assert_eq!(revoked.status, 204, "{revoked:?}");
    assert_eq!(mine.get("/api/webhooks").await?.problem(401)?.code, "unauthorized");
    assert_eq!(listed(&world).await?, Vec::<Value>::new());
    let again = world.admin.send(Method::DELETE, &path, None).await?;
    assert_eq!(again.problem(404)?.code, "not_found");
    Ok(())
}

#[tokio::test]
async fn a_key_is_refused_once_its_time_is_over() -> anyhow::Result<()> {
    let world = World::main().await?;
    // So far ahead that a slow machine creates the key before.
    let end = now()?.plus(Duration::from_secs(10));
    let key = make(&world, json!({ "expiresAt": end })).await?;
    let mine = world.api.with_key(text(&key, "key")?);
    let refused = until("a key that has expired", SOON, async || {
        let answer = mine.get("/api/webhooks").await?;
        Ok(if answer.status == 401 { Look::Found(answer) } else { Look::not_yet(answer.status) })
    });
    assert_eq!(refused.await?.problem(401)?.code, "unauthorized");
    ensure!(now()? >= end.whole_second(), "refused before its time");
    Ok(())
}

#[tokio::test]
async fn an_admins_key_acts_for_any_user_and_makes_keys() -> anyhow::Result<()> {
    let world = World::main().await?;
    let body = json!({ "userId": format!("operations-{}", world.user), "scopes": ["admin"] });
    let admin: Value = world.admin.post("/api/keys", &body).await?.json(201)?;
    let admin = world.api.with_key(text(&admin, "key")?);
    let key = admin.create_key(&world.user, &["webhooks:read"]).await?;
    world.api.with_key(&key.key).webhooks().await?;
    let of_user = format!("/api/webhooks?userId={}", world.user);
    assert_eq!(admin.get(&of_user).await?.status, 200);
    assert_eq!(admin.get("/api/webhooks").await?.problem(400)?.code, "user_required");
    let by_user = world.api.get(&format!("/api/keys?userId={}", world.user)).await?;
    assert_eq!(by_user.problem(403)?.code, "admin_required");
    Ok(())
}

#[tokio::test]
async fn of_many_who_open_a_portal_link_one_gets_a_session() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let link = json!({ "userId": world.user, "scopes": ["webhooks:read"] });
    let link: Value = world.admin.post("/api/portal-links", &link).await?.json(201)?;
    let nobody = world.api.with_authorization(None);
    let token = json!({ "token": link["token"] });
    let open = || async { nobody.post("/api/portal-sessions", &token).await };
    let answers = join_all((0..5).map(|_| open())).await;
    let answers = answers.into_iter().collect::<anyhow::Result<Vec<Answer>>>()?;
    let (opened, others): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!(opened.len(), 1, "{others:?}");
    // If two are exchanged at the same moment, both may get 503.
    ensure!(others.iter().all(|answer| [403, 503].contains(&answer.status)), "{others:?}");
    assert_eq!(open().await?.problem(403)?.code, "link_not_valid");

    let session: Value = opened[0].json(201)?;
    let session = world.api.with_key(text(&session, "key")?);
    let seen = session.webhooks().await?;
    assert_eq!(seen.items.iter().map(|one| &one.id).collect::<Vec<_>>(), [&webhook.id]);
    let rotate = format!("/api/webhooks/{}/secret/rotate", webhook.id);
    assert_eq!(session.post(&rotate, &json!({})).await?.problem(403)?.code, "missing_scope");
    let link = world.api.with_key(text(&link, "token")?).get("/api/webhooks").await?;
    assert_eq!(link.problem(401)?.code, "unauthorized", "a link's token is no key");
    Ok(())
}
