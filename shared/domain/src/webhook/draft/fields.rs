//! Reading the fields of a JSON object, noting what is wrong instead of stopping at it.

use crate::{
    fault::{Faults, FieldFault},
    number::whole,
};
use serde_json::{Map, Value};
use std::ops::RangeInclusive;

/// An object under inspection.
pub(super) struct Fields<'a> {
    object: &'a Map<String, Value>,
    /// Path of the object with its final dot; empty for the whole input.
    path: String,
    faults: &'a mut Faults,
}

impl<'a> Fields<'a> {
    pub(super) fn new(object: &'a Map<String, Value>, path: &str, faults: &'a mut Faults) -> Self {
        Self { object, path: path.to_owned(), faults }
    }

    /// The same for the object in `field`.
    pub(super) fn nested<'b>(
        &'b mut self,
        field: &str,
        object: &'b Map<String, Value>,
    ) -> Fields<'b> {
        let path = format!("{}{field}.", self.path);
        Fields { object, path, faults: self.faults }
    }

    pub(super) fn faults(&mut self) -> &mut Faults {
        self.faults
    }

    pub(super) fn fault(&mut self, field: &str, message: impl Into<String>) {
        self.faults.add(format!("{}{field}", self.path), message);
    }

    /// What was read elsewhere, or nothing, with its faults noted.
    pub(super) fn found<T>(&mut self, read: Result<T, Vec<FieldFault>>) -> Option<T> {
        self.faults.found(read)
    }

    pub(super) fn refuse_others(&mut self, known: &[&str], ignored: &[&str]) {
        let object = self.object;
        for name in object.keys() {
            if !known.contains(&name.as_str()) && !ignored.contains(&name.as_str()) {
                let shown: String = name.chars().take(64).collect();
                self.fault(&shown, format!("unknown field; known are {}", known.join(", ")));
            }
        }
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.get(field).is_some()
    }

    /// `null` is the same as leaving a field out.
    fn get(&self, field: &str) -> Option<&'a Value> {
        self.object.get(field).filter(|value| !value.is_null())
    }

    fn typed<T>(
        &mut self,
        field: &str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(field)?;
        let typed = read(value);
        if typed.is_none() {
            self.fault(field, format!("must be {expected}"));
        }
        typed
    }

    fn required(&mut self, field: &str) {
        if !self.has(field) {
            self.fault(field, "is required");
        }
    }

    pub(super) fn optional_string(&mut self, field: &str) -> Option<&'a str> {
        self.typed(field, "a string", Value::as_str)
    }

    pub(super) fn required_string(&mut self, field: &str) -> Option<&'a str> {
        self.required(field);
        self.optional_string(field)
    }

    pub(super) fn optional_list(&mut self, field: &str) -> Option<&'a Vec<Value>> {
        self.typed(field, "a list", Value::as_array)
    }

    pub(super) fn required_list(&mut self, field: &str) -> Option<&'a Vec<Value>> {
        self.required(field);
        self.optional_list(field)
    }

    pub(super) fn optional_object(&mut self, field: &str) -> Option<&'a Map<String, Value>> {
        self.typed(field, "an object", Value::as_object)
    }

    pub(super) fn optional_number(&mut self, field: &str) -> Option<f64> {
        self.typed(field, "a number", Value::as_f64)
    }

    /// A whole number within its bounds; a fault, and `None`, if it is there and is not.
    pub(super) fn whole_within(&mut self, field: &str, range: &RangeInclusive<u32>) -> Option<u32> {
        let number = u32::try_from(self.optional_whole(field)?).ok();
        let fitting = number.filter(|number| range.contains(number));
        if fitting.is_none() {
            self.fault(field, out_of(range));
        }
        fitting
    }

    fn optional_whole(&mut self, field: &str) -> Option<u64> {
        self.typed(field, "a whole number, 0 or more", whole)
    }
}

/// What is wrong with a number that is not within these bounds.
pub(super) fn out_of(range: &RangeInclusive<u32>) -> String {
    format!("must be a whole number from {} to {}", range.start(), range.end())
}
