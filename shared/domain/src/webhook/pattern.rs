//! The event types of a webhook: an event type, `<group>.*`, or `*`.

use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, str::FromStr};

/// One entry of a webhook's `events`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum EventPattern {
    /// `*`: every event.
    Any,
    /// `workflow.*`: every event whose type begins with `workflow.`. Contains `workflow.`.
    Group(String),
    Exact(String),
}

/// A text that is neither an event type nor a pattern; the message is for the webhook's owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is malformed: use an event type, `<group>.*` such as `workflow.*`, or `*`")]
pub struct MalformedPattern(String);

impl EventPattern {
    /// Whether an event of this type matches.
    #[must_use]
    pub fn matches(&self, event_type: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Group(prefix) => {
                event_type.len() > prefix.len() && event_type.starts_with(prefix.as_str())
            }
            Self::Exact(name) => event_type == name,
        }
    }
}

impl FromStr for EventPattern {
    type Err = MalformedPattern;

    /// Checks only the form: a stored pattern stays readable when the catalogue changes.
    fn from_str(text: &str) -> Result<Self, MalformedPattern> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let name = text.strip_suffix(".*").unwrap_or(text);
        let word = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        if text.len() > 128 || !name.split('.').all(word) {
            // An error message would repeat a long text.
            let shown: String = text.chars().take(64).collect();
            return Err(MalformedPattern(shown));
        }
        Ok(if name.len() == text.len() {
            Self::Exact(name.to_owned())
        } else {
            Self::Group(format!("{name}."))
        })
    }
}

impl fmt::Display for EventPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Group(prefix) => write!(f, "{prefix}*"),
            Self::Exact(name) => f.write_str(name),
        }
    }
}

impl Serialize for EventPattern {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("*", "anything.at.all", true)]
    #[case("workflow.*", "workflow.completed", true)]
    #[case("workflow.*", "workflow.", false)]
    #[case("workflow.*", "workflows.completed", false)]
    #[case("workflow.completed", "workflow.completed", true)]
    #[case("workflow.completed", "workflow.completed.twice", false)]
    fn a_pattern_matches(#[case] pattern: &str, #[case] event_type: &str, #[case] expected: bool) {
        let parsed: EventPattern = pattern.parse().expect("valid");
        assert_eq!(parsed.matches(event_type), expected);
        assert_eq!(parsed.to_string(), pattern);
    }

    #[rstest]
    #[case("")]
    #[case(".*")]
    #[case("work*")]
    #[case("*.completed")]
    #[case("workflow.*.x")]
    #[case("workflow..completed")]
    #[case("Workflow.completed")]
    #[case("workflow.completed ")]
    fn a_malformed_pattern_is_refused(#[case] pattern: &str) {
        assert_eq!(pattern.parse::<EventPattern>(), Err(MalformedPattern(pattern.to_owned())));
    }
}
