//! Asks AWS for the facts. It decides nothing.

use super::facts::{ALARM, Alarm, Facts, Function, Queue};
use crate::aws::{
    answer::{Asked, Unchecked},
    cloudformation,
    connection::{connect, refusal},
    right,
    stack::{Resource, Stack},
};
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::types::{
    AlarmType, Dimension, Metric, MetricAlarm, MetricDataQuery, MetricStat, StateValue,
};
use aws_sdk_sqs::types::QueueAttributeName;
use grapnel_domain::time::Timestamp;
use std::time::{Duration, SystemTime};

/// What CloudFormation calls a function.
const FUNCTION: &str = "AWS::Lambda::Function";

/// How many alarms one call describes.
const ALARMS_A_CALL: usize = 100;

/// For how long back the age of a queue's oldest message is asked. SQS reports each minute, and some
/// minutes late.
const LATE: Duration = Duration::from_secs(15 * 60);

/// Asks everything about a stack.
pub(super) async fn look(name: &str, region: Option<String>) -> Facts {
    let config = match connect(region).await {
        Ok(config) => config,
        Err(why) => return Facts::none(&why),
    };
    let stack = cloudformation::describe(&config, name).await;
    if let Err(why) = &stack {
        return Facts::none(why);
    }
    let resources = cloudformation::resources(&config, name).await;
    let of_kind = |kind: &str| -> Vec<Resource> {
        let all = resources.as_deref().unwrap_or_default().iter();
        all.filter(|resource| resource.kind == kind).cloned().collect()
    };
    let mut functions = Vec::new();
    for function in of_kind(FUNCTION) {
        let answer = ask_function(&config, &function).await;
        functions.push((function.logical_id, answer));
    }
    let mut queues = Vec::new();
    for (name, url) in stack.iter().flat_map(Stack::queues) {
        queues.push((name.to_owned(), ask_queue(&config, url).await));
    }
    Facts {
        alarms: ask_alarms(&config, &of_kind(ALARM)).await,
        concurrency: ask_account(&config).await,
        stack,
        resources,
        queues,
        functions,
    }
}

async fn ask_alarms(config: &SdkConfig, resources: &[Resource]) -> Asked<Vec<Alarm>> {
    let client = aws_sdk_cloudwatch::Client::new(config);
    let mut alarms = Vec::new();
    for some in resources.chunks(ALARMS_A_CALL) {
        let names = some.iter().map(|resource| resource.physical_id.clone()).collect();
        let described = client
            .describe_alarms()
            .set_alarm_names(Some(names))
            .alarm_types(AlarmType::MetricAlarm)
            .max_records(ALARMS_A_CALL as i32)
            .send()
            .await
            .map_err(refusal(right::ALARMS))?;
        alarms.extend(described.metric_alarms().iter().map(alarm));
    }
    Ok(alarms)
}

fn alarm(alarm: &MetricAlarm) -> Alarm {
    let of_queue = |it: &&Dimension| it.name() == Some(QUEUE_NAME);
    let queue = alarm.dimensions().iter().find(of_queue).and_then(Dimension::value);
    Alarm {
        name: alarm.alarm_name().unwrap_or_default().to_owned(),
        is_ringing: alarm.state_value() == Some(&StateValue::Alarm),
        reason: alarm.state_reason().unwrap_or_default().to_owned(),
        tells_somebody: !alarm.alarm_actions().is_empty(),
        metric: alarm.metric_name().unwrap_or_default().to_owned(),
        queue: queue.map(str::to_owned),
        threshold: alarm.threshold().unwrap_or_default(),
    }
}

/// The dimension of SQS's metrics.
const QUEUE_NAME: &str = "QueueName";

async fn ask_queue(config: &SdkConfig, url: &str) -> Asked<Queue> {
    use QueueAttributeName as Name;
    let counts = [
        Name::ApproximateNumberOfMessages,
        Name::ApproximateNumberOfMessagesNotVisible,
        Name::ApproximateNumberOfMessagesDelayed,
    ];
    let answer = aws_sdk_sqs::Client::new(config)
        .get_queue_attributes()
        .queue_url(url)
        .set_attribute_names(Some(counts.to_vec()))
        .send()
        .await
        .map_err(refusal(right::QUEUE))?;
    let [visible, in_flight, delayed] = counts.map(|name| {
        let text = answer.attributes().and_then(|all| all.get(&name));
        text.and_then(|text| text.parse().ok()).unwrap_or_default()
    });
    let name = url.rsplit('/').next().unwrap_or_default().to_owned();
    let oldest = ask_age(config, &name).await;
    Ok(Queue { name, visible, in_flight, delayed, oldest })
}

/// The newest figure of how old a queue's oldest message is.
async fn ask_age(config: &SdkConfig, queue: &str) -> Asked<Option<Duration>> {
    let dimension = Dimension::builder().name(QUEUE_NAME).value(queue).build();
    let metric = Metric::builder()
        .namespace("AWS/SQS")
        .metric_name("ApproximateAgeOfOldestMessage")
        .dimensions(dimension)
        .build();
    let stat = MetricStat::builder().metric(metric).period(60).stat("Maximum").build();
    let query = MetricDataQuery::builder().id("age").metric_stat(stat).build();
    let now = SystemTime::now();
    let answer = aws_sdk_cloudwatch::Client::new(config)
        .get_metric_data()
        .metric_data_queries(query)
        .start_time((now - LATE).into())
        .end_time(now.into())
        .send()
        .await
        .map_err(refusal(right::METRICS))?;
    // Newest first, unless asked otherwise.
    let newest = answer.metric_data_results().first().and_then(|it| it.values().first().copied());
    Ok(newest.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}

async fn ask_function(config: &SdkConfig, resource: &Resource) -> Asked<Function> {
    let answer = aws_sdk_lambda::Client::new(config)
        .get_function_configuration()
        .function_name(&resource.physical_id)
        .send()
        .await
        .map_err(refusal(right::FUNCTION))?;
    let variables = answer.environment().and_then(|it| it.variables());
    let logging = answer.logging_config();
    let level = logging.and_then(|it| it.application_log_level());
    Ok(Function {
        state: answer.state().map(|it| it.as_str().to_owned()).unwrap_or_default(),
        state_reason: answer.state_reason().map(str::to_owned),
        last_update: answer
            .last_update_status()
            .map(|it| it.as_str().to_owned())
            .unwrap_or_default(),
        last_update_reason: answer.last_update_status_reason().map(str::to_owned),
        code: answer.code_sha256().map(str::to_owned),
        changed_at: answer.last_modified().and_then(parse_last_modified),
        deployed_at: resource.changed_at,
        log_level: variables.and_then(|all| all.get("LOG_LEVEL")).cloned(),
        lambda_log_level: level.map(|it| it.as_str().to_owned()),
        log_format: logging.and_then(|it| it.log_format()).map(|it| it.as_str().to_owned()),
    })
}

/// Lambda writes a zone without a colon, `2026-11-24T06:00:00.000+0000`; a local AWS may write `Z`.
fn parse_last_modified(text: &str) -> Option<Timestamp> {
    if let Ok(time) = text.parse() {
        return Some(time);
    }
    let time = jiff::Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?;
    Some(Timestamp::from_millis(time.as_millisecond()))
}

async fn ask_account(config: &SdkConfig) -> Asked<u32> {
    let answer = aws_sdk_lambda::Client::new(config)
        .get_account_settings()
        .send()
        .await
        .map_err(refusal(right::ACCOUNT))?;
    let limit = answer.account_limit().map(|limit| limit.concurrent_executions());
    limit
        .and_then(|limit| u32::try_from(limit).ok())
        .ok_or_else(|| Unchecked::because("Lambda named no limit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_lambda_is_read() {
        let time = parse_last_modified("2026-11-24T06:00:00.123+0000").expect("a time");
        assert_eq!(time.to_string(), "2026-11-24T06:00:00.123Z");
        assert_eq!(parse_last_modified("2026-11-24T06:00:00.123Z"), Some(time));
        assert_eq!(parse_last_modified("yesterday"), None);
    }
}
