//! Whose is what: no key, a wrong key, too small a key, and somebody else's things.

use anyhow::{Context, ensure};
use grapnel_tests::{
    api::{Answer, Api},
    model::{Delivery, Page, Webhook},
    world::World,
};
use reqwest::{Method, header};
use serde_json::{Value, json};

/// A route and the scope that it takes.
struct Route {
    method: Method,
    path: String,
    scope: &'static str,
    body: Option<Value>,
}

/// Every route about one webhook and one delivery of it.
fn routes(world: &World, webhook: &str, delivery: &str) -> Vec<Route> {
    let one = format!("/api/webhooks/{webhook}");
    let whole = world.webhook_body("/hook", &json!({ "name": "taken over" }));
    let route = |method: Method, end: &str, scope, body| Route {
        method,
        path: format!("{one}{end}"),
        scope,
        body,
    };
    vec![
        route(Method::GET, "", "webhooks:read", None),
        route(Method::PUT, "", "webhooks:write", Some(whole)),
        route(Method::PATCH, "", "webhooks:write", Some(json!({ "name": "taken over" }))),
        route(Method::GET, "/secret", "webhooks:write", None),
        route(Method::POST, "/secret/rotate", "webhooks:write", Some(json!({}))),
        route(Method::POST, "/test", "webhooks:write", None),
        route(Method::POST, "/filter/test", "webhooks:read", Some(json!({ "data": {} }))),
        route(Method::POST, "/transform/preview", "webhooks:read", None),
        route(Method::GET, "/deliveries", "deliveries:read", None),
        route(Method::GET, &format!("/deliveries/{delivery}"), "deliveries:read", None),
        route(Method::POST, &format!("/deliveries/{delivery}/retry"), "deliveries:retry", None),
        route(Method::POST, &format!("/deliveries/{delivery}/cancel"), "deliveries:retry", None),
        route(Method::DELETE, &format!("/deliveries/{delivery}/responses"), "webhooks:write", None),
        route(Method::POST, "/replay", "deliveries:retry", None),
        route(Method::DELETE, "", "webhooks:write", None),
    ]
}

impl Route {
    async fn call(&self, api: &Api) -> anyhow::Result<Answer> {
        let body = self.body.as_ref().map(|body| body.to_string().into_bytes());
        api.send(self.method.clone(), &self.path, body).await
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// A webhook with one delivery, and nothing at its endpoint that anybody else caused.
async fn delivered(world: &World) -> anyhow::Result<(Webhook, Delivery)> {
    let webhook = world.webhook("/hook", json!({ "name": "mine" })).await?;
    world.publish("lead.created", json!({})).await?;
    let delivery = world.settled(&webhook).await?;
    Ok((webhook, delivery))
}

async fn is_untouched(world: &World, webhook: &Webhook) -> anyhow::Result<()> {
    let after = world.api.webhook(&webhook.id).await?;
    assert_eq!((&after.name, after.updated_at), (&webhook.name, webhook.updated_at));
    assert_eq!(world.settled(webhook).await?.attempts.len(), 1);
    assert_eq!(world.receiver.received("/hook").len(), 1);
    Ok(())
}

#[tokio::test]
async fn without_a_valid_key_nothing_is_answered() -> anyhow::Result<()> {
    let world = World::main().await?;
    let (webhook, delivery) = delivered(&world).await?;
    let wrong = [
        None,
        Some("Bearer gk_wrong".to_owned()),
        Some("Bearer".to_owned()),
        Some(format!("Basic {}", world.stack.admin_key)),
    ];
    for authorization in wrong {
        let api = world.api.with_authorization(authorization.clone());
        for route in routes(&world, &webhook.id, &delivery.id) {
            let answer = route.call(&api).await?;
            let problem = answer.problem(401).with_context(|| route.name())?;
            assert_eq!(problem.code, "unauthorized", "{} {authorization:?}", route.name());
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
        }
        for path in ["/api/webhooks", "/api/keys", "/api/portal-links", "/api/events"] {
            assert_eq!(api.post(path, &json!({})).await?.problem(401)?.code, "unauthorized");
        }
    }
    is_untouched(&world, &webhook).await?;
    let health = world.api.with_authorization(None).get("/health").await?;
    assert_eq!(health.json::<Value>(200)?["status"], "ok");
    Ok(())
}

#[tokio::test]
async fn a_key_without_the_scope_may_not() -> anyhow::Result<()> {
    let world = World::main().await?;
    let (webhook, delivery) = delivered(&world).await?;
    let all = [
        "webhooks:read",
        "webhooks:write",
        "events:publish",
        "deliveries:read",
        "deliveries:retry",
    ];
    for route in routes(&world, &webhook.id, &delivery.id) {
        let others: Vec<&str> = all.into_iter().filter(|scope| *scope != route.scope).collect();
        let key = world.admin.create_key(&world.user, &others).await?;
        assert_eq!(key.scopes, others);
        let answer = route.call(&world.api.with_key(&key.key)).await?;
        let problem = answer.problem(403).with_context(|| route.name())?;
        assert_eq!(problem.code, "missing_scope", "{}", route.name());
        ensure!(problem.detail.contains(route.scope), "it must name {}: {problem:?}", route.scope);
    }
    is_untouched(&world, &webhook).await?;
    let event = format!("/api/events/{}", delivery.event_id);
    for (method, path, scope) in [
        (Method::POST, "/api/events", "events:publish"),
        (Method::GET, &event, "deliveries:read"),
        (Method::GET, "/api/event-types", "webhooks:read"),
        (Method::GET, "/api/event-types/lead.created", "webhooks:read"),
    ] {
        let others: Vec<&str> = all.into_iter().filter(|one| *one != scope).collect();
        let key = world.admin.create_key(&world.user, &others).await?;
        let answer = world.api.with_key(&key.key).send(method, path, None).await?;
        assert_eq!(answer.problem(403)?.code, "missing_scope", "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn somebody_elses_things_are_not_there() -> anyhow::Result<()> {
    let (world, stranger) = futures::try_join!(World::main(), World::main())?;
    let (webhook, delivery) = delivered(&world).await?;
    let theirs = stranger.webhook("/hook", json!({})).await?;
    // Another's webhook, another's delivery under one's own webhook, and ids of nothing.
    let unknown = "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab";
    let mut foreign = routes(&stranger, &webhook.id, &delivery.id);
    foreign.extend(routes(&stranger, unknown, &delivery.id));
    foreign.extend(routes(&stranger, "not-an-id", &delivery.id));
    let below = routes(&stranger, &theirs.id, &delivery.id);
    foreign.extend(below.into_iter().filter(|route| route.path.contains(&delivery.id)));
    for route in &foreign {
        let problem =
            route.call(&stranger.api).await?.problem(404).with_context(|| route.name())?;
        assert_eq!(problem.code, "not_found", "{}", route.name());
    }
    let event = format!("/api/events/{}", delivery.event_id);
    world.api.get(&event).await?.json::<Value>(200)?;
    assert_eq!(stranger.api.get(&event).await?.problem(404)?.code, "not_found");
    let listed: Page<Webhook> = stranger.api.webhooks().await?;
    assert_eq!(listed.items.iter().map(|one| &one.id).collect::<Vec<_>>(), [&theirs.id]);
    is_untouched(&world, &webhook).await
}

#[tokio::test]
async fn a_user_key_cannot_name_another_user_and_the_admin_must_name_one() -> anyhow::Result<()> {
    let (world, stranger) = futures::try_join!(World::main(), World::main())?;
    let (webhook, _) = delivered(&world).await?;
    let for_another = format!("/api/webhooks?userId={}", world.user);
    assert_eq!(stranger.api.get(&for_another).await?.problem(403)?.code, "foreign_user");
    let body = stranger.webhook_body("/hook", &json!({ "userId": world.user }));
    let created = stranger.api.post("/api/webhooks", &body).await?;
    assert_eq!(created.problem(403)?.code, "foreign_user");

    assert_eq!(world.admin.get("/api/webhooks").await?.problem(400)?.code, "user_required");
    let listed: Page<Webhook> = world.admin.get(&for_another).await?.json(200)?;
    assert_eq!(listed.items.iter().map(|one| &one.id).collect::<Vec<_>>(), [&webhook.id]);
    is_untouched(&world, &webhook).await
}

#[tokio::test]
async fn a_secret_is_shown_where_it_is_asked_for_and_nowhere_else() -> anyhow::Result<()> {
    let world = World::main().await?;
    let webhook = world.webhook("/hook", json!({})).await?;
    ensure!(webhook.secret.starts_with("whsec_") && webhook.secret.len() == 50, "in full, once");
    let path = format!("/api/webhooks/{}", webhook.id);
    let shown: Value = world.api.get(&format!("{path}/secret")).await?.json(200)?;
    assert_eq!(shown, json!({ "secret": webhook.secret }));

    let sent_back: Value = world.api.get(&path).await?.json(200)?;
    for answer in [
        world.api.get("/api/webhooks").await?,
        world.api.get(&path).await?,
        world.api.put(&path, &sent_back).await?,
        world.api.test(&webhook.id).await?,
        world.api.get(&format!("{path}/deliveries")).await?,
    ] {
        ensure!(answer.status == 200, "{answer:?}");
        ensure!(!answer.text.contains(&webhook.secret[6..]), "a secret in {}", answer.text);
    }
    // Sending back what was read did not make the mask a secret.
    let shown: Value = world.api.get(&format!("{path}/secret")).await?.json(200)?;
    assert_eq!(shown["secret"], webhook.secret);
    Ok(())
}
