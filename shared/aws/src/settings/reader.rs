//! Reads values by name, and collects the errors.

use grapnel_domain::{
    delay::{QueueDelay, SQS_MAX_DELAY_SECONDS},
    event::Retention,
    health::CircuitRules,
    quota::Quota,
    retry::{RetryConfig, bounds::TIMEOUT_SECONDS},
    time_budget::{AFTER_RECORD, BEFORE_REQUEST, RECORD_TRY, TimeBudget},
    url_policy::UrlPolicy,
};
use std::{ops::RangeInclusive, time::Duration};

/// The SHA-256 of an admin key.
pub type AdminKeyHash = [u8; 32];

/// Names that are missing or have an invalid value. The text repeats no value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings are not usable: {}", .problems.join("; "))]
pub struct SettingsError {
    /// One sentence for each name.
    pub problems: Vec<String>,
}

/// SHA-256 of nothing: the hash that a script makes of a variable that was not set. In a deployment
/// with it, the empty key would be the admin's.
const HASH_OF_NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// How many days rows may be kept, as in the template.
const RETENTION_DAYS: RangeInclusive<u32> = 8..=365;

pub(super) struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { lookup, problems: Vec::new() }
    }

    /// The settings, if there was no error.
    pub(super) fn finish<T>(self, settings: T) -> Result<T, SettingsError> {
        if self.problems.is_empty() {
            Ok(settings)
        } else {
            Err(SettingsError { problems: self.problems })
        }
    }

    /// A value that may be missing.
    pub(super) fn optional(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|text| !text.is_empty())
    }

    pub(super) fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// A value, or the default of its type and a noted error.
    pub(super) fn parsed<T: Default>(
        &mut self,
        name: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> T {
        // A template writes "no value" as an empty value.
        let Some(text) = (self.lookup)(name).filter(|text| !text.is_empty()) else {
            self.problems.push(format!("{name} is missing"));
            return T::default();
        };
        parse(&text).unwrap_or_else(|| {
            self.problems.push(format!("{name} must be {expected}"));
            T::default()
        })
    }

    pub(super) fn text(&mut self, name: &str) -> String {
        self.parsed(name, "a text", |text| Some(text.to_owned()))
    }

    pub(super) fn url(&mut self, name: &str) -> String {
        self.parsed(name, "a URL", |text| {
            let is_url = text.starts_with("https://") || text.starts_with("http://");
            is_url.then(|| text.to_owned())
        })
    }

    pub(super) fn state_machine_arn(&mut self, name: &str) -> String {
        self.parsed(name, "the ARN of a state machine", |text| {
            let is_arn = text.starts_with("arn:") && text.contains(":stateMachine:");
            is_arn.then(|| text.to_owned())
        })
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.parsed(name, "true or false", |text| text.parse().ok())
    }

    pub(super) fn url_policy(&mut self) -> UrlPolicy {
        UrlPolicy {
            allow_http: self.flag("ALLOW_HTTP_TARGETS"),
            allow_private: self.flag("ALLOW_PRIVATE_TARGETS"),
        }
    }

    fn number(&mut self, name: &str, bounds: RangeInclusive<u32>) -> u32 {
        let expected = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        self.parsed(name, &expected, |text| {
            text.parse().ok().filter(|number| bounds.contains(number))
        })
    }

    /// 0 means no quota.
    pub(super) fn quota(&mut self, name: &str) -> Option<Quota> {
        Quota::new(self.number(name, 0..=*Quota::PER_MINUTE.end()))
    }

    pub(super) fn count(&mut self, name: &str, bounds: RangeInclusive<u32>) -> usize {
        usize::try_from(self.number(name, bounds)).unwrap_or(usize::MAX)
    }

    pub(super) fn seconds(&mut self, name: &str, bounds: RangeInclusive<u32>) -> Duration {
        Duration::from_secs(u64::from(self.number(name, bounds)))
    }

    pub(super) fn function_timeout(&mut self) -> Duration {
        self.seconds("FUNCTION_TIMEOUT_SECONDS", 1..=300)
    }

    /// A webhook without a time limit has the default, so a deployment may not allow less.
    pub(super) fn longest_request_seconds(&mut self) -> u32 {
        let least = RetryConfig::default().timeout_seconds;
        self.number("LONGEST_REQUEST_SECONDS", least..=*TIMEOUT_SECONDS.end())
    }

    /// How the delivery function divides its time, and the visibility timeout of its queue. Both
    /// must be long enough: a short function timeout would interrupt records, and a visibility
    /// timeout below the function timeout would deliver a message again while it is being
    /// processed.
    pub(super) fn times(&mut self) -> (TimeBudget, Duration) {
        let before = self.problems.len();
        let budget = TimeBudget {
            function_timeout: self.function_timeout(),
            longest_request: Duration::from_secs(u64::from(self.longest_request_seconds())),
            record_retries: self.seconds("RECORD_RETRY_SECONDS", 5..=240),
        };
        let visibility = self.seconds("VISIBILITY_TIMEOUT_SECONDS", 1..=1_800);
        if self.problems.len() > before {
            return (budget, visibility);
        }
        let shortest = budget.shortest_function_timeout();
        if budget.function_timeout < shortest {
            let fixed = BEFORE_REQUEST + RECORD_TRY + AFTER_RECORD;
            self.problem(format!(
                "FUNCTION_TIMEOUT_SECONDS must be at least {}: LONGEST_REQUEST_SECONDS, \
                 RECORD_RETRY_SECONDS and {} seconds more",
                shortest.as_secs(),
                fixed.as_secs()
            ));
        }
        if visibility < budget.function_timeout {
            self.problem(
                "VISIBILITY_TIMEOUT_SECONDS must be at least FUNCTION_TIMEOUT_SECONDS".to_owned(),
            );
        }
        (budget, visibility)
    }

    pub(super) fn queue_delay(&mut self, name: &str) -> QueueDelay {
        QueueDelay::at_most(u64::from(self.number(name, 0..=u32::from(SQS_MAX_DELAY_SECONDS))))
    }

    pub(super) fn circuit(&mut self) -> CircuitRules {
        CircuitRules {
            failures: self.number("CIRCUIT_FAILURES", 1..=1_000_000),
            first_interval: self.seconds("CIRCUIT_FIRST_INTERVAL_SECONDS", 1..=1800),
        }
    }

    pub(super) fn retention(&mut self) -> Retention {
        Retention { days: self.number("RETENTION_DAYS", RETENTION_DAYS) }
    }

    pub(super) fn key_hashes(&mut self, name: &str) -> Vec<AdminKeyHash> {
        let expected = "one or two SHA-256 hashes of keys that are not empty, \
                        each 64 lower-case hex digits, separated by a comma";
        self.parsed(name, expected, |text| {
            let hashes: Option<Vec<AdminKeyHash>> =
                text.split(',').filter(|entry| !entry.is_empty()).map(key_hash).collect();
            hashes.filter(|hashes| (1..=2).contains(&hashes.len()))
        })
    }

    pub(super) fn log_level(&mut self) -> tracing::Level {
        const EXPECTED: &str = "error, warn, info, debug or trace";
        let level = self.parsed("LOG_LEVEL", EXPECTED, |text| {
            // Only names: the type's own parser would also accept digits.
            let known = text.bytes().all(|b| b.is_ascii_alphabetic());
            known.then(|| text.parse().ok()).flatten().map(Some)
        });
        level.unwrap_or(tracing::Level::INFO)
    }
}

fn key_hash(text: &str) -> Option<AdminKeyHash> {
    if text == HASH_OF_NOTHING || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let mut hash = AdminKeyHash::default();
    hex::decode_to_slice(text, &mut hash).ok()?;
    Some(hash)
}
