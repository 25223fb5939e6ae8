//! Conditions on one value.

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
    /// There is a value, of any kind.
    Exists,
    /// There is no value. Decided where the field is missing; never true of a value.
    Missing,
    Prefix(String),
    PrefixIgnoringCase(String),
    Suffix(String),
    SuffixIgnoringCase(String),
    EqualsIgnoringCase(String),
    Wildcard(Wildcard),
    Cidr(IpNet),
    Numeric(Interval),
    /// There is a value, of any type, and none of these conditions is true of it. A number
    /// satisfies every condition that excludes text.
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
    /// Whether the bound belongs to the interval.
    pub(super) inclusive: bool,
}

impl Interval {
    /// The interval with only this number.
    pub(super) fn of(value: &Decimal) -> Self {
        let bound = Bound { value: value.clone(), inclusive: true };
        Self { low: Some(bound.clone()), high: Some(bound) }
    }
}

/// A value, read as far as conditions need it.
#[derive(Debug)]
pub(super) enum Present<'a> {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(&'a str),
}
