//! Kinds of values in requests: how each is read, what is said if it is not one, and its schema.

mod nested;
mod raw;
mod text;

pub use nested::*;
pub use raw::*;
pub use text::*;

#[cfg(feature = "openapi")]
use crate::shape::{self, Shape};
use crate::{number, time::Timestamp};
use grapnel_languages::fault::Faults;
use serde_json::Value;
use std::{fmt::Display, marker::PhantomData, ops::RangeInclusive};

/// A JSON value with its text, if that is known: the text keeps digits and the order of keys.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a> {
    /// The value.
    pub value: &'a Value,
    /// How it was written.
    pub text: Option<&'a str>,
}

/// A kind of values.
pub trait Kind {
    /// What it is in Rust.
    type Value;

    /// Reads a value, which is not `null`. Its faults are noted at `path`.
    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<Self::Value>;

    /// What is said if it is required and missing.
    fn missing(&self) -> String {
        "is required".to_owned()
    }

    /// What the description says of its default.
    #[cfg(feature = "openapi")]
    fn default_text(&self) -> Option<String> {
        None
    }

    /// Its schema.
    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape;

    /// Its schema in a JSON merge patch.
    #[cfg(feature = "openapi")]
    fn patch(&self) -> Shape {
        self.shape()
    }
}

/// Notes a fault at `path` if nothing was read.
fn expect<T>(
    read: Option<T>,
    path: &str,
    faults: &mut Faults,
    message: impl FnOnce() -> String,
) -> Option<T> {
    if read.is_none() {
        faults.add(path, message());
    }
    read
}

/// A kind with a default, which the description names. Reading does not fill it in.
pub struct WithDefault<K, D>(K, D);

/// The same kind, whose default is this.
pub fn default<K: Kind, D: Display>(kind: K, default: D) -> WithDefault<K, D> {
    WithDefault(kind, default)
}

impl<K: Kind, D: Display> Kind for WithDefault<K, D> {
    type Value = K::Value;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<K::Value> {
        self.0.read(json, path, faults)
    }

    #[cfg(feature = "openapi")]
    fn default_text(&self) -> Option<String> {
        Some(self.1.to_string())
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        self.0.shape()
    }

    #[cfg(feature = "openapi")]
    fn patch(&self) -> Shape {
        self.0.patch()
    }
}

/// A whole number.
pub struct Whole<N>(RangeInclusive<N>);

/// A whole number within bounds; `10.0` is one.
pub fn whole<N>(range: RangeInclusive<N>) -> Whole<N> {
    Whole(range)
}

impl<N: TryFrom<u64> + TryInto<usize> + PartialOrd + Display + Copy> Kind for Whole<N> {
    type Value = N;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<N> {
        let number = number::whole(json.value).and_then(|number| N::try_from(number).ok());
        let number = number.filter(|number| self.0.contains(number));
        expect(number, path, faults, || {
            format!("must be a whole number from {} to {}", self.0.start(), self.0.end())
        })
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        shape::whole(self.0.clone()).into()
    }
}

/// Any number.
pub struct Number {
    #[cfg(feature = "openapi")]
    bounds: RangeInclusive<f64>,
}

/// Any number. Its bounds are described here, and checked by the rule `bounded` of its request.
#[must_use]
pub fn number(_bounds: RangeInclusive<f64>) -> Number {
    Number {
        #[cfg(feature = "openapi")]
        bounds: _bounds,
    }
}

impl Kind for Number {
    type Value = f64;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<f64> {
        expect(json.value.as_f64(), path, faults, || "must be a number".to_owned())
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        shape::number(self.bounds.clone()).into()
    }
}

/// `true` or `false`.
pub struct Flag;

/// `true` or `false`.
#[must_use]
pub fn flag() -> Flag {
    Flag
}

impl Kind for Flag {
    type Value = bool;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<bool> {
        expect(json.value.as_bool(), path, faults, || "must be true or false".to_owned())
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        shape::flag().into()
    }
}

/// A time.
pub struct Time;

/// A time as in RFC 3339.
#[must_use]
pub fn time() -> Time {
    Time
}

impl Kind for Time {
    type Value = Timestamp;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<Timestamp> {
        let time = json.value.as_str().and_then(|text| text.parse().ok());
        expect(time, path, faults, || {
            "must be a time as in RFC 3339, such as `2026-11-24T06:24:00Z`".to_owned()
        })
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        shape::time().into()
    }
}

/// One of some words.
pub struct Word<W> {
    words: &'static [&'static str],
    #[cfg(feature = "openapi")]
    described: &'static [&'static str],
    /// The name of their schema, if it has one.
    #[cfg(feature = "openapi")]
    name: Option<&'static str>,
    value: PhantomData<W>,
}

/// One of these words.
#[must_use]
pub fn word<W: From<String>>(words: &'static [&'static str]) -> Word<W> {
    Word {
        words,
        #[cfg(feature = "openapi")]
        described: words,
        #[cfg(feature = "openapi")]
        name: None,
        value: PhantomData,
    }
}

impl<W> Word<W> {
    /// The same words, in a schema of this name.
    #[must_use]
    pub fn named(self, _name: &'static str) -> Self {
        Self {
            #[cfg(feature = "openapi")]
            name: Some(_name),
            ..self
        }
    }

    /// The same words, of which only these are described: a handler has a fault of its own for the rest.
    #[must_use]
    pub fn described_by(self, _described: &'static [&'static str]) -> Self {
        Self {
            #[cfg(feature = "openapi")]
            described: _described,
            ..self
        }
    }
}

impl<W: From<String>> Kind for Word<W> {
    type Value = W;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<W> {
        let word = json.value.as_str().filter(|word| self.words.contains(word));
        expect(word.map(|word| W::from(word.to_owned())), path, faults, || {
            let words: Vec<String> = self.words.iter().map(|word| format!("`{word}`")).collect();
            match words.split_last() {
                Some((last, [])) => format!("must be {last}"),
                Some((last, others)) => format!("must be {} or {last}", others.join(", ")),
                None => "must be left out".to_owned(),
            }
        })
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        self.name.map_or_else(|| shape::one_of(self.described).into(), shape::is)
    }
}
