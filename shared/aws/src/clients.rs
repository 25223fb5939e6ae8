//! The SDK clients, with one configuration. Built once per function instance.

mod connections;

use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig, retry::RetryConfig, timeout};
use std::time::Duration;

/// Time limit for a connection. Within a region, it takes milliseconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Time limit for one response.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3);
/// Time limit for an operation with all its tries. The API must answer within 29 s.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(8);
/// Maximum number of tries of one operation.
const ATTEMPTS: u32 = 3;
/// The first pause between tries; each later pause is twice as long. The SDK's default of one
/// second is half of the time that a caller of the API would like to wait in total.
const FIRST_BACKOFF: Duration = Duration::from_millis(100);

/// The SDK's configuration for all functions, before it is loaded. Region, credentials and
/// `AWS_ENDPOINT_URL` come from the environment unless they are set on it.
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

/// The SDK clients. A clone shares the connections.
#[derive(Debug, Clone)]
pub struct Clients {
    pub(crate) dynamodb: aws_sdk_dynamodb::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    config: SdkConfig,
}

impl Clients {
    /// The clients for this environment.
    pub async fn load() -> Self {
        Self::new(&sdk_defaults().load().await)
    }

    /// The clients for a configuration made from [`sdk_defaults`].
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(config),
            sqs: aws_sdk_sqs::Client::new(config),
            config: config.clone(),
        }
    }

    /// A client that tries once with this time limit, for a caller that decides itself when to try
    /// again. The SDK's retry tokens do not affect it: a wave of throttling uses them up within a
    /// second.
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

    /// Built on demand, like the next client.
    pub(crate) fn eventbridge(&self) -> aws_sdk_eventbridge::Client {
        aws_sdk_eventbridge::Client::new(&self.config)
    }

    /// Built on demand: a function that starts no waits does not contain this client's code.
    pub(crate) fn sfn(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.config)
    }
}
