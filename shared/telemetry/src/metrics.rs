use serde_json::{Map, Value, json};

/// The namespace of every metric.
const NAMESPACE: &str = "Grapnel";

/// Metrics of one invocation, in CloudWatch's embedded metric format, with the function as their
/// only dimension: a metric per webhook would cost more than its deliveries.
#[derive(Debug, Clone)]
pub struct Metrics {
    definitions: Vec<Value>,
    values: Map<String, Value>,
}

impl Metrics {
    /// Metrics of this function.
    #[must_use]
    pub fn of(function: &str) -> Self {
        let values = Map::from_iter([("Function".to_owned(), function.into())]);
        Self { definitions: Vec::new(), values }
    }

    /// Adds a count, unless it is zero: what did not happen needs no line.
    #[must_use]
    pub fn count(mut self, name: &str, count: usize) -> Self {
        if count > 0 {
            self.definitions.push(json!({"Name": name, "Unit": "Count"}));
            self.values.insert(name.to_owned(), count.into());
        }
        self
    }

    /// The line; `None` if nothing was added. `timestamp` is in milliseconds since 1970.
    #[must_use]
    pub fn line(mut self, timestamp: i64) -> Option<String> {
        if self.definitions.is_empty() {
            return None;
        }
        let directive = json!({
            "Namespace": NAMESPACE,
            "Dimensions": [["Function"]],
            "Metrics": self.definitions,
        });
        self.values.insert(
            "_aws".to_owned(),
            json!({"Timestamp": timestamp, "CloudWatchMetrics": [directive]}),
        );
        Some(Value::Object(self.values).to_string())
    }

    /// Prints the line, if there is one.
    pub fn emit(self, timestamp: i64) {
        if let Some(line) = self.line(timestamp) {
            println!("{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_declares_what_it_carries() {
        let line = Metrics::of("delivery").count("Delivered", 3).count("Failed", 0).line(5);
        let line: Value = serde_json::from_str(&line.expect("a line")).expect("JSON");
        assert_eq!(
            line,
            json!({
                "_aws": {"Timestamp": 5, "CloudWatchMetrics": [{
                    "Namespace": "Grapnel", "Dimensions": [["Function"]],
                    "Metrics": [{"Name": "Delivered", "Unit": "Count"}],
                }]},
                "Function": "delivery",
                "Delivered": 3,
            })
        );
    }

    #[test]
    fn nothing_counted_is_no_line() {
        assert_eq!(Metrics::of("ingest").count("Events", 0).line(5), None);
    }
}
