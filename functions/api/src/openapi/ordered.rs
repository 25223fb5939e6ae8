//! The document in one order. `utoipa` keeps extensions in a hash map, so an operation with two of them would be written
//! differently by each run.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// JSON whose objects keep the order of their fields.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Json {
    Object(IndexMap<String, Json>),
    List(Vec<Json>),
    Other(Value),
}

impl Json {
    /// Puts extensions behind the other fields, by name.
    fn order(&mut self) {
        match self {
            Self::Object(fields) => {
                fields.sort_by(|one, _, other, _| extension(one).cmp(&extension(other)));
                fields.values_mut().for_each(Self::order);
            }
            Self::List(items) => items.iter_mut().for_each(Self::order),
            Self::Other(_) => {}
        }
    }
}

/// Fields that are no extensions are equal, and a stable sort leaves them in their order.
fn extension(name: &str) -> Option<&str> {
    name.starts_with("x-").then_some(name)
}

/// Pretty-printed JSON with its extensions in order.
///
/// # Errors
/// If the text is not JSON.
pub(super) fn ordered(text: &str) -> Result<String, serde_json::Error> {
    let mut json: Json = serde_json::from_str(text)?;
    json.order();
    serde_json::to_string_pretty(&json)
}

#[cfg(test)]
mod tests {
    use super::ordered;

    #[test]
    fn only_extensions_move() {
        let text = r#"{"x-b":1,"z":{"x-a":0,"y":[1.5,null]},"x-a":2,"a":5000000000.0}"#;
        let compact = ordered(text).expect("JSON").replace([' ', '\n'], "");
        assert_eq!(compact, r#"{"z":{"y":[1.5,null],"x-a":0},"a":5000000000.0,"x-a":2,"x-b":1}"#);
    }
}
