//! What a session sees and may do, over the whole API.

use super::{form_of, page, signed_in};
use crate::{
    routes::{Ids, stock},
    world::World,
};
use axum::http::header;
use grapnel_domain::scope::Scope;
use grapnel_testing::memory::Operation;
use rstest::rstest;

fn id<'a>(ids: &'a Ids, name: &str) -> &'a str {
    ids.iter().find(|(given, _)| *given == name).map(|(_, id)| id.as_str()).expect("an id")
}

fn delivery_page(ids: &Ids) -> String {
    format!("/console/webhooks/{}/deliveries/{}", id(ids, "id"), id(ids, "deliveryId"))
}

/// Every page that names something, and every form.
fn pages(ids: &Ids) -> Vec<String> {
    let webhook = format!("/console/webhooks/{}", id(ids, "id"));
    let event = format!("/console/events/{}", id(ids, "eventId"));
    let list = format!("/console/deliveries?webhook={}", id(ids, "id"));
    vec![webhook, delivery_page(ids), event, list]
}

fn forms(ids: &Ids) -> Vec<String> {
    let (webhook, delivery) = (format!("/console/webhooks/{}", id(ids, "id")), delivery_page(ids));
    vec![
        format!("{webhook}/test"),
        format!("{webhook}/status"),
        format!("{delivery}/retry"),
        format!("{delivery}/cancel"),
    ]
}

#[tokio::test]
async fn an_owner_sees_their_things() {
    let world = World::new();
    let ids = stock(&world, "owner");
    let cookie = signed_in(&world, &world.full_key("owner").await).await;
    for path in pages(&ids) {
        let answer = page(&world, &path, &cookie).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}: {}", answer.text);
        assert!(answer.text.contains(id(&ids, "deliveryId")), "{path}");
    }
    let list = page(&world, "/console/deliveries", &cookie).await;
    assert!(list.text.contains(id(&ids, "deliveryId")));
    let delivery = page(&world, &delivery_page(&ids), &cookie).await;
    let sentence = "The endpoint answered 500: it failed while it handled the request.";
    assert!(delivery.text.contains(sentence), "{}", delivery.text);
    assert!(delivery.text.contains("Attempt 2 of "), "{}", delivery.text);
}

#[tokio::test]
async fn somebody_elses_things_are_on_no_page() {
    let world = World::new();
    let ids = stock(&world, "owner");
    let cookie = signed_in(&world, &world.full_key("other").await).await;
    for path in pages(&ids) {
        for query in ["", "user=owner"] {
            let mark = if path.contains('?') { "&" } else { "?" };
            let answer = page(&world, &format!("{path}{mark}{query}"), &cookie).await;
            assert_eq!(answer.status.as_u16(), 404, "{path}");
            assert!(!answer.text.contains(id(&ids, "deliveryId")), "{path}");
        }
    }
    let fields = [("status", "disabled"), ("version", "*")];
    for path in forms(&ids) {
        let answer = form_of(&world, &path, &cookie, &fields).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}: {}", answer.text);
    }
    for path in ["/console/deliveries?user=owner", "/console/webhooks?user=owner"] {
        let answer = page(&world, path, &cookie).await;
        assert_eq!(answer.status.as_u16(), 200);
        assert!(!answer.text.contains(id(&ids, "id")), "{path}");
    }
    assert!(world.memory.delivery_queue().messages().is_empty());
    assert!(world.memory.events_queue().messages().is_empty());
}

#[tokio::test]
async fn an_admin_sees_the_things_of_the_user_that_is_named() {
    let world = World::new();
    let ids = stock(&world, "owner");
    let cookie = signed_in(&world, crate::world::ADMIN).await;
    for path in pages(&ids) {
        let mark = if path.contains('?') { "&" } else { "?" };
        let answer = page(&world, &format!("{path}{mark}user=owner"), &cookie).await;
        assert_eq!(answer.status.as_u16(), 200, "{path}");
        let answer = page(&world, &format!("{path}{mark}user=other"), &cookie).await;
        assert_eq!(answer.status.as_u16(), 404, "{path}");
        let answer = page(&world, &path, &cookie).await;
        assert!(answer.text.contains("Name the user to look at."), "{path}");
    }
    let answer = page(&world, "/console/deliveries?user=not+an+id", &cookie).await;
    assert_eq!(answer.status.as_u16(), 400);
}

#[tokio::test]
async fn a_retry_of_the_page_is_a_retry_of_the_api() {
    let world = World::new();
    let ids = stock(&world, "owner");
    let cookie = signed_in(&world, &world.full_key("owner").await).await;
    let answer = form_of(&world, &format!("{}/retry", delivery_page(&ids)), &cookie, &[]).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
    let location = answer.header(header::LOCATION).expect("an address");
    assert!(location.ends_with("?done=retried"), "{location}");
    assert_eq!(world.memory.delivery_queue().messages().len(), 1);

    let answer = form_of(&world, &format!("{}/cancel", delivery_page(&ids)), &cookie, &[]).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
    let shown = page(&world, &delivery_page(&ids), &cookie).await;
    assert!(shown.text.contains("The delivery was cancelled."), "{}", shown.text);
    let again = form_of(&world, &format!("{}/cancel", delivery_page(&ids)), &cookie, &[]).await;
    assert_eq!(again.status.as_u16(), 303, "a double click is one");
}

#[tokio::test]
async fn a_webhook_is_disabled_and_enabled_and_a_stale_form_changes_nothing() {
    let world = World::new();
    let ids = stock(&world, "owner");
    let cookie = signed_in(&world, &world.full_key("owner").await).await;
    let webhook = format!("/console/webhooks/{}", id(&ids, "id"));
    let path = format!("{webhook}/status");
    let version = |text: &str| {
        let rest = text.split_once("name=\"version\" value=\"").map(|(_, rest)| rest);
        let value = rest.and_then(|rest| rest.split_once("\">")).map(|(value, _)| value);
        value.expect("a version").replace("&#34;", "\"")
    };
    let shown = page(&world, &webhook, &cookie).await;
    let first = version(&shown.text);
    let fields = [("status", "disabled"), ("version", first.as_str())];
    let answer = form_of(&world, &path, &cookie, &fields).await;
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
    let shown = page(&world, &webhook, &cookie).await;
    assert!(shown.text.contains("it was disabled by hand"), "{}", shown.text);

    let stale = [("status", "active"), ("version", first.as_str())];
    for fields in [&stale[..], &stale[..1]] {
        let answer = form_of(&world, &path, &cookie, fields).await;
        assert_eq!(answer.status.as_u16(), 412, "{}", answer.text);
        assert!(answer.text.contains("It has changed since you opened the page."));
    }
    let second = version(&shown.text);
    let fields = [("status", "active"), ("version", second.as_str())];
    assert_eq!(form_of(&world, &path, &cookie, &fields).await.status.as_u16(), 303);
}

#[rstest]
#[case(&[Scope::WebhooksRead], &["Retry now", "Cancel the delivery", "Send a test", "Disable</button>", "Last deliveries"])]
#[case(&[Scope::DeliveriesRead], &["Retry now", "Cancel the delivery", "Send a test"])]
#[tokio::test]
async fn a_session_without_a_scope_sees_no_button_and_its_form_is_refused(
    #[case] scopes: &[Scope],
    #[case] hidden: &[&str],
) {
    let world = World::new();
    let ids = stock(&world, "owner");
    let cookie = signed_in(&world, &world.key("owner", scopes).await).await;
    for path in pages(&ids) {
        let answer = page(&world, &path, &cookie).await;
        for text in hidden {
            assert!(!answer.text.contains(text), "{path}: {text}");
        }
        if answer.status.as_u16() == 403 {
            assert!(answer.text.contains("Your session lacks the scope"), "{}", answer.text);
        } else {
            assert_eq!(answer.status.as_u16(), 200, "{path}");
        }
    }
    let fields = [("status", "disabled"), ("version", "*")];
    for path in forms(&ids) {
        let answer = form_of(&world, &path, &cookie, &fields).await;
        assert_eq!(answer.status.as_u16(), 403, "{path}");
        assert!(answer.text.contains("Your session lacks the scope"), "{}", answer.text);
    }
    assert!(world.memory.delivery_queue().messages().is_empty());
    assert_eq!(world.memory.calls(Operation::EndDelivery), 0);
}
