//! Filters that are expensive, and their data: for the tests of the cost, and for the example
//! `filter_speed`.

/// As [`grapnel_languages::MAX_DATA_BYTES`].
const MAX_DATA_BYTES: usize = 256 * 1024;
use serde_json::{Value, json};

/// A list of the maximum size of data: `{"<name>":[<item>,<item>,…]}`.
pub(crate) fn list_of(name: &str, item: &str) -> String {
    let count = (MAX_DATA_BYTES - name.len() - 8) / (item.len() + 1);
    format!(r#"{{"{name}":[{}]}}"#, vec![item; count].join(","))
}

fn long_text(text: &str) -> String {
    format!(r#"{{"a":"{}"}}"#, text.repeat((MAX_DATA_BYTES - 8) / text.len()))
}

pub(crate) fn or(count: usize, branch: impl Fn(usize) -> Value) -> Value {
    json!({"$or": (0..count).map(branch).collect::<Vec<_>>()})
}

/// Filters that once cost the size of the data times their own size, each with its name and with
/// data of the maximum size.
pub(crate) fn bombs() -> Vec<(&'static str, Value, String)> {
    vec![
        ("a `$or` of one name", or(100, |n| json!({"a": [n + 1]})), list_of("a", "0")),
        (
            "a `$or` of objects",
            or(100, |n| json!({"a": {"b": [n + 1]}})),
            list_of("a", r#"{"b":0}"#),
        ),
        ("ranges", or(100, |n| json!({"a": [{"numeric": [">", n]}]})), list_of("a", "0")),
        (
            "beginnings",
            or(60, |n| json!({"a": [{"prefix": "x".repeat(n + 1)}]})),
            list_of("a", &format!("\"{}\"", "x".repeat(60))),
        ),
        (
            "letters of any case",
            or(50, |n| json!({"a": [{"suffix": {"equals-ignore-case": "ΐ".repeat(n % 9 + 1)}}]})),
            list_of("a", "\"ΐΐΐΐ\""),
        ),
        (
            "addresses",
            or(90, |n| json!({"a": [{"cidr": format!("10.{n}.0.0/16")}]})),
            list_of("a", "\"::\""),
        ),
        (
            "objects with one of many fields",
            json!({"l": or(90, |n| json!({format!("a{n}"): [1]}))}),
            list_of("l", r#"{"a0":0}"#),
        ),
        (
            "wildcards",
            json!({"a": [{"wildcard": "*aab*"}, {"wildcard": "*ab*b*"}]}),
            long_text("a"),
        ),
        (
            "many wildcards",
            json!({"a": (0..13).map(|n| json!({"wildcard": format!("*{n}*ab")})).collect::<Vec<_>>()}),
            list_of("a", "\"aaaaaaaa\""),
        ),
        (
            "many exclusions",
            or(12, |n| json!({"a": [{"anything-but": {"equals-ignore-case": n.to_string()}}]})),
            list_of("a", "\"\""),
        ),
        (
            "many branches on objects",
            json!({"l": or(16, |n| json!({"a": [{"exists": false}, n]}))}),
            list_of("l", r#"{"a":99}"#),
        ),
        ("escapes", json!({"a": [{"prefix": "é"}, {"suffix": "x"}]}), long_text("\\u00e9")),
        ("nothing in a list", json!({"a": {"b": ["x"]}}), list_of("a", "{}")),
        ("a deep list", json!({"a": [1]}), {
            let deep = (MAX_DATA_BYTES - 9) / 2;
            format!(r#"{{"a":{}0{}}}"#, "[".repeat(deep), "]".repeat(deep))
        }),
        ("a field that is there often", or(100, |n| json!({"a": [n]})), {
            format!("{{{}\"b\":1}}", r#""a":-1,"#.repeat(MAX_DATA_BYTES / 7 - 1))
        }),
    ]
}
