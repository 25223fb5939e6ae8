//! A stack of CloudFormation, in plain values.

use grapnel_domain::time::Timestamp;
use std::collections::BTreeMap;

/// A stack of CloudFormation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stack {
    /// Such as `UPDATE_COMPLETE`.
    pub(crate) status: String,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) outputs: BTreeMap<String, String>,
}

impl Stack {
    /// A parameter that is a number.
    pub(crate) fn number(&self, parameter: &str) -> Option<u32> {
        self.parameters.get(parameter)?.parse().ok()
    }

    /// Where the API answers, unless the stack switches that address off because the API has another.
    pub(crate) fn api_url(&self) -> Option<&str> {
        let is_off =
            self.parameters.get("DisableExecuteApiEndpoint").is_some_and(|it| it == "true");
        self.outputs.get("ApiUrl").map(String::as_str).filter(|_| !is_off)
    }

    /// The origins whose pages may call the API.
    pub(crate) fn origins(&self) -> Vec<&str> {
        let listed = self.parameters.get("CorsAllowedOrigins").map(String::as_str);
        listed.unwrap_or_default().split(',').map(str::trim).filter(|it| !it.is_empty()).collect()
    }

    /// The queues among the outputs: what each is called there without `Url`, and its address.
    pub(crate) fn queues(&self) -> impl Iterator<Item = (&str, &str)> {
        self.outputs.iter().filter_map(|(name, url)| {
            let queue = name.strip_suffix("Url").filter(|name| name.ends_with("Queue"))?;
            Some((queue, url.as_str()))
        })
    }
}

/// A resource of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    /// What the template calls it.
    pub(crate) logical_id: String,
    /// What AWS calls it.
    pub(crate) physical_id: String,
    /// Such as `AWS::Lambda::Function`.
    pub(crate) kind: String,
    /// When CloudFormation was last done with it.
    pub(crate) changed_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_tells_its_queues_and_its_origins() {
        let owned = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let stack = Stack {
            status: String::new(),
            parameters: [owned("CorsAllowedOrigins", "https://a.example, https://b.example")]
                .into(),
            outputs: [owned("ApiUrl", "https://c"), owned("EventsQueueUrl", "https://d/e")].into(),
        };
        assert_eq!(stack.origins(), ["https://a.example", "https://b.example"]);
        assert_eq!(stack.queues().collect::<Vec<_>>(), [("EventsQueue", "https://d/e")]);
        assert_eq!(stack.api_url(), Some("https://c"));
        assert!(Stack::default().origins().is_empty());
        let mut off = stack;
        off.parameters = [owned("DisableExecuteApiEndpoint", "true")].into();
        assert_eq!(off.api_url(), None);
    }
}
