//! Turns AWS errors into port errors, on which a handler acts. The text contains only the operation
//! and the error's code: messages of AWS can repeat keys and values.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use grapnel_domain::ports::PortError;

/// Codes of throttling, in all three services.
const THROTTLED: &[&str] = &[
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "ThrottledException",
    "Throttling",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "KmsThrottled",
    "OverLimit",
    "ExecutionLimitExceeded",
    "SlowDown",
];

/// Codes of permanent errors: the same request would be refused again.
const UNUSABLE: &[&str] = &[
    "ValidationException",
    "ItemCollectionSizeLimitExceededException",
    "InvalidMessageContents",
    "InvalidParameterValue",
    "InvalidParameterCombination",
    "InvalidAttributeValue",
    "MessageTooLong",
    "AWS.SimpleQueueService.BatchRequestTooLong",
    "BatchRequestTooLong",
    "InvalidExecutionInput",
    "InvalidName",
];

/// The port error for a code of AWS.
pub(crate) fn from_code(operation: &str, code: &str) -> PortError {
    let text = format!("{operation}: {code}");
    if THROTTLED.contains(&code) {
        PortError::Throttled(text)
    } else if UNUSABLE.contains(&code) {
        PortError::Unusable(text)
    } else {
        PortError::Unavailable(text)
    }
}

/// The port error for a failed call.
pub(crate) fn from_sdk<E, R>(operation: &str, error: &SdkError<E, R>) -> PortError
where
    E: ProvideErrorMetadata,
{
    let what = match error {
        SdkError::ServiceError(context) => {
            return from_code(operation, context.err().code().unwrap_or("unknown error"));
        }
        SdkError::TimeoutError(_) => "timed out",
        SdkError::DispatchFailure(failure) if failure.is_timeout() => "timed out",
        SdkError::DispatchFailure(failure) if failure.is_io() => "not reached",
        SdkError::DispatchFailure(_) => "not sent",
        SdkError::ConstructionFailure(_) => "could not be built",
        SdkError::ResponseError(_) => "answered something unreadable",
        _ => "failed",
    };
    PortError::Unavailable(format!("{operation}: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::{error::ErrorMetadata, operation::put_item::PutItemError};
    use rstest::rstest;

    fn service_error(code: &str) -> SdkError<PutItemError, ()> {
        let meta = ErrorMetadata::builder().code(code).message("key u#1 with secret data").build();
        SdkError::service_error(PutItemError::generic(meta), ())
    }

    #[rstest]
    #[case("ProvisionedThroughputExceededException")]
    #[case("ThrottlingException")]
    #[case("RequestLimitExceeded")]
    fn a_throttling_code_is_throttled(#[case] code: &str) {
        let error = from_sdk("PutItem", &service_error(code));
        assert_eq!(error, PortError::Throttled(format!("PutItem: {code}")));
    }

    #[test]
    fn what_can_never_be_written_is_unusable() {
        let error = from_sdk("PutItem", &service_error("ValidationException"));
        assert_eq!(error, PortError::Unusable("PutItem: ValidationException".into()));
    }

    #[rstest]
    #[case("InternalServerError")]
    #[case("AccessDeniedException")]
    #[case("ResourceNotFoundException")]
    fn anything_else_is_unavailable(#[case] code: &str) {
        let error = from_sdk("PutItem", &service_error(code));
        assert_eq!(error, PortError::Unavailable(format!("PutItem: {code}")));
    }

    #[test]
    fn a_call_that_got_no_answer_is_unavailable() {
        let error: SdkError<PutItemError, ()> = SdkError::timeout_error("slow");
        assert_eq!(
            from_sdk("PutItem", &error),
            PortError::Unavailable("PutItem: timed out".into())
        );
    }
}
