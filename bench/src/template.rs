//! What `template.yaml` says about tables, queues, state machines and the functions' environment,
//! so that the stand-in has the keys and indexes of the deployed system.

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::LazyLock};

/// The template as JSON, with CloudFormation's functions in their long form.
static TEMPLATE: LazyLock<Value> = LazyLock::new(|| {
    let documents = Yaml::load_from_str(include_str!("../../template.yaml")).expect("YAML");
    documents.first().map(json_of).expect("a document")
});

/// A table or an index: its keys, and which attributes it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schema {
    pub(crate) partition: String,
    pub(crate) sort: Option<String>,
    /// `None` for every attribute.
    pub(crate) projected: Option<Vec<String>>,
}

/// A table of the template with its indexes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TableSchema {
    pub(crate) keys: Schema,
    pub(crate) indexes: BTreeMap<String, Schema>,
}

/// All tables by their logical ids, which are also their names in the stand-in.
pub(crate) fn tables() -> BTreeMap<String, TableSchema> {
    resources("AWS::DynamoDB::Table").map(|(name, table)| (name, table_schema(table))).collect()
}

/// The logical ids of all queues.
pub(crate) fn queues() -> Vec<String> {
    resources("AWS::SQS::Queue").map(|(name, _)| name).collect()
}

/// The ARNs of all state machines.
pub(crate) fn machines() -> Vec<String> {
    resources("AWS::Serverless::StateMachine").map(|(name, _)| machine_arn(&name)).collect()
}

/// The environment of a function such as `DeliveryFunction`, with the template's defaults and with
/// queues at `endpoint`. Requests to this machine are allowed.
///
/// # Panics
/// If the template has no such function, or describes a variable in a way that is not known here.
#[must_use]
pub fn environment(function: &str, endpoint: &str) -> Vec<(String, String)> {
    let properties = &TEMPLATE["Resources"][function]["Properties"];
    let variables = properties["Environment"]["Variables"].as_object().expect("a function");
    let value = |name: &str, value: &Value| match name {
        "ALLOW_HTTP_TARGETS" | "ALLOW_PRIVATE_TARGETS" => "true".to_owned(),
        _ => resolved(value, endpoint),
    };
    variables.iter().map(|(name, of)| (name.clone(), value(name, of))).collect()
}

/// The address of a queue.
#[must_use]
pub fn queue_url(endpoint: &str, queue: &str) -> String {
    format!("{endpoint}/000000000000/{queue}")
}

/// The SHA-256 of [`ADMIN_KEY`].
fn admin_key_hash() -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(ADMIN_KEY))
}

/// The key with which the API of a measurement is called.
pub const ADMIN_KEY: &str = "the-admin-key-of-a-measurement";

fn machine_arn(name: &str) -> String {
    format!("arn:aws:states:eu-west-1:000000000000:stateMachine:{name}")
}

fn resolved(value: &Value, endpoint: &str) -> String {
    if let Some(name) = value["Ref"].as_str() {
        return referred(name, endpoint);
    }
    if let Some(text) = value["Fn::Sub"].as_str() {
        let mut text = text.to_owned();
        while let Some((before, rest)) = text.split_once("${") {
            let (name, after) = rest.split_once('}').expect("a closed reference");
            text = format!("{before}{}{after}", referred(name, endpoint));
        }
        return text;
    }
    if let Some([separator, list]) = value["Fn::Join"].as_array().map(Vec::as_slice) {
        // A list's default is written as one text, its parts separated by commas.
        return resolved(list, endpoint).replace(',', &plain(separator));
    }
    assert!(!value.is_object(), "a variable's value is not understood: {value}");
    plain(value)
}

fn referred(name: &str, endpoint: &str) -> String {
    if name == "AdminKeyHash" {
        return admin_key_hash();
    }
    if name == "AWS::StackName" {
        return "bench".to_owned();
    }
    let parameter = &TEMPLATE["Parameters"][name];
    if !parameter.is_null() {
        return plain(&parameter["Default"]);
    }
    match TEMPLATE["Resources"][name]["Type"].as_str() {
        Some("AWS::DynamoDB::Table") => name.to_owned(),
        Some("AWS::SQS::Queue") => queue_url(endpoint, name),
        Some("AWS::Serverless::StateMachine") => machine_arn(name),
        other => panic!("a variable refers to {name}, of which nothing is known here: {other:?}"),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn resources(kind: &str) -> impl Iterator<Item = (String, &'static Value)> {
    let all = TEMPLATE["Resources"].as_object().expect("resources").iter();
    all.filter(move |(_, resource)| resource["Type"] == kind)
        .map(|(name, resource)| (name.clone(), &resource["Properties"]))
}

fn table_schema(table: &Value) -> TableSchema {
    let indexes = match &table["GlobalSecondaryIndexes"] {
        // An index that a parameter can leave out: it is there by default.
        Value::Object(condition) => &condition["Fn::If"][1],
        list => list,
    };
    let index = |index: &Value| (plain(&index["IndexName"]), index_schema(table, index));
    let indexes = indexes.as_array().into_iter().flatten().map(index).collect();
    TableSchema { keys: schema(&table["KeySchema"], None), indexes }
}

fn index_schema(table: &Value, index: &Value) -> Schema {
    let keys = key_names(&table["KeySchema"]).chain(key_names(&index["KeySchema"]));
    let projection = &index["Projection"];
    let more = projection["NonKeyAttributes"].as_array().into_iter().flatten().map(plain);
    let projected = match projection["ProjectionType"].as_str() {
        Some("ALL") => None,
        Some("KEYS_ONLY" | "INCLUDE") => Some(keys.map(|(name, _)| name).chain(more).collect()),
        other => panic!("a projection that is not known here: {other:?}"),
    };
    schema(&index["KeySchema"], projected)
}

fn key_names(keys: &Value) -> impl Iterator<Item = (String, bool)> {
    let key = |key: &Value| (plain(&key["AttributeName"]), key["KeyType"] == "HASH");
    keys.as_array().into_iter().flatten().map(key)
}

fn schema(keys: &Value, projected: Option<Vec<String>>) -> Schema {
    let of = |hash| key_names(keys).find(|(_, is_hash)| *is_hash == hash).map(|(name, _)| name);
    Schema { partition: of(true).expect("a partition key"), sort: of(false), projected }
}

fn json_of(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(is)) => json!(is),
        Yaml::Value(Scalar::Integer(number)) => json!(number),
        Yaml::Value(Scalar::FloatingPoint(number)) => json!(number.into_inner()),
        Yaml::Value(Scalar::String(text)) => json!(text),
        Yaml::Sequence(items) => items.iter().map(json_of).collect(),
        Yaml::Mapping(entries) => {
            let name = |name: &Yaml<'_>| name.as_str().expect("a name").to_owned();
            Value::Object(entries.iter().map(|(key, of)| (name(key), json_of(of))).collect())
        }
        Yaml::Tagged(tag, node) => {
            let name = match tag.suffix.as_ref() {
                "Ref" => "Ref".to_owned(),
                "Condition" => "Condition".to_owned(),
                function => format!("Fn::{function}"),
            };
            Value::Object(Map::from_iter([(name, json_of(node))]))
        }
        other => panic!("not understood: {other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_has_its_keys_those_of_the_table_and_what_it_includes() {
        let tables = tables();
        let deliveries = &tables["DeliveriesTable"];
        assert_eq!(deliveries.keys.partition, "webhookId");
        assert_eq!(deliveries.keys.sort.as_deref(), Some("id"));
        let projected = deliveries.indexes["failed"].projected.clone().expect("some");
        for name in ["webhookId", "id", "failedKey", "eventId"] {
            assert!(projected.contains(&name.to_owned()), "{name}: {projected:?}");
        }
        assert!(tables["EventsTable"].indexes.contains_key("byTime"));
        assert_eq!(tables["KeysTable"].keys.sort, None);
    }

    #[test]
    fn a_variable_has_the_default_of_its_parameter_or_the_address_of_its_resource() {
        let environment = environment("DeliveryFunction", "http://aws");
        let value = |name: &str| {
            environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(value("LOG_LEVEL"), Some("info"));
        let api = super::environment("ApiFunction", "http://aws");
        let hidden = api.iter().find(|(name, _)| name == "CONSOLE_HIDES");
        assert_eq!(hidden.map(|(_, value)| value.as_str()), Some(""), "an empty list");
        assert_eq!(value("DELIVERIES_TABLE"), Some("DeliveriesTable"));
        assert_eq!(value("DELIVERY_QUEUE_URL"), Some("http://aws/000000000000/DeliveryQueue"));
    }
}
