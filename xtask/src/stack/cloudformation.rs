//! The four calls of CloudFormation that a deployment takes. The SDK has all of them, and takes as long to
//! build as a fifth of the first `cargo xtask up`.

use crate::{http_client::HttpClient, signed};
use anyhow::{Context, Result, bail};
use aws_sigv4::http_request::SigningSettings;
use http::{Request, StatusCode};
use roxmltree::{Document, Node};
use std::collections::BTreeMap;

/// The version of the API, as every request names it.
const VERSION: &str = "2010-05-15";

/// Speaks to the emulator's CloudFormation.
#[derive(Debug)]
pub(super) struct CloudFormation {
    client: HttpClient,
    endpoint_url: String,
}

/// A stack as it is described.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Described {
    /// As AWS names it: `CREATE_COMPLETE`.
    pub(super) status: String,
    pub(super) outputs: BTreeMap<String, String>,
}

impl CloudFormation {
    pub(super) fn new(endpoint_url: &str) -> Self {
        Self { client: HttpClient::new(), endpoint_url: endpoint_url.to_owned() }
    }

    /// Begins to create a stack.
    ///
    /// # Errors
    /// If the template or a parameter is refused, with the reason.
    pub(super) async fn create(
        &self,
        name: &str,
        template_url: &str,
        parameters: &BTreeMap<&str, &str>,
    ) -> Result<()> {
        let mut fields = vec![
            ("StackName".to_owned(), name),
            ("TemplateURL".to_owned(), template_url),
            ("Capabilities.member.1".to_owned(), "CAPABILITY_IAM"),
            ("Capabilities.member.2".to_owned(), "CAPABILITY_AUTO_EXPAND"),
        ];
        for (number, (key, value)) in (1..).zip(parameters) {
            let member = format!("Parameters.member.{number}");
            fields.push((format!("{member}.ParameterKey"), *key));
            fields.push((format!("{member}.ParameterValue"), *value));
        }
        self.call("CreateStack", &fields).await.map(drop)
    }

    /// Begins to delete a stack, if it exists.
    ///
    /// # Errors
    /// If the emulator refuses.
    pub(super) async fn delete(&self, name: &str) -> Result<()> {
        self.call("DeleteStack", &[("StackName".to_owned(), name)]).await.map(drop)
    }

    /// A stack as it is now.
    ///
    /// # Errors
    /// If there is no such stack, or the emulator refuses.
    pub(super) async fn describe(&self, name: &str) -> Result<Described> {
        let text = self.call("DescribeStacks", &[("StackName".to_owned(), name)]).await?;
        described(&text).with_context(|| format!("the emulator's description of stack {name}"))
    }

    /// Why the first resource of a stack could not be created: its name and the reason.
    ///
    /// # Errors
    /// If the emulator refuses.
    pub(super) async fn first_failure(&self, name: &str) -> Result<Option<String>> {
        let text = self.call("DescribeStackEvents", &[("StackName".to_owned(), name)]).await?;
        first_failure(&text)
    }

    async fn call(&self, action: &str, fields: &[(String, &str)]) -> Result<String> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", VERSION);
        form.extend_pairs(fields);
        let request = Request::post(format!("{}/", self.endpoint_url))
            .header("content-type", "application/x-www-form-urlencoded");
        let body = form.finish().into_bytes().into();
        let settings = SigningSettings::default();
        let request = signed::request(request, body, "cloudformation", settings)?;
        let response = self.client.send(request).await?;
        let text = String::from_utf8_lossy(&response.body).into_owned();
        if response.status == StatusCode::OK {
            return Ok(text);
        }
        let message = message(&text);
        bail!(message.unwrap_or_else(|| format!("{action} answered {}: {text}", response.status)))
    }
}

fn described(text: &str) -> Result<Described> {
    let document = Document::parse(text)?;
    let stack = all(document.root(), "Stacks").next().context("no stack is described")?;
    let status = text_of(stack, "StackStatus").context("a stack without a status")?;
    let outputs = all(stack, "Outputs").filter_map(|output| {
        Some((text_of(output, "OutputKey")?.to_owned(), text_of(output, "OutputValue")?.to_owned()))
    });
    Ok(Described { status: status.to_owned(), outputs: outputs.collect() })
}

fn first_failure(text: &str) -> Result<Option<String>> {
    let document = Document::parse(text)?;
    let failed = |event: &Node<'_, '_>| text_of(*event, "ResourceStatus") == Some("CREATE_FAILED");
    // Newest first: the first failure caused the others.
    let first = all(document.root(), "StackEvents").filter(failed).last();
    Ok(first.map(|event| {
        let resource = text_of(event, "LogicalResourceId").unwrap_or("a resource");
        let reason = text_of(event, "ResourceStatusReason").unwrap_or("no reason given");
        format!("{resource}: {reason}")
    }))
}

/// The message of an error's answer.
fn message(text: &str) -> Option<String> {
    let document = Document::parse(text).ok()?;
    let found = document.descendants().find(|node| is(node, "Message"))?;
    found.text().map(str::to_owned)
}

/// The members of the first list with this name.
fn all<'a, 'input>(
    within: Node<'a, 'input>,
    list: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    let found = within.descendants().find(|node| is(node, list));
    found.into_iter().flat_map(|list| list.children().filter(Node::is_element))
}

fn text_of<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.children().find(|child| is(child, name)).map(|child| child.text().unwrap_or_default())
}

/// Whether a node is the element with this name, in any namespace.
fn is(node: &Node<'_, '_>, name: &str) -> bool {
    node.is_element() && node.tag_name().name() == name
}

#[cfg(test)]
mod tests {
    use super::*;

    const DESCRIPTION: &str = r#"<?xml version="1.0"?>
        <DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
        <DescribeStacksResult><Stacks><member><StackName>grapnel</StackName>
        <StackStatus>CREATE_COMPLETE</StackStatus><Outputs>
        <member><OutputKey>ApiId</OutputKey><OutputValue>a&amp;b</OutputValue></member>
        <member><OutputKey>Empty</OutputKey><OutputValue></OutputValue></member>
        </Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"#;

    #[test]
    fn a_stack_is_read_with_its_outputs() {
        let outputs = [("ApiId", "a&b"), ("Empty", "")];
        let outputs = outputs.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let expected = Described { status: "CREATE_COMPLETE".to_owned(), outputs };
        assert_eq!(described(DESCRIPTION).expect("a stack"), expected);
    }

    #[test]
    fn an_answer_without_a_stack_or_that_is_no_xml_is_an_error() {
        assert!(described("<DescribeStacksResponse/>").is_err());
        assert!(described("not found").is_err());
    }

    #[test]
    fn the_oldest_failure_is_the_reason() {
        let event = |name: &str, status: &str, why: &str| {
            format!(
                "<member><LogicalResourceId>{name}</LogicalResourceId><ResourceStatus>{status}\
                 </ResourceStatus><ResourceStatusReason>{why}</ResourceStatusReason></member>"
            )
        };
        let events = [
            event("Api", "CREATE_FAILED", "cancelled"),
            event("Table", "CREATE_FAILED", "a key is missing"),
            event("Queue", "CREATE_COMPLETE", ""),
        ];
        let text = format!("<R><StackEvents>{}</StackEvents></R>", events.concat());
        let first = first_failure(&text).expect("XML");
        assert_eq!(first.as_deref(), Some("Table: a key is missing"));
        assert_eq!(first_failure("<R><StackEvents/></R>").expect("XML"), None);
    }

    #[test]
    fn an_errors_message_is_shown_alone() {
        let text = "<ErrorResponse><Error><Code>ValidationError</Code>\
                    <Message>Stack [x] does not exist</Message></Error></ErrorResponse>";
        assert_eq!(message(text).as_deref(), Some("Stack [x] does not exist"));
        assert_eq!(message("gone"), None);
    }
}
