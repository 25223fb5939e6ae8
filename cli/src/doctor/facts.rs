//! What AWS says of a deployment, in plain values, so that it can be judged without AWS.

use grapnel_domain::time::Timestamp;
use std::{collections::BTreeMap, time::Duration};

/// The calls of AWS that the doctor makes, each with the right that it needs. docs/operate.md grants
/// these and no others.
pub(crate) mod right {
    pub(crate) const STACK: &str = "cloudformation:DescribeStacks";
    pub(crate) const RESOURCES: &str = "cloudformation:ListStackResources";
    pub(crate) const ALARMS: &str = "cloudwatch:DescribeAlarms";
    pub(crate) const METRICS: &str = "cloudwatch:GetMetricData";
    pub(crate) const QUEUE: &str = "sqs:GetQueueAttributes";
    pub(crate) const FUNCTION: &str = "lambda:GetFunctionConfiguration";
    pub(crate) const ACCOUNT: &str = "lambda:GetAccountSettings";
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [&str; 7] = [STACK, RESOURCES, ALARMS, METRICS, QUEUE, FUNCTION, ACCOUNT];
}

/// Why there is no answer of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unchecked {
    /// What is in the way, as the end of a sentence.
    pub(crate) reason: String,
    /// Whether that is a fault of the deployment: what was asked for is not there.
    pub(crate) is_fault: bool,
}

/// An answer of AWS.
pub(crate) type Asked<T> = Result<T, Unchecked>;

impl Unchecked {
    /// It could not be asked.
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_fault: false }
    }

    /// AWS says that it is not there.
    pub(crate) fn missing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_fault: true }
    }
}

/// All that AWS was asked.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    pub(crate) stack: Asked<Stack>,
    pub(crate) resources: Asked<Vec<Resource>>,
    pub(crate) alarms: Asked<Vec<Alarm>>,
    pub(crate) queues: Vec<(String, Asked<Queue>)>,
    pub(crate) functions: Vec<(String, Asked<Function>)>,
    pub(crate) concurrency: Asked<u32>,
}

impl Facts {
    /// Nothing could be asked.
    pub(crate) fn none(why: &Unchecked) -> Self {
        Self {
            stack: Err(why.clone()),
            resources: Err(why.clone()),
            alarms: Err(why.clone()),
            queues: Vec::new(),
            functions: Vec::new(),
            concurrency: Err(why.clone()),
        }
    }
}

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

/// An alarm.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Alarm {
    pub(crate) name: String,
    pub(crate) is_ringing: bool,
    /// Why it has its state.
    pub(crate) reason: String,
    /// Whether it notifies a topic.
    pub(crate) tells_somebody: bool,
    /// What it watches.
    pub(crate) metric: String,
    /// The queue that it watches, if it watches one.
    pub(crate) queue: Option<String>,
    /// It goes to ALARM from this value on.
    pub(crate) threshold: f64,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Queue {
    /// Its name in SQS.
    pub(crate) name: String,
    pub(crate) visible: u64,
    pub(crate) in_flight: u64,
    pub(crate) delayed: u64,
    /// How old its oldest message is. `Ok(None)`: CloudWatch has no figure of late, as of a queue that
    /// was empty.
    pub(crate) oldest: Asked<Option<Duration>>,
}

/// A function.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Function {
    /// Such as `Active`.
    pub(crate) state: String,
    pub(crate) state_reason: Option<String>,
    /// Such as `Successful`.
    pub(crate) last_update: String,
    pub(crate) last_update_reason: Option<String>,
    /// The SHA-256 of its package, in Base64.
    pub(crate) code: Option<String>,
    /// When its program or configuration was last changed, by anybody.
    pub(crate) changed_at: Option<Timestamp>,
    /// When CloudFormation was last done with it.
    pub(crate) deployed_at: Option<Timestamp>,
    /// The level that the program writes.
    pub(crate) log_level: Option<String>,
    /// The level that Lambda lets through.
    pub(crate) lambda_log_level: Option<String>,
    /// The form of the log, such as `JSON`.
    pub(crate) log_format: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only these are granted to whoever follows the documentation; a test of the deployed system runs
    /// with them.
    #[test]
    fn the_documentation_grants_the_rights_that_are_needed_and_no_others() {
        let document = include_str!("../../../docs/operate.md");
        let section = document.split_once("\n### Check a deployment\n").expect("the section").1;
        let policy = section.split_once("```json\n").expect("the policy").1;
        let policy = policy.split_once("```").expect("its end").0;
        let policy: serde_json::Value = serde_json::from_str(policy).expect("JSON");
        let statements = policy["Statement"].as_array().expect("statements").iter();
        let actions = statements.flat_map(|it| it["Action"].as_array().expect("actions"));
        let mut granted: Vec<&str> = actions.map(|it| it.as_str().expect("text")).collect();
        let mut needed = right::ALL;
        granted.sort_unstable();
        needed.sort_unstable();
        assert_eq!(granted, needed);
    }

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
