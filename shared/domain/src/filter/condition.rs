//! What one value is compared with.

use super::{
    number::Decimal,
    text::{Folded, Wildcard},
};
use crate::json::Scalar;
use ipnet::IpNet;
use std::net::IpAddr;

/// One entry of a field's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(String),
    /// There is a value, whatever it is.
    Exists,
    /// There is none: decided where the field is known to be missing, and never true of a value.
    Missing,
    Prefix(String),
    PrefixIgnoringCase(Folded),
    Suffix(String),
    SuffixIgnoringCase(Folded),
    EqualsIgnoringCase(Folded),
    Wildcard(Wildcard),
    Cidr(IpNet),
    Numeric(Interval),
    /// There is a value, and none of these is true of it. Of any type: a number is anything but a
    /// text.
    AnythingBut(Vec<Self>),
}

/// The numbers between two bounds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) low: Option<Bound>,
    pub(super) high: Option<Bound>,
}

/// One end of an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bound {
    pub(super) value: Decimal,
    /// Whether the value itself is within.
    pub(super) inclusive: bool,
}

impl Interval {
    fn contains(&self, number: &Decimal) -> bool {
        let above = |low: &Bound| *number > low.value || (low.inclusive && *number == low.value);
        let below =
            |high: &Bound| *number < high.value || (high.inclusive && *number == high.value);
        self.low.as_ref().is_none_or(above) && self.high.as_ref().is_none_or(below)
    }
}

/// A value that is there, read as far as conditions need it.
#[derive(Debug)]
pub(super) enum Present<'a> {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(&'a str),
}

impl<'a> From<&'a Scalar<'a>> for Present<'a> {
    fn from(scalar: &'a Scalar<'a>) -> Self {
        match scalar {
            Scalar::Null => Self::Null,
            Scalar::Bool(value) => Self::Bool(*value),
            Scalar::Number(text) => Self::Number(Decimal::parse(text)),
            Scalar::Text(text) => Self::Text(text),
        }
    }
}

impl Condition {
    /// Whether it is true of a value that is there.
    pub(super) fn holds(&self, value: &Present<'_>) -> bool {
        match (self, value) {
            (Self::Exists, _) | (Self::Null, Present::Null) => true,
            (Self::AnythingBut(others), value) => !others.iter().any(|other| other.holds(value)),
            (Self::Bool(expected), Present::Bool(value)) => expected == value,
            (Self::Number(expected), Present::Number(value)) => expected == value,
            (Self::Numeric(interval), Present::Number(value)) => interval.contains(value),
            (condition, Present::Text(text)) => condition.holds_of_text(text),
            _ => false,
        }
    }

    fn holds_of_text(&self, text: &str) -> bool {
        match self {
            Self::Text(expected) => expected == text,
            Self::Prefix(prefix) => text.starts_with(prefix.as_str()),
            Self::PrefixIgnoringCase(prefix) => prefix.begins(text),
            Self::Suffix(suffix) => text.ends_with(suffix.as_str()),
            Self::SuffixIgnoringCase(suffix) => suffix.ends(text),
            Self::EqualsIgnoringCase(expected) => expected.equals(text),
            Self::Wildcard(wildcard) => wildcard.matches(text),
            Self::Cidr(network) => {
                text.parse::<IpAddr>().is_ok_and(|address| network.contains(&address))
            }
            _ => false,
        }
    }
}
