//! A webhook's secret, its tests and its end on the console's pages, over the whole API.

use super::{
    form_of,
    html::{fields_of, pairs, set},
    page, signed_in,
};
use crate::world::{Answer, World};
use axum::http::header;
use grapnel_domain::{scope::Scope, signature::Secret, webhook::Webhook};
use grapnel_testing::{
    builders::{a_webhook, changed},
    clock::START,
};
use rstest::rstest;
use std::time::Duration;

fn secret() -> Secret {
    Secret::from_random([0xA5; 32])
}

/// A webhook, a session with these scopes, and the path of the webhook's page.
async fn with(scopes: &[Scope]) -> (World, String, String) {
    let world = World::new();
    let cookie = signed_in(&world, &world.key("owner", scopes).await).await;
    let webhook = a_webhook().for_user("owner").named("Leads").secret(secret()).build();
    let path = format!("/console/webhooks/{}", webhook.id);
    world.memory.put_webhook(webhook);
    world.clock.advance(Duration::from_secs(5));
    (world, cookie, path)
}

fn only(world: &World) -> Webhook {
    world.memory.webhooks().into_iter().next().expect("a webhook").clone()
}

fn version(answer: &Answer) -> String {
    let (_, rest) = answer.text.split_once("name=\"version\" value=\"").expect("a version");
    rest.split('"').next().expect("a value").replace("&#34;", "\"")
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
    answer.header(header::LOCATION).expect("an address")
}

#[tokio::test]
async fn a_secret_is_shown_on_request_and_replaced_with_time_for_the_old_one() {
    let (world, cookie, path) = with(&Scope::OF_USERS).await;
    let path = format!("{path}/secret");
    let masked = page(&world, &path, &cookie).await;
    assert_eq!(masked.status.as_u16(), 200, "{}", masked.text);
    assert!(!masked.text.contains(secret().reveal()) && masked.text.contains("whsec_********"));
    assert_eq!(masked.header(header::CACHE_CONTROL), Some("no-store"));
    let shown = form_of(&world, &path, &cookie, &[("do", "reveal")]).await;
    assert!(shown.text.contains(secret().reveal()), "{}", shown.text);

    let old = version(&masked);
    let fields = [("do", "rotate"), ("grace", "3600"), ("version", old.as_str())];
    let answer = form_of(&world, &path, &cookie, &fields).await;
    assert!(location(&answer).ends_with("/secret?done=rotated"));
    let stored = only(&world);
    assert_ne!(stored.secret, secret());
    let end = START.plus(Duration::from_secs(3605));
    assert_eq!(stored.previous_secrets[0].valid_until, end);
    let after = page(&world, &format!("{path}?done=rotated"), &cookie).await;
    assert!(after.text.contains("The secret was replaced."), "{}", after.text);
    assert!(after.text.contains(&format!("<time datetime=\"{end}\">")), "{}", after.text);
    assert!(!after.text.contains(stored.secret.reveal()));

    let stale = form_of(&world, &path, &cookie, &fields).await;
    assert_eq!(stale.status.as_u16(), 412);
    assert!(stale.text.contains("so its secret was not replaced"), "{}", stale.text);
    assert_eq!(only(&world), stored);
    let own =
        [("do", "rotate"), ("grace", "0"), ("secret", "short"), ("version", &version(&stale))];
    let refused = form_of(&world, &path, &cookie, &own).await;
    assert_eq!(refused.status.as_u16(), 422);
    assert!(refused.text.contains("<code><bdi>secret</bdi></code>"), "{}", refused.text);
    assert_eq!(only(&world), stored);
}

#[rstest]
#[case(&[Scope::WebhooksRead, Scope::WebhooksWrite, Scope::DeliveriesRead], 403)]
#[case(&[Scope::WebhooksRead, Scope::WebhooksSecrets], 200)]
#[case(&[Scope::WebhooksSecrets], 200)]
#[tokio::test]
async fn the_right_to_a_secret_is_apart_from_the_right_to_edit(
    #[case] scopes: &[Scope],
    #[case] status: u16,
) {
    let (world, cookie, path) = with(scopes).await;
    let shown = page(&world, &path, &cookie).await;
    if shown.status.as_u16() == 200 {
        assert_eq!(shown.text.contains("/secret\""), status == 200, "{}", shown.text);
    }
    let path = format!("{path}/secret");
    assert_eq!(page(&world, &path, &cookie).await.status.as_u16(), status);
    let answer = form_of(&world, &path, &cookie, &[("do", "reveal")]).await;
    assert_eq!(answer.status.as_u16(), status);
    assert_eq!(answer.text.contains(secret().reveal()), status == 200);
    let fields = [("do", "rotate"), ("grace", "0")];
    let answer = form_of(&world, &path, &cookie, &fields).await;
    assert_eq!(answer.status.as_u16(), if status == 200 { 303 } else { 403 });
}

#[tokio::test]
async fn a_webhook_is_deleted_after_its_owner_has_seen_what_is_lost() {
    let (world, cookie, path) = with(&Scope::OF_USERS).await;
    let path = format!("{path}/delete");
    let asked = page(&world, &path, &cookie).await;
    assert_eq!(asked.status.as_u16(), 200);
    assert!(asked.text.contains("Deliveries that wait for their next attempt end as failed"));
    let old = version(&asked);
    let other = changed(&only(&world), |it| {
        it.updated_at = it.updated_at.plus(Duration::from_millis(1));
    });
    world.memory.put_webhook(other);
    for fields in [&[("version", old.as_str())][..], &[]] {
        let stale = form_of(&world, &path, &cookie, fields).await;
        assert_eq!(stale.status.as_u16(), 412, "{}", stale.text);
        assert!(stale.text.contains("so it was not deleted"), "{}", stale.text);
    }
    assert_eq!(world.memory.webhooks().len(), 1);
    let current = version(&page(&world, &path, &cookie).await);
    let answer = form_of(&world, &path, &cookie, &[("version", current.as_str())]).await;
    assert!(location(&answer).ends_with("webhooks?done=deleted"));
    assert!(world.memory.webhooks().is_empty());
    let list = page(&world, "/console/webhooks?done=deleted", &cookie).await;
    assert!(list.text.contains("The webhook was deleted."));
    let again = form_of(&world, &path, &cookie, &[("version", current.as_str())]).await;
    assert_eq!(again.status.as_u16(), 404);
}

#[tokio::test]
async fn a_test_is_sent_with_the_data_that_was_typed() {
    let (world, cookie, path) = with(&Scope::OF_USERS).await;
    let path = format!("{path}/test");
    let blank = page(&world, &path, &cookie).await;
    let mut fields = fields_of(&blank.text, "edit");
    let event = fields.iter().find(|(name, _)| name == "event").expect("a type").1.clone();
    let sample = fields.iter().find(|(name, _)| name == "data").expect("a sample").1.clone();
    assert!(!event.is_empty() && sample.starts_with("{\r\n"), "{sample}");
    set(&mut fields, "data", "{\"n\": 1.0, \"text\": \"<b>\"}");
    let fields = pairs(&fields);
    let answer = super::form(&world, &path, &fields).header("cookie", &cookie).page().await;
    assert!(location(&answer).contains("/test?delivery=dlv_"), "{}", location(&answer));
    let messages = world.memory.events_queue().messages();
    assert_eq!(messages.len(), 1);
    assert!(format!("{messages:?}").contains("1.0"), "numbers keep their digits: {messages:?}");

    let broken = [("event", "no.such"), ("data", "{\"n\": ")];
    let refused = form_of(&world, &path, &cookie, &broken).await;
    assert_eq!(refused.status.as_u16(), 422, "{}", refused.text);
    assert!(refused.text.contains("is no JSON"), "{}", refused.text);
    assert!(refused.text.contains("<code><bdi>event</bdi></code>"), "{}", refused.text);
    assert!(refused.text.contains("\n{&#34;n&#34;: </textarea>"), "what was typed stays");
    assert_eq!(world.memory.events_queue().messages().len(), 1);
}

#[tokio::test]
async fn none_of_it_is_somebody_elses() {
    let (world, _, path) = with(&Scope::OF_USERS).await;
    let cookie = signed_in(&world, &world.full_key("other").await).await;
    let before = only(&world);
    for (what, fields) in [
        ("secret", &[("do", "reveal")][..]),
        ("secret", &[("do", "rotate")]),
        ("delete", &[("version", "*")]),
        ("test", &[("event", "lead.created"), ("data", "{}")]),
        ("test", &[("do", "sample")]),
    ] {
        let path = format!("{path}/{what}");
        assert_eq!(page(&world, &path, &cookie).await.status.as_u16(), 404, "{path}");
        let answer = form_of(&world, &path, &cookie, fields).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}: {}", answer.text);
        assert!(!answer.text.contains("Leads") && !answer.text.contains(secret().reveal()));
    }
    assert_eq!(only(&world), before);
    assert!(world.memory.events_queue().messages().is_empty());
}

#[tokio::test]
async fn without_the_scope_to_write_nothing_is_deleted_or_sent() {
    let (world, cookie, path) = with(&[Scope::WebhooksRead, Scope::DeliveriesRead]).await;
    let shown = page(&world, &path, &cookie).await;
    for (what, fields) in [("delete", &[("version", "*")][..]), ("test", &[("data", "{}")])] {
        assert!(!shown.text.contains(&format!("/{what}\"")), "{what}");
        let path = format!("{path}/{what}");
        assert_eq!(page(&world, &path, &cookie).await.status.as_u16(), 403, "{path}");
        assert_eq!(form_of(&world, &path, &cookie, fields).await.status.as_u16(), 403, "{path}");
    }
    assert_eq!(world.memory.webhooks().len(), 1);
}
