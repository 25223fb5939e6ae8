//! JSON as values. Numbers keep the text that they are written with.

use super::{Cursor, DamagedData, Scalar};
use serde::de::IgnoredAny;
use std::{collections::BTreeMap, fmt};

/// Maximum nesting of objects and lists, as in `serde_json`: values are read and dropped by
/// recursion.
const MAX_DEPTH: usize = 128;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Tree>),
    Object(Map),
}

/// The fields of an object, sorted by name.
pub(crate) type Map = BTreeMap<String, Tree>;

impl Tree {
    /// Reads JSON text. Of two equal keys in one object, the last is used.
    ///
    /// # Errors
    /// What is wrong with the text, and where.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| error.to_string())?;
        let tree = read(&mut Cursor::new(text), 0).map_err(|damaged| damaged.to_string())?;
        tree.ok_or_else(|| format!("it has over {MAX_DEPTH} levels"))
    }

    /// Applies a merge patch (RFC 7396).
    #[must_use]
    pub(crate) fn patched(self, patch: Self) -> Self {
        let Self::Object(changes) = patch else { return patch };
        let mut fields = match self {
            Self::Object(fields) => fields,
            _ => Map::new(),
        };
        for (name, change) in changes {
            let before = fields.remove(&name).unwrap_or(Self::Null);
            if change != Self::Null {
                fields.insert(name, before.patched(change));
            }
        }
        Self::Object(fields)
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> Option<&[Self]> {
        match self {
            Self::List(list) => Some(list),
            _ => None,
        }
    }

    pub(crate) fn as_object(&self) -> Option<&Map> {
        match self {
            Self::Object(fields) => Some(fields),
            _ => None,
        }
    }

    /// The value at a JSON pointer (RFC 6901).
    pub(crate) fn pointer(&self, pointer: &str) -> Option<&Self> {
        if pointer.is_empty() {
            return Some(self);
        }
        let steps = pointer.strip_prefix('/')?.split('/');
        steps.map(|step| step.replace("~1", "/").replace("~0", "~")).try_fold(
            self,
            |value, step| match value {
                Self::Object(fields) => fields.get(&step),
                Self::List(_)
                    if step.starts_with('+') || (step.starts_with('0') && step != "0") =>
                {
                    None
                }
                Self::List(list) => list.get(step.parse::<usize>().ok()?),
                _ => None,
            },
        )
    }
}

/// The value at the cursor; `None` if it is nested too deep.
fn read(cursor: &mut Cursor<'_>, depth: usize) -> Result<Option<Tree>, DamagedData> {
    let first = cursor.peek()?;
    if depth == MAX_DEPTH && matches!(first, b'{' | b'[') {
        return Ok(None);
    }
    match first {
        b'{' => {
            let mut fields = Map::new();
            cursor.enter_object()?;
            while let Some(name) = cursor.next_key()? {
                let Some(value) = read(cursor, depth + 1)? else { return Ok(None) };
                fields.insert(name.into_owned(), value);
            }
            Ok(Some(Tree::Object(fields)))
        }
        b'[' => {
            let mut list = Vec::new();
            cursor.enter_list()?;
            while cursor.has_next_item()? {
                let Some(value) = read(cursor, depth + 1)? else { return Ok(None) };
                list.push(value);
            }
            Ok(Some(Tree::List(list)))
        }
        _ => Ok(Some(match cursor.scalar()? {
            Scalar::Null => Tree::Null,
            Scalar::Bool(value) => Tree::Bool(value),
            Scalar::Number(text) => Tree::Number(text.to_owned()),
            Scalar::Text(text) => Tree::Text(text.into_owned()),
        })),
    }
}

/// As JSON without white space.
impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(text) => f.write_str(text),
            Self::Text(text) => write_text(f, text),
            Self::List(list) => {
                f.write_str("[")?;
                for (index, item) in list.iter().enumerate() {
                    f.write_str(if index > 0 { "," } else { "" })?;
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
            Self::Object(fields) => write_fields(f, fields),
        }
    }
}

fn write_fields(f: &mut fmt::Formatter<'_>, fields: &Map) -> fmt::Result {
    f.write_str("{")?;
    for (index, (name, value)) in fields.iter().enumerate() {
        f.write_str(if index > 0 { "," } else { "" })?;
        write_text(f, name)?;
        f.write_str(":")?;
        write!(f, "{value}")?;
    }
    f.write_str("}")
}

fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str(&serde_json::to_string(text).map_err(|_| fmt::Error)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn numbers_keep_their_text() {
        let text = r#"{"a":[37.807807921694092,-0,1e400,0.10,123456789012345678901234567890]}"#;
        assert_eq!(Tree::parse(text).expect("JSON").to_string(), text);
    }

    #[test]
    fn what_is_no_json_or_too_deep_is_refused() {
        let nested = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        for text in
            ["", "{", "[1,]", "01", "1.", "nul", "\"\\x\"", "{} {}", &nested(129), &nested(100_000)]
        {
            assert!(Tree::parse(text).is_err(), "{text:.20}");
        }
        assert!(Tree::parse(&nested(128)).is_ok());
    }

    #[test]
    fn a_patch_changes_what_it_names() {
        for (before, patch, after) in [
            (
                r#"{"a":[1],"b":{"c":2.50}}"#,
                r#"{"b":{"d":3.10}}"#,
                r#"{"a":[1],"b":{"c":2.50,"d":3.10}}"#,
            ),
            (r#"{"a":[1],"b":{"c":2}}"#, r#"{"b":{"c":null}}"#, r#"{"a":[1],"b":{}}"#),
            (r#"{"a":[1]}"#, r#"{"a":{"b":{"c":null}}}"#, r#"{"a":{"b":{}}}"#),
            ("null", r#"{"a":1.0}"#, r#"{"a":1.0}"#),
            (r#"{"a":1}"#, "[2]", "[2]"),
        ] {
            let parsed = |text| Tree::parse(text).expect("JSON");
            assert_eq!(parsed(before).patched(parsed(patch)).to_string(), after);
        }
    }

    proptest! {
        #[test]
        fn it_reads_and_writes_what_serde_json_does(value in crate::json::tests::json()) {
            let text = value.to_string();
            let tree = Tree::parse(&text).expect("JSON");
            prop_assert_eq!(&tree.to_string(), &text);
            for pointer in ["", "/0", "/1/0", "/a", "/00", "/+1"] {
                let expected = value.pointer(pointer).map(Value::to_string);
                prop_assert_eq!(tree.pointer(pointer).map(Tree::to_string), expected);
            }
        }
    }
}
