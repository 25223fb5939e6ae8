//! How a webhook's endpoint is doing, in sentences.

use crate::{moment::Moment, text::counted};
use grapnel_wire::webhook::{Webhook, WebhookHealth, WebhookStatus};

/// A sentence: text, a time, and more text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) time: Option<Moment>,
    pub(crate) end: String,
}

impl Said {
    fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), time: None, end: String::new() }
    }

    fn timed(text: impl Into<String>, time: Moment, end: impl Into<String>) -> Self {
        Self { text: text.into(), time: Some(time), end: end.into() }
    }
}

/// Whether the webhook receives events, since when not, and why.
pub(crate) fn sentences(webhook: &Webhook) -> Vec<Said> {
    let health = webhook.health.as_ref();
    let mut said = match &webhook.status {
        WebhookStatus::Disabled => vec![Said::plain(disabled(health))],
        WebhookStatus::Failing => failing(health),
        WebhookStatus::Active => vec![active(health)],
        WebhookStatus::Other(_) => Vec::new(),
    };
    if let Some(behind) = health.and_then(|health| health.behind) {
        let text = "Grapnel is behind: events are";
        let end = format!("{} s old when they are sent. This began at", behind.age_seconds);
        said.push(Said::timed(format!("{text} {end}"), Moment(behind.since), "."));
    }
    said
}

fn disabled(health: Option<&WebhookHealth>) -> String {
    let cause = health.and_then(|health| health.disabled_because.as_deref());
    match cause {
        None => "It gets no events: it was disabled by hand.",
        Some("gone") => "It gets no events: its endpoint answered 410 (gone).",
        Some("asked") => "It gets no events: its endpoint asked for no further events.",
        Some("failing") => "It gets no events: its endpoint failed for five days.",
        Some(_) => "It gets no events: Grapnel disabled it.",
    }
    .to_owned()
}

fn failing(health: Option<&WebhookHealth>) -> Vec<Said> {
    let Some(health) = health else {
        return vec![Said::plain("Its endpoint keeps failing.")];
    };
    let mut said = vec![match health.failing_since {
        Some(since) => Said::timed("Every attempt has failed since", Moment(since), "."),
        None => Said::plain("Its endpoint keeps failing."),
    }];
    if let Some(due) = health.next_probe_at {
        let text = "Its circuit breaker is open: deliveries wait, and the next one is tried at";
        said.push(Said::timed(text, Moment(due), "."));
    }
    if let Some(parked) = health.parked.filter(|parked| parked.count > 0) {
        let more = if parked.more { "At least " } else { "" };
        let count = match parked.count {
            1 => "1 delivery waits".to_owned(),
            count => format!("{count} deliveries wait"),
        };
        said.push(Said::plain(format!("{more}{count} for it.")));
    }
    said
}

fn active(health: Option<&WebhookHealth>) -> Said {
    match health {
        Some(WebhookHealth { failing_since: Some(since), failures, .. }) => {
            // What refuses a body is no failure of the endpoint, and is not counted.
            let end = match usize::try_from(*failures).unwrap_or(usize::MAX) {
                0 => ".".to_owned(),
                count => format!(": {} in a row.", counted(count, "failure")),
            };
            Said::timed("It gets events. No attempt has succeeded since", Moment(*since), end)
        }
        _ => Said::plain("It gets events."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::{Value, json};

    fn text(status: &str, health: Value) -> String {
        let mut health = health;
        health["failures"] = health.get("failures").cloned().unwrap_or(json!(0));
        let webhook = json!({
            "id": "wh_1", "userId": "u", "name": "n", "url": "https://hooks.example.com/",
            "events": ["*"], "secret": "whsec_********", "headers": {}, "status": status,
            "health": health, "retryConfig": {"maxAttempts": 5, "timeoutSeconds": 10},
            "payloadFormat": "envelope", "createdAt": "2026-11-24T06:24:00.000Z",
            "updatedAt": "2026-11-24T06:24:00.000Z",
        });
        let webhook: Webhook = serde_json::from_value(webhook).expect("a webhook");
        let said = sentences(&webhook);
        let one = |said: &Said| {
            let time = said.time.map(|_| " T").unwrap_or_default();
            format!("{}{time}{}", said.text, said.end)
        };
        said.iter().map(one).collect::<Vec<_>>().join(" | ")
    }

    const TIME: &str = "2026-11-24T06:24:00.000Z";

    #[rstest]
    #[case("active", json!({}), "It gets events.")]
    #[case("active", json!({"failures": 2, "failingSince": TIME}), "It gets events. No attempt has succeeded since T: 2 failures in a row.")]
    #[case("active", json!({"failures": 0, "failingSince": TIME}), "It gets events. No attempt has succeeded since T.")]
    #[case("failing", json!({"failingSince": TIME, "nextProbeAt": TIME, "parked": {"count": 100, "more": true}}), "Every attempt has failed since T. | Its circuit breaker is open: deliveries wait, and the next one is tried at T. | At least 100 deliveries wait for it.")]
    #[case("failing", json!({"parked": {"count": 1, "more": false}}), "Its endpoint keeps failing. | 1 delivery waits for it.")]
    #[case("disabled", json!({}), "It gets no events: it was disabled by hand.")]
    #[case("disabled", json!({"disabledBecause": "gone"}), "It gets no events: its endpoint answered 410 (gone).")]
    #[case("disabled", json!({"disabledBecause": "asked"}), "It gets no events: its endpoint asked for no further events.")]
    #[case("disabled", json!({"disabledBecause": "failing"}), "It gets no events: its endpoint failed for five days.")]
    #[case("active", json!({"behind": {"since": TIME, "ageSeconds": 300, "notedAt": TIME}}), "It gets events. | Grapnel is behind: events are 300 s old when they are sent. This began at T.")]
    fn the_state_is_said_with_its_reason(
        #[case] status: &str,
        #[case] health: Value,
        #[case] expected: &str,
    ) {
        assert_eq!(text(status, health), expected);
    }
}
