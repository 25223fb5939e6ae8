//! Filters decide by an event's data whether a webhook gets the event. The language is that of
//! EventBridge's event patterns.
//!
//! A filter names fields and their allowed values: `{"state": ["new", {"prefix": "re"}]}`. All
//! fields must match; one entry of each list is enough. `docs/filter.md` describes the language for
//! users.
//!
//! [`Filter`] is the stored form: JSON text, whose numbers keep their digits. [`Filter::matcher`]
//! compiles it: `read` parses it and collects its faults, `scope` determines what to look for in
//! each object, and `plan` arranges that for one walk through the data. `matching` walks through an
//! event's data once, and compares each value with all conditions of its field at once (`index`).
//!
//! The cost of matching is proportional to the data plus the filter, and is counted in steps. A
//! filter that could take more than [`MAX_STEPS_PER_BYTE`] steps for each byte of the data is
//! refused when it is saved (`plan::cost` knows this before there is any data), so that a filter
//! never exceeds [`MAX_STEPS`].
//!
//! Where AWS's documentation is silent, this follows its open matcher (`aws/event-ruler`). Two
//! differences are intended: numbers of an event are compared exactly, however large (EventBridge
//! treats numbers beyond ±5·10⁹ as outside of every range); and a name with a dot is one name, not
//! a path.

mod condition;
mod explain;
mod index;
mod matching;
mod networks;
mod plan;
mod read;
mod scope;
mod text;
mod trie;
mod zones;

pub use crate::json::DamagedData;
use crate::{
    MAX_DATA_BYTES,
    fault::{Faults, FieldFault},
    json::tree::{Map, Tree},
};
pub use matching::Halt;
use plan::Plans;
pub use read::COMPARISONS;
use read::below;
use scope::{Outcome, Scope};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::value::RawValue;

/// Maximum size of a filter, in bytes of JSON without white space.
pub const MAX_BYTES: usize = 4096;
/// Maximum number of entries in all its lists together.
pub const MAX_CONDITIONS: usize = 100;
/// Maximum nesting of objects and lists.
pub const MAX_DEPTH: usize = 20;
/// Maximum number of ways to choose one branch of every `$or`: EventBridge's limit.
pub const MAX_COMBINATIONS: usize = 1000;

/// Maximum number of steps for each byte of the data and of the filter. A step is to walk over a
/// byte, to check one condition, or a similar amount of work.
pub const MAX_STEPS_PER_BYTE: usize = 32;
/// Maximum number of steps with the largest data. A filter that was stored before its cost was
/// checked may exceed it.
pub const MAX_STEPS: usize = MAX_STEPS_PER_BYTE * (MAX_DATA_BYTES + MAX_BYTES);

/// A filter as it is stored with its webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter(String);

/// A compiled filter.
#[derive(Debug)]
pub struct Matcher(Plans);

/// The result of a stored filter for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Matches,
    Differs,
    /// The filter cannot be read (another version stored it), or the data cannot. The event is
    /// delivered: a needless delivery is better than a lost event.
    Unreadable(String),
    /// The filter took too many steps. The event is delivered.
    OutOfSteps,
}

impl Verdict {
    /// Whether the webhook gets the event.
    #[must_use]
    pub fn delivers(&self) -> bool {
        !matches!(self, Self::Differs)
    }

    /// Why the filter could not decide, if it could not.
    #[must_use]
    pub fn undecided(&self) -> Option<Undecided> {
        match self {
            Self::Matches | Self::Differs => None,
            Self::Unreadable(_) => Some(Undecided::Unreadable),
            Self::OutOfSteps => Some(Undecided::OutOfSteps),
        }
    }
}

/// Why a filter could not decide about an event. The event is then delivered. The JSON names are
/// part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undecided {
    /// The filter took too many steps.
    OutOfSteps,
    /// The filter or the event's data could not be read.
    Unreadable,
}

impl Undecided {
    pub const ALL: [Self; 2] = [Self::OutOfSteps, Self::Unreadable];

    /// The name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OutOfSteps => "out_of_steps",
            Self::Unreadable => "unreadable",
        }
    }
}

/// A verdict and its cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The steps that were used.
    pub steps: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Whether the data matches.
    pub holds: bool,
    /// The steps that were used.
    pub steps: usize,
}

impl Filter {
    /// Reads a filter from JSON text without duplicate keys.
    ///
    /// # Errors
    /// Every fault. Its place is a JSON pointer behind the name `field` of the filter:
    /// `filter/state/0/prefix`.
    pub fn parse(text: &str, field: &str) -> Result<Self, Vec<FieldFault>> {
        let fields = object(text, field)?;
        let plans = Plans::of(&[&compile(&fields, field)?]);
        check_cost(&plans, field)?;
        Ok(Self(Tree::Object(fields).to_string()))
    }

    /// The text of a filter after a merge patch (RFC 7396, JSON text). `None` if the patch is not
    /// JSON.
    #[must_use]
    pub fn patched(before: Option<&Self>, patch: &str) -> Option<String> {
        let before = before.and_then(|filter| Tree::parse(&filter.0).ok()).unwrap_or(Tree::Null);
        Some(before.patched(Tree::parse(patch).ok()?).to_string())
    }

    /// A filter as it was stored. It is parsed when it is used.
    #[must_use]
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The filter as JSON text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compiles the filter.
    ///
    /// # Errors
    /// Every fault, if another version stored the filter.
    pub fn matcher(&self) -> Result<Matcher, Vec<FieldFault>> {
        let scope = compile(&object(&self.0, "filter")?, "filter")?;
        Ok(Matcher(Plans::of(&[&scope])))
    }

    /// Whether an event with this data (JSON text) is delivered.
    #[must_use]
    pub fn verdict(&self, data: &str) -> Verdict {
        self.judge(data).verdict
    }

    /// Like [`Self::verdict`], with the number of steps.
    #[must_use]
    pub fn judge(&self, data: &str) -> Judgement {
        let matcher = match self.matcher() {
            Ok(matcher) => matcher,
            Err(faults) => {
                let first =
                    faults.first().map(|fault| format!("{} {}", fault.field, fault.message));
                let verdict = Verdict::Unreadable(first.unwrap_or_default());
                return Judgement { verdict, steps: 0 };
            }
        };
        let (verdict, steps) = match matcher.matches(data) {
            Ok(Match { holds: true, steps }) => (Verdict::Matches, steps),
            Ok(Match { holds: false, steps }) => (Verdict::Differs, steps),
            Err(Halt::Damaged(damaged)) => (Verdict::Unreadable(damaged.to_string()), 0),
            Err(Halt::OutOfSteps) => (Verdict::OutOfSteps, MAX_STEPS),
        };
        Judgement { verdict, steps }
    }
}

impl Serialize for Filter {
    /// As JSON; text that is not JSON becomes a string.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serde_json::from_str::<&RawValue>(&self.0) {
            Ok(json) => json.serialize(serializer),
            Err(_) => serializer.serialize_str(&self.0),
        }
    }
}

impl Matcher {
    /// Whether an event with this data (JSON text) matches.
    ///
    /// # Errors
    /// [`Halt`] if a part of the data that was read is not JSON, or if matching takes more than
    /// [`MAX_STEPS`].
    pub fn matches(&self, data: &str) -> Result<Match, Halt> {
        let answers = matching::ask(&self.0, data, MAX_STEPS)?;
        let holds = answers.outcomes.first().is_some_and(|outcome| *outcome != Outcome::No);
        Ok(Match { holds, steps: answers.steps })
    }
}

fn object(text: &str, field: &str) -> Result<Map, Vec<FieldFault>> {
    let message = match Tree::parse(text) {
        Ok(Tree::Object(fields)) => return Ok(fields),
        Ok(_) => "must be an object".to_owned(),
        Err(error) => format!("is not JSON: {error}"),
    };
    Err(vec![FieldFault { field: field.to_owned(), message }])
}

/// Compiles a filter, or returns all its faults.
fn compile(input: &Map, field: &str) -> Result<Scope, Vec<FieldFault>> {
    let mut faults = Faults::default();
    let bytes = Tree::Object(input.clone()).to_string().len();
    if bytes > MAX_BYTES {
        faults.add(field, format!("may have at most {MAX_BYTES} bytes, not {bytes}"));
    } else if !input.values().all(|value| is_shallow(value, MAX_DEPTH - 1)) {
        faults.add(field, format!("may have at most {MAX_DEPTH} levels"));
    }
    if !faults.is_empty() {
        return Err(faults.into_vec());
    }
    let mut reader = read::Reader::new(&mut faults);
    let all = reader.object(input, field, false);
    let (conditions, combinations) = (reader.conditions(), reader.combinations());
    if conditions > MAX_CONDITIONS {
        let message = format!("may have at most {MAX_CONDITIONS} conditions, not {conditions}");
        faults.add(field, message);
    }
    if combinations > MAX_COMBINATIONS {
        let message = format!("its `$or`s may have at most {MAX_COMBINATIONS} combinations");
        faults.add(field, message);
    }
    if !faults.is_empty() {
        return Err(faults.into_vec());
    }
    match scope::lower(&all, field, &mut faults) {
        Some(scope) if faults.is_empty() => Ok(scope),
        _ => Err(faults.into_vec()),
    }
}

/// Refuses a filter that could take too long with large data.
fn check_cost(plans: &Plans, field: &str) -> Result<(), Vec<FieldFault>> {
    let cost = plans.cost();
    let most = MAX_STEPS_PER_BYTE;
    if cost.per_byte > most as f64 {
        let field = cost.dearest.iter().fold(field.to_owned(), |place, name| below(&place, name));
        let remedy = if cost.for_objects {
            "name this field in fewer branches of `$or`"
        } else {
            "use fewer wildcards and `anything-but`s on this field"
        };
        let steps = cost.per_byte.ceil();
        let message = format!(
            "could take {steps} steps for each byte of the data, and {most} are the most: {remedy}"
        );
        return Err(vec![FieldFault { field, message }]);
    }
    if cost.fixed > most * MAX_BYTES {
        let message = "takes too many steps: use fewer branches of `$or`".to_owned();
        return Err(vec![FieldFault { field: field.to_owned(), message }]);
    }
    Ok(())
}

fn is_shallow(value: &Tree, levels: usize) -> bool {
    match value {
        Tree::List(list) => levels > 0 && list.iter().all(|value| is_shallow(value, levels - 1)),
        Tree::Object(map) => levels > 0 && map.values().all(|value| is_shallow(value, levels - 1)),
        _ => true,
    }
}

#[cfg(test)]
mod cost_tests;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod refused_tests;
#[cfg(test)]
mod tests;
