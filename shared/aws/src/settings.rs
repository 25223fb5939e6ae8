//! Each function's settings, read once from the environment.
//!
//! Each function has a separate struct, so that the type shows what the function depends on. All
//! names that are missing or have an invalid value are reported together.

mod console;
mod reader;
mod tokens;

pub use console::ConsoleParameters;
use grapnel_domain::{
    delay::QueueDelay,
    event::{Retention, publish::EventValidation},
    fan_out::MAX_WEBHOOKS_PER_USER,
    health::CircuitRules,
    quota::Quota,
    time_budget::TimeBudget,
    token::TokenRules,
    url_policy::UrlPolicy,
};
use reader::Reader;
pub use reader::{AdminKeyHash, SettingsError};
use std::time::Duration;

/// The settings of a function.
pub trait Settings: Sized {
    /// Reads the settings from any function that returns the value of a name.
    ///
    /// # Errors
    /// [`SettingsError`] with all names that are missing or have an invalid value.
    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError>;

    /// Reads the environment of this process.
    ///
    /// # Errors
    /// As [`Settings::from_lookup`].
    fn from_environment() -> Result<Self, SettingsError> {
        Self::from_lookup(|name| std::env::var(name).ok())
    }
}

/// Settings of the API function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSettings {
    /// `WEBHOOKS_TABLE`.
    pub webhooks_table: String,
    /// `EVENTS_TABLE`.
    pub events_table: String,
    /// `DELIVERIES_TABLE`.
    pub deliveries_table: String,
    /// `KEYS_TABLE`.
    pub keys_table: String,
    /// `EVENTS_QUEUE_URL`: for test deliveries.
    pub events_queue_url: String,
    /// `DELIVERY_QUEUE_URL`: for manual retries.
    pub delivery_queue_url: String,
    /// `ALLOW_HTTP_TARGETS` and `ALLOW_PRIVATE_TARGETS`.
    pub url_policy: UrlPolicy,
    /// `RETENTION_DAYS`.
    pub retention: Retention,
    /// `LONGEST_REQUEST_SECONDS`: the maximum of a webhook's `timeoutSeconds`.
    pub longest_request_seconds: u32,
    /// `MAX_WEBHOOKS_PER_USER`.
    pub max_webhooks: usize,
    /// `REQUESTS_PER_USER_PER_MINUTE`; `None` if it is 0.
    pub quota: Option<Quota>,
    /// `EVENT_VALIDATION`: `off`, `warn` or `reject`.
    pub event_validation: EventValidation,
    /// `EVENT_INDEX`: whether the events table has its index `byTime`.
    pub has_event_index: bool,
    /// `ADMIN_KEY_HASHES`: one, or two during a rotation.
    pub admin_key_hashes: Vec<AdminKeyHash>,
    /// `JWT_ISSUER`, `JWT_AUDIENCE`, `JWT_USER_CLAIM`, `JWT_SCOPE_CLAIM`, `JWT_SCOPE_PREFIX` and
    /// `JWT_DEFAULT_SCOPES`. `None` if the first is empty: then only keys are accepted.
    pub tokens: Option<TokenRules>,
    /// Names that begin with `CONSOLE_`, and `PORTAL_FRAME_ORIGINS`.
    pub console: ConsoleParameters,
    /// `LOG_LEVEL`.
    pub log_level: tracing::Level,
}

/// Settings of the ingest function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestSettings {
    /// `WEBHOOKS_TABLE`.
    pub webhooks_table: String,
    /// `EVENTS_TABLE`.
    pub events_table: String,
    /// `DELIVERIES_TABLE`.
    pub deliveries_table: String,
    /// `DELIVERY_QUEUE_URL`.
    pub delivery_queue_url: String,
    /// `EVENTS_QUEUE_URL`: the source of its messages.
    pub events_queue_url: String,
    /// `EVENTS_ISOLATION_QUEUE_URL`.
    pub isolation_queue_url: String,
    /// `EVENTS_DEAD_LETTER_QUEUE_URL`.
    pub dead_letter_queue_url: String,
    /// `EVENT_BUS_NAME`: for notices.
    pub event_bus_name: String,
    /// `FUNCTION_TIMEOUT_SECONDS`: how long another run of the same fan-out may still be active.
    pub function_timeout: Duration,
    /// `STACK_NAME`: distinguishes this deployment's metrics from another's.
    pub stack_name: String,
    /// `RETENTION_DAYS`.
    pub retention: Retention,
    /// `LOG_LEVEL`.
    pub log_level: tracing::Level,
}

/// Settings of the delivery function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliverySettings {
    /// `WEBHOOKS_TABLE`.
    pub webhooks_table: String,
    /// `EVENTS_TABLE`.
    pub events_table: String,
    /// `DELIVERIES_TABLE`.
    pub deliveries_table: String,
    /// `DELIVERY_QUEUE_URL`.
    pub delivery_queue_url: String,
    /// `DELIVERY_ISOLATION_QUEUE_URL`.
    pub isolation_queue_url: String,
    /// `DELIVERY_DEAD_LETTER_QUEUE_URL`.
    pub dead_letter_queue_url: String,
    /// `CIRCUIT_FAILURES` and `CIRCUIT_FIRST_INTERVAL_SECONDS`.
    pub circuit: CircuitRules,
    /// `EVENT_BUS_NAME`: for notices.
    pub event_bus_name: String,
    /// `STACK_NAME`: distinguishes this deployment's metrics and notices from another's.
    pub stack_name: String,
    /// `WAIT_STATE_MACHINE_ARN`.
    pub wait_state_machine_arn: String,
    /// `ALLOW_HTTP_TARGETS` and `ALLOW_PRIVATE_TARGETS`.
    pub url_policy: UrlPolicy,
    /// `LONGEST_QUEUE_DELAY_SECONDS`: longer delays use shared waits.
    pub longest_queue_delay: QueueDelay,
    /// `FUNCTION_TIMEOUT_SECONDS`, `LONGEST_REQUEST_SECONDS` and `RECORD_RETRY_SECONDS`.
    pub time_budget: TimeBudget,
    /// `VISIBILITY_TIMEOUT_SECONDS` of the delivery queue: at least the function timeout.
    pub visibility_timeout: Duration,
    /// `RETENTION_DAYS`.
    pub retention: Retention,
    /// `LOG_LEVEL`.
    pub log_level: tracing::Level,
}

/// Settings of the tend function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TendSettings {
    /// `DELIVERIES_TABLE`.
    pub deliveries_table: String,
    /// `DELIVERY_QUEUE_URL`.
    pub delivery_queue_url: String,
    /// `DELIVERY_DEAD_LETTER_QUEUE_URL`.
    pub dead_letter_queue_url: String,
    /// `FUNCTION_TIMEOUT_SECONDS`.
    pub function_timeout: Duration,
    /// `STACK_NAME`: distinguishes this deployment's metrics from another's.
    pub stack_name: String,
    /// `LOG_LEVEL`.
    pub log_level: tracing::Level,
}

impl Settings for ApiSettings {
    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut read = Reader::new(&lookup);
        let url_policy = read.url_policy();
        let settings = Self {
            webhooks_table: read.text("WEBHOOKS_TABLE"),
            events_table: read.text("EVENTS_TABLE"),
            deliveries_table: read.text("DELIVERIES_TABLE"),
            keys_table: read.text("KEYS_TABLE"),
            events_queue_url: read.url("EVENTS_QUEUE_URL"),
            delivery_queue_url: read.url("DELIVERY_QUEUE_URL"),
            url_policy,
            retention: read.retention(),
            longest_request_seconds: read.longest_request_seconds(),
            max_webhooks: read.count("MAX_WEBHOOKS_PER_USER", 1..=MAX_WEBHOOKS_PER_USER),
            quota: read.quota("REQUESTS_PER_USER_PER_MINUTE"),
            event_validation: read
                .parsed("EVENT_VALIDATION", "off, warn or reject", |text| text.parse().ok()),
            has_event_index: read.flag("EVENT_INDEX"),
            admin_key_hashes: read.key_hashes("ADMIN_KEY_HASHES"),
            tokens: read.tokens(url_policy),
            console: read.console(),
            log_level: read.log_level(),
        };
        read.finish(settings)
    }
}

impl Settings for IngestSettings {
    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut read = Reader::new(&lookup);
        let settings = Self {
            webhooks_table: read.text("WEBHOOKS_TABLE"),
            events_table: read.text("EVENTS_TABLE"),
            deliveries_table: read.text("DELIVERIES_TABLE"),
            delivery_queue_url: read.url("DELIVERY_QUEUE_URL"),
            events_queue_url: read.url("EVENTS_QUEUE_URL"),
            isolation_queue_url: read.url("EVENTS_ISOLATION_QUEUE_URL"),
            dead_letter_queue_url: read.url("EVENTS_DEAD_LETTER_QUEUE_URL"),
            event_bus_name: read.text("EVENT_BUS_NAME"),
            function_timeout: read.function_timeout(),
            stack_name: read.text("STACK_NAME"),
            retention: read.retention(),
            log_level: read.log_level(),
        };
        read.finish(settings)
    }
}

impl Settings for DeliverySettings {
    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut read = Reader::new(&lookup);
        let (time_budget, visibility_timeout) = read.times();
        let settings = Self {
            webhooks_table: read.text("WEBHOOKS_TABLE"),
            events_table: read.text("EVENTS_TABLE"),
            deliveries_table: read.text("DELIVERIES_TABLE"),
            delivery_queue_url: read.url("DELIVERY_QUEUE_URL"),
            isolation_queue_url: read.url("DELIVERY_ISOLATION_QUEUE_URL"),
            dead_letter_queue_url: read.url("DELIVERY_DEAD_LETTER_QUEUE_URL"),
            wait_state_machine_arn: read.state_machine_arn("WAIT_STATE_MACHINE_ARN"),
            circuit: read.circuit(),
            event_bus_name: read.text("EVENT_BUS_NAME"),
            stack_name: read.text("STACK_NAME"),
            url_policy: read.url_policy(),
            longest_queue_delay: read.queue_delay("LONGEST_QUEUE_DELAY_SECONDS"),
            time_budget,
            visibility_timeout,
            retention: read.retention(),
            log_level: read.log_level(),
        };
        read.finish(settings)
    }
}

impl Settings for TendSettings {
    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, SettingsError> {
        let mut read = Reader::new(&lookup);
        let settings = Self {
            deliveries_table: read.text("DELIVERIES_TABLE"),
            delivery_queue_url: read.url("DELIVERY_QUEUE_URL"),
            dead_letter_queue_url: read.url("DELIVERY_DEAD_LETTER_QUEUE_URL"),
            function_timeout: read.function_timeout(),
            stack_name: read.text("STACK_NAME"),
            log_level: read.log_level(),
        };
        read.finish(settings)
    }
}

#[cfg(test)]
#[path = "settings/tests.rs"]
mod tests;
