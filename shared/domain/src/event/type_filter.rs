//! The filter of event types in requests: one parser for deliveries, events, event types, replays
//! and webhooks.

use crate::webhook::EventPattern;
use serde::{Deserialize, Deserializer, Serialize};
use std::{fmt, str::FromStr};

/// The event types that a request selects: one type, a group such as `lead.*`, or `*` for every
/// type.
///
/// Unlike an [`EventPattern`] in a webhook's `events`, it accepts any type that an event can have:
/// a webhook for every event also receives types outside the catalogue, such as `Order placed`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeFilter(EventPattern);

/// A text that is neither an event type nor a group.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an event type such as `lead.created`, a group such as `lead.*`, or `*`, of at most {} characters",
    TypeFilter::MAX_CHARS
)]
pub struct InvalidTypeFilter;

impl TypeFilter {
    /// Longest text, in characters: as long as the longest type in bytes.
    pub const MAX_CHARS: usize = super::inbound::MAX_NAME_BYTES;

    fn of(text: &str) -> Self {
        Self(match text.strip_suffix('*') {
            Some("") => EventPattern::Any,
            Some(prefix) if prefix.ends_with('.') => EventPattern::Group(prefix.to_owned()),
            _ => EventPattern::Exact(text.to_owned()),
        })
    }

    /// Whether it selects an event of this type.
    #[must_use]
    pub fn includes(&self, event_type: &str) -> bool {
        self.0.matches(event_type)
    }

    /// Whether one of the selected types can match `pattern`.
    #[must_use]
    pub fn overlaps(&self, pattern: &EventPattern) -> bool {
        use EventPattern::{Any, Exact, Group};
        match (&self.0, pattern) {
            (Any, _) | (_, Any) => true,
            (Exact(name), pattern) | (pattern, Exact(name)) => pattern.matches(name),
            (Group(one), Group(other)) => one.starts_with(other) || other.starts_with(one),
        }
    }

    /// Whether it selects every type.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.0 == EventPattern::Any
    }
}

impl FromStr for TypeFilter {
    type Err = InvalidTypeFilter;

    /// Reads the filter of a request. A `*` is valid only alone or as the last word of a group:
    /// anywhere else it is a mistake that would be answered with an empty list.
    fn from_str(text: &str) -> Result<Self, InvalidTypeFilter> {
        let has_a_length = (1..=Self::MAX_CHARS).contains(&text.chars().count());
        let is_formed = match text.strip_suffix(".*") {
            Some(group) => !group.contains('*') && group.split('.').all(|word| !word.is_empty()),
            None => text == "*" || !text.contains('*'),
        };
        if has_a_length && is_formed { Ok(Self::of(text)) } else { Err(InvalidTypeFilter) }
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

/// A stored replay stays readable, even if its filter would be refused now.
impl<'de> Deserialize<'de> for TypeFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(&String::deserialize(deserializer)?))
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
    #[case("Done.", &["Done."], &["Done"])]
    #[case("Orders.*", &["Orders.placed"], &["orders.placed"])]
    fn a_filter_includes_types(#[case] text: &str, #[case] yes: &[&str], #[case] no: &[&str]) {
        let filter: TypeFilter = text.parse().expect("a filter");
        assert!(yes.iter().all(|name| filter.includes(name)), "{text}");
        assert!(!no.iter().any(|name| filter.includes(name)), "{text}");
        assert_eq!(filter.to_string(), text);
        let json = serde_json::to_string(&filter).expect("serialises");
        assert_eq!(serde_json::from_str::<TypeFilter>(&json).expect("reads back"), filter);
    }

    #[rstest]
    fn a_malformed_filter_is_refused_and_stays_readable_where_it_is_stored(
        #[values(
            "le*",
            "tas*",
            "lead.**",
            "**",
            "*.created",
            "lead.*.x",
            ".*",
            "lead..*",
            "l*d.*"
        )]
        text: &str,
    ) {
        assert_eq!(text.parse::<TypeFilter>(), Err(InvalidTypeFilter));
        let stored: TypeFilter = serde_json::from_value(text.into()).expect("reads");
        assert_eq!(stored.to_string(), text);
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
