//! How a webhook's endpoint is doing, for people.

use super::{Cell, Facts, View};
use grapnel_client::{ParkedDeliveries, WebhookBehind, WebhookFailure, WebhookHealth};
use grapnel_verify::span;
use std::time::Duration;

/// Adds what the API says of the endpoint to the facts about its webhook.
pub(super) fn add(facts: Facts, health: &WebhookHealth, view: &View) -> Facts {
    let next_probe = health.next_probe_at.map(|at| match at > view.clock.now() {
        true => view.clock.relative(at),
        false => "now".to_owned(),
    });
    let disabled = health.disabled_because.as_deref().map(disabled);
    facts
        .with_prose("health", Some(Cell::plain(state(health, view))))
        .with_some("disabled", disabled.map(Cell::plain))
        .with_prose("last failure", health.last_failure.as_ref().map(|it| last_failure(it, view)))
        .with_some("next probe", next_probe.map(Cell::plain))
        .with_some("parked", health.parked.map(parked))
        .with_prose("behind", health.behind.map(|it| behind(it, view)))
}

fn state(health: &WebhookHealth, view: &View) -> String {
    let circuit = health.next_probe_at.map(|_| "circuit open".to_owned());
    let failures = match health.failures {
        0 => None,
        1 => Some("1 failure".to_owned()),
        count => Some(format!("{count} failures in a row")),
    };
    let since = health.failing_since.map(|at| format!("failing since {}", view.clock.full(at)));
    let parts: Vec<String> = [circuit, since, failures].into_iter().flatten().collect();
    if parts.is_empty() { "no failures".to_owned() } else { parts.join(", ") }
}

/// Why the webhook was disabled, if not by its owner.
fn disabled(cause: &str) -> &str {
    match cause {
        "gone" => "the endpoint answered 410",
        "asked" => "the endpoint asked for it",
        "failing" => "the endpoint failed for five days",
        other => other,
    }
}

fn last_failure(failure: &WebhookFailure, view: &View) -> Cell {
    let WebhookFailure { delivery_id, error, attempted_at, .. } = failure;
    Cell::plain(format!("{error} ({delivery_id}, {})", view.clock.relative(*attempted_at)))
}

fn parked(parked: ParkedDeliveries) -> Cell {
    Cell::plain(match parked {
        ParkedDeliveries { count, more: true } => format!("more than {count} deliveries"),
        ParkedDeliveries { count: 1, more: false } => "1 delivery".to_owned(),
        ParkedDeliveries { count, more: false } => format!("{count} deliveries"),
    })
}

/// `4m, since 2026-11-24 06:10:00 UTC (14m ago), noted 1m ago`.
fn behind(behind: WebhookBehind, view: &View) -> Cell {
    let age = span(Duration::from_secs(behind.age_seconds));
    let (since, noted) = (view.clock.full(behind.since), view.clock.relative(behind.noted_at));
    Cell::plain(format!("{age}, since {since}, noted {noted}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn shown(health: Value) -> String {
        let health = serde_json::from_value(health).expect("health");
        let text = add(Facts::default(), &health, &View::for_tests(None)).text();
        console::strip_ansi_codes(&text).into_owned()
    }

    #[test]
    fn an_endpoint_that_is_well_takes_one_line() {
        assert_eq!(shown(json!({"failures": 0})), "health  no failures\n");
    }

    #[test]
    fn an_open_circuit_says_since_when_why_until_when_and_how_many_wait() {
        let failing = json!({
            "failures": 10, "failingSince": "2026-11-24T05:24:00.000Z",
            "lastFailure": {
                "deliveryId": "dlv_1", "statusCode": 500, "error": "the receiver answered 500",
                "attemptedAt": "2026-11-24T06:20:00.000Z",
            },
            "nextProbeAt": "2026-11-24T06:29:00.000Z", "parked": {"count": 3, "more": false},
        });
        assert_eq!(
            shown(failing),
            "health        circuit open, failing since 2026-11-24 05:24:00 UTC (1h ago), 10 failures in a row\n\
             last failure  the receiver answered 500 (dlv_1, 4m ago)\n\
             next probe    in 5m\n\
             parked        3 deliveries\n"
        );
    }

    #[test]
    fn a_webhook_that_gets_too_much_says_by_how_much_it_is_behind() {
        let late = json!({
            "failures": 0,
            "behind": {
                "since": "2026-11-24T06:10:00.000Z", "ageSeconds": 240,
                "notedAt": "2026-11-24T06:23:00.000Z",
            },
        });
        assert_eq!(
            shown(late),
            "health  no failures\n\
             behind  4m, since 2026-11-24 06:10:00 UTC (14m ago), noted 1m ago\n"
        );
    }

    #[test]
    fn a_probe_that_is_due_and_a_page_that_is_full_are_told_as_such() {
        let due = json!({
            "failures": 12, "failingSince": "2026-11-24T05:24:00.000Z",
            "nextProbeAt": "2026-11-24T06:23:59.000Z", "parked": {"count": 100, "more": true},
        });
        let text = shown(due);
        assert!(text.contains("\nnext probe  now\n"), "{text}");
        assert!(text.ends_with("\nparked      more than 100 deliveries\n"), "{text}");
    }

    #[test]
    fn failures_are_told_before_the_circuit_opens() {
        let few = |failures: u32| json!({"failures": failures});
        assert_eq!(shown(few(1)), "health  1 failure\n");
        assert_eq!(shown(few(4)), "health  4 failures in a row\n");
    }

    #[test]
    fn a_disabled_webhook_says_why() {
        for (cause, told) in [
            ("gone", "the endpoint answered 410"),
            ("asked", "the endpoint asked for it"),
            ("failing", "the endpoint failed for five days"),
            ("moon\u{1b}", "moon\\u{1b}"),
        ] {
            let text = shown(json!({"failures": 0, "disabledBecause": cause}));
            assert_eq!(text, format!("health    no failures\ndisabled  {told}\n"));
        }
    }
}
