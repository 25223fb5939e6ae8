//! Webhooks made and changed on the console's pages, over the whole API.

use super::{
    form, form_of, form_token,
    html::{fields_of, pairs, set},
    page, signed_in,
};
use crate::{
    routes::stock,
    world::{Answer, World},
};
use axum::http::header;
use grapnel_domain::{ports::StoreWebhooks, scope::Scope, webhook::Webhook};
use grapnel_testing::{
    builders::{a_webhook, changed, user},
    memory::Operation,
};
use rstest::rstest;
use std::time::Duration;

const NEW: &str = "/console/webhooks/new";

async fn owner() -> (World, String) {
    let world = World::new();
    let cookie = signed_in(&world, &world.full_key("owner").await).await;
    (world, cookie)
}

/// A webhook with something in every field.
async fn stored() -> (World, String, String) {
    let (world, cookie) = owner().await;
    let webhook = a_webhook().for_user("owner").named("Leads \u{202e}<b>");
    let webhook = webhook.events(["lead.*", "task.failed"]).header("X-Team", "sales");
    let webhook = webhook.sensitive_header("Authorization", "Bearer 7f3a").limited_to(20);
    let webhook = webhook.filter(r#"{"score":[{"numeric":[">=",50.0]}],"state":["new"]}"#).build();
    let webhook = changed(&webhook, |it| {
        it.texts.description = Some("\nTwo\nlines".to_owned());
        it.metadata.insert("team".to_owned(), "a \"b\"\nc".to_owned());
    });
    let path = format!("/console/webhooks/{}/edit", webhook.id);
    world.memory.put_webhook(webhook);
    world.clock.advance(Duration::from_secs(5));
    (world, cookie, path)
}

async fn fields(world: &World, cookie: &str, path: &str) -> Vec<(String, String)> {
    let answer = page(world, path, cookie).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    fields_of(&answer.text, "edit")
}

async fn send(world: &World, cookie: &str, path: &str, fields: &[(String, String)]) -> Answer {
    form(world, path, &pairs(fields)).header("cookie", cookie).page().await
}

fn location(answer: &Answer) -> &str {
    assert_eq!(answer.status.as_u16(), 303, "{}", answer.text);
    answer.header(header::LOCATION).expect("an address")
}

fn only(world: &World) -> Webhook {
    let webhooks = world.memory.webhooks();
    assert_eq!(webhooks.len(), 1);
    webhooks.into_iter().next().expect("one")
}

#[tokio::test]
async fn a_webhook_is_created_and_a_second_submit_creates_no_other() {
    let (world, cookie) = owner().await;
    let mut fields = fields(&world, &cookie, NEW).await;
    set(&mut fields, "name", "Leads to CRM");
    set(&mut fields, "url", "https://hooks.example.com/crm");
    set(&mut fields, "headerName", "X-Team");
    set(&mut fields, "headerValue", "sales");
    set(&mut fields, "delaysSeconds", "30, 300");
    set(&mut fields, "filter", r#"{ "score": [{ "numeric": [">=", 50.0] }] }"#);
    fields.push(("event".into(), "lead.created".into()));
    set(&mut fields, "patterns", "task.*");
    let first = send(&world, &cookie, NEW, &fields).await;
    let made = only(&world);
    let expected = format!("../webhooks/{}?done=created", made.id);
    assert_eq!(location(&first), expected);
    assert_eq!(
        made.events.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["lead.created", "task.*"]
    );
    assert_eq!(made.headers.get("x-team").map(|it| it.text.as_str()), Some("sales"));
    assert!(made.filter.as_ref().expect("a filter").as_str().contains("50.0"), "digits are kept");

    world.clock.advance(Duration::from_secs(2));
    let second = send(&world, &cookie, NEW, &fields).await;
    assert_eq!(location(&second), expected);
    assert_eq!(world.memory.webhooks().len(), 1);
    // The page goes back in the browser's history, and something is changed there.
    set(&mut fields, "name", "Another");
    let third = send(&world, &cookie, NEW, &fields).await;
    assert_eq!(third.status.as_u16(), 409);
    assert!(third.text.contains("This form has made a webhook already"), "{}", third.text);
    assert_eq!(world.memory.webhooks().len(), 1);
    let again = fields_of(&third.text, "edit");
    send(&world, &cookie, NEW, &again).await;
    assert_eq!(world.memory.webhooks().len(), 2, "that is meant");
}

#[tokio::test]
async fn every_fault_stands_beside_its_field_and_nothing_that_was_typed_is_lost() {
    let (world, cookie) = owner().await;
    let mut fields = fields(&world, &cookie, NEW).await;
    for (name, value) in [
        ("name", ""),
        ("url", "http://<b>"),
        ("headerName", "Host"),
        ("headerValue", "x"),
        ("maxAttempts", "many"),
        ("delaysSeconds", "60, soon"),
        ("rateLimit", "0"),
        ("filter", "{ \"score\": [ }"),
        ("patterns", "no.such\nlead.created"),
    ] {
        set(&mut fields, name, value);
    }
    let answer = send(&world, &cookie, NEW, &fields).await;
    assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
    for id in [
        "n-name",
        "n-url",
        "n-headers-0",
        "n-retryConfig-maxAttempts",
        "n-retryConfig-delaysSeconds",
        "n-rateLimit",
        "n-filter",
        "n-events",
    ] {
        assert!(
            answer.text.contains(&format!("<ul class=\"faults\" id=\"{id}\">")),
            "{id}: {}",
            answer.text
        );
    }
    assert!(answer.text.contains("<bdi>no.such: "), "{}", answer.text);
    assert!(answer.text.contains("is no JSON"), "{}", answer.text);
    let shown = fields_of(&answer.text, "edit");
    for (name, value) in &fields {
        assert!(
            shown.iter().any(|(n, v)| n == name && v.replace("\r\n", "\n") == *value),
            "{name}={value}"
        );
    }
    assert!(world.memory.webhooks().is_empty());
}

#[tokio::test]
async fn a_form_that_is_sent_as_it_is_changes_nothing() {
    let (world, cookie, path) = stored().await;
    let before = only(&world);
    let fields = fields(&world, &cookie, &path).await;
    assert!(
        !fields.iter().any(|(_, value)| value.contains("7f3a")),
        "a sensitive value is not shown"
    );
    let answer = send(&world, &cookie, &path, &fields).await;
    assert!(location(&answer).ends_with("?done=unchanged"));
    assert_eq!(only(&world), before);
    assert_eq!(world.memory.calls(Operation::ReplaceWebhook), 0);
}

#[tokio::test]
async fn only_what_was_changed_is_written_and_a_masked_value_stays() {
    let (world, cookie, path) = stored().await;
    let before = only(&world);
    let mut fields = fields(&world, &cookie, &path).await;
    set(&mut fields, "name", "Leads");
    set(&mut fields, "filter", r#"{"score":[{"numeric":[">=",50.0]}]}"#);
    set(&mut fields, "delaysSeconds", "10 20");
    let answer = send(&world, &cookie, &path, &fields).await;
    assert!(location(&answer).ends_with("?done=saved"));
    let after = only(&world);
    let expected = changed(&before, |it| {
        it.texts.name = "Leads".to_owned();
        it.filter = after.filter.clone();
        it.retry_config = after.retry_config.clone();
        it.updated_at = after.updated_at;
    });
    assert_eq!(after, expected);
    assert_eq!(
        after.filter.as_ref().expect("there").as_str(),
        r#"{"score":[{"numeric":[">=",50.0]}]}"#
    );
    assert_eq!(after.headers.get("authorization").map(|it| it.text.as_str()), Some("Bearer 7f3a"));
}

#[tokio::test]
async fn what_is_emptied_is_taken_away_and_a_sensitive_header_gets_a_new_value() {
    let (world, cookie, path) = stored().await;
    let mut fields = fields(&world, &cookie, &path).await;
    for name in ["filter", "description", "rateLimit", "metadataName", "metadataValue"] {
        set(&mut fields, name, "");
    }
    for (name, value) in &mut fields {
        if name == "headerValue" {
            *value = if value == "sales" { String::new() } else { "Bearer new".to_owned() };
        }
        if name == "headerName" && value == "X-Team" {
            value.clear();
        }
    }
    // The last row of headers is the empty one.
    let last = fields.iter().rposition(|(name, _)| name == "headerValue").expect("a row");
    fields[last].1.clear();
    location(&send(&world, &cookie, &path, &fields).await);
    let after = only(&world);
    assert!(
        after.filter.is_none() && after.texts.description.is_none() && after.rate_limit.is_none()
    );
    assert!(after.metadata.is_empty() && after.headers.get("x-team").is_none());
    let header = after.headers.get("authorization").expect("there");
    assert_eq!((header.text.as_str(), header.sensitive), ("Bearer new", true));
}

#[tokio::test]
async fn a_sensitive_value_cannot_be_shown_by_a_form() {
    let (world, cookie, path) = stored().await;
    let mut fields = fields(&world, &cookie, &path).await;
    set(&mut fields, "headerKind", "");
    let answer = send(&world, &cookie, &path, &fields).await;
    assert_eq!(answer.status.as_u16(), 422, "{}", answer.text);
    assert!(answer.text.contains("`value` is required"), "{}", answer.text);
    assert!(!answer.text.contains("7f3a"));
}

#[tokio::test]
async fn of_two_editors_the_second_keeps_what_was_typed_and_sees_what_is_stored() {
    let (world, cookie, path) = stored().await;
    let mut mine = fields(&world, &cookie, &path).await;
    let mut theirs = mine.clone();
    set(&mut theirs, "url", "https://theirs.example.com/");
    location(&send(&world, &cookie, &path, &theirs).await);
    set(&mut mine, "name", "Mine");
    let answer = send(&world, &cookie, &path, &mine).await;
    assert_eq!(answer.status.as_u16(), 412, "{}", answer.text);
    assert!(answer.text.contains("The webhook was changed since you opened this form"));
    assert!(
        answer.text.contains("Stored now: <pre dir=\"auto\">https://theirs.example.com/</pre>"),
        "{}",
        answer.text
    );
    assert_eq!(only(&world).url.to_string(), "https://theirs.example.com/");
    let again = fields_of(&answer.text, "edit");
    assert!(again.contains(&("name".to_owned(), "Mine".to_owned())));
    location(&send(&world, &cookie, &path, &again).await);
    assert_eq!(only(&world).texts.name, "Mine");
}

#[tokio::test]
async fn a_save_that_loses_the_race_is_answered_like_an_old_form() {
    let (world, cookie, path) = stored().await;
    let mut mine = fields(&world, &cookie, &path).await;
    set(&mut mine, "name", "Mine");
    world.memory.before(Operation::ReplaceWebhook, |memory| {
        let other = changed(&memory.webhooks()[0], |it| {
            it.updated_at = it.updated_at.plus(Duration::from_millis(1));
            it.texts.name = "Theirs".to_owned();
        });
        memory.put_webhook(other);
        std::future::ready(())
    });
    let answer = send(&world, &cookie, &path, &mine).await;
    assert_eq!(answer.status.as_u16(), 412, "{}", answer.text);
    assert!(answer.text.contains("Theirs"), "{}", answer.text);
    assert_eq!(only(&world).texts.name, "Theirs");
}

#[tokio::test]
async fn what_was_typed_outlives_its_webhook() {
    let (world, cookie, path) = stored().await;
    let mut fields = fields(&world, &cookie, &path).await;
    set(&mut fields, "name", "Typed for an hour");
    let (owner, id) = (user("owner"), only(&world).id);
    assert_eq!(world.memory.delete_webhook(&owner, id).await, Ok(true));
    let answer = send(&world, &cookie, &path, &fields).await;
    assert_eq!(answer.status.as_u16(), 404);
    assert!(
        answer.text.contains("There is no such webhook, so nothing was saved"),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("Typed for an hour"), "{}", answer.text);
}

#[rstest]
#[case(&[("filter", r#"{"score":[{"numeric":[">=",50]}]}"#)], &["It does not pass the filter", "has <code><bdi>nothing</bdi></code>", "wants <code><bdi>[{&#34;numeric&#34;:[&#34;&gt;=&#34;,50]}]"])]
#[case(&[("filter", "")], &["There is no filter: it is sent."])]
#[case(&[("filter", "{")], &["The filter cannot be tried.", "filter is no JSON"])]
#[case(&[("body", "transform"), ("template", "{\"text\": {{ type | tojson }}}")], &["lead.created"])]
#[case(&[("body", "transform"), ("template", "{{ nothing")], &["transform.template"])]
#[tokio::test]
async fn a_filter_and_a_template_are_tried_before_they_are_saved(
    #[case] typed: &[(&str, &str)],
    #[case] expected: &[&str],
) {
    let world = World::new();
    let ids = stock(&world, "owner");
    let cookie = signed_in(&world, &world.full_key("owner").await).await;
    let id = |name: &str| &ids.iter().find(|(given, _)| *given == name).expect("an id").1;
    let path = format!("/console/webhooks/{}/edit", id("id"));
    let before = only(&world);
    let mut fields = fields(&world, &cookie, &path).await;
    for (name, value) in typed {
        let place = fields.iter().position(|(given, _)| given == name).expect("a field");
        fields[place].1 = (*value).to_owned();
    }
    fields.push(("do".into(), "try".into()));
    let answer = send(&world, &cookie, &path, &fields).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.text);
    for text in expected {
        let shown = answer.text.replace("&#62;", "&gt;");
        assert!(shown.contains(text), "{text}: {}", answer.text);
    }
    assert!(answer.text.contains("<bdi>The sample of "), "{}", answer.text);
    assert!(answer.text.contains(&format!("Event {}", id("eventId"))), "the last delivery's event");
    set(&mut fields, "eventId", "evt_00000000-0000-8000-8000-000000000000");
    let answer = send(&world, &cookie, &path, &fields).await;
    assert!(answer.text.contains("The event could not be read."), "{}", answer.text);
    assert_eq!(only(&world), before);
}

#[tokio::test]
async fn somebody_elses_webhook_cannot_be_edited_or_seen() {
    let (world, _, path) = stored().await;
    let cookie = signed_in(&world, &world.full_key("other").await).await;
    let before = only(&world);
    assert_eq!(page(&world, &path, &cookie).await.status.as_u16(), 404);
    for what in ["save", "try"] {
        let fields = [("name", "mine"), ("version", "*"), ("filter", "{\"a\":[1]}"), ("do", what)];
        let answer = form_of(&world, &path, &cookie, &fields).await;
        assert!(!answer.text.contains("Leads"), "{}", answer.text);
        if what == "save" {
            assert_eq!(answer.status.as_u16(), 404, "{}", answer.text);
        }
    }
    assert_eq!(only(&world), before);
}

#[tokio::test]
async fn without_the_scope_there_is_no_button_and_no_form() {
    let (world, _, path) = stored().await;
    let key = world.key("owner", &[Scope::WebhooksRead, Scope::DeliveriesRead]).await;
    let cookie = signed_in(&world, &key).await;
    let webhook = path.trim_end_matches("/edit");
    for (path, link) in [(webhook, "/edit\""), ("/console/webhooks", "/new\"")] {
        let answer = page(&world, path, &cookie).await;
        assert_eq!(answer.status.as_u16(), 200);
        assert!(!answer.text.contains(link), "{path}");
    }
    let before = only(&world);
    let form = form_token(&world, &cookie).await;
    for path in [path.as_str(), NEW] {
        let answer = page(&world, path, &cookie).await;
        assert_eq!(answer.status.as_u16(), 403, "{path}");
        assert!(answer.text.contains("Your session lacks the scope `webhooks:write`."));
        for what in ["save", "try", "schedule"] {
            let fields = [("form".to_owned(), form.clone()), ("do".to_owned(), what.to_owned())];
            let answer = send(&world, &cookie, path, &fields).await;
            assert_eq!(answer.status.as_u16(), 403, "{path}");
        }
    }
    assert_eq!(only(&world), before);
}
