//! The stack, as CloudFormation has it.

use super::{
    answer::{Asked, Unchecked},
    connection::refusal,
    right,
    stack::{Resource, Stack},
};
use aws_config::SdkConfig;
use aws_sdk_cloudformation::{
    Client, error::ProvideErrorMetadata, primitives::DateTime, types::StackResourceSummary,
};
use grapnel_domain::time::Timestamp;

/// The stack of this name.
pub(crate) async fn describe(config: &SdkConfig, name: &str) -> Asked<Stack> {
    let described = Client::new(config).describe_stacks().stack_name(name).send().await;
    let described = described.map_err(|error| match (error.code(), error.message()) {
        // The code says no more than that something was wrong with the request.
        (Some("ValidationError"), Some(message)) if message.contains("does not exist") => {
            Unchecked::missing(format!("there is no stack {name}"))
        }
        _ => refusal(right::STACK)(error),
    })?;
    let missing = || Unchecked::missing(format!("there is no stack {name}"));
    let stack = described.stacks().first().ok_or_else(missing)?;
    let outputs = stack.outputs().iter().filter_map(|output| {
        Some((output.output_key()?.to_owned(), output.output_value()?.to_owned()))
    });
    let parameters = stack.parameters().iter().filter_map(|parameter| {
        Some((parameter.parameter_key()?.to_owned(), parameter.parameter_value()?.to_owned()))
    });
    Ok(Stack {
        status: stack.stack_status().map(|it| it.as_str().to_owned()).unwrap_or_default(),
        parameters: parameters.collect(),
        outputs: outputs.collect(),
    })
}

/// Everything that the stack is made of.
pub(crate) async fn resources(config: &SdkConfig, name: &str) -> Asked<Vec<Resource>> {
    let client = Client::new(config);
    let mut pages = client.list_stack_resources().stack_name(name).into_paginator().items().send();
    let mut resources = Vec::new();
    while let Some(resource) = pages.next().await {
        resources.push(read(resource.map_err(refusal(right::RESOURCES))?));
    }
    Ok(resources)
}

fn read(resource: StackResourceSummary) -> Resource {
    Resource {
        logical_id: resource.logical_resource_id.unwrap_or_default(),
        physical_id: resource.physical_resource_id.unwrap_or_default(),
        kind: resource.resource_type.unwrap_or_default(),
        changed_at: resource.last_updated_timestamp.and_then(timestamp),
    }
}

fn timestamp(time: DateTime) -> Option<Timestamp> {
    time.to_millis().ok().map(Timestamp::from_millis)
}
