//! `grapnel doctor`: whether a deployment works.

use crate::{
    doctor::{self, Plan},
    failure::Failure,
    global::Global,
    output::Output,
};
use std::process::ExitCode;

/// Check a deployment, from the API to a retry.
///
/// The command creates a temporary user with a key, a webhook and a receiver inside the API, and removes
/// them at the end. With --stack it also asks AWS: alarms, queues, dead letters, concurrency and
/// functions. The admin key comes from GRAPNEL_ADMIN_KEY or from what `grapnel login` saved. The address
/// is the stack's output ApiUrl, if a stack is named and no --api is given. Each check is shown as ✓
/// passed, ✗ failed, with what to do, or – not checked, with the reason. The exit code is 0 if no check
/// failed, and 3 otherwise.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The stack's name in CloudFormation; takes AWS credentials, as the AWS CLI finds them
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// The stack's region; that of the AWS profile or of AWS_REGION, if left out
    #[arg(long, requires = "stack")]
    region: Option<String>,
    /// A web page's origin that may call the API; the stack's first, if left out
    #[arg(long, value_name = "URL")]
    origin: Option<String>,
    /// Send to this receiver, which must answer 2xx, rather than to the API's own echo
    #[arg(long, value_name = "URL")]
    receiver: Option<String>,
    /// Also wait for a retry that is due after 16 minutes, longer than a queue can hold it
    #[arg(long)]
    long: bool,
}

/// Checks.
///
/// # Errors
/// When a setting is missing, or somebody ends it before its end.
pub(crate) async fn run(
    options: Options,
    global: &Global,
    output: &mut Output,
) -> Result<ExitCode, Failure> {
    let Options { stack, region, origin, receiver, long } = options;
    doctor::examine(&Plan { stack, region, origin, receiver, long }, global, output).await
}
