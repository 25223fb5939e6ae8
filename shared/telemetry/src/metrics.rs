//! One line of metrics in CloudWatch's embedded metric format (specification:
//! "CloudWatch embedded metric format specification", Amazon CloudWatch user guide).

use serde_json::{Map, Value, json};
use std::io::Write;

/// The namespace of the metrics in CloudWatch.
pub const NAMESPACE: &str = "Grapnel";

/// The dimensions of every metric: the deployment and the function. They are one set, because AWS
/// charges for each further set of dimensions as for another metric.
pub const DIMENSIONS: [&str; 2] = ["Stack", "Function"];

/// How many events ingest left in the queue because of a temporary fault. The template sets an
/// alarm on it.
pub const EVENTS_LEFT_FOR_LATER: &str = "EventsLeftForLater";

/// How many messages delivery left in the queue because of a temporary fault.
pub const MESSAGES_LEFT_FOR_LATER: &str = "MessagesLeftForLater";

/// The counts of one invocation.
///
/// ```
/// grapnel_telemetry::Metrics::of("delivery")
///     .count("Delivered", 9)
///     .count("Retried", 1)
///     .emit("grapnel", 1_795_501_440_000);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Metrics {
    function: &'static str,
    counts: Vec<(&'static str, usize)>,
}

impl Metrics {
    /// Metrics of this function, without any count.
    pub fn of(function: &'static str) -> Self {
        Self { function, counts: Vec::new() }
    }

    /// Adds a count. Zero adds nothing. Each name may be used once.
    pub fn count(mut self, name: &'static str, count: usize) -> Self {
        if count > 0 {
            self.counts.push((name, count));
        }
        self
    }

    /// The line for this deployment; `None` if there is no count. `at` is in milliseconds since the
    /// epoch.
    #[must_use]
    pub fn line(&self, stack: &str, at: i64) -> Option<String> {
        (!self.counts.is_empty()).then(|| self.to_json(stack, at).to_string())
    }

    /// Prints the line, if there is one.
    pub fn emit(&self, stack: &str, at: i64) {
        if let Some(line) = self.line(stack, at) {
            // A lost line must not fail the work that it reports.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        }
    }

    fn to_json(&self, stack: &str, at: i64) -> Value {
        let definitions: Vec<Value> =
            self.counts.iter().map(|(name, _)| json!({ "Name": name, "Unit": "Count" })).collect();
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [DIMENSIONS],
            "Metrics": definitions,
        });
        let mut line = Map::new();
        line.insert("_aws".into(), json!({ "Timestamp": at, "CloudWatchMetrics": [directive] }));
        for (dimension, value) in DIMENSIONS.into_iter().zip([stack, self.function]) {
            line.insert(dimension.into(), json!(value));
        }
        for (name, count) in &self.counts {
            line.insert((*name).into(), json!(count));
        }
        Value::Object(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_embedded_metric_format() {
        let line = Metrics::of("delivery")
            .count("Delivered", 9)
            .count("Retried", 1)
            .to_json("staging", 1_795_501_440_000);
        assert_eq!(
            line,
            json!({
                "_aws": {
                    "Timestamp": 1_795_501_440_000_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Grapnel",
                        "Dimensions": [["Stack", "Function"]],
                        "Metrics": [
                            { "Name": "Delivered", "Unit": "Count" },
                            { "Name": "Retried", "Unit": "Count" },
                        ],
                    }],
                },
                "Stack": "staging",
                "Function": "delivery",
                "Delivered": 9,
                "Retried": 1,
            })
        );
    }

    #[test]
    fn nothing_counted_is_no_line() {
        assert_eq!(Metrics::of("ingest").count("Events", 0).line("s", 0), None);
        let line = Metrics::of("ingest").count("Events", 0).count("Failed", 1).line("s", 0);
        assert!(line.is_some_and(|line| !line.contains("Events") && !line.contains('\n')));
    }
}
