//! The limits of a configuration, new or stored.
//!
//! The draft names every fault to the user, and knows the deployment's settings. Here are the limits
//! on which the rest of the code relies: for the size of rows and requests, and for time.

use super::{
    configuration::Configuration,
    headers::{self, HeaderValue, Headers, MAX_HEADERS},
};
use crate::{
    fault::Faults,
    retry::{Backoff, RetryConfig, Schedule},
    transform::{MAX_CONTENT_TYPE_BYTES, MAX_TEMPLATE_BYTES, Transform},
};
use grapnel_wire::{
    limits::{
        ATTEMPTS, BACKOFF_MULTIPLIER, DELAY_SECONDS, DELAYS, PREVIOUS_SECRETS, TIMEOUT_SECONDS,
        WEBHOOK_EVENTS,
    },
    webhook::METADATA,
};

/// A configuration is outside its limits. The error names the field: its value may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a webhook's {0} is outside its limits")]
pub struct BrokenRule(&'static str);

pub(super) fn check(webhook: &Configuration) -> Result<(), BrokenRule> {
    let rules = [
        ("events", WEBHOOK_EVENTS.contains(&webhook.events.len())),
        ("headers", are_sendable(&webhook.headers)),
        ("metadata", METADATA.allows(&webhook.metadata)),
        ("previousSecrets", webhook.previous_secrets.len() <= PREVIOUS_SECRETS),
        ("retryConfig", is_schedule(&webhook.retry_config)),
        ("transform", webhook.transform.as_ref().is_none_or(is_short)),
    ];
    match webhook.texts.rules().into_iter().chain(rules).find(|(_, holds)| !holds) {
        Some((field, _)) => Err(BrokenRule(field)),
        None => Ok(()),
    }
}

/// A reserved header is never sent, so a webhook may have one: it was stored before its name was
/// reserved.
fn are_sendable(all: &Headers) -> bool {
    let sent = all.iter().filter(|(name, _)| !headers::is_reserved(name));
    let sent: Headers =
        sent.map(|(name, value): (_, &HeaderValue)| (name, value.clone())).collect();
    let mut faults = Faults::default();
    headers::check(&sent, &mut faults);
    all.len() <= MAX_HEADERS && faults.is_empty()
}

fn is_short(transform: &Transform) -> bool {
    transform.template.len() <= MAX_TEMPLATE_BYTES
        && transform.content_type.len() <= MAX_CONTENT_TYPE_BYTES
}

fn is_schedule(config: &RetryConfig) -> bool {
    let is_delay = |seconds: &u32| DELAY_SECONDS.contains(seconds);
    let schedule = match &config.schedule {
        Schedule::DelaysSeconds(delays) => {
            DELAYS.contains(&delays.len()) && delays.iter().all(is_delay)
        }
        Schedule::Backoff(Backoff { initial_seconds, multiplier, max_seconds }) => {
            BACKOFF_MULTIPLIER.contains(multiplier)
                && is_delay(initial_seconds)
                && is_delay(max_seconds)
                && initial_seconds <= max_seconds
        }
    };
    schedule
        && ATTEMPTS.contains(&config.max_attempts)
        && TIMEOUT_SECONDS.contains(&config.timeout_seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        event::Retention,
        samples,
        time::Timestamp,
        url_policy::UrlPolicy,
        webhook::{
            EventPattern, PreviousSecret, Webhook,
            draft::{Draft, Purpose, Rules},
        },
    };
    use rstest::rstest;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn webhook() -> Webhook {
        samples::webhook(Timestamp::from_millis(0))
    }

    fn retry(change: impl FnOnce(&mut RetryConfig)) -> RetryConfig {
        let mut config = RetryConfig::default();
        change(&mut config);
        config
    }

    fn backoff(initial_seconds: u32, multiplier: f64, max_seconds: u32) -> RetryConfig {
        let backoff = Backoff { initial_seconds, multiplier, max_seconds };
        retry(|config| config.schedule = Schedule::Backoff(backoff))
    }

    #[rstest]
    #[case::no_attempt(retry(|it| it.max_attempts = 0))]
    #[case::too_many_attempts(retry(|it| it.max_attempts = 21))]
    #[case::no_time(retry(|it| it.timeout_seconds = 0))]
    #[case::too_much_time(retry(|it| it.timeout_seconds = 31))]
    #[case::no_delay(retry(|it| it.schedule = Schedule::DelaysSeconds(vec![])))]
    #[case::a_delay_of_nothing(retry(|it| it.schedule = Schedule::DelaysSeconds(vec![60, 0])))]
    #[case::shrinks(backoff(30, 0.5, 60))]
    #[case::ends_before_it_begins(backoff(60, 2.0, 30))]
    #[case::not_a_number(backoff(30, f64::NAN, 60))]
    fn a_retry_configuration_outside_its_limits_is_refused(#[case] config: RetryConfig) {
        let broken = webhook().changed(|it| it.retry_config = config);
        assert_eq!(broken, Err(BrokenRule("retryConfig")));
    }

    #[test]
    fn every_field_has_its_limits() {
        let split = Headers::from_iter([("X-Split", HeaderValue::plain("a\r\nevil: b"))]);
        let named = |number| (format!("X-{number}"), HeaderValue::plain("x"));
        let many = Headers::from_iter((0..=MAX_HEADERS).map(named));
        let large = Transform {
            template: "x".repeat(MAX_TEMPLATE_BYTES + 1),
            content_type: "text/plain".into(),
        };
        let old = PreviousSecret {
            secret: webhook().secret.clone(),
            valid_until: Timestamp::from_millis(0),
        };
        let field = |change: &dyn Fn(&mut Configuration)| {
            webhook().changed(|it| change(it)).err().map(|BrokenRule(field)| field)
        };
        assert_eq!(field(&|it| it.texts.name = String::new()), Some("name"));
        assert_eq!(field(&|it| it.texts.name = "two\nlines".into()), Some("name"));
        assert_eq!(field(&|it| it.texts.name = "x".repeat(201)), Some("name"));
        let description = |text: String| {
            move |it: &mut Configuration| {
                it.texts.description = Some(text.clone());
            }
        };
        assert_eq!(field(&description("x".repeat(1001))), Some("description"));
        assert_eq!(field(&|it| it.events = Vec::new()), Some("events"));
        assert_eq!(field(&|it| it.events = vec![EventPattern::Any; 51]), Some("events"));
        assert_eq!(field(&|it| it.headers = split.clone()), Some("headers"));
        assert_eq!(field(&|it| it.headers = many.clone()), Some("headers"));
        let metadata = |name: &str, value: String| {
            let entry = (name.to_owned(), value);
            move |it: &mut Configuration| it.metadata = BTreeMap::from([entry.clone()])
        };
        assert_eq!(field(&metadata("", "x".into())), Some("metadata"));
        assert_eq!(field(&metadata("k", "x".repeat(513))), Some("metadata"));
        assert_eq!(
            field(&|it| it.previous_secrets = vec![old.clone(); PREVIOUS_SECRETS + 1]),
            Some("previousSecrets")
        );
        assert_eq!(field(&|it| it.transform = Some(large.clone())), Some("transform"));
    }

    /// What a draft allows at its limits is a webhook: `Draft::into_webhook` would fail otherwise.
    #[test]
    fn the_largest_draft_is_a_webhook() {
        let name = "ä".repeat(200);
        let metadata: BTreeMap<String, String> =
            (0..7).map(|number| (number.to_string(), "x".repeat(512))).collect();
        let headers: BTreeMap<String, String> =
            (0..MAX_HEADERS).map(|number| (format!("X-{number}"), "x".repeat(1024))).collect();
        let input = json!({
            "name": name, "description": "ä\n\t".repeat(333), "url": "https://hooks.example.com/",
            "events": ["*"], "metadata": metadata, "headers": headers,
            "retryConfig": {
                "maxAttempts": 20, "timeoutSeconds": 30,
                "backoff": { "initialSeconds": 1, "multiplier": 10.0, "maxSeconds": 86_400 },
            },
            "transform": {
                "template": "x".repeat(MAX_TEMPLATE_BYTES),
                "contentType": format!("text/{}", "x".repeat(MAX_CONTENT_TYPE_BYTES - 5)),
            },
        });
        let urls = UrlPolicy { allow_http: false, allow_private: false };
        let retention = Retention { days: 365 };
        let rules = Rules { urls, retention, longest_request_seconds: 30, max_webhooks: 1 };
        let fields = input.as_object().expect("an object");
        let draft = Draft::read(fields, None, Purpose::Create);
        let draft = Draft::check(draft, Purpose::Create, &rules, &[]).expect("accepted");
        let (secret, now) = (webhook().secret.clone(), Timestamp::from_millis(0));
        let largest = draft.into_webhook(webhook().id, samples::user(), secret, now);
        assert_eq!(largest.map(|webhook| webhook.texts.name.clone()), Ok(name));
    }

    #[test]
    fn a_change_keeps_health_and_slot() {
        let mut failing = webhook();
        failing.health.failures = 3;
        let renamed =
            failing.changed(|it| it.texts.name = "other".into()).expect("within the limits");
        assert_eq!((renamed.health, renamed.texts.name.as_str()), (failing.health, "other"));
    }
}
