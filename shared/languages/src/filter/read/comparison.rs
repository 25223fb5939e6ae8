//! One entry of a field's list: a value, or `{"<comparison>": …}`.

use super::{COMPARISONS, Reader, below};
use crate::{
    decimal::Decimal,
    filter::{
        condition::{Bound, Condition, Interval},
        text::Wildcard,
    },
    json::tree::Tree,
};
use ipnet::IpNet;

/// Limits of the numbers in `numeric` and `anything-but`, and of their decimals, as in EventBridge.
const BOUND: &str = "5000000000";
const MAX_DECIMALS: i64 = 6;

impl Reader<'_> {
    pub(super) fn condition(&mut self, entry: &Tree, place: &str) -> Option<Condition> {
        self.conditions += 1;
        match entry {
            Tree::Null => Some(Condition::Null),
            Tree::Bool(value) => Some(Condition::Bool(*value)),
            Tree::Number(number) => Some(Condition::Number(Decimal::parse(number))),
            Tree::Text(text) => Some(Condition::Text(text.clone())),
            Tree::Object(map) => {
                let mut entries = map.iter();
                let (Some((name, value)), None) = (entries.next(), entries.next()) else {
                    self.fault(place, "must have exactly one comparison");
                    return None;
                };
                self.comparison(name, value, &below(place, name))
            }
            Tree::List(_) => {
                self.fault(place, "must be a value or a comparison, not a list");
                None
            }
        }
    }

    fn comparison(&mut self, name: &str, value: &Tree, place: &str) -> Option<Condition> {
        match name {
            "prefix" | "suffix" => self.end_of_text(name == "prefix", value, place),
            "equals-ignore-case" => {
                self.text(value, place).map(|text| Condition::EqualsIgnoringCase(text.to_owned()))
            }
            "wildcard" => self.wildcard(value, place),
            "anything-but" => self.anything_but(value, place),
            "numeric" => self.numeric(value, place),
            "cidr" => self.cidr(value, place),
            "exists" => match value {
                Tree::Bool(true) => Some(Condition::Exists),
                Tree::Bool(false) => Some(Condition::Missing),
                _ => {
                    self.fault(place, "must be true or false");
                    None
                }
            },
            _ => {
                let known = COMPARISONS.join(", ");
                self.fault(place, format!("is no comparison; known are {known}"));
                None
            }
        }
    }

    fn text<'v>(&mut self, value: &'v Tree, place: &str) -> Option<&'v str> {
        let text = value.as_text();
        if text.is_none() {
            self.fault(place, "must be a string");
        }
        text
    }

    fn end_of_text(&mut self, first: bool, value: &Tree, place: &str) -> Option<Condition> {
        let Tree::Object(map) = value else {
            let text = self.text(value, place)?.to_owned();
            return Some(if first { Condition::Prefix(text) } else { Condition::Suffix(text) });
        };
        let mut entries = map.iter();
        match (entries.next(), entries.next()) {
            (Some((name, value)), None) if name == "equals-ignore-case" => {
                let text = self.text(value, &below(place, name))?.to_owned();
                Some(if first {
                    Condition::PrefixIgnoringCase(text)
                } else {
                    Condition::SuffixIgnoringCase(text)
                })
            }
            _ => {
                self.fault(place, "must be a string, or an object with `equals-ignore-case` alone");
                None
            }
        }
    }

    fn wildcard(&mut self, value: &Tree, place: &str) -> Option<Condition> {
        match Wildcard::parse(self.text(value, place)?) {
            Ok(wildcard) => Some(Condition::Wildcard(wildcard)),
            Err(invalid) => {
                self.fault(place, invalid.to_string());
                None
            }
        }
    }

    fn cidr(&mut self, value: &Tree, place: &str) -> Option<Condition> {
        let text = self.text(value, place)?;
        match text.parse::<IpNet>() {
            Ok(network) if network.addr() == network.network() => Some(Condition::Cidr(network)),
            Ok(network) => {
                let meant = network.trunc();
                self.fault(place, format!("has bits beyond its mask; write `{meant}`"));
                None
            }
            Err(_) => {
                self.fault(place, "must be a block of addresses such as `10.0.0.0/24`");
                None
            }
        }
    }

    /// A value or a list of values: all text, or all numbers, or one comparison of text.
    fn anything_but(&mut self, value: &Tree, place: &str) -> Option<Condition> {
        let Tree::Object(map) = value else {
            let (all_text, all_numbers) = match value {
                Tree::List(list) => (list.iter().all(is_text), list.iter().all(is_number)),
                single => (is_text(single), is_number(single)),
            };
            if !all_text && !all_numbers {
                self.fault(
                    place,
                    "must be a string, a number, a list of strings, a list of numbers, or an object",
                );
                return None;
            }
            return self.none_of(value, place, |reader, entry, place| match entry {
                Tree::Text(text) => Some(Condition::Text(text.clone())),
                other => reader.bounded_number(other, place).map(Condition::Number),
            });
        };
        let mut entries = map.iter();
        let (Some((name, value)), None) = (entries.next(), entries.next()) else {
            self.fault(place, "must have exactly one comparison");
            return None;
        };
        let place = below(place, name);
        match name.as_str() {
            "prefix" | "suffix" => self.none_of(value, &place, |reader, entry, place| {
                let text = reader.text(entry, place)?;
                if text.is_empty() {
                    reader.fault(place, "must not be empty: nothing would ever match");
                    return None;
                }
                reader.end_of_text(name == "prefix", entry, place)
            }),
            "equals-ignore-case" => self.none_of(value, &place, |reader, entry, place| {
                let text = reader.text(entry, place)?;
                Some(Condition::EqualsIgnoringCase(text.to_owned()))
            }),
            "wildcard" => self.none_of(value, &place, Self::wildcard),
            _ => {
                self.fault(
                    &place,
                    "cannot stand here; anything-but takes prefix, suffix, equals-ignore-case or \
                     wildcard",
                );
                None
            }
        }
    }

    /// `anything-but` of a single entry or of a list.
    fn none_of(
        &mut self,
        value: &Tree,
        place: &str,
        read: impl Fn(&mut Self, &Tree, &str) -> Option<Condition>,
    ) -> Option<Condition> {
        let Tree::List(list) = value else {
            return read(self, value, place).map(|only| Condition::AnythingBut(vec![only]));
        };
        if list.is_empty() {
            self.fault(place, "must have at least one entry");
            return None;
        }
        self.conditions += list.len() - 1;
        let mut all = Vec::with_capacity(list.len());
        for (index, entry) in list.iter().enumerate() {
            all.extend(read(self, entry, &below(place, &index.to_string())));
        }
        Some(Condition::AnythingBut(all))
    }

    /// `["=", 5]`, `[">", 0]`, `[">", 0, "<=", 5]`.
    fn numeric(&mut self, value: &Tree, place: &str) -> Option<Condition> {
        let list = value.as_list().unwrap_or_default();
        let operator = |index: usize| list.get(index).and_then(Tree::as_text);
        let bounds = match (operator(0), operator(2), list.len()) {
            (Some("=" | "<" | "<=" | ">" | ">="), None, 2) => 1,
            (Some(">" | ">="), Some("<" | "<="), 4) => 2,
            _ => {
                self.fault(
                    place,
                    "must be an operator (=, <, <=, > or >=) and a number, or > or >= with a \
                     number and then < or <= with another",
                );
                return None;
            }
        };
        let mut numbers = Vec::with_capacity(bounds);
        for index in (1..list.len()).step_by(2) {
            let place = below(place, &index.to_string());
            numbers.extend(self.bounded_number(&list[index], &place));
        }
        if numbers.len() < bounds {
            return None;
        }
        let mut interval = Interval::default();
        for (index, number) in numbers.into_iter().enumerate() {
            let name = operator(index * 2).unwrap_or_default();
            let bound = Bound { value: number, inclusive: name.ends_with('=') };
            match name.as_bytes().first() {
                Some(b'>') => interval.low = Some(bound),
                Some(b'<') => interval.high = Some(bound),
                _ => {
                    interval = Interval { low: Some(bound.clone()), high: Some(bound) };
                }
            }
        }
        if let (Some(low), Some(high)) = (&interval.low, &interval.high)
            && bounds == 2
            && low.value >= high.value
        {
            self.fault(place, "the lower bound must be less than the upper one");
            return None;
        }
        Some(Condition::Numeric(interval))
    }

    fn bounded_number(&mut self, value: &Tree, place: &str) -> Option<Decimal> {
        let Tree::Number(number) = value else {
            self.fault(place, "must be a number");
            return None;
        };
        let number = Decimal::parse(number);
        let (low, high) = (Decimal::parse(&format!("-{BOUND}")), Decimal::parse(BOUND));
        if number < low || number > high || number.decimals() > MAX_DECIMALS {
            self.fault(
                place,
                format!("must be from -{BOUND} to {BOUND} with at most {MAX_DECIMALS} decimals"),
            );
            return None;
        }
        Some(number)
    }
}

fn is_text(value: &Tree) -> bool {
    matches!(value, Tree::Text(_))
}

fn is_number(value: &Tree) -> bool {
    matches!(value, Tree::Number(_))
}
