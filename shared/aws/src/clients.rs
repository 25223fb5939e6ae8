//! The SDK clients: one configuration, built once per function instance.

mod connections;

use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig, retry::RetryConfig, timeout};
use std::time::Duration;

/// Longest wait for a connection. Within a region one takes milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Longest wait for one answer.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest wait for an operation with all its repeats. The API must answer within 29 s.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);
/// How often one operation is tried.
const ATTEMPTS: u32 = 3;
/// The first pause between tries; later ones double. The SDK's own second is half of what a caller
/// of the API would like to wait in all.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// The SDK's configuration as every function uses it, before it is loaded. Region, credentials and
/// `AWS_ENDPOINT_URL` come from the environment unless set on it.
#[must_use]
pub fn sdk_defaults() -> ConfigLoader {
    let timeouts = timeout::TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .operation_timeout(OPERATION_TIMEOUT)
        .build();
    let retries =
        RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(FIRST_BACKOFF);
    aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(connections::http_client())
        .timeout_config(timeouts)
        .retry_config(retries)
}

/// The SDK clients. Cloning one shares its connections.
#[derive(Debug, Clone)]
pub struct Clients {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    config: SdkConfig,
}

impl Clients {
    /// The clients of this environment.
    pub async fn load() -> Self {
        Self::new(&sdk_defaults().load().await)
    }

    /// The clients of a configuration made from [`sdk_defaults`].
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            config: config.clone(),
        }
    }

    /// A client that tries once and for at most so long, for a caller that decides by itself when
    /// it tries again. The SDK's retry tokens do not matter to it: the calls of a throttling wave
    /// use them up within a second.
    pub(crate) fn dynamodb_once(&self, limit: Duration) -> aws_sdk_dynamodb::Client {
        let timeouts = timeout::TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_timeout(limit)
            .build();
        let config = aws_sdk_dynamodb::config::Builder::from(&self.config)
            .timeout_config(timeouts)
            .retry_config(RetryConfig::disabled())
            .build();
        aws_sdk_dynamodb::Client::from_conf(config)
    }

    /// Built on demand, like the next.
    pub(crate) fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::new(&self.config)
    }

    /// Built on demand: a function that starts no waits does not carry this client's code.
    pub(crate) fn sfn(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.config)
    }
}
