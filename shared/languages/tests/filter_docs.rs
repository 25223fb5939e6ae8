//! The examples of `docs/filter.md` are what they say they are.

use grapnel_languages::filter::Filter;
use serde_json::Value;

fn document() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/filter.md");
    std::fs::read_to_string(path).expect("the page is readable")
}

#[test]
fn the_example_is_a_filter() {
    let page = document();
    let json = page.split("```json").nth(1).and_then(|rest| rest.split("```").next());
    let webhook: Value = serde_json::from_str(json.expect("an example")).expect("JSON");
    Filter::parse(&webhook["filter"].to_string(), "filter").expect("accepted");
}

#[test]
fn trying_a_filter_answers_as_shown() {
    let page = document();
    let body = page.split("-d '").nth(1).and_then(|rest| rest.split('\'').next());
    let body: Value = serde_json::from_str(body.expect("a body")).expect("JSON");
    let filter = Filter::parse(&body["filter"].to_string(), "filter");
    let unsatisfied = filter.expect("accepted").unsatisfied(&body["data"].to_string());
    let shown = page.split("```json").nth(2).and_then(|rest| rest.split("```").next());
    let shown: Value = serde_json::from_str(shown.expect("an answer")).expect("JSON");
    assert_eq!(
        shown,
        serde_json::json!({"matches": false, "unsatisfied": unsatisfied.expect("JSON")})
    );
}

#[test]
fn every_comparison_is_in_the_table() {
    let page = document();
    for comparison in [
        "prefix",
        "suffix",
        "equals-ignore-case",
        "wildcard",
        "anything-but",
        "numeric",
        "cidr",
        "exists",
    ] {
        assert!(page.contains(&format!("{{\"{comparison}\": ")), "{comparison}");
    }
}

/// `grapnel webhooks test-filter … --data '…' --filter '…'` shows data that passes.
#[test]
fn the_data_of_commands_passes_their_filter() {
    let mut shown = 0;
    for path in ["docs/cli.md", "docs/filter.md", "cli/src/examples.rs"] {
        let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("readable");
        for line in
            text.lines().filter(|line| line.contains("test-filter") && line.contains("--filter '"))
        {
            let option = |name: &str| {
                let rest = line.split_once(&format!("{name} '")).expect(name).1;
                rest.split('\'').next().expect(name)
            };
            let filter = Filter::parse(option("--filter"), "filter").expect("accepted");
            assert!(filter.verdict(option("--data")).delivers(), "{line}");
            shown += 1;
        }
    }
    assert!(shown >= 2, "{shown}");
}
