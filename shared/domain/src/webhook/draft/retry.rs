//! The `retryConfig` part of a draft.

use super::rules::Rules;
use crate::retry::{Backoff, RetryConfig, Schedule, bounds};
use grapnel_wire::{
    limits::TIMEOUT_SECONDS,
    read::Read,
    webhook::{self as wire, NewWebhook},
};
use std::time::Duration;

pub(super) fn retry_config(read: &mut Read<NewWebhook>, rules: &Rules) -> RetryConfig {
    let default = RetryConfig::default();
    let Some(given) = read.value.retry_config.take() else { return default };
    let schedule = match (given.delays_seconds, given.backoff) {
        (Some(delays), _) => Schedule::DelaysSeconds(delays),
        (None, Some(given)) => Schedule::Backoff(backoff(read, given)),
        (None, None) => default.schedule,
    };
    let config = RetryConfig {
        max_attempts: given.max_attempts.unwrap_or(default.max_attempts),
        timeout_seconds: given.timeout_seconds.unwrap_or(default.timeout_seconds),
        schedule,
    };
    let longest = rules.longest_request_seconds;
    if given.timeout_seconds.is_some_and(|seconds| seconds > longest) {
        let message =
            format!("must be a whole number from {} to {longest}", TIMEOUT_SECONDS.start());
        read.fault("retryConfig.timeoutSeconds", message);
    }
    let days = rules.retention.days.saturating_sub(bounds::RETENTION_MARGIN_DAYS);
    if config.longest_total() > Duration::from_secs(u64::from(days) * 86_400) {
        let message = format!(
            "the whole schedule must end within {days} days, the retention less {}",
            bounds::RETENTION_MARGIN_DAYS
        );
        read.fault("retryConfig.maxAttempts", message);
    }
    config
}

fn backoff(read: &mut Read<NewWebhook>, given: wire::Backoff) -> Backoff {
    let wire::Backoff { initial_seconds, multiplier, max_seconds } = given;
    if initial_seconds > max_seconds {
        read.fault("retryConfig.backoff.maxSeconds", "must not be less than `initialSeconds`");
    }
    Backoff { initial_seconds, multiplier, max_seconds }
}
