//! What AWS says of a deployment, in plain values, so that it can be judged without AWS.

use crate::aws::{
    answer::{Asked, Unchecked},
    stack::{Resource, Stack},
};
use grapnel_domain::time::Timestamp;
use std::time::Duration;

/// What CloudFormation calls an alarm.
pub(crate) const ALARM: &str = "AWS::CloudWatch::Alarm";

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
