//! Kinds of lists and objects.

use super::{Json, Kind, expect};
#[cfg(feature = "openapi")]
use crate::shape::{self, Shape};
use crate::{
    event::EventOfBatch,
    read::{Fields, Request},
};
use grapnel_languages::fault::{Faults, entry, shown};
use serde_json::{Map, Value, value::RawValue};
use std::{collections::BTreeMap, marker::PhantomData, ops::RangeInclusive};

/// A list.
pub struct List<K: Kind> {
    of: K,
    entries: RangeInclusive<usize>,
    repeat: Option<Repeat<K::Value>>,
}

/// What makes two entries of a list the same, if an entry may come once only.
struct Repeat<V> {
    same: fn(&V, &V) -> bool,
    /// The part of an entry that is at fault, as a path behind it.
    part: &'static str,
    /// What is wrong, given the entry and the path of the earlier one.
    message: fn(&Value, &str) -> String,
}

/// A list of so many entries.
pub fn list<K: Kind>(of: K, entries: RangeInclusive<usize>) -> List<K> {
    List { of, entries, repeat: None }
}

/// A list of so many texts, all different.
pub fn set<K: Kind<Value: PartialEq>>(of: K, entries: RangeInclusive<usize>) -> List<K> {
    let named = |value: &Value, _: &str| {
        format!("`{}` is named twice", shown(value.as_str().unwrap_or_default()))
    };
    let repeat = Repeat { same: PartialEq::eq, part: "", message: named };
    List { repeat: Some(repeat), ..list(of, entries) }
}

/// The events of a request. Two with the same source and id would be one event.
#[must_use]
pub fn events(entries: RangeInclusive<usize>) -> List<Object<EventOfBatch>> {
    let repeat = Repeat {
        same: EventOfBatch::is_same,
        part: ".id",
        message: |_, earlier| format!("names the same event as {earlier}"),
    };
    List { repeat: Some(repeat), ..list(object(), entries) }
}

impl<K: Kind<Value: Default>> Kind for List<K> {
    type Value = Vec<K::Value>;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<Self::Value> {
        let list = json.value.as_array().filter(|list| self.entries.contains(&list.len()));
        let list = expect(list, path, faults, || self.missing())?;
        let texts: Option<Vec<&RawValue>> =
            json.text.and_then(|text| serde_json::from_str(text).ok());
        let mut read: Vec<K::Value> = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            let text = texts.as_ref().and_then(|texts| texts.get(index)).map(|text| text.get());
            let at = format!("{path}[{index}]");
            let Some(entry) = self.of.read(Json { value, text }, &at, faults) else {
                // A faulty entry keeps its place, so that the others keep theirs.
                read.push(K::Value::default());
                continue;
            };
            if let Some(repeat) = &self.repeat
                && let Some(earlier) = read.iter().position(|it| (repeat.same)(it, &entry))
            {
                let message = (repeat.message)(value, &format!("{path}[{earlier}]"));
                faults.add(format!("{at}{}", repeat.part), message);
            }
            read.push(entry);
        }
        Some(read)
    }

    fn missing(&self) -> String {
        let (least, most) = (self.entries.start(), self.entries.end());
        format!("must be a list of {least} to {most} entries")
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        shape::list(self.of.shape(), self.entries.clone()).into()
    }
}

/// An object with fields of its own.
pub struct Object<T>(PhantomData<T>);

/// An object that is declared as a request, in a schema of its own.
#[must_use]
pub fn object<T: Request>() -> Object<T> {
    Object(PhantomData)
}

impl<T: Request> Kind for Object<T> {
    type Value = T;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<T> {
        let object = object_at(json, path, faults)?;
        let before = faults.len();
        let mut fields = Fields::new(object, json.text, format!("{path}."), faults);
        let read = T::read_object(&mut fields);
        (faults.len() == before).then_some(read)
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        shape::is(T::NAME)
    }

    #[cfg(feature = "openapi")]
    fn patch(&self) -> Shape {
        shape::is(&format!("{}Patch", T::NAME))
    }
}

/// An object of settings that is read elsewhere.
pub struct Settings {
    #[cfg(feature = "openapi")]
    name: &'static str,
}

/// An object of settings that is read elsewhere, in a schema of this name.
#[must_use]
pub fn settings(_name: &'static str) -> Settings {
    Settings {
        #[cfg(feature = "openapi")]
        name: _name,
    }
}

impl Kind for Settings {
    type Value = Map<String, Value>;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<Self::Value> {
        object_at(json, path, faults).cloned()
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        shape::is(self.name)
    }

    #[cfg(feature = "openapi")]
    fn patch(&self) -> Shape {
        shape::is(&format!("{}Patch", self.name))
    }
}

fn object_at<'a>(
    json: Json<'a>,
    path: &str,
    faults: &mut Faults,
) -> Option<&'a Map<String, Value>> {
    expect(json.value.as_object(), path, faults, || "must be an object".to_owned())
}

/// Limits of a map of texts.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// Maximum number of entries.
    pub entries: usize,
    /// Maximum characters of a name.
    pub name_chars: usize,
    /// Maximum characters of a value.
    pub value_chars: usize,
    /// Maximum bytes of all names and values.
    pub bytes: usize,
}

/// A map of names to texts of several lines.
#[must_use]
pub fn texts(limits: Texts) -> Texts {
    limits
}

impl Texts {
    /// Whether this is such a map.
    #[must_use]
    pub fn allows(&self, map: &BTreeMap<String, String>) -> bool {
        let bytes: usize = map.iter().map(|(name, value)| name.len() + value.len()).sum();
        let values = super::lines(self.value_chars);
        map.len() <= self.entries
            && bytes <= self.bytes
            && map.iter().all(|(name, value)| self.allows_name(name) && values.allows(value))
    }

    fn allows_name(&self, name: &str) -> bool {
        (1..=self.name_chars).contains(&name.chars().count()) && !name.contains(char::is_control)
    }
}

impl Kind for Texts {
    type Value = BTreeMap<String, String>;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<Self::Value> {
        let map = object_at(json, path, faults)?;
        if map.len() > self.entries {
            faults.add(path, format!("may have {} entries, not {}", self.entries, map.len()));
        }
        let size =
            |(name, value): (&String, &Value)| name.len() + value.as_str().map_or(0, str::len);
        let bytes: usize = map.iter().map(size).sum();
        if bytes > self.bytes {
            faults
                .add(path, format!("names and values may have {} bytes, not {bytes}", self.bytes));
        }
        let value_kind = super::lines(self.value_chars);
        let mut texts = BTreeMap::new();
        for (name, value) in map {
            let field = entry(path, name);
            if !self.allows_name(name) {
                let message = format!(
                    "the name must have 1 to {} characters, and no control characters",
                    self.name_chars
                );
                faults.add(&field, message);
            }
            if let Some(text) = value_kind.read(Json { value, text: None }, &field, faults) {
                texts.insert(name.clone(), text);
            }
        }
        Some(texts)
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        shape::map(self.names(), shape::lines(self.value_chars), self.entries).into()
    }

    #[cfg(feature = "openapi")]
    fn patch(&self) -> Shape {
        let values = shape::or_null(shape::lines(self.value_chars));
        shape::map(self.names(), values, self.entries).into()
    }
}

#[cfg(feature = "openapi")]
impl Texts {
    fn names(&self) -> utoipa::openapi::Object {
        let mut names = shape::text_of(1..=self.name_chars);
        names.pattern = Some(format!("^[^{}]*$", shape::CONTROLS));
        names
    }
}

/// Headers of a webhook, which are read elsewhere.
pub struct Headers;

/// Headers of a webhook: each a text, or an object that says whether it is sensitive.
#[must_use]
pub fn headers() -> Headers {
    Headers
}

impl Kind for Headers {
    type Value = Map<String, Value>;

    fn read(&self, json: Json<'_>, path: &str, faults: &mut Faults) -> Option<Self::Value> {
        object_at(json, path, faults).cloned()
    }

    #[cfg(feature = "openapi")]
    fn shape(&self) -> Shape {
        crate::webhook::headers::given(false)
    }

    #[cfg(feature = "openapi")]
    fn patch(&self) -> Shape {
        crate::webhook::headers::patched()
    }
}
