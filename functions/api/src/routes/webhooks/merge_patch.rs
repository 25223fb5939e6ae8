//! JSON merge patches (RFC 7396).

use grapnel_domain::{
    fault::{Faults, FieldFault},
    webhook::Headers,
};
use serde_json::{Map, Value};

/// Applies a patch to a webhook's document. Names of members are case-sensitive, names of
/// headers are not: a stored header takes the spelling of the patch before the patch applies.
/// Answers the header names that the patch has twice.
pub(super) fn apply_to_webhook(
    webhook: &mut Map<String, Value>,
    patch: &Map<String, Value>,
) -> Vec<FieldFault> {
    let mut faults = Faults::default();
    let mut patch = patch.clone();
    if let (Some(Value::Object(stored)), Some(Value::Object(given))) =
        (webhook.get_mut("headers"), patch.get_mut("headers"))
    {
        let changes = Headers::read(std::mem::take(given), &mut faults);
        let spelled = std::mem::take(stored).into_iter().map(|(name, value)| {
            let spelling = changes.spelling(&name).map(str::to_owned);
            (spelling.unwrap_or(name), value)
        });
        stored.extend(spelled);
        given.extend(changes);
    }
    apply(webhook, &patch);
    faults.into_vec()
}

/// Applies a patch to an object: what it names is replaced, objects are merged, and `null` removes.
fn apply(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, change) in patch {
        match change {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(inner) => {
                let entry = target.entry(name.clone()).or_insert_with(|| Value::Null);
                if !entry.is_object() {
                    *entry = Value::Object(Map::new());
                }
                if let Value::Object(target) = entry {
                    apply(target, inner);
                }
            }
            other => {
                target.insert(name.clone(), other.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    /// The examples of RFC 7396, appendix A, whose target and patch are objects.
    #[rstest]
    #[case(json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"}))]
    #[case(json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"}))]
    #[case(json!({"a": "b"}), json!({"a": null}), json!({}))]
    #[case(json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"}))]
    #[case(json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"}))]
    #[case(json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]}))]
    #[case(json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}}))]
    #[case(json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]}))]
    #[case(json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1}))]
    #[case(json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}}))]
    #[case(json!({"a": "foo"}), json!({"a": {"b": 1}}), json!({"a": {"b": 1}}))]
    fn an_example_of_the_standard(
        #[case] mut target: Value,
        #[case] patch: Value,
        #[case] expected: Value,
    ) {
        let (target, patch) = (target.as_object_mut(), patch.as_object());
        let (target, patch) = (target.expect("an object"), patch.expect("an object"));
        apply(target, patch);
        assert_eq!(Value::Object(target.clone()), expected);
    }

    #[rstest]
    #[case::removed(json!({"authorization": null}), json!({"X-B": "2"}))]
    #[case::removed_in_capitals(json!({"AUTHORIZATION": null}), json!({"X-B": "2"}))]
    #[case::changed(json!({"x-b": "3"}), json!({"Authorization": {"sensitive": true}, "x-b": "3"}))]
    #[case::merged(
        json!({"authorization": {"value": "new"}}),
        json!({"authorization": {"sensitive": true, "value": "new"}, "X-B": "2"})
    )]
    #[case::no_such_header(json!({"x-c": null}), json!({"Authorization": {"sensitive": true}, "X-B": "2"}))]
    fn a_header_is_found_in_any_case(#[case] patch: Value, #[case] expected: Value) {
        let mut webhook =
            json!({"name": "a", "headers": {"Authorization": {"sensitive": true}, "X-B": "2"}});
        let patch = json!({"headers": patch, "Name": "b"});
        let (target, patch) = (webhook.as_object_mut(), patch.as_object());
        let faults = apply_to_webhook(target.expect("an object"), patch.expect("an object"));
        assert_eq!(faults, []);
        assert_eq!(webhook, json!({"name": "a", "Name": "b", "headers": expected}));
    }
}
