//! Conflicts: two events with the same id. The first is stored and delivered. A second one with
//! another type or other data is a mistake of its publisher, and is reported.

use super::{Event, EventContent};
use grapnel_languages::{
    decimal::Decimal,
    json::{Cursor, DamagedData, Scalar},
};
use serde::Serialize;
use std::hash::{DefaultHasher, Hash, Hasher};

/// How an event differs from the stored event with the same id. The JSON names are part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// It has another type.
    OtherType,
    /// It has other data.
    OtherData,
}

impl Event {
    /// How another event with this event's id differs from it; `None` if it is the same event
    /// again. White space, the order of keys, escapes and the spelling of numbers make no
    /// difference, and neither does the time, because a bus gives each repetition a new time.
    /// Erased data cannot be compared, and counts as the same.
    #[must_use]
    pub fn difference(&self, other: &EventContent) -> Option<Difference> {
        if self.content.event_type != other.event_type {
            return Some(Difference::OtherType);
        }
        let is_same = self.payload_erased_at.is_some()
            || self.content.data == other.data
            || matches!((digest(&self.content.data), digest(&other.data)), (Ok(one), Ok(two)) if one == two);
        (!is_same).then_some(Difference::OtherData)
    }
}

/// A list or an object that is still being read.
enum Open {
    List(DefaultHasher),
    /// The digests of fields, and of the key of the current field.
    Object(Vec<(u64, u64)>, u64),
}

impl Open {
    /// Moves to the next value in it; `false` at its end.
    fn advance(&mut self, cursor: &mut Cursor<'_>) -> Result<bool, DamagedData> {
        match self {
            Self::List(_) => cursor.has_next_item(),
            Self::Object(_, key) => Ok(match cursor.next_key()? {
                Some(text) => {
                    *key = digest_of(&text);
                    true
                }
                None => false,
            }),
        }
    }

    fn add(&mut self, value: u64) {
        match self {
            Self::List(hasher) => value.hash(hasher),
            Self::Object(fields, key) => fields.push((*key, value)),
        }
    }

    fn close(self) -> u64 {
        match self {
            Self::List(hasher) => hasher.finish(),
            Self::Object(mut fields, _) => {
                fields.sort_unstable();
                digest_of(&("object", fields))
            }
        }
    }
}

fn digest_of(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// A digest that is the same for equal JSON values. Nesting uses no stack. It only distinguishes
/// one owner's events: an owner who finds two values with the same digest harms nobody else.
fn digest(text: &str) -> Result<u64, DamagedData> {
    let mut cursor = Cursor::new(text);
    let mut open: Vec<Open> = Vec::new();
    loop {
        let mut done = match cursor.peek()? {
            b'{' => {
                cursor.enter_object()?;
                open.push(Open::Object(Vec::new(), 0));
                None
            }
            b'[' => {
                cursor.enter_list()?;
                let mut hasher = DefaultHasher::new();
                "list".hash(&mut hasher);
                open.push(Open::List(hasher));
                None
            }
            _ => Some(match cursor.scalar()? {
                Scalar::Null => digest_of("null"),
                Scalar::Bool(value) => digest_of(&("bool", value)),
                Scalar::Number(number) => {
                    digest_of(&("number", Decimal::parse(number).canonical()))
                }
                Scalar::Text(text) => digest_of(&("text", text)),
            }),
        };
        // Adds a value to its parent, and closes all parents that end with it.
        loop {
            if let Some(value) = done.take() {
                match open.last_mut() {
                    Some(around) => around.add(value),
                    None => return Ok(value),
                }
            }
            let Some(inner) = open.last_mut() else { return Err(DamagedData) };
            if inner.advance(&mut cursor)? {
                break;
            }
            done = open.pop().map(Open::close);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Timestamp;
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::Value;

    fn content(event_type: &str, data: &str) -> EventContent {
        EventContent {
            event_type: event_type.into(),
            source: "shop".into(),
            time: Timestamp::from_millis(0),
            data: data.into(),
        }
    }

    fn stored(data: &str) -> Event {
        let event = crate::samples::event(Timestamp::from_millis(0));
        Event { content: content("lead.created", data), ..event }
    }

    #[rstest]
    #[case::itself(r#"{"a":1}"#, r#"{"a":1}"#)]
    #[case::white_space(r#"{"a":[1,2]}"#, "{ \"a\" : [1,\n2]\t}")]
    #[case::order_of_keys(r#"{"a":1,"b":{"c":2,"d":3}}"#, r#"{"b":{"d":3,"c":2},"a":1}"#)]
    #[case::escapes(r#"{"a":"é/🦞"}"#, r#"{"a":"\u00e9\/\ud83e\udd9e"}"#)]
    #[case::numbers(r#"{"a":[1.50,1e2,-0,0.001]}"#, r#"{"a":[1.5,100,0.0,1E-3]}"#)]
    #[case::nothing("{}", "{ }")]
    fn the_same_data_are_the_same_event(#[case] one: &str, #[case] other: &str) {
        assert_eq!(stored(one).difference(&content("lead.created", other)), None);
        assert_eq!(stored(other).difference(&content("lead.created", one)), None);
    }

    #[rstest]
    #[case::value(r#"{"a":1}"#, r#"{"a":2}"#)]
    #[case::type_of_value(r#"{"a":1}"#, r#"{"a":"1"}"#)]
    #[case::key(r#"{"a":1}"#, r#"{"b":1}"#)]
    #[case::one_more(r#"{"a":1}"#, r#"{"a":1,"b":null}"#)]
    #[case::order_of_a_list(r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#)]
    #[case::nesting(r#"{"a":[[1],2]}"#, r#"{"a":[1,[2]]}"#)]
    #[case::empty_list(r#"{"a":[]}"#, r#"{"a":{}}"#)]
    #[case::swapped(r#"{"a":1,"b":2}"#, r#"{"a":2,"b":1}"#)]
    #[case::large_numbers(r#"{"a":12345678901234567890123}"#, r#"{"a":12345678901234567890124}"#)]
    #[case::far_digits(r#"{"a":0.10000000000000000001}"#, r#"{"a":0.1}"#)]
    #[case::exponents(r#"{"a":1e400}"#, r#"{"a":1e401}"#)]
    #[case::case(r#"{"a":"A"}"#, r#"{"a":"a"}"#)]
    fn other_data_are_another_event(#[case] one: &str, #[case] other: &str) {
        let difference = stored(one).difference(&content("lead.created", other));
        assert_eq!(difference, Some(Difference::OtherData));
    }

    #[test]
    fn another_type_is_another_event() {
        let difference = stored("{}").difference(&content("lead.enriched", "{}"));
        assert_eq!(difference, Some(Difference::OtherType));
    }

    #[test]
    fn what_was_erased_cannot_be_compared() {
        let erased = Event { payload_erased_at: Some(Timestamp::from_millis(9)), ..stored("") };
        assert_eq!(erased.difference(&content("lead.created", r#"{"a":1}"#)), None);
        let other = erased.difference(&content("lead.enriched", "{}"));
        assert_eq!(other, Some(Difference::OtherType));
    }

    #[test]
    fn deep_nesting_costs_no_stack() {
        let deep = |inner: &str| format!("{}{inner}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(digest(&deep("1")), digest(&deep(" 1.0 ")));
        assert_ne!(digest(&deep("1")), digest(&deep("2")));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..3_i64).prop_map(Value::from),
            "[ab]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::vec(("[ab]{1,2}", inner), 0..3)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn digests_are_equal_where_values_are(one in json(), other in json()) {
            let compact = serde_json::to_string(&one).expect("serialises");
            let pretty = serde_json::to_string_pretty(&one).expect("serialises");
            prop_assert_eq!(digest(&compact), digest(&pretty));
            let other_text = serde_json::to_string(&other).expect("serialises");
            prop_assert_eq!(digest(&compact) == digest(&other_text), one == other);
        }

        #[test]
        fn no_text_makes_it_panic_or_go_on_for_ever(text in r#"[\[\]{}",:\\u0-9a-f ntrlsé-]{0,40}"#) {
            let _ = digest(&text);
        }
    }
}
