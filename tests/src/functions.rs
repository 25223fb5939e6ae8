//! Changes the stack's functions for tests that must stand between them and AWS.

use crate::{
    aws::Aws,
    proxy::Proxy,
    stack::{Function, Stack},
};
use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};

/// The services whose calls use the proxy, by their names in the SDK's variables.
const SERVICES: [&str; 3] = ["DYNAMODB", "SQS", "SFN"];

/// Makes every function of the stack call AWS through the proxy.
///
/// # Errors
/// If the functions cannot be found or changed.
pub async fn put_behind(proxy: &Proxy, stack: &Stack, aws: &Aws) -> anyhow::Result<()> {
    for function in Function::ALL {
        route(aws, &name_of(function, stack, aws).await?, &proxy.url(function)).await?;
    }
    Ok(())
}

/// Makes every function of the stack process one message at a time. In batches of ten, as deployed,
/// the death of a function would delay other cases' messages.
///
/// # Errors
/// If the functions cannot be found or changed.
pub async fn take_one_at_a_time(stack: &Stack, aws: &Aws) -> anyhow::Result<()> {
    for function in Function::ALL.into_iter().filter(|it| *it != Function::Tend) {
        one_at_a_time(aws, &name_of(function, stack, aws).await?).await?;
    }
    Ok(())
}

/// Makes the state machine for waits repeat a call soon, whatever its error. It waits long enough for
/// the messages of a function that died, and here one minute's calls die several times in turn.
///
/// # Errors
/// If the state machine cannot be read or changed.
pub async fn tend_again_soon(stack: &Stack, aws: &Aws) -> anyhow::Result<()> {
    let (client, arn) =
        (aws_sdk_sfn::Client::new(aws.config()), &stack.outputs.wait_state_machine_arn);
    let found = client.describe_state_machine().state_machine_arn(arn).send().await?;
    let mut definition: Value = serde_json::from_str(found.definition())?;
    let retriers = definition["States"]["Tend"]["Retry"].as_array_mut().context("retriers")?;
    for retrier in retriers {
        retrier["IntervalSeconds"] = json!(1);
        retrier["BackoffRate"] = json!(1);
    }
    let definition = definition.to_string();
    client.update_state_machine().state_machine_arn(arn).definition(definition).send().await?;
    Ok(())
}

async fn name_of(function: Function, stack: &Stack, aws: &Aws) -> anyhow::Result<String> {
    let resource = aws_sdk_cloudformation::Client::new(aws.config())
        .describe_stack_resource()
        .stack_name(&stack.stack_name)
        .logical_resource_id(function.logical_id())
        .send()
        .await?;
    let detail = resource.stack_resource_detail();
    let name = detail.and_then(|detail| detail.physical_resource_id());
    Ok(name.with_context(|| format!("the name of {function:?}"))?.to_owned())
}

/// A service's variable takes precedence over the general one, which the emulator sets.
async fn route(aws: &Aws, function: &str, url: &str) -> anyhow::Result<()> {
    let path = format!("/2015-03-31/functions/{function}/configuration");
    let found = aws.rest_call("lambda", Method::GET, &path, &Value::Null).await?;
    let mut variables = found["Environment"]["Variables"].clone();
    ensure!(variables.is_object(), "no environment in {found}");
    for service in SERVICES {
        variables[format!("AWS_ENDPOINT_URL_{service}")] = json!(url);
    }
    let changed = json!({ "Environment": { "Variables": variables } });
    aws.rest_call("lambda", Method::PUT, &path, &changed).await?;
    Ok(())
}

async fn one_at_a_time(aws: &Aws, function: &str) -> anyhow::Result<()> {
    const MAPPINGS: &str = "/2015-03-31/event-source-mappings";
    let path = format!("{MAPPINGS}/?FunctionName={function}");
    let found = aws.rest_call("lambda", Method::GET, &path, &Value::Null).await?;
    let mappings = found["EventSourceMappings"].as_array().with_context(|| found.to_string())?;
    for mapping in mappings {
        let id = mapping["UUID"].as_str().with_context(|| mapping.to_string())?;
        let path = format!("{MAPPINGS}/{id}");
        aws.rest_call("lambda", Method::PUT, &path, &json!({ "BatchSize": 1 })).await?;
    }
    Ok(())
}
