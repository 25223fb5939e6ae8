//! What the deployed roles allow, and whether the functions were ever refused.

use crate::{aws::Aws, stack::Stack};
use anyhow::Context;
use aws_sdk_sts::types::Credentials;
use serde_json::json;

/// The beginning of every service's refusal.
pub const DENIED: &str = "AccessDenied";

/// The functions, by the last part of their log groups' names.
pub const FUNCTIONS: [&str; 4] = ["api", "ingest", "delivery", "tend"];

/// Credentials with exactly the rights of the stack's role with this logical id. Only Lambda can
/// assume the role itself, so its policy is applied to a session of the owner.
///
/// # Errors
/// If the stack has no such role, or no session is granted.
pub async fn as_role(
    aws: &Aws,
    stack: &Stack,
    role: &str,
    policy: &str,
) -> anyhow::Result<Credentials> {
    let cloudformation = aws_sdk_cloudformation::Client::new(aws.config());
    let resource = cloudformation
        .describe_stack_resource()
        .stack_name(&stack.stack_name)
        .logical_resource_id(role)
        .send()
        .await?;
    let name = resource
        .stack_resource_detail()
        .and_then(|detail| detail.physical_resource_id())
        .with_context(|| format!("the name of {role}"))?;
    as_policy(aws, policy, role_policy(aws, name, policy).await?).await
}

/// Credentials with exactly the rights of a policy, in a session with this name.
///
/// # Errors
/// If no session is granted.
pub async fn as_policy(aws: &Aws, name: &str, policy: String) -> anyhow::Result<Credentials> {
    let session = aws_sdk_sts::Client::new(aws.config())
        .get_federation_token()
        .name(name)
        .policy(policy)
        .send()
        .await?;
    session.credentials.context("credentials of the session")
}

/// The text of a role's inline policy.
async fn role_policy(aws: &Aws, role: &str, policy: &str) -> anyhow::Result<String> {
    let parameters = [
        ("Action", "GetRolePolicy"),
        ("Version", "2010-05-08"),
        ("RoleName", role),
        ("PolicyName", policy),
    ];
    let xml = aws.query_call("iam", &parameters).await?;
    let encoded = xml
        .split_once("<PolicyDocument>")
        .and_then(|(_, rest)| rest.split_once("</PolicyDocument>"))
        .map(|(document, _)| document)
        .with_context(|| xml.clone())?;
    // IAM returns the document percent-encoded.
    let form = reqwest::Url::parse(&format!("form://?document={encoded}"))?;
    let (_, document) = form.query_pairs().next().context("a policy document")?;
    // A session accepts 2,048 characters: no spaces, and no names of statements.
    let mut document: serde_json::Value = serde_json::from_str(&document)?;
    let statements = document["Statement"].as_array_mut().context("a list of statements")?;
    for statement in statements {
        statement.as_object_mut().context("a statement")?.remove("Sid");
    }
    Ok(document.to_string())
}

/// The lines of a function's log that contain `term`, since the stack was created.
///
/// # Errors
/// If the log cannot be read.
pub async fn log_lines(
    aws: &Aws,
    stack: &Stack,
    function: &str,
    term: &str,
) -> anyhow::Result<Vec<String>> {
    let group = format!("/aws/lambda/{}/{function}", stack.stack_name);
    let input = json!({ "logGroupName": group, "filterPattern": term });
    let answer = aws.json_call("logs", "Logs_20140328.FilterLogEvents", &input).await?;
    let events = answer["events"].as_array().with_context(|| answer.to_string())?;
    Ok(events.iter().filter_map(|event| event["message"].as_str()).map(str::to_owned).collect())
}
