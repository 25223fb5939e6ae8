//! Compares values. Lists and objects may share parts, so that a small template can make values
//! that would take hours to compare: each compared part is charged.

use super::{List, Object, Value};
use crate::transform::meter::{Failure, ITEM, Meter, work};
use std::cmp::Ordering;

impl Value {
    pub(in crate::transform) fn equals(
        &self,
        other: &Self,
        meter: &mut Meter,
    ) -> Result<bool, Failure> {
        meter.charge(ITEM)?;
        work::done(1);
        match (self.present()?, other.present()?) {
            (Self::Null, Self::Null) => Ok(true),
            (Self::Text(one), Self::Text(other)) => Ok(one.read(meter)? == other.read(meter)?),
            (Self::List(one), Self::List(other)) => lists_equal(one, other, meter),
            (Self::Object(one), Self::Object(other)) => objects_equal(one, other, meter),
            (one, other) => match (one.number(), other.number()) {
                (Ok(one), Ok(other)) => Ok(one.compare(other) == Some(Ordering::Equal)),
                _ => Ok(false),
            },
        }
    }

    /// The order of two values. Values of different kinds are ordered by kind.
    pub(in crate::transform) fn compare(
        &self,
        other: &Self,
        meter: &mut Meter,
    ) -> Result<Ordering, Failure> {
        meter.charge(ITEM)?;
        work::done(1);
        match (self.present()?, other.present()?) {
            (Self::Text(one), Self::Text(other)) => Ok(one.read(meter)?.cmp(other.read(meter)?)),
            (Self::List(one), Self::List(other)) => {
                for (one, other) in one.read(meter)?.iter().zip(other.read(meter)?) {
                    let order = one.compare(other, meter)?;
                    if order != Ordering::Equal {
                        return Ok(order);
                    }
                }
                Ok(one.len().cmp(&other.len()))
            }
            (Self::Object(_), Self::Object(_)) => {
                Err(Failure::because("of two objects, none comes first"))
            }
            (one, other) => match (one.number(), other.number()) {
                (Ok(one), Ok(other)) => Ok(one.compare(other).unwrap_or(Ordering::Equal)),
                _ => Ok(one.rank().cmp(&other.rank())),
            },
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Missing(_) => 0,
            Self::Null => 1,
            Self::Bool(_) => 2,
            Self::Number(_) => 3,
            Self::Text(_) => 4,
            Self::List(_) => 5,
            Self::Object(_) => 6,
        }
    }

    /// Whether `part` is in the text, among the items, or among the names of the fields.
    pub(in crate::transform) fn contains(
        &self,
        part: &Self,
        meter: &mut Meter,
    ) -> Result<bool, Failure> {
        match self.present()? {
            Self::Text(text) => {
                let text = text.read(meter)?;
                Ok(text.contains(&part.scalar_text(meter)?))
            }
            Self::List(list) => {
                part.present()?;
                for index in 0..list.len() {
                    let Some(item) = list.get(index) else { break };
                    if item.equals(part, meter)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Object(object) => match part.present()? {
                Self::Text(name) => {
                    let name = name.read(meter)?;
                    Ok(object.get(name, meter)?.is_some())
                }
                _ => Ok(false),
            },
            other => Err(Failure::new(format!("nothing can be in {}", other.kind()))),
        }
    }
}

fn lists_equal(one: &List, other: &List, meter: &mut Meter) -> Result<bool, Failure> {
    if one.is_same(other) {
        return Ok(true);
    }
    if one.len() != other.len() {
        return Ok(false);
    }
    for index in 0..one.len() {
        if let (Some(one), Some(other)) = (one.get(index), other.get(index))
            && !one.equals(other, meter)?
        {
            return Ok(false);
        }
    }
    Ok(true)
}

fn objects_equal(one: &Object, other: &Object, meter: &mut Meter) -> Result<bool, Failure> {
    if one.is_same(other) {
        return Ok(true);
    }
    if one.len() != other.len() {
        return Ok(false);
    }
    for ((name, one), (other_name, other)) in one.read(meter)?.iter().zip(other.read(meter)?) {
        meter.charge(name.len())?;
        work::done(name.len());
        if name != other_name || !one.equals(other, meter)? {
            return Ok(false);
        }
    }
    Ok(true)
}
