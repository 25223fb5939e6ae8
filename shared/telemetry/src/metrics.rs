//! One line of metrics in CloudWatch's embedded metric format (specification:
//! "CloudWatch embedded metric format specification", Amazon CloudWatch user guide).

use serde_json::{Map, Value, json};
use std::{io::Write, time::Duration};

/// Where the metrics appear in CloudWatch.
const NAMESPACE: &str = "Grapnel";

/// The one dimension: which function says it. A further one would multiply what is paid for.
const DIMENSION: &str = "Function";

/// Most values of one metric in a line, by the specification.
const MOST_VALUES: usize = 100;

/// What one invocation adds to a function's metrics.
///
/// ```
/// use std::time::Duration;
///
/// grapnel_telemetry::Metrics::of("delivery")
///     .count("Delivered", 9)
///     .millis("AttemptDuration", Duration::from_millis(120))
///     .emit(1_795_501_440_000);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Metrics {
    function: &'static str,
    metrics: Vec<Metric>,
}

#[derive(Debug, Clone, PartialEq)]
struct Metric {
    name: &'static str,
    unit: &'static str,
    values: Vec<Value>,
}

impl Metrics {
    /// Nothing yet, of this function.
    pub fn of(function: &'static str) -> Self {
        Self { function, metrics: Vec::new() }
    }

    /// How many of something there were. Zero adds nothing: what did not happen needs no line.
    pub fn count(self, name: &'static str, count: usize) -> Self {
        if count == 0 { self } else { self.add(name, "Count", json!(count)) }
    }

    /// How long something took. Said again, it adds a value to the same metric, up to the hundred
    /// that a line can hold.
    pub fn millis(self, name: &'static str, duration: Duration) -> Self {
        let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.add(name, "Milliseconds", json!(millis))
    }

    /// The line; `None` if there is nothing to say. `at` is in milliseconds since the epoch.
    #[must_use]
    pub fn line(&self, at: i64) -> Option<String> {
        (!self.metrics.is_empty()).then(|| self.to_json(at).to_string())
    }

    /// Prints the line, if there is one.
    pub fn emit(&self, at: i64) {
        if let Some(line) = self.line(at) {
            // A lost line must not fail the work that it tells of.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        }
    }

    fn add(mut self, name: &'static str, unit: &'static str, value: Value) -> Self {
        match self.metrics.iter_mut().find(|metric| metric.name == name) {
            Some(metric) if metric.values.len() < MOST_VALUES => metric.values.push(value),
            Some(_) => {}
            None => self.metrics.push(Metric { name, unit, values: vec![value] }),
        }
        self
    }

    fn to_json(&self, at: i64) -> Value {
        let definitions: Vec<Value> = self
            .metrics
            .iter()
            .map(|metric| json!({ "Name": metric.name, "Unit": metric.unit }))
            .collect();
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [[DIMENSION]],
            "Metrics": definitions,
        });
        let mut line = Map::new();
        line.insert("_aws".into(), json!({ "Timestamp": at, "CloudWatchMetrics": [directive] }));
        line.insert(DIMENSION.into(), json!(self.function));
        for metric in &self.metrics {
            let value = match metric.values.as_slice() {
                [only] => only.clone(),
                several => json!(several),
            };
            line.insert(metric.name.into(), value);
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
            .millis("AttemptDuration", Duration::from_millis(120))
            .to_json(1_795_501_440_000);
        assert_eq!(
            line,
            json!({
                "_aws": {
                    "Timestamp": 1_795_501_440_000_i64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Grapnel",
                        "Dimensions": [["Function"]],
                        "Metrics": [
                            { "Name": "Delivered", "Unit": "Count" },
                            { "Name": "AttemptDuration", "Unit": "Milliseconds" },
                        ],
                    }],
                },
                "Function": "delivery",
                "Delivered": 9,
                "AttemptDuration": 120,
            })
        );
    }

    #[test]
    fn several_values_of_one_metric_are_a_list_of_at_most_a_hundred() {
        let mut metrics = Metrics::of("delivery");
        for millis in 0..150 {
            metrics = metrics.millis("AttemptDuration", Duration::from_millis(millis));
        }
        let line = metrics.to_json(0);
        assert_eq!(line["AttemptDuration"].as_array().map(Vec::len), Some(100));
        let definitions = &line["_aws"]["CloudWatchMetrics"][0]["Metrics"];
        assert_eq!(definitions.as_array().map(Vec::len), Some(1));
    }

    #[test]
    fn nothing_counted_is_no_line() {
        assert_eq!(Metrics::of("ingest").count("Events", 0).line(0), None);
        let line = Metrics::of("ingest").count("Events", 0).count("Failed", 1).line(0);
        assert!(line.is_some_and(|line| !line.contains("Events") && !line.contains('\n')));
    }
}
