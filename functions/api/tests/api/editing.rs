//! Changing a webhook: in part, without treading on others, and without its credentials in sight.

use crate::world::{Answer, MAX_WEBHOOKS, World, problem};
use axum::http::header;
use grapnel_domain::{
    health::{Circuit, DisabledCause, Health},
    ids::WebhookId,
    ports::{Consistency, Webhooks},
    webhook::{HeaderValue, Webhook, WebhookStatus},
};
use grapnel_testing::{
    builders::{a_failing_health, a_webhook, user},
    memory::Operation,
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

async fn with(webhook: Webhook) -> (World, String, String) {
    let world = World::new();
    let key = world.full_key("u").await;
    let path = format!("/api/webhooks/{}", webhook.id);
    world.memory.put_webhook(webhook);
    world.clock.advance(Duration::from_secs(5));
    (world, key, path)
}

async fn stored(world: &World, id: WebhookId) -> Webhook {
    let found = world.memory.webhook(&user("u"), id, Consistency::Strong).await;
    found.expect("read").expect("there")
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let webhook = a_webhook().for_user("u").named("CRM").header("X-A", "1").header("X-B", "2");
    let (world, key, path) = with(webhook.build()).await;
    let before = world.get(path.clone(), &key).await.configuration();
    let patch = json!({
        "description": "Orders\nof the shop",
        "metadata": {"team": "sales"},
        "headers": {"X-A": null, "X-C": "3"},
        "retryConfig": {"maxAttempts": 3},
    });
    let call = world.call("PATCH", path.clone()).key(&key);
    let call = call.header("content-type", "application/merge-patch+json");
    let answer = call.body(patch.to_string()).send().await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    let mut expected = before;
    expected["description"] = json!("Orders\nof the shop");
    expected["metadata"] = json!({"team": "sales"});
    expected["headers"] = json!({"X-B": "2", "X-C": "3"});
    expected["retryConfig"]["maxAttempts"] = json!(3);
    expected["updatedAt"] = json!("2026-11-24T06:24:05.000Z");
    assert_eq!(answer.json(), expected);
    assert_eq!(world.get(path, &key).await.configuration(), expected);
}

#[tokio::test]
async fn null_returns_an_option_to_its_default_and_what_is_required_stays_required() {
    let webhook = a_webhook().for_user("u").header("X-A", "1").disabled().build();
    let (world, key, path) = with(webhook).await;
    let patch = json!({"headers": null, "status": null});
    let answer = world.call("PATCH", path.clone()).key(&key).json(&patch).send().await;
    assert_eq!(
        (&answer.json()["headers"], &answer.json()["status"]),
        (&json!({}), &json!("active"))
    );
    let answer = world.call("PATCH", path).key(&key).json(&json!({"name": null})).send().await;
    assert_eq!(
        (answer.problem(), answer.fields()),
        (problem(422, "invalid_fields"), vec!["name".into()])
    );
}

#[tokio::test]
async fn every_fault_of_a_patch_is_named_and_nothing_changes() {
    let webhook = a_webhook().for_user("u").build();
    let (world, key, path) = with(webhook.clone()).await;
    let many: Value =
        (0..51).map(|n| (format!("k{n}"), json!("v"))).collect::<serde_json::Map<_, _>>().into();
    let patch = json!({
        "description": "x".repeat(1001), "metadata": many, "colour": "red",
        "headers": {"X-A": {"sensitive": true}, "X-B": {"value": 7}, "X-C": {"value": "x", "colour": 1}},
        "retryConfig": {"backoff": {"initialSeconds": 1, "multiplier": 2, "maxSeconds": 9}},
    });
    let answer = world.call("PATCH", path).key(&key).json(&patch).send().await;
    assert_eq!(answer.problem(), problem(422, "invalid_fields"));
    let fields = answer.fields();
    let expected = [
        "description",
        "metadata",
        "colour",
        "headers.X-A",
        "headers.X-B",
        "headers.X-C",
        "retryConfig.backoff",
    ];
    for field in expected {
        assert!(fields.iter().any(|named| named == field), "{field} in {fields:?}");
    }
    assert_eq!(world.memory.webhooks(), [webhook]);
}

#[rstest]
#[case::a_number(json!({"a": 1}), "metadata.a")]
#[case::a_long_value(json!({"a": "x".repeat(513)}), "metadata.a")]
#[case::a_long_name(json!({"x".repeat(65): ""}), &format!("metadata.{}", "x".repeat(64)))]
#[case::no_name(json!({"": "x"}), "metadata.")]
#[case::a_nul(json!({"a": "x\u{0}"}), "metadata.a")]
#[case::a_list(json!(["a"]), "metadata")]
#[case::too_large((0..9).map(|n| (n.to_string(), json!("x".repeat(500)))).collect::<serde_json::Map<_, _>>().into(), "metadata")]
#[tokio::test]
async fn metadata_is_a_small_map_of_texts(#[case] metadata: Value, #[case] field: &str) {
    let (world, key, path) = with(a_webhook().for_user("u").build()).await;
    let answer =
        world.call("PATCH", path).key(&key).json(&json!({"metadata": metadata})).send().await;
    assert_eq!(answer.fields(), [field], "{}", answer.text);
}

#[tokio::test]
async fn a_sensitive_header_is_never_shown_and_survives_what_is_read_and_sent_back() {
    let (world, key, path) = with(a_webhook().for_user("u").build()).await;
    let id = world.memory.webhooks()[0].id;
    let patch = json!({"headers": {"Authorization": {"value": "Bearer abc", "sensitive": true}}});
    let answer = world.call("PATCH", path.clone()).key(&key).json(&patch).send().await;
    let hidden = json!({"Authorization": {"sensitive": true}});
    assert_eq!(answer.json()["headers"], hidden);
    let read = world.get(path.clone(), &key).await;
    assert_eq!(read.json()["headers"], hidden);
    let list = world.get("/api/webhooks", &key).await;
    assert!(!format!("{}{}{}", answer.text, read.text, list.text).contains("abc"));

    for (method, body) in [("PUT", read.json()), ("PATCH", json!({"name": "renamed"}))] {
        let answer = world.call(method, path.clone()).key(&key).json(&body).send().await;
        assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
        let headers = stored(&world, id).await.headers.clone();
        let value = HeaderValue::sensitive("Bearer abc");
        assert_eq!(headers.get("Authorization"), Some(&value), "{method}");
    }
    // Shown again only by sending it again.
    let patch = json!({"headers": {"Authorization": {"sensitive": false}}});
    let answer = world.call("PATCH", path.clone()).key(&key).json(&patch).send().await;
    assert_eq!(answer.fields(), ["headers.Authorization"]);
    let patch = json!({"headers": {"Authorization": null}});
    let answer = world.call("PATCH", path).key(&key).json(&patch).send().await;
    assert_eq!(answer.json()["headers"], json!({}));
}

#[tokio::test]
async fn a_change_of_a_name_leaves_the_endpoints_health_alone() {
    let webhook = a_webhook().for_user("u").build();
    let id = webhook.id;
    let (world, key, path) = with(webhook).await;
    let disabled =
        Health { circuit: Circuit::Disabled { cause: DisabledCause::Gone }, ..a_failing_health() };
    world
        .memory
        .store_health(&user("u"), id, &Health { version: 1, ..disabled })
        .await
        .expect("stored");
    let answer =
        world.call("PATCH", path.clone()).key(&key).json(&json!({"name": "n"})).send().await;
    assert_eq!(answer.json()["status"], "disabled");
    assert!(stored(&world, id).await.health.is_disabled());

    let patch = json!({"status": "active"});
    let answer = world.call("PATCH", path).key(&key).json(&patch).send().await;
    assert_eq!(answer.json()["status"], "active", "{}", answer.text);
    assert_eq!(stored(&world, id).await.effective_status(), WebhookStatus::Active);
}

#[rstest]
#[case("PUT", "")]
#[case("PATCH", "")]
#[case("POST", "/secret/rotate")]
#[case("DELETE", "")]
#[tokio::test]
async fn of_two_who_edit_what_they_read_the_second_is_told(
    #[case] method: &str,
    #[case] end: &str,
) {
    let (world, key, path) = with(a_webhook().for_user("u").build()).await;
    let body = json!({"name": "mine", "url": "https://hooks.example.com/in", "events": ["*"]});
    let call = |tag: &str| {
        let call = world.call(method, format!("{path}{end}")).key(&key).header("if-match", tag);
        match method {
            "PUT" | "PATCH" => call.json(&body),
            _ => call,
        }
    };
    let old = world.get(path.clone(), &key).await.header(header::ETAG).expect("a tag").to_owned();
    let patch = json!({"name": "theirs"});
    let theirs = world.call("PATCH", path.clone()).key(&key).json(&patch).send().await;
    let new = theirs.header(header::ETAG).expect("a tag").to_owned();
    assert_ne!(new, old);
    for stale in
        [old.clone(), format!("W/{new}"), "\"\"".into(), String::new(), format!("\"x\", {old}")]
    {
        let answer = call(&stale).send().await;
        assert_eq!(answer.problem(), problem(412, "changed_meanwhile"), "{stale}");
    }
    assert_eq!(world.get(path.clone(), &key).await.configuration(), theirs.json());

    let answer = call(&format!("{old}, {new}")).send().await;
    assert!(answer.status.is_success(), "{}", answer.text);
    if method != "DELETE" {
        assert_ne!(answer.header(header::ETAG), Some(new.as_str()));
        assert!(call("*").send().await.status.is_success());
    }
    let gone = world.call(method, "/api/webhooks/wh_01938d2e-7b1c-7c3a-9f00-1234567890ab");
    let gone = gone.key(&key).header("if-match", "*").json(&body).send().await;
    if end.is_empty() {
        assert_eq!(gone.problem(), problem(404, "not_found"));
    }
}

#[tokio::test]
async fn webhooks_are_listed_by_status_event_and_name() {
    let world = World::new();
    let key = world.full_key("u").await;
    let all = [
        a_webhook().for_user("u").named("Orders one").events(["lead.created"]).build(),
        a_webhook().for_user("u").named("orders two").events(["lead.*"]).disabled().build(),
        a_webhook().for_user("u").named("CRM").events(["*"]).build(),
        a_webhook().for_user("u").named("CRM two").events(["task.failed"]).build(),
    ];
    all.iter().for_each(|webhook| world.memory.put_webhook(webhook.clone()));
    let first = Health { version: 1, ..a_failing_health() };
    world.memory.store_health(&user("u"), all[2].id, &first).await.expect("stored");

    for (query, expected) in [
        ("status=active", vec![0, 3]),
        ("status=failing", vec![2]),
        ("status=disabled", vec![1]),
        ("event=lead.created", vec![0, 1, 2]),
        ("event=no.such", vec![2]),
        ("event=lead.*", vec![0, 1, 2]),
        ("event=task.*", vec![2, 3]),
        ("event=*", vec![0, 1, 2, 3]),
        ("name=ORDERS", vec![0, 1]),
        ("name=two", vec![]),
        ("name=crm&status=active", vec![3]),
        ("event=lead.created&status=disabled&name=o", vec![1]),
    ] {
        let expected: Vec<String> =
            expected.iter().map(|at: &usize| all[*at].id.to_string()).collect();
        // In pages of one as at once.
        let pages = world.pages(&format!("/api/webhooks?limit=1&{query}"), &key).await;
        let full = pages.iter().rev().skip(1).all(|page| page.items().len() == 1);
        assert!(full, "{query}: a page that is not the last is full");
        let seen: Vec<String> = pages.iter().flat_map(Answer::ids).collect();
        assert_eq!(seen, expected, "{query}");
        let page = world.get(format!("/api/webhooks?{query}"), &key).await;
        assert_eq!((page.items().len(), page.next_cursor()), (expected.len(), None), "{query}");
    }
    let answer = world.get("/api/webhooks?status=paused", &key).await;
    assert_eq!(
        (answer.problem(), answer.fields()),
        (problem(400, "invalid_query"), vec!["status".into()])
    );
}

#[tokio::test]
async fn a_user_has_a_bounded_number_of_webhooks() {
    let world = World::new();
    let key = world.full_key("u").await;
    for owner in ["u", "other"] {
        for _ in 1..MAX_WEBHOOKS {
            world.memory.put_webhook(a_webhook().for_user(owner).build());
        }
    }
    let body = json!({"name": "x", "url": "https://hooks.example.com/in", "events": ["*"]});
    let create = || world.call("POST", "/api/webhooks").key(&key).json(&body);
    assert_eq!(create().send().await.status.as_u16(), 201);
    let created = world.memory.calls(Operation::CreateWebhook);
    let answer = create().send().await;
    assert_eq!(answer.problem(), problem(409, "webhook_limit_reached"));
    assert!(answer.json()["detail"].as_str().is_some_and(|text| text.contains("100")));
    assert_eq!(world.memory.calls(Operation::CreateWebhook), created);

    // A request that was refused keeps no key: it can be sent again when there is room.
    let with_key = || create().header("idempotency-key", "form-1");
    assert_eq!(with_key().send().await.problem(), problem(409, "webhook_limit_reached"));
    world.clock.advance(Duration::from_secs(120));
    let own = world.memory.webhooks().into_iter().find(|webhook| webhook.user_id.as_str() == "u");
    let path = format!("/api/webhooks/{}", own.expect("one").id);
    assert_eq!(world.call("DELETE", path).key(&key).send().await.status.as_u16(), 204);
    assert_eq!(with_key().send().await.status.as_u16(), 201);
}

#[tokio::test]
async fn an_owner_may_bring_a_secret() {
    let world = World::new();
    let key = world.full_key("u").await;
    let mine = grapnel_domain::signature::Secret::from_random([9; 32]);
    let mut body = json!({"name": "x", "url": "https://hooks.example.com/in", "events": ["*"]});
    body["secret"] = json!(mine.reveal());
    let answer = world.call("POST", "/api/webhooks").key(&key).json(&body).send().await;
    assert_eq!(answer.json()["secret"], mine.reveal());
    assert_eq!(world.memory.webhooks()[0].secret, mine);
    for bad in [json!("whsec_c2hvcnQ="), json!("secret"), json!(7), json!("")] {
        body["secret"] = bad.clone();
        let answer = world.call("POST", "/api/webhooks").key(&key).json(&body).send().await;
        assert_eq!(
            (answer.problem(), answer.fields()),
            (problem(422, "invalid_fields"), vec!["secret".into()]),
            "{bad}"
        );
        assert!(!answer.text.contains("c2hvcnQ"), "it is not repeated");
    }

    let path = answer.header(header::LOCATION).expect("a place").to_owned();
    let next = grapnel_domain::signature::Secret::from_random([10; 32]);
    let rotate =
        |body: Value| world.call("POST", format!("{path}/secret/rotate")).key(&key).json(&body);
    let answer = rotate(json!({"secret": next.reveal(), "graceSeconds": 60})).send().await;
    assert_eq!(answer.json()["secret"], next.reveal());
    let stored = &world.memory.webhooks()[0];
    assert_eq!(stored.secret, next);
    assert_eq!(stored.previous_secrets.first().map(|previous| &previous.secret), Some(&mine));
    // Said again, it changes nothing: the old one keeps its time.
    let again = rotate(json!({"secret": next.reveal(), "graceSeconds": 3600})).send().await;
    assert_eq!(again.json(), answer.json());
    let answer = rotate(json!({"secret": "whsec_x", "graceSeconds": -1})).send().await;
    assert_eq!(answer.fields(), ["graceSeconds", "secret"]);
}
