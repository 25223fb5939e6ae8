//! What a request filters event types by: one parser for deliveries, events, event types, replays
//! and webhooks.

use crate::webhook::EventPattern;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::{fmt, str::FromStr};

/// Event types that a request asks for: one type, a group such as `lead.*`, or `*` for every type.
///
/// Unlike an [`EventPattern`] in a webhook's `events`, it takes any type that an event can have: a
/// webhook of every event also receives types that no catalogue knows, such as `Order placed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeFilter(EventPattern);

/// A text that no event type fits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an event type such as `lead.created`, a group such as `lead.*`, or `*`, of at most {} characters",
    TypeFilter::MAX_CHARS
)]
pub struct InvalidTypeFilter;

impl TypeFilter {
    /// Longest text, in characters: as long as the longest type in bytes.
    pub const MAX_CHARS: usize = super::inbound::MAX_NAME_BYTES;

    /// Whether an event of this type is asked for.
    #[must_use]
    pub fn includes(&self, event_type: &str) -> bool {
        self.0.matches(event_type)
    }

    /// Whether one of the types that are asked for can match `pattern`.
    #[must_use]
    pub fn overlaps(&self, pattern: &EventPattern) -> bool {
        use EventPattern::{Any, Exact, Group};
        match (&self.0, pattern) {
            (Any, _) | (_, Any) => true,
            (Exact(name), pattern) | (pattern, Exact(name)) => pattern.matches(name),
            (Group(one), Group(other)) => one.starts_with(other) || other.starts_with(one),
        }
    }

    /// Whether every type is asked for.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.0 == EventPattern::Any
    }
}

impl FromStr for TypeFilter {
    type Err = InvalidTypeFilter;

    fn from_str(text: &str) -> Result<Self, InvalidTypeFilter> {
        if !(1..=Self::MAX_CHARS).contains(&text.chars().count()) {
            return Err(InvalidTypeFilter);
        }
        Ok(Self(match text.strip_suffix('*') {
            Some("") => EventPattern::Any,
            Some(prefix) if prefix.ends_with('.') => EventPattern::Group(prefix.to_owned()),
            _ => EventPattern::Exact(text.to_owned()),
        }))
    }
}

impl fmt::Display for TypeFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for TypeFilter {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TypeFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("lead.created", &["lead.created"], &["lead.created.twice", "lead", "Lead.created"])]
    #[case("lead.*", &["lead.created", "lead.a.b", "lead.Ü"], &["lead.", "lead", "leads.created"])]
    #[case("a.b.*", &["a.b.c"], &["a.b", "a.c"])]
    #[case("*", &["lead.created", "Order placed", "x"], &[])]
    #[case("Order placed", &["Order placed"], &["Order"])]
    #[case("Orders.*", &["Orders.placed"], &["orders.placed"])]
    #[case("lead*", &["lead*"], &["lead.created", "leads"])]
    #[case("*.created", &["*.created"], &["lead.created"])]
    fn a_filter_includes_types(#[case] text: &str, #[case] yes: &[&str], #[case] no: &[&str]) {
        let filter: TypeFilter = text.parse().expect("a filter");
        assert!(yes.iter().all(|name| filter.includes(name)), "{text}");
        assert!(!no.iter().any(|name| filter.includes(name)), "{text}");
        assert_eq!(filter.to_string(), text);
        let json = serde_json::to_string(&filter).expect("serialises");
        assert_eq!(serde_json::from_str::<TypeFilter>(&json).expect("reads back"), filter);
    }

    #[test]
    fn a_filter_has_a_length() {
        assert_eq!("".parse::<TypeFilter>(), Err(InvalidTypeFilter));
        assert!("ü".repeat(256).parse::<TypeFilter>().is_ok());
        assert_eq!("x".repeat(257).parse::<TypeFilter>(), Err(InvalidTypeFilter));
    }

    #[rstest]
    #[case("lead.created", "lead.created", true)]
    #[case("lead.created", "lead.*", true)]
    #[case("lead.created", "lead.enriched", false)]
    #[case("lead.*", "lead.created", true)]
    #[case("lead.*", "*", true)]
    #[case("*", "task.*", true)]
    #[case("lead.*", "lead.eu.*", true)]
    #[case("lead.eu.*", "lead.*", true)]
    #[case("lead.*", "leads.*", false)]
    #[case("lead.*", "task.failed", false)]
    fn a_filter_overlaps_a_pattern(
        #[case] filter: &str,
        #[case] pattern: &str,
        #[case] expected: bool,
    ) {
        let filter: TypeFilter = filter.parse().expect("a filter");
        assert_eq!(filter.overlaps(&pattern.parse().expect("a pattern")), expected);
    }
}
