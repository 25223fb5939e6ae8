//! The `retryConfig` part of a draft.

use super::{
    Rules,
    fields::{Fields, out_of},
};
use crate::{
    number::whole,
    retry::{Backoff, RetryConfig, Schedule, bounds},
};
use std::time::Duration;

pub(super) fn retry_config(fields: &mut Fields<'_>, rules: &Rules) -> RetryConfig {
    let default = RetryConfig::default();
    let Some(object) = fields.optional_object("retryConfig") else { return default };
    let mut fields = fields.nested("retryConfig", object);
    fields.refuse_others(&["maxAttempts", "timeoutSeconds", "delaysSeconds", "backoff"], &[]);
    let max_attempts = fields.whole_within("maxAttempts", &bounds::MAX_ATTEMPTS);
    let limits = *bounds::TIMEOUT_SECONDS.start()..=rules.longest_request_seconds;
    let timeout_seconds = fields.whole_within("timeoutSeconds", &limits);
    if fields.has("delaysSeconds") && fields.has("backoff") {
        fields.fault("backoff", "give either `delaysSeconds` or `backoff`, not both");
    }
    let schedule = delays(&mut fields).or_else(|| backoff(&mut fields));
    let config = RetryConfig {
        max_attempts: max_attempts.unwrap_or(default.max_attempts),
        timeout_seconds: timeout_seconds.unwrap_or(default.timeout_seconds),
        schedule: schedule.unwrap_or(default.schedule),
    };
    let days = rules.retention.days.saturating_sub(bounds::RETENTION_MARGIN_DAYS);
    if config.longest_total() > Duration::from_secs(u64::from(days) * 86_400) {
        fields.fault(
            "maxAttempts",
            format!(
                "the whole schedule must end within {days} days, the retention less {}",
                bounds::RETENTION_MARGIN_DAYS
            ),
        );
    }
    config
}

fn delays(fields: &mut Fields<'_>) -> Option<Schedule> {
    let list = fields.optional_list("delaysSeconds")?;
    if !bounds::DELAYS.contains(&list.len()) {
        let (least, most) = (bounds::DELAYS.start(), bounds::DELAYS.end());
        fields.fault("delaysSeconds", format!("must hold {least} to {most} delays"));
        return None;
    }
    let mut delays = Vec::with_capacity(list.len());
    for (index, entry) in list.iter().enumerate() {
        let number = whole(entry).and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| bounds::DELAY_SECONDS.contains(number)) {
            Some(number) => delays.push(number),
            None => {
                fields.fault(&format!("delaysSeconds[{index}]"), out_of(&bounds::DELAY_SECONDS))
            }
        }
    }
    (delays.len() == list.len()).then_some(Schedule::DelaysSeconds(delays))
}

fn backoff(fields: &mut Fields<'_>) -> Option<Schedule> {
    let object = fields.optional_object("backoff")?;
    let mut fields = fields.nested("backoff", object);
    fields.refuse_others(&["initialSeconds", "multiplier", "maxSeconds"], &[]);
    for field in ["initialSeconds", "multiplier", "maxSeconds"] {
        if !fields.has(field) {
            fields.fault(field, "is required");
        }
    }
    let initial = fields.whole_within("initialSeconds", &bounds::DELAY_SECONDS);
    let most = fields.whole_within("maxSeconds", &bounds::DELAY_SECONDS);
    let multiplier = fields.optional_number("multiplier");
    if multiplier.is_some_and(|number| !bounds::MULTIPLIER.contains(&number)) {
        let (least, most) = (bounds::MULTIPLIER.start(), bounds::MULTIPLIER.end());
        fields.fault("multiplier", format!("must be a number from {least} to {most}"));
    }
    let (initial_seconds, max_seconds, multiplier) = (initial?, most?, multiplier?);
    if initial_seconds > max_seconds {
        fields.fault("maxSeconds", "must not be less than `initialSeconds`");
    }
    Some(Schedule::Backoff(Backoff { initial_seconds, multiplier, max_seconds }))
}
