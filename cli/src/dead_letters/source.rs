//! The dead-letter queues of a stack.

use serde::Serialize;

/// A dead-letter queue, by what could not handle its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Source {
    /// Events that ingest could not process
    Events,
    /// Messages that delivery could not process
    Delivery,
    /// Events that EventBridge could not hand over
    Rule,
}

impl Source {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Events, Self::Delivery, Self::Rule];

    /// Its name.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Delivery => "delivery",
            Self::Rule => "rule",
        }
    }

    /// The stack's output that has its URL.
    pub(crate) const fn output(self) -> &'static str {
        match self {
            Self::Events => "EventsDeadLetterQueueUrl",
            Self::Delivery => "DeliveryDeadLetterQueueUrl",
            Self::Rule => "RuleDeadLetterQueueUrl",
        }
    }

    /// The stack's output that has the URL of the queue that its messages are sent back to. An event
    /// that EventBridge could not hand over was never processed, and goes where the rule sends it.
    pub(crate) const fn destination(self) -> &'static str {
        match self {
            Self::Events => "EventsIsolationQueueUrl",
            Self::Delivery => "DeliveryIsolationQueueUrl",
            Self::Rule => "EventsQueueUrl",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_has_the_outputs() {
        let template = include_str!("../../../template.yaml");
        let outputs = template.split_once("\nOutputs:\n").expect("outputs").1;
        for source in Source::ALL {
            for output in [source.output(), source.destination()] {
                assert!(outputs.contains(&format!("  {output}:\n")), "{output}");
            }
        }
    }
}
