//! What one value is compared with.

use super::text::Wildcard;
use crate::decimal::Decimal;
use ipnet::IpNet;

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
    PrefixIgnoringCase(String),
    Suffix(String),
    SuffixIgnoringCase(String),
    EqualsIgnoringCase(String),
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
    /// One number alone.
    pub(super) fn of(value: &Decimal) -> Self {
        let bound = Bound { value: value.clone(), inclusive: true };
        Self { low: Some(bound.clone()), high: Some(bound) }
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
