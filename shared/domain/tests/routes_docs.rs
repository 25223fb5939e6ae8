//! The table of routes in docs/api.md has every operation of the API's description, and no other.

use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path};

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    fs::read_to_string(root.join(path)).expect("readable")
}

fn described() -> BTreeSet<String> {
    let document: Value = serde_json::from_str(&read("functions/api/openapi.json")).expect("JSON");
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("an item").keys().map(|it| it.to_uppercase());
        methods.filter(|it| METHODS.contains(&it.as_str())).map(move |it| format!("{it} {path}"))
    });
    operations.collect()
}

fn listed() -> BTreeSet<String> {
    let text = read("docs/api.md");
    let (_, section) = text.split_once("\n## Routes\n").expect("the section");
    let table = section.lines().take_while(|line| line.starts_with('|'));
    let code = table.flat_map(|row| row.split('`').skip(1).step_by(2).collect::<Vec<_>>());
    let is_route = |code: &&str| METHODS.iter().any(|it| code.starts_with(&format!("{it} /")));
    code.filter(is_route).map(|it| it.split('?').next().unwrap_or(it).to_owned()).collect()
}

#[test]
fn every_route_is_listed_and_no_other() {
    let (described, listed) = (described(), listed());
    let missing: Vec<_> = described.difference(&listed).collect();
    let unknown: Vec<_> = listed.difference(&described).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
}
