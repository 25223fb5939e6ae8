//! Credentials, and why a question to AWS got no answer.

use super::answer::{Asked, Unchecked};
use aws_config::{BehaviorVersion, Region, SdkConfig, timeout::TimeoutConfig};
use aws_sdk_sqs::{config::ProvideCredentials, error::ProvideErrorMetadata};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use std::time::Duration;

/// Longest wait for an answer, its repetitions included.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// A connection with the credentials and the region of the environment, unless a region is given.
///
/// # Errors
/// When there are none.
pub(crate) async fn connect(region: Option<String>) -> Asked<SdkConfig> {
    // It also speaks plain HTTP, which a local AWS (AWS_ENDPOINT_URL) may want.
    let http = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let limits = TimeoutConfig::builder().operation_timeout(TIME_LIMIT).build();
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http)
        .timeout_config(limits);
    if let Some(region) = region {
        loader = loader.region(Region::new(region));
    }
    let config = loader.load().await;
    if config.region().is_none() {
        return Err(Unchecked::because("no region is known: give --region, or set AWS_REGION"));
    }
    let Some(provider) = config.credentials_provider() else {
        return Err(Unchecked::because("there are no AWS credentials"));
    };
    match provider.provide_credentials().await {
        Ok(_) => Ok(config),
        Err(error) => {
            Err(Unchecked::because(format!("there are no AWS credentials ({})", shown(&error))))
        }
    }
}

/// Why a call was not answered. The SDKs have an error type each; what they have in common is this.
fn refused(right: &str, code: Option<&str>, message: String) -> Unchecked {
    match code {
        Some(code) if code.starts_with("AccessDenied") || code == "UnauthorizedOperation" => {
            Unchecked::because(format!("the right {right} is missing"))
        }
        _ => Unchecked::because(format!("{right}: {message}")),
    }
}

/// What an error says, and what caused it, without the answer that the SDK keeps beside it.
fn shown(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Why a call that needs this right was not answered, from any SDK's error.
pub(crate) fn refusal<E>(right: &'static str) -> impl Fn(E) -> Unchecked
where
    E: ProvideErrorMetadata + std::error::Error,
{
    move |error| {
        let message = error.message().map_or_else(|| shown(&error), str::to_owned);
        refused(right, error.code(), message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::right;

    #[test]
    fn a_right_that_is_missing_is_named() {
        for code in ["AccessDenied", "AccessDeniedException"] {
            let why = refused(right::QUEUE, Some(code), "User: arn:… is not authorized".to_owned());
            assert_eq!(why.reason, "the right sqs:GetQueueAttributes is missing");
        }
        let why = refused(right::QUEUE, Some("Throttling"), "Rate exceeded".to_owned());
        assert_eq!(why.reason, "sqs:GetQueueAttributes: Rate exceeded");
        assert!(!why.is_fault, "it was not checked");
    }
}
