//! The one reader of requests. It finds every fault, and describes what it reads.
//!
//! A request is read in two steps. [`Read::of`] looks at each field by itself. What it returns has a
//! value for every field, faulty ones with their default, so that a handler can add what only it can
//! know ([`Read::check`]): whether an event type exists, whether a time is past. Then [`Read::finish`]
//! returns the request, or all faults in the order of its fields.

use crate::kind::{Json, Kind};
use grapnel_languages::fault::{Faults, FieldFault, shown};
use serde_json::{Map, Value, value::RawValue};
use std::{borrow::Cow, cell::OnceCell, collections::HashMap, ops::RangeInclusive};

/// The names of a request's fields.
#[derive(Debug, Default)]
pub struct Names {
    /// What can be set.
    pub known: Vec<String>,
    /// What has no effect.
    pub ignored: Vec<String>,
}

/// A request that [`request!`] declares.
pub trait Request: Sized {
    /// The name of its schema.
    const NAME: &str;

    /// The names of its fields.
    fn names() -> Names;

    /// Reads its fields. A faulty one gets its default.
    fn read_fields(fields: &mut Fields<'_, '_>) -> Self;

    /// Its schema, or that of a JSON merge patch (RFC 7396) of it.
    #[cfg(feature = "openapi")]
    fn describe(as_patch: bool) -> utoipa::openapi::Object;

    /// Reads an object at this place of the body: first the names of its fields, then each.
    fn read_object(fields: &mut Fields<'_, '_>) -> Self {
        fields.refuse_unknown(&Self::names());
        Self::read_fields(fields)
    }
}

/// The fields of an object that is being read.
#[derive(Debug)]
pub struct Fields<'a, 'f> {
    object: &'a Map<String, Value>,
    text: Option<&'a str>,
    texts: OnceCell<HashMap<Cow<'a, str>, &'a RawValue>>,
    /// Where the object is in the body, with its final dot; empty for the whole body.
    path: String,
    faults: &'f mut Faults,
}

/// The kind of a field of this type.
#[cfg(feature = "openapi")]
pub fn of<T, K: Kind<Value = T>>(kind: K) -> K {
    kind
}

/// The fields of the text of an object, each as it was written.
#[must_use]
pub fn raw_fields(text: &str) -> Option<HashMap<Cow<'_, str>, &RawValue>> {
    #[derive(serde::Deserialize)]
    struct Fields<'a>(#[serde(borrow)] HashMap<Cow<'a, str>, &'a RawValue>);
    let Fields(fields) = serde_json::from_str(text).ok()?;
    Some(fields)
}

impl<'a, 'f> Fields<'a, 'f> {
    /// The fields of an object that is at `path` of the body, with its text if that is known.
    pub fn new(
        object: &'a Map<String, Value>,
        text: Option<&'a str>,
        path: String,
        faults: &'f mut Faults,
    ) -> Self {
        Self { object, text, texts: OnceCell::new(), path, faults }
    }

    fn refuse_unknown(&mut self, names: &Names) {
        let object = self.object;
        for name in object.keys() {
            // The user was taken out before.
            let is_known = names.known.contains(name) && name != "userId";
            if !is_known && !names.ignored.contains(name) {
                let message = format!("unknown field; known are {}", names.known.join(", "));
                self.faults.add(format!("{}{}", self.path, shown(name)), message);
            }
        }
    }

    fn get(&self, name: &str) -> Option<Json<'a>> {
        let value = self.object.get(name).filter(|value| !value.is_null())?;
        let texts = || self.text.and_then(raw_fields).unwrap_or_default();
        // Only what can hold raw data is worth the look.
        let text = value.is_object() || value.is_array();
        let text = text.then(|| self.texts.get_or_init(texts).get(name).map(|text| text.get()));
        Some(Json { value, text: text.flatten() })
    }

    /// A field that may be left out.
    pub fn optional<K: Kind>(&mut self, name: &str, kind: &K) -> Option<K::Value> {
        let json = self.get(name)?;
        kind.read(json, &format!("{}{name}", self.path), self.faults)
    }

    /// A field that must be there; the default of its type if it is not, or is faulty.
    pub fn required<K: Kind<Value: Default>>(&mut self, name: &str, kind: &K) -> K::Value {
        if self.get(name).is_none() {
            self.faults.add(format!("{}{name}", self.path), kind.missing());
        }
        self.optional(name, kind).unwrap_or_default()
    }

    /// Notes a fault if a field is a number out of these bounds.
    pub fn bounded(&mut self, name: &str, bounds: &RangeInclusive<f64>) {
        let number = self.get(name).and_then(|json| json.value.as_f64());
        if number.is_some_and(|number| !bounds.contains(&number)) {
            let message = format!("must be a number from {} to {}", bounds.start(), bounds.end());
            self.faults.add(format!("{}{name}", self.path), message);
        }
    }

    /// Notes a fault if two options are given of which only one may be.
    pub fn not_both(&mut self, name: &str, other: &str) {
        if self.get(name).is_some() && self.get(other).is_some() {
            let message = format!("must be left out where `{other}` is given");
            self.faults.add(format!("{}{name}", self.path), message);
        }
    }
}

/// A request as far as it could be read, and what is wrong with it.
#[derive(Debug)]
pub struct Read<T> {
    /// The request. A faulty field has its default.
    pub value: T,
    faults: Faults,
    order: Vec<String>,
}

impl<T: Request> Read<T> {
    /// Reads a body, whose text is `text` if that is known.
    #[must_use]
    pub fn of(object: &Map<String, Value>, text: Option<&str>) -> Self {
        let mut faults = Faults::default();
        let value = T::read_object(&mut Fields::new(object, text, String::new(), &mut faults));
        Self { value, faults, order: T::names().known }
    }
}

impl<T> Read<T> {
    /// Whether nothing is wrong with a field so far.
    #[must_use]
    pub fn is_sound(&self, field: &str) -> bool {
        !self.faults.iter().any(|fault| root(&fault.field) == field)
    }

    /// Whether nothing is wrong with an entry of a list so far.
    #[must_use]
    pub fn is_sound_at(&self, path: &str) -> bool {
        !self.faults.iter().any(|fault| fault.field == path)
    }

    /// Notes a fault.
    pub fn fault(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.faults.add(field, message);
    }

    /// What `check` makes of the request, if `field` is sound. Its error is the field's fault.
    pub fn check<U>(
        &mut self,
        field: &str,
        check: impl FnOnce(&T) -> Result<U, String>,
    ) -> Option<U> {
        if !self.is_sound(field) {
            return None;
        }
        check(&self.value).map_err(|message| self.faults.add(field, message)).ok()
    }

    /// What was read elsewhere, or nothing, with its faults noted.
    pub fn found<U>(&mut self, read: Result<U, Vec<FieldFault>>) -> Option<U> {
        self.faults.found(read)
    }

    /// The faults, to add to.
    pub fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// The request, if nothing is wrong with it.
    ///
    /// # Errors
    /// Every fault, in the order of the fields.
    pub fn finish(self) -> Result<T, Vec<FieldFault>> {
        self.finish_with(Some(())).map(|(request, ())| request)
    }

    /// The request with what was made of one of its fields. It is missing only if the field is
    /// faulty.
    ///
    /// # Errors
    /// Every fault, in the order of the fields.
    pub fn finish_with<U>(self, made: Option<U>) -> Result<(T, U), Vec<FieldFault>> {
        if self.faults.is_empty()
            && let Some(made) = made
        {
            return Ok((self.value, made));
        }
        let mut faults = self.faults.into_vec();
        // Fields that are not known come first.
        let place = |field: &str| self.order.iter().position(|name| name == root(field));
        faults.sort_by_cached_key(|fault| (place(&fault.field), entry(&fault.field)));
        Err(faults)
    }
}

/// The name of the field of the body that a path is in.
fn root(path: &str) -> &str {
    path.split(['.', '[', '/']).next().unwrap_or(path)
}

/// The number of the entry of a list that a path is in.
fn entry(path: &str) -> Option<usize> {
    path.split_once('[')?.1.split_once(']')?.0.parse().ok()
}

/// A schema of a request that is being made.
#[cfg(feature = "openapi")]
pub struct Description {
    fields: crate::shape::Fields,
    as_patch: bool,
}

#[cfg(feature = "openapi")]
impl Description {
    /// Begins one, of the whole or of a patch.
    #[must_use]
    pub fn new(fields: crate::shape::Fields, as_patch: bool) -> Self {
        Self { fields, as_patch }
    }

    /// The object.
    #[must_use]
    pub fn done(self) -> utoipa::openapi::Object {
        self.fields.done()
    }

    /// The field by which an admin names a user.
    #[must_use]
    pub fn for_user(self) -> Self {
        let meaning = "The user to act for, here or in the query. Needed with the admin key; a user's \
                       key may only name its own user.";
        self.with(|fields| fields.optional("userId", crate::shape::is("UserId"), meaning))
    }

    /// A field that must be there. A patch may leave it out, but not take it away.
    #[must_use]
    pub fn required(self, name: &str, kind: &impl Kind, meaning: &str) -> Self {
        match self.as_patch {
            true => self.with(|fields| fields.maybe(name, kind.patch(), meaning)),
            false => self.with(|fields| fields.required(name, kind.shape(), meaning)),
        }
    }

    /// A field that may be left out.
    #[must_use]
    pub fn optional(self, name: &str, kind: &impl Kind, meaning: &str) -> Self {
        let shape = if self.as_patch { kind.patch() } else { kind.shape() };
        let is_merged = self.as_patch && shape != kind.shape();
        // The default stands in the text: client generators read the keyword `default` as "always
        // there" and make the field required.
        let default = kind.default_text().map(|default| format!(" Default: `{default}`."));
        let merged = if is_merged { " Merged into the current value." } else { "" };
        let meaning = format!("{meaning}{merged}{}", default.unwrap_or_default());
        self.with(|fields| fields.optional(name, shape, &meaning))
    }

    /// A field that may be sent back, and has no effect.
    #[must_use]
    pub fn ignored(self, name: &str) -> Self {
        let anything = crate::shape::anything();
        self.with(|fields| fields.maybe(name, anything, "Read-only; ignored."))
    }

    /// Two options of which only one may be given. A patch can take one away and give the other.
    #[must_use]
    pub fn not_both(self, name: &str, other: &str) -> Self {
        match self.as_patch {
            true => self,
            false => self.with(|fields| fields.not_both(name, other)),
        }
    }

    fn with(self, add: impl FnOnce(crate::shape::Fields) -> crate::shape::Fields) -> Self {
        Self { fields: add(self.fields), ..self }
    }
}

#[cfg(all(test, feature = "openapi"))]
#[path = "read_tests.rs"]
mod tests;
