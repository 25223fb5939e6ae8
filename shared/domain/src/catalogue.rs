//! The event types. Ten that the platform publishes are built in, each with a sample of its data. A
//! deployment can add types, and can change the description of built-in types.

mod own;

pub use own::{
    EventTypeName, InvalidName, MAX_DESCRIPTION_CHARS, MAX_OWN_TYPES, MAX_SAMPLE_BYTES, OwnType,
};

use crate::{
    schema::Schema,
    webhook::{EventPattern, pattern::MalformedPattern},
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// A built-in event type with a sample.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// For example `lead.created`.
    pub name: &'static str,
    /// A complete sample event in EventBridge's form (JSON); its `detail` is the data.
    pub sample: &'static str,
}

macro_rules! catalogue {
    ($($name:literal),+ $(,)?) => {
        &[$(BuiltIn {
            name: $name,
            sample: include_str!(concat!("../../../events/", $name, ".json")),
        }),+]
    };
}

/// Every built-in event type.
pub const BUILT_IN: &[BuiltIn] = catalogue![
    "workflow.completed",
    "workflow.failed",
    "agent.completed",
    "agent.failed",
    "lead.created",
    "lead.enriched",
    "email.received",
    "email.sent",
    "task.completed",
    "task.failed",
];

/// Looks up a built-in event type by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|known| known.name == name)
}

/// The first built-in event type that the pattern matches.
#[must_use]
pub fn first(pattern: &EventPattern) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|known| pattern.matches(known.name))
}

/// Why a webhook cannot have a pattern; the message is for the webhook's owner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPattern {
    #[error(transparent)]
    Malformed(#[from] MalformedPattern),
    /// Well formed, but no event type has this name.
    #[error("`{0}` is not a known event type; `GET /api/event-types` lists them")]
    Unknown(String),
    /// A group without any event type.
    #[error("`{0}` matches no known event type; `GET /api/event-types` lists them")]
    MatchesNothing(String),
}

/// Reads a pattern. Refuses a pattern that matches no built-in type and is not in `known`.
///
/// # Errors
/// [`InvalidPattern`], which distinguishes the three cases.
pub fn parse_known(text: &str, known: &[EventPattern]) -> Result<EventPattern, InvalidPattern> {
    let pattern: EventPattern = text.parse()?;
    if first(&pattern).is_some() || known.contains(&pattern) {
        return Ok(pattern);
    }
    Err(match pattern {
        EventPattern::Exact(name) => InvalidPattern::Unknown(name),
        EventPattern::Group(_) | EventPattern::Any => {
            InvalidPattern::MatchesNothing(text.to_owned())
        }
    })
}

impl BuiltIn {
    /// The data of its sample (JSON text), as it is written. Empty if the sample is not an event.
    #[must_use]
    pub fn data(&self) -> &'static str {
        #[derive(Deserialize)]
        struct Sample<'a> {
            #[serde(borrow)]
            detail: &'a RawValue,
        }
        serde_json::from_str::<Sample<'static>>(self.sample).map_or("", |it| it.detail.get())
    }
}

/// An event type in the catalogue: built in, the deployment's, or built in with the deployment's
/// changes.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    name: &'a str,
    built_in: Option<&'static BuiltIn>,
    own: Option<&'a OwnType>,
}

impl<'a> Entry<'a> {
    /// The event type with this name, if there is one.
    #[must_use]
    pub fn of(name: &'a str, own: Option<&'a OwnType>) -> Option<Self> {
        let built_in = find(name);
        (built_in.is_some() || own.is_some()).then_some(Self { name, built_in, own })
    }

    /// The built-in types and the deployment's types, sorted by name.
    #[must_use]
    pub fn merged(own: &'a [OwnType]) -> Vec<Self> {
        let mut all: Vec<Self> =
            own.iter().filter_map(|it| Self::of(it.name.as_str(), Some(it))).collect();
        let named = |name: &str| own.iter().any(|it| it.name.as_str() == name);
        let others = BUILT_IN.iter().filter(|known| !named(known.name));
        all.extend(others.filter_map(|known| Self::of(known.name, None)));
        all.sort_unstable_by_key(|entry| entry.name);
        all
    }

    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    #[must_use]
    pub fn is_built_in(&self) -> bool {
        self.built_in.is_some()
    }

    /// The deployment's description.
    #[must_use]
    pub fn own(&self) -> Option<&'a OwnType> {
        self.own
    }

    /// Whether it should no longer be used.
    #[must_use]
    pub fn is_deprecated(&self) -> bool {
        self.own.is_some_and(|own| own.deprecated)
    }

    /// The schema of its data, if it has one.
    #[must_use]
    pub fn schema(&self) -> Option<&'a Schema> {
        self.own.and_then(|own| own.schema.as_ref())
    }

    /// A sample of its data (JSON text): the deployment's, otherwise the built-in one.
    #[must_use]
    pub fn sample(&self) -> Option<&'a str> {
        let own = self.own.and_then(|own| own.sample.as_deref());
        own.or_else(|| self.built_in.map(BuiltIn::data))
    }

    /// Whether its sample is the built-in one, which was made for the demo's user.
    #[must_use]
    pub fn has_built_in_sample(&self) -> bool {
        self.built_in.is_some() && self.own.is_none_or(|own| own.sample.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;

    fn own(name: &str) -> OwnType {
        let at = Timestamp::from_millis(0);
        OwnType {
            name: name.parse().expect("a name"),
            description: None,
            deprecated: true,
            schema: None,
            sample: Some(r#"{"n":1}"#.into()),
            created_at: at,
            updated_at: at,
        }
    }

    #[test]
    fn every_type_that_is_built_in_has_data_and_a_name_of_the_form() {
        for known in BUILT_IN {
            assert!(known.data().starts_with('{'), "{}", known.name);
            assert!(known.name.parse::<EventTypeName>().is_ok(), "{}", known.name);
        }
    }

    #[test]
    fn a_pattern_of_built_in_types_is_taken_and_a_malformed_one_is_refused() {
        for pattern in ["*", "workflow.*", "workflow.completed"] {
            let parsed = parse_known(pattern, &[]).map(|it| it.to_string());
            assert_eq!(parsed, Ok(pattern.to_owned()));
        }
        let malformed = parse_known("work*", &[]);
        assert!(matches!(malformed, Err(InvalidPattern::Malformed(_))), "{malformed:?}");
    }

    #[test]
    fn a_pattern_that_nothing_can_match_is_refused() {
        let unknown = parse_known("invoice.paid", &[]);
        assert!(matches!(unknown, Err(InvalidPattern::Unknown(_))));
        let nothing = parse_known("invoice.*", &[]);
        assert!(matches!(nothing, Err(InvalidPattern::MatchesNothing(_))));
    }

    #[test]
    fn a_pattern_that_is_known_is_taken_whatever_is_built_in() {
        let known = [EventPattern::Exact("invoice.paid".into())];
        assert!(parse_known("invoice.paid", &known).is_ok());
        assert!(parse_known("invoice.*", &known).is_err());
    }

    #[test]
    fn both_kinds_are_one_list_and_ones_own_word_counts() {
        let own = [own("invoice.paid"), own("lead.created")];
        let all = Entry::merged(&own);
        assert_eq!(all.len(), BUILT_IN.len() + 1);
        assert!(all.windows(2).all(|pair| pair[0].name() < pair[1].name()));
        let named = |name: &str| *all.iter().find(|entry| entry.name() == name).expect("there");
        let (paid, created, sent) =
            (named("invoice.paid"), named("lead.created"), named("email.sent"));
        assert_eq!([paid, created, sent].map(|it| it.is_built_in()), [false, true, true]);
        assert_eq!([paid, created, sent].map(|it| it.is_deprecated()), [true, true, false]);
        assert_eq!([paid, created].map(|it| it.sample()), [Some(r#"{"n":1}"#); 2]);
        assert!(sent.sample().is_some_and(|data| data.contains("userId")));
        assert_eq!([paid, created, sent].map(|it| it.has_built_in_sample()), [false, false, true]);
        assert!(Entry::of("no.such", None).is_none());
    }
}
