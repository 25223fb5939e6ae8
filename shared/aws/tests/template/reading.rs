//! The template as JSON, with CloudFormation's functions in their long form: `!Ref X` is `{"Ref":
//! "X"}`.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

pub(crate) static TEMPLATE: LazyLock<Value> = LazyLock::new(|| {
    let documents = Yaml::load_from_str(include_str!("../../../../template.yaml")).expect("YAML");
    let [template] = documents.as_slice() else { panic!("one document") };
    json_of(template)
});

fn json_of(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(is)) => json!(is),
        Yaml::Value(Scalar::Integer(number)) => json!(number),
        Yaml::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(json_of).collect(),
        Yaml::Mapping(entries) => {
            let entry = |(name, value): (&Yaml, &Yaml)| {
                (name.as_str().expect("a name").to_owned(), json_of(value))
            };
            Value::Object(entries.iter().map(entry).collect())
        }
        Yaml::Tagged(tag, node) => {
            let name = match tag.suffix.as_ref() {
                "Ref" => "Ref".to_owned(),
                "Condition" => "Condition".to_owned(),
                function => format!("Fn::{function}"),
            };
            let mut call = Map::new();
            call.insert(name, json_of(node));
            Value::Object(call)
        }
        other => panic!("not understood: {other:?}"),
    }
}

/// The resources of a type, by their logical ids.
pub(crate) fn resources(kind: &str) -> Vec<(&'static str, &'static Value)> {
    let all = TEMPLATE["Resources"].as_object().expect("resources").iter();
    let found: Vec<_> = all
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id.as_str(), resource))
        .collect();
    assert!(!found.is_empty(), "there is no {kind}");
    found
}

/// A value that may be one element or a list of elements.
pub(crate) fn one_or_more(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |items| items.iter().collect())
}

/// The statements of a role's inline policies.
pub(crate) fn statements(role: &str) -> Vec<&'static Value> {
    let policies = TEMPLATE["Resources"][role]["Properties"]["Policies"].as_array();
    let policies = policies.unwrap_or_else(|| panic!("{role} has policies"));
    let statements = policies.iter().map(|policy| &policy["PolicyDocument"]["Statement"]);
    statements.flat_map(|list| list.as_array().expect("statements")).collect()
}

/// The statements that allow an operation on a table.
pub(crate) fn statements_on(role: &str, table: &str) -> Vec<&'static Value> {
    let arn = json!({ "Fn::GetAtt": format!("{table}.Arn") });
    let names = |statement: &&Value| one_or_more(&statement["Resource"]).contains(&&arn);
    statements(role).into_iter().filter(names).collect()
}
