//! Words for JSON Schemas: what a field is, said in one expression.
//!
//! They make the schemas of answers, and [`kind`](crate::kind) makes those of requests with them.
//! An object has the fields that it names and no others. A field of a request may also be `null`,
//! which is the same as leaving it out; one of an answer is there or is not.

use serde_json::{Value, json};
use std::ops::RangeInclusive;
use utoipa::openapi::{
    Array, Object, OneOf, Ref, RefOr, Schema,
    extensions::Extensions,
    schema::{AdditionalProperties, AnyOf, SchemaFormat, SchemaType, Type},
};

/// A schema, or the name of one.
pub type Shape = RefOr<Schema>;

/// Control characters, as the inside of a character class.
pub const CONTROLS: &str = r"\u0000-\u001F\u007F-\u009F";
/// White space that is no control character, likewise.
const SPACES: &str = r" \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000";

/// What is kept under this name in the document.
pub fn is(name: &str) -> Shape {
    RefOr::Ref(Ref::from_schema_name(name))
}

/// Anything at all.
pub fn anything() -> Object {
    Object::with_type(SchemaType::AnyValue)
}

/// Text.
pub fn text() -> Object {
    Object::with_type(Type::String)
}

/// Text with its numbers of characters.
pub fn text_of(characters: RangeInclusive<usize>) -> Object {
    let mut text = text();
    text.min_length = Some(*characters.start()).filter(|least| *least > 0);
    text.max_length = Some(*characters.end());
    text
}

/// Text that fits a pattern (ECMA-262, unicode).
pub fn matching(pattern: impl Into<String>) -> Object {
    let mut text = text();
    text.pattern = Some(pattern.into());
    text
}

/// One line of text, not only of spaces.
pub fn line(most: usize) -> Object {
    let mut text = text_of(1..=most);
    let any = format!("[^{CONTROLS}]*");
    text.pattern = Some(format!("^{any}[^{CONTROLS}{SPACES}]{any}$"));
    text
}

/// Text whose only control characters are line breaks and tabs.
pub fn lines(most: usize) -> Object {
    let mut text = text_of(0..=most);
    text.pattern = Some(r"^[^\u0000-\u0008\u000B-\u001F\u007F-\u009F]*$".to_owned());
    text
}

/// One of these texts.
pub fn one_of(texts: &[&str]) -> Object {
    let mut text = text();
    text.enum_values = Some(texts.iter().map(|text| json!(text)).collect());
    text
}

/// One of these numbers.
pub fn one_of_numbers(numbers: &[u16]) -> Object {
    let mut number = Object::with_type(Type::Integer);
    number.enum_values = Some(numbers.iter().map(|number| json!(number)).collect());
    number
}

/// `true`, where it is there at all.
pub fn only_true() -> Object {
    let mut flag = Object::with_type(Type::Boolean);
    flag.enum_values = Some(vec![json!(true)]);
    flag
}

/// `true` or `false`.
pub fn flag() -> Object {
    Object::with_type(Type::Boolean)
}

/// A whole number.
pub fn whole<N: Copy + TryInto<usize>>(range: RangeInclusive<N>) -> Object {
    // A bound is small, and not below zero.
    let bound = |bound: &N| -> usize { (*bound).try_into().unwrap_or_default() };
    let mut number = at_least(bound(range.start()));
    number.maximum = Some(bound(range.end()).into());
    number
}

/// A whole number without an upper bound.
pub fn at_least(least: usize) -> Object {
    let mut number = Object::with_type(Type::Integer);
    number.minimum = Some(least.into());
    number
}

/// Any number within bounds.
pub fn number(range: RangeInclusive<f64>) -> Object {
    let mut number = Object::with_type(Type::Number);
    number.minimum = Some((*range.start()).into());
    number.maximum = Some((*range.end()).into());
    number
}

/// An instant. Answers always have three decimals and UTC.
pub fn time() -> Object {
    let mut time = text();
    time.format = Some(SchemaFormat::Custom("date-time".to_owned()));
    time
}

/// A list.
pub fn list(of: impl Into<Shape>, entries: RangeInclusive<usize>) -> Array {
    let mut list = list_of_any_length(of);
    list.min_items = Some(*entries.start());
    list.max_items = Some(*entries.end());
    list
}

/// A list of no known length.
pub fn list_of_any_length(of: impl Into<Shape>) -> Array {
    Array::new(of.into())
}

/// A list of exactly these entries.
pub fn tuple(entries: Vec<Object>) -> Array {
    let count = entries.len();
    // `maxItems` ends the list. `items: false` would say the same, and client generators refuse it.
    let mut list = Array::new(anything());
    list.prefix_items = entries.into_iter().map(Schema::Object).collect();
    (list.min_items, list.max_items) = (Some(count), Some(count));
    list
}

/// An object whose fields' names are not ours.
pub fn map(names: Object, values: impl Into<Shape>, most: usize) -> Object {
    let mut map = Object::new();
    map.property_names = Some(Box::new(Schema::Object(names)));
    map.additional_properties = Some(Box::new(AdditionalProperties::RefOr(values.into())));
    map.max_properties = Some(most);
    map
}

/// An object of any fields.
pub fn free() -> Object {
    let mut map = Object::new();
    map.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(true)));
    map
}

/// One of several shapes.
pub fn either(shapes: impl IntoIterator<Item = Shape>) -> Shape {
    let mut either = AnyOf::new();
    either.items = shapes.into_iter().collect();
    RefOr::T(Schema::AnyOf(either))
}

/// Exactly one of several shapes.
pub fn exactly_one(shapes: impl IntoIterator<Item = Shape>) -> Shape {
    let mut one = OneOf::new();
    one.items = shapes.into_iter().collect();
    RefOr::T(Schema::OneOf(one))
}

/// None of these texts.
pub fn except(mut text: Object, texts: &[&str]) -> Object {
    text.extensions = Some(Extensions::from_iter([("not", json!({"enum": texts}))]));
    text
}

/// This, or nothing.
pub fn or_null(shape: impl Into<Shape>) -> Shape {
    let with_null = |types: SchemaType| match types {
        SchemaType::Type(one) => SchemaType::Array(vec![one, Type::Null]),
        other => other,
    };
    match shape.into() {
        RefOr::T(Schema::Object(mut object)) => {
            object.schema_type = with_null(object.schema_type);
            if let Some(values) = &mut object.enum_values {
                values.push(Value::Null);
            }
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(Schema::Array(mut array)) => {
            array.schema_type = with_null(array.schema_type);
            RefOr::T(Schema::Array(array))
        }
        other => either([other, null()]),
    }
}

/// Nothing.
pub fn null() -> Shape {
    RefOr::T(Schema::Object(Object::with_type(Type::Null)))
}

/// The same shape with what it means to a reader.
pub fn described(shape: impl Into<Shape>, meaning: &str) -> Shape {
    let mut shape = shape.into();
    if meaning.is_empty() {
        return shape;
    }
    let meaning = meaning.to_owned();
    match &mut shape {
        RefOr::Ref(reference) => reference.description = meaning,
        RefOr::T(Schema::Object(object)) => object.description = Some(meaning),
        RefOr::T(Schema::Array(array)) => array.description = Some(meaning),
        RefOr::T(Schema::AnyOf(any)) => any.description = Some(meaning),
        RefOr::T(Schema::OneOf(one)) => one.description = Some(meaning),
        RefOr::T(_) => {}
    }
    shape
}

/// The same shape with an example of a whole.
pub fn with_example(mut shape: Shape, example: Value) -> Shape {
    if let RefOr::T(Schema::OneOf(one)) = &mut shape {
        one.examples = vec![example];
    }
    shape
}

/// The example of an object.
#[must_use]
pub fn example_of(shape: &Shape) -> Value {
    let example = match shape {
        RefOr::T(Schema::Object(object)) => object.examples.first(),
        _ => None,
    };
    example.cloned().unwrap_or_default()
}

/// An object being described.
pub struct Fields(Object);

/// Begins an object.
pub fn object(meaning: &str) -> Fields {
    let mut object = Object::new();
    object.description = Some(meaning.to_owned()).filter(|meaning| !meaning.is_empty());
    object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
    Fields(object)
}

impl Fields {
    /// A field that must be there.
    pub fn required(mut self, name: &str, shape: impl Into<Shape>, meaning: &str) -> Self {
        self.0.required.push(name.to_owned());
        self.field(name, shape.into(), meaning)
    }

    /// A field of an answer that may be missing.
    pub fn maybe(self, name: &str, shape: impl Into<Shape>, meaning: &str) -> Self {
        self.field(name, shape.into(), meaning)
    }

    /// A field of a request that may be missing or `null`.
    pub fn optional(self, name: &str, shape: impl Into<Shape>, meaning: &str) -> Self {
        self.field(name, or_null(shape), meaning)
    }

    /// A field of a request that takes a default when it is left out. The default stands in the description: client
    /// generators read the keyword `default` as "always there" and make the field required.
    pub fn default(
        self,
        name: &str,
        shape: impl Into<Shape>,
        default: &Value,
        meaning: &str,
    ) -> Self {
        let meaning = format!("{meaning} Default: `{}`.", default.to_string().trim_matches('"'));
        self.optional(name, shape, &meaning)
    }

    fn field(mut self, name: &str, shape: Shape, meaning: &str) -> Self {
        self.0.properties.insert(name.to_owned(), described(shape, meaning));
        self
    }

    /// Refuses two optional fields that both have a value. `null` stands for a field that is left out,
    /// so the type of each value is named.
    #[must_use]
    pub fn not_both(mut self, one: &str, other: &str) -> Self {
        let both = json!({
            "required": [one, other],
            "properties": { (one): { "type": self.type_of(one) }, (other): { "type": self.type_of(other) } },
        });
        self.0.extensions = Some(Extensions::from_iter([("not", both)]));
        self
    }

    /// The type of a field that may also be `null`.
    fn type_of(&self, name: &str) -> Type {
        let types = match self.0.properties.get(name) {
            Some(RefOr::T(Schema::Object(object))) => object.schema_type.clone(),
            Some(RefOr::T(Schema::Array(array))) => array.schema_type.clone(),
            // What has a name is an object.
            _ => Type::Object.into(),
        };
        match types {
            SchemaType::Type(one) => one,
            SchemaType::Array(several) => several.into_iter().next().unwrap_or(Type::Object),
            SchemaType::AnyValue => Type::Object,
        }
    }

    /// The number of fields that it has.
    #[must_use]
    pub fn of_number(mut self, fields: usize) -> Self {
        (self.0.min_properties, self.0.max_properties) = (Some(fields), Some(fields));
        self
    }

    /// An example, by which the object as a whole is understood, and which the tests send.
    #[must_use]
    pub fn with_example(mut self, example: Value) -> Self {
        self.0.examples = vec![example];
        self
    }

    /// The object with an example.
    #[must_use]
    pub fn example(self, example: Value) -> Object {
        self.with_example(example).done()
    }

    /// The object.
    pub fn done(self) -> Object {
        self.0
    }
}
