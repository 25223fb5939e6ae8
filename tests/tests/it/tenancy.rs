//! Authorization: no key, a wrong key, a key without the scope, and other users' resources.

use anyhow::{Context, ensure};
use grapnel_tests::{
    api::{Answer, Api},
    model::{Delivery, Page, Webhook},
    world::World,
};
use reqwest::{Method, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A route of the document and its scope; `admin` if it is for admins.
struct Route {
    method: Method,
    /// As in the document, with its parameters in braces.
    template: String,
    path: String,
    scope: String,
    body: Option<Value>,
}

/// The values of a path's parameters.
type Ids<'a> = &'a [(&'a str, &'a str)];

/// Every route of the deployed document that needs a key, with these ids in its path, and with its
/// example, which names no user, as its body. A route with another parameter fails: the tests need
/// a value for it.
async fn routes(world: &World, ids: Ids<'_>) -> anyhow::Result<Vec<Route>> {
    let document: Value =
        world.api.with_authorization(None).get("/api/openapi.json").await?.json(200)?;
    let mut routes = Vec::new();
    for (template, item) in document["paths"].as_object().context("paths")? {
        for (method, operation) in item.as_object().context("methods")? {
            let Some(scope) = operation["x-required-scope"].as_str() else { continue };
            let path = ids.iter().fold(template.clone(), |path, (name, id)| {
                path.replace(&format!("{{{name}}}"), id)
            });
            ensure!(!path.contains('{'), "the tests have nothing for {path}");
            let path = with_required(path, operation, ids)?;
            let mut body =
                operation.pointer("/requestBody/content/application~1json/example").cloned();
            if let Some(fields) = body.as_mut().and_then(Value::as_object_mut) {
                fields.remove("userId");
            }
            let (template, scope) = (template.clone(), scope.to_owned());
            let method = method.to_uppercase().parse()?;
            routes.push(Route { method, template, path, scope, body });
        }
    }
    ensure!(routes.len() >= 34, "{} routes", routes.len());
    Ok(routes)
}

/// The path with the query that the operation requires: a webhook's id has the name `webhook` there.
fn with_required(path: String, operation: &Value, ids: Ids<'_>) -> anyhow::Result<String> {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    let mut query = Vec::new();
    for parameter in parameters.filter(|it| it["in"] == "query" && it["required"] == true) {
        let name = parameter["name"].as_str().context("a name")?;
        let value = ids.iter().find(|(known, _)| (*known, name) == ("id", "webhook"));
        let (_, value) = value.with_context(|| format!("the tests have nothing for ?{name}="))?;
        query.push(format!("{name}={value}"));
    }
    Ok(if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) })
}

impl Route {
    async fn call(&self, api: &Api) -> anyhow::Result<Answer> {
        let body = self.body.as_ref().map(|body| body.to_string().into_bytes());
        api.send(self.method.clone(), &self.path, body).await
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Whether it names a user's resource. Event types and echoes belong to the deployment.
    fn names_thing(&self) -> bool {
        let of_deployment = ["/api/event-types", "/api/echoes"];
        self.template.contains('{')
            && !of_deployment.iter().any(|path| self.template.starts_with(path))
    }
}

/// One of each resource that a route can name, all of one user.
struct Things {
    webhook: Webhook,
    delivery: Delivery,
    replay: String,
    key: String,
    echo: String,
}

impl Things {
    fn ids(&self) -> [(&str, &str); 7] {
        [
            ("id", &self.webhook.id),
            ("deliveryId", &self.delivery.id),
            ("replayId", &self.replay),
            ("keyId", &self.key),
            ("eventId", &self.delivery.event_id),
            ("name", "lead.created"),
            ("echoId", &self.echo),
        ]
    }
}

async fn things(world: &World) -> anyhow::Result<Things> {
    let (webhook, delivery) = delivered(world).await?;
    // Nothing has failed, so it sends nothing.
    let replay: Value = world.api.post("/api/replays", &json!({})).await?.json(202)?;
    let replay = replay["id"].as_str().context("its id")?.to_owned();
    let key = world.admin.create_key(&world.user, &["webhooks:read"]).await?.id;
    let secret = json!({ "secret": webhook.secret });
    let echo: Value = world.admin.post("/api/echoes", &secret).await?.json(201)?;
    let echo = echo["id"].as_str().context("its id")?.to_owned();
    Ok(Things { webhook, delivery, replay, key, echo })
}

/// A webhook with one delivery, and nothing else at its endpoint.
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
    let things = things(&world).await?;
    let routes = routes(&world, &things.ids()).await?;
    let wrong = [
        None,
        Some("Bearer gk_wrong".to_owned()),
        Some("Bearer".to_owned()),
        Some(format!("Basic {}", world.stack.admin_key)),
    ];
    for authorization in wrong {
        let api = world.api.with_authorization(authorization.clone());
        for route in &routes {
            let answer = route.call(&api).await?;
            let problem = answer.problem(401).with_context(|| route.name())?;
            assert_eq!(problem.code, "unauthorized", "{} {authorization:?}", route.name());
            assert_eq!(answer.headers[header::WWW_AUTHENTICATE], "Bearer");
        }
    }
    is_untouched(&world, &things.webhook).await?;
    let health = world.api.with_authorization(None).get("/health").await?;
    assert_eq!(health.json::<Value>(200)?["status"], "ok");
    Ok(())
}

#[tokio::test]
async fn a_key_without_the_scope_may_not() -> anyhow::Result<()> {
    let world = World::main().await?;
    let things = things(&world).await?;
    let all = [
        "webhooks:read",
        "webhooks:write",
        "webhooks:secrets",
        "events:publish",
        "deliveries:read",
        "deliveries:retry",
    ];
    let mut without = BTreeMap::new();
    for scope in all.into_iter().chain(["admin"]) {
        let others: Vec<&str> = all.into_iter().filter(|other| *other != scope).collect();
        let key = world.admin.create_key(&world.user, &others).await?;
        assert_eq!(key.scopes, others);
        without.insert(scope, key.key);
    }
    for route in routes(&world, &things.ids()).await? {
        let key = without.get(route.scope.as_str()).with_context(|| route.name())?;
        let answer = route.call(&world.api.with_key(key)).await?;
        let problem = answer.problem(403).with_context(|| route.name())?;
        if route.scope == "admin" {
            assert_eq!(problem.code, "admin_required", "{}", route.name());
            continue;
        }
        assert_eq!(problem.code, "missing_scope", "{}", route.name());
        ensure!(problem.detail.contains(&route.scope), "it must name {}: {problem:?}", route.scope);
    }
    is_untouched(&world, &things.webhook).await
}

#[tokio::test]
async fn somebody_elses_things_are_not_there() -> anyhow::Result<()> {
    let (world, stranger) = futures::try_join!(World::main(), World::main())?;
    let things = things(&world).await?;
    let theirs = stranger.webhook("/hook", json!({})).await?;
    // Another user's resources, another user's delivery under one's webhook, and unknown ids.
    let ids = things.ids();
    let with_webhook = |id| ids.map(|(name, other)| (name, if name == "id" { id } else { other }));
    let unknown = "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab";
    let mut foreign = routes(&stranger, &ids).await?;
    foreign.extend(routes(&stranger, &with_webhook(unknown)).await?);
    // In a query, what is no id is a fault of the query.
    let no_ids = routes(&stranger, &with_webhook("not-an-id")).await?;
    foreign.extend(no_ids.into_iter().filter(|route| !route.path.contains('?')));
    let below = routes(&stranger, &with_webhook(&theirs.id)).await?;
    let is_below = |route: &Route| route.template.contains("{deliveryId}");
    foreign.extend(below.into_iter().filter(is_below));
    for route in foreign.iter().filter(|route| route.names_thing() && route.scope != "admin") {
        let problem =
            route.call(&stranger.api).await?.problem(404).with_context(|| route.name())?;
        assert_eq!(problem.code, "not_found", "{}", route.name());
    }
    let listed: Page<Webhook> = stranger.api.webhooks().await?;
    assert_eq!(listed.items.iter().map(|one| &one.id).collect::<Vec<_>>(), [&theirs.id]);
    is_untouched(&world, &things.webhook).await
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
    assert_eq!(shown, json!({ "secret": webhook.secret, "previousSecrets": [] }));

    let sent_back: Value = world.api.get(&path).await?.json(200)?;
    for answer in [
        world.api.get("/api/webhooks").await?,
        world.api.get(&path).await?,
        world.api.put(&path, &sent_back).await?,
        world.api.test(&webhook.id).await?,
        world.api.get(&format!("{path}/deliveries")).await?,
    ] {
        // On a busy machine a test may be answered before its attempt has ended.
        ensure!([200, 202].contains(&answer.status), "{answer:?}");
        ensure!(!answer.text.contains(&webhook.secret[6..]), "a secret in {}", answer.text);
    }
    // Sending back a response did not turn the mask into a secret.
    let shown: Value = world.api.get(&format!("{path}/secret")).await?.json(200)?;
    assert_eq!(shown["secret"], webhook.secret);
    Ok(())
}
