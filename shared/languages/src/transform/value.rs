//! The values of a template and their operations. Each operation whose cost depends on the size of
//! a value is charged to a [`Meter`] before it is done.

mod compare;
mod number;

pub(super) use number::Number;

use super::meter::{Failure, ITEM, Meter, work};
use std::{collections::BTreeMap, rc::Rc};

/// The fields of an object, sorted by name.
pub(super) type Fields = BTreeMap<Rc<str>, Value>;

/// A value. A copy shares its parts.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A missing value, with the error if it is used. Without an error, it prints as nothing.
    Missing(Option<Rc<str>>),
    Null,
    Bool(bool),
    Number(Number),
    Text(Text),
    List(List),
    Object(Object),
}

/// A text. Reading it is charged.
#[derive(Debug, Clone)]
pub(super) struct Text(Rc<str>);

/// A list. Walking through it is charged.
#[derive(Debug, Clone)]
pub(super) struct List(Rc<Vec<Value>>);

/// An object. Walking through it is charged.
#[derive(Debug, Clone)]
pub(super) struct Object(Rc<Fields>);

impl Text {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn read(&self, meter: &mut Meter) -> Result<&str, Failure> {
        meter.charge(self.0.len())?;
        work::done(self.0.len());
        Ok(&self.0)
    }
}

impl List {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn get(&self, index: usize) -> Option<&Value> {
        work::done(1);
        self.0.get(index)
    }

    /// All items, charged.
    pub(super) fn read(&self, meter: &mut Meter) -> Result<&[Value], Failure> {
        meter.charge(self.0.len().saturating_mul(ITEM))?;
        work::done(self.0.len().saturating_mul(ITEM));
        Ok(&self.0)
    }

    fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Object {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// A field. The search in the tree compares names, which is charged.
    pub(super) fn get(&self, name: &str, meter: &mut Meter) -> Result<Option<&Value>, Failure> {
        let compared = (usize::BITS - self.0.len().leading_zeros()) as usize;
        meter.charge(compared.saturating_mul(ITEM + name.len()))?;
        work::done(compared.saturating_mul(name.len()));
        Ok(self.0.get(name))
    }

    /// All fields, charged.
    pub(super) fn read(&self, meter: &mut Meter) -> Result<&Fields, Failure> {
        meter.charge(self.0.len().saturating_mul(2 * ITEM))?;
        work::done(self.0.len().saturating_mul(2 * ITEM));
        Ok(&self.0)
    }

    fn is_same(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

/// For values from outside a rendering: the event, and the constants of a template. They are not
/// charged.
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(Text(text.into()))
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        Self::List(List(Rc::new(items)))
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Self {
        Self::Object(Object(Rc::new(fields)))
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(Number::from(number))
    }
}

impl Value {
    /// A missing value with its reason, which is charged.
    pub(super) fn missing(reason: &str, meter: &mut Meter) -> Result<Self, Failure> {
        meter.charge(reason.len())?;
        work::done(reason.len());
        Ok(Self::Missing(Some(reason.into())))
    }

    /// A new text, which is charged.
    pub(super) fn made_text(text: &str, meter: &mut Meter) -> Result<Self, Failure> {
        meter.charge(text.len())?;
        work::done(text.len());
        Ok(Self::from(text))
    }

    /// A new list, which is charged.
    pub(super) fn made_list(items: Vec<Self>, meter: &mut Meter) -> Result<Self, Failure> {
        meter.charge(items.len().saturating_mul(ITEM))?;
        work::done(items.len().saturating_mul(ITEM));
        Ok(Self::from(items))
    }

    /// The kind of the value, for error messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Missing(_) => "nothing",
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The value, or an error if it is missing.
    pub(super) fn present(&self) -> Result<&Self, Failure> {
        match self {
            Self::Missing(reason) => Err(Failure::because(reason.as_deref().unwrap_or(
                "the value of an `if` without `else` is missing where its condition is false",
            ))),
            value => Ok(value),
        }
    }

    pub(super) fn is_true(&self) -> Result<bool, Failure> {
        Ok(match self {
            Self::Missing(None) | Self::Null => false,
            Self::Missing(Some(_)) => return self.present().map(|_| false),
            Self::Bool(value) => *value,
            Self::Number(number) => !number.is_zero(),
            Self::Text(text) => !text.is_empty(),
            Self::List(list) => list.len() > 0,
            Self::Object(object) => object.len() > 0,
        })
    }

    pub(super) fn text(&self, meter: &mut Meter) -> Result<&str, Failure> {
        match self.present()? {
            Self::Text(text) => text.read(meter),
            other => Err(Failure::new(format!("{} is no text", other.kind()))),
        }
    }

    pub(super) fn number(&self) -> Result<Number, Failure> {
        match self.present()? {
            Self::Number(number) => Ok(*number),
            Self::Bool(value) => Ok(Number::from(usize::from(*value))),
            other => Err(Failure::new(format!("{} is no number", other.kind()))),
        }
    }

    fn whole(&self) -> Result<i128, Failure> {
        let number = self.number()?;
        number.as_i128().ok_or_else(|| Failure::because("a whole number is needed"))
    }

    /// The field `named` of an object, or a missing value.
    pub(super) fn attribute(
        &self,
        name: &str,
        named: impl FnOnce() -> String,
        meter: &mut Meter,
    ) -> Result<Self, Failure> {
        let found = match self {
            Self::Missing(_) => return Ok(self.clone()),
            Self::Object(object) => object.get(name, meter)?.cloned(),
            _ => None,
        };
        match found {
            Some(found) => Ok(found),
            None => Self::missing(&format!("`{}` is missing", named()), meter),
        }
    }

    /// The value under a key: a field of an object, an item of a list, or a character of a text.
    pub(super) fn item(
        &self,
        key: &Self,
        named: impl FnOnce() -> String,
        meter: &mut Meter,
    ) -> Result<Self, Failure> {
        let found = match (self, key.present()?) {
            (Self::Missing(_), _) => return Ok(self.clone()),
            (Self::Object(object), Self::Text(name)) => {
                let name = name.read(meter)?;
                object.get(name, meter)?.cloned()
            }
            (Self::Object(object), Self::Number(number)) => {
                object.get(&number.to_string(), meter)?.cloned()
            }
            (Self::List(list), Self::Number(_)) => {
                place(key.whole()?, list.len()).and_then(|at| list.get(at)).cloned()
            }
            (Self::Text(text), Self::Number(_)) => {
                let text = text.read(meter)?;
                let count = text.chars().count();
                let character = place(key.whole()?, count).and_then(|at| text.chars().nth(at));
                character.map(|character| Self::from(character.encode_utf8(&mut [0; 4]) as &str))
            }
            _ => None,
        };
        match found {
            Some(found) => Ok(found),
            None => Self::missing(&format!("`{}` is missing", named()), meter),
        }
    }

    /// `value[start:stop:step]`.
    pub(super) fn slice(
        &self,
        [start, stop, step]: [Option<&Self>; 3],
        meter: &mut Meter,
    ) -> Result<Self, Failure> {
        let bound = |value: Option<&Self>| match value {
            None | Some(Self::Null) => Ok(None),
            Some(value) => value.whole().map(Some),
        };
        let (start, stop) = (bound(start)?, bound(stop)?);
        let step = bound(step)?.unwrap_or(1);
        if step == 0 {
            return Err(Failure::because("a slice needs a step other than 0"));
        }
        match self.present()? {
            Self::Null => Ok(Self::from(Vec::new())),
            Self::List(list) => {
                // A slice has at most as many items as the list.
                meter.charge(list.len().saturating_mul(ITEM))?;
                let places = places(start, stop, step, list.len());
                let items = places.filter_map(|at| list.get(at)).cloned().collect();
                Self::made_list(items, meter)
            }
            Self::Text(text) => {
                // Each character temporarily takes four bytes.
                let text = text.read(meter)?;
                meter.charge(text.len().saturating_mul(4))?;
                work::done(text.len().saturating_mul(4));
                let characters: Vec<char> = text.chars().collect();
                let places = places(start, stop, step, characters.len());
                let sliced: String = places.filter_map(|at| characters.get(at)).collect();
                Self::made_text(&sliced, meter)
            }
            other => Err(Failure::new(format!("{} cannot be sliced", other.kind()))),
        }
    }

    /// The values of a loop: the items of a list, or the names of an object's fields.
    pub(super) fn iterate(&self, meter: &mut Meter) -> Result<Vec<Self>, Failure> {
        match self.present()? {
            Self::List(list) => Ok(list.read(meter)?.to_vec()),
            Self::Object(object) => {
                let fields = object.read(meter)?;
                Ok(fields.keys().map(|name| Self::Text(Text(Rc::clone(name)))).collect())
            }
            other => Err(Failure::new(format!("{} has no items", other.kind()))),
        }
    }

    pub(super) fn add(&self, other: &Self, meter: &mut Meter) -> Result<Self, Failure> {
        match (self.present()?, other.present()?) {
            (Self::Text(one), Self::Text(other)) => {
                let joined = [one.read(meter)?, other.read(meter)?].concat();
                Self::made_text(&joined, meter)
            }
            (Self::List(one), Self::List(other)) => {
                let joined = [one.read(meter)?, other.read(meter)?].concat();
                Self::made_list(joined, meter)
            }
            (one, other) => match (one.number(), other.number()) {
                (Ok(one), Ok(other)) => Ok(Self::Number(one.add(other)?)),
                _ => Err(Failure::new(format!(
                    "{} and {} cannot be put together; make text of both with `string`",
                    one.kind(),
                    other.kind()
                ))),
            },
        }
    }

    pub(super) fn multiply(&self, other: &Self, meter: &mut Meter) -> Result<Self, Failure> {
        match (self.present()?, other.present()?) {
            (Self::Text(text), times @ (Self::Number(_) | Self::Bool(_)))
            | (times @ (Self::Number(_) | Self::Bool(_)), Self::Text(text)) => {
                let times = times.times()?;
                let text = text.read(meter)?;
                meter.charge(text.len().saturating_mul(times))?;
                work::done(text.len().saturating_mul(times));
                Self::made_text(&text.repeat(times), meter)
            }
            (Self::List(list), times @ (Self::Number(_) | Self::Bool(_)))
            | (times @ (Self::Number(_) | Self::Bool(_)), Self::List(list)) => {
                let times = times.times()?;
                let items = list.read(meter)?;
                meter.charge(items.len().max(1).saturating_mul(times).saturating_mul(ITEM))?;
                work::done(items.len().saturating_mul(times).saturating_mul(ITEM));
                let repeated = items.iter().cycle().take(items.len() * times);
                Self::made_list(repeated.cloned().collect(), meter)
            }
            (one, other) => Ok(Self::Number(one.number()?.multiply(other.number()?)?)),
        }
    }

    fn times(&self) -> Result<usize, Failure> {
        Ok(usize::try_from(self.whole()?.max(0)).unwrap_or(usize::MAX))
    }
}

/// The position of an index among `count` items. A negative index counts from the end.
fn place(index: i128, count: usize) -> Option<usize> {
    let count = i128::try_from(count).ok()?;
    usize::try_from(if index < 0 { index + count } else { index }).ok()
}

/// The positions of a slice among `count` items.
fn places(
    start: Option<i128>,
    stop: Option<i128>,
    step: i128,
    count: usize,
) -> impl Iterator<Item = usize> {
    let count = i128::try_from(count).unwrap_or(i128::MAX);
    let (lowest, highest) = if step > 0 { (0, count) } else { (-1, count - 1) };
    let clamp = |index: i128| {
        let index = if index < 0 { index.saturating_add(count) } else { index };
        index.clamp(lowest, highest)
    };
    let (first, last) = if step > 0 { (lowest, highest) } else { (highest, lowest) };
    let start = start.map_or(first, clamp);
    let stop = stop.map_or(last, clamp);
    let next = move |at: &i128| at.checked_add(step);
    std::iter::successors(Some(start), next)
        .take_while(move |at| if step > 0 { *at < stop } else { *at > stop })
        .filter_map(|at| usize::try_from(at).ok())
}
