//! The event types of a webhook: an event type, `<group>.*`, or `*`.

use crate::catalogue;
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

/// Why a text is not a pattern; the message is for the webhook's owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPattern {
    /// Neither an event type nor a pattern.
    #[error("`{0}` is malformed: use an event type, `<group>.*` such as `workflow.*`, or `*`")]
    Malformed(String),
    /// Well formed, but no event type has this name.
    #[error("`{0}` is not a known event type; `GET /api/event-types` lists them")]
    Unknown(String),
    /// A group without any event type.
    #[error("`{0}` matches no known event type; `GET /api/event-types` lists them")]
    MatchesNothing(String),
}

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

    /// Whether a built-in type matches, so that no other has to be looked up.
    #[must_use]
    pub fn matches_built_in(&self) -> bool {
        catalogue::first(self).is_some()
    }

    /// Reads a pattern. Refuses a pattern that matches no built-in type and is not in `known`.
    ///
    /// # Errors
    /// [`InvalidPattern`], which distinguishes the three cases.
    pub fn parse_known(text: &str, known: &[Self]) -> Result<Self, InvalidPattern> {
        let pattern: Self = text.parse()?;
        if pattern.matches_built_in() || known.contains(&pattern) {
            return Ok(pattern);
        }
        Err(match pattern {
            Self::Exact(name) => InvalidPattern::Unknown(name),
            Self::Group(_) | Self::Any => InvalidPattern::MatchesNothing(text.to_owned()),
        })
    }
}

impl FromStr for EventPattern {
    type Err = InvalidPattern;

    /// Checks only the form: a stored pattern stays readable when the catalogue changes.
    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
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
            return Err(InvalidPattern::Malformed(shown));
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
        let parsed = EventPattern::parse_known(pattern, &[]).expect("valid");
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
        assert!(matches!(
            EventPattern::parse_known(pattern, &[]),
            Err(InvalidPattern::Malformed(_))
        ));
    }

    #[test]
    fn a_pattern_that_nothing_can_match_is_refused() {
        let unknown = EventPattern::parse_known("invoice.paid", &[]);
        assert!(matches!(unknown, Err(InvalidPattern::Unknown(_))));
        let nothing = EventPattern::parse_known("invoice.*", &[]);
        assert!(matches!(nothing, Err(InvalidPattern::MatchesNothing(_))));
    }

    #[test]
    fn a_pattern_that_is_known_is_taken_whatever_is_built_in() {
        let known = [EventPattern::Exact("invoice.paid".into())];
        assert!(EventPattern::parse_known("invoice.paid", &known).is_ok());
        assert!(EventPattern::parse_known("invoice.*", &known).is_err());
    }
}
