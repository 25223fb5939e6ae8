//! The calls of AWS that this program makes, each with the right that it needs. docs/operate.md grants
//! these and no others.

pub(crate) const STACK: &str = "cloudformation:DescribeStacks";
pub(crate) const RESOURCES: &str = "cloudformation:ListStackResources";
pub(crate) const ALARMS: &str = "cloudwatch:DescribeAlarms";
pub(crate) const METRICS: &str = "cloudwatch:GetMetricData";
pub(crate) const QUEUE: &str = "sqs:GetQueueAttributes";
pub(crate) const FUNCTION: &str = "lambda:GetFunctionConfiguration";
pub(crate) const ACCOUNT: &str = "lambda:GetAccountSettings";
pub(crate) const RECEIVE: &str = "sqs:ReceiveMessage";
pub(crate) const SEND: &str = "sqs:SendMessage";
pub(crate) const DELETE: &str = "sqs:DeleteMessage";
/// Only used at the end of a walk: without it, messages stay hidden for two minutes.
#[cfg(test)]
const HIDE: &str = "sqs:ChangeMessageVisibility";

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// A test of the deployed system runs with these rights.
    #[rstest]
    #[case::doctor(
        "\n### Check a deployment\n",
        &[STACK, RESOURCES, ALARMS, METRICS, QUEUE, FUNCTION, ACCOUNT]
    )]
    #[case::dead_letters("\n## Dead letters\n", &[STACK, QUEUE, RECEIVE, SEND, DELETE, HIDE])]
    fn the_documentation_grants_the_rights_that_are_needed_and_no_others(
        #[case] heading: &str,
        #[case] needed: &[&str],
    ) {
        let document = include_str!("../../../docs/operate.md");
        let section = document.split_once(heading).expect("the section").1;
        let policy = section.split_once("```json\n").expect("the policy").1;
        let policy = policy.split_once("```").expect("its end").0;
        let policy: serde_json::Value = serde_json::from_str(policy).expect("JSON");
        let statements = policy["Statement"].as_array().expect("statements").iter();
        let actions = statements.flat_map(|it| it["Action"].as_array().expect("actions"));
        let mut granted: Vec<&str> = actions.map(|it| it.as_str().expect("text")).collect();
        let mut needed = needed.to_vec();
        granted.sort_unstable();
        needed.sort_unstable();
        assert_eq!(granted, needed);
    }
}
