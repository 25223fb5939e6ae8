//! `grapnel`, the program that people have: run as they run it, against the deployed system.

pub(crate) mod dead_letters;
mod doctor;
mod operator;
mod program;
mod tour;

use anyhow::{Context, ensure};
use grapnel_receiver::{ReceivedRequest, Reply, Script};
use grapnel_tests::{
    until::{Look, until},
    world::{SOON, World},
};
use program::{Program, Ran};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

/// Runs words that ask for an attempt, until one ended while the API waited for it: a busy machine may
/// take longer.
async fn attempted(cli: &Program, words: &[&str]) -> anyhow::Result<Ran> {
    until("an attempt that ended while the API waited", SOON, async || {
        let ran = cli.run(words).await?;
        let is_late = ["No answer yet", "is on its way"].iter().any(|it| ran.stderr.contains(it));
        Ok(if is_late { Look::not_yet(ran) } else { Look::Found(ran) })
    })
    .await
}

#[tokio::test]
async fn a_webhook_is_made_changed_and_deleted() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cli = Program::of(&world)?;
    let url = world.receiver.url("/hook");
    let words = ["--name", "Leads", "--events", "lead.*,task.failed", "-H", "X-Team: sales"];
    let made = cli.json(&[&["webhooks", "create", &url], &words[..]].concat()).await?;
    let id = made["id"].as_str().context("an id")?;
    let secret = made["secret"].as_str().context("a secret")?;
    assert_eq!(made["events"], json!(["lead.*", "task.failed"]));

    let listed = cli.done(&["webhooks", "list"]).await?;
    ensure!(listed.contains(id) && listed.contains("Leads"), "{listed}");
    ensure!(!listed.contains('\u{1b}'), "no colours where nobody sees them: {listed:?}");
    let shown = cli.done(&["webhooks", "get", id]).await?;
    ensure!(shown.contains("X-Team: sales") && !shown.contains(&secret[6..]), "{shown}");
    assert_eq!(cli.done(&["webhooks", "secret", id]).await?.trim(), secret);

    let changes = ["--name", "All leads", "--delays", "1m,1h", "--without-header", "x-team"];
    cli.done(&[&["webhooks", "update", id], &changes[..]].concat()).await?;
    let changed = world.api.webhook(id).await?;
    assert_eq!((changed.name.as_str(), changed.headers.len()), ("All leads", 0));
    assert_eq!(changed.retry_config.delays_seconds, Some(vec![60, 3600]));
    assert_eq!(changed.events, ["lead.*", "task.failed"], "what was not named stays");
    cli.done(&["webhooks", "disable", id]).await?;
    assert_eq!(world.api.webhook(id).await?.status, "disabled");
    cli.done(&["webhooks", "enable", id]).await?;
    assert_eq!(world.api.webhook(id).await?.status, "active");
    let rotated = cli.json(&["webhooks", "rotate-secret", id, "--grace", "1h"]).await?;
    assert_eq!(cli.done(&["webhooks", "secret", id]).await?.trim(), rotated["secret"]);

    let refused = cli.run(&["webhooks", "delete", id]).await?;
    assert_eq!(refused.code, Some(2), "nobody was there to say yes: {refused:?}");
    cli.done(&["webhooks", "delete", id, "--yes"]).await?;
    let gone = cli.run(&["webhooks", "get", id]).await?;
    assert_eq!((gone.code, gone.stdout.as_str()), (Some(1), ""));
    ensure!(gone.stderr.contains("not_found"), "{gone:?}");
    Ok(())
}

#[tokio::test]
async fn options_are_tried_set_and_taken_back() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cli = Program::of(&world)?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let id = webhook.id.as_str();
    let (filter, low) = (r#"{"amount": [{"numeric": [">", 100]}]}"#, r#"{"amount": 7}"#);
    let tried = ["webhooks", "test-filter", id, "--data", low, "--filter", filter];
    let no = cli.run(&tried).await?;
    ensure!(no.code == Some(3) && no.stdout.contains("/amount"), "{no:?}");
    let template = "{\"n\": {{ data.n|tojson }}}";
    let shown =
        ["webhooks", "preview", id, "--template", template, "--data", r#"{"n": 9007199254740993}"#];
    let shown = cli.done(&shown).await?;
    ensure!(shown.contains(r#"{"n": 9007199254740993}"#), "{shown}");

    let options = ["--filter", filter, "--template", template, "--rate-limit", "50"];
    let more = ["--metadata", "team=sales", "--sensitive-header", "X-Token: t0ken"];
    let words = [&["webhooks", "update", id][..], &options, &more].concat();
    cli.done(&words).await?;
    let changed = world.api.webhook(id).await?;
    assert_eq!((changed.rate_limit, changed.metadata["team"].as_str()), (Some(50), "sales"));
    ensure!(changed.filter.is_some() && changed.transform.is_some(), "{changed:?}");
    let shown = cli.done(&["webhooks", "get", id]).await?;
    ensure!(shown.contains("not shown") && !shown.contains("t0ken"), "{shown}");

    cli.done(&["webhooks", "update", id, "--without", "filter,transform,rate-limit"]).await?;
    let changed = world.api.webhook(id).await?;
    let is_gone = changed.filter.is_none() && changed.transform.is_none();
    ensure!(is_gone && changed.rate_limit.is_none(), "{changed:?}");
    ensure!(changed.headers.contains_key("X-Token"), "what was not named stays");
    ensure!(cli.done(&["webhooks", "list", "--status", "failing"]).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_admin_manages_keys_and_links() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cli = Program::of(&world)?.with("GRAPNEL_ADMIN_KEY", &world.stack.admin_key);
    let user = world.user.as_str();
    let words = ["keys", "create", user, "--scope", "webhooks:read", "--name", "CI"];
    let made = cli.json(&[&words[..], &["--expires-in", "90d"]].concat()).await?;
    let (id, key) = (made["id"].as_str().context("id")?, made["key"].as_str().context("key")?);
    let listed = cli.done(&["keys", "list", user]).await?;
    ensure!(listed.contains(id) && listed.contains("CI") && !listed.contains(key), "{listed}");
    let with_it = cli.with("GRAPNEL_KEY", key);
    with_it.done(&["webhooks", "list"]).await?;
    cli.done(&["keys", "revoke", user, id, "--yes"]).await?;
    let refused = with_it.run(&["webhooks", "list"]).await?;
    ensure!(refused.code == Some(1) && refused.stderr.contains("unauthorized"), "{refused:?}");

    let words = ["portal", "link", user, "--scope", "webhooks:read", "--session", "8h"];
    let link = cli.json(&words).await?;
    let token = link["token"].as_str().context("token")?;
    let url = link["url"].as_str().context("url")?;
    ensure!(token.starts_with("gpl_") && url.ends_with(&format!("#token={token}")), "{link}");
    Ok(())
}

#[tokio::test]
async fn events_are_published_and_looked_at() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cli = Program::of(&world)?;
    let webhook = world.webhook("/hook", json!({ "payloadFormat": "raw" })).await?;
    let one = ["--type", "lead.created", "--data", r#"{"n": 1.0}"#, "--idempotency-key", "key"];
    let published = cli.json(&[&["events", "publish"], &one[..]].concat()).await?;
    let id = published["items"][0]["id"].as_str().context("an id")?;
    assert_eq!(&world.requests("/hook", 1).await?[0].body[..], br#"{"n": 1.0}"#);
    world.settled(&webhook).await?;
    let shown = cli.done(&["events", "get", id]).await?;
    ensure!(shown.contains("success") && shown.contains(r#"{"n": 1.0}"#), "{shown}");
    let again = cli.json(&[&["events", "publish"], &one[..]].concat()).await?;
    assert_eq!(again["items"][0]["id"], id);

    let file = std::env::temp_dir().join(format!("grapnel-{}.ndjson", uuid::Uuid::new_v4()));
    let line = |n: usize| format!("{{\"type\":\"email.sent\",\"data\":{{\"n\":{n}}}}}\n");
    std::fs::write(&file, (0..120).map(line).collect::<String>())?;
    let published = cli.done(&["events", "publish", file.to_str().context("a path")?]).await;
    std::fs::remove_file(&file)?;
    let published = published?;
    assert_eq!(published.lines().filter(|line| line.starts_with("evt_")).count(), 120);
    let types = cli.done(&["event-types", "list"]).await?;
    ensure!(types.contains("lead.created") && types.contains("built in"), "{types}");
    let tested = ["webhooks", "test", &webhook.id, "--data", r#"{"mine":true}"#];
    let tested = attempted(&cli, &tested).await?;
    ensure!(tested.code == Some(0) && tested.stdout.contains("mine"), "{tested:?}");
    Ok(())
}

#[tokio::test]
async fn a_delivery_is_tested_looked_at_and_sent_again() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cli = Program::of(&world)?;
    let webhook = world.webhook("/hook", json!({ "retryConfig": { "maxAttempts": 1 } })).await?;
    let tested = ["webhooks", "test", &webhook.id, "--event", "email.sent"];
    let tested = attempted(&cli, &tested).await?;
    assert_eq!(tested.code, Some(0), "{tested:?}");
    let shown = &tested.stdout;
    ensure!(shown.contains("email.sent") && shown.contains("success"), "{shown}");
    world.receiver.answer_with("/hook", 503);
    let failed = attempted(&cli, &["webhooks", "test", &webhook.id, "--json"]).await?;
    assert_eq!(failed.code, Some(3), "{failed:?}");
    let failed: Value = serde_json::from_str(&failed.stdout)?;
    let id = failed["id"].as_str().context("an id")?;

    let lines = cli.done(&["deliveries", "list", &webhook.id, "--json", "-n", "1"]).await?;
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let listed = cli.done(&["deliveries", "list", &webhook.id, "--code", "5xx", "--json"]).await?;
    let listed: Vec<Value> = listed.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let codes: Vec<&Value> =
        listed.iter().map(|delivery| &delivery["attempts"][0]["statusCode"]).collect();
    assert_eq!(codes, [503], "those that failed: {listed:?}");
    world.receiver.answer_with("/hook", 200);
    let again = attempted(&cli, &["deliveries", "retry", &webhook.id, id, "--wait"]).await?;
    let shown = &again.stdout;
    ensure!(shown.contains("503") && shown.contains("200"), "both attempts: {again:?}");
    world.requests("/hook", 3).await?;
    let settled = cli.run(&["deliveries", "cancel", &webhook.id, id]).await?;
    ensure!(settled.stderr.contains("already_settled"), "{settled:?}");
    let shown = cli.done(&["deliveries", "get", &webhook.id, id]).await?;
    ensure!(shown.contains("503") && shown.contains(&world.user), "attempt and payload: {shown}");
    Ok(())
}

#[tokio::test]
async fn what_failed_is_replayed_and_watched_to_its_end() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cli = Program::of(&world)?;
    let webhook = world.webhook("/hook", json!({ "retryConfig": { "maxAttempts": 1 } })).await?;
    world.receiver.answer_with("/hook", Script::statuses([503]).then(Reply::status(200)));
    world.publish("lead.created", json!({})).await?;
    assert_eq!(world.settled(&webhook).await?.status, "failed");

    let words = ["replay", "start", &webhook.id, "--since", "1h", "--watch"];
    let watched = cli.done(&words).await?;
    let last = watched.lines().last().context("a line")?;
    assert_eq!(last, "finished: 1 examined, 1 sent again");
    world.requests("/hook", 2).await?;
    let listed = cli.done(&["replay", "list", "--json"]).await?;
    let replay: Value = serde_json::from_str(&listed)?;
    assert_eq!((&replay["status"], &replay["webhookId"]), (&json!("finished"), &json!(webhook.id)));
    Ok(())
}

#[tokio::test]
async fn a_local_receiver_verifies_what_its_own_webhook_sends() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cli = Program::of(&world)?;
    let words = ["listen", "--port", "0", "--events", "lead.*", "--status", "202", "--json"];
    let mut listening = cli.start(&words).await?;
    let first: Value = listening.line(SOON).await?;
    ensure!(first["listening"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:")));
    let webhook = world.api.webhooks().await?.items.pop().context("its webhook")?;
    assert_eq!(first["webhook"], webhook.id);
    let published = world.publish("lead.created", json!({})).await?;
    let seen: Value = listening.line(SOON).await?;
    assert_eq!((&seen["verified"], &seen["event"]), (&json!(true), &json!("lead.created")));
    assert_eq!(seen["status"], 202);
    let delivery = world.settled(&webhook).await?;
    assert_eq!(delivery.status_codes(), [Some(202)]);
    assert_eq!(seen["id"], delivery.event_id);
    assert_eq!(serde_json::from_str::<Value>(delivery.payload_text())?, published.data);

    assert_eq!(listening.interrupt(SOON).await?, Some(0));
    let kept = world.api.webhook(&webhook.id).await?;
    assert_eq!(kept.status, "disabled");
    let listed = cli.done(&["deliveries", "list", &webhook.id]).await?;
    ensure!(listed.contains(&delivery.id), "its deliveries are kept: {listed}");

    // The next run has the same webhook and the same secret, at another port and for other events.
    let words = ["listen", "--port", "0", "--events", "task.*", "--json"];
    let mut again = cli.start(&words).await?;
    let second: Value = again.line(SOON).await?;
    assert_eq!((&second["webhook"], &second["secret"]), (&first["webhook"], &first["secret"]));
    let kept = world.api.webhook(&webhook.id).await?;
    assert_eq!((kept.status.as_str(), kept.events.as_slice()), ("active", &["task.*".into()][..]));

    // A run beside it has a webhook of its own, and no other secret.
    let mut beside = cli.start(&words).await?;
    let third: Value = beside.line(SOON).await?;
    ensure!(third["webhook"] != first["webhook"], "{third}");
    assert_eq!(third["secret"], first["secret"]);
    assert_eq!(beside.interrupt(SOON).await?, Some(0));
    assert_eq!(again.interrupt(SOON).await?, Some(0));

    // A deleted webhook is created again, with the same secret.
    world.api.delete_webhook(&webhook.id).await?;
    let mut anew = cli.start(&words).await?;
    let fourth: Value = anew.line(SOON).await?;
    assert_eq!(fourth["secret"], first["secret"]);
    assert_eq!(anew.interrupt(SOON).await?, Some(0));
    Ok(())
}

/// A request as somebody keeps it: headers, an empty line, the body.
fn kept(request: &ReceivedRequest) -> Vec<u8> {
    let mut text = format!("POST {} HTTP/1.1\n", request.path).into_bytes();
    for (name, value) in &request.headers {
        text.extend_from_slice(&[name.as_str().as_bytes(), b": ", value.as_bytes()].concat());
        text.push(b'\n');
    }
    text.push(b'\n');
    text.extend_from_slice(&request.body);
    text
}

#[tokio::test]
async fn a_kept_request_is_verified_and_what_is_wrong_is_said() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cli = Program::of(&world)?;
    let webhook = world.webhook("/hook", json!({})).await?;
    let other = world.webhook("/other", json!({ "events": ["task.failed"] })).await?;
    world.publish("lead.created", json!({})).await?;
    let request = world.requests("/hook", 1).await?.remove(0);
    let file = cli.folder().join("request.http");
    std::fs::write(&file, kept(&request))?;
    let file = file.to_str().context("a path")?;

    let verified = cli.run(&["verify", file, "--webhook", &webhook.id]).await?;
    assert_eq!(verified.code, Some(0), "{verified:?}");
    let wrong = cli.run(&["verify", file, "--secret", &other.secret]).await?;
    assert_eq!(wrong.code, Some(3), "{wrong:?}");
    ensure!(wrong.stdout.contains("another secret"), "{wrong:?}");
    ensure!(!wrong.stdout.contains(&other.secret[6..]), "{wrong:?}");
    let words = ["verify", file, "--secret", &webhook.secret, "--at", "2027-01-01T00:00:00Z"];
    let early = cli.run(&[&words[..], &["--tolerance", "1s"]].concat()).await?;
    ensure!(early.code == Some(3) && early.stdout.contains("webhook-timestamp"), "{early:?}");

    let mut changed = request.clone();
    changed.headers.remove("content-length");
    changed.body = [&request.body[..], b"\n"].concat().into();
    std::fs::write(file, kept(&changed))?;
    let words = ["verify", file, "--secret", &webhook.secret, "--json"];
    let report: Value = serde_json::from_str(&cli.run(&words).await?.stdout)?;
    assert_eq!(report["verified"], false);
    ensure!(report["cause"].as_str().is_some_and(|it| it.contains("line break")), "{report}");
    Ok(())
}

#[tokio::test]
async fn a_key_is_made_kept_for_later_and_never_shown_again() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cli = Program::of(&world)?.with("GRAPNEL_ADMIN_KEY", &world.stack.admin_key);
    let words = ["keys", "create", &world.user, "--scope", "webhooks:read"];
    let made = cli.json(&words).await?;
    assert_eq!(made["scopes"], json!(["webhooks:read"]));
    let key = made["key"].as_str().context("the key")?;

    let fresh = Program::of(&world)?.without("GRAPNEL_URL").without("GRAPNEL_KEY");
    let lost = fresh.run(&["webhooks", "list"]).await?;
    assert_eq!(lost.code, Some(2), "{lost:?}");
    ensure!(lost.stderr.contains("GRAPNEL_URL"), "{lost:?}");
    let words = ["login", "--api", &world.stack.api_url];
    let wrong = fresh.run_with(&words, "gk_wrong\n").await?;
    ensure!(wrong.code == Some(1) && wrong.stderr.contains("unauthorized"), "{wrong:?}");
    let kept = fresh.run_with(&words, &format!("{key}\n")).await?;
    assert_eq!(kept.code, Some(0), "{kept:?}");
    let path = fresh.done(&["config", "path"]).await?;
    let mode = std::fs::metadata(path.trim())?.permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let shown = fresh.done(&["config", "show"]).await?;
    ensure!(shown.contains(&world.stack.api_url) && !shown.contains(key), "{shown}");
    fresh.done(&["webhooks", "list"]).await?;

    let refused = fresh.run(&["webhooks", "create", "https://hooks.example.com"]).await?;
    ensure!(refused.code == Some(1) && refused.stderr.contains("webhooks:write"), "{refused:?}");
    fresh.done(&["config", "forget"]).await?;
    assert_eq!(fresh.run(&["webhooks", "list"]).await?.code, Some(2));
    Ok(())
}

#[tokio::test]
async fn a_refusal_names_every_field_on_standard_error() -> anyhow::Result<()> {
    let world = World::main().await?;
    let cli = Program::of(&world)?;
    let words = ["webhooks", "create", "ftp://hooks.example.com", "--events", "no.such", "--json"];
    let refused = cli.run(&words).await?;
    assert_eq!((refused.code, refused.stdout.as_str()), (Some(1), ""), "{refused:?}");
    for said in ["invalid_fields", "url: ", "events[0]: "] {
        ensure!(refused.stderr.contains(said), "{said}: {refused:?}");
    }
    let wrong = cli.with("GRAPNEL_KEY", "gk_wrong").run(&["webhooks", "list"]).await?;
    ensure!(wrong.code == Some(1) && wrong.stderr.contains("unauthorized"), "{wrong:?}");
    Ok(())
}
