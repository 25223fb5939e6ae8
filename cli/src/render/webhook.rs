//! Webhooks for people.

use super::{Cell, Column, Facts, Table, View, health};
use grapnel_client::{Header, RetryConfigInForce, Webhook};
use grapnel_verify::span;
use serde_json::json;
use std::time::Duration;

/// A list of them.
pub(crate) fn table(_: &View) -> Table {
    Table::new([
        Column::id("id"),
        Column::cut("name", 12),
        Column::fixed("status"),
        Column::cut("events", 12),
        Column::cut("url", 20),
    ])
}

/// A row of it.
pub(crate) fn row(webhook: &Webhook, _: &View) -> Vec<Cell> {
    vec![
        Cell::id(&webhook.id),
        Cell::plain(&webhook.name),
        Cell::status(webhook.status.as_str()),
        Cell::plain(webhook.events.join(", ")),
        Cell::dim(&webhook.url),
    ]
}

/// All about one. Its secret is shown if the API shows it, which it does once.
pub(crate) fn facts(webhook: &Webhook, view: &View) -> String {
    let mut facts = Facts::default()
        .with("id", Cell::plain(&webhook.id))
        .with("name", Cell::plain(&webhook.name))
        .with("url", Cell::plain(&webhook.url))
        .with("events", Cell::plain(webhook.events.join(", ")))
        .with("status", Cell::status(webhook.status.as_str()));
    if let Some(health) = &webhook.health {
        facts = health::add(facts, health, view);
    }
    facts = facts
        .with("format", Cell::plain(webhook.payload_format.as_str()))
        .with_prose("retries", Some(Cell::plain(retries(&webhook.retry_config))))
        .with("time limit", Cell::plain(format!("{} s", webhook.retry_config.timeout_seconds)))
        .with("user", Cell::plain(&webhook.user_id));
    for (name, value) in &webhook.headers {
        let value = match value {
            Header::Plain(text) => text,
            Header::Sensitive { .. } => "(sensitive, not shown)",
        };
        facts = facts.with("header", Cell::plain(format!("{name}: {value}")));
    }
    for (name, value) in &webhook.metadata {
        facts = facts.with("metadata", Cell::plain(format!("{name}: {value}")));
    }
    let limit = webhook.rate_limit.map(|limit| Cell::plain(format!("{limit} requests a second")));
    let filter = webhook.filter.as_ref().map(|filter| Cell::plain(filter.get()));
    let transform = webhook.transform.as_ref().map(|transform| json!(transform).to_string());
    let shown = Some(&webhook.secret).filter(|secret| !secret.ends_with('*'));
    facts
        .with_prose("about", webhook.description.as_ref().map(Cell::plain))
        .with_some("rate limit", limit)
        .with_some("filter", filter)
        .with_some("transform", transform.map(Cell::plain))
        .with_some("secret", shown.map(Cell::plain))
        .with("created", Cell::dim(view.clock.full(webhook.created_at)))
        .with("changed", Cell::dim(view.clock.full(webhook.updated_at)))
        .text_within(view.width)
}

/// `5 attempts, after 1m, 5m, 30m, 2h`.
fn retries(config: &RetryConfigInForce) -> String {
    let seconds = |seconds: u32| span(Duration::from_secs(seconds.into()));
    let attempts = match config.max_attempts {
        1 => return "1 attempt".to_owned(),
        count => format!("{count} attempts"),
    };
    if let Some(delays) = &config.delays_seconds {
        let delays: Vec<String> = delays.iter().copied().map(seconds).collect();
        return format!("{attempts}, after {}", delays.join(", "));
    }
    match &config.backoff {
        Some(backoff) => format!(
            "{attempts}, after {}, each delay {} times the one before, up to {}",
            seconds(backoff.initial_seconds),
            backoff.multiplier,
            seconds(backoff.max_seconds)
        ),
        None => attempts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn webhook(secret: &str, retry: &Value) -> Webhook {
        let json = json!({
            "id": "wh_1", "userId": "demo", "name": "Leads\u{1b}[31m", "url": "https://a.example",
            "events": ["lead.*", "task.failed"], "secret": secret, "headers": {"X-Team": "sales"},
            "status": "active", "retryConfig": retry, "payloadFormat": "envelope",
            "createdAt": "2026-11-24T05:24:00.000Z", "updatedAt": "2026-11-24T06:23:00.000Z",
        });
        serde_json::from_value(json).expect("a webhook")
    }

    #[test]
    fn a_webhook_is_told_in_full_and_its_mask_is_not() {
        let retry = json!({"maxAttempts": 5, "timeoutSeconds": 10, "delaysSeconds": [60, 5400]});
        let text = facts(&webhook("whsec_********", &retry), &View::for_tests(None));
        assert_eq!(
            console::strip_ansi_codes(&text),
            "id          wh_1\n\
             name        Leads\\u{1b}[31m\n\
             url         https://a.example\n\
             events      lead.*, task.failed\n\
             status      active\n\
             format      envelope\n\
             retries     5 attempts, after 1m, 1h 30m\n\
             time limit  10 s\n\
             user        demo\n\
             header      X-Team: sales\n\
             created     2026-11-24 05:24:00 UTC (1h ago)\n\
             changed     2026-11-24 06:23:00 UTC (1m ago)\n"
        );
    }

    #[test]
    fn how_the_endpoint_is_doing_stands_behind_the_status() {
        let mut webhook =
            webhook("whsec_********", &json!({"maxAttempts": 1, "timeoutSeconds": 10}));
        webhook.health = serde_json::from_value(json!({"failures": 2})).expect("health");
        let text = facts(&webhook, &View::for_tests(None));
        let text = console::strip_ansi_codes(&text);
        let lines = "status      active\nhealth      2 failures in a row\nformat      envelope\n";
        assert!(text.contains(lines), "{text}");
    }

    #[test]
    fn a_new_webhooks_secret_is_shown() {
        let backoff = json!({"initialSeconds": 30, "multiplier": 1.5, "maxSeconds": 3600});
        let retry = json!({"maxAttempts": 8, "timeoutSeconds": 10, "backoff": backoff});
        let text = facts(&webhook("whsec_abc", &retry), &View::for_tests(None));
        assert!(text.contains("whsec_abc"), "{text}");
        let told = "8 attempts, after 30s, each delay 1.5 times the one before, up to 1h";
        assert!(text.contains(told), "{text}");
    }
}
